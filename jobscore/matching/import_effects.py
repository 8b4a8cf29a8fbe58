"""Whose forty jobs would change by an import, and by how much, before anything is written.

The jobs as the import would leave them are made into columns by the very functions that write and
read jobs, and put beside the columns of those it would not touch; then people are matched under
both. What is rare or usual is held, as in a run of the same day. Nobody's list is stored. With few
people the figures are exact; of many an even sample is matched, and the result says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select

from jobscore import clock, config, logs
from jobscore.accounts.models import Profile, User
from jobscore.extensions import db
from jobscore.imports import prospects
from jobscore.imports.models import ImportCheck
from jobscore.imports.prospects import Prospect
from jobscore.imports.reader import FileRefusedError
from jobscore.imports.running import LostClaimError
from jobscore.jobs import writing
from jobscore.jobs.extraction import Extract, extract_draft
from jobscore.jobs.models import Job
from jobscore.matching import backtest, blocks, gates
from jobscore.matching.blocks import PersonMatches
from jobscore.matching.selection import Quotas
from jobscore.scoring import columns, loading
from jobscore.scoring import service as scores
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobFrame, JobRow, Statement
from jobscore.scoring.merging import NotMergeableError, merge
from jobscore.scoring.policy import Policy
from jobscore.scoring.texts import LEAD

log = logs.get("jobscore.matching.effects")

#: Up to so many people everybody is matched; of more, so many evenly spread ones.
MOST_PEOPLE: Final = 300
#: People matched between two signs of life.
BLOCK: Final = 50
#: Texts searched between two signs of life.
TEXTS: Final = 500
#: People named as those whose lists would change most.
MOST_NAMED: Final = 10


@dataclass(slots=True)
class _Sums:
    """What was found so far."""

    asked: int = 0
    changed: int = 0
    first_changed: int = 0
    n_new: int = 0
    persons: list[tuple[int, int]] = field(default_factory=list)

    def add(self, before: PersonMatches, after: PersonMatches) -> None:
        """Count one person: the jobs of the new list that are not in the old, or that went."""
        old = [one.job_id for one in before.chosen]
        new = [one.job_id for one in after.chosen]
        others = max(len(set(new) - set(old)), len(set(old) - set(new)))
        self.asked += 1
        self.changed += others > 0
        self.first_changed += old[:1] != new[:1]
        self.n_new += others
        if others:
            self.persons.append((others, before.user_id))


def run(check_id: int, worker: str) -> None:
    """Compute and store the effect of a claimed check. Commits signs of life and the result."""

    def live() -> None:
        db.session.rollback()
        if not prospects.hold_effect(check_id, worker):
            raise LostClaimError

    try:
        effect = _effect(check_id, live)
    except LostClaimError:
        log.warning("claim lost", check=check_id)
        return
    except NotMergeableError:
        effect = {"state": "not_computed", "reason": "meanings"}
    except (FileRefusedError, OSError):
        log.exception("file not readable", check=check_id)
        effect = {"state": "not_computed", "reason": "file_gone"}
    db.session.rollback()
    prospects.hold_effect(check_id, worker, effect)


def _effect(check_id: int, live: Callable[[], None]) -> dict[str, Any]:
    """Return the effect; ``live`` says between two pieces of work that the worker lives."""
    session = db.session()
    people = _people()
    if not people:
        return {"state": "not_computed", "reason": "no_people"}
    check = session.get_one(ImportCheck, check_id)
    prospect = prospects.prospect(session, check)
    policy = scores.active_policy()
    before = columns.job_frame(policy)
    live()
    after = frame_after(prospect, before, policy, live)
    asked = backtest.spread(people, MOST_PEOPLE)
    sums = _Sums()
    for start in range(0, len(asked), BLOCK):
        live()
        _compare(asked[start : start + BLOCK], before, after, policy, sums)
    return _figures(sums, len(people), Quotas.of(policy).slots)


def _figures(sums: _Sums, people: int, slots: int) -> dict[str, Any]:
    most = sorted(sums.persons, key=lambda one: (-one[0], one[1]))[:MOST_NAMED]
    return {
        "state": "exact" if sums.asked == people else "estimate",
        "people": people,
        "asked": sums.asked,
        "changed": sums.changed,
        "first_changed": sums.first_changed,
        "mean": round(sums.n_new / sums.changed, 1) if sums.changed else 0,
        "slots": slots,
        "most": [[user_id, n_new, slots] for n_new, user_id in most],
    }


def _people() -> list[int]:
    query = (
        select(Profile.user_id)
        .join(User, User.id == Profile.user_id)
        .where(User.is_active)
        .order_by(Profile.user_id)
    )
    return list(db.session.scalars(query))


def _compare(
    users: Sequence[int], before: JobFrame, after: JobFrame, policy: Policy, sums: _Sums
) -> None:
    """Match one block of people with the jobs as they are and as they would be."""
    today = scores.today()
    profiles = loading.load_profiles(users, policy, gates.seen_jobs(users))
    closed = gates.gates_of(users, today)
    db.session.rollback()
    day = today.toordinal()
    old = blocks.match_block(profiles, closed, before, policy, day)
    new = blocks.match_block(profiles, closed, after, policy, day)
    for one, other in zip(old, new, strict=True):
        sums.add(one, other)


# ---- the jobs as the import would leave them --------------------------------------------------


def frame_after(
    prospect: Prospect,
    before: JobFrame,
    policy: Policy,
    live: Callable[[], None] = lambda: None,
) -> JobFrame:
    """Return the columns of all jobs that would be open after the import.

    :param before: the columns of the jobs that are open now: what is rare and usual stays theirs.
    :param live: called between pieces of the work, which takes long for many jobs.
    :raises NotMergeableError: when the policy compares meanings.
    """
    said = _searched(prospect, live)
    touched = np.array(sorted(prospect.touched), np.int64)
    rows, asks, statements = _rows_of(prospect, said, policy, before)
    new = build_jobs(
        rows,
        asks=asks,
        statements=statements,
        links=loading.skill_links(),
        policy=policy,
        statistics=before.statistics(),
    )
    return merge(before, np.flatnonzero(~np.isin(before.ids, touched)), new)


def _searched(prospect: Prospect, live: Callable[[], None]) -> list[Extract]:
    """Return what the texts of the written jobs say, in order."""
    found: list[Extract] = []
    for number, (draft, _) in enumerate(prospect.written):
        if number % TEXTS == 0:
            live()
        found.append(extract_draft(draft))
    live()
    return found


def _rows_of(
    prospect: Prospect, found: Sequence[Extract], policy: Policy, before: JobFrame
) -> tuple[list[JobRow], list[Ask], list[Statement]]:
    """Return the written jobs as the scorer would read them back."""
    settings, now = config.current(), clock.now()
    words, zone = writing.Vocabulary.load(), ZoneInfo(settings.timezone)
    next_id = int(db.session.scalar(select(func.coalesce(func.max(Job.id), 0))) or 0) + 1
    held = set(db.session.scalars(select(Job.id).where(Job.held_at.is_not(None))))
    rows: list[tuple[Any, ...]] = []
    asks: list[Ask] = []
    statements: list[Statement] = []
    viewers: dict[int, int] = {}
    today = scores.today()
    for (draft, known_id), said in zip(prospect.written, found, strict=True):
        job_id = known_id if known_id is not None else next_id
        next_id += known_id is None
        one = writing.as_written(draft, job_id, said, words, settings.timezone, now)
        if not one.values["is_active"] or job_id in held:
            continue
        old = before.positions.get(job_id)
        posted, group = draft.posted_on or today, None
        if old is not None:
            posted = draft.posted_on or date.fromordinal(int(before.posted[old]))
            group = int(before.duplicate[old]) if before.duplicate[old] >= 0 else None
        viewers[job_id] = 0 if old is None else int(before.viewers[old])
        lead = draft.description[:LEAD] if policy.parameters.text_share > 0 else ""
        rows.append(_selected(one.values, job_id, posted, group, lead, now))
        asks += [Ask(*row[:4]) for row in one.skills]
        statements += [Statement(*row[:3]) for row in one.features]
    welcome = {
        job_id for job_id, code, stated in statements if stated and code == loading.NO_EXPERIENCE
    }
    points = loading.place_points({row[5] for row in rows if row[5] is not None})
    return (
        [loading.job_row(row, points, welcome, zone, viewers[row[0]]) for row in rows],
        asks,
        statements,
    )


def _selected(
    values: dict[str, Any], job_id: int, posted: date, group: int | None, lead: str, now: datetime
) -> tuple[Any, ...]:
    """Return a job in the order in which ``loading.load_jobs`` selects its columns."""
    return (
        job_id,
        values["title"],
        values["company_name"],
        posted,
        values["expires_at"],
        values["place_id"],
        values["remote"],
        values["salary_min"],
        values["salary_max"],
        values["salary_period"],
        values["salary_currency"],
        values["experience_min_years"],
        values["experience_max_years"],
        values["experience_level"],
        values["employment_type"],
        values["industry"],
        group,
        lead,
        now,
    )
