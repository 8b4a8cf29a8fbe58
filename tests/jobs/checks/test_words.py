"""Words about sex and age, against a sample that people labelled, and against the demo's."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from jobscore.demo.dice import Dice
from jobscore.demo.postings import make
from jobscore.jobs.checks.rules import Posting, Rule, check

HERE = Path(__file__).parent
#: Shares that the labelled sample must reach.
PRECISION, RECALL = 0.97, 0.93
WORD_RULES = {
    "ja": {
        Rule.SEX_NAMED,
        Rule.SEX_IN_JOB_NAME,
        Rule.SEX_WORDING,
        Rule.AGE_LIMIT,
        Rule.AGE_WORDING,
    },
    "en": {Rule.SEX_ENGLISH, Rule.AGE_ENGLISH},
}


def found_in(text: str, where: str, language: str) -> set[str]:
    posting = Posting(
        title=text if where == "t" else ("スタッフ" if language == "ja" else "Staff"),
        description="" if where == "t" else text,
        language=language,
    )
    return {f.rule.value for f in check(posting, {}) if f.rule in WORD_RULES[language]}


def labelled(name: str) -> list[tuple[str, str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(rule, where, text) for rule, where, text in rows]


@pytest.mark.parametrize(
    ("name", "language"), [("labelled_words.tsv", "ja"), ("labelled_english.tsv", "en")]
)
def test_the_rules_are_right_about_what_people_labelled(name: str, language: str) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for rule, where, text in labelled(name):
        found = found_in(text, where, language)
        wanted = {rule} - {""}
        counts["right"] += len(found & wanted)
        counts["false"] += len(found - wanted)
        counts["missed"] += len(wanted - found)
        if found != wanted:
            wrong.append((rule, found, text))
    precision = counts["right"] / (counts["right"] + counts["false"])
    recall = counts["right"] / (counts["right"] + counts["missed"])
    assert precision >= PRECISION, (precision, wrong)
    assert recall >= RECALL, (recall, wrong)


@pytest.mark.parametrize(
    ("language", "known"),
    # the one job name of the demo that labour bureaus ask to be written otherwise
    [("ja", {"sex_in_job_name"}), ("en", set())],
)
def test_nothing_else_is_said_of_the_demos_words(language: str, known: set[str]) -> None:
    wrong = []
    for seed in range(1_500):
        one = make(Dice(seed), language, str(seed), date(2026, 3, 2))  # type: ignore[arg-type]
        posting = Posting(
            title=one.title,
            company_name=one.company,
            description=f"{one.description}\n{one.features}",
            requirements=one.requirements,
            location=one.location,
            language=language,
        )
        wrong += [
            (f.rule.value, f.quote) for f in check(posting, {}) if f.rule in WORD_RULES[language]
        ]
    assert {rule for rule, _ in wrong} == known
    assert all("カメラマン" in words for _, words in wrong)


def test_the_quote_shows_the_words_and_a_little_around_them() -> None:
    text = "駅から近い職場です。\n応募資格は35歳までの明るい方。\nお待ちしています。"
    (finding,) = [
        f for f in check(Posting(title="調理", description=text), {}) if f.rule is Rule.AGE_LIMIT
    ]
    assert finding.quote == "応募資格は35歳までの明るい方"
    assert finding.field == "description"


def test_further_words_stand_beside_the_first() -> None:
    posting = Posting(title="配送（35歳まで）", description="応募は30代までの方")
    (finding,) = [f for f in check(posting, {}) if f.rule is Rule.AGE_LIMIT]
    assert finding.field == "title"
    assert finding.params["also"] == ["応募は30代までの方"]
