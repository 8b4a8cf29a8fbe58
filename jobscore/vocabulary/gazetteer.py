"""Find the place that a free-text location means: ``東京都渋谷区神南1-2-3``, ``Boston, MA``.

Pure. A bare ambiguous name becomes its most populous namesake and says that it is not sure; a
name that no table knows becomes None, never a guess.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from jobscore.vocabulary.tables import Place, places, places_by_code

__all__ = ["Place", "PlaceGuess", "place_by_code", "resolve_place", "suggest_places"]

Remote = Literal["full", "hybrid"]

#: A namesake counts as meant when it has this many times the people of the next, and
#: ``_LARGE`` at least.
_DOMINANT = 5
_LARGE = 200_000
#: Stems that are everyday words: they need their 市 or 区.
_NOT_ALONE = frozenset(
    {"中央", "大空", "美里", "中野区", "緑", "南部", "北部", "昭和", "共和", "日本"}
)
_BEFORE_STEM = r"(?:^|[^一-龯々ヶ]|[都道府県市区町村]|勤務地)$"
_AFTER_STEM = (
    r"^(?:$|[^一-龯々ヶァ-ヴー]|駅|市|区|本社|支社|支店|本店|営業所|事務所|店|勤務|市内|区内"
    r"|周辺|近郊|方面|都心|地区|地域|エリア|オフィス|センター|工場|[0-9])"
)
_FULL_REMOTE = re.compile(
    r"フル(?:リモート|在宅|テレワーク)|完全(?:在宅|リモート)|全国どこでも|居住地不問"
    r"|fully[ -]remote|100 ?% remote|remote[ -]first|work from anywhere|\banywhere\b",
    re.IGNORECASE,
)
_HYBRID = re.compile(
    r"ハイブリッド|一部(?:在宅|リモート)|(?:在宅(?:勤務|ワーク)?|リモート(?:ワーク|勤務)?|テレワーク)"
    r"(?:も|が|制度)?(?:ok|可|相談|併用|あり|有|導入|週)|週\d.{0,3}(?:在宅|リモート)"
    r"|\bhybrid\b|partly remote|partially remote|temporarily remote|remote (?:possible|optional)",
    re.IGNORECASE,
)
_REMOTE = re.compile(
    r"リモート|在宅|テレワーク|\bremote\b|work[ -]from[ -]home|\bwfh\b|telecommut\w*|home[ -]based",
    re.IGNORECASE,
)
_NOT_REMOTE = re.compile(
    r"(?:リモート|在宅|テレワーク)(?:ワーク|勤務)?(?:は|も)?(?:不可|なし|無し|ng)"
    r"|\b(?:no|not|non)[ -]remote|no work[ -]from[ -]home",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"\b(?:fully|100 ?%|partly|partially|temporarily|hybrid|remote|work(?:ing)?|job|jobs|on-?site|"
    r"in-?office|from home|wfh|based|greater|metro(?:politan)?|downtown|area|region|district|"
    r"prefecture|province|state of|city of|county|office|headquarters|hq|multiple locations)\b",
    re.IGNORECASE,
)
_JAPANESE = re.compile(r"[ぁ-ヿ一-龯々]")
#: Words that stand inside names in lower case; any other makes the text a sentence.
_LOWER = frozenset({"de", "del", "la", "los", "of", "the", "du", "am", "an", "upon", "sur", "y"})
_ENDINGS = re.compile(r"[ -](?:shi|ku|cho|machi|mura|son|city|ward|town)$")


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """What a free-text location says.

    :ivar place: the ward, city, prefecture or state; None where only a country, only "remote"
        or nothing known is named.
    :ivar prefecture_or_state_code: ``JP-13``, ``US-MA`` or None.
    :ivar country: ISO 3166-1 letters or None.
    :ivar remote: ``full``, ``hybrid``, or None where the text does not offer it.
    :ivar quote: the words that named the place, or that offered remote work; may be empty.
    :ivar is_sure: False where a namesake was chosen by its size, or several places are named.
    """

    place: Place | None
    prefecture_or_state_code: str | None
    country: str | None
    remote: Remote | None
    quote: str
    is_sure: bool = True


@dataclass(slots=True)
class _Reading:
    """The place read so far, what else it could have been, and where it stands."""

    place: Place
    others: tuple[Place, ...]
    start: int
    end: int
    is_sure: bool


@lru_cache(maxsize=65_536)
def resolve_place(text: str) -> PlaceGuess | None:
    """Return what the location text says, or None when it names no known place and no remote work.

    Takes any text and never raises. The same text gives the same answer in every process.
    """
    plain = unicodedata.normalize("NFKC", text).strip()[:300]
    remote, remote_quote = _remote(plain)
    reading = None
    if _JAPANESE.search(plain):
        reading = _read_japanese(plain)
    quote = plain[reading.start : reading.end] if reading else ""
    if reading is None:
        reading, quote = _read_latin(plain)
    if reading is None:
        if remote is None:
            return None
        return PlaceGuess(None, None, None, remote, remote_quote)
    place = reading.place
    return PlaceGuess(
        place=None if place.kind == "country" else place,
        prefecture_or_state_code=place.region_code,
        country=place.country,
        remote=remote,
        quote=quote,
        is_sure=reading.is_sure,
    )


def place_by_code(code: str) -> Place | None:
    """Return the place with this code (``JP-13104``), or None."""
    return places_by_code().get(code)


@lru_cache(maxsize=4_096)
def suggest_places(prefix: str, limit: int = 10) -> tuple[Place, ...]:
    """Return the places whose name begins with ``prefix``, the most populous first.

    Accepts Japanese and Latin letters, any case, accents or not; countries are left out.
    """
    key = _fold(unicodedata.normalize("NFKC", prefix).strip())
    if not key or limit < 1:
        return ()
    names, owners = _sorted_names()
    found: dict[str, Place] = {}
    at = bisect_left(names, key)
    while at < len(names) and names[at].startswith(key):
        found[owners[at].code] = owners[at]
        at += 1
    order = sorted(found.values(), key=lambda p: (p.kind != "prefecture", -_people(p), p.code))
    return tuple(order[:limit])


def _remote(text: str) -> tuple[Remote | None, str]:
    if _NOT_REMOTE.search(text):
        return None, ""
    for pattern, kind in ((_FULL_REMOTE, "full"), (_HYBRID, "hybrid"), (_REMOTE, "full")):
        if match := pattern.search(text):
            return kind, match.group()  # type: ignore[return-value]  # the words of Remote
    return None, ""


def _fold(text: str) -> str:
    """Return lower case without accents (ö is o), Japanese left as it is."""
    if text.isascii():
        return text.lower()
    out = []
    for character in text.lower():
        if character < "\u0250":
            character = unicodedata.normalize("NFD", character)[0]
        elif "\u0300" <= character <= "\u036f":
            continue
        out.append(character)
    return "".join(out)


def _people(place: Place) -> int:
    return place.population or 0


def _chain(place: Place) -> list[str]:
    """Return the codes of the place and of all that hold it, narrow to wide."""
    known = places_by_code()
    codes = [place.code]
    while (parent := known[codes[-1]].parent_code) and parent in known:
        codes.append(parent)
    if place.country not in codes:
        codes.append(place.country)
    return codes


@cache
def _sorted_names() -> tuple[list[str], list[Place]]:
    pairs: list[tuple[str, Place]] = []
    for place in places():
        if place.kind == "country":
            continue
        names = {place.name_en, place.name_ja or "", *place.aliases}
        if place.country == "JP":
            names |= {place.label("ja"), place.label("en")}
        pairs += [(_fold(name), place) for name in names if name]
    pairs.sort(key=lambda pair: (pair[0], pair[1].code))
    return [name for name, _ in pairs], [place for _, place in pairs]


# --- Japanese: names stand one after the other, from wide to narrow -----------------------------


@cache
def _japanese_names() -> tuple[dict[str, tuple[Place, ...]], dict[str, tuple[Place, ...]]]:
    """Return (whole names, stems that need a boundary), each to its places, largest first."""
    whole: dict[str, list[Place]] = {}
    stems: dict[str, list[Place]] = {}
    for place in places():
        names = [n for n in (place.name_ja or "", *place.aliases) if _JAPANESE.search(n)]
        for name in names:
            is_own = name == place.name_ja
            target = whole if is_own and place.country == "JP" and len(name) > 1 else stems
            if place.kind in {"country", "state"} or name == "日本":
                target = stems
            target.setdefault(name, []).append(place)
            short = name[:-1]
            if is_own and place.kind == "prefecture" and name != "北海道":
                whole.setdefault(short, []).append(place)
            elif is_own and name[-1] in "市区" and len(short) > 1 and short not in _NOT_ALONE:
                stems.setdefault(short, []).append(place)

    def largest(names: dict[str, list[Place]]) -> dict[str, tuple[Place, ...]]:
        return {n: tuple(sorted(p, key=lambda x: -_people(x))) for n, p in names.items()}

    return largest(whole), largest(stems)


def _read_japanese(text: str) -> _Reading | None:
    whole, stems = _japanese_names()
    reading: _Reading | None = None
    at = 0
    while at < len(text):
        hit = _hit_at(text, at, whole, stems)
        if hit is None:
            at += 1
            continue
        length, candidates = hit
        reading = _narrow(reading, candidates, at, at + length)
        at += length
    return reading


def _hit_at(
    text: str, at: int, whole: dict[str, tuple[Place, ...]], stems: dict[str, tuple[Place, ...]]
) -> tuple[int, tuple[Place, ...]] | None:
    """Return (length, places) of the longest name that stands here, or None."""
    if not _JAPANESE.match(text[at]):
        return None
    for length in range(min(14, len(text) - at), 1, -1):
        name = text[at : at + length]
        if name in whole and not text.startswith(("郡", "地方"), at + length):
            return length, whole[name]
        if (
            name in stems
            and re.search(_BEFORE_STEM, text[max(0, at - 3) : at])
            and re.match(_AFTER_STEM, text[at + length : at + length + 6])
            and not text.startswith(("地方", "・四国"), at + length)
            and not (_is_katakana(name[0]) and at and _is_katakana(text[at - 1]))
        ):
            return length, stems[name]
    return None


def _is_katakana(character: str) -> bool:
    return "ァ" <= character <= "ヺ" or character == "ー"


def _narrow(
    reading: _Reading | None, candidates: tuple[Place, ...], start: int, end: int
) -> _Reading:
    """Take the next name into the reading: narrower, wider, or another place altogether."""
    if reading is None:
        is_sure = all(_are_nested(candidates[0], c) for c in candidates)
        return _Reading(candidates[0], candidates, start, end, is_sure)
    inside = [c for c in candidates if reading.place.code in _chain(c)[1:]]
    if inside:
        return _Reading(inside[0], tuple(inside), reading.start, end, reading.is_sure)
    if any(c.code in _chain(reading.place) for c in candidates):
        is_sure = reading.is_sure or _one_within(reading.others, candidates)
        return _Reading(reading.place, reading.others, reading.start, end, is_sure)
    held = [o for o in reading.others if any(c.code in _chain(o) for c in candidates)]
    if held:  # 府中市（広島県）: the second name decides among the namesakes
        return _Reading(held[0], tuple(held), reading.start, end, len(held) == 1)
    narrower = [c for c in candidates for o in reading.others if o.code in _chain(c)[1:]]
    if narrower:
        return _Reading(narrower[0], tuple(narrower), reading.start, end, len(narrower) == 1)
    return _Reading(reading.place, reading.others, reading.start, reading.end, False)


def _one_within(others: tuple[Place, ...], wide: tuple[Place, ...]) -> bool:
    codes = {w.code for w in wide}
    return sum(1 for o in others if codes & set(_chain(o))) == 1


# --- Latin letters: names stand in parts, from narrow to wide -----------------------------------


@cache
def _latin_names() -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = {}
    for place in places():
        names = {_fold(n) for n in (place.name_en, *place.aliases) if not _JAPANESE.search(n)}
        if place.kind == "country":
            names.add(place.code.lower())
        if place.kind == "state":
            names.add(place.code.split("-")[1].lower())
        for name in names:
            for key in {name, re.sub(r"[-.']", " ", name), re.sub(r"m(?=[bp])", "n", name)}:
                found.setdefault(" ".join(key.split()), []).append(place)
    return {n: tuple(sorted(p, key=lambda x: -_people(x))) for n, p in found.items()}


def _lookup(part: str) -> tuple[Place, ...]:
    """Return the places of exactly this name; two letters count only as capitals."""
    name = " ".join(part.split()).strip(" .'")
    if len(name) < 2 or (len(name) <= 3 and not name.isupper() and name.isascii()):
        return ()
    known = _latin_names()
    folded = _fold(name)
    if found := known.get(folded) or known.get(re.sub(r"[-.']", " ", folded)):
        return found
    stem = _ENDINGS.sub("", folded)
    if stem != folded:
        return tuple(p for p in known.get(stem, ()) if p.country == "JP") or known.get(stem, ())
    return known.get(re.sub(r"m(?=[bp])", "n", folded), ())


def _read_latin(text: str) -> tuple[_Reading | None, str]:
    text = re.sub(r"[A-Z]{0,2}\d[\dA-Z-]*(?:\s\d[A-Z]{2}\b)?", " ", text)
    parts = [
        p.strip() for p in re.split(r"[,;/|·•()\[\]:、。・]| - | – | or | and | & |\s{3,}", text)
    ]
    parts = [p for p in parts if p]
    named = [(part, _candidates(part)) for part in parts]
    named = [(part, found) for part, found in named if found]
    if not named:
        return None, ""
    best: tuple[int, int, _Reading, str] | None = None
    for index, (part, found) in enumerate(named):
        others = [f for i, (_, f) in enumerate(named) if i != index]
        reading, agreed = _weigh(found, others)
        rank = (agreed, _narrowness(reading.place))
        if best is None or rank > best[:2]:
            best = (*rank, reading, part)
    assert best is not None  # noqa: S101  # named is not empty
    _, _, reading, part = best
    quote = part if part in text else ""
    return reading, quote


def _narrowness(place: Place) -> int:
    return {"country": 0, "state": 1, "prefecture": 1, "city": 2, "ward": 3}[place.kind]


def _candidates(part: str) -> tuple[Place, ...]:
    """Return the places that one part may name: as a whole, without noise, or a run inside it."""
    if found := _lookup(part):
        return found
    quiet = " ".join(_NOISE.sub(" ", part).split())
    quiet = re.sub(r"^(?:in|at|near|the)\s+|\s+in$", "", quiet, flags=re.IGNORECASE)
    if not quiet:
        return ()
    if found := _lookup(quiet):
        return found
    words = quiet.split()
    if any(word.islower() and word not in _LOWER for word in words):
        return ()
    for length in range(min(4, len(words) - 1), 0, -1):
        for at in range(len(words) - length, -1, -1):
            run = words[at : at + length]
            if run[0][:1].isupper() and (found := _lookup(" ".join(run))):
                if length == 1 and not any(_is_well_known(p) for p in found):
                    continue
                before = _lookup(" ".join(words[:at])) if at else ()
                inside = tuple(b for b in before if any(f.code in _chain(b)[1:] for f in found))
                return inside or found
    return ()


def _is_well_known(place: Place) -> bool:
    return place.kind in {"state", "prefecture", "country"} or _people(place) >= 100_000


def _weigh(found: tuple[Place, ...], others: list[tuple[Place, ...]]) -> tuple[_Reading, int]:
    """Choose among namesakes: who lies inside what the other parts name, then who is largest."""

    def agreed(place: Place) -> int:
        chain = set(_chain(place)[1:])
        return sum(1 for other in others if any(o.code in chain for o in other))

    ranked = sorted(
        found, key=lambda p: (-agreed(p), _has_namesake_city(p, found), -_people(p), p.code)
    )
    first = ranked[0]
    top = agreed(first)
    rivals = [
        p
        for p in ranked[1:]
        if agreed(p) == top and first.code not in _chain(p) and p.code not in _chain(first)
    ]
    dominant = _people(first) >= _LARGE and all(
        _people(first) >= _DOMINANT * _people(p) for p in rivals
    )
    is_sure = not rivals or dominant
    elsewhere = any(
        not any(o.code in _chain(first) or first.code in _chain(o) for o in other)
        for other in others
    )
    return _Reading(first, found, 0, 0, is_sure and not elsewhere), top


def _has_namesake_city(place: Place, found: tuple[Place, ...]) -> bool:
    """Say whether a state's or prefecture's own city has its name: "Osaka" is rather the city."""
    return place.kind in {"state", "prefecture"} and any(
        p.kind == "city" and place.code in _chain(p) for p in found
    )


def _are_nested(a: Place, b: Place) -> bool:
    return a.code in _chain(b) or b.code in _chain(a)
