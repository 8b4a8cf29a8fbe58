"""Pay against the minimum wage, and items that a posting must state."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.jobs.checks.rules import Finding, Posting, Rule, Wage, check

WAGES = {"JP-13": Wage(1226, date(2025, 10, 3)), "JP-47": Wage(1023, date(2025, 12, 1))}
WHOLE = Posting(
    title="ホールスタッフ",
    company_name="株式会社サンプル",
    description="9:00〜18:00の実働8時間。年間休日120日。社会保険完備。契約期間は1年、更新あり。",
    location="東京都渋谷区",
    prefecture="JP-13",
    salary_min=Decimal(1300),
    salary_max=Decimal(1500),
    period="hour",
    currency="JPY",
    salary_text="時給1,300円〜1,500円",
    employment_type="PART_TIME",
)


def finding(rule: Rule, **changes: Any) -> Finding | None:
    found = [f for f in check(replace(WHOLE, **changes), WAGES) if f.rule is rule]
    return found[0] if found else None


def test_nothing_is_wrong_with_a_whole_posting() -> None:
    assert check(WHOLE, WAGES) == []


@pytest.mark.parametrize(
    ("changes", "is_below"),
    [
        ({"salary_min": Decimal(1225)}, True),
        ({"salary_min": Decimal(1226)}, False),
        ({"salary_min": Decimal("1225.99")}, True),
        ({"salary_min": Decimal(1100), "prefecture": "JP-47"}, False),
        ({"salary_min": Decimal(1022), "prefecture": "JP-47"}, True),
        ({"salary_min": None, "salary_max": Decimal(1200)}, True),
        ({"salary_min": None, "salary_max": Decimal(1300)}, False),
        # unknown: no place, no table for it, no yen, no amount, misread
        ({"salary_min": Decimal(1000), "prefecture": None}, False),
        ({"salary_min": Decimal(1000), "prefecture": "JP-01"}, False),
        ({"salary_min": Decimal(15), "currency": "USD"}, False),
        ({"salary_min": None, "salary_max": None}, False),
        ({"salary_min": Decimal(12)}, False),
        # no employment, or lowered by permission
        ({"salary_min": Decimal(1000), "employment_type": "CONTRACTOR"}, False),
        ({"salary_min": Decimal(1000), "requirements": "最低賃金の減額特例許可あり"}, False),
        ({"salary_min": Decimal(1000), "title": "配達（業務委託）"}, False),
        # by the day: 8 hours are stated
        ({"salary_min": Decimal(9800), "period": "day"}, True),
        ({"salary_min": Decimal(9808), "period": "day"}, False),
        ({"salary_min": Decimal(5000), "period": "day", "description": "シフト制"}, False),
        ({"salary_min": Decimal(5000), "period": "day", "description": "実働4時間から"}, False),
        ({"salary_min": Decimal(8000), "period": "day", "description": "実働７．５時間"}, True),
        ({"salary_min": Decimal(5000), "period": "day", "description": "実働4時間/8時間"}, False),
        (
            {
                "salary_min": Decimal(8000),
                "period": "day",
                "description": "9:00〜17:00（休憩60分）",
            },
            True,
        ),
        (
            {
                "salary_min": Decimal(8600),
                "period": "day",
                "description": "22:00〜6:00（休憩1時間）",
            },
            False,
        ),
        # by the month: 8 hours x 245 days / 12 = 163.33 hours; 200,246.67 yen
        ({"salary_min": Decimal(200_240), "period": "month"}, True),
        ({"salary_min": Decimal(200_250), "period": "month"}, False),
        (
            {"salary_min": Decimal(150_000), "period": "month", "description": "実働8時間"},
            False,
        ),
        (
            {
                "salary_min": Decimal(195_000),
                "period": "month",
                "description": "月平均所定労働時間160時間",
            },
            True,
        ),
        ({"salary_min": Decimal(2_402_000), "period": "year"}, True),
        ({"salary_min": Decimal(2_403_000), "period": "year"}, False),
        ({"salary_min": Decimal(1000), "period": "week"}, False),
        ({"salary_min": Decimal(1000), "period": None}, False),
    ],
    ids=str,
)
def test_pay_is_below_the_minimum_only_when_that_is_sure(
    changes: dict[str, Any], is_below: bool
) -> None:
    assert (finding(Rule.PAY_BELOW_MINIMUM, **changes) is not None) is is_below


def test_the_finding_says_the_amounts_and_since_when() -> None:
    found = finding(Rule.PAY_BELOW_MINIMUM, salary_min=Decimal(8000), period="day")
    assert found is not None
    assert found.quote == "時給1,300円〜1,500円"
    assert found.params == {
        "hourly": "1000.0",
        "minimum": 1226,
        "prefecture": "JP-13",
        "valid_from": "2025-10-03",
        "hours": "8",
        "period": "day",
    }


def test_hours_of_a_month_are_said_plainly() -> None:
    whole = "月平均所定労働時間160時間"
    found = finding(
        Rule.PAY_BELOW_MINIMUM, salary_min=Decimal(160_000), period="month", description=whole
    )
    assert found is not None
    assert (found.params["hours"], found.params["hourly"]) == ("160", "1000.0")


def test_an_english_posting_in_japan_is_held_against_the_same_wage() -> None:
    found = finding(Rule.PAY_BELOW_MINIMUM, salary_min=Decimal(1000), language="en")
    assert found is not None


@pytest.mark.parametrize(
    ("changes", "items"),
    [
        ({"description": ""}, ["work"]),
        ({"location": ""}, ["place"]),
        ({"salary_min": None, "salary_max": None}, ["pay"]),
        ({"company_name": ""}, ["employer"]),
        ({"description": "社会保険完備。契約期間は1年。"}, ["hours"]),
        ({"description": "9:00〜18:00。契約期間は1年。"}, ["insurance"]),
        ({"description": "9:00〜18:00。社会保険完備。"}, ["period"]),
        ({"description": "9:00〜18:00。社会保険完備。", "employment_type": "FULL_TIME"}, []),
        ({"location": "", "requirements": "勤務地は面接で相談"}, []),
        ({"description": "", "title": "配達（業務委託）", "employment_type": "CONTRACTOR"}, []),
        ({"description": "", "in_japan": False}, []),
        ({"description": "", "language": "en"}, []),
    ],
    ids=str,
)
def test_missing_items_are_named(changes: dict[str, Any], items: list[str]) -> None:
    found = finding(Rule.ITEMS_MISSING, **changes)
    assert (found.params["items"] if found else []) == items


@given(
    st.builds(
        Posting,
        title=st.text(max_size=40),
        description=st.text(
            alphabet="男女性のみ歳才代まで限定0123456789７．.～:：時間実働年間休日（）"
            "\n young only-",
            max_size=120,
        ),
        requirements=st.text(max_size=40),
        prefecture=st.sampled_from(["JP-13", None]),
        salary_min=st.decimals(0, 10**9, places=2) | st.none(),
        period=st.sampled_from(["hour", "day", "month", "year", None]),
        currency=st.sampled_from(["JPY", None]),
        language=st.sampled_from(["ja", "en"]),
    )
)
def test_any_posting_can_be_checked_and_each_rule_speaks_once(posting: Posting) -> None:
    found = check(posting, WAGES)
    assert len({f.rule for f in found}) == len(found)
    assert all(len(f.quote) <= 255 and "\n" not in f.quote for f in found)
