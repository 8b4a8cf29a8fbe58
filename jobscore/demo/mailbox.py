"""The demo's outbox read back: letters as they stand on disk, bytes that an SMTP server took."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_binary_file, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

#: Names of letters: made by the SMTP server from Message-IDs.
NAME = re.compile(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]{0,250}\.eml")
#: Letters on a page.
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter in the list."""

    file: str
    kept_at: datetime
    size: int
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, opened; a part that it does not have is empty.

    :ivar headers: as a mail program shows them, in their order.
    """

    entry: Entry
    sender: str
    language: str
    headers: Sequence[tuple[str, str]]
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of letters, the newest first, and how many there are in all."""

    entries: Sequence[Entry]
    total: int
    has_more: bool


def letters(folder: Path, *, page: int = 0, among: Collection[str] | None = None) -> Listing:
    """Return one page of the letters in ``folder``; an outbox that does not exist is empty.

    :param among: file names to choose from; None: all.
    """
    try:
        found = [
            (path.stat().st_mtime_ns, path.name, path.stat().st_size)
            for path in folder.iterdir()
            if NAME.fullmatch(path.name) and (among is None or path.name in among)
        ]
    except FileNotFoundError:
        found = []
    found.sort(reverse=True)
    start = page * PAGE_SIZE
    shown = found[start : start + PAGE_SIZE]
    parser = BytesHeaderParser(policy=policy.default)
    entries = []
    for changed_ns, name, size in shown:
        with (folder / name).open("rb") as file:
            entries.append(_entry(name, changed_ns, size, parser.parse(file)))
    return Listing(entries, len(found), len(found) > start + PAGE_SIZE)


def letter(folder: Path, name: str) -> Letter | None:
    """Return one letter; None where there is none of that name."""
    path = path_of(folder, name)
    if path is None:
        return None
    with path.open("rb") as file:
        message = message_from_binary_file(file, policy=policy.default)
    state = path.stat()
    return Letter(
        entry=_entry(name, state.st_mtime_ns, state.st_size, message),
        sender=str(message["From"] or ""),
        language=str(message["Content-Language"] or ""),
        headers=[(key, str(value)) for key, value in message.items()],
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def path_of(folder: Path, name: str) -> Path | None:
    """Return where a letter stands; None for what is no letter of this outbox."""
    path = folder / name
    return path if NAME.fullmatch(name) and path.is_file() else None


def file_of(message_id: str) -> str:
    """Return the name of the file that keeps a letter, by its Message-ID without brackets."""
    return re.sub(r"[^A-Za-z0-9._@+-]", "_", message_id) + ".eml"


def _entry(name: str, changed_ns: int, size: int, message: EmailMessage) -> Entry:
    kept_at = datetime.fromtimestamp(changed_ns // 1_000_000_000, UTC)
    to, subject = str(message["To"] or ""), str(message["Subject"] or "")
    return Entry(name, kept_at, size, to, subject)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
