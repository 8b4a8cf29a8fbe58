"""Read a CV into proposals: what it says of skills, titles, years and place, each with its proof.

Pure, and nothing is kept: text goes in, proposals come out, and whoever asked decides which of them
are true. A file of JSON Resume (https://jsonresume.org/schema, version 1) is read by its fields,
anything else as text in English or Japanese.
"""

import json
from datetime import date
from typing import Any

from jobscore.accounts.resume import cv_text, json_resume
from jobscore.accounts.resume.proposals import (
    Problem,
    Reading,
    UnreadableResumeError,
    sound,
)

__all__ = ["LARGEST", "Problem", "Reading", "UnreadableResumeError", "decode", "read"]

#: Bytes of a file, or of a text in UTF-8, at most.
LARGEST = 200_000
#: Objects and lists within each other; JSON Resume itself needs four.
DEEPEST = 32
_BINARY = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff")
_BREAKS = frozenset("\n\r\t\f\v\x85")


def decode(content: bytes) -> str:
    """Return the text of an uploaded file: UTF-8, UTF-16 with its mark, or Japanese Windows.

    :raises UnreadableResumeError: when it is too long, a PDF or Word file, or no text at all.
    """
    if len(content) > LARGEST:
        raise UnreadableResumeError(Problem.TOO_LONG)
    if content.startswith(_BINARY):
        raise UnreadableResumeError(Problem.BINARY)
    has_mark = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if has_mark else ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableResumeError(Problem.NOT_TEXT)


def read(text: str, today: date) -> Reading:
    """Return what a CV proposes. What begins with a brace is read as JSON Resume.

    :param today: ends what lasts "until now".
    :raises UnreadableResumeError: when it is empty, beyond a limit, has control characters, or is
        JSON that is damaged or no résumé; it names the line or the field.
    """
    if len(text) > LARGEST or len(text.encode(errors="replace")) > LARGEST:
        raise UnreadableResumeError(Problem.TOO_LONG)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UnreadableResumeError(Problem.EMPTY)
    _refuse_control_characters(text)
    if text.lstrip().startswith("{"):
        return json_resume.read(_loads(text), today)
    return cv_text.read(sound(text), today)


def _refuse_control_characters(text: str) -> None:
    for at, character in enumerate(text):
        if (character < " " and character not in _BREAKS) or character == "\x7f":
            line = text.count("\n", 0, at) + 1
            column = at - (text.rfind("\n", 0, at) + 1) + 1
            raise UnreadableResumeError(Problem.CONTROL, line=line, column=column)


def _loads(text: str) -> Any:
    _refuse_depth(text)
    try:
        # numbers mean nothing here: their kind is enough, and huge ones cost nothing
        return json.loads(text, parse_int=_zero, parse_float=_zero, parse_constant=_zero)
    except json.JSONDecodeError as error:
        raise UnreadableResumeError(
            Problem.NOT_JSON, line=error.lineno, column=error.colno
        ) from error


def _zero(_digits: str) -> int:
    return 0


def _refuse_depth(text: str) -> None:
    """Refuse nesting that the parser would pay for with its stack."""
    depth = 0
    is_string = is_escaped = False
    for at, character in enumerate(text):
        if is_string:
            if is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                is_string = False
        elif character == '"':
            is_string = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                line = text.count("\n", 0, at) + 1
                column = at - (text.rfind("\n", 0, at) + 1) + 1
                raise UnreadableResumeError(Problem.TOO_DEEP, line=line, column=column)
        elif character in "]}":
            depth -= 1
