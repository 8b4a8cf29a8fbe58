"""A person's matches: today's list, one match explained, and matching one person at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from jobscore.extensions import db
from jobscore.jobs.models import Job, JobSkill
from jobscore.matching import blocks, gate_lines, gates, naming, reasons, wording, writing
from jobscore.matching.gate_lines import GateLine
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunKind, RunStatus
from jobscore.matching.reasons import Part
from jobscore.matching.selection import Section
from jobscore.scoring import engine, frames, loading
from jobscore.scoring import service as scores
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import COMPONENTS, Component, Policy

#: What stands in today's list; expired matches have left it.
SHOWN = frozenset(MatchStatus) - {MatchStatus.EXPIRED}
#: Parts of which something can fit and something else be missing at the same time.
_BOTH_SIDES = frozenset({Component.SKILL_MATCH, Component.CULTURE_FIT})


@dataclass(frozen=True, slots=True)
class SectionOfDay:
    """One section of a person's list with its matches in order."""

    section: Section
    title: str
    lead: str
    matches: Sequence[MatchingResult]
    fill_ups: int
    """How many of them fill the section from the next best overall."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the parts table, in words."""

    component: Component
    label: str
    weight: int
    points: int | None
    """0..100; None: could not be judged."""
    share: int
    most: int
    note: str
    """Why there is no number; empty where there is one."""
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class SkillLine:
    """One skill that the job asks for, and what the person brings."""

    name: str
    is_required: bool
    credit: int
    """Percent; 0 is missing."""
    through: str | None
    """Another skill of the person that gives the credit."""
    quote: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What would change the score, and to what."""

    sentence: str
    total: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one number came about; everything adds up to the total shown."""

    job: Job
    total: int | None
    """0..100; None: too little is known for a number."""
    rows: Sequence[Row]
    judged: int
    """Percent of the weight that could be judged."""
    rank_total: int
    """0..100: where the job stands in the order, unjudged parts counted as the neutral points."""
    neutral: int
    """0..100."""
    confidence: int | None
    """0..100; None when the job is not open any more."""
    has_own_weights: bool
    version: str
    reason: str
    skills: Sequence[SkillLine] = ()
    gates: Sequence[GateLine] = ()
    changes: Sequence[ChangeLine] = ()
    prompts: Sequence[str] = ()
    """Questions whose answers would help most."""
    total_now: int | None = None
    """The total of the profile and posting as they are now, where it differs from what is shown."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A person and an open job, ready to be explained."""

    profile: Profile
    policy: Policy
    jobs: JobFrame
    position: int
    closed: frozenset[str] = field(default_factory=frozenset)


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
    found = matches_on(user_id)
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


def saved_matches(user_id: int) -> Sequence[MatchingResult]:
    """Return what a person saved, newest first."""
    query = (
        select(MatchingResult)
        .where(MatchingResult.user_id == user_id, MatchingResult.saved_at.is_not(None))
        .options(
            joinedload(MatchingResult.job_score),
            joinedload(MatchingResult.job).options(
                selectinload(Job.skills).joinedload(JobSkill.skill)
            ),
        )
        .order_by(MatchingResult.saved_at.desc(), MatchingResult.id.desc())
    )
    return _session().scalars(query).unique().all()


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
    loading.job_frame(scores.active_policy())


def match_person(user_id: int) -> blocks.PersonMatches | None:
    """Score and choose anew for one person, today, and write it. Flushes, never commits.

    What has been sent today stays as it was: then nothing is written, and None is returned, as
    for somebody without a profile.
    """
    today = scores.today()
    policy = scores.active_policy()
    profile = _profile(user_id, policy)
    if profile is None or gates.already_sent([user_id], today):
        return None
    closed = gates.gates_of([user_id], today)
    jobs = loading.job_frame(policy)
    people = blocks.match_block([profile], closed, jobs, policy, today.toordinal())
    writing.write_block(_session(), people, version=policy.version, today=today, run_id=None)
    return people[0]


def _profile(user_id: int, policy: Policy, before: datetime | None = None) -> Profile | None:
    found = loading.load_profiles([user_id], policy, gates.seen_jobs([user_id], before))
    return found[0] if found else None


# ---- explaining ------------------------------------------------------------------------------


def explain_match(match: MatchingResult) -> Explanation:
    """Explain a match with the numbers that were stored; evidence is of the posting as it is now.

    Where profile or posting have changed since, `total_now` says what the score would be today.
    """
    stored = match.job_score
    policy = scores.policy_of(stored.scoring_algorithm_version)
    pair = _pair(match.user_id, match.job_id, policy, match.matched_at)
    return _explain(
        pair,
        job=match.job,
        components=scores.basis_points(stored),
        weights=scores.weights_of(stored, policy),
        policy=policy,
        has_own_weights=bool(stored.weights),
        reason=wording.reason_text(match.recommendation_reason),
    )


def explain_job(
    user_id: int, job_id: int, seen_before: datetime | None = None
) -> Explanation | None:
    """Explain how an open job scores for a person now; None when it is not open.

    `seen_before` leaves out what the person looked at since, to compare with a stored score.
    """
    policy = scores.active_policy()
    pair = _pair(user_id, job_id, policy, seen_before)
    job = _session().get(Job, job_id)
    if pair is None or job is None:
        return None
    found = scores.score_jobs(pair.profile, [job_id], policy, pair.jobs)[job_id]
    return _explain(
        pair,
        job=job,
        components=found.components,
        weights=found.weights,
        policy=policy,
        has_own_weights=pair.profile.weights is not None,
        reason="",
    )


def _pair(user_id: int, job_id: int, policy: Policy, seen_before: datetime | None) -> _Pair | None:
    """Bring a person and a job together; None when the job is not open or there is no profile."""
    jobs = loading.job_frame(policy)
    profile = _profile(user_id, policy, seen_before)
    if profile is None or job_id not in jobs.positions:
        return None
    few = frames.narrow(jobs, [jobs.positions[job_id]])
    today = scores.today()
    closed = gates.gates_of([user_id], today).get(user_id, Gates(today=today.toordinal()))
    shut = frozenset(k for k, found in closed.closed(profile, few).items() if len(found))
    return _Pair(profile, policy, jobs, jobs.positions[job_id], shut)


def _explain(
    pair: _Pair | None,
    *,
    job: Job,
    components: Sequence[int],
    weights: Sequence[int],
    policy: Policy,
    has_own_weights: bool,
    reason: str,
) -> Explanation:
    parts = reasons.parts_table(components, weights)
    judged = sum(w for w, c in zip(weights, components, strict=True) if c >= 0)
    known = sum(part.share for part in parts)
    is_shown = judged >= max(1, policy.coverage_floor)
    ranked = sum(
        w * (c if c >= 0 else policy.neutral) for w, c in zip(weights, components, strict=True)
    )
    total = known if is_shown else None
    evidence = now = confidence = None
    changes: list[ChangeLine] = []
    if pair is not None:
        jobs = frames.narrow(pair.jobs, [pair.position])
        evidence = reasons.gather_evidence(pair.profile, jobs, [0], policy)[0]
        judgement = engine.judge(pair.profile, jobs, policy)
        current = int(judgement.totals()[0]) if bool(judgement.shown()[0]) else None
        confidence = reasons.confidence(evidence, components, weights)
        now = None if current is None else reasons.shown_total(current)
        changes = [
            ChangeLine(wording.say([change.message]), reasons.shown_total(change.total))
            for change in reasons.changes(judgement, jobs, 0, policy)
        ]
    prompts = reasons.helpful_answers(pair.profile, policy) if pair else []
    return Explanation(
        job=job,
        total=total,
        rows=_rows(parts, evidence, components),
        judged=judged,
        rank_total=(ranked + 5_000) // 10_000,
        neutral=policy.neutral // 100,
        confidence=confidence,
        has_own_weights=has_own_weights,
        version=policy.version,
        reason=reason,
        skills=_skill_lines(job, evidence),
        gates=_gate_lines(pair, job),
        changes=changes,
        prompts=wording.answer_prompts(prompts),
        total_now=now if now != total else None,
    )


def _rows(
    parts: Sequence[Part], evidence: reasons.Evidence | None, components: Sequence[int]
) -> list[Row]:
    said = {} if evidence is None else reasons.messages(evidence, components)
    rows = []
    for part in parts:
        good, bad = said.get(part.component, (None, None))
        fits = part.points is not None and part.points >= reasons.WEAK
        if fits and part.component in _BOTH_SIDES:
            both = [good, bad]
        else:
            both = [good or bad] if fits else [bad or good]
        rows.append(
            Row(
                component=part.component,
                label=wording.component_label(part.component),
                weight=part.weight,
                points=reasons.shown_points(part.points),
                share=part.share,
                most=part.most,
                note="" if part.points is not None else wording.unjudged_note(part.component),
                evidence=[wording.say([m]) for m in both if m is not None],
            )
        )
    return rows


def _skill_lines(job: Job, evidence: reasons.Evidence | None) -> list[SkillLine]:
    if evidence is None:
        return []
    quotes = {skill.skill_id: skill.quote for skill in job.skills}
    return [
        SkillLine(
            name=naming.skill(asked.skill_id),
            is_required=asked.required,
            credit=asked.credit,
            through=naming.skill(asked.through)
            if asked.through not in {None, asked.skill_id}
            else None,
            quote=quotes.get(asked.skill_id, ""),
        )
        for asked in evidence.skill_match.skills
    ]


def _gate_lines(pair: _Pair | None, job: Job) -> list[GateLine]:
    if pair is None:
        return [GateLine(gettext("The posting is open"), False)]
    closed = pair.closed
    wants_types = bool(pair.profile.employment_types)
    lines = [
        GateLine(gettext("The posting is open"), "expired" not in closed),
        GateLine(gettext("Not hidden by you"), "hidden" not in closed),
        GateLine(gettext("Not a company that you blocked"), "blocked_company" not in closed),
        GateLine(gettext("Not applied to yet"), "applied" not in closed),
    ]
    if wants_types:
        label = gettext("An employment type that you want, or not stated")
        lines.append(GateLine(label, "employment_type" not in closed))
    return [*lines, *gate_lines.lines(pair.profile, pair.jobs, pair.position, job)]
