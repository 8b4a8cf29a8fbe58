"""Lists of tags as DKIM and DMARC records have them (RFC 6376 3.2)."""


def tags_of(record: str) -> dict[str, str]:
    """Return the tags of a record by name, in lower case; broken ones are left out."""
    found: dict[str, str] = {}
    for piece in record.split(";"):
        name, sign, value = piece.partition("=")
        if sign and name.strip():
            found.setdefault(name.strip().lower(), value.strip())
    return found
