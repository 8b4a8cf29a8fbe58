"""One line of text, clean of what a line cannot hold. Pure."""

import unicodedata

_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})


def clean_line(text: str) -> str:
    """Return ``text`` on one line, without control characters, in Unicode form NFC, trimmed."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _NO_TEXT)
    return " ".join(unicodedata.normalize("NFC", kept).split(" ")).strip()
