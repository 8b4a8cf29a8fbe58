"""Turn a subject, two bodies and headers into the bytes of one letter.

Everything that comes from outside (job titles, names, stored headers) is made a single line here,
so that no text can add a header. Lines end in CRLF, as they do on the wire.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from jobscore.emails import mime

#: What a phone's inbox shows of a subject, in characters (two columns each in Japanese).
SUBJECT_LIMIT = {"ja": 50, "en": 78}
#: email_logs.subject
LONGEST_SUBJECT = 255
#: RFC 5321 4.5.3.1.1
LONGEST_LOCAL = 64

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
#: A List-Unsubscribe with one link; its last step is the token that says who.
_LINK = re.compile(r"<https?://[^<>\s]+/(?P<token>[^/?#<>\s]+)>")
#: What does not stay on a line: controls (Cc), line and paragraph separators, lone surrogates; and
#: what turns the direction of writing round, which could make a subject look like another.
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)
#: Headers that the composer writes itself; a stored one cannot replace them.
_OWN = frozenset(
    {"from", "sender", "to", "cc", "bcc", "date", "message-id", "subject", "auto-submitted"}
    | {"mime-version", "content-type", "content-transfer-encoding", "content-language"}
    | {"return-path", "received", "dkim-signature"}
)


class AddressError(ValueError):
    """An address that no server can be told."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the same for every letter of one installation."""

    address: str
    name: str
    operator: str
    #: Envelope sender; bounces go there.
    bounce_to: str
    public_url: str
    #: Takes what people write to be left alone (RFC 2369); empty where nobody reads it.
    unsubscribe_to: str = ""
    #: Puts signatures before a letter's bytes (``dkim.Signer``).
    sign: Callable[[bytes], bytes] | None = None
    #: Whether each letter's own number stands in the envelope sender.
    has_tokens: bool = False

    @property
    def display_name(self) -> str:
        """The name beside the address: service and operator, as the law wants to see who writes."""
        name, operator = one_line(self.name), one_line(self.operator)
        return name if not operator or operator in name else f"{name} ({operator})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter as the log keeps it, before it is bytes."""

    recipient: str
    subject: str
    text: str
    html: str | None
    locale: str
    #: Without angle brackets.
    message_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a transport carries: addresses as they stand on the wire, and the bytes."""

    sender: str
    recipient: str
    message_id: str
    payload: bytes


def one_line(text: str) -> str:
    """Return ``text`` on one line: breaks, controls and direction marks become single spaces.

    A text that looks like an RFC 2047 encoded word is taken apart: older ``email`` packages decode
    it and write the line breaks inside it into the header (CVE-2024-6923).
    """
    if (
        text.isprintable()
        and "  " not in text
        and "=?" not in text
        and text[:1] != " "
        and text[-1:] != " "
    ):
        return text  # a line already, as nearly all are: seen in a tenth of the time
    return " ".join(_BREAKING.sub(" ", text).replace("=?", "= ?").split())


def cut(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, ended by … where something was cut off.

    Never cuts between a character and the marks that belong to it (dakuten, accents, variation
    selectors, joined emoji).
    """
    if len(text) <= limit:
        return text
    end = max(0, limit - 1)
    while end > 0 and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end].rstrip() + "…"


def _clings(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return (
        unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def clean_subject(text: str, locale: str = "en") -> str:
    """Return a subject that fits an inbox of ``locale``: one line, cut at its limit."""
    return cut(one_line(text), SUBJECT_LIMIT.get(locale, LONGEST_SUBJECT))


def wire_address(address: str) -> str:
    """Return ``address`` as SMTP wants it: ASCII, unusual local parts in quotes.

    Japanese carriers gave out local parts such as ``a..b.`` that are no dot-atom; in quotes
    (RFC 5321 4.1.2) every server takes them. International domains become punycode.

    :raises AddressError: when there is no ``@``, or the local part is not ASCII.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain:
        raise AddressError("not an e-mail address")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    if not local.isascii() or not local.isprintable():
        raise AddressError("the part before @ has characters outside ASCII")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressError("the part after @ is no domain") from error
    if not re.fullmatch(r"[A-Za-z0-9.\-]+|\[[A-Za-z0-9.:]+\]", host):
        raise AddressError("the part after @ is no domain")
    if not _DOT_ATOM.fullmatch(local):
        local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return f"{local}@{host}"


def mail_host(public_url: str) -> str:
    """Return the public URL's host as it may stand right of an ``@``."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        number = ip_address(host)
    except ValueError:
        return host.encode("idna").decode("ascii") if not host.isascii() else host
    return f"[{number}]" if number.version == 4 else f"[IPv6:{number}]"


def list_headers(list_name: str, unsubscribe_url: str, public_url: str) -> dict[str, str]:
    """Return the headers that let a reader leave a list with one click (RFC 2369, 2919, 8058)."""
    host = mail_host(public_url)
    domain = "localhost" if host.startswith("[") else host
    return {
        "List-Id": f"<{list_name}.{domain}>",
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def unsubscribe_by_mail(value: str, address: str) -> str:
    """Return a ``List-Unsubscribe`` that may also be answered by a letter to ``address``.

    The subject of that letter holds the link's own token, so that whoever reads it knows whom it
    is about. What holds a second way already stays as it is.
    """
    link = _LINK.fullmatch(value)
    if not address or link is None:
        return value
    subject = quote(f"unsubscribe {link['token']}", safe="")
    return f"{value}, <mailto:{quote(wire_address(address), safe='@')}?subject={subject}>"


def payload(letter: Letter, sender: Sender, date: datetime) -> bytes:
    """Return the letter as bytes, the text first and the HTML as the richer alternative.

    The same letter at the same instant has the same bytes.

    :param date: aware; stands in the header ``Date``.
    :raises AddressError: when the recipient's or the sender's address cannot be written.
    """
    lines = [
        _from_header(sender.display_name, sender.address),
        mime.header("To", wire_address(letter.recipient)),
        mime.text_header("Subject", cut(one_line(letter.subject), LONGEST_SUBJECT)),
        mime.header("Date", format_datetime(date)),
        mime.header("Message-ID", f"<{_ascii(letter.message_id)}>"),
        mime.header("Auto-Submitted", "auto-generated"),
        mime.header("Content-Language", _ascii(letter.locale)),
        *_stored_headers(letter.headers, sender),
        mime.header("MIME-Version", "1.0"),
    ]
    parts = [mime.part(letter.text, "plain")]
    if letter.html is not None:
        parts = [mime.alternative([*parts, mime.part(letter.html, "html")], letter.message_id)]
    made = b"".join([*lines, *parts])
    return sender.sign(made) if sender.sign else made


@lru_cache(maxsize=8)
def _from_header(display_name: str, address: str) -> bytes:
    return mime.mailbox_header("From", display_name, wire_address(address))


def _ascii(text: str) -> str:
    return one_line(text).encode("ascii", "replace").decode("ascii")


def _stored_headers(headers: Mapping[str, str], sender: Sender) -> list[bytes]:
    """Return the log's own headers: those that are ASCII, fit a line, and replace none of ours."""
    lines = []
    for name, value in headers.items():
        line = one_line(str(value))
        if name.lower() == "list-unsubscribe":
            line = unsubscribe_by_mail(line, sender.unsubscribe_to)
        usable = _HEADER_NAME.fullmatch(name) and name.lower() not in _OWN
        fits = len(name) + len(line) + 2 <= mime.LONGEST_LINE
        if usable and line and line.isascii() and fits:
            lines.append(mime.header(name, line))
    return lines


def return_address(sender: Sender, message_id: str) -> str:
    """Return where reports about a letter go; with its number after a ``+`` where that is wished.

    A report to ``bounces+NUMBER@…`` names its letter even when it carries no copy of it.
    """
    address = sender.bounce_to or sender.address
    token = re.fullmatch(r"letter\.(\d{14}\.\d{29})@.*", message_id)
    local, _, domain = address.rpartition("@")
    if not sender.has_tokens or token is None or len(f"{local}+{token[1]}") > LONGEST_LOCAL:
        return address
    return f"{local}+{token[1]}@{domain}"


def envelope(letter: Letter, sender: Sender, date: datetime) -> Envelope:
    """Return what a transport needs to deliver ``letter``.

    :raises AddressError: when an address cannot be written.
    """
    return Envelope(
        sender=wire_address(return_address(sender, letter.message_id)),
        recipient=wire_address(letter.recipient),
        message_id=letter.message_id,
        payload=payload(letter, sender, date),
    )
