"""Two to four matches side by side: the same questions asked of each, and where answers differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from jobscore import clock
from jobscore.accounts.models import Profile as ProfileRow
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.jobs import wording as job_words
from jobscore.jobs.models import Job, JobSkill
from jobscore.jobs.pay import YEARLY
from jobscore.matching import gate_lines, naming, reasons, service, wording
from jobscore.matching.gate_lines import GateLine
from jobscore.matching.models import MatchingResult
from jobscore.matching.reasons import Evidence, shown_points, shown_total
from jobscore.scoring import columns, engine
from jobscore.scoring import service as scores
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.pay import in_period, yearly
from jobscore.scoring.policy import COMPONENTS
from jobscore.vocabulary import conditions
from jobscore.web.jinja import day, pay

FEWEST: Final = 2
MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One question and each job's answer: a list of words, empty where nothing is known."""

    label: str
    values: Sequence[Sequence[str]]
    best: frozenset[int] = frozenset()
    """Which of the jobs answer best; empty where none does, or all the same."""

    @property
    def differs(self) -> bool:
        """Tell whether the answers are not all the same."""
        return len({tuple(one) for one in self.values}) > 1


@dataclass(frozen=True, slots=True)
class Side:
    """One job of a comparison."""

    match: MatchingResult
    company: str
    score: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the person and an open job have to do with each other."""

    evidence: Evidence
    gates: Sequence[GateLine]


def own_matches(user_id: int, match_ids: Sequence[int]) -> list[MatchingResult] | None:
    """Return a person's matches in the given order; None where one is not theirs, or held."""
    query = (
        select(MatchingResult)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(
            MatchingResult.user_id == user_id,
            MatchingResult.id.in_(match_ids),
            Job.held_at.is_(None),
        )
        .options(
            joinedload(MatchingResult.job_score),
            joinedload(MatchingResult.job).options(
                selectinload(Job.skills).joinedload(JobSkill.skill),
                selectinload(Job.features),
                joinedload(Job.place),
            ),
        )
    )
    found = {match.id: match for match in cast(Session, db.session()).scalars(query).unique()}
    return [found[each] for each in match_ids] if set(match_ids) == set(found) else None


def sides(matches: Sequence[MatchingResult]) -> list[Side]:
    """Return the heads of the columns."""
    return [
        Side(m, cards.company(m.job), shown_total(scores.total_units(m.job_score))) for m in matches
    ]


def compare(user_id: int, matches: Sequence[MatchingResult], language: str) -> list[Line]:
    """Return every question with the answer of each job, in the order of the matches."""
    judged = _judge(user_id, matches)
    totals = [shown_total(scores.total_units(m.job_score)) for m in matches]
    lines = [
        Line(gettext("Score"), [[str(total)] for total in totals], _highest(totals)),
        *_parts(matches),
        Line(gettext("Pay"), [_words(cards.pay_text(m.job)) for m in matches]),
        _pay_line(user_id, matches),
        Line(gettext("Place"), [_words(m.job.location or "") for m in matches]),
        _distances(judged),
        *(
            Line(label, [_words(answer(m.job)) for m in matches])
            for label, answer in _questions().items()
        ),
        Line(gettext("Skills you have"), [_skills(one, has=True) for one in judged]),
        Line(gettext("Skills missing"), [_skills(one, has=False) for one in judged]),
        Line(gettext("Work style"), [_features(m.job, language) for m in matches]),
        Line(gettext("Conditions"), [_gates(one) for one in judged]),
        Line(gettext("Posted"), [_words(day(m.job.posted_date)) for m in matches]),
        Line(gettext("Open until"), [_open_until(m.job) for m in matches]),
    ]
    return [line for line in lines if any(line.values)]


def _words(text: str) -> list[str]:
    return [text] if text else []


def _highest(numbers: Sequence[int | None]) -> frozenset[int]:
    known = [number for number in numbers if number is not None]
    if len(known) < FEWEST or len(set(known)) < FEWEST:
        return frozenset()
    return frozenset(i for i, number in enumerate(numbers) if number == max(known))


def _parts(matches: Sequence[MatchingResult]) -> list[Line]:
    rows = zip(*(scores.basis_points(m.job_score) for m in matches), strict=True)
    lines = []
    for component, values in zip(COMPONENTS, rows, strict=True):
        points = [shown_points(value) for value in values]
        note = wording.unjudged_note(component)
        said = [[note if one is None else str(one)] for one in points]
        label = gettext("%(part)s: points", part=wording.component_label(component))
        lines.append(Line(label, said, _highest(points)))
    return lines


def _pay_line(user_id: int, matches: Sequence[MatchingResult]) -> Line:
    """Return the pay of each in the person's own unit, by the year where they named none."""
    row = cast(Session, db.session()).get(ProfileRow, user_id)
    wished = row.pay_period if row else None
    unit = wished if wished in YEARLY and wished else "year"
    said, most = [], []
    for match in matches:
        job = match.job
        period = str(job.salary_period) if job.salary_period else None
        bounds = [yearly(amount, period) for amount in (job.salary_min, job.salary_max)]
        low, high = (in_period(one, unit) if one >= 0 else None for one in bounds)
        said.append(_words(pay(low, high, job.salary_currency, unit)))
        most.append(max(bounds) if max(bounds) >= 0 else None)
    is_comparable = len({m.job.salary_currency for m in matches if m.job.salary_currency}) == 1
    return Line(
        gettext("Pay in one unit, roughly"), said, _highest(most) if is_comparable else frozenset()
    )


def _questions() -> dict[str, Callable[[Job], str]]:
    return {
        gettext("Remote work"): lambda job: str(job_words.REMOTE[job.remote]) if job.remote else "",
        gettext("Employment"): cards.employment,
        gettext("Experience"): cards.years,
        gettext("Industry"): lambda job: job.industry or "",
    }


def _judge(user_id: int, matches: Sequence[MatchingResult]) -> list[_Judged | None]:
    """Bring the person together with each job; None for those that are not open."""
    policy = scores.active_policy()
    jobs = columns.job_frame(policy)
    profile = service.profile_of(user_id, policy)
    found: list[_Judged | None] = []
    for match in matches:
        if profile is None or match.job_id not in jobs.positions:
            found.append(None)
            continue
        one = narrow(jobs, [jobs.positions[match.job_id]])
        judgement = engine.judge(profile, one, policy)
        evidence = reasons.gather_evidence(profile, one, [0], judgement.policy)[0]
        found.append(_Judged(evidence, gate_lines.lines(profile, one, 0, match.job)))
    return found


def _distances(judged: Sequence[_Judged | None]) -> Line:
    metres = [one.evidence.location.metres if one else None for one in judged]
    said = [
        _words("" if m is None else gettext("%(km)s km", km=max(1, round(m / 1000))))
        for m in metres
    ]
    return Line(
        gettext("Distance from the nearest home"),
        said,
        _highest([None if m is None else -max(1, round(m / 1000)) for m in metres]),
    )


def _skills(judged: _Judged | None, *, has: bool) -> list[str]:
    if judged is None:
        return []
    asked = judged.evidence.skill_match.skills
    found = [naming.skill(one.skill_id) for one in asked if (one.credit > 0) == has]
    return found or ([gettext("None")] if asked else [])


def _features(job: Job, language: str) -> list[str]:
    return [
        job_words.feature(one.feature, language)
        for one in job.features
        if one.is_stated and not conditions.is_condition(one.feature)
    ]


def _gates(judged: _Judged | None) -> list[str]:
    if judged is None:
        return []
    words: dict[bool | None, Callable[[str], str]] = {
        True: lambda label: gettext("Passed: %(label)s", label=label),
        False: lambda label: gettext("Not passed: %(label)s", label=label),
        None: lambda label: gettext("Not known: %(label)s", label=label),
    }
    return [words[one.passes](one.label) for one in judged.gates]


def _open_until(job: Job) -> list[str]:
    if not search.is_open_at(job, clock.now()):
        return [gettext("Closed")]
    return _words(day(job.expires_at))
