"""The words of a policy: what each number is called and means, and what can be wrong with it.

The one place for form, command, difference, page and docs. A new parameter needs one line in
`WORDS`; a test names those that have none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.scoring.policy import COMPONENTS, Component, PolicyProblem
from jobscore.scoring.policy_fields import FIELDS, Difference, Field, Group, field_of

PERCENT: Final = "%"
POINTS: Final = _l("of 10,000 points")
KM: Final = "km"
DAYS: Final = _l("days")
JOBS: Final = _l("jobs")
NONE: Final = ""

COMPONENT_LABELS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        Component.SKILL_MATCH: _l("Skills and work"),
        Component.LOCATION: _l("Location"),
        Component.SALARY: _l("Pay"),
        Component.EXPERIENCE: _l("Experience"),
        Component.CULTURE_FIT: _l("Work style"),
    }
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a number is called, what it means, and its unit. ``%(place)s``: place in a tuple."""

    label: Any
    meaning: Any
    unit: Any = NONE


_WEIGHT: Final = _l("Share of the total, in whole percent. The five weights add up to 100.")
_BOUNDS: Final = (
    _l("The lowest weight that a person may set for themselves."),
    _l("The highest weight that a person may set for themselves."),
)
_SLOTS: Final = _l("Most jobs of this section; 0 leaves it out.")
WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "coverage_floor": Words(
            _l("Least that must be judged"),
            _l("Percent of the weight that must be judged before a number is shown."),
            PERCENT,
        ),
        "neutral": Words(
            _l("Points of what is not judged"),
            _l("What a part that could not be judged counts for the order; never for the total."),
            POINTS,
        ),
        "minimum_total": Words(
            _l("Least total"),
            _l("Points (0 to 100) below which a job is never chosen for a person."),
        ),
        "parameters.title_formula": Words(
            _l("Way to compare titles"),
            _l("1: plainly by pieces of words; 2: balanced by word."),
        ),
        "parameters.seen_title_percent": Words(
            _l("Titles looked at"),
            _l("How much the title of a job that somebody only looked at counts."),
            PERCENT,
        ),
        "parameters.seen_alone_percent": Words(
            _l("Titles looked at, without own ones"),
            _l(
                "How much closeness counts where only jobs looked at speak for a person; the rest "
                "counts as the points of what is not judged."
            ),
            PERCENT,
        ),
        "parameters.employer_share": Words(
            _l("Employer beside the title"),
            _l(
                "How much of a title's closeness title and employer together give; 0: employers "
                "are not read."
            ),
            PERCENT,
        ),
        "parameters.semantic_share": Words(
            _l("Meaning of titles"),
            _l(
                "How much of the likeness of two titles their meaning gives; above 0 needs the "
                "extra “semantic”."
            ),
            PERCENT,
        ),
        "parameters.cv_share": Words(
            _l("Own text"),
            _l(
                "How much likeness of a person's own text to the whole posting gives of the "
                "title's part; 0: such texts are not read."
            ),
            PERCENT,
        ),
        "parameters.popularity_share": Words(
            _l("Popularity"),
            _l(
                "How much the number of people who looked at a job gives of skills and work, only "
                "for people who looked at none and named little; 0: nobody is counted."
            ),
            PERCENT,
        ),
        "parameters.popularity_half": Words(
            _l("People for half of popularity"),
            _l("So many people who looked at a job give it half the points of popularity."),
            _l("people"),
        ),
        "parameters.popularity_wishes": Words(
            _l("Most wishes with popularity"),
            _l("Who named more titles and skills together than this gets no help of popularity."),
        ),
        "parameters.popularity_days": Words(
            _l("Days of popularity"),
            _l("For so many days it counts that somebody looked at a job."),
            DAYS,
        ),
        "parameters.text_share": Words(
            _l("First lines of the text"),
            _l("How much the first lines of a posting can give of the title's part; 0: not read."),
            PERCENT,
        ),
        "parameters.title_share": Words(
            _l("Share of the title"),
            _l("How much closeness of titles gives of skills and work where skills are judged."),
            PERCENT,
        ),
        "parameters.required_weight": Words(
            _l("Weight of a required skill"),
            _l("How much a required skill counts, times its rarity."),
        ),
        "parameters.nice_weight": Words(
            _l("Weight of a welcome skill"),
            _l("How much a skill that is only welcome counts, times its rarity."),
        ),
        "parameters.level_credit": Words(
            _l("Worth of a skill at level %(place)s"),
            _l("Percent of a skill's worth for the person's level in it, 1 (learning) to 5."),
            PERCENT,
        ),
        "parameters.narrower_credit": Words(
            _l("Credit for a narrower skill"),
            _l("When the person has a narrower skill than the one asked (Flask for Python)."),
            PERCENT,
        ),
        "parameters.broader_credit": Words(
            _l("Credit for a broader skill"),
            _l("When the person has a broader skill than the one asked (Python for Flask)."),
            PERCENT,
        ),
        "parameters.family_credit": Words(
            _l("Credit for a sibling skill"),
            _l("When the person has another skill of the same family."),
            PERCENT,
        ),
        "parameters.half_distance_km": Words(
            _l("Distance that halves the points"),
            _l("Location points are half at this distance, unless the person set their own."),
            KM,
        ),
        "parameters.region_points": Words(
            _l("Points of the same region"),
            _l("When only the prefecture or state is known, and it is the person's."),
            POINTS,
        ),
        "parameters.move_points": Words(
            _l("Points of a region to move to"),
            _l("Least location points in a region to which the person would move."),
            POINTS,
        ),
        "parameters.seen_place_percent": Words(
            _l("Places looked at"),
            _l("Percent of the location points that places of jobs seen before can give."),
            PERCENT,
        ),
        "parameters.seen_places_averaged": Words(
            _l("Average places looked at"),
            _l("1: the mean of the nearest home and the places seen last; 0: the best of them."),
        ),
        "parameters.hybrid_points": Words(
            _l("Points of partly remote work"),
            _l("For someone who wants only remote work."),
            POINTS,
        ),
        "parameters.salary_zero_shortfall": Words(
            _l("Shortfall of pay that gives nothing"),
            _l("Percent below the wish at which the pay's points reach nothing."),
            PERCENT,
        ),
        "parameters.year_short_loss": Words(
            _l("Loss for a year too few"),
            _l("Experience points lost for each year below what is asked."),
            POINTS,
        ),
        "parameters.year_over_loss": Words(
            _l("Loss for a year too many"),
            _l("Experience points lost for each year above the most that is asked."),
            POINTS,
        ),
        "parameters.over_floor": Words(
            _l("Floor of too much experience"),
            _l("Experience points that too much experience never goes below."),
            POINTS,
        ),
        "parameters.level_short_points": Words(
            _l("Points when the level is %(place)s below"),
            _l("Experience points below the asked level, by how many levels; further below: 0."),
            POINTS,
        ),
        "parameters.level_over_loss": Words(
            _l("Loss for a level above"),
            _l("Experience points lost for each level above the asked one."),
            POINTS,
        ),
        "parameters.pays_well_percent": Words(
            _l("When a job pays well"),
            _l("Percent of the area's median for that work from which a job pays well."),
            PERCENT,
        ),
        "parameters.close_km": Words(
            _l("Close to home"),
            _l("Distance up to which a job is close to home."),
            KM,
        ),
        "parameters.new_days": Words(
            _l("New"),
            _l("Days for which a posting is new."),
            DAYS,
        ),
        "parameters.usual_closeness": Words(
            _l("Unusual work"),
            _l("Closeness of titles below which work is outside a person's usual."),
            POINTS,
        ),
        "parameters.slots_picks": Words(
            _l("Places: today's picks"),
            _l(
                "Most jobs of this section. The sections claim in this order; together they have "
                "at most 40 places, and what a section cannot fill is filled from the next best."
            ),
            JOBS,
        ),
        "parameters.slots_near": Words(_l("Places: near you"), _SLOTS, JOBS),
        "parameters.slots_close": Words(_l("Places: close to home"), _SLOTS, JOBS),
        "parameters.slots_pays_well": Words(_l("Places: pays well or pays daily"), _SLOTS, JOBS),
        "parameters.slots_new": Words(_l("Places: new this week"), _SLOTS, JOBS),
        "parameters.slots_worth_a_look": Words(_l("Places: worth a look"), _SLOTS, JOBS),
        "parameters.per_company": Words(
            _l("Jobs of one company"), _l("Most jobs of one company in a list."), JOBS
        ),
    }
)
"""By the field's stem: the name of a number without its place in a tuple."""

GROUP_LABELS: Final[Mapping[Group, Any]] = MappingProxyType(
    {
        Group.WEIGHTS: _l("Weights of the parts"),
        Group.TOTAL: _l("Total and order"),
        Group.PARAMETERS: _l("Inside the parts"),
        Group.LIST: _l("The list and the letter"),
        Group.BOUNDS: _l("Bounds of people's own weights"),
    }
)

_PROBLEMS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "sum_is_not_100": _l("The five weights must add up to 100; they add up to %(sum)s."),
        "out_of_range": _l("Must be from %(low)s to %(high)s; it is %(value)s."),
        "outside_bounds": _l("Must be from %(low)s to %(high)s; it is %(value)s."),
        "not_a_whole_number": _l("Must be a whole number."),
        "needs_every_component": _l("Must be given for each of the five parts, and no other."),
        "needs_1_to_20_characters": _l(
            "Must be 1 to 20 letters, digits, dots, hyphens or underscores, the first a letter or "
            "digit."
        ),
        "unknown_field": _l("There is no field of this name."),
        "wrong_length": _l("Needs %(length)s numbers."),
        "not_a_mapping": _l("Must be names with values, as “flask policies export” writes them."),
        "needs_a_value": _l("Needs a value, as in weights.location=40."),
        "version_reserved": _l("Commands mean the version in force by this name; choose another."),
        "slots_together": _l(
            "All sections together must have %(low)s to %(high)s places; they have %(value)s."
        ),
        "needs_extra": _l("Needs the extra “%(extra)s”, which is not installed here."),
        "version_taken": _l("There is a version of this name already."),
        "version_built_in": _l("The product brings other rules under this name; choose another."),
        "text_too_long": _l("Must be at most %(most)s characters."),
    }
)


def component_label(component: Component | str) -> str:
    """Return the name of a part of the score."""
    return str(COMPONENT_LABELS[Component(component)])


def label(field: Field) -> str:
    """Return what a field is called; its name where it has no words."""
    head, _, part = field.stem.partition(".")
    if head == Group.WEIGHTS:
        return str(gettext("Weight: %(part)s", part=component_label(part)))
    if head == Group.BOUNDS:
        if field.place == 1:
            return str(gettext("%(part)s: lowest own weight", part=component_label(part)))
        return str(gettext("%(part)s: highest own weight", part=component_label(part)))
    words = WORDS.get(field.stem)
    if words is None:
        return field.name
    return str(words.label) % {"place": field.place}


def meaning(field: Field) -> str:
    """Return what a field means, in one sentence; nothing where it has no words."""
    if field.group is Group.WEIGHTS:
        return str(_WEIGHT)
    if field.group is Group.BOUNDS:
        return str(_BOUNDS[(field.place or 1) - 1])
    words = WORDS.get(field.stem)
    return str(words.meaning) if words else ""


def unit(field: Field) -> str:
    """Return the unit of a field; nothing where it is a bare number."""
    if field.group in {Group.WEIGHTS, Group.BOUNDS}:
        return str(PERCENT)
    words = WORDS.get(field.stem)
    return str(words.unit) if words else ""


def without_words() -> list[str]:
    """Return the stems of fields that nobody has named yet: each is a defect."""
    said = (Group.WEIGHTS, Group.BOUNDS)
    return sorted({f.stem for f in FIELDS.values() if f.group not in said} - set(WORDS))


def what_is_wrong(problem: PolicyProblem) -> str:
    """Say what is wrong, without the field's name: for the field itself."""
    words = _PROBLEMS.get(problem.code)
    return str(words) % dict(problem.numbers) if words else problem.code


def sentence(problem: PolicyProblem) -> str:
    """Say which field is wrong, and how."""
    return str(
        gettext("%(field)s: %(problem)s", field=_subject(problem), problem=what_is_wrong(problem))
    )


def _subject(problem: PolicyProblem) -> str:
    if (name := field_of(problem)) is not None:
        return f"{label(FIELDS[name])} ({name})"
    group, _, part = problem.where.partition(".")
    named: dict[str, str] = {
        "weights": gettext("Weights"),
        "bounds": gettext("Bounds of people's own weights"),
        "version": gettext("Version"),
        "text": gettext("What changes and why"),
        "policy": gettext("The policy"),
        "parameters": gettext("The parameters"),
    }
    if part and group == "parameters" and problem.where in WORDS:
        return problem.where
    if part in {*COMPONENTS} and group in named:
        return f"{named[group]} ({problem.where})"
    return named.get(problem.where, problem.where)


def sentences(problems: Iterable[PolicyProblem]) -> list[str]:
    """Say everything that is wrong, once each."""
    return list(dict.fromkeys(sentence(problem) for problem in problems))


def change(difference: Difference) -> str:
    """Say one difference in plain words."""
    return str(
        gettext(
            "%(field)s: %(old)s → %(new)s",
            field=label(difference.field),
            old=difference.old,
            new=difference.new,
        )
    )
