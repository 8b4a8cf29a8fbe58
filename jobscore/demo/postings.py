"""One posting at a time, in Japanese or English, the way job boards write them."""

from dataclasses import dataclass
from datetime import date, timedelta

from jobscore.demo import names, pay, phrases
from jobscore.demo.catalogue import (
    Feature,
    Language,
    Occupation,
    Town,
    features,
    occupations,
    towns,
)
from jobscore.demo.dice import Dice, Weighted

#: Days before today over which the postings are spread.
SPREAD_DAYS = 45
#: Beginnings of titles that take “an”.
_AN = ("A", "E", "I", "O", "i", "Un", "HR", "HVAC")
_ERA = 2018  # Reiwa 1 is 2019.
#: Fewest and most sentences a paragraph: English ones are twice as long.
_LINES: dict[Language, tuple[int, int]] = {"ja": (2, 4), "en": (1, 2)}
_OTHER_TYPES = Weighted(("TEMPORARY", "CONTRACTOR", "INTERN"), (6, 3, 1))
_YEARS = Weighted((0, 1, 2, 3, 5), (2, 3, 3, 4, 2))


@dataclass(slots=True)
class Posting:
    """The cells of one posting, all text, empty where it says nothing."""

    number: str
    title: str
    company: str
    location: str
    salary: str
    employment: str
    description: str
    requirements: str
    skills: str
    experience: str
    features: str
    industry: str
    posted: str
    expires: str
    url: str
    sponsored: str
    #: The pay with its ends exchanged; written only into a row broken on purpose.
    reversed_salary: str

    def cells(self) -> list[str]:
        """Return the cells in the order of both headers."""
        return [
            self.number,
            self.title,
            self.company,
            self.location,
            self.salary,
            self.employment,
            self.description,
            self.requirements,
            self.skills,
            self.experience,
            self.features,
            self.industry,
            self.posted,
            self.expires,
            self.url,
            self.sponsored,
        ]


def make(dice: Dice, language: Language, number: str, today: date) -> Posting:
    """Return the next posting of this chance."""
    occupation = dice.heavy(occupations())
    town = dice.heavy(towns(language))
    is_part = dice.chance(occupation.part)
    words = occupation.words[language]
    stated, denied = _work_style(dice, occupation)
    years = _years(dice, occupation, stated, denied)
    company = names.company(dice, language, occupation.family)
    base_title = dice.pick(words.titles)
    amount = (pay.japanese if language == "ja" else pay.english)(
        dice, occupation, town, is_part=is_part
    )
    kind = "PART_TIME" if is_part else "FULL_TIME"
    if dice.chance(0.14):
        kind = dice.heavy(_OTHER_TYPES)
    posted, expires = _dates(dice, language, today)
    said = [dice.pick(feature.stated[language]) for feature in stated]
    refused = [dice.pick(feature.denied[language]) for feature in denied]
    in_column = dice.chance(0.55)
    separator = "、" if language == "ja" else ", "
    is_remote = any(feature.key == "remote" for feature in stated)
    return Posting(
        number=number,
        title=_title(dice, language, base_title, said, kind),
        company=company if not dice.chance(0.004) else "",
        location=_location(dice, language, town, is_remote=is_remote),
        salary=amount.text,
        employment=dice.pick(phrases.EMPLOYMENT[language][kind]) if not dice.chance(0.03) else "",
        description=_description(
            dice, language, occupation, (company, town.city, base_title), said, is_part=is_part
        ),
        requirements=_requirements(dice, language, words.needs, refused, years),
        skills=separator.join(dice.some(words.skills, dice.whole(2, 5)))
        if dice.chance(0.8)
        else "",
        experience=dice.pick(phrases.YEARS[language][years]) if dice.chance(0.7) else "",
        features=separator.join(said + refused) if in_column else "",
        industry=words.industry if dice.chance(0.9) else "",
        posted=posted,
        expires=expires,
        url=f"https://example.jp/kyujin/{number}"
        if language == "ja"
        else f"https://example.com/jobs/{number}",
        sponsored="1" if dice.chance(0.02) else "",
        reversed_salary=amount.reversed_text,
    )


def _work_style(dice: Dice, occupation: Occupation) -> tuple[list[Feature], list[Feature]]:
    """Choose what the posting states and denies of work style."""
    every = features()
    usual = [every[key] for key in occupation.says]
    stated = dice.some(usual, dice.whole(1, 4))
    if dice.chance(0.2):
        extra = every[dice.pick(("travel_paid", "free_style", "start_at_once", "second_job"))]
        if extra not in stated and extra.key not in occupation.denies:
            stated.append(extra)
    may_deny = [every[key] for key in occupation.denies if every[key].denied["ja"]]
    denied = dice.some(may_deny, 1) if dice.chance(0.35) else []
    return stated, denied


def _years(dice: Dice, occupation: Occupation, stated: list[Feature], denied: list[Feature]) -> int:
    """Choose the least years of experience asked; 0 asks none."""
    if any(feature.key == "no_experience_needed" for feature in stated):
        return 0
    if any(feature.key == "no_experience_needed" for feature in denied):
        return dice.pick((2, 3, 5))
    if "no_experience_needed" in occupation.denies:
        return dice.pick((1, 2, 3, 3, 5))
    return dice.heavy(_YEARS) if occupation.part < 0.3 else dice.pick((0, 0, 0, 1))


def _title(dice: Dice, language: Language, base: str, said: list[str], kind: str) -> str:
    """Dress a title up the way boards do; about half stay plain."""
    shape = dice.whole(0, 9)
    flourish = dice.pick(said) if said else ""
    if language == "ja":
        if shape == 0 and flourish:
            return f"【{flourish}】{base}"
        if shape == 1 and flourish:
            return f"{base}／{flourish}"
        if shape == 2 and len(said) > 1:
            return f"{base}★{said[0]}★{said[1]}"
        if shape == 3:
            return f"{base}（{phrases.EMPLOYMENT['ja'][kind][0]}）"
        return base
    if shape == 0 and flourish:
        return f"{base} - {flourish}"
    if shape == 1:
        return f"{base} ({phrases.EMPLOYMENT['en'][kind][0]})"
    if shape == 2 and kind == "FULL_TIME" and not base.startswith(("Senior", "Head", "Assistant")):
        return dice.pick(("Senior ", "Junior ", "Lead ")) + base
    return base


def _location(dice: Dice, language: Language, town: Town, *, is_remote: bool) -> str:
    """Write the place as boards do: with or without prefecture, with a walk from a station."""
    shape = dice.whole(0, 19)
    if is_remote and shape < 4:
        return "フルリモート" if language == "ja" else "Remote"
    if shape == 4:
        return ""
    if language == "en":
        return f"{town.name} (Hybrid)" if is_remote and shape < 8 else town.name
    if shape < 7:
        return town.city
    if shape < 10:
        return f"{town.name}（最寄り駅から徒歩{dice.whole(1, 15)}分）"
    if shape < 12:
        return f"{town.prefecture} {town.city}"
    return town.name


def _dates(dice: Dice, language: Language, today: date) -> tuple[str, str]:
    """Return when it was posted and when it ends; a few have ended, many never say."""
    posted = today - timedelta(days=dice.whole(0, SPREAD_DAYS - 1))
    shape = dice.whole(0, 19)
    text = posted.isoformat()
    if language == "ja" and shape < 3:
        text = f"{posted.year}年{posted.month}月{posted.day}日"
    elif language == "ja" and shape == 3:
        text = f"令和{posted.year - _ERA}年{posted.month}月{posted.day}日"
    elif language == "ja" and shape < 7:
        text = f"{posted:%Y/%m/%d}"
    if dice.chance(0.015):
        ends = today - timedelta(days=dice.whole(1, 5))
        return (today - timedelta(days=SPREAD_DAYS - 1)).isoformat(), ends.isoformat()
    if dice.chance(0.4):
        return text, ""
    return text, (today + timedelta(days=dice.whole(7, 60))).isoformat()


def _description(
    dice: Dice,
    language: Language,
    occupation: Occupation,
    subject: tuple[str, str, str],
    said: list[str],
    *,
    is_part: bool,
) -> str:
    """Return 300 to 900 characters: who asks, what to do, when, and what is offered."""
    words = occupation.words[language]
    company, place, title = subject
    gap = "" if language == "ja" else " "
    stop = "。" if language == "ja" else ""
    start = dice.whole(6, 11)
    hours = (phrases.PART_HOURS if is_part else phrases.FULL_HOURS)[language]
    benefits = (phrases.PART_BENEFITS if is_part else phrases.FULL_BENEFITS)[language]
    opening = dice.pick(phrases.OPENINGS[language])
    if language == "en" and title.startswith(_AN):
        opening = opening.replace(" a {title}", " an {title}")
    duties = gap.join(dice.some(words.duties, dice.whole(3, 4)))
    paragraphs = [
        opening.format(company=company, place=place, title=title)
        + gap
        + dice.pick(words.places)
        + stop,
        dice.pick(phrases.DUTIES[language]) + duties,
        gap.join(dice.some(words.days, dice.whole(*_LINES[language]))),
        dice.pick(hours).format(
            start=start,
            end=start + (dice.whole(9, 12) if is_part else 9),
            hours=dice.whole(3, 6),
            days=dice.whole(105, 128) if language == "ja" else dice.whole(12, 28),
        )
        + gap
        + gap.join(dice.some(benefits, dice.whole(*_LINES[language]))),
        gap.join(dice.some(phrases.ABOUT[language], dice.whole(*_LINES[language]))),
    ]
    if said and dice.chance(0.8):
        paragraphs.append("◆" + "／".join(said) if language == "ja" else "* " + "; ".join(said))
    paragraphs.append(dice.pick(phrases.CLOSINGS[language]))
    return "\n".join(paragraphs)


def _requirements(
    dice: Dice, language: Language, needs: tuple[str, ...], refused: list[str], years: int
) -> str:
    """Return what is asked of the person, refusals included; a few ask nothing."""
    if dice.chance(0.06):
        return "\n".join(refused)
    gap = "" if language == "ja" else " "
    parts = [gap.join(dice.some(needs, dice.whole(1, 2)))]
    if years and dice.chance(0.5):
        parts.append(dice.pick(phrases.YEARS[language][years]))
    return "\n".join(parts + refused)
