"""Turn a subject, two bodies and headers into the bytes of one letter.

Everything that comes from outside (job titles, names, stored headers) is made a single line here,
so that no text can add a header. Lines end in CRLF, as they do on the wire.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

#: What a phone's inbox shows of a subject, in characters (two columns each in Japanese).
SUBJECT_LIMIT = {"ja": 50, "en": 78}
#: email_logs.subject
LONGEST_SUBJECT = 255
#: RFC 5322 2.1.1: no line may be longer, without its CRLF.
LONGEST_LINE = 998
#: RFC 5321 4.5.3.1.1
LONGEST_LOCAL = 64

_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
#: What does not stay on a line: controls (Cc), line and paragraph separators, lone surrogates; and
#: what turns the direction of writing round, which could make a subject look like another.
_BREAKING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)
#: Headers that the composer writes itself; a stored one cannot replace them.
_OWN = frozenset(
    {"from", "sender", "to", "cc", "bcc", "date", "message-id", "subject", "auto-submitted"}
    | {"mime-version", "content-type", "content-transfer-encoding", "content-language"}
    | {"return-path", "received"}
)
#: Headers of addresses and ids: the email package would break long ones up as if they were prose.
_UNFOLDED = frozenset({"list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id", "to"})


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


class _WirePolicy(EmailPolicy):
    """``email.policy.SMTP``, but addresses and ids stay in one piece on one line.

    The email package folds what it takes for prose, and writes a URL of more than a line as
    encoded words; a receiver then finds no URL to unsubscribe at.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep such a header as it was given: parsing would drop the quotes of a local part."""
        if name.lower() in _UNFOLDED:
            return name, one_line(str(value))
        return super().header_store_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        """Return the header as text, folded unless it is one that must not be."""
        if name.lower() in _UNFOLDED:
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the header as bytes, folded unless it is one that must not be."""
        if name.lower() in _UNFOLDED:
            return self.fold(name, value).encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


_POLICY = _WirePolicy(linesep="\r\n", cte_type="7bit")


def build_message(letter: Letter, sender: Sender, date: datetime) -> EmailMessage:
    """Return the letter with its headers, the text first and the HTML as the richer alternative.

    :param date: aware; stands in the header ``Date``.
    :raises AddressError: when the recipient's or the sender's address cannot be written.
    """
    message = EmailMessage(policy=_POLICY)
    local, _, domain = wire_address(sender.address).rpartition("@")
    message["From"] = Address(sender.display_name, local, domain)
    message["To"] = wire_address(letter.recipient)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{one_line(letter.message_id)}>"
    message["Subject"] = cut(one_line(letter.subject), LONGEST_SUBJECT)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        line = one_line(str(value))
        usable = _HEADER_NAME.fullmatch(name) and name.lower() not in _OWN
        if usable and line and line.isascii() and len(name) + len(line) + 2 <= LONGEST_LINE:
            message[name] = line
    _set_body(message, letter.text, "plain")
    if letter.html is not None:
        alternative = EmailMessage(policy=_POLICY)
        _set_body(alternative, letter.html, "html")
        message.make_alternative()
        del alternative["MIME-Version"]
        message.attach(alternative)
    message["Content-Language"] = one_line(letter.locale)
    return message


def _set_body(message: EmailMessage, text: str, subtype: str) -> None:
    short = text.isascii() and all(len(line) <= LONGEST_LINE for line in text.split("\n"))
    encoding: Literal["7bit", "base64"] = "7bit" if short else "base64"
    message.set_content(text, subtype=subtype, charset="utf-8", cte=encoding)


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
    message = build_message(letter, sender, date)
    return Envelope(
        sender=wire_address(return_address(sender, letter.message_id)),
        recipient=wire_address(letter.recipient),
        message_id=letter.message_id,
        payload=message.as_bytes(),
    )
