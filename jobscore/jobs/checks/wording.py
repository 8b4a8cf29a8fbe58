"""What each rule says on screen: its name, its sentence, the law and the page that explains it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.jobs.checks.items import Item
from jobscore.jobs.checks.models import JobFinding
from jobscore.jobs.checks.rules import WARNINGS, Rule, rule_of
from jobscore.vocabulary.gazetteer import place_by_code
from jobscore.web.jinja import day, money


@dataclass(frozen=True, slots=True)
class RuleWords:
    """One rule in words.

    :ivar name: a few words for lists and filters.
    :ivar sentence: what is so; where the finding brings values, :func:`sentence` fills them in.
    :ivar law: what it rests on.
    :ivar url: the law itself, or the official page about it.
    """

    name: Any
    sentence: Any
    law: Any
    url: str


_EQUAL_LAW = "https://laws.e-gov.go.jp/law/347AC0000000113"
_POLICY_LAW = "https://laws.e-gov.go.jp/law/341AC0000000132"
_WAGE_LAW = "https://laws.e-gov.go.jp/law/334AC0000000137"
_SECURITY_LAW = "https://laws.e-gov.go.jp/law/322AC0000000141"
_EEOC = "https://www.eeoc.gov/prohibited-employment-policiespractices"

WORDS: Final[Mapping[Rule, RuleWords]] = MappingProxyType(
    {
        Rule.PAY_BELOW_MINIMUM: RuleWords(
            _l("Pay below the minimum wage"),
            _l("The pay is below the minimum wage."),
            _l("Minimum Wage Act, article 4"),
            _WAGE_LAW,
        ),
        Rule.AGE_LIMIT: RuleWords(
            _l("Age limit"),
            _l(
                "The posting limits the age of applicants and names no lawful reason "
                "(exceptions 1 to 3 of the ordinance)."
            ),
            _l("Act on Comprehensive Promotion of Labor Policies, article 9"),
            _POLICY_LAW,
        ),
        Rule.SEX_NAMED: RuleWords(
            _l("One sex is asked for or preferred"),
            _l("The posting asks for or prefers one sex and names no lawful reason."),
            _l("Equal Employment Opportunity Act, article 5"),
            _EQUAL_LAW,
        ),
        Rule.SEX_IN_JOB_NAME: RuleWords(
            _l("A job name that means one sex"),
            _l(
                "The name of the job means one sex. Write a neutral name, or say that everybody "
                "may apply."
            ),
            _l("Equal Employment Opportunity Act, article 5"),
            _EQUAL_LAW,
        ),
        Rule.ITEMS_MISSING: RuleWords(
            _l("Items that must be stated are missing"),
            _l("Nothing in the posting speaks of what must be stated."),
            _l("Employment Security Act, article 5-3"),
            _SECURITY_LAW,
        ),
        Rule.AGE_WORDING: RuleWords(
            _l("Words that favour the young"),
            _l(
                "The words may keep older people from applying. Say what the work needs, not how "
                "old a person should be."
            ),
            _l("Act on Comprehensive Promotion of Labor Policies, article 9"),
            _POLICY_LAW,
        ),
        Rule.SEX_WORDING: RuleWords(
            _l("Words that favour one sex"),
            _l("The words speak to housewives only. Address househusbands as well."),
            _l("Equal Employment Opportunity Act, article 5"),
            _EQUAL_LAW,
        ),
        Rule.AGE_ENGLISH: RuleWords(
            _l("Age in an English posting"),
            _l("The words may keep older people from applying, unless the law provides for it."),
            _l("Age Discrimination in Employment Act (US), Equality Act 2010 (UK)"),
            _EEOC,
        ),
        Rule.SEX_ENGLISH: RuleWords(
            _l("Sex in an English posting"),
            _l("The words ask for one sex, which needs an occupational requirement."),
            _l("Civil Rights Act, Title VII (US), Equality Act 2010 (UK)"),
            _EEOC,
        ),
    }
)

ITEMS: Final[Mapping[Item, Any]] = MappingProxyType(
    {
        Item.WORK: _l("what the work is"),
        Item.PLACE: _l("place of work"),
        Item.HOURS: _l("working hours"),
        Item.PAY: _l("amount of pay"),
        Item.EMPLOYER: _l("name of the employer"),
        Item.INSURANCE: _l("social and labour insurance"),
        Item.PERIOD: _l("period of the contract"),
    }
)


def name(rule: str) -> str:
    """Return a rule's name; one that no code knows any more stays as it is."""
    known = rule_of(rule)
    return str(WORDS[known].name) if known else rule


def is_warning(rule: str) -> bool:
    """Say whether a rule speaks of what a law asks or forbids; the others give advice."""
    return rule in WARNINGS


def sentence(rule: str, params: Mapping[str, Any], language: str) -> str:
    """Return what a finding says, with its values, in the reader's language."""
    if rule == Rule.PAY_BELOW_MINIMUM and "minimum" in params:
        return _pay_sentence(params, language)
    if rule == Rule.ITEMS_MISSING and params.get("items"):
        named = [str(words) for item, words in ITEMS.items() if item in params["items"]]
        return str(
            gettext("Nothing in the posting speaks of: %(items)s.", items=gettext(", ").join(named))
        )
    known = rule_of(rule)
    return str(WORDS[known].sentence) if known else ""


def _pay_sentence(params: Mapping[str, Any], language: str) -> str:
    values = {
        "hourly": money(params["hourly"], "JPY"),
        "minimum": money(params["minimum"], "JPY"),
        "place": prefecture(params["prefecture"], language),
        "since": day(date.fromisoformat(params["valid_from"]), "long"),
        "hours": params["hours"],
    }
    if params["hours"]:
        return str(
            gettext(
                "The pay divided by the stated %(hours)s hours is %(hourly)s an hour. The minimum "
                "in %(place)s is %(minimum)s since %(since)s.",
                **values,
            )
        )
    return str(
        gettext(
            "The pay begins at %(hourly)s an hour. The minimum in %(place)s is %(minimum)s since "
            "%(since)s.",
            **values,
        )
    )


def prefecture(code: str, language: str) -> str:
    """Return the name of a prefecture."""
    place = place_by_code(code)
    if place is None:
        return code
    return (place.name_ja or place.name_en) if language == "ja" else place.name_en


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as pages show it."""

    rule: str
    name: str
    is_warning: bool
    sentence: str
    quotes: list[str]
    law: str
    url: str
    is_settled: bool


def shown(finding: JobFinding, language: str) -> Shown:
    """Return a finding in the reader's language."""
    known = rule_of(finding.rule)
    words = WORDS[known] if known else None
    quotes = [finding.quote, *finding.params.get("also", [])]
    return Shown(
        rule=finding.rule,
        name=name(finding.rule),
        is_warning=is_warning(finding.rule),
        sentence=sentence(finding.rule, finding.params, language),
        quotes=[said for said in quotes if said],
        law=str(words.law) if words else "",
        url=words.url if words else "",
        is_settled=finding.settled_at is not None,
    )
