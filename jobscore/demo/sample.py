"""The sample: two CSV files of postings, with the faults that real files have.

Deterministic: the same seed, count and day give the same bytes on every machine and Python, and a
larger sample begins with the rows of the smaller one.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from jobscore.demo import postings
from jobscore.demo.catalogue import Language
from jobscore.demo.dice import Dice
from jobscore.demo.postings import Posting

#: One row in so many is broken on purpose; the kinds take turns.
BROKEN_EVERY = 200
FAULTS = (
    "narrow",
    "reversed_pay",
    "no_title",
    "bad_date",
    "wide",
    "formula",
    "html_title",
    "long_title",
    "emoji",
)
#: Share of rows that repeat an earlier row, and that post an earlier job under another number.
REPEATED, REPOSTED = 0.005, 0.01
#: How far back a repeated row may look.
_MEMORY = 64
#: Part of the whole sample that is in Japanese.
JAPANESE_SHARE = 0.6

HEADERS: dict[Language, tuple[str, ...]] = {
    "ja": (
        "求人番号",
        "職種名",
        "会社名",
        "勤務地",
        "給与",
        "雇用形態",
        "仕事内容",
        "応募資格",
        "必要スキル",
        "経験",
        "特徴",
        "業種",
        "掲載日",
        "掲載終了日",
        "求人URL",
        "広告",
    ),
    "en": (
        "job_id",
        "title",
        "company",
        "location",
        "salary",
        "employment_type",
        "description",
        "requirements",
        "skills",
        "experience",
        "benefits",
        "industry",
        "posted_date",
        "expires_at",
        "url",
        "sponsored",
    ),
}


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One written file and what is in it."""

    path: Path
    language: Language
    #: Data records, broken ones included.
    rows: int


def rows(n: int, seed: int, today: date, language: Language) -> Iterator[list[str]]:
    """Yield ``n`` records for the header of ``language``, some broken, some repeated."""
    dice = Dice(seed * 2 + (language == "en"))
    prefix = "K" if language == "ja" else "J"
    recent: list[Posting] = []
    broken = 0
    for index in range(n):
        number = f"{prefix}{seed:02d}-{index + 1:07d}"
        posting = postings.make(dice, language, number, today)
        fate = dice.between(0, 1)
        if index % BROKEN_EVERY == BROKEN_EVERY // 4:
            yield broken_cells(posting, FAULTS[broken % len(FAULTS)])
            broken += 1
            continue
        if fate < REPEATED and recent:
            posting = dice.pick(recent)
        elif fate < REPEATED + REPOSTED and recent:
            url = posting.url
            posting = replace(dice.pick(recent), number=number, url=url)
        elif len(recent) < _MEMORY:
            recent.append(posting)
        else:
            recent[index % _MEMORY] = posting
        yield posting.cells()


def broken_cells(posting: Posting, fault: str) -> list[str]:
    """Return the posting's cells with one fault of :data:`FAULTS` put in."""
    match fault:
        case "narrow":
            return posting.cells()[:-3]
        case "wide":
            return [*posting.cells(), "", "x"]
        case "reversed_pay":
            posting = replace(posting, salary=posting.reversed_salary)
        case "no_title":
            posting = replace(posting, title="")
        case "bad_date":
            posting = replace(posting, posted="2026-13-45")
        case "formula":
            posting = replace(posting, company='=HYPERLINK("https://example.com/","Click")')
        case "html_title":
            posting = replace(posting, title=f"<b>{posting.title}</b><script>alert(1)</script>")
        case "long_title":
            posting = replace(posting, title=" / ".join([posting.title] * 40))
        case "emoji":
            posting = replace(posting, title=f"🌟{posting.title}🎉👩‍🍳")
        case _:
            raise ValueError(f"{fault!r} is none of {', '.join(FAULTS)}")
    return posting.cells()


def write_jobs_csv(
    path: Path, n: int, seed: int, today: date, language: Language = "ja"
) -> SampleFile:
    """Write ``n`` records under a header of ``language``, as a spreadsheet would save them.

    The Japanese file begins with a byte-order mark and ends lines with CRLF (Excel), the English
    one has neither. Nothing is kept in memory.
    """
    is_japanese = language == "ja"
    with path.open("w", encoding="utf-8-sig" if is_japanese else "utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n" if is_japanese else "\n")
        writer.writerow(HEADERS[language])
        writer.writerows(rows(n, seed, today, language))
    return SampleFile(path, language, n)


def file_names(n: int) -> tuple[str, str]:
    """Return the names of the Japanese and the English file of a sample of ``n`` postings."""
    japanese = round(n * JAPANESE_SHARE)
    return f"kyujin-{japanese}.csv", f"jobs-{n - japanese}.csv"


def write_jobs(folder: Path, n: int, seed: int, today: date) -> list[SampleFile]:
    """Write ``n`` postings into ``folder``, three fifths in Japanese; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    japanese = round(n * JAPANESE_SHARE)
    first, second = file_names(n)
    return [
        write_jobs_csv(folder / first, japanese, seed, today, "ja"),
        write_jobs_csv(folder / second, n - japanese, seed, today, "en"),
    ]
