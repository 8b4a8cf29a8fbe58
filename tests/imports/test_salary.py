"""Pay is read as written, in both languages, and never invented."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.imports.salary import parse

CASES = [
    ("$80K-$120K (Glassdoor est.)", 80_000, 120_000, "USD", "year"),
    ("$80-120K", 80_000, 120_000, "USD", "year"),
    ("$25.00 - $50.00 Per Hour (Employer est.)", 25, 50, "USD", "hour"),
    ("$25 an hour", 25, 25, "USD", "hour"),
    ("$15.50/hr", "15.5", "15.5", "USD", "hour"),
    ("From $60,000 a year", 60_000, None, "USD", "year"),
    ("up to $150k", None, 150_000, "USD", "year"),
    ("$120k+", 120_000, None, "USD", "year"),
    ("$1,000+ weekly", 1_000, None, "USD", "week"),
    ("£30,000 - £35,000 per annum", 30_000, 35_000, "GBP", "year"),
    ("€3.500", 3_500, 3_500, "EUR", "month"),
    ("€45.000,00 - €55.000,00", 45_000, 55_000, "EUR", "year"),
    ("CHF 90'000", 90_000, 90_000, "CHF", "year"),
    ("6-8 LPA", 600_000, 800_000, "INR", "year"),
    ("₹3L – ₹5L (Glassdoor Est.)", 300_000, 500_000, "INR", "year"),
    ("Rs. 3,00,000 - 5,00,000 P.A.", 300_000, 500_000, "INR", "year"),
    ("20000-28000", 20_000, 28_000, None, "year"),
    ("時給1,200円〜1,500円", 1_200, 1_500, "JPY", "hour"),
    ("1,200円／時間", 1_200, 1_200, "JPY", "hour"),
    ("日給１万２千円", 12_000, 12_000, "JPY", "day"),
    ("日給8000円~1万円", 8_000, 10_000, "JPY", "day"),
    ("週給5万円", 50_000, 50_000, "JPY", "week"),
    ("月給25万円以上", 250_000, None, "JPY", "month"),
    ("月給20万5千円～30万円＋賞与年2回", 205_000, 300_000, "JPY", "month"),
    ("月25万", 250_000, 250_000, "JPY", "month"),
    ("500-800万円", 5_000_000, 8_000_000, "JPY", "year"),
    ("300万円～", 3_000_000, None, "JPY", "year"),
    ("～500万円", None, 5_000_000, "JPY", "year"),
    ("最大50万円", None, 500_000, "JPY", "month"),
    ("1千万円", 10_000_000, 10_000_000, "JPY", "year"),
    ("年収1億円", 100_000_000, 100_000_000, "JPY", "year"),
    ("1億2000万円", 120_000_000, 120_000_000, "JPY", "year"),
    ("年収400万円/25歳", 4_000_000, 4_000_000, "JPY", "year"),
    ("時給1200円(研修中1100円)", 1_200, 1_200, "JPY", "hour"),
    ("固定残業代3万円含む 月給28万円", 280_000, 280_000, "JPY", "month"),
    ("想定年収:400万円~600万円(月給25万円~)", 4_000_000, 6_000_000, "JPY", "year"),
]


@pytest.mark.parametrize(("text", "low", "high", "currency", "period"), CASES)
def test_pay_is_read(
    text: str, low: int | str | None, high: int | str | None, currency: str | None, period: str
) -> None:
    pay = parse(text)
    assert pay is not None
    assert pay.minimum == (None if low is None else Decimal(low))
    assert pay.maximum == (None if high is None else Decimal(high))
    assert (pay.currency, pay.period) == (currency, period)


@pytest.mark.parametrize(
    "text",
    ["", "応相談", "公開していません", "Negotiable", "competitive", "DOE", "401k, dental",
     "交通費月3万円まで支給", "年休120日", "0", "経験3年以上"],
)  # fmt: skip
def test_what_names_no_pay_is_unknown(text: str) -> None:
    assert parse(text) is None


def test_hints_count_only_where_the_text_is_silent() -> None:
    hinted = parse("1,200円", "hour", None)
    assert hinted is not None
    assert (hinted.period, hinted.period_is_stated) == ("hour", True)
    stated = parse("月給25万円", "hour", "USD")
    assert stated is not None
    assert (stated.period, stated.currency) == ("month", "JPY")


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    pay = parse(text)
    if pay and pay.minimum is not None and pay.maximum is not None:
        assert pay.minimum <= pay.maximum


@given(st.integers(100, 9999), st.integers(0, 9999))
def test_japanese_ranges_come_back_as_written(low: int, more: int) -> None:
    pay = parse(f"年収{low}万円〜{low + more}万円")
    assert pay is not None
    assert (pay.minimum, pay.maximum) == (low * 10_000, (low + more) * 10_000)
