"""Pay as postings write it, in a wide table, and amounts that come back as they were written."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobscore.imports.salary import parse

# fmt: off
STATED: list[tuple[str, int | str | None, int | str | None, str | None, str | None]] = [
    ("時給1200円", 1_200, 1_200, "JPY", "hour"),
    ("時給 1,200 円 ～ 1,500 円", 1_200, 1_500, "JPY", "hour"),
    ("時給１，２００円〜１，５００円", 1_200, 1_500, "JPY", "hour"),
    ("時給:1200円以上", 1_200, None, "JPY", "hour"),
    ("時給1200円～", 1_200, None, "JPY", "hour"),
    ("時給1200～1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200-1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200－1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200―1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200ー1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200円から1500円", 1_200, 1_500, "JPY", "hour"),
    ("時給1200円から", 1_200, None, "JPY", "hour"),
    ("【時給】1,200円", 1_200, 1_200, "JPY", "hour"),
    ("［アルバイト］時給1,113円以上", 1_113, None, "JPY", "hour"),
    ("時給1,200円(22時以降1,500円)", 1_200, 1_200, "JPY", "hour"),
    ("時給1,300円＋交通費", 1_300, 1_300, "JPY", "hour"),
    ("時間給 1,050円", 1_050, 1_050, "JPY", "hour"),
    ("￥1,200/時", 1_200, 1_200, "JPY", "hour"),
    ("¥1,200 / 時間", 1_200, 1_200, "JPY", "hour"),
    ("1時間1200円", 1_200, 1_200, "JPY", "hour"),
    ("1h 1200円", 1_200, 1_200, "JPY", "hour"),
    ("時給最大1,800円", None, 1_800, "JPY", "hour"),
    ("時給1800円以下", None, 1_800, "JPY", "hour"),
    ("時給1,200円～1,500円（経験により優遇）", 1_200, 1_500, "JPY", "hour"),
    ("高校生：時給1,050円 一般：時給1,100円", 1_050, 1_050, "JPY", "hour"),
    ("時給1,200円 交通費全額支給 昇給あり", 1_200, 1_200, "JPY", "hour"),
    ("JPY 1,200 per hour", 1_200, 1_200, "JPY", "hour"),
    ("1200 yen/hour", 1_200, 1_200, "JPY", "hour"),
    ("日給10,000円", 10_000, 10_000, "JPY", "day"),
    ("日給1万円～1万5千円", 10_000, 15_000, "JPY", "day"),
    ("日給1万5,000円", 15_000, 15_000, "JPY", "day"),
    ("日給１万２千円", 12_000, 12_000, "JPY", "day"),
    ("日当8,000円", 8_000, 8_000, "JPY", "day"),
    ("1日あたり12,000円", 12_000, 12_000, "JPY", "day"),
    ("日給9000～12000円", 9_000, 12_000, "JPY", "day"),
    ("日給 1.2万円", 12_000, 12_000, "JPY", "day"),
    ("月給25万円", 250_000, 250_000, "JPY", "month"),
    ("月給25万", 250_000, 250_000, "JPY", "month"),
    ("月給25万円以上", 250_000, None, "JPY", "month"),
    ("月給25万円～35万円", 250_000, 350_000, "JPY", "month"),
    ("月給25～35万円", 250_000, 350_000, "JPY", "month"),
    ("月給25万～35万円", 250_000, 350_000, "JPY", "month"),
    ("月給25.5万円", 255_000, 255_000, "JPY", "month"),
    ("月給２５万円〜３０万円", 250_000, 300_000, "JPY", "month"),
    ("月給 250,000円 ～ 300,000円", 250_000, 300_000, "JPY", "month"),
    ("月給250000円", 250_000, 250_000, "JPY", "month"),
    ("月収30万円以上可", 300_000, None, "JPY", "month"),
    ("月額50万円", 500_000, 500_000, "JPY", "month"),
    ("基本給 200,000円", 200_000, 200_000, "JPY", "month"),
    ("月給20万5千円～30万円＋賞与年2回", 205_000, 300_000, "JPY", "month"),
    ("月給21万5,000円", 215_000, 215_000, "JPY", "month"),
    ("月給22万円+各種手当", 220_000, 220_000, "JPY", "month"),
    ("固定給25万円+歩合", 250_000, 250_000, "JPY", "month"),
    ("月給：23万円～（固定残業代3万円含む）", 230_000, None, "JPY", "month"),
    ("月給23万円（固定残業代45時間分5万円を含む）", 230_000, 230_000, "JPY", "month"),
    ("月給19万8000円", 198_000, 198_000, "JPY", "month"),
    ("月給30万円〜50万円 ※試用期間3ヶ月 月給28万円", 300_000, 500_000, "JPY", "month"),
    ("45万円/月", 450_000, 450_000, "JPY", "month"),
    ("〜80万円／月", None, 800_000, "JPY", "month"),
    ("単価60万円〜70万円/月", 600_000, 700_000, "JPY", "month"),
    ("月60万円〜80万円", 600_000, 800_000, "JPY", "month"),
    ("月給25万円-30万円", 250_000, 300_000, "JPY", "month"),
    ("月給 25 万円 – 30 万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円—30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円∼30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円˜30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円〰30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円~30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円…30万円", 250_000, 300_000, "JPY", "month"),
    ("月給25万円→30万円", 250_000, 300_000, "JPY", "month"),
    ("年収400万円", 4_000_000, 4_000_000, "JPY", "year"),
    ("年収400万円～600万円", 4_000_000, 6_000_000, "JPY", "year"),
    ("年収400～600万円", 4_000_000, 6_000_000, "JPY", "year"),
    ("400万円〜600万円", 4_000_000, 6_000_000, "JPY", "year"),
    ("500-800万円", 5_000_000, 8_000_000, "JPY", "year"),
    ("年俸600万円", 6_000_000, 6_000_000, "JPY", "year"),
    ("想定年収 500万円 ～ 1,000万円", 5_000_000, 10_000_000, "JPY", "year"),
    ("予定年収＞400万円～600万円", 4_000_000, 6_000_000, "JPY", "year"),
    ("年収1000万円以上可能", 10_000_000, None, "JPY", "year"),
    ("年収1千万円", 10_000_000, 10_000_000, "JPY", "year"),
    ("1千万円", 10_000_000, 10_000_000, "JPY", "year"),
    ("年収1億円", 100_000_000, 100_000_000, "JPY", "year"),
    ("年収1.5億円", 150_000_000, 150_000_000, "JPY", "year"),
    ("年収１０００万円〜１２００万円", 10_000_000, 12_000_000, "JPY", "year"),
    ("年収4,000,000円", 4_000_000, 4_000_000, "JPY", "year"),
    ("4,000,000円 - 6,000,000円", 4_000_000, 6_000_000, "JPY", "year"),
    ("¥4,000,000 - ¥6,000,000", 4_000_000, 6_000_000, "JPY", "year"),
    ("￥４００万", 4_000_000, 4_000_000, "JPY", "year"),
    ("年収最高800万円", None, 8_000_000, "JPY", "year"),
    ("年収800万円まで", None, 8_000_000, "JPY", "year"),
    ("上限800万円", None, 8_000_000, "JPY", "year"),
    ("下限400万円", 4_000_000, None, "JPY", "year"),
    ("初年度年収350万円～", 3_500_000, None, "JPY", "year"),
    ("年収例：450万円（入社3年目・28歳）", 4_500_000, 4_500_000, "JPY", "year"),
    ("600万〜900万", 6_000_000, 9_000_000, "JPY", "year"),
    ("600〜900万", 6_000_000, 9_000_000, "JPY", "year"),
    ("年収500万円～700万円 月給35万円～", 5_000_000, 7_000_000, "JPY", "year"),
    ("年収 四百万円", 4_000_000, 4_000_000, "JPY", "year"),
    ("年収五百万円〜八百万円", 5_000_000, 8_000_000, "JPY", "year"),
    ("月給二十五万円", 250_000, 250_000, "JPY", "month"),
    ("千二百円/時", 1_200, 1_200, "JPY", "hour"),
    ("JPY 5M - 8M", 5_000_000, 8_000_000, "JPY", "year"),
    ("5,000,000 JPY per year", 5_000_000, 5_000_000, "JPY", "year"),
    ("¥5M–¥8M", 5_000_000, 8_000_000, "JPY", "year"),
    ("$80,000", 80_000, 80_000, "USD", "year"),
    ("$80,000 - $100,000 a year", 80_000, 100_000, "USD", "year"),
    ("$80,000–$100,000", 80_000, 100_000, "USD", "year"),
    ("$80K", 80_000, 80_000, "USD", "year"),
    ("$80k-$100k", 80_000, 100_000, "USD", "year"),
    ("$80-100k", 80_000, 100_000, "USD", "year"),
    ("80k - 100k USD", 80_000, 100_000, "USD", "year"),
    ("USD 80,000 to 100,000", 80_000, 100_000, "USD", "year"),
    ("US$80,000", 80_000, 80_000, "USD", "year"),
    ("$25/hr", 25, 25, "USD", "hour"),
    ("$25.50 per hour", "25.5", "25.5", "USD", "hour"),
    ("$20 - $30 an hour", 20, 30, "USD", "hour"),
    ("$20-30/hour", 20, 30, "USD", "hour"),
    ("$20/hr - $30/hr", 20, 30, "USD", "hour"),
    ("$20.00 - $30.00 / hour", 20, 30, "USD", "hour"),
    ("20-30 $/h", 20, 30, "USD", "hour"),
    ("Up to $50 an hour", None, 50, "USD", "hour"),
    ("From $20 an hour", 20, None, "USD", "hour"),
    ("Starting at $18.50 an hour", "18.5", None, "USD", "hour"),
    ("$18.50+ an hour", "18.5", None, "USD", "hour"),
    ("$4,000 a month", 4_000, 4_000, "USD", "month"),
    ("$4,000 - $5,000 per month", 4_000, 5_000, "USD", "month"),
    ("$800 a week", 800, 800, "USD", "week"),
    ("$800 - $1,200 weekly", 800, 1_200, "USD", "week"),
    ("$150 a day", 150, 150, "USD", "day"),
    ("$300 per diem", 300, 300, "USD", "day"),
    ("$1.2M", 1_200_000, 1_200_000, "USD", "year"),
    ("$1.2 million", 1_200_000, 1_200_000, "USD", "year"),
    ("$120,000.00", 120_000, 120_000, "USD", "year"),
    ("$ 120 000", 120_000, 120_000, "USD", "year"),
    ("$60,000.00 - $70,000.00/year", 60_000, 70_000, "USD", "year"),
    ("Up to $150,000 per year plus bonus", None, 150_000, "USD", "year"),
    ("$90K/yr - $110K/yr", 90_000, 110_000, "USD", "year"),
    ("$90,000/yr", 90_000, 90_000, "USD", "year"),
    ("$90,000/annum", 90_000, 90_000, "USD", "year"),
    ("90000-110000 USD per year", 90_000, 110_000, "USD", "year"),
    ("Base salary $120,000 plus 15% bonus", 120_000, 120_000, "USD", "year"),
    ("$100k base + $20k bonus", 100_000, 100_000, "USD", "year"),
    ("Employer Provided Salary:$80K-$100K", 80_000, 100_000, "USD", "year"),
    ("$17-$24 Per Hour(Glassdoor est.)", 17, 24, "USD", "hour"),
    ("$37K-$66K (Glassdoor est.)", 37_000, 66_000, "USD", "year"),
    ("between $60,000 and $70,000", 60_000, 70_000, "USD", "year"),
    ("$60,000 to $70,000 DOE", 60_000, 70_000, "USD", "year"),
    ("at least $60,000", 60_000, None, "USD", "year"),
    ("$60,000 or more", 60_000, None, "USD", "year"),
    ("max $60,000", None, 60_000, "USD", "year"),
    ("minimum $60,000", 60_000, None, "USD", "year"),
    ("$60,000 minimum", 60_000, None, "USD", "year"),
    ("< $60,000", None, 60_000, "USD", "year"),
    ("> $60,000", 60_000, None, "USD", "year"),
    ("≥ $60,000", 60_000, None, "USD", "year"),
    ("$15", 15, 15, "USD", "hour"),
    ("C$60,000 - C$70,000", 60_000, 70_000, "CAD", "year"),
    ("CA$75,000", 75_000, 75_000, "CAD", "year"),
    ("A$90,000 + super", 90_000, 90_000, "AUD", "year"),
    ("60,000 CAD", 60_000, 60_000, "CAD", "year"),
    ("S$5,000 per month", 5_000, 5_000, "SGD", "month"),
    ("SGD 5,000 - 7,000 monthly", 5_000, 7_000, "SGD", "month"),
    ("HK$20,000/month", 20_000, 20_000, "HKD", "month"),
    ("€3.500", 3_500, 3_500, "EUR", "month"),
    ("3.500 €", 3_500, 3_500, "EUR", "month"),
    ("3.500 € brutto/Monat", 3_500, 3_500, "EUR", "month"),
    ("€45.000", 45_000, 45_000, "EUR", "year"),
    ("45.000 € - 55.000 €", 45_000, 55_000, "EUR", "year"),
    ("45.000 bis 55.000 EUR", 45_000, 55_000, "EUR", "year"),
    ("€45,000 - €55,000", 45_000, 55_000, "EUR", "year"),
    ("€45k-55k", 45_000, 55_000, "EUR", "year"),
    ("45 000 €", 45_000, 45_000, "EUR", "year"),
    ("45 000 € par an", 45_000, 45_000, "EUR", "year"),
    ("€12,50 pro Stunde", "12.5", "12.5", "EUR", "hour"),
    ("12,50 €/h", "12.5", "12.5", "EUR", "hour"),
    ("ab 3.000 €", 3_000, None, "EUR", "month"),
    ("bis zu 4.000 € im Monat", None, 4_000, "EUR", "month"),
    ("de 30 000 à 35 000 €", 30_000, 35_000, "EUR", "year"),
    ("£30,000", 30_000, 30_000, "GBP", "year"),
    ("£30k - £35k", 30_000, 35_000, "GBP", "year"),
    ("£30-35k", 30_000, 35_000, "GBP", "year"),
    ("£12.50 per hour", "12.5", "12.5", "GBP", "hour"),
    ("£11.44 p/h", "11.44", "11.44", "GBP", "hour"),
    ("£450 per day", 450, 450, "GBP", "day"),
    ("£400-£500 p.d.", 400, 500, "GBP", "day"),
    ("£30,000 pa", 30_000, 30_000, "GBP", "year"),
    ("£30,000 p.a.", 30_000, 30_000, "GBP", "year"),
    ("Up to £45,000 per annum", None, 45_000, "GBP", "year"),
    ("£2,000 pcm", 2_000, 2_000, "GBP", "month"),
    ("CHF 6'500 - 7'500 / Monat", 6_500, 7_500, "CHF", "month"),
    ("CHF 90’000", 90_000, 90_000, "CHF", "year"),
    ("6-8 LPA", 600_000, 800_000, "INR", "year"),
    ("6 - 8 Lakhs", 600_000, 800_000, "INR", "year"),
    ("₹6,00,000 - ₹8,00,000 a year", 600_000, 800_000, "INR", "year"),
    ("₹ 25,000 - 30,000 per month", 25_000, 30_000, "INR", "month"),
    ("3.5 LPA", 350_000, 350_000, "INR", "year"),
    ("12 lacs p.a.", 1_200_000, 1_200_000, "INR", "year"),
    ("Rs 15000/month", 15_000, 15_000, "INR", "month"),
    ("INR 10 Lakh", 1_000_000, 1_000_000, "INR", "year"),
    ("1.2 Cr", 12_000_000, 12_000_000, "INR", "year"),
    ("5-10 Lacs PA", 500_000, 1_000_000, "INR", "year"),
    ("upto 8 LPA", None, 800_000, "INR", "year"),
    ("₹3L - ₹5L", 300_000, 500_000, "INR", "year"),
    ("4,00,000 - 6,00,000 INR", 400_000, 600_000, "INR", "year"),
    ("CTC: 12 LPA", 1_200_000, 1_200_000, "INR", "year"),
    ("₩40,000,000", 40_000_000, 40_000_000, "KRW", None),
    ("PHP 25,000 - 30,000 monthly", 25_000, 30_000, "PHP", "month"),
    ("RM 3,000 - RM 4,500", 3_000, 4_500, "MYR", None),
    ("R$ 5.000,00", 5_000, 5_000, "BRL", None),
    ("PLN 15 000 - 20 000 / month", 15_000, 20_000, "PLN", "month"),
    ("80000", 80_000, 80_000, None, "year"),
    ("80,000-100,000", 80_000, 100_000, None, "year"),
    ("20000-28000", 20_000, 28_000, None, "year"),
    ("80k", 80_000, 80_000, None, "year"),
    ("80k-100k", 80_000, 100_000, None, "year"),
    ("50-60k per year", 50_000, 60_000, None, "year"),
    ("15/hour", 15, 15, None, "hour"),
]
NOT_STATED = [
    "応相談",
    "要相談",
    "経験・能力による",
    "当社規定による",
    "面談の上決定",
    "Negotiable",
    "Competitive salary",
    "DOE",
    "TBD",
    "N/A",
    "-",
    "Unpaid",
    "無給",
    "年間休日120日",
    "賞与年2回(4ヶ月分)",
    "昇給年1回",
    "月給制",
    "時給制",
    "401(k) matching",
    "週3日〜",
    "1日4時間〜OK",
    "18歳以上",
    "交通費上限2万円",
    "交通費支給（月上限30,000円）",
    "祝い金3万円",
    "経験5年以上",
    "2026年4月1日",
    "東京都渋谷区1-2-3",
    "9:00〜18:00",
    "残業月20時間",
    "Not Disclosed by Recruiter",
    "depends on experience (3-5 years)",
    "24/7 shifts",
    "50%",
    "0-0",
    "$0",
    "COVID-19",
]
# fmt: on


@pytest.mark.parametrize(("text", "low", "high", "currency", "period"), STATED)
def test_pay_is_read_as_written(
    text: str, low: int | str | None, high: int | str | None, currency: str | None, period: str
) -> None:
    pay = parse(text)
    assert pay is not None
    assert pay.minimum == (None if low is None else Decimal(low))
    assert pay.maximum == (None if high is None else Decimal(high))
    assert (pay.currency, pay.period) == (currency, period)


@pytest.mark.parametrize("text", NOT_STATED)
def test_no_amount_is_invented(text: str) -> None:
    assert parse(text) is None


DASHES = st.sampled_from(["-", "~", "〜", "～", "–", "—", "−", "－", "ー", "―", "‐", "から", "∼"])
SPACES = st.sampled_from(["", " ", "　"])
KINDS = {"時給": "hour", "日給": "day", "月給": "month", "年収": "year"}
WIDE = str.maketrans("0123456789,", "０１２３４５６７８９，")


def in_man(amount: int) -> str:
    """Return an amount of yen as Japanese postings write it: 25万5,000, 80万, 9,500."""
    man, rest = divmod(amount, 10_000)
    return f"{man}万{f'{rest:,}' if rest else ''}" if man else f"{amount:,}"


@given(
    st.sampled_from(sorted(KINDS)),
    st.integers(800, 9_999_999),
    st.integers(0, 9_999_999),
    DASHES,
    SPACES,
    st.sampled_from([str, "{:,}".format, in_man]),
    st.booleans(),
    st.booleans(),
)
def test_yen_come_back_as_they_were_written(
    kind: str, low: int, more: int, dash: str, space: str, form, is_wide: bool, twice: bool
) -> None:
    unit = "円" if twice or form is not str else ""
    if dash == "ー" and not twice and form is str:
        dash = "〜"
    text = f"{kind}{space}{form(low)}{unit}{space}{dash}{space}{form(low + more)}円"
    pay = parse(text.translate(WIDE) if is_wide else text)
    assert pay is not None, text
    assert (pay.minimum, pay.maximum) == (low, low + more), text
    assert (pay.currency, pay.period, pay.period_is_stated) == ("JPY", KINDS[kind], True)


WORDS = {
    "hour": ["/hr", " an hour", " per hour", "/hour", " hourly"],
    "day": [" a day", " per day", "/day", " daily"],
    "week": [" a week", "/week", " weekly"],
    "month": [" a month", "/month", " monthly", " per month"],
    "year": [" a year", "/yr", " per annum", " p.a.", " annually"],
}
MARKS = {"USD": ["$", "US$", "USD "], "EUR": ["€"], "GBP": ["£"], "AUD": ["A$"], "INR": ["₹"]}


@given(st.data(), st.integers(10, 900_000), st.integers(0, 900_000))
def test_western_amounts_come_back_as_they_were_written(
    data: st.DataObject, low: int, more: int
) -> None:
    currency = data.draw(st.sampled_from(sorted(MARKS)))
    mark = data.draw(st.sampled_from(MARKS[currency]))
    period = data.draw(st.sampled_from(sorted(WORDS)))
    word = data.draw(st.sampled_from(WORDS[period]))
    dash = data.draw(st.sampled_from(["-", " - ", "–", " – ", " to ", " — ", "~"]))
    form = data.draw(st.sampled_from([str, "{:,}".format, "{:,}.00".format]))
    again = data.draw(st.booleans())
    text = f"{mark}{form(low)}{dash}{mark if again else ''}{form(low + more)}{word}"
    pay = parse(text)
    assert pay is not None, text
    assert (pay.minimum, pay.maximum) == (low, low + more), text
    assert (pay.currency, pay.period) == (currency, period), text


@given(st.integers(1, 999), st.sampled_from(["K", "k"]), st.sampled_from(["$", "€", "£"]))
def test_one_scale_may_stand_for_both_ends(low: int, scale: str, mark: str) -> None:
    assume(low + 20 != 401)  # "401K" is the pension plan
    text = f"{mark}{low}-{low + 20}{scale}"
    pay = parse(text)
    assert pay is not None
    if low + 20 < 1000:
        assert (pay.minimum, pay.maximum) == (low * 1000, (low + 20) * 1000)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("up to {}", False, True), ("Up to {} a year", False, True), ("from {}", True, False),
        ("starting at {}", True, False), ("{}+", True, False), ("at least {}", True, False),
        ("{} or more", True, False), ("under {}", False, True), ("{} max", False, True),
        ("{}〜", True, False), ("〜{}", False, True), ("{}以上", True, False),
        ("{}以下", False, True), ("{}まで", False, True), ("{}から", True, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("amount", ["$50,000", "$50K", "¥50,000", "5万円", "５万円", "50,000円"])
def test_an_open_end_stays_open(text: str, low: bool, high: bool, amount: str) -> None:
    pay = parse(text.format(amount))
    assert pay is not None
    assert (pay.minimum, pay.maximum) == (50_000 if low else None, 50_000 if high else None)
