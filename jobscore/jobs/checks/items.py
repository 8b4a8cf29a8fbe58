"""Items that a Japanese posting must state (職業安定法 5条の3, 施行規則 4条の2). Pure.

Only what a file can tell: an item is missing when nothing in the posting speaks of it. The words
of the items are in ``checks.wording``.
"""

from enum import StrEnum

from jobscore.jobs.checks.findings import Finding, Posting, Rule


class Item(StrEnum):
    """What must be stated."""

    WORK = "work"
    PLACE = "place"
    HOURS = "hours"
    PAY = "pay"
    EMPLOYER = "employer"
    INSURANCE = "insurance"
    PERIOD = "period"


#: An item counts as spoken of when one of its words stands anywhere.
_WORDS: dict[Item, tuple[str, ...]] = {
    Item.HOURS: (
        "時間", "シフト", ":00", "：00", ":30", "：30", "時～", "時〜", "時から", "フレックス",
        "夜勤", "日勤", "交替", "交代", "週1", "週2", "週3", "週4", "週5",
    ),
    Item.INSURANCE: ("保険", "社保", "福利厚生"),
    Item.PERIOD: (
        "契約期間", "雇用期間", "期間の定め", "有期", "無期", "長期", "短期", "単発", "か月",
        "ヶ月", "カ月", "更新", "年契約", "期間",
    ),
    Item.PLACE: ("勤務地", "勤務先", "就業場所", "在宅", "リモート", "駅"),
}  # fmt: skip
#: Kinds of work that end: only these must say for how long (正社員 means without end).
_FOR_A_TIME = frozenset({"TEMPORARY", "CONTRACTOR", "PART_TIME", "INTERN"})


def findings(posting: Posting, whole: str) -> list[Finding]:
    """Return one finding that names all missing items, or nothing."""
    if posting.employment_type == "CONTRACTOR" and "契約社員" not in whole:
        return []  # 業務委託 is no employment: the article does not speak of it
    missing = []
    if not posting.description.strip():
        missing.append(Item.WORK)
    if not posting.location and not _speaks_of(whole, Item.PLACE):
        missing.append(Item.PLACE)
    if posting.salary_min is None and posting.salary_max is None:
        missing.append(Item.PAY)
    if not posting.company_name:
        missing.append(Item.EMPLOYER)
    # what only a text tells is asked of a posting that has one
    if posting.description.strip():
        missing += [i for i in (Item.HOURS, Item.INSURANCE) if not _speaks_of(whole, i)]
        if posting.employment_type in _FOR_A_TIME and not _speaks_of(whole, Item.PERIOD):
            missing.append(Item.PERIOD)
    if not missing:
        return []
    return [Finding(Rule.ITEMS_MISSING, params={"items": [str(item) for item in missing]})]


def _speaks_of(whole: str, item: Item) -> bool:
    for word in _WORDS[item]:  # noqa: SIM110 # any() with a generator takes twice the time
        if word in whole:
            return True
    return False
