"""How well postings are read, measured on sentences that people labelled.

``labelled.jsonl`` holds one sentence a line, written after the manner of real postings (none is
copied from one), with what a reader finds in it: skills and whether they are required (true),
welcome (false) or only named (null); features stated (true) or ruled out (false); conditions.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobscore.vocabulary import conditions, tables
from jobscore.vocabulary.finder import default_finder

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("labelled.jsonl").read_text("utf-8").splitlines()
]
#: Least precision and recall by kind.
FLOORS = {
    "skills": (0.97, 0.97),
    "required": (0.97, 0.97),
    "features": (0.97, 0.96),
    "conditions": (0.98, 0.96),
}


def read(row: dict[str, object]) -> dict[str, set[object]]:
    """Return what the finder reads in a labelled text, by kind."""
    text = str(row["text"])
    found = default_finder().find(text)
    needed = {one.code for one in found.conditions if one.stated}
    if row.get("title"):
        spans = [(s.start, s.end, s.code) for s in found.skills]
        needed |= set(conditions.licences_in_title(text, spans))
    return {
        "skills": {s.code for s in found.skills},
        "required": {(s.code, s.required) for s in found.skills},
        "features": {(f.code, f.stated) for f in found.features},
        "conditions": set(needed),
    }


def labelled(row: dict[str, object]) -> dict[str, set[object]]:
    """Return the labels of a text, by kind."""
    return {
        "skills": set(row["skills"]),
        "required": set(row["skills"].items()),
        "features": set(row["features"].items()),
        "conditions": set(row["conditions"]),
    }


def wrong() -> Iterator[tuple[str, str, str, object]]:
    """Yield what is read and not labelled, and what is labelled and not read."""
    for row in ROWS:
        got, wanted = read(row), labelled(row)
        for kind in FLOORS:
            yield from (("extra", kind, row["text"], one) for one in got[kind] - wanted[kind])
            yield from (("missed", kind, row["text"], one) for one in wanted[kind] - got[kind])


@pytest.mark.parametrize("kind", FLOORS)
def test_postings_are_read_precisely_and_almost_whole(kind):
    right = sum(len(read(row)[kind] & labelled(row)[kind]) for row in ROWS)
    faults = [fault for fault in wrong() if fault[1] == kind]
    counts = Counter(fault[0] for fault in faults)
    precision, recall = right / (right + counts["extra"]), right / (right + counts["missed"])
    assert right >= 45, "too few labels to tell"
    assert precision >= FLOORS[kind][0], (precision, faults)
    assert recall >= FLOORS[kind][1], (recall, faults)


def test_no_condition_is_read_where_there_is_none():
    """A condition may keep a job from a person, so none at all may be invented."""
    assert [f for f in wrong() if f[:2] == ("extra", "conditions")] == []


def test_the_sample_is_balanced():
    japanese = sum(not row["text"].isascii() for row in ROWS)
    assert 60 <= japanese <= len(ROWS) - 60
    assert sum(not any(labelled(row).values()) for row in ROWS) >= 20, "texts that say nothing"
    assert sum(False in row["features"].values() for row in ROWS) >= 30, "features ruled out"


def test_every_label_is_a_word_of_the_tables():
    skills = {skill.code for skill in tables.skills()}
    features = {feature.code for feature in tables.features()}
    for row in ROWS:
        assert set(row["skills"]) <= skills
        assert set(row["features"]) <= features
        assert all(conditions.is_condition(code) for code in row["conditions"])
