"""Read a report about a letter: did it come back, why, and did somebody call it spam?

Pure: bytes in, a judgement out. Understood are delivery status notifications (RFC 3464, 6533),
complaints (RFC 5965), and what Exim, qmail, old Sendmail, Exchange and Japanese carriers write in
words. A report is believed only by the Message-ID of a letter of ours, which nobody can guess; here
it is found, the log knows whether it is ours.

What arrives is anybody's: it is cut to a size, refused when it nests too deep, decoded by charsets
of mail only, and never makes this module raise.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parseaddr
from enum import StrEnum
from typing import Any

from jobscore.emails.bounces import phrases

#: Bytes of a report that are read; what comes after is the copy of our own letter.
MOST_BYTES = 256 * 1024
#: Parts, one in another or beside each other; reports with the letter inside have about eight.
MOST_PARTS = 25
#: Bytes of one field Content-Type; the email package takes quadratic time for long ones.
LONGEST_TYPE = 2_000
#: Characters of a text that are looked at for phrases, and that a detail keeps.
MOST_TEXT, LONGEST_DETAIL = 8_000, 500

#: A Message-ID of ours; its 29 digits are random, so whoever names it has seen the letter.
_OURS = re.compile(r"letter\.(\d{14}\.\d{29})@[A-Za-z0-9.\-\[\]:]{1,255}")
#: The same digits in an envelope sender.
_TOKEN = re.compile(r"\+(\d{14}\.\d{29})@")
#: RFC 3463. Not part of a longer number, such as an IP address or a version.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
#: An SMTP reply code at the begin of a line or behind a mark.
_REPLY = re.compile(r"(?:^|[\s:;,'\"(\[«])([45]\d\d)(?=[\s\-#)\]])", re.MULTILINE)
#: What stands before the copy of our letter in reports that are plain text.
_COPY = re.compile(
    r"^-{2,} ?(?:below this line is a copy|this is a copy of|original message|unsent message"
    r"|returned message|the (?:header|body) of the|undelivered message)"
    r"|^(?:received|return-path|dkim-signature|message-id): ",
    re.IGNORECASE | re.MULTILINE,
)
_TYPE_FIELD = re.compile(rb"(?i)content-type:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*")
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "postoffice"})
_CHARSETS = re.compile(
    r"(?:utf-(?:8|16|32|7)|ascii|latin-1|iso(?:8859-\d+|2022_\w+)|cp\d+|shift_\w+|euc_\w+|gb\w+"
    r"|big5\w*|koi8-\w)"
)


class ReturnKind(StrEnum):
    """What a report says of a letter."""

    #: The address takes no letters, now or ever.
    HARD = "hard"
    #: This letter did not arrive; another may.
    SOFT = "soft"
    #: The server on the way goes on trying.
    DELAYED = "delayed"
    #: The reader called it spam.
    COMPLAINT = "complaint"


class Ignored(StrEnum):
    """Why a message is no report that counts."""

    #: Vacation notices and other answers of machines.
    AUTO_REPLY = "auto_reply"
    #: The letter was read, or deleted unread (RFC 8098).
    RECEIPT = "receipt"
    #: The letter arrived, says the report.
    DELIVERED = "delivered"
    #: A complaint of another kind than "this is spam": authentication failed, not spam after all.
    OTHER_FEEDBACK = "other_feedback"
    #: A failure, but nothing says which.
    UNCLEAR = "unclear"
    #: Nests too deep to be a report.
    UNREADABLE = "unreadable"
    #: Somebody's letter.
    NO_REPORT = "no_report"


@dataclass(frozen=True, slots=True)
class Report:
    """What one report says, before it is known whether its letter is one of ours."""

    kind: ReturnKind
    #: RFC 3463, such as 5.1.1; None where neither code nor words gave one.
    status: str | None
    #: What the other server said, on one line; may name addresses.
    detail: str | None
    #: Message-IDs that look like ours, without angle brackets, the likeliest first.
    message_ids: tuple[str, ...]
    #: The digits of such a Message-ID, from the address that the report was sent to.
    tokens: tuple[str, ...]
    #: What tells this report from another about the same letter: its own Message-ID or date.
    identity: str


@dataclass(frozen=True, slots=True)
class _Judgement:
    kind: ReturnKind
    status: str | None
    detail: str | None


#: The stronger judgement of two recipients' counts.
_STRENGTH = {
    ReturnKind.HARD: 3,
    ReturnKind.COMPLAINT: 3,
    ReturnKind.SOFT: 2,
    ReturnKind.DELAYED: 1,
}
#: Feedback-Type values (RFC 5965, RFC 6430 and the registry) by which a reader wants no more.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})


def read(raw: bytes) -> Report | Ignored:
    """Judge one message. Never raises, whatever the bytes are."""
    raw = raw[:MOST_BYTES]
    types = _TYPE_FIELD.findall(raw)
    if len(types) > MOST_PARTS or any(len(field) > LONGEST_TYPE for field in types):
        return Ignored.UNREADABLE
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(message))
        judged = _judge(message, parts)
        if isinstance(judged, Ignored):
            return judged
        return Report(
            kind=judged.kind,
            status=judged.status,
            detail=judged.detail,
            message_ids=tuple(_message_ids(raw, message)),
            tokens=tuple(_tokens(message)),
            identity=_header(message, "Message-ID") or _header(message, "Date"),
        )
    except (ValueError, LookupError, TypeError, AttributeError, MessageError, RecursionError):
        # the email package has met more hostile headers than it can hold
        return Ignored.UNREADABLE


def hardness(status: str | None, said: str) -> ReturnKind:
    """Tell whether a failure is the address's own for good, or may pass.

    Hard are: no such mailbox or domain (5.1.x, except what is wrong with the sender), mailbox
    disabled (5.2.1), account closed (5.7.13, RFC 5248). Where the server speaks of spam or policy
    the address may well exist, whatever the code. All else counts as soft.

    :param said: the other server's words, in lower case.
    """
    found = _STATUS.fullmatch(status or "")
    if not found or found[1] != "5" or phrases.POLICY.search(said):
        return ReturnKind.SOFT
    subject, detail = int(found[2]), int(found[3])
    if subject == 1:
        # 5.1.5 says that it is valid; .7 and .8 complain of the sender; .9 of the content
        return ReturnKind.SOFT if detail in {5, 7, 8, 9} else ReturnKind.HARD
    is_closed = (subject, detail) in {(2, 1), (7, 13)}
    return ReturnKind.HARD if is_closed else ReturnKind.SOFT


# --- what kind of message it is -------------------------------------------------------------------


def _judge(message: Message, parts: Sequence[Message]) -> _Judgement | Ignored:
    types = {part.get_content_type(): part for part in reversed(parts)}
    if (feedback := types.get("message/feedback-report")) is not None:
        return _complaint(feedback)
    for name in ("message/delivery-status", "message/global-delivery-status"):
        if (status := types.get(name)) is not None:
            return _delivery(status, _first_text(parts))
    if "message/disposition-notification" in types or "disposition" in _report_type(message):
        return Ignored.RECEIPT
    if _is_old_complaint(message, parts):
        return _Judgement(ReturnKind.COMPLAINT, None, None)
    if _is_from_a_mail_system(message):
        return _in_words(message, _first_text(parts))
    return Ignored.AUTO_REPLY if _is_auto_reply(message) else Ignored.NO_REPORT


def _report_type(message: Message) -> str:
    value: Any = message.get_param("report-type", "")
    return collapse_rfc2231_value(value).lower() if value else ""


def _is_from_a_mail_system(message: Message) -> bool:
    local = parseaddr(_header(message, "From"))[1].partition("@")[0].lower()
    is_empty = _header(message, "Return-Path").strip() == "<>"
    return local in _DAEMONS or is_empty or bool(_header(message, "X-Failed-Recipients"))


def _is_auto_reply(message: Message) -> bool:
    """Tell whether a machine answered our letter (RFC 3834 and what came before it)."""
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    named = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")
    if any(_header(message, name) for name in named):
        return True
    return _header(message, "Precedence").lower() in {"auto_reply", "bulk", "junk", "list"}


def _is_old_complaint(message: Message, parts: Sequence[Message]) -> bool:
    """Tell whether it is one of Outlook.com's, which wrap the letter and add nothing else."""
    sender = parseaddr(_header(message, "From"))[1].lower()
    return sender == "staff@hotmail.com" and any(
        part.get_content_type() == "message/rfc822" for part in parts
    )


# --- reports for machines -------------------------------------------------------------------------


def _complaint(part: Message) -> _Judgement | Ignored:
    fields = next(iter(_blocks(part)), {})
    kind = fields.get("feedback-type", "").strip().lower()
    if kind not in _COMPLAINTS:
        return Ignored.OTHER_FEEDBACK
    agent = fields.get("user-agent", "")
    return _Judgement(ReturnKind.COMPLAINT, None, _one_line(f"{kind} {agent}"))


def _delivery(part: Message, words: str) -> _Judgement | Ignored:
    """Judge a delivery status: the strongest of what is said about its recipients."""
    found: list[_Judgement] = []
    is_delivered = False
    for fields in _blocks(part):
        action = fields.get("action", "").strip().lower().partition(" ")[0]
        diagnostic = fields.get("diagnostic-code", "")
        given = _STATUS.search(fields.get("status", ""))
        if not action and not given:
            continue
        if action in {"delivered", "relayed", "expanded"} or (given and given[1] == "2"):
            is_delivered = True
            continue
        status = _best_status(given[0] if given else None, diagnostic, words)
        said = _one_line(diagnostic) or _one_line(words)
        if action == "delayed" or (not action and status and status[0] == "4"):
            found.append(_Judgement(ReturnKind.DELAYED, status, said))
        else:
            kind = hardness(status, (diagnostic or words).lower()[:MOST_TEXT])
            found.append(_Judgement(kind, status, said))
    if found:
        return max(found, key=lambda one: _STRENGTH[one.kind])
    return Ignored.DELIVERED if is_delivered else Ignored.UNCLEAR


def _best_status(given: str | None, diagnostic: str, words: str) -> str | None:
    """Return the most telling code: the report's own, unless it only says that something failed."""
    if given and not given.endswith(".0.0"):
        return given
    for text in (diagnostic, words):
        named = _STATUS.search(text)
        if named and named[1] != "2" and not named[0].endswith(".0.0"):
            return named[0]
        meant = phrases.status_of(text.lower()[:MOST_TEXT])
        if meant:
            return meant
    return given


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    """Yield the fields of each block of a status or feedback part, names in lower case."""
    payload: Any = part.get_payload()
    if isinstance(payload, str):
        yield from _blocks_of_text(payload)
        return
    for block in payload if isinstance(payload, list) else []:
        yield {name.lower(): _plain(value) for name, value in block.items()[:MOST_PARTS]}
        inner: Any = block.get_payload()
        if isinstance(inner, str) and inner.strip():
            # other types than delivery-status: the parser took the first block for headers
            yield from _blocks_of_text(inner)


def _blocks_of_text(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\r?\n[ \t]*\r?\n", text[:MOST_TEXT])[:MOST_PARTS]:
        unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
        pairs = (line.partition(":") for line in unfolded.splitlines())
        fields = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
        if fields:
            yield fields


# --- reports for people ---------------------------------------------------------------------------


def _in_words(message: Message, text: str) -> _Judgement | Ignored:
    """Judge what a mail system wrote to be read by people."""
    subject = _decoded(message, "Subject").lower()
    said = text[: _copy_begins(text)][:MOST_TEXT]
    lowered = said.lower()
    if phrases.DELAY.search(lowered) or re.search(r"\bdelayed\b|^warning:", subject):
        return _Judgement(ReturnKind.DELAYED, _status_in(said), _one_line(said))
    failed = phrases.FAILURE.search(subject) or phrases.FAILURE.search(lowered)
    if not failed:
        return Ignored.AUTO_REPLY if _is_auto_reply(message) else Ignored.NO_REPORT
    status = _status_in(said)
    if status is None:
        return Ignored.UNCLEAR
    return _Judgement(hardness(status, lowered), status, _one_line(said))


def _copy_begins(text: str) -> int:
    found = _COPY.search(text)
    return found.start() if found else len(text)


def _status_in(text: str) -> str | None:
    """Return the status code that a text names or means."""
    for named in _STATUS.finditer(text):
        if named[1] != "2" and not named[0].endswith(".0.0"):
            return named[0]
    meant = phrases.status_of(text.lower())
    if meant:
        return meant
    reply = _REPLY.search(text)
    return f"{reply[1][0]}.0.0" if reply else None


# --- which letter it is about ---------------------------------------------------------------------


def _message_ids(raw: bytes, message: Message) -> Iterator[str]:
    """Yield what looks like a Message-ID of ours, wherever it stands, each once."""
    seen = set()
    for text in (raw.decode("latin-1"), *_decoded_leaves(message)):
        for found in _OURS.finditer(text):
            if found[0] not in seen:
                seen.add(found[0])
                yield found[0].rstrip(".:")
        if len(seen) >= MOST_PARTS:
            return


def _decoded_leaves(message: Message) -> Iterator[str]:
    for part in message.walk():
        encoding = _header(part, "Content-Transfer-Encoding").lower()
        if not part.is_multipart() and encoding in {"base64", "quoted-printable"}:
            yield _text(part)


def _tokens(message: Message) -> Iterator[str]:
    """Yield the digits of letters from the addresses that the report was sent to."""
    for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"):
        for value in (message.get_all(name) or [])[:5]:
            yield from (found[1] for found in _TOKEN.finditer(_plain(value)))


# --- the email package, at arm's length -----------------------------------------------------------


def _parts(message: Message) -> Iterator[Message]:
    """Yield a message's parts, but not those inside of a letter that it carries."""
    yield message
    payload: Any = message.get_payload()
    if isinstance(payload, list) and message.get_content_maintype() == "multipart":
        for part in payload:
            yield from _parts(part)


def _first_text(parts: Sequence[Message]) -> str:
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and not part.is_multipart():
                return _text(part)
    return ""


def _text(part: Message) -> str:
    payload: Any = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    text = payload.decode(_charset(part.get_content_charset()), "replace")
    if part.get_content_type() == "text/html":
        text = re.sub(r"<[^<>]{0,2000}>", " ", text)
    return text


def _charset(name: str | None) -> str:
    """Return a charset that mail uses; utf-8 for every other word (codecs do stranger things)."""
    if not name or not re.fullmatch(r"[A-Za-z0-9_:\-]{2,40}", name):
        return "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return known if _CHARSETS.fullmatch(known) else "utf-8"


def _header(message: Message, name: str) -> str:
    return _plain(message.get(name, ""))[:1_000].strip()


def _decoded(message: Message, name: str) -> str:
    """Return a header with its encoded words read; as it stands when they are broken."""
    value = _header(message, name)
    try:
        words = decode_header(value)
    except MessageError:
        return value
    return "".join(
        word if isinstance(word, str) else word.decode(_charset(charset), "replace")
        for word, charset in words
    )


def _plain(value: object) -> str:
    return " ".join(str(value).split())


def _one_line(text: str) -> str | None:
    return " ".join(text[: 4 * LONGEST_DETAIL].split())[:LONGEST_DETAIL] or None
