"""Pay as postings write it, in the many ways an importer meets."""

from dataclasses import dataclass

from jobscore.demo.catalogue import Occupation, Town
from jobscore.demo.dice import Dice

#: Least hourly pay in the sample by prefecture, in yen; elsewhere the last one.
FLOORS = {"東京都": 1230, "神奈川県": 1230, "大阪府": 1180, "埼玉県": 1150, "愛知県": 1150}
LEAST = 1030
#: Pay in another currency for one dollar: roughly what the same work earns there.
RATES = {"USD": 1.0, "GBP": 0.72, "EUR": 0.85, "CAD": 1.2, "AUD": 1.35, "SGD": 1.2, "JPY": 110.0}
SIGNS = {"USD": "$", "GBP": "£", "EUR": "€", "CAD": "CA$", "AUD": "A$", "SGD": "S$", "JPY": "¥"}
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay as a posting states it; empty where it says nothing."""

    text: str
    #: The same text with the range turned round, for a row broken on purpose.
    reversed_text: str


def japanese(dice: Dice, occupation: Occupation, town: Town, *, is_part: bool) -> Pay:
    """Return pay as Japanese postings write it: by hour or day, by month or year."""
    silent = dice.between(0, 1)
    if silent < 0.04:
        return Pay("", "時給1,800円〜1,200円")
    if silent < 0.09:
        return Pay(dice.pick(("応相談", "給与応相談", "当社規定による")), "月給40万円〜25万円")
    if is_part:
        return _yen_by_hour(dice, occupation, town)
    return _yen_by_month(dice, occupation)


def _yen_by_hour(dice: Dice, occupation: Occupation, town: Town) -> Pay:
    floor = FLOORS.get(town.prefecture, LEAST)
    low_end, high_end = occupation.yen_hour
    low = max(
        floor, int(dice.between(low_end, (low_end + high_end) / 2) * floor / LEAST) // 10 * 10
    )
    high = low + dice.whole(1, 8) * 50
    turned = f"時給{high:,}円〜{low:,}円"
    if dice.chance(0.1):
        day = low * 8 // 500 * 500
        tens, thousands = divmod(day // 1000, 10)
        if dice.chance(0.4) and day % 1000 == 0 and tens and thousands:
            wide = f"日給{tens}万{thousands}千円".translate(_WIDE)
            return Pay(wide, turned)
        return Pay(dice.pick((f"日給{day:,}円", f"日給{day:,}円〜{day + 2000:,}円")), turned)
    text = dice.pick(
        (
            f"時給{low:,}円〜{high:,}円",
            f"時給{low:,}円～{high:,}円",
            f"時給{low:,}円〜{high:,}円（交通費別途）",
            f"時給{low}円",
            f"時給{low:,}円以上",
            f"時給{low:,}円〜",
            f"[ア・パ]時給{low:,}円〜{high:,}円",
        )
    )
    return Pay(text, turned)


def _yen_by_month(dice: Dice, occupation: Occupation) -> Pay:
    low_end, high_end = occupation.yen_month
    low = int(dice.between(low_end, (low_end + high_end) / 2) * 2) / 2
    high = int(dice.between(low + 1, max(high_end, low + 3)))
    whole = int(low)
    turned = f"月給{high}万円〜{whole}万円"
    if dice.chance(0.3):
        year_low, year_high = round(whole * 14 / 10) * 10, round(high * 15 / 10) * 10
        text = dice.pick(
            (
                f"年収{year_low}万円〜{year_high}万円",
                f"{year_low}〜{year_high}万円",
                f"年俸{year_low}万円以上",
                f"年収{year_low}万円～{year_high}万円（賞与含む）",
            )
        )
        return Pay(text, turned)
    yen = int(low * 10_000)
    exact = f"月給{whole}万5,000円" if low != whole else f"月給{whole}万円"
    text = dice.pick(
        (
            f"月給{whole}万円〜{high}万円",
            f"月給{whole}万円以上",
            f"月給{yen:,}円〜{high * 10_000:,}円",
            f"月給 {yen:,}円～",
            f"{exact}＋賞与年2回",
        )
    )
    return Pay(text, turned)


def english(dice: Dice, occupation: Occupation, town: Town, *, is_part: bool) -> Pay:
    """Return pay as English postings write it, in the town's own currency."""
    sign, rate = SIGNS[town.currency], RATES[town.currency]
    silent = dice.between(0, 1)
    if silent < 0.14:
        turned = f"{sign}{int(90_000 * rate):,} - {sign}{int(60_000 * rate):,} a year"
        return Pay(dice.pick(("", "", "Competitive", "DOE")), turned)
    if is_part or dice.chance(0.1):
        return _by_hour(dice, occupation, sign, rate)
    return _by_year(dice, occupation, sign, rate)


def _by_hour(dice: Dice, occupation: Occupation, sign: str, rate: float) -> Pay:
    low_end, high_end = occupation.usd_hour
    low = dice.between(low_end, (low_end + high_end) / 2) * rate
    high = low + dice.between(1, 8) * rate
    if rate > 10:
        low, high = int(low) // 10 * 10, int(high) // 10 * 10
        one, two = f"{low:,}", f"{high:,}"
    else:
        one, two = f"{low:.2f}", f"{high:.2f}"
    text = dice.pick(
        (
            f"{sign}{one} - {sign}{two} an hour",
            f"{sign}{one} - {sign}{two} Per Hour (Employer est.)",
            f"From {sign}{one} an hour",
            f"{sign}{one}/hr",
            f"Up to {sign}{two} per hour",
        )
    )
    return Pay(text, f"{sign}{two} - {sign}{one} an hour")


def _by_year(dice: Dice, occupation: Occupation, sign: str, rate: float) -> Pay:
    low_end, high_end = occupation.usd_year
    low = int(dice.between(low_end, (low_end + high_end) / 2) * rate)
    high = int(low + dice.between(4, max(5.0, (high_end - low_end) / 2)) * rate)
    turned = f"{sign}{high * 1000:,} - {sign}{low * 1000:,} a year"
    if sign == "$" and dice.chance(0.35):
        return Pay(
            dice.pick((f"${low}K-${high}K", f"${low}K - ${high}K (Glassdoor est.)")),
            turned,
        )
    unit = "per annum" if sign == "£" else dice.pick(("a year", "per year"))
    text = dice.pick(
        (
            f"{sign}{low * 1000:,} - {sign}{high * 1000:,} {unit}",
            f"{sign}{low * 1000:,}–{sign}{high * 1000:,} {unit}",
            f"From {sign}{low * 1000:,} {unit}",
            f"{sign}{low * 1000:,} {unit}",
        )
    )
    return Pay(text, turned)
