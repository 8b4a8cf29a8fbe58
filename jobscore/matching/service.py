"""A person's matches: today's list, what was saved, and matching one person at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from jobscore.extensions import db
from jobscore.jobs.models import Job, JobSkill
from jobscore.matching import blocks, gates, reasons, wording, writing
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunKind, RunStatus
from jobscore.matching.selection import Section
from jobscore.scoring import columns, loading
from jobscore.scoring import service as scores
from jobscore.scoring.frames import Profile
from jobscore.scoring.policy import COMPONENTS, Policy

#: What stands in today's list; expired matches have left it.
SHOWN = frozenset(MatchStatus) - {MatchStatus.EXPIRED}


@dataclass(frozen=True, slots=True)
class SectionOfDay:
    """One section of a person's list with its matches in order."""

    section: Section
    title: str
    lead: str
    matches: Sequence[MatchingResult]
    fill_ups: int
    """How many of them fill the section from the next best overall."""


def _session() -> Session:
    return cast(Session, db.session())


# ---- lists -----------------------------------------------------------------------------------


def matches_on(user_id: int, on: date | None = None) -> Sequence[MatchingResult]:
    """Return a person's list of a day (default: today) in order, jobs and scores loaded."""
    query = (
        select(MatchingResult)
        .where(
            MatchingResult.user_id == user_id,
            MatchingResult.match_on == (on or scores.today()),
            MatchingResult.match_status.in_(SHOWN),
            MatchingResult.section.in_([str(s) for s in Section]),
        )
        .options(
            joinedload(MatchingResult.job_score),
            joinedload(MatchingResult.job).selectinload(Job.skills).joinedload(JobSkill.skill),
        )
    )
    order = list(Section)
    found = _session().scalars(query).unique().all()
    return sorted(found, key=lambda m: (order.index(Section(m.section)), m.position, m.id))


def today_matches(user_id: int) -> list[SectionOfDay]:
    """Return today's list in its sections; sections without a match are left out."""
    return in_sections(match for match in matches_on(user_id) if match.job.held_at is None)


def is_today_matched() -> bool:
    """Tell whether today's run has finished, so that who has no list today gets none."""
    done = select(MatchRun.id).where(
        MatchRun.kind == RunKind.MATCH,
        MatchRun.status == RunStatus.DONE,
        MatchRun.run_on == scores.today(),
    )
    return _session().scalar(done.limit(1)) is not None


def in_sections(matches: Iterable[MatchingResult]) -> list[SectionOfDay]:
    """Return the matches of one list in its sections; sections without a match are left out."""
    found = list(matches)
    return [
        SectionOfDay(
            section=section,
            title=wording.section_title(section),
            lead=wording.section_lead(section),
            matches=mine,
            fill_ups=sum(match.is_fill_up for match in mine),
        )
        for section in Section
        if (mine := [match for match in found if match.section == section])
    ]


def held_today(user_id: int) -> int:
    """Return how many jobs of today's list an admin took from sight since it was made."""
    query = (
        select(func.count())
        .select_from(MatchingResult)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(
            MatchingResult.user_id == user_id,
            MatchingResult.match_on == scores.today(),
            MatchingResult.match_status.in_(SHOWN),
            Job.held_at.is_not(None),
        )
    )
    return _session().scalar(query) or 0


def last_matched(user_id: int) -> MatchRun | None:
    """Return the run that last finished; None before the first."""
    return _session().scalar(
        select(MatchRun)
        .where(MatchRun.kind == RunKind.MATCH, MatchRun.status == RunStatus.DONE)
        .order_by(MatchRun.id.desc())
        .limit(1)
    )


def prompts_for(user_id: int) -> list[str]:
    """Return the questions whose answers would help this person's scores most."""
    policy = scores.active_policy()
    profiles = loading.load_profiles([user_id], policy)
    return wording.answer_prompts(
        reasons.helpful_answers(profiles[0], policy) if profiles else list(COMPONENTS)
    )


# ---- one person at once ----------------------------------------------------------------------


def prepare() -> None:
    """Have the job columns ready before a transaction opens: building them takes seconds.

    Call it outside of `transaction()`, so that nobody waits for the write lock meanwhile.
    """
    columns.job_frame(scores.active_policy())


def match_person(user_id: int) -> blocks.PersonMatches | None:
    """Score and choose anew for one person, today, and write it. Flushes, never commits.

    What has been sent today stays as it was: then nothing is written, and None is returned, as
    for somebody without a profile.
    """
    today = scores.today()
    policy = scores.active_policy()
    profile = profile_of(user_id, policy)
    if profile is None or gates.already_sent([user_id], today):
        return None
    closed = gates.gates_of([user_id], today)
    jobs = columns.job_frame(policy)
    people = blocks.match_block([profile], closed, jobs, policy, today.toordinal())
    writing.write_block(_session(), people, version=policy.version, today=today, run_id=None)
    return people[0]


def profile_of(user_id: int, policy: Policy, before: datetime | None = None) -> Profile | None:
    """Return a person as the engine reads them; None without a profile.

    With `before`, what they looked at since is left out.
    """
    found = loading.load_profiles([user_id], policy, gates.seen_jobs([user_id], before))
    return found[0] if found else None
