"""What a letter is made of: the reader, the postings, the picks; and how far away they are. Pure
values.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import asin, cos, floor, radians, sin, sqrt
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


def kilometres(a: Home, latitude: float, longitude: float) -> float:
    """Return the great-circle distance (haversine formula)."""
    north, south = radians(a.latitude), radians(latitude)
    rise = sin((south - north) / 2) ** 2
    turn = sin(radians(longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(rise + cos(north) * cos(south) * turn)))


def nearest_km(reader: Reader, posting: Posting) -> int | None:
    """Return the whole kilometres from the nearest home: 0 in the same place, else 1 at least.

    None where the way does not matter (remote work) or is not known.
    """
    homes = reader.homes
    if not homes or posting.remote is Remote.FULL:
        return None
    place = posting.place_id
    for home in homes:
        if home.place_id == place:
            return 0
    latitude, longitude = posting.latitude, posting.longitude
    if latitude is None or longitude is None:
        return None
    if len(homes) == 1:
        return max(1, floor(kilometres(homes[0], latitude, longitude) + 0.5))
    nearest = min(kilometres(home, latitude, longitude) for home in homes)
    return max(1, floor(nearest + 0.5))
