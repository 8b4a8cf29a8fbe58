"""Why a job was chosen: parts that add up, evidence, one or two sentences, what would change it.

Pure. Everything is message ids with numbers, so that page and letter say the same thing in the
reader's language; the words stand in `jobscore.matching.wording`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np

from jobscore.scoring import engine
from jobscore.scoring.components import culture_fit, experience, location, salary, skill_match
from jobscore.scoring.engine import Judgement
from jobscore.scoring.frames import JobFrame, Profile, Remote, RemoteWish, narrow
from jobscore.scoring.pay import in_period
from jobscore.scoring.policy import COMPONENTS, FULL, TOTAL_SCALE, UNJUDGED, Component, Policy

VERSION: Final = 1
STRONG: Final = 7_000
"""Points of skill coverage from which “everything” may be said."""
FAIR: Final = 5_000
"""Points from which a part may lead the reason."""
WEAK: Final = 4_000
"""Points below which a part may be the caution."""
NAMED: Final = 3
"""At most so many skills or features are named in one sentence."""
CHANGES: Final = 3

Scalar = int | str | list[int] | list[str]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be said: its id and its numbers (skill ids and feature codes included)."""

    id: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the parts table."""

    component: Component
    weight: int
    """Whole percent."""
    points: int | None
    """0..10,000; None: could not be judged, and left out of the total."""
    share: int
    """Whole points that it gives to the shown total; all shares add up to it exactly."""
    most: int
    """Whole points that it could have given."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What every component compared for one job."""

    skill_match: skill_match.Evidence
    location: location.Evidence
    salary: salary.Evidence
    experience: experience.Evidence
    culture_fit: culture_fit.Evidence


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the profile that would raise this job's total, and to what."""

    message: Message
    total: int
    """0..1,000,000 after the change."""
    effort: int
    """How large the change is, smaller is easier."""


def shown_total(total: int) -> int:
    """Return the whole number 0..100 that is shown, rounded half up."""
    return (total + TOTAL_SCALE // 2) // TOTAL_SCALE


def shown_points(points: int | None) -> int | None:
    """Return a component as the whole number 0..100 that is shown; None stays None."""
    return None if points is None or points < 0 else (points + 50) // 100


def _apportion(numerators: Sequence[int], divisor: int, target: int) -> list[int]:
    """Round down each numerator/divisor and give what is missing to the largest remainders."""
    shares = [n // divisor for n in numerators]
    order = sorted(range(len(shares)), key=lambda i: (-(numerators[i] % divisor), i))
    for i in order[: target - sum(shares)]:
        shares[i] += 1
    return shares


def parts_table(components: Sequence[int | None], weights: Sequence[int]) -> list[Part]:
    """Return the five rows; their shares add up exactly to the shown total.

    `components` are 0..10,000, None or -1 where not judged, in the order of COMPONENTS.
    """
    points = [UNJUDGED if c is None else c for c in components]
    judged = [w if p >= 0 else 0 for p, w in zip(points, weights, strict=True)]
    whole = sum(judged)
    if not whole:
        return [Part(c, w, None, 0, 0) for c, w in zip(COMPONENTS, weights, strict=True)]
    worth = [w * max(p, 0) for p, w in zip(points, judged, strict=True)]
    total = (sum(worth) * 200 + whole) // (2 * whole)
    shares = _apportion(worth, whole * 100, shown_total(total))
    most = _apportion([w * FULL for w in judged], whole * 100, 100)
    return [
        Part(c, w, None if p < 0 else p, share, top)
        for c, w, p, share, top in zip(COMPONENTS, weights, points, shares, most, strict=True)
    ]


def gather_evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return what was compared for each of the jobs, for all of them in one pass."""
    columns = [
        part.evidence(profile, jobs, positions, policy)
        for part in (skill_match, location, salary, experience, culture_fit)
    ]
    return [Evidence(*row) for row in zip(*columns, strict=True)]


def confidence(evidence: Evidence, components: Sequence[int], weights: Sequence[int]) -> int:
    """Return 0..100: coverage times the quality of the evidence behind each judged part.

    Skills and title both known count full, one of them 80; a distance counts full, a region 60;
    one end of a pay range 90; work style by the share of ticked features that are mentioned.
    """
    skill, place, style = evidence.skill_match, evidence.location, evidence.culture_fit
    ticked = len(style.stated) + len(style.denied) + len(style.unsaid)
    quality = {
        Component.SKILL_MATCH: 100 if skill.coverage >= 0 and skill.closeness >= 0 else 80,
        Component.LOCATION: 60 if place.rule in {"region", "elsewhere", "seen"} else 100,
        Component.SALARY: 90 if evidence.salary.low == evidence.salary.high else 100,
        Component.EXPERIENCE: 100,
        Component.CULTURE_FIT: (len(style.stated) + len(style.denied)) * 100 // max(1, ticked),
    }
    known = zip(COMPONENTS, components, weights, strict=True)
    return (sum(w * quality[c] for c, p, w in known if p >= 0) + 50) // 100


def _kilometres(metres: int | None) -> int:
    return 0 if metres is None else (metres + 500) // 1_000


def _skill_messages(evidence: Evidence) -> tuple[Message | None, Message | None]:
    found = evidence.skill_match
    matched = [s.skill_id for s in found.skills if s.credit >= WEAK // 100 and s.through]
    missing = [s.skill_id for s in found.skills if not s.credit and s.required]
    count = {"matched": len(matched), "asked": len(found.skills)}
    good: Message | None = None
    if found.coverage >= STRONG and matched and len(matched) == len(found.skills):
        good = Message("skills_all", {"skills": matched[:NAMED], **count})
    elif matched and found.coverage >= WEAK:
        good = Message("skills_some", {"skills": matched[:NAMED], **count})
    elif found.title is not None and found.closeness >= WEAK:
        good = Message("title_close", {"title": found.title})
    bad = Message("skills_missing", {"skills": missing[:NAMED]}) if missing else None
    return good, bad if found.coverage >= 0 else None


def _location_messages(evidence: Evidence) -> tuple[Message | None, Message | None]:
    place, km = evidence.location, _kilometres(evidence.location.metres)
    good = {
        "remote": Message("remote"),
        "same_place": Message("same_place"),
        "move": Message("move"),
        "seen": Message("seen_place"),
        "region": Message("same_region"),
        "distance": Message("near", {"km": max(1, km)}),
    }.get(place.rule)
    bad = {
        "not_remote": Message("not_remote"),
        "elsewhere": Message("elsewhere"),
        "distance": Message("far", {"km": km}),
    }.get(place.rule)
    return good, bad


def _salary_messages(evidence: Evidence, points: int) -> tuple[Message | None, Message | None]:
    pay = evidence.salary
    if not pay.comparable:
        return None, None
    above = (pay.low - pay.wish) * 100 // pay.wish
    short = -((pay.high - pay.wish) * 100 // pay.wish)
    if points >= FULL:
        good = Message("pay_above", {"percent": above}) if above >= 5 else Message("pay_meets")
        return good, None
    if pay.high >= pay.wish:
        return Message("pay_reaches"), None
    return None, Message("pay_below", {"percent": short})


def _experience_messages(evidence: Evidence) -> tuple[Message | None, Message | None]:
    found = evidence.experience
    if found.anyone:
        return Message("anyone_welcome"), None
    short = found.low_tenths - found.own_tenths
    bad = Message("years_short", {"asked": found.low_tenths // 10}) if short > 0 else None
    if bad is None and found.asked_level > found.own_level >= 0:
        bad = Message("level_short")
    return (None if bad else Message("experience_fits")), bad


def _style_messages(evidence: Evidence) -> tuple[Message | None, Message | None]:
    style = evidence.culture_fit
    good = Message("style_fits", {"features": list(style.stated[:NAMED])}) if style.stated else None
    bad = Message("style_denied", {"features": list(style.denied[:NAMED])})
    return good, bad if style.denied else None


def messages(
    evidence: Evidence, components: Sequence[int]
) -> dict[Component, tuple[Message | None, Message | None]]:
    """Return, per judged component, what speaks for the job and what against it."""
    points = dict(zip(COMPONENTS, (int(c) for c in components), strict=True))
    found = {
        Component.SKILL_MATCH: _skill_messages(evidence),
        Component.LOCATION: _location_messages(evidence),
        Component.SALARY: _salary_messages(evidence, points[Component.SALARY]),
        Component.EXPERIENCE: _experience_messages(evidence),
        Component.CULTURE_FIT: _style_messages(evidence),
    }
    return {c: pair for c, pair in found.items() if points[c] >= 0}


def reason(evidence: Evidence, components: Sequence[int], weights: Sequence[int]) -> list[Message]:
    """Return what is said in list and letter: the best point, then a caution or a second point.

    The work itself leads where it fits; else the part that adds most. A caution is said when a
    part that weighs at least a tenth is weak.
    """
    said = messages(evidence, components)
    points = {c: int(p) for c, p in zip(COMPONENTS, components, strict=True)}
    weight = dict(zip(COMPONENTS, weights, strict=True))

    def gain(component: Component) -> int:
        return weight[component] * (points[component] - WEAK)

    good = [c for c in said if said[c][0] is not None and points[c] >= FAIR]
    good.sort(key=lambda c: (c is not Component.SKILL_MATCH, -gain(c)))
    weak = [c for c in said if said[c][1] is not None and points[c] < WEAK and weight[c] >= 10]
    chosen = [said[c][0] for c in good[:1]]
    if weak:
        chosen.append(said[min(weak, key=gain)][1])
    elif len(good) > 1:
        chosen.append(said[good[1]][0])
    return [m for m in chosen if m is not None] or [Message("best_known")]


def to_text(reasons: Sequence[Message]) -> str:
    """Return the JSON text that `recommendation_reason` keeps."""
    data = {"v": VERSION, "m": [{"id": m.id, **dict(m.numbers)} for m in reasons]}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_text(text: str | None) -> list[Message]:
    """Read what `to_text` wrote; an empty list for None or text of another kind."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return []
    entries = data.get("m", []) if isinstance(data, dict) else []
    return [Message(e["id"], {k: v for k, v in e.items() if k != "id"}) for e in entries]


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence as plain JSON values."""
    return asdict(evidence)


def helpful_answers(profile: Profile, policy: Policy) -> list[Component]:
    """Return the parts about which the profile is silent, the weightiest first.

    This is what a page asks for when too little is known for a number.
    """
    silent = {
        Component.SKILL_MATCH: not (profile.title_words() or profile.skills),
        Component.LOCATION: not (profile.homes or profile.move_to)
        and profile.remote is not RemoteWish.ONLY,
        Component.SALARY: salary.wish_of(profile) < 0,
        Component.EXPERIENCE: profile.years is None and profile.level is None,
        Component.CULTURE_FIT: not profile.features,
    }
    weights = policy.with_own_weights(profile.weights)
    return sorted((c for c in COMPONENTS if silent[c]), key=lambda c: -weights.weight(c))


def changes(judgement: Judgement, jobs: JobFrame, position: int, policy: Policy) -> list[Change]:
    """Return up to three smallest profile changes that would raise this job's total.

    Each candidate is scored anew with the changed profile, so the total said is the total that
    saving the change would give. Sorted by effort, then by the gain.
    """
    job = narrow(jobs, [position])
    profile = judgement.profile
    now = int(judgement.totals(np.array([position]))[0])
    evidence = gather_evidence(profile, jobs, [position], judgement.policy)[0]
    found = []
    for effort, message, changed in _candidates(profile, job, evidence, policy):
        after = engine.judge(changed, job, policy)
        total = int(after.totals()[0])
        if shown_total(total) > shown_total(now) and bool(after.shown()[0]):
            found.append(Change(message, total, effort))
    return sorted(found, key=lambda c: (c.effort, -c.total, c.message.id))[:CHANGES]


def _candidates(
    profile: Profile, job: JobFrame, evidence: Evidence, policy: Policy
) -> list[tuple[int, Message, Profile]]:
    """Return (effort, message, changed profile) of everything a person could change."""
    found: list[tuple[int, Message, Profile]] = []

    def offer(effort: int, message: Message, **changed: Any) -> None:
        found.append((effort, message, replace(profile, **changed)))

    stated = int(job.styles.stated[0])
    said = [f for f, bit in sorted(job.styles.bits.items()) if stated >> bit & 1]
    new = [f for f in said if f not in profile.features][:NAMED]
    if new:
        ticked = profile.features | frozenset(new)
        offer(1, Message("tick_features", {"features": new}), features=ticked)
    if profile.remote is RemoteWish.NO and int(job.sites.remote[0]) == Remote.FULLY:
        offer(1, Message("accept_remote"), remote=RemoteWish.OK)
    if profile.remote is RemoteWish.ONLY:
        offer(3, Message("accept_commute"), remote=RemoteWish.OK)
    region = {number: code for code, number in job.sites.region_ids.items()}
    code = region.get(int(job.sites.region[0]))
    km = _kilometres(evidence.location.metres)
    half = location.half_distance(profile, policy)
    if evidence.location.rule == "distance" and half < km <= 100:
        offer(3, Message("go_further", {"km": km}), half_distance_km=km)
    if evidence.location.rule in {"distance", "elsewhere"} and km > 100 and code:
        offer(5, Message("would_move"), move_to=profile.move_to | {code})
    pay = evidence.salary
    if pay.comparable and pay.high < pay.wish and profile.pay_period:
        wish = in_period(pay.high, profile.pay_period)
        terms = {"amount": int(wish), "period": profile.pay_period, "currency": pay.currency}
        offer(3, Message("lower_wish", terms), pay_wish=wish)
    for skill in evidence.skill_match.skills:
        if skill.credit < 100:
            has_it = skill.through == skill.skill_id
            name = "deepen_skill" if has_it else "add_skill"
            message = Message(name, {"skills": [skill.skill_id]})
            offer(2 if has_it else 4, message, skills={**profile.skills, skill.skill_id: 3})
    asked = evidence.experience
    if 0 <= asked.own_tenths < asked.low_tenths:
        years = asked.low_tenths / 10
        offer(5, Message("more_years", {"years": asked.low_tenths // 10}), years=years)
    return found
