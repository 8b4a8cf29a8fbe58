"""A row becomes a draft; whatever needed a decision is said."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.imports import values
from jobscore.imports.drafting import Code, Drafter, Message, Severity
from jobscore.imports.formulas import guard, unguard
from jobscore.imports.mapping import columns_of
from jobscore.jobs.drafts import COMPANY_NOT_STATED, JobDraft

TODAY = date(2026, 11, 22)


def draft(**cells: str) -> tuple[JobDraft | None, list[Message]]:
    header = list(cells)
    return Drafter(columns_of(header), header, TODAY).draft(2, list(cells.values()))


def made(**cells: str) -> JobDraft:
    found, _ = draft(**cells)
    assert found is not None
    return found


def codes(**cells: str) -> list[tuple[Severity, Code]]:
    return [(message.severity, message.code) for message in draft(**cells)[1]]


def test_a_full_row_becomes_a_full_draft() -> None:
    job = made(
        title=" Web  engineer ", company="Acme", location="Hybrid work in Boston, MA",
        salary="$80K - $90K a year", employment_type="Full-time", experience="3+ years",
        posted_on="2026-11-01", url="https://example.com/1", job_id="42", skills="Python",
    )  # fmt: skip
    assert (job.title, job.place_text, job.remote) == ("Web engineer", "Boston, MA", "hybrid")
    assert (job.salary_min, job.salary_max, job.salary_period) == (80_000, 90_000, "year")
    assert (job.employment_type, job.experience_level, job.experience_min_years) == (
        "FULL_TIME", "mid", 3,
    )  # fmt: skip
    assert job.requirements == "Python"
    assert (job.posted_on, job.external_id, job.language) == (date(2026, 11, 1), "42", "en")


def test_a_row_without_a_title_is_an_error() -> None:
    assert draft(title=" ", company="Acme")[0] is None
    assert codes(title=" ", company="Acme") == [(Severity.ERROR, Code.NO_TITLE)]


def test_a_row_without_a_company_is_kept_with_a_warning() -> None:
    assert made(title="Cook", company="").company_name == COMPANY_NOT_STATED
    assert codes(title="Cook", company="") == [(Severity.WARNING, Code.NO_COMPANY)]


def test_a_long_title_is_cut_and_kept_whole_in_the_description() -> None:
    job = made(title="x" * 300, company="Acme", description="More.")
    assert len(job.title) == 255
    assert job.description == "x" * 300 + "\n\nMore."


def test_negotiable_pay_is_unknown_not_zero() -> None:
    job = made(title="事務", company="A", salary="応相談")
    assert (job.salary_min, job.salary_max, job.salary_text) == (None, None, "応相談")
    assert codes(title="事務", company="A", salary="応相談") == [
        (Severity.INFO, Code.PAY_NOT_STATED)
    ]


def test_pay_may_stand_in_two_columns() -> None:
    header = ["title", "company", "年収下限(万円)", "年収上限(万円)"]
    job, _ = Drafter(columns_of(header), header, TODAY).draft(2, ["Cook", "A", "300", "450"])
    assert job is not None
    assert (job.salary_min, job.salary_max) == (Decimal(3_000_000), Decimal(4_500_000))
    assert (job.salary_period, job.salary_currency) == ("year", "JPY")


def test_a_script_is_no_address() -> None:
    job = made(title="Cook", company="A", url="javascript:alert(1)")
    assert job.url is None
    assert (Severity.WARNING, Code.URL_UNSAFE) in codes(
        title="Cook", company="A", url="javascript:alert(1)"
    )


def test_the_advertising_line_behind_a_company_moves_to_the_description() -> None:
    job = made(title="事務 正社員", company="株式会社あおぞら | ★土日休み")
    assert (job.company_name, job.description) == ("株式会社あおぞら", "★土日休み")
    assert job.employment_type == "FULL_TIME"


@pytest.mark.parametrize(
    ("text", "day", "relative"),
    [
        ("2021-04-01", date(2021, 4, 1), False),
        ("2021/4/1 10:00", date(2021, 4, 1), False),
        ("2021年4月1日", date(2021, 4, 1), False),
        ("令和5年4月1日", date(2023, 4, 1), False),
        ("令和元年5月1日", date(2019, 5, 1), False),
        ("Apr 1, 2021", date(2021, 4, 1), False),
        ("1 April 2021", date(2021, 4, 1), False),
        ("31/12/2021", date(2021, 12, 31), False),
        ("01.02.2021", date(2021, 2, 1), False),
        ("20210401", date(2021, 4, 1), False),
        ("9時間前", TODAY, True),
        ("3日前", date(2026, 11, 19), True),
        ("2 weeks ago", date(2026, 11, 8), True),
        ("30+ days ago", date(2026, 10, 23), True),
        ("5 minutes ago", TODAY, True),
        ("本日", TODAY, True),
    ],
)
def test_dates_are_read(text: str, day: date, relative: bool) -> None:
    assert values.read_date(text, TODAY) == values.Day(day, relative)


@pytest.mark.parametrize("text", ["soon", "2021-13-01", "31/31/2021", "99999999999999 days ago"])
def test_what_is_no_date_says_so(text: str) -> None:
    with pytest.raises(values.UnreadableError):
        values.read_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Full-time", "FULL_TIME"), ("正社員", "FULL_TIME"), ("アルバイト・パート", "PART_TIME"),
        ("契約社員", "CONTRACTOR"), ("業務委託", "CONTRACTOR"), ("派遣社員", "TEMPORARY"),
        ("紹介予定派遣", "TEMPORARY"), ("Internship", "INTERN"), ("PARTTIME", "PART_TIME"),
        ("Contract, Full-time", "CONTRACTOR"), ("非常勤", "PART_TIME"), ("その他", "OTHER"),
    ],
)  # fmt: skip
def test_kinds_of_employment_become_schema_org_words(text: str, word: str) -> None:
    assert values.read_employment_type(text) == word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3+ years", ("mid", 3, None)),
        ("5-8 yrs", ("mid", 5, 8)),
        ("経験3年以上", ("mid", 3, None)),
        ("未経験OK", ("none", 0, None)),
        ("Entry level", ("junior", None, None)),
        ("Mid-Senior level", ("mid", None, None)),
        ("Senior", ("senior", None, None)),
        ("Director", ("lead", None, None)),
    ],
)
def test_experience_is_read(text: str, expected: tuple[str, int | None, int | None]) -> None:
    found = values.read_experience(text)
    assert found is not None
    assert (found.level, found.min_years, found.max_years) == expected


@given(st.text(alphabet="'=+-@\t\rab", max_size=6))
def test_our_guard_against_formulas_is_undone_exactly(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert guard(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")
