"""Whether two postings are the same job. Pure: neither Flask nor a database.

Postings are brought into one form (NFKC, case, company forms such as 株式会社 or Inc., tracking
parameters of addresses), hashed as wholes, and their texts compared by shingles: runs of five
characters, so that Japanese needs no dictionary. MinHash (Broder 1997) keeps 64 numbers of each
text, whose agreement estimates the share of common shingles (Jaccard); bands of them find texts
that are almost equal among all others (locality-sensitive hashing, Indyk and Motwani 1998).
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import numpy as np
import numpy.typing as npt

Hashes: TypeAlias = npt.NDArray[np.uint64]
Signatures: TypeAlias = npt.NDArray[np.uint32]

#: Characters of a shingle, and numbers of a signature.
SHINGLE: Final = 5
SIZE: Final = 64
#: A text with fewer different shingles says too little to be compared.
FEWEST_SHINGLES: Final = 30
#: Signatures are cut into bands of so many numbers: texts that share nine tenths of their shingles
#: meet in one with a probability of 0.99, texts that share half of them with 0.03.
BAND_ROWS: Final = 8
#: From here on texts are almost equal, alike, or have something in common.
ALMOST_EQUAL, ALIKE, RELATED = 0.9, 0.6, 0.3

_TRACKING = re.compile(
    r"(utm_\w+|gclid|fbclid|yclid|msclkid|dclid|mc_[ce]id|_ga|ref|referrer|src|source|from|campaign"
    r"|trk|tracking\w*|session\w*|sid|jsessionid)",
    re.IGNORECASE,
)
_COMPANY_FORM = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|公益社団法人|一般財団法人|公益財団法人"
    r"|医療法人社団|医療法人財団|医療法人|社会福祉法人|学校法人|特定非営利活動法人|npo法人|独立行政法人"
    r"|[(（]\s*[株有同資名医社]\s*[)）]"
    r"|\b(?:incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|plc|gmbh|ag|kg|bv|sa"
    r"|sarl|sas|srl|oy|ab|as|kk|k\.k|pte|pty)\b\.?"
)
_NOT_WORDS = re.compile(r"[\W_]+")
_DECORATION = re.compile(r"[【\[《〔［][^】\]》〕］]{0,30}[】\]》〕］]|[★☆◆◇●○■□♪!！]+")
_MASK63: Final = (1 << 63) - 1


class Kinship(StrEnum):
    """What a comparison comes to."""

    SURE = "sure"
    UNSURE = "unsure"
    NONE = "none"


class Rule(StrEnum):
    """Why two postings are taken for the same, or nearly."""

    SOURCE_ID = "source_id"
    URL = "url"
    TITLE_COMPANY_PLACE = "title_company_place"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Posting:
    """What is compared of one posting; empty text where it says nothing."""

    job_id: int
    source: str
    external_id: str
    url: str
    title: str
    company: str
    location: str
    place_id: int | None
    text: str
    #: Lowest, highest, unit and currency, as they are compared; None: not stated.
    pay: tuple[str, str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes of what is compared whole (63 bits), None where it is not stated."""

    id_key: int | None
    url_key: int | None
    text_key: int | None
    company_key: int | None
    signature: Signatures | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What two postings are to each other, and why.

    ``similarity`` is 0..1 (None: nothing to compare); ``differs`` names fields that both state
    differently.
    """

    kinship: Kinship
    rule: Rule | None
    similarity: float | None
    differs: tuple[str, ...]


# -- one form --------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def plain(text: str) -> str:
    """Return letters and digits only, in the usual widths and lower case."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=65_536)
def company_form(name: str) -> str:
    """Return a company's name without its legal form, spaces and marks; empty if nothing else."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _NOT_WORDS.sub("", _COMPANY_FORM.sub(" ", folded)) or _NOT_WORDS.sub("", folded)


@lru_cache(maxsize=65_536)
def title_form(title: str) -> str:
    """Return a title without what boards put around it (【急募】, stars), spaces and marks."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return _NOT_WORDS.sub("", _DECORATION.sub(" ", folded)) or _NOT_WORDS.sub("", folded)


def url_form(url: str) -> str:
    """Return an address without scheme, ``www.``, tracking, fragment and last slash.

    Empty when it names no page of its own: a site's front page is where many jobs lead.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    path = unquote(parts.path).rstrip("/")
    pairs = [p for p in parse_qsl(parts.query) if not _TRACKING.fullmatch(p[0])]
    if not host or (not path and not pairs):
        return ""
    query = urlencode(sorted(pairs))
    return f"{host}{path}{'?' if query else ''}{query}"


def is_number(external_id: str) -> bool:
    """Say whether an id is long enough that two employers' systems do not give it by chance."""
    return len(external_id) >= 4 and any(c.isdigit() for c in external_id)


# -- hashes ----------------------------------------------------------------------------------


def _hash(kind: str, *parts: str) -> int:
    data = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) & _MASK63


def keys(posting: Posting) -> Keys:
    """Return what a posting is found by."""
    company, title = company_form(posting.company), title_form(posting.title)
    place = str(posting.place_id) if posting.place_id is not None else plain(posting.location)
    url = url_form(posting.url) if posting.url else ""
    numbered = company and is_number(posting.external_id)
    return Keys(
        _hash("id", posting.external_id, company) if numbered else None,
        _hash("url", url) if url else None,
        _hash("text", title, company, place) if title and company and place else None,
        _hash("company", company) if company else None,
        signature(shingles(posting.text)),
    )


def shingles(text: str) -> Hashes:
    """Return the different hashes of the runs of five characters of a text, sorted."""
    letters = plain(text)
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), np.uint32)
    n = len(codes) - SHINGLE + 1
    if n <= 0:
        return np.empty(0, np.uint64)
    wide = codes.astype(np.uint64)
    hashes = np.zeros(n, np.uint64)
    for offset in range(SHINGLE):
        hashes = hashes * np.uint64(1_099_511_628_211) + wide[offset : offset + n]
    return np.unique(_mix(hashes))


def _mix(values: Hashes) -> Hashes:
    """Spread the bits of numbers (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _factors() -> tuple[Hashes, Hashes]:
    """Return the factors and terms of the 64 hash functions: always the same."""
    numbers = _mix(np.arange(1, 2 * SIZE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return numbers[:SIZE] | np.uint64(1), numbers[SIZE:]


def signature(hashes: Hashes) -> Signatures | None:
    """Return the 64 smallest hashes of a text, one by each function; None for a short text."""
    if len(hashes) < FEWEST_SHINGLES:
        return None
    factors, terms = _factors()
    mixed = (hashes[None, :] * factors[:, None] + terms[:, None]) >> np.uint64(32)
    smallest: Signatures = mixed.min(axis=1).astype(np.uint32)
    return smallest


def estimate(one: Signatures, others: Signatures) -> npt.NDArray[np.float64]:
    """Return the estimated similarity of a signature with each row of others (n, 64)."""
    agreement: npt.NDArray[np.float64] = (others == one).mean(axis=1)
    return agreement


def bands(signatures: Signatures) -> Hashes:
    """Return a hash of each band of signatures (n, 64) as (n, 8)."""
    n = len(signatures)
    parts = signatures.reshape(n, SIZE // BAND_ROWS, BAND_ROWS).astype(np.uint64)
    hashes = np.broadcast_to(
        np.arange(SIZE // BAND_ROWS, dtype=np.uint64), (n, SIZE // BAND_ROWS)
    ).copy()
    for row in range(BAND_ROWS):
        hashes = _mix(hashes * np.uint64(0x9E3779B97F4A7C15) + parts[:, :, row])
    return hashes


def likeness(one: Hashes, other: Hashes) -> float | None:
    """Return how alike two texts are, 0..1; None when one of them is too short.

    The share of common shingles; of texts of different length the share of the shorter one that
    stands in the longer one counts too, at nine tenths: a board that cuts texts cuts the end off.
    """
    shorter = min(len(one), len(other))
    if shorter < FEWEST_SHINGLES:
        return None
    common = len(np.intersect1d(one, other, assume_unique=True))
    return max(common / (len(one) + len(other) - common), 0.95 * common / shorter)


# -- judging ---------------------------------------------------------------------------------


def judge(one: Posting, other: Posting, similarity: float | None) -> Judgement:
    """Say whether two postings are the same job.

    In order: the employer's own number, the address, title with company and place, the text.
    Another place is another job, however alike the texts are: chains post one text for each shop.
    """
    differs = _differs(one, other)
    rule = _rule(one, other, differs, similarity)
    if rule is None or "place" in differs:
        return Judgement(Kinship.NONE, None, similarity, differs)
    if one.source == other.source:
        kinship = _within(rule, differs, similarity)
    else:
        kinship = _across(rule, differs, similarity)
    return Judgement(kinship, rule, similarity, differs)


def _rule(
    one: Posting, other: Posting, differs: tuple[str, ...], similarity: float | None
) -> Rule | None:
    """Return the first thing by which two postings could be the same job."""
    is_named = bool(company_form(one.company)) and bool(company_form(other.company))
    has_company = is_named and "company" not in differs
    if has_company and one.external_id == other.external_id and is_number(one.external_id):
        return Rule.SOURCE_ID
    if one.url and other.url and url_form(one.url) == url_form(other.url) != "":
        return Rule.URL
    if has_company and "title" not in differs and one.location and other.location:
        return Rule.TITLE_COMPANY_PLACE
    is_close = not {"company", "title"} & {*differs}  # else the texts must say nearly the same
    least = ALIKE if is_close else ALMOST_EQUAL
    return Rule.TEXT if similarity is not None and similarity >= least else None


def _across(rule: Rule, differs: tuple[str, ...], similarity: float | None) -> Kinship:
    """Judge postings of two sources."""
    is_alike = similarity is None or similarity >= ALIKE
    if rule is Rule.SOURCE_ID:
        return Kinship.SURE if is_alike and "pay" not in differs else Kinship.UNSURE
    if rule is Rule.URL:
        if is_alike and "title" not in differs and "pay" not in differs:
            return Kinship.SURE
        is_related = similarity is None or similarity >= RELATED
        return Kinship.UNSURE if is_related else Kinship.NONE
    if rule is Rule.TITLE_COMPANY_PLACE:
        if is_alike and "pay" not in differs:
            return Kinship.SURE
        return Kinship.UNSURE if is_alike or (similarity or 0) >= RELATED else Kinship.NONE
    is_equal = (similarity or 0) >= ALMOST_EQUAL
    if is_equal and not {"company", "pay", "title"} & {*differs}:
        return Kinship.SURE
    return Kinship.UNSURE


def _within(rule: Rule, differs: tuple[str, ...], similarity: float | None) -> Kinship:
    """Judge postings of one source, which lists them as two: only an equal one is the same."""
    if rule is Rule.TITLE_COMPANY_PLACE and "pay" not in differs and (similarity or 0) >= 0.98:
        return Kinship.SURE
    return Kinship.NONE


def _differs(one: Posting, other: Posting) -> tuple[str, ...]:
    """Return the fields that both postings state, and differently."""
    found = []
    if title_form(one.title) != title_form(other.title):
        found.append("title")
    companies = company_form(one.company), company_form(other.company)
    if all(companies) and companies[0] != companies[1]:
        found.append("company")
    if not may_be_same_place(one, other):
        found.append("place")
    if one.pay is not None and other.pay is not None and one.pay != other.pay:
        found.append("pay")
    if one.text and other.text and plain(one.text) != plain(other.text):
        found.append("text")
    return tuple(found)


def may_be_same_place(one: Posting, other: Posting) -> bool:
    """Say whether two places may be the same: one may be written shorter than the other."""
    a, b = plain(one.location), plain(other.location)
    if not a or not b or a in b or b in a:
        return True
    if one.place_id is not None and other.place_id is not None:
        return one.place_id == other.place_id
    return False
