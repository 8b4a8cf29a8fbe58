"""The posting checks: one posting in, findings out. Pure, and quick enough for each import.

Each finding is a hint for a person, not a judgment: docs/postings.md says what the rules know and
what they do not.
"""

from jobscore.jobs.checks import english, items, japanese, pay
from jobscore.jobs.checks.findings import WARNINGS, Field, Finding, Posting, Rule, rule_of
from jobscore.jobs.checks.pay import Wage, Wages

__all__ = ["WARNINGS", "Field", "Finding", "Posting", "Rule", "Wage", "Wages", "check", "rule_of"]


def check(posting: Posting, wages: Wages) -> list[Finding]:
    """Return what the rules find, at most one finding for each rule.

    :param wages: the minimum wages in force, by prefecture.
    """
    whole = f"{posting.title}\n{posting.requirements}\n{posting.description}"
    if posting.language != "ja":
        return english.findings(posting, whole) + pay.findings(posting, whole, wages)
    found = japanese.sex(posting, whole) + japanese.age(posting, whole)
    if posting.in_japan:
        found += items.findings(posting, whole) + pay.findings(posting, whole, wages)
    return found
