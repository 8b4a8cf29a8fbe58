"""Which jobs lie in or near a place, and how far: great-circle distances between places."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from jobscore.jobs.search.columns import Columns, Mask
from jobscore.vocabulary.gazetteer import PlaceGuess, resolve_place

EARTH_KM = 6_371.0088
#: Names of places, unknown to every table, whose jobs are remembered until a job changes.
MOST_REMEMBERED = 64


def at(columns: Columns, text: str, km: int = 0) -> Mask:
    """Return which jobs lie in the place that ``text`` names, or at most ``km`` from it.

    A name that no table knows is looked for among the words of the location instead.
    """
    guess = resolve_place(text)
    if guess is None or (guess.place is None and guess.country is None):
        return _written(columns, unicodedata.normalize("NFKC", text).strip().casefold())
    inside = _inside(columns, guess)
    if km and guess.place is not None:
        far = distances(columns, text)
        inside |= far <= km
    return inside[columns["place"]]


def _written(columns: Columns, plain: str) -> Mask:
    """Return which jobs have ``plain`` among the words of their location."""
    remembered: dict[str, Mask] = columns.memo.setdefault("wheres", {})
    found = remembered.get(plain)
    if found is None:
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        holding = [plain in where.casefold() for where in columns.wheres.texts]
        found = remembered[plain] = np.array(holding, bool)[columns["where"]]
    return found


def _inside(columns: Columns, guess: PlaceGuess) -> Mask:
    """Return which places are the one named, or lie in it."""
    if guess.place is None:
        named = [country == guess.country for *_, country in columns.places.rows]
    else:
        code = guess.place.code
        named = [code in (own, parent, region) for own, parent, region, _ in columns.places.rows]
    return np.array(named, bool)


def distances(columns: Columns, text: str) -> NDArray[np.float64]:
    """Return the kilometres of every known place from the one that ``text`` names, by its number.

    Infinite where one of the two has no coordinates.
    """
    guess = resolve_place(text)
    places = columns.places
    none = np.full(len(places.rows), np.inf)
    if guess is None or guess.place is None or guess.place.latitude is None:
        return none
    latitude, longitude = guess.place.latitude, guess.place.longitude or 0.0
    far = haversine(latitude, longitude, places.latitude, places.longitude)
    return np.where(np.isnan(far), np.inf, far)


def haversine(
    latitude: float,
    longitude: float,
    latitudes: NDArray[np.float64],
    longitudes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return great-circle kilometres from one point to many (degrees); nan stays nan."""
    one, many = np.radians(latitude), np.radians(latitudes)
    half = np.sin((many - one) / 2) ** 2
    half += np.cos(one) * np.cos(many) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    far: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return far
