"""Cut a stream of text into blocks of whole lines, bounded whatever the stream holds."""

from collections.abc import Iterator
from typing import TextIO

from jobscore.imports.reading.strict import MAX_RECORD_CHARS, split_lines

_BLOCK_CHARS = 32 * 1024


def text_blocks(stream: TextIO, newline: str) -> Iterator[str]:
    """Yield the text in blocks that end where a line ends.

    A line beyond ``MAX_RECORD_CHARS`` is cut there and the rest of it dropped: it is rejected
    later by its length, and memory stays bounded.
    """
    carry, dropping = "", False
    while block := stream.read(_BLOCK_CHARS):
        text = carry + block
        if dropping:
            begin = _first_end(text, newline)
            if not begin:
                continue
            text, dropping = text[begin:], False
        cut = _last_end(text, newline)
        text, carry = text[:cut], text[cut:]
        if len(carry) > MAX_RECORD_CHARS:
            text, carry, dropping = f"{text}{carry}\n", "", True
        if text:
            yield text
    if carry:
        yield carry


def from_line(blocks: Iterator[str], line: int, newline: str) -> Iterator[str]:
    """Drop the lines before ``line`` (from 1)."""
    to_drop = line - 1
    for block in blocks:
        if to_drop:
            lines = split_lines(block, newline)
            n_lines = len(lines)
            block = "".join(lines[to_drop:])
            to_drop = max(0, to_drop - n_lines)
        if block:
            yield block


def _last_end(text: str, newline: str) -> int:
    """Return the position behind the last line end that is surely whole, 0 when there is none."""
    end = text.rfind("\n") + 1
    # A CR at the very end may be the first half of a CRLF.
    return end if newline else max(end, text.rfind("\r", 0, -1) + 1)


def _first_end(text: str, newline: str) -> int:
    """Return the position behind the first line end, 0 when there is none."""
    ends = [text.find("\n") + 1, 0 if newline else text.find("\r", 0, -1) + 1]
    first = min(filter(None, ends), default=0)
    return first + 1 if first and text[first - 1 : first + 1] == "\r\n" else first
