"""Keep searches: save, rename, set their alerts, remove and put back. Flushes; the edge commits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Select, func, select
from werkzeug.datastructures import MultiDict

from jobscore import clock, config
from jobscore.accounts import consents, optin
from jobscore.accounts.models import ConsentKind, DigestFrequency, SavedSearch, User
from jobscore.extensions import db
from jobscore.jobs import forms, search

#: Searches of one person.
MOST = 50
LONGEST_NAME = 100
#: Characters of a search's address that are read.
LONGEST_QUERY = 2_000
#: Largest number of new jobs that a letter may be made to wait for.
MOST_NEW = 50
#: A removed search can be put back so long.
KEPT = timedelta(days=7)


class TooManySearchesError(Exception):
    """The person has as many searches as one may keep."""


class SearchNotFoundError(LookupError):
    """A person has no such search."""


@dataclass(frozen=True, slots=True)
class AlertChoice:
    """What a person wants of the letters about one search.

    :ivar min_score: least score 0..100 of a job; 0: any.
    :ivar min_new: a letter is written when there are so many.
    """

    frequency: DigestFrequency
    min_score: int = 0
    min_new: int = 1


def filters_of(query: str, language: str) -> forms.Filters:
    """Return the filters that a search's address says; what is no filter of ours is left out."""
    pairs = parse_qsl(query[:LONGEST_QUERY].lstrip("?"), max_num_fields=100)
    return forms.read(MultiDict(pairs), "JPY-hour" if language == "ja" else "USD-year")


def normalised(query: str, language: str) -> str:
    """Return an address that says the same as ``query`` in the one way that we write it."""
    address = filters_of(query, language).address()
    return urlencode(address, doseq=True)


def criteria_of(
    row: SavedSearch, language: str, today: date, since: datetime | None = None
) -> search.Criteria:
    """Return what a search asks for; with ``since`` only of jobs added after it."""
    return replace(filters_of(row.query, language).criteria(today), added_since=since)


def save(user_id: int, query: str, name: str, language: str) -> tuple[SavedSearch, bool]:
    """Keep a search; return it, and whether it is a new one (the same address is kept once).

    :param name: what the person calls it; empty: its filters in words.
    :raises TooManySearchesError: when there are :data:`MOST` already.
    """
    address = normalised(query, language)
    same = db.session.scalar(of_person(user_id).where(SavedSearch.query == address).limit(1))
    if same is not None:
        return same, False
    # one who saves twice at the same moment must not get past the limit
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    kept = select(func.count()).select_from(of_person(user_id).subquery())
    if (db.session.scalar(kept) or 0) >= MOST:
        raise TooManySearchesError(user_id)
    row = SavedSearch(
        user_id=user_id,
        name=name or words(address, language),
        query=address,
        looked_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row, True


def words(query: str, language: str) -> str:
    """Return the filters of a search in words, or those for all open jobs."""
    labels = [one.label for one in forms.active(filters_of(query, language), language)]
    return forms.all_words(labels)[:LONGEST_NAME]


def of_person(user_id: int) -> Select[SavedSearch]:
    """Return the query of a person's searches, removed ones left out."""
    return select(SavedSearch).where(
        SavedSearch.user_id == user_id, SavedSearch.deleted_at.is_(None)
    )


def all_of(user_id: int) -> Sequence[SavedSearch]:
    """Return a person's searches, the newest first; at most :data:`MOST`."""
    return db.session.scalars(of_person(user_id).order_by(SavedSearch.id.desc()).limit(MOST)).all()


def removed_of(user_id: int) -> Sequence[SavedSearch]:
    """Return the searches that a person removed and can put back, the last removed first."""
    return db.session.scalars(
        select(SavedSearch)
        .where(SavedSearch.user_id == user_id, SavedSearch.deleted_at > clock.now() - KEPT)
        .order_by(SavedSearch.deleted_at.desc(), SavedSearch.id.desc())
        .limit(MOST)
    ).all()


def get(user_id: int, search_id: int, *, is_removed: bool = False) -> SavedSearch:
    """Return a person's own search.

    :raises SearchNotFoundError: for anybody else's, and where it is removed (or is not).
    """
    row = db.session.get(SavedSearch, search_id)
    if row is None or row.user_id != user_id or (row.deleted_at is not None) != is_removed:
        raise SearchNotFoundError(search_id)
    return row


def new_counts(rows: Sequence[SavedSearch], language: str) -> list[int]:
    """Return how many jobs of each search the person has not seen."""
    today = clock.today(config.current().timezone)
    wanted = [criteria_of(row, language, today, row.looked_at or row.created_at) for row in rows]
    return search.count_each(db.session(), wanted, clock.now())


def look(row: SavedSearch) -> None:
    """Note that the person looks at the search now. Flushes."""
    row.looked_at = clock.now()
    db.session.flush()


def rename(row: SavedSearch, name: str, language: str) -> None:
    """Call a search otherwise; an empty name is its filters in words. Flushes."""
    row.name = name[:LONGEST_NAME] or words(row.query, language)
    db.session.flush()


def set_alert(row: SavedSearch, choice: AlertChoice, user: User, language: str) -> None:
    """Keep what a person wants of the letters about a search, with their consent. Flushes.

    The consent is given with the first alert and ends with the last.
    """
    if choice.frequency is DigestFrequency.OFF:
        row.news_since = None
    elif row.frequency is DigestFrequency.OFF or row.news_since is None:
        row.news_since = clock.now()
    row.frequency, row.min_score, row.min_new = choice.frequency, choice.min_score, choice.min_new
    db.session.flush()
    if choice.frequency is not DigestFrequency.OFF:
        optin.agree(user, ConsentKind.ALERT, locale=language, how="form")
    else:
        _end_consent_without_alerts(user.id)


def remove(row: SavedSearch) -> None:
    """Remove a search and end its alert; it can be put back for :data:`KEPT`. Flushes."""
    row.deleted_at = clock.now()
    row.frequency, row.news_since = DigestFrequency.OFF, None
    db.session.flush()
    _end_consent_without_alerts(row.user_id)


def put_back(row: SavedSearch) -> None:
    """Take back that a search was removed; its alert stays off. Flushes.

    :raises TooManySearchesError: when there are :data:`MOST` without it.
    """
    kept = select(func.count()).select_from(of_person(row.user_id).subquery())
    if (db.session.scalar(kept) or 0) >= MOST:
        raise TooManySearchesError(row.user_id)
    row.deleted_at = None
    db.session.flush()


def _end_consent_without_alerts(user_id: int) -> None:
    wanted = of_person(user_id).where(SavedSearch.frequency != DigestFrequency.OFF)
    if db.session.scalar(wanted.limit(1)) is None:
        consents.withdraw(user_id, ConsentKind.ALERT, how=consents.UNUSED)
