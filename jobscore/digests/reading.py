"""The people of a build, and what is new for them: its reading half."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from typing import cast as of_type

from sqlalchemy import Select, Table, Text, cast, exists, false, func, or_, select

from jobscore import clock
from jobscore.accounts.models import Consent, ConsentKind, HomePoint, Profile, User
from jobscore.digests.contents import Home, Pick, Reader
from jobscore.digests.due import is_due, unvisited
from jobscore.digests.models import DigestItem
from jobscore.digests.postings import Postings, stamp
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore, ScorePolicy

#: People whose letters are composed at once, and written in one transaction.
BLOCK = 100
#: Own weights that are none, as JSON text.
_NONE = "null"
_MATCHES = of_type(Table, MatchingResult.__table__)
_SCORES = of_type(Table, JobScore.__table__)
_JOBS = of_type(Table, Job.__table__)
_ITEMS = of_type(Table, DigestItem.__table__)
COMPONENTS = ("skill_match", "location", "salary", "experience", "culture_fit")


class Choice(NamedTuple):
    """A match with the numbers that the letter keeps. A tuple, as `Pick` is."""

    pick: Pick
    #: In the order of `COMPONENTS`; 0..100, None: could not be judged.
    components: tuple[float | None, ...]
    #: The person's own weights as JSON text; None: the policy's.
    own_weights: str | None
    policy_version: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is due a letter."""

    email: str
    minimum: int
    reader: Reader


def everyone() -> Select[*tuple[Any, ...]]:
    """Return the query of people with what a letter needs to know of them."""
    consented = (
        select(func.max(Consent.given_at))
        .where(
            Consent.user_id == User.id,
            Consent.kind == ConsentKind.DIGEST,
            Consent.withdrawn_at.is_(None),
        )
        .scalar_subquery()
    )
    return select(
        User.id,
        User.email,
        User.full_name,
        Profile.locale,
        Profile.pay_period,
        Profile.digest_frequency,
        Profile.digest_min_score,
        consented.label("consented_at"),
        unvisited().label("unvisited"),
    ).join(Profile, Profile.user_id == User.id)


def due(on: date) -> Select[*tuple[Any, ...]]:
    """Return the query of people who want a letter on that day and have none yet."""
    return everyone().where(is_due(on))


def due_ids(on: date) -> list[int]:
    """Return everybody who is due, by id, in order."""
    query = due(on).with_only_columns(User.id).order_by(User.id)
    return list(db.session.scalars(query))


def due_among(on: date, ids: Sequence[int]) -> list[Person]:
    """Return those of some people who are due (still), by id."""
    return people_of(due(on).where(User.id.in_(ids)).order_by(User.id))


def people_of(query: Select[*tuple[Any, ...]]) -> list[Person]:
    """Return the people of a query made of :func:`everyone`."""
    rows = db.session.execute(query).all()
    homes: dict[int, list[Home]] = {}
    points = select(
        HomePoint.user_id, HomePoint.place_id, HomePoint.latitude, HomePoint.longitude
    ).where(HomePoint.user_id.in_([row.id for row in rows]))
    for user_id, place_id, latitude, longitude in db.session.execute(points):
        homes.setdefault(user_id, []).append(Home(place_id, latitude, longitude))
    return [
        Person(
            email=row.email,
            minimum=row.digest_min_score,
            reader=Reader(
                user_id=row.id,
                name=row.full_name,
                locale=row.locale,
                pay_period=row.pay_period,
                homes=tuple(homes.get(row.id, ())),
                frequency=row.digest_frequency,
                consented_on=row.consented_at.date() if row.consented_at else None,
                unvisited=row.unvisited,
            ),
        )
        for row in rows
    ]


def choices_of(
    people: Sequence[Person], on: date, known: Postings | None = None, *, is_preview: bool = False
) -> dict[int, list[Choice]]:
    """Return each person's matches of the day in the order of their list, posting included.

    :param known: postings that earlier calls have read; kept up by this one.
    :param is_preview: with what was sent, answered or has closed since: the day's list as it was.
    """
    rows = db.session.connection().execute(_matches(people, on, is_preview=is_preview)).fetchall()
    postings = (known or Postings()).of({row[2]: row[3] for row in rows})
    found: dict[int, list[Choice]] = {}
    for row in rows:
        user_id, match_id, job_id, _, section, is_fill_up, reason, total, own, version = row[:10]
        posting = postings.get(job_id)
        if posting is None:
            continue  # deleted since the line before
        choice = Choice(
            Pick(match_id, posting, section, is_fill_up, total, reason),
            row[10:],
            None if own == _NONE else own,
            version,
        )
        found.setdefault(user_id, []).append(choice)
    return found


def _matches(people: Sequence[Person], on: date, *, is_preview: bool) -> Select[*tuple[Any, ...]]:
    """Return the query of the rows that choices are made of.

    People's lists lead to everything else. Conditions on status and jobs are put so that no index
    serves them: SQLite would walk through everybody's pending matches, or all jobs, for each block.
    """
    query = (
        select(
            _MATCHES.c.user_id,
            _MATCHES.c.id,
            _MATCHES.c.job_id,
            stamp(),
            _MATCHES.c.section,
            _MATCHES.c.is_fill_up,
            _MATCHES.c.recommendation_reason,
            _SCORES.c.total_score,
            cast(_SCORES.c.weights, Text),
            _SCORES.c.scoring_algorithm_version,
            *(_SCORES.c[f"{name}_score"] for name in COMPONENTS),
        )
        .select_from(
            _MATCHES.join(_SCORES, _SCORES.c.id == _MATCHES.c.job_score_id).join(
                _JOBS, _JOBS.c.id == _MATCHES.c.job_id
            )
        )
        .where(
            _MATCHES.c.user_id.in_([p.reader.user_id for p in people]),
            _MATCHES.c.match_on == on,
        )
        .order_by(_MATCHES.c.user_id, _MATCHES.c.position)
    )
    if is_preview:
        is_held = cast(_JOBS.c.held_at, Text).is_not(None)
        return query.where(_MATCHES.c.dropped_at.is_(None), ~is_held)
    sent_before = exists().where(
        _ITEMS.c.user_id == _MATCHES.c.user_id, _ITEMS.c.job_id == _MATCHES.c.job_id
    )
    return query.where(
        func.coalesce(_MATCHES.c.match_status, "") == MatchStatus.PENDING.value,
        func.coalesce(_JOBS.c.is_active, false()).is_(True),
        or_(_JOBS.c.expires_at.is_(None), _JOBS.c.expires_at > clock.now()),
        ~sent_before,
    )


def policy_weights() -> dict[str, str]:
    """Return the weights of every policy, as JSON text, by its version."""
    rows = db.session.execute(select(ScorePolicy.version, ScorePolicy.definition))
    return {version: json.dumps(definition.get("weights", {})) for version, definition in rows}
