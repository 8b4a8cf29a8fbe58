"""Find out in which encoding the bytes of a file are written.

The order is from the certain to the likely: byte-order mark, NUL pattern (UTF-16 and UTF-32
without a mark), escape sequences of ISO-2022-JP, strict UTF-8, Japanese that reads as Japanese,
UTF-8 with a few bad bytes, and then chardet. A few bad bytes must cost their rows and not turn a
whole file into another language.
"""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

import chardet

#: How many bytes are shown to the detector.
SAMPLE_BYTES = 256 * 1024
#: How far to look for the first byte that is not ASCII: a long file may hold its first
#: Japanese word late. Reading this much takes well under half a second.
SCAN_BYTES = 192 * 1024 * 1024
#: UTF-8 with at most this share of bad bytes stays UTF-8.
BAD_UTF8_SHARE = 0.02
#: Below this confidence a guess is worth less than "UTF-8 with a few broken bytes".
MIN_CONFIDENCE = 0.2

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: The codec that reads everything the detected one does and a little more, as files in the wild do.
_SUPERSETS = {
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "cp950",
    "iso8859-9": "cp1254",
}
#: Kana, Japanese punctuation and the characters that Japanese postings use most. Bytes that are
#: read with the wrong codec give rare characters and half-width katakana instead.
_USUAL_JAPANESE = re.compile(
    "[ぁ-んァ-ヶー・、。「」々〜～！？（）【】：／０-９Ａ-Ｚａ-ｚ"
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山女北"
    "百書先名川千水半男西電校語土木食車南万毎天休友会社株式京都阪府県市区町村給与料勤務求職種業"
    "仕事募集経験者員正契約派遣店舗販売接客営開発技術系資格未歓迎週以駅徒歩交通費支能力応相談企画"
    "管理製造作場所内容暇有限師護介保育医療福祉飲調運転送配清掃警備建設工計施機械的新可不問]"
)
#: At least this share of what is not ASCII must be usual for text to count as Japanese.
MIN_JAPANESE_SHARE = 0.4
#: Below this confidence western Europe is likelier than what chardet names.
MIN_EXOTIC_CONFIDENCE = 0.4
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\(J|\(I|\$\(D)")
_LONE_SURROGATE = re.compile("[\udc80-\udcff]")
#: Bytes that stand in no text of the single-byte encodings of western Europe worth the name
#: (undefined in cp1252, or the letters thorn and y with diaeresis in capitals and small).
_IMPLAUSIBLE = frozenset(b"\x81\x8d\x8f\x90\x9d\xfe\xff")


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    """Stand in for what UTF-16 and UTF-32 cannot decode, as surrogateescape does for bytes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error("jobscore.wide", _mark_bad)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The answer: a codec name that Python knows, and how sure we are (0 to 1)."""

    name: str
    confidence: float

    @property
    def errors(self) -> str:
        """Return the decoding error handler: one bad byte costs a row, never the file."""
        return "jobscore.wide" if self.is_wide else "surrogateescape"

    @property
    def is_wide(self) -> bool:
        """Say whether every character takes two or four bytes, so that NUL bytes are no fault."""
        return self.name.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))


def detect(stream: BinaryIO) -> Encoding:
    """Return the encoding of ``stream``, which is left at an arbitrary position."""
    stream.seek(0)
    head = stream.read(64 * 1024)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, 1.0)
    if wide := _without_mark(head):
        return wide
    return detect_bytes(_telling_sample(stream, head))


def detect_bytes(sample: bytes) -> Encoding:
    """Return the encoding of a sample that has neither a mark nor the NULs of UTF-16."""
    if sample.isascii():
        if _ISO_2022_JP.search(sample):
            return Encoding("iso2022_jp_ext", 0.99)
        return Encoding("utf-8", 1.0)
    text = sample.decode("utf-8", "surrogateescape")
    n_bad = len(_LONE_SURROGATE.findall(text))
    n_good = sum(1 for _ in re.finditer(r"[^\x00-\x7f\udc80-\udcff]", text))
    if n_bad == 0:
        return Encoding("utf-8", 0.99)
    if japanese := _japanese(sample):
        return japanese
    if n_bad <= BAD_UTF8_SHARE * len(sample) and n_good > n_bad:
        return Encoding("utf-8", 0.9)
    return _guess(sample, n_bad)


def _japanese(sample: bytes) -> Encoding | None:
    """Return the Japanese codec with which the bytes read as Japanese, None when none does.

    Short files hold too few characters for a statistical detector.
    """
    best = Encoding("cp932", 0.0)
    for name in ("cp932", "euc_jp"):
        text = sample.decode(name, "surrogateescape")
        n_bad = len(_LONE_SURROGATE.findall(text))
        n_other = len(text) - sum(map(str.isascii, text))
        if n_bad > BAD_UTF8_SHARE * len(sample) or n_bad * 10 > n_other:
            continue
        share = (len(_USUAL_JAPANESE.findall(text)) - n_bad) / n_other
        if share > best.confidence:
            best = Encoding(name, round(share, 2))
    return best if best.confidence >= MIN_JAPANESE_SHARE else None


def _guess(sample: bytes, n_bad: int) -> Encoding:
    high = {byte for byte in sample if byte > 0x7F}
    few = n_bad <= BAD_UTF8_SHARE * len(sample)
    if (few or n_bad <= 4) and high <= _IMPLAUSIBLE:
        return Encoding("utf-8", 0.6)
    found = chardet.detect(sample)
    name, confidence = found["encoding"], float(found["confidence"] or 0)
    if name is None or (few and confidence < MIN_CONFIDENCE and high & _IMPLAUSIBLE):
        return Encoding("utf-8" if few else "cp1252", confidence)
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return Encoding("cp1252", 0.1)
    if confidence < MIN_EXOTIC_CONFIDENCE and not name.startswith("utf") and _is_cp1252(sample):
        return Encoding("cp1252", confidence)
    return Encoding(_SUPERSETS.get(name, name), confidence)


def _is_cp1252(sample: bytes) -> bool:
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(head: bytes) -> Encoding | None:
    """Recognise UTF-16 and UTF-32 by where their NUL bytes stand."""
    n_nul = head.count(0)
    if n_nul < 2 or n_nul < len(head) // 200:
        return None
    whole = head[: len(head) // 4 * 4]
    lanes = [whole[lane::4].count(0) for lane in range(4)]
    quarter = len(whole) // 4
    for name, empty in (("utf-32-le", (2, 3)), ("utf-32-be", (0, 1))):
        if quarter and all(lanes[lane] > 0.9 * quarter for lane in empty):
            return Encoding(name, 0.95)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for name, mine, other in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if mine > 9 * other and _decodes(head, name):
            return Encoding(name, 0.95)
    return None


def _decodes(head: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _telling_sample(stream: BinaryIO, head: bytes) -> bytes:
    """Return up to 256 KB around the first byte that says something, cut at a newline."""
    block, start = head, 0
    while block and block.isascii() and b"\x1b$" not in block and start < SCAN_BYTES:
        start += len(block)
        block = stream.read(1024 * 1024)
    if not block or start >= SCAN_BYTES:
        return head
    stream.seek(start)
    if start and (offset := _first_high(block)):
        # Begin with the line that holds it.
        stream.seek(start + block.rfind(b"\n", 0, offset) + 1)
    sample = stream.read(SAMPLE_BYTES)
    if len(sample) == SAMPLE_BYTES:
        cut = sample.rfind(b"\n")
        sample = sample[: cut + 1] if cut > 0 else _whole_characters(sample)
    return sample


def _first_high(block: bytes) -> int:
    found = re.search(rb"[\x80-\xff\x1b]", block)
    return found.start() if found else 0


def _whole_characters(sample: bytes) -> bytes:
    """Drop an unfinished UTF-8 character from the end of a sample without a newline."""
    for back in range(1, 4):
        if sample[-back] & 0xC0 == 0xC0:
            return sample[:-back]
        if sample[-back] < 0x80:
            break
    return sample
