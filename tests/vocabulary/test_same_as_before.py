"""What the finder finds in postings stays what it was: speed must not change it.

The page of answers was made by the finder before it got its automaton. After a change of what shall
be found, make it anew: ``python -m tests.vocabulary.test_same_as_before``.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from jobscore.demo import sample
from jobscore.demo.day import SEED
from jobscore.vocabulary.finder import Finder, default_finder
from jobscore.vocabulary.tables import conditions, features, rows, skills

ANSWERS = Path(__file__).with_name("found_before.jsonl")


def found(finder: Finder, text: str) -> dict[str, object]:
    said = finder.find(text)
    return {
        "skills": [[s.code, s.start, s.end, s.required] for s in said.skills],
        "features": [[f.code, f.start, f.end, f.stated] for f in said.features],
        "conditions": [[f.code, f.start, f.end, f.stated] for f in said.conditions],
    }


def kept() -> list[dict[str, object]]:
    return [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]


def test_every_posting_says_what_it_said_before() -> None:
    finder = default_finder()
    answers = kept()
    assert len(answers) >= 60
    for answer in answers:
        assert found(finder, str(answer["text"])) == answer["found"], answer["text"]


def test_what_was_read_before_changes_nothing() -> None:
    """Sentences are remembered: a fresh finder finds the same as one that has read them all."""
    finder = default_finder()
    texts = [str(answer["text"]) for answer in kept()]
    for text in texts:
        finder.find(text)
    blocked = [row["phrase"] for row in rows("blocked.tsv")]
    fresh = Finder(skills(), features(), blocked, conditions())
    for text in texts[:10]:
        assert finder.find(text) == fresh.find(text)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Node.js. Python", ["node-js", "python"]),
        ("経験: Java。JavaScriptは不要", ["java"]),
        ("We use C. R and Go are languages we know in programming.", ["c", "r", "go"]),
    ],
)
def test_the_end_of_a_sentence_parts_nothing(text: str, codes: list[str]) -> None:
    names = {skill.code for skill in default_finder().skills(text)}
    known = {skill.code for skill in skills()}
    assert {code for code in codes if code in known} <= names


def make(folder: Path) -> None:
    """Write the page of answers from the demo's postings."""
    from itertools import islice

    from jobscore.imports import batches, service
    from jobscore.imports.drafting import Drafter
    from jobscore.imports.reader import open_table

    finder = default_finder()
    lines = []
    for file in sample.write_jobs(folder, 100, SEED, date(2026, 11, 23)):
        table = open_table(file.path)
        drafter = Drafter(service.preview(file.path).mapping, table.header, date(2026, 11, 23))
        for draft, _ in batches.read(drafter, list(islice(table.records(), 40)), {}).drafts:
            text = f"{draft.title}\n{draft.requirements}\n{draft.description}"
            answer = {"text": text, "found": found(finder, text)}
            lines.append(json.dumps(answer, ensure_ascii=False))
    ANSWERS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    import tempfile

    make(Path(tempfile.mkdtemp()))
