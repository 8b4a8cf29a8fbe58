"""The pages of docs/scoring are true: their examples are computed, their parameters exist."""

from dataclasses import fields

import numpy as np
import pytest

from jobscore.matching import reasons, selection
from jobscore.matching.reasons import Posting
from jobscore.scoring import engine
from jobscore.scoring.components import location
from jobscore.scoring.engine import Gates
from jobscore.scoring.policy import COMPONENTS, Parameters, Policy
from tests.scoring.examples import Example, examples, pages

EXAMPLES = examples()
WITH_JOBS = [e for e in EXAMPLES if "expected" in e.data]


def as_words(number: int) -> str:
    return f"{number:,}"


def ids(example: Example) -> str:
    return example.id


def computed(example: Example, expected: dict, position: int) -> dict:
    """Return what the real components give for the keys that a block expects."""
    jobs, person = example.jobs, example.person
    judgement = engine.judge(person, jobs, example.policy)
    policy = judgement.policy
    parts = engine.components_at(judgement, jobs, np.array([position]))[0].tolist()
    work = reasons.gather_evidence(person, jobs, [position], policy)[0].skill_match
    row = next(row for row in example.rows if row.id == expected["job"])
    table = reasons.parts_table(parts, policy.weights)
    total = int(judgement.totals()[position])
    makers = {
        "job": lambda: expected["job"],
        "total": lambda: total,
        "shown": lambda: reasons.shown_total(total) if judgement.shown()[position] else "none",
        "judged": lambda: int(judgement.judged[position]),
        "rank_points": lambda: int(judgement.rank_points[position]),
        "parts": lambda: [part.share for part in table],
        "coverage": lambda: work.coverage,
        "closeness": lambda: work.closeness,
        "cosine": lambda: [int(jobs.titles.cosines(w)[jobs.title[position]])
                           for w in person.own_title_words()],
        "text": lambda: [int(jobs.texts.coverage(w)[jobs.text[position]])
                         for w in person.own_title_words()],
        "shares": lambda: {str(s.skill_id): s.share for s in work.skills},
        "metres": lambda: location.evidence(person, jobs, [position], policy)[0].metres,
        "confidence": lambda: reasons.confidence(
            reasons.gather_evidence(person, jobs, [position], policy)[0], parts, policy.weights
        ),
        "closed": lambda: [
            reason
            for reason, at in Gates(today=example.data.get("today", 0)).closed(person, jobs).items()
            if position in at
        ],
        "sections": lambda: [
            str(name)
            for name, section in selection.sections_on(
                example.data.get("today", 0), policy
            ).items()
            if section.members(judgement, jobs, section.outline(person, jobs, policy))[position]
        ],
        "sources": lambda: {
            str(source): points
            for source, points in reasons.sources(
                person, jobs, position, policy, table[0].share
            ).items()
        },
        "says": lambda: [
            f"{m.id}: {' / '.join(m.numbers['words'])}"
            for m in reasons.work_messages(
                person, jobs, position, policy, Posting(row.title, row.text)
            )
        ],
    } | {str(c): lambda p=p: p for c, p in zip(COMPONENTS, parts, strict=True)}  # fmt: skip
    return {name: makers[name]() for name in expected}


@pytest.mark.parametrize("example", WITH_JOBS, ids=ids)
def test_the_jobs_of_an_example_score_what_the_page_says(example: Example) -> None:
    positions = example.jobs.positions
    for expected in example.data["expected"]:
        assert computed(example, expected, positions[expected["job"]]) == expected


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "arithmetic" in e.data], ids=ids)
def test_the_arithmetic_of_the_total_is_what_the_page_says(example: Example) -> None:
    said, policy = example.data["arithmetic"], example.policy
    table = reasons.parts_table(said["components"], policy.weights)
    pairs = list(zip(said["components"], policy.weights, strict=True))
    known = sum(w * c for c, w in pairs if c >= 0)
    judged = sum(w for c, w in pairs if c >= 0)
    assert said["known"] == known
    assert said["judged"] == judged
    assert said["total"] == (known * 200 + judged) // (2 * judged)
    assert said["rank_points"] == known + (100 - judged) * policy.neutral
    assert said["parts"] == [part.share for part in table]
    assert said["shown"] == sum(said["parts"])


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "change" in e.data], ids=ids)
def test_the_changes_of_an_example_are_what_the_page_says(example: Example) -> None:
    jobs, job = example.jobs, example.data["job"][0]
    posting = Posting(job["title"], job.get("text", ""), job.get("pay_period"))
    found = reasons.changes(
        example.person, jobs, jobs.positions[job["id"]], example.policy, posting
    )
    assert [
        {"id": c.message.id, "before": c.before, "after": c.after} for c in found
    ] == example.data["change"]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "openings" in e.data], ids=ids)
def test_what_a_skill_opens_in_an_example_is_what_the_page_says(example: Example) -> None:
    found = reasons.openings(example.person, example.jobs, example.policy)
    opened = {str(opening.skill_id): opening.more for opening in found.skills}
    said = example.data["openings"]
    assert (str(found.scope), found.now, opened) == (said["scope"], said["now"], said["more"])


@pytest.mark.parametrize("example", WITH_JOBS, ids=ids)
def test_the_words_beside_an_example_name_its_figures(example: Example) -> None:
    """Points in an example of their component stand in the words of the page too."""
    for expected in example.data["expected"]:
        for name in {example.page, "total", "rank_points"} & set(expected):
            said = expected[name] < 0 or as_words(expected[name]) in example.words
            assert said, (example.id, name, expected[name])


def test_every_part_of_a_score_and_what_stands_around_it_has_a_page_with_an_example() -> None:
    needed = {*map(str, COMPONENTS), "total", "selection", "changes", "openings"}
    assert needed <= {example.page for example in EXAMPLES}


def test_every_page_with_a_rule_names_its_source() -> None:
    ruled = {example.page for example in EXAMPLES}
    assert [page for page in sorted(ruled) if "**Source" not in pages()[page]] == []


def test_every_number_that_a_policy_can_set_is_named_on_a_page() -> None:
    text = "\n".join(pages().values())
    names = {f.name for f in fields(Parameters)} | {f.name for f in fields(Policy)}
    unnamed = {name for name in names - {"parameters", "version"} if f"`{name}`" not in text}
    assert unnamed == set()


def test_an_example_that_is_wrong_is_noticed() -> None:
    example = WITH_JOBS[0]
    right = example.data["expected"][0]
    wrong = {**right, "job": right["job"]}
    name = next(name for name in right if name != "job")
    wrong[name] = [] if isinstance(right[name], list) else -7
    assert computed(example, wrong, example.jobs.positions[right["job"]]) != wrong
