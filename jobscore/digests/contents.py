"""What a letter is made of: the reader, the postings, the picks; and how far away they are. Pure
values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import asin, cos, dist, floor, radians, sin
from typing import NamedTuple

from jobscore.accounts.models import DigestFrequency
from jobscore.jobs.models import Remote

EARTH_KM = 6_371.0
#: Scores from which a match is called strong or fair, as on the pages.
STRONG, FAIR = 80, 50


@dataclass(frozen=True, slots=True)
class Home:
    """Where a reader sets out from; degrees."""

    place_id: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Reader:
    """What a letter needs to know of the person it goes to."""

    user_id: int
    name: str | None
    locale: str
    pay_period: str | None
    homes: tuple[Home, ...]
    frequency: DigestFrequency
    #: When they agreed to get letters; None: they have not, and this is a preview.
    consented_on: date | None
    #: Letters since they were last on our pages; 0 for who wants them as often as chosen anyway.
    unvisited: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """What a letter says of a job."""

    id: int
    title: str
    company: str
    location: str | None
    place_id: int | None
    latitude: float | None
    longitude: float | None
    pay_min: Decimal | None
    pay_max: Decimal | None
    pay_period: str | None
    pay_currency: str | None
    pay_text: str | None
    remote: Remote | None
    language: str | None
    is_sponsored: bool


class Pick(NamedTuple):
    """One match in a letter, in the order of the list.

    A tuple: forty for each of thousands of people are made, in a third of a dataclass's time.
    """

    match_id: int
    posting: Posting
    section: str
    is_fill_up: bool
    #: 0..100.
    total: float
    #: Message ids with numbers (``matching.reasons``).
    reason: str | None


def shown_score(total: float) -> int:
    """Return a total as the whole number that pages show, rounded half up."""
    return floor(total + 0.5)


def band_of(score: int) -> str:
    """Return which of strong, fair and weak a shown score is called."""
    return "strong" if score >= STRONG else "fair" if score >= FAIR else "weak"


#: A place on the unit sphere.
Point = tuple[float, float, float]


def point(latitude: float, longitude: float) -> Point:
    """Return where a place, given in degrees, lies on the unit sphere."""
    north, east = radians(latitude), radians(longitude)
    flat = cos(north)
    return flat * cos(east), flat * sin(east), sin(north)


def kilometres(a: Point, b: Point) -> float:
    """Return the great-circle distance, out of the straight one through the earth."""
    return 2 * EARTH_KM * asin(min(1.0, dist(a, b) / 2))


def point_of(posting: Posting) -> Point | None:
    """Return where a job is; None where that does not matter (remote work) or is not known."""
    if posting.remote is Remote.FULL or posting.latitude is None or posting.longitude is None:
        return None
    return point(posting.latitude, posting.longitude)


def points_of(reader: Reader) -> list[tuple[int, Point]]:
    """Return the reader's homes: place and point of each."""
    return [(home.place_id, point(home.latitude, home.longitude)) for home in reader.homes]


def nearest_km(
    homes: Sequence[tuple[int, Point]], posting: Posting, where: Point | None
) -> int | None:
    """Return the whole kilometres from the nearest home: 0 in the same place, else 1 at least.

    None where the way does not matter (remote work) or is not known.

    :param homes: of :func:`points_of`.
    :param where: of :func:`point_of`.
    """
    if not homes or posting.remote is Remote.FULL:
        return None
    place = posting.place_id
    for home, _ in homes:
        if home == place:
            return 0
    if where is None:
        return None
    return max(1, floor(min([kilometres(at, where) for _, at in homes]) + 0.5))
