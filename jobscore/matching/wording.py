"""The words of reasons, in the reader's language: the one place for page and letter alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, gettext, ngettext

from jobscore.matching import naming
from jobscore.matching.reasons import Message, from_text
from jobscore.matching.selection import Section
from jobscore.scoring import policy_words
from jobscore.scoring.policy import Component
from jobscore.web import jinja

Names = Callable[[int], str]
"""Turns a skill id into its name in the reader's language."""
FeatureNames = Callable[[str], str]
"""Turns a feature code into its name in the reader's language."""


def section_title(section: Section | str) -> str:
    """Return the heading of a section."""
    words: dict[str, str] = {
        Section.PICKS: gettext("Today's picks for you"),
        Section.NEAR: gettext("Near you"),
        Section.CLOSE: gettext("Close to home"),
        Section.PAYS_WELL: gettext("Pays well or pays daily"),
        Section.NEW: gettext("New this week"),
        Section.WORTH_A_LOOK: gettext("Worth a look"),
    }
    return words[Section(section)]


def section_lead(section: Section | str) -> str:
    """Return what a section holds, in one sentence."""
    words: dict[str, str] = {
        Section.PICKS: gettext("The best by score of all jobs whose work fits."),
        Section.NEAR: gettext("In your prefecture or state, and the work fits."),
        Section.CLOSE: gettext("In your city or a next one."),
        Section.PAYS_WELL: gettext(
            "At least a fifth above what this work usually pays in the area, or paid by the day "
            "or week."
        ),
        Section.NEW: gettext("Posted in the last days."),
        Section.WORTH_A_LOOK: gettext("Work unlike what you usually look at."),
    }
    return words[Section(section)]


def component_label(component: Component | str) -> str:
    """Return the name of a part of the score."""
    return policy_words.component_label(component)


def unjudged_note(component: Component | str) -> str:
    """Say why a part has no number."""
    words: dict[str, str] = {
        Component.SKILL_MATCH: gettext("Your work and skills are not known"),
        Component.LOCATION: gettext("Place not known"),
        Component.SALARY: gettext("Pay not comparable"),
        Component.EXPERIENCE: gettext("Not stated"),
        Component.CULTURE_FIT: gettext("Not stated"),
    }
    return words[Component(component)]


def answer_prompt(component: Component | str) -> str:
    """Ask for the answer that would let a part be judged."""
    words: dict[str, str] = {
        Component.SKILL_MATCH: gettext("Tell us which work you want and what you can do."),
        Component.LOCATION: gettext("Tell us where you live."),
        Component.SALARY: gettext("Tell us the pay you wish for."),
        Component.EXPERIENCE: gettext("Tell us your years of experience."),
        Component.CULTURE_FIT: gettext("Tick what matters to you at work."),
    }
    return words[Component(component)]


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


def gate_label(reason: str) -> str:
    """Return why jobs were left out, for the histogram of a run."""
    words: dict[str, str] = {
        "expired": gettext("Expired"),
        "hidden": gettext("Hidden by the person"),
        "sent": gettext("Sent before"),
        "saved": gettext("Saved before"),
        "applied": gettext("Applied to"),
        "blocked_company": gettext("Blocked company"),
        "employment_type": gettext("Another employment type than wanted"),
        "little_known": gettext("Too little known for a number"),
        "low_score": gettext("Score too low"),
        "same_company": gettext("Three of the company already"),
        "no_jobs": gettext("No more open jobs"),
    }
    return words.get(reason, reason)


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
    "tick_features": lambda v: gettext("Tick what it offers: %(features)s", **v),
    "accept_remote": lambda v: gettext("Accept work from home"),
    "accept_commute": lambda v: gettext("Accept work outside of your home"),
    "go_further": lambda v: gettext("Accept a way of about %(km)s km", **v),
    "would_move": lambda v: gettext("Add its region to those you would move to"),
    "lower_wish": lambda v: gettext("Wish for %(amount)s", **v),
    "add_skill": lambda v: gettext("Add the skill %(skills)s, if you have it", **v),
    "deepen_skill": lambda v: gettext("Bring %(skills)s to a working level", **v),
    "more_years": lambda v: ngettext(
        "Have %(years)s year of experience",
        "Have %(years)s years of experience",
        v["years"],
        **v,
    ),
}
