"""Where reports lie: a file, an mbox, a Maildir, a folder of .eml files, a stream. One at a time.

Memory stays flat: a message is cut at what a report may have, an mbox is read line by line.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jobscore.emails.bounces.reports import MOST_BYTES

#: The longest line that is looked at whole; a mailbox has none so long.
LONGEST_LINE = 64 * 1024


class BoxError(Exception):
    """The place cannot be read; the text says why."""


def _nothing() -> None:
    """Leave a message where it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """One message; ``done`` marks it as read where the mailbox can keep that."""

    raw: bytes
    done: Callable[[], None] = _nothing


def messages(place: Path) -> Iterator[Found]:
    """Yield the messages of a Maildir (those not read yet), a folder of .eml files, or a file.

    :raises BoxError: when there is no such place, or it may not be read.
    """
    try:
        if (place / "new").is_dir() and (place / "cur").is_dir():
            yield from _maildir(place)
        elif place.is_dir():
            for path in sorted(place.glob("*.eml")):
                yield Found(_head(path))
        else:
            with place.open("rb") as stream:
                yield from (Found(raw) for raw in split(stream))
    except OSError as error:
        raise BoxError(f"cannot read {place}: {error.strerror}") from error


def split(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the messages of an mbox, or the one message that a stream holds."""
    first = stream.readline(LONGEST_LINE)
    if not first:
        return
    if not first.startswith(b"From "):
        yield first + stream.read(MOST_BYTES)
        return
    kept: list[bytes] = []
    size = 0
    is_after_empty = False
    while line := stream.readline(LONGEST_LINE):
        if is_after_empty and line.startswith(b"From "):
            yield b"".join(kept)
            kept, size, is_after_empty = [], 0, False
            continue
        is_after_empty = not line.strip(b"\r\n")
        if size < MOST_BYTES:
            kept.append(line[1:] if line.lstrip(b">").startswith(b"From ") else line)
            size += len(line)
    yield b"".join(kept)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def _maildir(place: Path) -> Iterator[Found]:
    for path in sorted((place / "new").iterdir()) + sorted((place / "cur").iterdir()):
        if path.name.startswith(".") or "S" in path.name.partition(":2,")[2]:
            continue
        try:
            raw = _head(path)
        except (FileNotFoundError, IsADirectoryError):
            continue  # a mail program was faster
        yield Found(raw, lambda path=path: _seen(place, path))  # type: ignore[misc] # path is bound


def _seen(place: Path, path: Path) -> None:
    """Mark a message of a Maildir as read, as mail programs do."""
    base, _, flags = path.name.partition(":2,")
    name = f"{base}:2,{''.join(sorted(set(flags) | {'S'}))}"
    with suppress(FileNotFoundError):
        os.replace(path, place / "cur" / name)
