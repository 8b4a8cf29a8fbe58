"""One all-day reminder as a calendar file (iCalendar, RFC 5545). Pure.

Lines end in CRLF and are folded at 75 octets, never inside a character; text is escaped. A day has
no time zone, so the reminder is on that day wherever its reader is; its alarm rings at nine.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

MAX_OCTETS: Final = 75
"""Of a line, its end not counted (RFC 5545, 3.1)."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a calendar is to remind of."""

    uid: str
    """The same for the same thing, so that a second file changes the first entry."""
    on: date
    title: str
    text: str
    url: str
    made_at: datetime
    """Aware; also tells which of two files is the newer."""
    language: str


def calendar(reminder: Reminder) -> bytes:
    """Return a calendar with one all-day entry and its alarm."""
    stamp = f"{reminder.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    title = _escaped(reminder.title)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//jobscore//matches//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{reminder.uid}",
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"SEQUENCE:{int(reminder.made_at.timestamp())}",
        f"DTSTART;VALUE=DATE:{reminder.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{reminder.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY;LANGUAGE={reminder.language}:{title}",
        f"DESCRIPTION:{_escaped(reminder.text)}",
        f"URL:{reminder.url}",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER;RELATED=START:PT9H",
        f"DESCRIPTION:{title}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) + "\r\n" for line in lines).encode()


def _escaped(text: str) -> str:
    """Return text as a TEXT value (RFC 5545, 3.3.11); other control characters are dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\x7f"))
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> str:
    """Break a line where its next character would not fit; what follows begins with a space."""
    parts, part, octets = [], "", 0
    for character in line:
        width = len(character.encode())
        if octets + width > MAX_OCTETS:
            parts.append(part)
            part, octets = "", 1
        part += character
        octets += width
    return "\r\n ".join([*parts, part])
