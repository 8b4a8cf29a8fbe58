"""The words of reasons, in the reader's language: the one place for page and letter alike."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from jobscore.matching import naming
from jobscore.matching.reasons import Message, Opening, Openings, Scope, Source, from_text
from jobscore.matching.selection import Section
from jobscore.scoring import policy_words
from jobscore.scoring.policy import Component
from jobscore.web import jinja

Names = Callable[[int], str]
"""Turns a skill id into its name in the reader's language."""
FeatureNames = Callable[[str], str]
"""Turns a feature code into its name in the reader's language."""


_SECTION_TITLES: Mapping[str, Any] = MappingProxyType(
    {
        Section.PICKS: _l("Today's picks for you"),
        Section.NEAR: _l("Near you"),
        Section.CLOSE: _l("Close to home"),
        Section.PAYS_WELL: _l("Pays well or pays daily"),
        Section.NEW: _l("New this week"),
        Section.WORTH_A_LOOK: _l("Worth a look"),
    }
)


def section_title(section: Section | str) -> str:
    """Return the heading of a section."""
    return str(_SECTION_TITLES[Section(section)])


_SECTION_LEADS: Mapping[str, Any] = MappingProxyType(
    {
        Section.PICKS: _l("The best by score of all jobs whose work fits."),
        Section.NEAR: _l("In your prefecture or state, and the work fits."),
        Section.CLOSE: _l("In your city or a next one."),
        Section.PAYS_WELL: _l(
            "At least a fifth above what this work usually pays in the area, or paid by the day "
            "or week."
        ),
        Section.NEW: _l("Posted in the last days."),
        Section.WORTH_A_LOOK: _l("Work unlike what you usually look at."),
    }
)


def section_lead(section: Section | str) -> str:
    """Return what a section holds, in one sentence."""
    return str(_SECTION_LEADS[Section(section)])


def component_label(component: Component | str) -> str:
    """Return the name of a part of the score."""
    return policy_words.component_label(component)


_UNJUDGED: Mapping[str, Any] = MappingProxyType(
    {
        Component.SKILL_MATCH: _l("Your work and skills are not known"),
        Component.LOCATION: _l("Place not known"),
        Component.SALARY: _l("Pay not comparable"),
        Component.EXPERIENCE: _l("Not stated"),
        Component.CULTURE_FIT: _l("Not stated"),
    }
)


def unjudged_note(component: Component | str) -> str:
    """Say why a part has no number."""
    return str(_UNJUDGED[Component(component)])


_PROMPTS: Mapping[str, Any] = MappingProxyType(
    {
        Component.SKILL_MATCH: _l("Tell us which work you want and what you can do."),
        Component.LOCATION: _l("Tell us where you live."),
        Component.SALARY: _l("Tell us the pay you wish for."),
        Component.EXPERIENCE: _l("Tell us your years of experience."),
        Component.CULTURE_FIT: _l("Tick what matters to you at work."),
    }
)


def adding_up(shares: Sequence[tuple[str, int]]) -> str:
    """Say in one line how parts add up, the largest first; empty where none gives anything."""
    ordered = sorted(shares, key=lambda share: -share[1])
    return " + ".join(
        str(gettext("%(part)s %(points)s", part=part, points=points)) for part, points in ordered
    )


def answer_prompt(component: Component | str) -> str:
    """Ask for the answer that would let a part be judged."""
    return str(_PROMPTS[Component(component)])


def answer_prompts(components: Sequence[Component]) -> list[str]:
    """Return the questions whose answers would help, the most helpful first."""
    return [answer_prompt(component) for component in components]


def sentence(message: Message, skill_name: Names, feature_name: FeatureNames) -> str:
    """Return one reason, caution or change as a sentence; an unknown id gives an empty text."""
    values = _values(message.numbers, skill_name, feature_name)
    words = _SENTENCES.get(message.id)
    return words(values) if words else ""


def say(
    messages: Sequence[Message],
    skill_name: Names | None = None,
    feature_name: FeatureNames | None = None,
) -> str:
    """Return a reason as shown in the list and the letter: one or two whole sentences.

    Names come from the vocabulary unless given.
    """
    skill_name, feature_name = skill_name or naming.skill, feature_name or naming.feature
    said = [s for m in messages if (s := sentence(m, skill_name, feature_name))]
    if len(said) > 1:
        return str(gettext("%(first)s %(second)s", first=said[0], second=said[1]))
    return said[0] if said else ""


def reason_text(stored: str | None) -> str:
    """Return what `recommendation_reason` keeps as words in the reader's language."""
    return say(from_text(stored))


_GATES: Mapping[str, Any] = MappingProxyType(
    {
        "expired": _l("Expired"),
        "hidden": _l("Hidden by the person"),
        "sent": _l("Sent before"),
        "saved": _l("Saved before"),
        "applied": _l("Applied to"),
        "blocked_company": _l("Blocked company"),
        "employment_type": _l("Another employment type than wanted"),
        "licence": _l("Licence that the person does not hold"),
        "work_permit": _l("No visa sponsored, and the person needs it"),
        "age": _l("For people of 18 or over"),
        "hours": _l("Hours that the person cannot work"),
        "little_known": _l("Too little known for a number"),
        "low_score": _l("Score too low"),
        "same_company": _l("As many of the company as a list holds"),
        "no_jobs": _l("No more open jobs"),
    }
)


def gate_label(reason: str) -> str:
    """Return why jobs were left out, for the histogram of a run."""
    return str(_GATES.get(reason, reason))


def _values(
    numbers: Mapping[str, Any], skill_name: Names, feature_name: FeatureNames
) -> dict[str, Any]:
    values = dict(numbers)
    if "skills" in values:
        values["n"] = len(values["skills"])
        values["skills"] = _listed([skill_name(i) for i in values["skills"]])
        if values.get("matched", 0) > values["n"]:
            values["skills"] = gettext("%(names)s and others", names=values["skills"])
    if "features" in values:
        values["n"] = len(values["features"])
        values["features"] = _listed([feature_name(code) for code in values["features"]])
    if "words" in values:
        values["words"] = _listed([gettext("“%(text)s”", text=w) for w in values["words"]])
    if "level" in values:
        values["level"] = _level(values["level"])
    if "region" in values:
        values["region"] = naming.region(str(values["region"]))
    if "amount" in values:
        period, currency = str(values.get("period")), str(values.get("currency") or "JPY")
        values["amount"] = jinja.pay(values["amount"], values["amount"], currency, period)
    return values


def _listed(names: Sequence[str]) -> str:
    """Join names as the reader's language does."""
    return str(format_list(list(names), locale=str(get_locale() or "en"))) if names else ""


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "skills_all": lambda v: gettext("You have everything it asks for: %(skills)s.", **v),
    "skills_some": lambda v: gettext(
        "You have %(matched)s of the %(asked)s skills it asks for: %(skills)s.", **v
    ),
    "title_close": lambda v: gettext("The work is close to “%(title)s”.", **v),
    "skills_missing": lambda v: ngettext(
        "It asks for a skill that you do not list: %(skills)s.",
        "It asks for skills that you do not list: %(skills)s.",
        v["n"],
        **{k: x for k, x in v.items() if k not in {"n", "num"}},
    ),
    "remote": lambda v: gettext("You can do it from home."),
    "same_place": lambda v: gettext("It is in your own city."),
    "near": lambda v: gettext("It is about %(km)s km from home.", **v),
    "far": lambda v: gettext("At about %(km)s km from home, the way is long.", **v),
    "move": lambda v: gettext("It is in a region that you would move to."),
    "seen_place": lambda v: gettext("It is near jobs that you looked at."),
    "same_region": lambda v: gettext("It is in your prefecture or state."),
    "not_remote": lambda v: gettext("It cannot be done entirely from home."),
    "elsewhere": lambda v: gettext("It is in another prefecture or state."),
    "pay_above": lambda v: gettext("It pays at least %(percent)s%% above your wish.", **v),
    "pay_meets": lambda v: gettext("The pay meets your wish."),
    "pay_reaches": lambda v: gettext("The upper end of the pay reaches your wish."),
    "pay_below": lambda v: gettext("The pay is %(percent)s%% below your wish.", **v),
    "anyone_welcome": lambda v: gettext("No experience is needed."),
    "experience_fits": lambda v: gettext("Your experience fits what it asks for."),
    "years_short": lambda v: ngettext(
        "It asks for %(asked)s year of experience.",
        "It asks for %(asked)s years of experience.",
        v["asked"],
        **v,
    ),
    "level_short": lambda v: gettext("It asks for a more senior person."),
    "style_fits": lambda v: gettext("It offers what you ticked: %(features)s.", **v),
    "style_denied": lambda v: gettext("It rules out what you ticked: %(features)s.", **v),
    "best_known": lambda v: gettext("It is among the best of what is open for you."),
    "title_wanted": lambda v: gettext(
        "Of your titles “%(title)s”, which you want, is closest. In common: %(words)s.", **v
    ),
    "title_held": lambda v: gettext(
        "Of your titles “%(title)s”, which you have done, is closest. In common: %(words)s.", **v
    ),
    "title_seen": lambda v: gettext(
        "Closest is “%(title)s”, a job that you looked at. In common: %(words)s.", **v
    ),
    "title_wanted_parts": lambda v: gettext(
        "Of your titles “%(title)s”, which you want, is closest; only parts of words agree.", **v
    ),
    "title_held_parts": lambda v: gettext(
        "Of your titles “%(title)s”, which you have done, is closest; only parts of words agree.",
        **v,
    ),
    "title_seen_parts": lambda v: gettext(
        "Closest is “%(title)s”, a job that you looked at; only parts of words agree.", **v
    ),
    "lead_names": lambda v: gettext(
        "From your titles, the first lines of the posting name %(words)s.", **v
    ),
    "popular": lambda v: gettext(
        "%(num)s people looked at this job lately; that helps only while we know little about you.",
        **v,
    ),
    "tick_feature": lambda v: gettext("Tick “%(features)s”, if it matters to you", **v),
    "untick_feature": lambda v: gettext("Untick “%(features)s”, if you can do without it", **v),
    "accept_remote": lambda v: gettext("Accept work from home"),
    "accept_commute": lambda v: gettext("Accept work outside of your home"),
    "say_pay": lambda v: gettext("Tell us your pay wish, if %(amount)s is enough for you", **v),
    "say_years": lambda v: ngettext(
        "Tell us your experience, if you have %(years)s year",
        "Tell us your experience, if you have %(years)s years",
        v["years"],
        **v,
    ),
    "say_level": lambda v: gettext("Tell us how experienced you are, if it is “%(level)s”", **v),
    "want_title": lambda v: gettext("Add “%(title)s” to the work that you want", **v),
    "go_further": lambda v: gettext("Set the distance that is worth half to you to %(km)s km", **v),
    "would_move": lambda v: gettext("Add %(region)s to the places that you would move to", **v),
    "lower_wish": lambda v: gettext("Lower your pay wish to %(amount)s", **v),
    "practise_skill": lambda v: gettext(
        "If you are or become better at %(skills)s: level “%(level)s”", **v
    ),
    "add_skill": lambda v: gettext(
        "If you have or learn %(skills)s: add it at level “%(level)s”", **v
    ),
}


def _level(level: int | str) -> str:
    """Return a level of a skill (1..5) or of experience (a word) as the profile's form names it."""
    words: dict[int | str, str] = {
        1: gettext("Learning"),
        2: gettext("Basic"),
        3: gettext("Good"),
        4: gettext("Very good"),
        5: gettext("Expert"),
        "none": gettext("No experience yet"),
        "junior": gettext("Junior"),
        "mid": gettext("Experienced"),
        "senior": gettext("Senior"),
        "lead": gettext("Leading others"),
    }
    return words[level]


# ---- of what the points are made, and what a skill opens -------------------------------------


def made_of(sources: Mapping[Source, int]) -> list[str]:
    """Say how many of the part's points each source gives; nothing where there is only one."""
    labels: dict[Source, Callable[[int], str]] = {
        Source.SKILLS: lambda n: gettext("skills %(points)s", points=n),
        Source.TITLES: lambda n: gettext("titles %(points)s", points=n),
        Source.LEAD: lambda n: gettext("first lines %(points)s", points=n),
        Source.OWN_TEXT: lambda n: gettext("own text %(points)s", points=n),
        Source.POPULARITY: lambda n: gettext("popularity %(points)s", points=n),
    }
    if len(sources) < 2:
        return []
    each = gettext(", ").join(labels[source](points) for source, points in sources.items())
    return [
        gettext("Of the %(points)s points: %(parts)s.", points=sum(sources.values()), parts=each)
    ]


def opening(found: Opening, among: Openings) -> str:
    """Say how many more jobs a skill would open, and where."""
    n, total, km = found.more, among.total, among.km
    words: dict[Scope, Callable[[], str]] = {
        Scope.NEAR: lambda: ngettext(
            "With it %(num)s more job within %(km)s km reaches %(total)s.",
            "With it %(num)s more jobs within %(km)s km reach %(total)s.",
            n,
            km=km,
            total=total,
        ),
        Scope.REGION: lambda: ngettext(
            "With it %(num)s more job in your regions reaches %(total)s.",
            "With it %(num)s more jobs in your regions reach %(total)s.",
            n,
            total=total,
        ),
        Scope.REMOTE: lambda: ngettext(
            "With it %(num)s more job that can be done from home reaches %(total)s.",
            "With it %(num)s more jobs that can be done from home reach %(total)s.",
            n,
            total=total,
        ),
        Scope.ANYWHERE: lambda: ngettext(
            "With it %(num)s more job reaches %(total)s.",
            "With it %(num)s more jobs reach %(total)s.",
            n,
            total=total,
        ),
    }
    return words[among.scope]()


def openings_lead(found: Openings) -> str:
    """Say how many jobs reach the total already, and which ones are counted."""
    n, total, km = found.now, found.total, found.km
    if not n:
        return _none_yet(found)
    words: dict[Scope, Callable[[], str]] = {
        Scope.NEAR: lambda: ngettext(
            "Now %(num)s job within %(km)s km of your home reaches a score of %(total)s.",
            "Now %(num)s jobs within %(km)s km of your home reach a score of %(total)s.",
            n,
            km=km,
            total=total,
        ),
        Scope.REGION: lambda: ngettext(
            "Now %(num)s job in your regions reaches a score of %(total)s.",
            "Now %(num)s jobs in your regions reach a score of %(total)s.",
            n,
            total=total,
        ),
        Scope.REMOTE: lambda: ngettext(
            "Now %(num)s job that can be done from home reaches a score of %(total)s.",
            "Now %(num)s jobs that can be done from home reach a score of %(total)s.",
            n,
            total=total,
        ),
        Scope.ANYWHERE: lambda: ngettext(
            "Now %(num)s job reaches a score of %(total)s.",
            "Now %(num)s jobs reach a score of %(total)s.",
            n,
            total=total,
        ),
    }
    return words[found.scope]()


def _none_yet(found: Openings) -> str:
    total, km = found.total, found.km
    words: dict[Scope, str] = {
        Scope.NEAR: gettext(
            "No job within %(km)s km of your home reaches a score of %(total)s yet.",
            km=km,
            total=total,
        ),
        Scope.REGION: gettext(
            "No job in your regions reaches a score of %(total)s yet.", total=total
        ),
        Scope.REMOTE: gettext(
            "No job that can be done from home reaches a score of %(total)s yet.", total=total
        ),
        Scope.ANYWHERE: gettext("No job reaches a score of %(total)s yet.", total=total),
    }
    return words[found.scope]
