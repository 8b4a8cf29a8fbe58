"""The people of a build, and what is new for them: its reading half."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, exists, func, or_, select

from jobscore import clock
from jobscore.accounts.models import Consent, ConsentKind, HomePoint, Profile, User
from jobscore.digests import emails
from jobscore.digests.due import is_due, unvisited
from jobscore.digests.models import DigestItem
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore, ScorePolicy
from jobscore.vocabulary.models import Place

#: People whose letters are written in one transaction.
BLOCK = 100
COMPONENTS = ("skill_match", "location", "salary", "experience", "culture_fit")


@dataclass(frozen=True, slots=True)
class Choice:
    """A match with the numbers that the letter keeps."""

    pick: emails.Pick
    components: dict[str, float | None]
    own_weights: dict[str, int] | None
    policy_version: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is due a letter."""

    email: str
    minimum: int
    reader: emails.Reader


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


def due_block(on: date, after: int, ids: Sequence[int] | None = None) -> list[Person]:
    """Return the next people who are due, by id; with ``ids`` only such as are among them."""
    query = due(on).where(User.id > after).order_by(User.id).limit(BLOCK)
    if ids is not None:
        query = query.where(User.id.in_(ids))
    return people_of(query)


def people_of(query: Select[*tuple[Any, ...]]) -> list[Person]:
    """Return the people of a query made of :func:`everyone`."""
    rows = db.session.execute(query).all()
    homes: dict[int, list[emails.Home]] = {}
    points = select(
        HomePoint.user_id, HomePoint.place_id, HomePoint.latitude, HomePoint.longitude
    ).where(HomePoint.user_id.in_([row.id for row in rows]))
    for user_id, place_id, latitude, longitude in db.session.execute(points):
        homes.setdefault(user_id, []).append(emails.Home(place_id, latitude, longitude))
    return [
        Person(
            email=row.email,
            minimum=row.digest_min_score,
            reader=emails.Reader(
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
    people: Sequence[Person], on: date, *, is_preview: bool = False
) -> dict[int, list[Choice]]:
    """Return each person's matches of the day in the order of their list, posting included."""
    query = (
        select(
            MatchingResult.id.label("match_id"),
            MatchingResult.user_id,
            MatchingResult.section,
            MatchingResult.is_fill_up,
            MatchingResult.recommendation_reason,
            JobScore.total_score,
            *(getattr(JobScore, f"{name}_score").label(name) for name in COMPONENTS),
            JobScore.weights.label("own_weights"),
            JobScore.scoring_algorithm_version,
            *POSTING,
        )
        .join(JobScore, JobScore.id == MatchingResult.job_score_id)
        .join(Job, Job.id == MatchingResult.job_id)
        .outerjoin(Place, Place.id == Job.place_id)
        .where(
            MatchingResult.user_id.in_([p.reader.user_id for p in people]),
            MatchingResult.match_on == on,
        )
        .order_by(MatchingResult.user_id, MatchingResult.position)
    )
    if not is_preview:
        sent_before = exists().where(
            DigestItem.user_id == MatchingResult.user_id, DigestItem.job_id == MatchingResult.job_id
        )
        query = query.where(
            MatchingResult.match_status == MatchStatus.PENDING,
            Job.is_active.is_(True),
            or_(Job.expires_at.is_(None), Job.expires_at > clock.now()),
            ~sent_before,
        )
    found: dict[int, list[Choice]] = {}
    postings: dict[int, emails.Posting] = {}
    for row in db.session.execute(query):
        found.setdefault(row.user_id, []).append(_choice(row, postings))
    return found


POSTING = (
    Job.id.label("job_id"),
    Job.title,
    Job.company_name,
    Job.location,
    Job.place_id,
    Place.latitude,
    Place.longitude,
    Job.salary_min,
    Job.salary_max,
    Job.salary_period,
    Job.salary_currency,
    Job.salary_text,
    Job.remote,
    Job.language,
    Job.is_sponsored,
)


def _choice(row: Row[Any], postings: dict[int, emails.Posting]) -> Choice:
    posting = postings.get(row.job_id)
    if posting is None:
        posting = postings[row.job_id] = emails.Posting(*row[-len(POSTING) :])
    pick = emails.Pick(
        match_id=row.match_id,
        posting=posting,
        section=row.section,
        is_fill_up=row.is_fill_up,
        total=row.total_score,
        reason=row.recommendation_reason,
    )
    return Choice(
        pick=pick,
        components={name: getattr(row, name) for name in COMPONENTS},
        own_weights=row.own_weights,
        policy_version=row.scoring_algorithm_version,
    )


def policy_weights() -> dict[str, dict[str, int]]:
    """Return the weights of every policy by its version."""
    rows = db.session.execute(select(ScorePolicy.version, ScorePolicy.definition))
    return {version: definition.get("weights", {}) for version, definition in rows}
