"""Write postings in bulk: the same posting again is an update, not a second job.

A posting is recognised within its source by its external id, else by its URL, else by company,
title and place. What has not changed is not written. Skills and work-style features are found in
the text by the vocabulary's finder and kept with the words that prove them.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Table, bindparam, case, delete, func, select, text, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.database.bulk import insert_plain, insert_values
from jobscore.database.locks import take_turn
from jobscore.jobs import images, sameness
from jobscore.jobs.checks import service as checks
from jobscore.jobs.companies import keeping as companies
from jobscore.jobs.drafts import JobDraft, lately
from jobscore.jobs.extraction import Extract, extract_draft
from jobscore.jobs.images import JobBefore
from jobscore.jobs.models import Job, JobFeature, JobSkill, JobSource, Remote
from jobscore.jobs.pay import yearly
from jobscore.jobs.search import indexing
from jobscore.vocabulary import service as vocabulary
from jobscore.vocabulary.gazetteer import PlaceGuess, resolve_place

#: Raised when rules of extraction change, so that unchanged postings are read again.
EXTRACTION = 3
#: How a fingerprint begins that was made under these rules.
_READ_TODAY = f"{EXTRACTION}:"
_SKILL_COLUMNS = ("job_id", "skill_id", "is_required", "weight", "quote")
_FEATURE_COLUMNS = ("job_id", "feature", "is_stated", "quote")
_CENT = Decimal("0.01")
#: Parameters in one IN list.
_CHUNK = 1_000

_jobs: Table = Job.__table__  # type: ignore[assignment]  # declarative types it as FromClause
_sources: Table = JobSource.__table__  # type: ignore[assignment]  # as above
_skills: Table = JobSkill.__table__  # type: ignore[assignment]  # as above
_features: Table = JobFeature.__table__  # type: ignore[assignment]  # as above


_content = attrgetter(*(field.name for field in fields(JobDraft)))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids of skills and places by their codes: read once for many calls of :func:`upsert`."""

    skills: dict[str, int]
    places: dict[str, int]

    @classmethod
    def load(cls) -> "Vocabulary":
        """Read the ids from the database."""
        return cls(vocabulary.skill_ids(), vocabulary.place_ids())


class Outcome(StrEnum):
    """What became of one draft."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Written:
    """The job that a draft became."""

    job_id: int
    outcome: Outcome


class RepeatedPostingError(ValueError):
    """Two drafts of one call are the same posting."""


@dataclass(slots=True)
class _Known:
    source_id: int
    job_id: int
    content_hash: str | None


@lately
def identity_of(draft: JobDraft) -> str:
    """Return what recognises the posting within its source, as 64 hex digits."""
    if draft.external_id:
        key = f"id\0{draft.external_id}"
    elif draft.url:
        key = f"url\0{draft.url}"
    else:
        key = f"text\0{draft.company_name}\0{draft.title}\0{draft.place_text}".casefold()
    return hashlib.sha256(key.encode()).hexdigest()


def upsert(
    session: Session,
    drafts: Sequence[JobDraft],
    *,
    source: str,
    today: date,
    timezone: str,
    import_id: int | None = None,
    known_words: Vocabulary | None = None,
    searched: Mapping[str, Extract] | None = None,
    journal: Callable[[Sequence[JobBefore]], None] | None = None,
) -> list[Written]:
    """Insert or update one job for each draft; return what became of each, in order.

    Flushes and never commits; call it with some thousand drafts at most.

    :param today: the posting day of drafts that state none.
    :param timezone: IANA name; an expiry day ends at its midnight there.
    :param known_words: give it when calling often; read here otherwise.
    :param searched: what the texts say, by identity, as far as it was found elsewhere already.
    :param journal: is told what was written, so that it can be undone.
    :raises RepeatedPostingError: when two drafts have the same identity.
    """
    identities = [identity_of(draft) for draft in drafts]
    if len(set(identities)) < len(identities):
        raise RepeatedPostingError
    take_turn(session, f"jobs of {source}")
    known = _known(session, source, identities)
    fresh_ids = iter(_reserve_ids(session, sum(i not in known for i in identities)))
    written: list[Written] = []
    to_write: list[tuple[JobDraft, Written, str]] = []
    digests = [_content_hash(draft) for draft in drafts]
    same = _same(session, drafts, identities, digests, known, timezone)
    for draft, identity, digest in zip(drafts, identities, digests, strict=True):
        found = known.get(identity)
        if found is None:
            one = Written(next(fresh_ids), Outcome.NEW)
        elif found.job_id in same:
            one = Written(found.job_id, Outcome.UNCHANGED)
        else:
            one = Written(found.job_id, Outcome.CHANGED)
        written.append(one)
        if one.outcome is not Outcome.UNCHANGED:
            to_write.append((draft, one, digest))
    if to_write:
        words = known_words or Vocabulary.load()
        changing = [one.job_id for _, one, _ in to_write if one.outcome is Outcome.CHANGED]
        before = images.read(session, changing) if journal else {}
        new = _write_jobs(
            session, to_write, words, searched or {}, source, import_id, today, timezone
        )
        if journal:
            after = images.read(session, changing)
            journal(images.changes_of(((row["id"], row) for row in new), before, after))
    _write_sources(session, drafts, identities, written, known, source)
    return written


def compare(session: Session, drafts: Sequence[JobDraft], *, source: str) -> list[Outcome]:
    """Return what :func:`upsert` would do with each draft, without writing anything."""
    identities = [identity_of(draft) for draft in drafts]
    known = _known(session, source, identities)
    digests = [_content_hash(draft) for draft in drafts]
    timezone = config.current().timezone
    same = _same(session, drafts, identities, digests, known, timezone)
    outcomes = []
    for identity in identities:
        found = known.get(identity)
        if found is None:
            outcomes.append(Outcome.NEW)
        elif found.job_id in same:
            outcomes.append(Outcome.UNCHANGED)
        else:
            outcomes.append(Outcome.CHANGED)
    return outcomes


def _same(
    session: Session,
    drafts: Sequence[JobDraft],
    identities: Sequence[str],
    digests: Sequence[str],
    known: dict[str, _Known],
    timezone: str,
) -> set[int]:
    """Return the ids of known jobs that hold what their drafts say."""
    same: set[int] = set()
    differing: dict[int, JobDraft] = {}
    for draft, identity, digest in zip(drafts, identities, digests, strict=True):
        found = known.get(identity)
        if found is None:
            continue
        if found.content_hash == digest:
            same.add(found.job_id)
        elif (found.content_hash or "").startswith(_READ_TODAY):
            differing[found.job_id] = draft
    return same | sameness.unchanged(session, differing, timezone)


def _known(session: Session, source: str, identities: Sequence[str]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for start in range(0, len(identities), _CHUNK):
        rows = session.execute(
            select(JobSource.identity, JobSource.id, Job.id, Job.content_hash)
            .join(Job, Job.id == JobSource.job_id)
            .where(
                JobSource.source == source,
                JobSource.identity.in_(identities[start : start + _CHUNK]),
            )
        )
        for identity, source_id, job_id, digest in rows:
            known[identity] = _Known(source_id, job_id, digest)
    return known


def _reserve_ids(session: Session, n: int) -> list[int]:
    """Return ids for ``n`` new jobs: from the sequence, or behind the last one on SQLite.

    SQLite has one writer at a time, so nobody can take them in between.
    """
    if not n:
        return []
    if session.get_bind().dialect.name == "postgresql":
        statement = text(
            "SELECT nextval(pg_get_serial_sequence('jobs', 'id')) FROM generate_series(1, :n)"
        )
        return list(session.execute(statement, {"n": n}).scalars())
    last = session.execute(select(func.coalesce(func.max(Job.id), 0))).scalar_one()
    return list(range(last + 1, last + 1 + n))


@lately
def _content_hash(draft: JobDraft) -> str:
    digest = hashlib.sha256(repr(_content(draft)).encode()).hexdigest()
    return _READ_TODAY + digest[: 64 - len(_READ_TODAY)]


def _write_jobs(
    session: Session,
    to_write: Sequence[tuple[JobDraft, Written, str]],
    words: Vocabulary,
    said_before: Mapping[str, Extract],
    source: str,
    import_id: int | None,
    today: date,
    timezone: str,
) -> list[dict[str, Any]]:
    """Insert and update the jobs with their skills and features; return the rows of new ones."""
    now = clock.now()
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    skill_rows: list[tuple[Any, ...]] = []
    feature_rows: list[tuple[Any, ...]] = []
    checked: list[checks.Checked] = []
    for draft, one, digest in to_write:
        said = said_before.get(identity_of(draft)) or extract_draft(draft)
        guess = resolve_place(draft.place_text) if draft.place_text else None
        values = _values(draft, guess, said, words.places, timezone, now)
        values |= {"content_hash": digest, "import_id": import_id, "updated_at": now}
        if one.outcome is Outcome.NEW:
            values |= {
                "id": one.job_id,
                "source": source,
                "created_at": now,
                "posted_date": draft.posted_on or today,
            }
            inserts.append(values)
        else:
            updates.append(values | {"job": one.job_id, "posted": draft.posted_on})
        skill_rows += _skill_rows(one.job_id, said, words)
        feature_rows += _feature_rows(one.job_id, said)
        is_new = one.outcome is Outcome.NEW
        checked.append(checks.Checked(one.job_id, checks.posting_of(draft, guess), is_new))
    companies.note(session, (draft.company_name for draft, _, _ in to_write))
    insert_values(session, _jobs, inserts)
    if updates:
        _update_jobs(session, updates)
    insert_plain(session, _skills, _SKILL_COLUMNS, skill_rows)
    insert_plain(session, _features, _FEATURE_COLUMNS, feature_rows)
    checks.write(session, checked, clock.today(timezone))
    for outcome in (Outcome.NEW, Outcome.CHANGED):  # a new job has no words in the index yet
        ids = [one.job_id for _, one, _ in to_write if one.outcome is outcome]
        indexing.changed(session, ids, words_too=outcome is Outcome.CHANGED)
    return inserts


def _update_jobs(session: Session, updates: list[dict[str, Any]]) -> None:
    ids = [row["job"] for row in updates]
    for table in (_skills, _features):
        session.execute(delete(table).where(table.c.job_id.in_(ids)))
    columns = [name for name in updates[0] if name not in ("job", "posted")]
    session.connection().execute(
        update(_jobs)
        .where(_jobs.c.id == bindparam("job"))
        .values(
            {name: bindparam(f"new_{name}") for name in columns}
            # what an admin holds stays held
            | {
                "is_active": case(
                    (_jobs.c.held_at.is_not(None), False),
                    else_=bindparam("new_is_active", type_=Boolean()),
                )
            }
            | {"posted_date": func.coalesce(bindparam("posted"), _jobs.c.posted_date)}
        ),
        [
            {"job": row["job"], "posted": row["posted"]}
            | {f"new_{name}": row[name] for name in columns}
            for row in updates
        ],
    )


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a draft would be in the database: columns, (job, skill, required, weight, quote) for
    each skill, (job, feature, stated, quote) for each feature.
    """

    values: dict[str, Any]
    skills: list[tuple[Any, ...]]
    features: list[tuple[Any, ...]]


def as_written(
    draft: JobDraft, job_id: int, said: Extract, words: Vocabulary, timezone: str, now: datetime
) -> Prospect:
    """Return what :func:`upsert` would write of a draft, without writing it."""
    guess = resolve_place(draft.place_text) if draft.place_text else None
    return Prospect(
        _values(draft, guess, said, words.places, timezone, now),
        _skill_rows(job_id, said, words),
        _feature_rows(job_id, said),
    )


def _skill_rows(job_id: int, said: Extract, words: Vocabulary) -> list[tuple[Any, ...]]:
    return [
        (job_id, words.skills[code], *rest) for code, *rest in said.skills if code in words.skills
    ]


def _feature_rows(job_id: int, said: Extract) -> list[tuple[Any, ...]]:
    return [(job_id, *row) for row in said.features]


def _values(
    draft: JobDraft,
    guess: PlaceGuess | None,
    said: Extract,
    places: dict[str, int],
    timezone: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the columns of a job that the draft decides."""
    expires_at = _end_of(draft.expires_on, timezone) if draft.expires_on else None
    low, high = _cents(draft.salary_min), _cents(draft.salary_max)
    return {
        "title": draft.title,
        "company_name": draft.company_name,
        "description": draft.description or None,
        "requirements": draft.requirements or None,
        "location": draft.location or None,
        "salary_min": low,
        "salary_max": high,
        "salary_text": draft.salary_text or None,
        "salary_period": draft.salary_period,
        "salary_currency": draft.salary_currency,
        "yearly_min": yearly(low, draft.salary_period),
        "yearly_max": yearly(high, draft.salary_period),
        "employment_type": draft.employment_type,
        "experience_level": draft.experience_level,
        "experience_min_years": draft.experience_min_years,
        "experience_max_years": draft.experience_max_years,
        "industry": draft.industry or None,
        "external_id": draft.external_id,
        "url": draft.url,
        "expires_at": expires_at,
        "is_active": expires_at is None or expires_at > now,
        "closed_at": None,
        "is_sponsored": draft.is_sponsored,
        "remote": _remote(draft, guess, said),
        "place_id": places.get(guess.place.code) if guess and guess.place else None,
        "language": draft.language,
    }


def _cents(amount: Decimal | None) -> Decimal | None:
    """Return an amount as both databases keep it: they would round a half differently."""
    return None if amount is None else amount.quantize(_CENT)


@cache
def _end_of(day: date, timezone: str) -> datetime:
    """Return the midnight that ends a day in a time zone, in UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
    return midnight.astimezone(UTC)


# -- what the text says ----------------------------------------------------------------------


def _remote(draft: JobDraft, guess: PlaceGuess | None, said: Extract) -> Remote | None:
    """Return what the posting says of remote work: its column, its place, then its text."""
    stated = draft.remote or (guess.remote if guess is not None else None) or said.remote
    return Remote(stated) if stated is not None else None


# -- where it was seen -----------------------------------------------------------------------


def _write_sources(
    session: Session,
    drafts: Sequence[JobDraft],
    identities: Sequence[str],
    written: Sequence[Written],
    known: dict[str, _Known],
    source: str,
) -> None:
    now = clock.now()
    rows = [
        {
            "job_id": one.job_id,
            "source": source,
            "identity": identity,
            "external_id": draft.external_id,
            "url": draft.url,
            "last_seen_at": now,
        }
        for draft, identity, one in zip(drafts, identities, written, strict=True)
        if identity not in known
    ]
    insert_values(session, _sources, rows)
    seen = [found.source_id for found in known.values()]
    for start in range(0, len(seen), _CHUNK):
        session.execute(
            update(_sources)
            .where(_sources.c.id.in_(seen[start : start + _CHUNK]))
            .values(last_seen_at=now, gone_at=None)
        )
