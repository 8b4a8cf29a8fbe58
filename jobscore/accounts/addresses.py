"""E-mail addresses as people type them, and network addresses as we count them. Pure."""

import re
import unicodedata
from ipaddress import IPv6Address, ip_address, ip_network

#: ``users.email``
LONGEST_EMAIL = 255
#: RFC 5321 4.5.3.1.1
LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"(?!-)[^\W_](?:[\w-]*[^\W_])?", re.UNICODE)
#: Typographic and Japanese characters that input methods put for ``@`` and the full stop.
_TYPED_SO = str.maketrans({"。": ".", "｡": ".", "＠": "@", "．": "."})


class InvalidEmailError(ValueError):
    """The text is not an e-mail address."""


def normalise_email(text: str) -> str:
    """Return an address in lower case and half-width letters, ready to be compared and kept.

    Accepts the local parts that Japanese carriers gave out (``a..b.@docomo.ne.jp``) and domains of
    any script. Sends nothing and looks nothing up: only a letter proves an address.

    :raises InvalidEmailError: when no letter could be sent there.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_TYPED_SO)).strip()
    local, at, domain = plain.rpartition("@")
    if not at or len(plain) > LONGEST_EMAIL or len(local) > LONGEST_LOCAL:
        raise InvalidEmailError("not an e-mail address")
    if not _LOCAL.fullmatch(local):
        raise InvalidEmailError("the part before @ has characters that no address has")
    labels = domain.split(".")
    if len(labels) < 2 or any(len(x) > 63 or not _LABEL.fullmatch(x) for x in labels):
        raise InvalidEmailError("the part after @ is no domain")
    try:
        domain.encode("idna")
    except UnicodeError as error:
        raise InvalidEmailError("the part after @ is no domain") from error
    return f"{local}@{domain}".lower()


def network_of(address: str | None) -> str:
    """Return what stands for one visitor: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
