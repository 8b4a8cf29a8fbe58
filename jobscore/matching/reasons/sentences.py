"""What speaks for a job and what against it: message ids with numbers, words stand elsewhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jobscore.matching.reasons.evidence import Evidence
from jobscore.scoring.policy import COMPONENTS, FULL, Component

VERSION: Final = 1
STRONG: Final = 7_000
"""Points of skill coverage from which “everything” may be said."""
FAIR: Final = 5_000
"""Points from which a part may lead the reason."""
WEAK: Final = 4_000
"""Points below which a part may be the caution."""
NAMED: Final = 3
"""At most so many skills or features are named in one sentence."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be said: its id and its numbers (skill ids and feature codes included)."""

    id: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


def kilometres(metres: int | None) -> int:
    """Return whole kilometres, rounded half up; 0 when the distance is not known."""
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
    place, km = evidence.location, kilometres(evidence.location.metres)
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
