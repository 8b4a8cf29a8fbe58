"""Unsubscribing by letter: what people's mail programs send to JOBSCORE_MAIL_UNSUBSCRIBE_TO.

The subject repeats the signed token that our own header gave them, so who wrote does not matter,
and reading the same mailbox twice changes nothing more. Letters are read, never moved or deleted.
"""

import mailbox
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path

from jobscore.database.transaction import transaction
from jobscore.digests import links, service

#: Bytes of one letter that are read: its headers stand at the beginning.
MOST_BYTES = 1024 * 1024
_ASKED = re.compile(r"unsubscribe\s+([A-Za-z0-9_.-]{1,500})", re.IGNORECASE)


@dataclass(slots=True)
class Asked:
    """What a mailbox asked for."""

    letters: int = 0
    #: People whose letters ended; those who had ended them before are not among them.
    ended: int = 0
    #: Letters without a token of ours: people wrote in their own words, or it is something else.
    unread: int = 0


def end_letters(path: str) -> Asked:
    """End the letters of everybody who asks for it in a mailbox. Commits once for each of them.

    :param path: an mbox, a Maildir, a single letter, or ``-`` for one on standard input.
    :raises OSError: when it cannot be read.
    """
    asked = Asked()
    for letter in letters_in(path):
        asked.letters += 1
        user_id = person_of(letter)
        if user_id is None:
            asked.unread += 1
            continue
        with transaction():
            asked.ended += service.withdraw_consent(user_id)
    return asked


def person_of(letter: Message) -> int | None:
    """Return whose letters shall end; None where the subject holds no token of ours."""
    try:
        subject = str(make_header(decode_header(str(letter.get("Subject", "")))))
    except (LookupError, ValueError):
        return None  # a character set or an encoding that does not exist
    found = _ASKED.search(" ".join(subject.split()))
    if found is None:
        return None
    try:
        return links.read_token(found[1])
    except links.BadLinkError:
        return None


def letters_in(path: str) -> Iterator[Message]:
    """Yield the letters of a file, a folder, or standard input, with their headers."""
    if path == "-":
        yield _headers(sys.stdin.buffer.read(MOST_BYTES))
    elif Path(path).is_dir():
        yield from mailbox.Maildir(path, create=False)
    elif _begins(path, b"From "):
        with closing(mailbox.mbox(path, create=False)) as box:
            yield from box
    else:
        with Path(path).open("rb") as file:
            yield _headers(file.read(MOST_BYTES))


def _begins(path: str, words: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(words)) == words


def _headers(raw: bytes) -> Message:
    return BytesHeaderParser().parsebytes(raw)
