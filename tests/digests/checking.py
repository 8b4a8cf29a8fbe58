"""What must hold of every digest in the log: a reader that trusts nothing that wrote it."""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from jobscore.digests.models import Digest
from jobscore.emails import compose, service
from jobscore.emails.compose import SUBJECT_LIMIT, Letter
from jobscore.emails.models import EmailLog
from jobscore.matching import wording
from jobscore.matching.selection import Section
from jobscore.web.i18n import speaking

#: Gmail clips longer ones.
MOST_BYTES = 100_000
#: Words of the frame, by language: each letter has those of its own and none of the other's.
FRAME = {
    "en": ("Why this job?", "See all of today's matches", "Unsubscribe", "Contact:"),
    "ja": ("おすすめの理由", "今日のおすすめをすべて見る", "配信停止", "お問い合わせ"),
}
_VOID = {"meta", "br", "img", "link", "input", "hr"}
_JOB = re.compile(r"/jobs/(\d+)\b")
#: What was not filled in. (People and postings may contain `{0}` and `%(name)s`.)
_LEFT = re.compile(
    r"[\ue000\ue001]|%\((?:num|n|km|day|title|titles|place|pay|score|word)\)|\bNone\b"
)
_MATCH = re.compile(r"/matches/(\d+)\b")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a digest says that its letter holds."""

    jobs: list[int]
    sections: list[str]
    titles: list[str]


def faults_of(session: Session, on: date, *, most_per_company: int | None = None) -> list[str]:
    """Return everything that is wrong with the letters of a day, each with its log id."""
    digests = session.scalars(
        select(Digest).where(Digest.digest_on == on).options(selectinload(Digest.items))
    ).all()
    logs = {log.id: log for log in session.scalars(select(EmailLog))}
    found: list[str] = []
    for digest in digests:
        log = logs[digest.email_log_id or 0]
        items = digest.items
        if most_per_company is not None:
            companies = Counter(item.company_name for item in items)
            if max(companies.values()) > most_per_company:
                found.append(f"{log.id}: more than {most_per_company} jobs of one company")
        wanted = Expected(
            [item.job_id or 0 for item in items],
            [item.section for item in items],
            [item.title for item in items],
        )
        found += [f"{log.id}: {fault}" for fault in _faults(log, wanted)]
    ids = Counter(log.message_id for log in logs.values())
    found += [f"{number} letters are called {name}" for name, number in ids.items() if number > 1]
    sent = Counter((d.user_id, item.job_id) for d in digests for item in d.items)
    return found + [f"{pair} is sent {n} times" for pair, n in sent.items() if n > 1]


def _faults(log: EmailLog, wanted: Expected) -> Iterator[str]:
    text, html = service.text_of(log), service.html_of(log) or ""
    yield from _subject(log, wanted)
    yield from _contents(text, html, wanted)
    yield from _sections(text, html, wanted, log.locale)
    yield from _language(text, html, log.locale)
    yield from _markup(html)
    yield from _wire(log, text, html)


def _subject(log: EmailLog, wanted: Expected) -> Iterator[str]:
    if len(log.subject) > SUBJECT_LIMIT[log.locale]:
        yield f"the subject has {len(log.subject)} characters"
    number = re.search(r"\d+", log.subject)
    if len(wanted.jobs) > 1 and (number is None or int(number[0]) != len(wanted.jobs)):
        yield f"the subject promises another number than {len(wanted.jobs)}"
    if compose.one_line(wanted.titles[0])[:5] not in log.subject:
        yield "the subject does not name the first job"


def _contents(text: str, html: str, wanted: Expected) -> Iterator[str]:
    if len(set(wanted.jobs)) != len(wanted.jobs):
        yield "a job is in it twice"
    for name, body in (("text", text), ("HTML", html)):
        if [int(n) for n in _JOB.findall(body)] != wanted.jobs:
            yield f"the {name} holds other jobs, or in another order"
        if len(_MATCH.findall(body)) != len(wanted.jobs):
            yield f"the {name} does not lead to each job's explanation"
        if left := _LEFT.search(body):
            yield f"{left[0]!r} is left in the {name}"
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", text, re.M)]
    if numbers != list(range(1, len(wanted.jobs) + 1)):
        yield "the text does not count its jobs"
    if "\n\n\n" in text or re.search(r"[ \t]$", text, re.M):
        yield "the text has idle lines or spaces"


def _sections(text: str, html: str, wanted: Expected, locale: str) -> Iterator[str]:
    counts = Counter(wanted.sections)
    order = [code for code in Section if counts[code]]
    if list(dict.fromkeys(wanted.sections)) != order:
        yield "the sections are in another order"
    with speaking(locale):
        titles = [(wording.section_title(code), counts[code]) for code in order]
    said = [(title, int(n)) for title, n in re.findall(r"^■ (.*) \(\D*(\d+)\D*\)$", text, re.M)]
    if said != titles:
        yield f"the text's sections are {said}"
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"&#39;", "'", html)))
    at = -1
    for title, number in titles:
        match = re.compile(rf"{re.escape(title)}\s+\D{{0,9}}{number}(?!\d)").search(plain, at + 1)
        if match is None:
            yield f"the HTML has no section {title!r} with {number} jobs in its place"
        else:
            at = match.start()


def _language(text: str, html: str, locale: str) -> Iterator[str]:
    plain = html.replace("&#39;", "'")
    for language, words in FRAME.items():
        for word in words:
            for name, body in (("text", text), ("HTML", plain)):
                if (word in body) != (language == locale):
                    yield f"{word!r} in the {name} of a letter in {locale}"


class _Balance(HTMLParser):
    """Tells whether each element that opens closes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.is_wrong = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.is_wrong = True


def _markup(html: str) -> Iterator[str]:
    balance = _Balance()
    balance.feed(html)
    if balance.is_wrong or balance.open:
        yield "elements do not close where they should"
    if re.search(r"<img|<script|<link|<iframe|url\(|@import|\ssrc=|javascript:", html):
        yield "it would load something"
    if len(html.encode()) > MOST_BYTES:
        yield f"the HTML has {len(html.encode()):,} bytes"


def _wire(log: EmailLog, text: str, html: str) -> Iterator[str]:
    letter = Letter(
        recipient=log.recipient_email,
        subject=log.subject,
        text=text,
        html=html,
        locale=log.locale,
        message_id=log.message_id or "",
        headers=log.headers,
    )
    raw = compose.payload(letter, service.sender(), log.created_at)
    if raw.count(b"\n") != raw.count(b"\r\n") or any(len(one) > 998 for one in raw.split(b"\r\n")):
        yield "a line is too long, or does not end in CRLF"
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    unsubscribe = re.search(r"<(https?://[^>]+)>", message["List-Unsubscribe"] or "")
    if unsubscribe is None or unsubscribe[1] not in text or unsubscribe[1] not in html:
        yield "the header's way out is not that of the bodies"
    wanted = {
        "Subject": log.subject,
        "To": log.recipient_email,
        "Message-ID": f"<{log.message_id}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Content-Language": log.locale,
        "Auto-Submitted": "auto-generated",
    }
    for name, value in wanted.items():
        if str(message[name]) != value:
            yield f"{name} is {message[name]!r}"
    if not (message["Date"] and message["From"] and message["List-Id"]):
        yield "Date, From or List-Id is missing"
    yield from _parts(list(message.iter_parts()), text, html)


def _parts(parts: Sequence[object], text: str, html: str) -> Iterator[str]:
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:  # type: ignore[attr-defined] # EmailMessage
        yield "the parts are others than text and HTML"
        return
    for part, body in zip(parts, (text, html), strict=True):
        if part.get_content().replace("\r\n", "\n") != body:  # type: ignore[attr-defined] # EmailMessage
            yield "a part is not what the log holds"
