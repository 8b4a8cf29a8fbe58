"""The scoring policy: every weight, floor and parameter of a score, in one versioned value.

Pure: neither Flask nor a database. Points are basis points (0..10,000); weights are whole
percent that add up to 100; everything is an integer so that every engine gives the same bits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

FULL: Final = 10_000
"""Basis points of a component that fits completely."""
UNJUDGED: Final = -1
"""The points of a component that could not be judged."""
TOTAL_SCALE: Final = 10_000
"""Units of a total in one shown point: totals run 0..1,000,000 and are shown 0..100."""


MOST_SLOTS: Final = 40
"""Most jobs of a list: as many as the engine proves best, and as an inbox shows uncut."""
SLOTS: Final = (
    "slots_picks",
    "slots_near",
    "slots_close",
    "slots_pays_well",
    "slots_new",
    "slots_worth_a_look",
)
"""The parameters that say how many jobs each section may claim, in the order of claim."""


class Component(StrEnum):
    """The five parts of a score, in the order in which they are stored and shown."""

    SKILL_MATCH = "skill_match"
    LOCATION = "location"
    SALARY = "salary"
    EXPERIENCE = "experience"
    CULTURE_FIT = "culture_fit"


COMPONENTS: Final[tuple[Component, ...]] = tuple(Component)


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One thing wrong with a policy: which field, a code for the sentence, and its numbers."""

    where: str
    code: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)


class PolicyError(ValueError):
    """A policy or a person's own weights break the rules; `problems` names each breach."""

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.where}: {p.code} {dict(p.numbers)}" for p in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The numbers inside the components; units stand beside each."""

    title_formula: int = 1
    """How titles are compared, a number of `titles.TitleFormula`: 1 plain, 2 balanced."""
    seen_title_percent: int = 100
    """Percent of its likeness that the title of a job seen before counts."""
    seen_alone_percent: int = 100
    """Percent that title closeness counts where only jobs seen before speak for a person; the
    rest counts as the neutral points."""
    employer_share: int = 0
    """Percent of a title's closeness that title and employer together give. Above 0, jobs seen
    before are compared by both together; 0, or no posting that names one, leaves them unread."""
    semantic_share: int = 0
    """Percent of the likeness of two titles that their meaning gives; above 0 needs the extra
    `semantic`."""
    text_share: int = 0
    """Percent that the beginning of a posting's text gives of closeness where it is closer than
    the title alone; 0 leaves texts unread."""
    cv_share: int = 0
    """Percent of title closeness that likeness of a person's own text to a whole posting gives
    where both are known; where only the text is, all. 0 leaves such texts unread."""
    popularity_share: int = 0
    """Percent of skill_match that how many people looked at a job gives, for a person who looked
    at none and named little; 0 counts nobody."""
    popularity_half: int = 20
    """People at whom popularity gives half its points."""
    popularity_wishes: int = 5
    """Most titles and skills together with which a person still named little."""
    popularity_days: int = 30
    """Days for which it counts that somebody looked at a job."""
    title_share: int = 50
    """Percent of skill_match that title closeness gives where skills are judged too."""
    required_weight: int = 3
    """How much a required skill counts, times its rarity."""
    nice_weight: int = 1
    """How much a nice-to-have skill counts, times its rarity."""
    level_credit: tuple[int, int, int, int, int] = (60, 80, 100, 100, 100)
    """Percent of a skill's worth for the person's level 1..5 in it."""
    narrower_credit: int = 80
    """Percent when the person has a narrower skill than the one asked (Flask for Python)."""
    broader_credit: int = 50
    """Percent when the person has a broader skill than the one asked (Python for Flask)."""
    family_credit: int = 30
    """Percent when the person has another skill of the same family."""
    half_distance_km: int = 20
    """Distance that halves the location points, unless the person set their own."""
    region_points: int = 3_000
    """Location points when only the prefecture or state is known, and it is the person's."""
    move_points: int = 8_000
    """Least location points in a region to which the person would move."""
    seen_place_percent: int = 90
    """Percent of the location points that places of jobs seen before can give."""
    seen_places_averaged: int = 0
    """1: the mean of the nearest home and the places seen last counts; 0: the best of them."""
    hybrid_points: int = 5_000
    """Location points of partly remote work for someone who wants only remote work."""
    salary_zero_shortfall: int = 40
    """Percent below the wish at which the salary points reach nothing."""
    year_short_loss: int = 2_500
    """Experience points lost for each year below what is asked."""
    year_over_loss: int = 300
    """Experience points lost for each year above the most that is asked."""
    over_floor: int = 6_000
    """Experience points that too much experience never goes below."""
    level_short_points: tuple[int, int] = (5_000, 1_500)
    """Experience points one and two levels below the asked one; further below gives 0."""
    level_over_loss: int = 1_500
    """Experience points lost for each level above the asked one."""
    pays_well_percent: int = 120
    """Percent of the area's median for that work from which a job pays well."""
    close_km: int = 15
    """Distance up to which a job is close to home."""
    new_days: int = 7
    """Days for which a posting is new."""
    usual_closeness: int = 3_000
    """Title closeness below which work is outside a person's usual."""
    slots_picks: int = 5
    """Most jobs under today's picks. The sections claim in this order, and all of them together
    have at most `MOST_SLOTS`; what a section cannot fill itself is filled from the next best."""
    slots_near: int = 10
    """Most jobs under near you."""
    slots_close: int = 8
    """Most jobs under close to home."""
    slots_pays_well: int = 7
    """Most jobs under pays well or pays daily."""
    slots_new: int = 5
    """Most jobs under new this week."""
    slots_worth_a_look: int = 5
    """Most jobs under worth a look."""
    per_company: int = 3
    """Most jobs of one company in a list."""

    @property
    def slots(self) -> int:
        """How many jobs a list holds at most: all sections together."""
        return sum(getattr(self, name) for name in SLOTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the scoring rules. Immutable; a change is a new version."""

    version: str = "1.0"
    weights: tuple[int, int, int, int, int] = (35, 30, 15, 10, 10)
    """Whole percent per component, in the order of `COMPONENTS`; they add up to 100."""
    coverage_floor: int = 35
    """Percent of the weight that must be judged before a number is shown."""
    neutral: int = 4_000
    """Basis points at which an unjudged part counts for the order, never for the total."""
    minimum_total: int = 25
    """Points (0..100) below which a job is never chosen for a person."""
    bounds: tuple[tuple[int, int], ...] = ((10, 60), (5, 60), (0, 50), (0, 40), (0, 40))
    """Lowest and highest own weight a person may set, per component."""
    parameters: Parameters = field(default_factory=Parameters)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise PolicyError(problems)

    def weight(self, component: Component) -> int:
        """Return the weight of one component in whole percent."""
        return self.weights[COMPONENTS.index(component)]

    def with_own_weights(self, own: Sequence[int] | None) -> "Policy":
        """Return this policy with a person's own weights; None leaves it as it is.

        Raises PolicyError when a weight lies outside the bounds or they do not add up to 100.
        """
        if own is None:
            return self
        problems = list(_weight_problems(tuple(own)))
        if not problems:
            for component, weight, (low, high) in zip(COMPONENTS, own, self.bounds, strict=True):
                if not low <= weight <= high:
                    numbers = {"low": low, "high": high, "value": weight}
                    problems.append(PolicyProblem(component, "outside_bounds", numbers))
        if problems:
            raise PolicyError(problems)
        skill, location, salary, experience, style = own
        return replace(self, weights=(skill, location, salary, experience, style))

    def to_json(self) -> dict[str, Any]:
        """Return the policy as plain JSON values, weights and bounds by component name."""
        data = asdict(self)
        names = [str(c) for c in COMPONENTS]
        data["weights"] = dict(zip(names, self.weights, strict=True))
        data["bounds"] = {n: list(b) for n, b in zip(names, self.bounds, strict=True)}
        data["parameters"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in data["parameters"].items()
        }
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Policy":
        """Build a policy from `to_json` values; fields that are not named keep their default.

        Raises PolicyError for unknown fields, wrong types and broken rules.
        """
        if not isinstance(data, Mapping):
            raise PolicyError([PolicyProblem("policy", "not_a_mapping")])
        known = {f.name for f in fields(cls)}
        inner = data.get("parameters", {})
        problems = [PolicyProblem(str(k), "unknown_field") for k in data if k not in known]
        if not isinstance(inner, Mapping):
            raise PolicyError([*problems, PolicyProblem("parameters", "not_a_mapping")])
        names = {f.name for f in fields(Parameters)}
        problems += [PolicyProblem(str(k), "unknown_field") for k in inner if k not in names]
        values: dict[str, Any] = {k: v for k, v in data.items() if k in known}
        for name in ("weights", "bounds"):
            if name in values:
                values[name] = _by_component(name, values[name], problems)
        if problems:
            raise PolicyError(problems)
        parameters: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in inner.items()
        }
        return cls(**values | {"parameters": Parameters(**parameters)})


def _by_component(name: str, value: object, problems: list[PolicyProblem]) -> tuple[Any, ...]:
    if not isinstance(value, Mapping) or set(value) != set(COMPONENTS):
        problems.append(PolicyProblem(name, "needs_every_component"))
        return ()
    return tuple(tuple(v) if isinstance(v, list) else v for v in (value[c] for c in COMPONENTS))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _between(name: str, value: object, low: int, high: int) -> list[PolicyProblem]:
    if not isinstance(value, int) or isinstance(value, bool):
        return [PolicyProblem(name, "not_a_whole_number")]
    if not low <= value <= high:
        return [PolicyProblem(name, "out_of_range", {"low": low, "high": high, "value": value})]
    return []


def _weight_problems(weights: tuple[Any, ...]) -> list[PolicyProblem]:
    if len(weights) != len(COMPONENTS):
        return [PolicyProblem("weights", "needs_every_component")]
    found = [p for c, w in zip(COMPONENTS, weights, strict=True) for p in _between(c, w, 0, 100)]
    if not found and sum(weights) != 100:
        found.append(PolicyProblem("weights", "sum_is_not_100", {"sum": sum(weights)}))
    return found


_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "level_credit": (0, 100),
    "title_formula": (1, 2),
    "text_share": (0, 100),
    "semantic_share": (0, 100),
    "popularity_share": (0, 50),
    "popularity_half": (1, 10_000),
    "popularity_wishes": (0, 100),
    "popularity_days": (1, 365),
    "cv_share": (0, 100),
    "employer_share": (0, 100),
    "seen_alone_percent": (0, 100),
    "seen_title_percent": (0, 100),
    "seen_places_averaged": (0, 1),
    "title_share": (0, 100),
    "required_weight": (1, 10),
    "nice_weight": (0, 10),
    "narrower_credit": (0, 100),
    "broader_credit": (0, 100),
    "family_credit": (0, 100),
    "half_distance_km": (1, 500),
    "seen_place_percent": (0, 100),
    "salary_zero_shortfall": (1, 100),
    "pays_well_percent": (100, 1_000),
    "close_km": (1, 500),
    "new_days": (1, 365),
    **dict.fromkeys(SLOTS, (0, MOST_SLOTS)),
    "per_company": (1, MOST_SLOTS),
}


def parameter_range(name: str) -> tuple[int, int]:
    """Return the lowest and highest value of a parameter; of a tuple, that of each entry."""
    return _RANGES.get(name, (0, FULL))


def _problems(policy: Policy) -> list[PolicyProblem]:
    found = _weight_problems(policy.weights)
    found += _version_problems(policy.version)
    found += _between("coverage_floor", policy.coverage_floor, 0, 100)
    found += _between("neutral", policy.neutral, 0, FULL)
    found += _between("minimum_total", policy.minimum_total, 0, 100)
    found += _bounds_problems(policy.bounds)
    for item in fields(Parameters):
        value = getattr(policy.parameters, item.name)
        name = f"parameters.{item.name}"
        low, high = parameter_range(item.name)
        if not isinstance(item.default, tuple):
            found += _between(name, value, low, high)
        elif not isinstance(value, tuple) or len(value) != len(item.default):
            found.append(PolicyProblem(name, "wrong_length", {"length": len(item.default)}))
        else:
            for at, number in enumerate(value, start=1):
                found += _at(at, _between(name, number, low, high))
    return found or _slot_problems(policy.parameters)


def _slot_problems(parameters: Parameters) -> list[PolicyProblem]:
    if 1 <= parameters.slots <= MOST_SLOTS:
        return []
    numbers = {"low": 1, "high": MOST_SLOTS, "value": parameters.slots}
    return [PolicyProblem(f"parameters.{SLOTS[0]}", "slots_together", numbers)]


def _version_problems(version: object) -> list[PolicyProblem]:
    if isinstance(version, str) and _VERSION.fullmatch(version):
        return []
    return [PolicyProblem("version", "needs_1_to_20_characters")]


def _bounds_problems(bounds: tuple[Any, ...]) -> list[PolicyProblem]:
    pairs = [isinstance(pair, tuple) and len(pair) == 2 for pair in bounds]
    if len(bounds) != len(COMPONENTS) or not all(pairs):
        return [PolicyProblem("bounds", "needs_every_component")]
    found: list[PolicyProblem] = []
    for component, (low, high) in zip(COMPONENTS, bounds, strict=True):
        name = f"bounds.{component}"
        wrong = _at(1, _between(name, low, 0, 100))
        found += wrong + _at(2, _between(name, high, 0 if wrong else low, 100))
    return found


def _at(place: int, problems: list[PolicyProblem]) -> list[PolicyProblem]:
    """Say at which place of a list, counted from 1, the problems are."""
    return [PolicyProblem(p.where, p.code, {**p.numbers, "at": place}) for p in problems]


FIRST: Final = Policy()
"""Policy 1.0: the start values. A stored policy that does not name a field has that of 1.0."""
SECOND: Final = Policy(
    version="1.1",
    weights=(30, 35, 15, 10, 10),
    neutral=2_500,
    parameters=Parameters(
        title_formula=2,
        text_share=75,
        seen_title_percent=10,
        half_distance_km=30,
        seen_place_percent=100,
        seen_places_averaged=1,
    ),
)
"""Policy 1.1: titles balanced by word, place weightier and wider, what was seen averaged."""
LATEST: Final = replace(
    SECOND,
    version="1.2",
    parameters=replace(
        SECOND.parameters,
        seen_title_percent=100,
        seen_alone_percent=25,
        employer_share=50,
        cv_share=50,
        half_distance_km=40,
    ),
)
"""Policy 1.2: employers read beside titles; what was seen counts as a wish beside own titles."""
BUILT_IN: Final[tuple[Policy, ...]] = (FIRST, SECOND, LATEST)
