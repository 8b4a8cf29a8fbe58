"""My weights: what the list would begin with under other weights, and keeping them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts import models as people
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import gates, own_weights, reasons, service, wording
from jobscore.matching.own_weights import Move, Weights
from jobscore.scoring import columns, engine
from jobscore.scoring import service as scores
from jobscore.scoring.engine import Gates, Ranked
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import COMPONENTS, Component, Policy

TOP = 10
#: Gates that speak of letters and lists, not of the job: they do not matter for a preview.
_OF_LISTS = frozenset({"sent", "saved"})


@dataclass(frozen=True, slots=True)
class Moved:
    """One job of the top ten under the weights that are tried."""

    job: Job
    rank: int
    total: int
    up: int
    """Places gained, negative for lost; 0 where it has not moved or stood nowhere."""
    is_new: bool
    """Was not among the ten."""
    words: str
    """How it moved and why; empty where it did not."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What weights that are tried would do; nothing of it is stored."""

    policy: Policy
    kept: Weights
    """The weights that count now: the person's own, else the policy's."""
    has_own: bool
    asked: Weights
    counted: Weights
    """The asked ones, made to fit."""
    top: Sequence[Moved]
    judged: frozenset[Component]
    """The parts that can be judged for any of these jobs."""
    no_profiling: bool

    @property
    def is_changed(self) -> bool:
        """Whether these are other weights than those that count now."""
        return self.counted != self.kept

    @property
    def moved(self) -> int:
        """How many of the ten stand elsewhere than before."""
        return sum(bool(one.words) for one in self.top)


def _session() -> Session:
    return cast(Session, db.session())


def try_weights(user_id: int, asked: Sequence[int | None]) -> Trial | None:
    """Rank for a person under the weights asked for, None being those that count now.

    Reads only. None for a person without a profile.
    """
    policy = scores.active_policy()
    profile = service.profile_of(user_id, policy)
    if profile is None:
        return None
    kept: Weights = profile.weights or policy.weights
    wanted = cast(Weights, tuple(k if a is None else a for a, k in zip(asked, kept, strict=True)))
    counted = own_weights.normalise(wanted, policy)
    jobs = columns.job_frame(policy)
    shut = _gates(user_id)
    now = _ranked(profile, counted, jobs, policy, shut)
    before = now if counted == kept else _ranked(profile, kept, jobs, policy, shut)
    row = _session().get(people.Profile, user_id)
    return Trial(
        policy=policy,
        kept=kept,
        has_own=profile.weights is not None,
        asked=wanted,
        counted=counted,
        top=_top(now, before, jobs, policy, kept, counted),
        judged=_judged(now),
        no_profiling=bool(row and row.no_profiling),
    )


def _gates(user_id: int) -> Gates:
    today = scores.today()
    shut = gates.gates_of([user_id], today).get(user_id, Gates(today=today.toordinal()))
    return replace(shut, jobs={why: ids for why, ids in shut.jobs.items() if why not in _OF_LISTS})


def _ranked(
    profile: Profile, weights: Weights, jobs: JobFrame, policy: Policy, shut: Gates
) -> Ranked:
    return engine.rank_one(replace(profile, weights=weights), jobs, policy, shut)


def _judged(ranked: Ranked) -> frozenset[Component]:
    return frozenset(c for i, c in enumerate(COMPONENTS) if (ranked.components[:, i] >= 0).any())


def _distinct(ranked: Ranked, jobs: JobFrame) -> list[int]:
    """Return indices into `ranked`, one of each group of duplicates, best first."""
    seen: set[int] = set()
    found = []
    for i, group in enumerate(jobs.duplicate[ranked.positions].tolist()):
        if group not in seen:
            seen.add(group)
            found.append(i)
    return found


def _top(
    now: Ranked, before: Ranked, jobs: JobFrame, policy: Policy, old: Weights, new: Weights
) -> list[Moved]:
    at = _distinct(now, jobs)[:TOP]
    was = _distinct(before, jobs)
    ids = jobs.ids[now.positions[at]].tolist()
    earlier = jobs.ids[before.positions[was]].tolist()
    points = dict(zip(ids, now.components[at].tolist(), strict=True))
    for job, parts in zip(earlier[:TOP], before.components[was[:TOP]].tolist(), strict=True):
        points.setdefault(job, parts)
    totals = dict(zip(ids, now.totals[at].tolist(), strict=True))
    found = {job.id: job for job in _session().scalars(select(Job).where(Job.id.in_(ids)))}
    moved = own_weights.moves(ids, earlier, points, old, new, policy.neutral)
    return [
        Moved(
            job=found[move.job_id],
            rank=move.rank,
            total=reasons.shown_total(totals[move.job_id]),
            up=move.up,
            is_new=move.was is None or move.was > TOP,
            words=_words(move, len(earlier)) if move.was != move.rank else "",
        )
        for move in moved
        if move.job_id in found
    ]


def _words(move: Move, ranked: int) -> str:
    """Say how a job moved, and which part's weight did most of it."""
    if move.was is None:
        how = gettext("new: it stood behind number %(rank)s", rank=ranked)
    elif move.up > 0:
        how = ngettext("up %(num)s", "up %(num)s", move.up)
    else:
        how = ngettext("down %(num)s", "down %(num)s", -move.up)
    if move.component is None:
        return str(how)
    part = wording.component_label(move.component)
    if move.counts_more:
        return str(gettext("%(how)s: %(part)s counts more now", how=how, part=part))
    return str(gettext("%(how)s: %(part)s counts less now", how=how, part=part))


def keep(user_id: int, asked: Sequence[int | None]) -> Weights | None:
    """Keep a person's own weights, made to fit; return them, or None for the policy's. Flushes.

    Weights equal to the policy's are none of one's own: a new policy then changes them.
    """
    policy = scores.active_policy()
    profile = _session().get(people.Profile, user_id)
    if profile is None:
        return None
    wanted = [p if a is None else a for a, p in zip(asked, policy.weights, strict=True)]
    counted = own_weights.normalise(wanted, policy)
    own = None if counted == policy.weights else counted
    profile.weights = None if own is None else dict(zip(map(str, COMPONENTS), own, strict=True))
    _session().flush()
    return own


def reset(user_id: int) -> None:
    """Let the policy's weights count for a person again. Flushes."""
    profile = _session().get(people.Profile, user_id)
    if profile is not None:
        profile.weights = None
        _session().flush()
