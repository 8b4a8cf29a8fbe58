"""Pairs of postings of which it is known whether they are the same job, from the demo's sample.

A posting is copied as another board would carry it, or changed into another job. Nobody's real
postings are needed, and every pair says what was done to it.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from jobscore.demo import postings as demo
from jobscore.demo.dice import Dice
from jobscore.jobs.duplicates.similarity import Posting
from jobscore.vocabulary.gazetteer import resolve_place

TODAY = date(2026, 3, 2)
_SENTENCE = re.compile(r"(?<=[。！.!\n])\s*")


@dataclass(frozen=True, slots=True)
class Case:
    """Two postings, what was done to the second, and whether they are the same job."""

    kind: str
    is_same: bool
    one: Posting
    other: Posting


def sample(n: int, seed: int = 7) -> list[Posting]:
    """Return postings of the demo, in both languages by turns, all of one source."""
    dice = Dice(seed)
    made = []
    for i in range(n):
        language = "ja" if i % 2 else "en"
        row = demo.make(dice, language, f"{100_000 + i}", TODAY)  # type: ignore[arg-type]
        guess = resolve_place(row.location) if row.location else None
        place = abs(hash_of(guess.place.code)) if guess and guess.place else None
        made.append(
            Posting(
                job_id=i + 1, source="a", external_id=row.number, url=row.url, title=row.title,
                company=row.company, location=row.location, place_id=place,
                text=f"{row.description}\n{row.requirements}",
                pay=(row.salary, row.salary, "", "") if row.salary else None,
            )
        )  # fmt: skip
    return made


def hash_of(code: str) -> int:
    """Return a number for a place's code."""
    return int.from_bytes(code.encode()[-6:])


def cases(base: list[Posting], seed: int = 3) -> Iterator[Case]:
    """Yield a case of each kind by turns, one for each posting, with ids of their own."""
    chance = random.Random(seed)
    kinds = [*SAME.items(), *OTHER.items()]
    for i, posting in enumerate(base):
        kind, change = kinds[i % len(kinds)]
        foreign = replace(
            posting, job_id=posting.job_id + 1_000_000, source="b", url="", external_id=f"b{i}"
        )
        changed = change(foreign, chance, base)
        if changed != foreign or kind == "same text":
            yield Case(kind, kind in SAME, posting, changed)


Change = Callable[[Posting, random.Random, list[Posting]], Posting]


def _sentences(text: str) -> list[str]:
    return [s for s in _SENTENCE.split(text) if s]


def _truncated(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    return replace(p, text=p.text[: int(len(p.text) * chance.uniform(0.5, 0.8))] + "…")


def _reordered(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    parts = _sentences(p.text)
    chance.shuffle(parts)
    return replace(p, text=" ".join(parts))


def _company_form(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    company = p.company
    if "株式会社" in company:
        company = company.replace("株式会社", "(株)")
    else:
        company = re.sub(r",? (Inc|Ltd|LLC|Co)\.?$", "", company).upper() + ", Inc."
    return replace(p, company=company)


def _decorated(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    return replace(p, title=f"【急募】{p.title}★")


def _footer(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    more = "応募はこちらのサイトからお願いします。会員登録は無料です。" if p.job_id % 2 == 0 else (
        " Apply through our site today. Registration is free and takes one minute."
    )  # fmt: skip
    return replace(p, text=p.text + more)


def _same_address(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    original = base[p.job_id - 1_000_001].url
    return replace(p, url=f"{original.replace('https', 'http')}/?utm_source=b#top", title=p.title)


def _reworded(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    parts = _sentences(p.text)
    for n in range(0, len(parts), 5):
        parts[n] = chance.choice(_sentences(chance.choice(base).text) or [""])
    return replace(p, text=" ".join(parts))


def _other_place(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    found = [b for b in base if b.place_id and p.place_id and b.place_id != p.place_id]
    if not found:
        return p
    there = chance.choice(found)
    if there.location in p.location or p.location in there.location:
        return p
    return replace(p, location=there.location, place_id=there.place_id)


def _other_work(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    """Another job of the same company at the same place."""
    there = chance.choice(
        [b for b in base if b.title != p.title and (b.job_id - p.job_id) % 2 == 0]
    )
    return replace(p, title=there.title, text=there.text, pay=there.pay)


def _same_title(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    """Another company's posting with the same title at the same place."""
    there = chance.choice([b for b in base if b.company != p.company and b.company])
    return replace(p, company=there.company, text=there.text, pay=there.pay)


def _same_template(p: Posting, chance: random.Random, base: list[Posting]) -> Posting:
    """Another job of the same company whose posting says the same things about the company."""
    there = chance.choice(
        [b for b in base if b.title != p.title and (b.job_id - p.job_id) % 2 == 0]
    )
    half = _sentences(p.text)
    own = _sentences(there.text)
    text = " ".join([*own, *half[: max(1, len(half) // 3)]])
    return replace(p, title=there.title, text=text, pay=there.pay)


SAME: dict[str, Change] = {
    "same text": lambda p, chance, base: p,
    "truncated": _truncated,
    "reordered": _reordered,
    "company form": _company_form,
    "decorated title": _decorated,
    "footer": _footer,
    "same address": _same_address,
    "reworded": _reworded,
}
OTHER: dict[str, Change] = {
    "other place": _other_place,
    "other work": _other_work,
    "same title, other company": _same_title,
    "same template": _same_template,
}


def other_pay(p: Posting) -> Posting:
    """Return the posting with another pay: nobody can know, so a person is asked."""
    return replace(p, pay=("9999", "9999", "hour", "JPY"))
