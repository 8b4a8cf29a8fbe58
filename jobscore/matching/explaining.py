"""How one score came about, in words: parts that add up, evidence, what would change it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import numpy as np
from flask_babel import gettext
from sqlalchemy.orm import Session

from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import (
    complaint_inputs,
    gate_lines,
    gates,
    marked_posting,
    naming,
    reasons,
    service,
    wording,
)
from jobscore.matching.complaint_inputs import Inputs
from jobscore.matching.gate_lines import GateLine
from jobscore.matching.marked_posting import MarkedPosting
from jobscore.matching.models import MatchingResult
from jobscore.matching.opening import count_openings
from jobscore.matching.reasons import Evidence, Message, Part, Posting
from jobscore.scoring import columns, engine
from jobscore.scoring import service as scores
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import COMPONENTS, Component, Policy

#: Parts of which something can fit and something else be missing at the same time.
_BOTH_SIDES = frozenset({Component.SKILL_MATCH, Component.CULTURE_FIT})


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
    details: Sequence[str] = ()
    """What exactly was compared, and of what its points are made."""


@dataclass(frozen=True, slots=True)
class SkillLine:
    """One skill that the job asks for, and what the person brings."""

    skill_id: int
    name: str
    is_required: bool
    credit: int
    """Percent; 0 is missing."""
    through: str | None
    """Another skill of the person that gives the credit."""
    quote: str
    opens: str = ""
    """How many more jobs it would open, as a sentence; empty where none."""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What would change the score, from what to what."""

    sentence: str
    before: int | None
    """0..100; None: no number is shown now."""
    total: int
    """0..100 after the change."""


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
    posting: MarkedPosting | None = None
    """The posting with its evidence marked; None where nobody asked for it."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A person and an open job, ready to be explained."""

    profile: Profile
    policy: Policy
    jobs: JobFrame
    """All open jobs."""
    one: JobFrame
    """The job alone."""
    gates: Gates
    posting: Posting
    evidence: Evidence
    components: tuple[int, ...]
    """As they are now, basis points."""
    total: int | None
    """0..100 as it is now; None: too little is known for a number."""
    closed: frozenset[str] = field(default_factory=frozenset)
    """The gates that keep the job out."""


def _session() -> Session:
    return cast(Session, db.session())


def explain_match(match: MatchingResult, *, suggests: bool = True) -> Explanation:
    """Explain a match with the numbers that were stored; evidence is of the posting as it is now.

    Where profile or posting have changed since, `total_now` says what the score would be today.
    `suggests` adds what would change it, what a missing skill would open, and the marked posting.
    """
    stored = match.job_score
    policy = scores.policy_of(stored.scoring_algorithm_version)
    return _explain(
        _pair(match.user_id, match.job, policy, match.matched_at),
        job=match.job,
        components=scores.basis_points(stored),
        weights=scores.weights_of(stored, policy),
        policy=policy,
        has_own_weights=bool(stored.weights),
        reason=wording.reason_text(match.recommendation_reason),
        suggests=suggests,
    )


def explain_job(
    user_id: int, job_id: int, seen_before: datetime | None = None, *, suggests: bool = True
) -> Explanation | None:
    """Explain how an open job scores for a person now; None when it is not open.

    `seen_before` leaves out what the person looked at since, to compare with a stored score.
    """
    policy = scores.active_policy()
    job = _session().get(Job, job_id)
    pair = None if job is None else _pair(user_id, job, policy, seen_before)
    if pair is None or job is None:
        return None
    return _explain(
        pair,
        job=job,
        components=pair.components,
        weights=policy.with_own_weights(pair.profile.weights).weights,
        policy=policy,
        has_own_weights=pair.profile.weights is not None,
        reason="",
        suggests=suggests,
    )


def inputs_of_match(match: MatchingResult) -> Inputs:
    """Return what the shown score of a match was made of, the parts as they were stored."""
    stored = match.job_score
    policy = scores.policy_of(stored.scoring_algorithm_version)
    pair = _pair(match.user_id, match.job, policy, match.matched_at)
    return complaint_inputs.inputs_of(
        match.job,
        pair.profile if pair else None,
        pair.evidence if pair else None,
        scores.basis_points(stored),
        scores.weights_of(stored, policy),
        reasons.shown_total(scores.total_units(stored)),
        policy.version,
    )


def inputs_now(user_id: int, job: Job, seen_before: datetime | None = None) -> Inputs:
    """Return what a person's score of a job would be made of now, by the live policy."""
    policy = scores.active_policy()
    pair = _pair(user_id, job, policy, seen_before)
    components = pair.components if pair else (-1,) * len(COMPONENTS)
    own = policy.with_own_weights(pair.profile.weights) if pair else policy
    return complaint_inputs.inputs_of(
        job,
        pair.profile if pair else None,
        pair.evidence if pair else None,
        components,
        own.weights,
        pair.total if pair else None,
        policy.version,
    )


def _pair(user_id: int, job: Job, policy: Policy, seen_before: datetime | None) -> _Pair | None:
    """Bring a person and a job together; None when the job is not open or there is no profile."""
    jobs = columns.job_frame(policy)
    profile = service.profile_of(user_id, policy, seen_before)
    if profile is None or job.id not in jobs.positions:
        return None
    one = narrow(jobs, [jobs.positions[job.id]])
    judgement = engine.judge(profile, one, policy)
    today = scores.today()
    closed = gates.gates_of([user_id], today).get(user_id, Gates(today=today.toordinal()))
    return _Pair(
        profile=profile,
        policy=policy,
        jobs=jobs,
        one=one,
        gates=closed,
        posting=posting_of(job),
        evidence=reasons.gather_evidence(profile, one, [0], judgement.policy)[0],
        components=tuple(engine.components_at(judgement, one, np.array([0]))[0].tolist()),
        total=reasons.shown_total(int(judgement.totals()[0])) if judgement.shown()[0] else None,
        closed=frozenset(k for k, found in closed.closed(profile, one).items() if len(found)),
    )


def posting_of(job: Job) -> Posting:
    """Return what an explanation quotes of a job."""
    period = None if job.salary_period is None else str(job.salary_period)
    return Posting(job.title, job.description or "", period)


def _explain(
    pair: _Pair | None,
    *,
    job: Job,
    components: Sequence[int],
    weights: Sequence[int],
    policy: Policy,
    has_own_weights: bool,
    reason: str,
    suggests: bool,
) -> Explanation:
    parts = reasons.parts_table(components, weights)
    judged = sum(w for w, c in zip(weights, components, strict=True) if c >= 0)
    ranked = sum(
        w * (c if c >= 0 else policy.neutral) for w, c in zip(weights, components, strict=True)
    )
    is_shown = judged >= max(1, policy.coverage_floor)
    total = sum(part.share for part in parts) if is_shown else None
    return Explanation(
        job=job,
        total=total,
        rows=_rows(parts, pair, components),
        judged=judged,
        rank_total=(ranked + 5_000) // 10_000,
        neutral=policy.neutral // 100,
        confidence=reasons.confidence(pair.evidence, components, weights) if pair else None,
        has_own_weights=has_own_weights,
        version=policy.version,
        reason=reason,
        skills=_skill_lines(job, pair, suggests),
        gates=_gate_lines(pair, job),
        changes=_change_lines(pair) if pair and suggests else [],
        prompts=wording.answer_prompts(
            reasons.helpful_answers(pair.profile, policy) if pair else []
        ),
        total_now=pair.total if pair and pair.total != total else None,
        posting=_marked(job, pair) if suggests else None,
    )


def _marked(job: Job, pair: _Pair | None) -> MarkedPosting:
    if pair is None:
        return marked_posting.mark_posting(job)
    told = reasons.work_messages(pair.profile, pair.one, 0, pair.policy, pair.posting)
    words = [word for m in told if m.id.startswith("title_") for word in m.numbers.get("words", ())]
    return marked_posting.mark_posting(job, pair.evidence, words)


def _rows(parts: Sequence[Part], pair: _Pair | None, components: Sequence[int]) -> list[Row]:
    said = {} if pair is None else reasons.messages(pair.evidence, components)
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
                details=_details(pair, part, components),
            )
        )
    return rows


def _details(pair: _Pair | None, part: Part, components: Sequence[int]) -> list[str]:
    """Say which title and which words were compared, and of what the points are made.

    Only where the stored points are those of today: else they were made of something else.
    """
    is_work = part.component is Component.SKILL_MATCH and part.points is not None
    if pair is None or not is_work or pair.components[0] != components[0]:
        return []
    told: list[Message] = reasons.work_messages(
        pair.profile, pair.one, 0, pair.policy, pair.posting
    )
    made_of = reasons.sources(pair.profile, pair.one, 0, pair.policy, part.share)
    return [wording.say([m]) for m in told] + wording.made_of(made_of)


def _skill_lines(job: Job, pair: _Pair | None, suggests: bool) -> list[SkillLine]:
    if pair is None:
        return []
    asked = pair.evidence.skill_match.skills
    missing = [skill.skill_id for skill in asked if not skill.credit]
    opens: dict[int, str] = {}
    if suggests and missing and pair.policy == scores.active_policy():
        # what was looked at since counts here, as on the page of all skills
        person = service.profile_of(pair.profile.user_id, pair.policy) or pair.profile
        opened = count_openings(person, pair.gates, pair.jobs, pair.policy, missing)
        opens = {line.skill_id: line.sentence for line in opened.skills}
    quotes = {skill.skill_id: skill.quote for skill in job.skills}
    return [
        SkillLine(
            skill_id=skill.skill_id,
            name=naming.skill(skill.skill_id),
            is_required=skill.required,
            credit=skill.credit,
            through=naming.skill(skill.through)
            if skill.through not in {None, skill.skill_id}
            else None,
            quote=quotes.get(skill.skill_id, ""),
            opens=opens.get(skill.skill_id, ""),
        )
        for skill in asked
    ]


def _change_lines(pair: _Pair) -> list[ChangeLine]:
    found = reasons.changes(pair.profile, pair.one, 0, pair.policy, pair.posting)
    return [ChangeLine(wording.say([c.message]), c.before, c.after) for c in found]


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
    return [*lines, *gate_lines.lines(pair.profile, pair.one, 0, job)]
