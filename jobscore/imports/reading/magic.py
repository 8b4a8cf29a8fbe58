"""Refuse what is no table by its first bytes, with a reason that helps."""

import re

from jobscore.imports.reading.problems import FileProblem

_MAGIC: tuple[tuple[bytes, FileProblem], ...] = (
    (b"%PDF-", FileProblem.PDF),
    (b"\x89PNG\r\n\x1a\n", FileProblem.IMAGE),
    (b"\xff\xd8\xff", FileProblem.IMAGE),
    (b"GIF87a", FileProblem.IMAGE),
    (b"GIF89a", FileProblem.IMAGE),
    (b"BM", FileProblem.IMAGE),
    (b"II*\x00", FileProblem.IMAGE),
    (b"MM\x00*", FileProblem.IMAGE),
    (b"\x1f\x8b", FileProblem.GZIP),
    (b"BZh", FileProblem.ZIP),
    (b"\xfd7zXZ\x00", FileProblem.ZIP),
    (b"7z\xbc\xaf'\x1c", FileProblem.ZIP),
    (b"Rar!\x1a\x07", FileProblem.ZIP),
    (b"\x28\xb5\x2f\xfd", FileProblem.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileProblem.XLS),
)
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
#: Control characters that no text file holds (tab, newlines, form feed, escape, SUB excepted).
_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27})


def is_zip(head: bytes) -> bool:
    """Say whether the bytes are a zip container, which an xlsx workbook is too."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def refusal(head: bytes) -> FileProblem | None:
    """Return why a file that begins with ``head`` (some KB) cannot be a table; None when it can."""
    for magic, problem in _MAGIC:
        if head.startswith(magic) and (magic != b"BM" or is_binary(head)):
            return problem
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileProblem.IMAGE
    if head.lstrip()[:2] in (b"[{", b'{"'):
        return FileProblem.JSON
    return None


def is_html(head: bytes) -> bool:
    """Say whether the bytes begin a web page, which some sites send in place of a CSV."""
    return _HTML.match(head) is not None


def is_binary(head: bytes) -> bool:
    """Say whether control characters are too many for text in an encoding without NULs."""
    n_control = len(head) - len(head.translate(None, _CONTROL))
    return n_control > max(4, len(head) // 25)
