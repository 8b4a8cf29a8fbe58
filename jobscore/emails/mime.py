"""A letter's bytes, written straight down: folded headers, encoded words, encoded bodies.

The ``email`` package builds a tree and folds every header by parsing it again, which takes longer
than writing the letter took. A letter of ours has one shape (a text, and an HTML beside it), so its
bytes are joined here. The ``email`` package's parser is the judge: tests read back everything.

Texts that come here are one line each (``compose.one_line``); a line break is refused.
"""

import binascii
import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from struct import Struct
from typing import NamedTuple

CRLF = b"\r\n"
#: RFC 5322 2.1.1: no line may be longer, without its CRLF.
LONGEST_LINE = 998
#: The same section: no line should be longer.
GOOD_LINE = 78
#: RFC 2045 6.7, 6.8: lines of an encoded body.
BODY_LINE = 76
#: Cuts many of them at once, in half the time of slices.
_LINES = Struct(f"{BODY_LINE}s" * 32)
#: RFC 2047 2: an encoded word, and a line that holds one.
_WORD, _WORD_LINE = 75, 76
#: A longer run without a space is encoded, so that a header can be folded inside of it.
_LONGEST_PLAIN = 60

#: Bytes that stand for themselves in quoted-printable (spaces at a line's end do not).
_PRINTABLE = bytes(b for b in (9, 10, 13, *range(32, 127)) if b != ord("="))
_HIGH = bytes(range(128, 256))
#: Characters of an encoded word that stand for themselves, also inside a name (RFC 2047 5 (3)).
_Q_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_SPACE_AT_END = re.compile(rb"[ \t](?=\n)")
#: Pieces of an encoded line that leave room for a soft break and end in no half of an escape.
_PIECES = re.compile(rb".{73,75}(?<!=)(?<!=.)|.+")


class Body(NamedTuple):
    """A text as it stands in a part."""

    #: 7bit, quoted-printable or base64.
    encoding: str
    #: Lines end in CRLF, the last one too.
    data: bytes


# --- headers --------------------------------------------------------------------------------------


def header(name: str, value: str) -> bytes:
    """Return a header of addresses or ids on one line, as it was given.

    :raises ValueError: when the value is not ASCII, has a line break, or is too long for a line.
    """
    line = f"{name}: {_single(value)}".encode("ascii")
    if len(line) > LONGEST_LINE:
        raise ValueError(f"the header {name} is longer than a line may be")
    return line + CRLF


def text_header(name: str, text: str) -> bytes:
    """Return a header of free text: folded at spaces, in encoded words where it is not ASCII."""
    before = len(name) + 2
    if not _single(text):
        return f"{name}:".encode("ascii") + CRLF
    if text.isascii() and before + len(text) <= GOOD_LINE:
        return f"{name}: {text}".encode("ascii") + CRLF
    if text.isascii() and max(map(len, text.split(" "))) <= _LONGEST_PLAIN:
        pieces = _folded(text, GOOD_LINE - before)
    else:
        pieces = _encoded_words(text, before)
    return f"{name}: ".encode("ascii") + b"\r\n ".join(pieces) + CRLF


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """Return a header with one mailbox: a name, quoted or in encoded words, and its address.

    :param address: as it stands on the wire (``compose.wire_address``).
    """
    place = f"<{_single(address)}>".encode("ascii")
    before = len(name) + 2
    if not _single(display_name):
        return f"{name}: {address}".encode("ascii") + CRLF
    pieces, longest = [_phrase(display_name)], GOOD_LINE
    if before + len(pieces[0]) > GOOD_LINE or not display_name.isascii():
        pieces, longest = _encoded_words(display_name, before), _WORD_LINE
    used = len(pieces[-1]) + (before if len(pieces) == 1 else 1)
    between = b" " if used + 1 + len(place) <= longest else b"\r\n "
    start = f"{name}: ".encode("ascii")
    return start + b"\r\n ".join(pieces) + between + place + CRLF


def _single(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError("a header holds a line break")
    return value


def _phrase(text: str) -> bytes:
    """Return an ASCII name as words, in quotes where a character asks for them."""
    if not _PHRASE.fullmatch(text):
        text = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return text.encode("ascii", "replace")


def _folded(text: str, room: int) -> list[bytes]:
    """Return an ASCII text in pieces for lines; the first has ``room``, the others a whole line."""
    pieces: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and len(longer) > (GOOD_LINE - 1 if pieces else room):
            pieces.append(line)
            line = word
        else:
            line = longer
    return [piece.encode("ascii") for piece in (*pieces, line)]


def _encoded_words(text: str, before: int) -> list[bytes]:
    """Return RFC 2047 encoded words, one for each line, never cut inside a character.

    Q where that is shorter (few characters outside ASCII), else B.

    :param before: columns of the first line that are taken.
    """
    costs = [1 if c in _Q_PLAIN or c == " " else 3 * _width(c) for c in text]
    widths = [_width(c) for c in text]
    is_q = sum(costs) <= (sum(widths) + 2) // 3 * 4
    room = _WORD - len("=?utf-8?q?") - len("?=")
    first = min(room, _WORD_LINE - before - len("=?utf-8?q?") - len("?="))
    if not is_q:
        costs, room, first = widths, room // 4 * 3, first // 4 * 3
    pieces: list[str] = []
    start = used = 0
    for at, cost in enumerate(costs):
        if used + cost > (room if pieces else first) and at > start:
            pieces.append(text[start:at])
            start, used = at, 0
        used += cost
    pieces.append(text[start:])
    return [_q_word(piece) if is_q else _b_word(piece) for piece in pieces]


def _width(character: str) -> int:
    """Return how many bytes a character has in UTF-8."""
    return len(character.encode("utf-8", "replace"))


def _q_word(text: str) -> bytes:
    spelled = "".join(
        "_" if c == " " else c if c in _Q_PLAIN else _escaped(c.encode("utf-8", "replace"))
        for c in text
    )
    return f"=?utf-8?q?{spelled}?=".encode("ascii")


def _b_word(text: str) -> bytes:
    packed = binascii.b2a_base64(text.encode("utf-8", "replace"), newline=False)
    return b"=?utf-8?b?" + packed + b"?="


def _escaped(data: bytes) -> str:
    return "=" + data.hex("=").upper()


# --- bodies ---------------------------------------------------------------------------------------


def body(text: str) -> Body:
    """Return a text in the encoding that suits it: plain, quoted-printable, or base64.

    ASCII goes as it is while its lines are short enough. Mostly ASCII becomes quoted-printable,
    which stays readable and costs little; other scripts base64, which is shorter for them.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.encode("utf-8", "replace")
    if not data.endswith(b"\n"):
        data += b"\n"
    odd = data.translate(None, _PRINTABLE)
    signs = odd.translate(None, _HIGH)
    is_mostly_plain = 6 * len(odd) < len(data) or text.isascii()
    if not is_mostly_plain or signs.count(b"=") < len(signs):
        # one odd byte in six: there three characters for each cost as much as base64 for all
        return Body("base64", _base64(data.replace(b"\n", CRLF)))
    lines = data.split(b"\n")
    if text.isascii() and max(map(len, lines)) <= LONGEST_LINE:
        return Body("7bit", CRLF.join(lines))
    return Body("quoted-printable", _quoted_printable(data, set(odd)))


def _base64(data: bytes) -> bytes:
    packed = binascii.b2a_base64(data, newline=False)
    whole = len(packed) - len(packed) % _LINES.size
    lines = chain.from_iterable(_LINES.iter_unpack(memoryview(packed)[:whole]))
    rest = (packed[at : at + BODY_LINE] for at in range(whole, len(packed), BODY_LINE))
    return CRLF.join([*lines, *rest]) + CRLF


def _quoted_printable(data: bytes, odd: set[int]) -> bytes:
    """Return RFC 2045 6.7 for data whose lines end in LF.

    :param odd: the bytes of the data that cannot stand for themselves.
    """
    equals = ord("=")
    for byte in (equals, *sorted(odd - {equals})):
        data = data.replace(bytes([byte]), b"=%02X" % byte)
    if b" \n" in data or b"\t\n" in data:
        data = _SPACE_AT_END.sub(lambda found: b"=%02X" % ord(found[0]), data)
    return CRLF.join(
        line if len(line) <= BODY_LINE else b"=\r\n".join(_PIECES.findall(line))
        for line in data.split(b"\n")
    )


# --- parts ----------------------------------------------------------------------------------------


def part(text: str, subtype: str) -> bytes:
    """Return a text as a part: its headers, an empty line, its body."""
    made = body(text)
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {made.encoding}\r\n\r\n"
    ).encode("ascii") + made.data


def alternative(parts: Sequence[bytes], seed: str) -> bytes:
    """Return parts as alternatives of each other, the plainest first (RFC 2046 5.1.4).

    :param seed: what the boundary is made from, so that the same letter has the same bytes.
    """
    boundary = _boundary(parts, seed)
    line = b"--" + boundary
    pieces = [
        b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n',
        *(line + CRLF + one for one in parts),
        line + b"--\r\n",
    ]
    return CRLF.join(pieces)


def _boundary(parts: Sequence[bytes], seed: str) -> bytes:
    """Return a line that stands in none of the parts."""
    step = 0
    while True:
        digest = sha256(f"{seed}\0{step}".encode("utf-8", "replace")).hexdigest()[:24]
        # neither quoted-printable nor base64 can hold these two signs in a row
        boundary = b"=_" + digest.encode("ascii")
        if not any(boundary in one for one in parts):
            return boundary
        step += 1
