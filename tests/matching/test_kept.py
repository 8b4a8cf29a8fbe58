"""Saved, applied to and hidden, page by page: every row once, in order, on both databases."""

from datetime import date, timedelta

import pytest

from jobscore.database.transaction import transaction
from jobscore.matching import answers, kept
from jobscore.matching.kept import SavedOrder
from jobscore.matching.models import FeedbackKind
from jobscore.web import pagination
from tests import factories
from tests.matching.matches import NOON, match

pytestmark = pytest.mark.usefixtures("noon")


def pages(read):
    """Return the rows of all pages of three."""
    found, after = [], None
    while True:
        page = read(after)
        found += page.items
        if page.next_after is None:
            return found
        assert len(page.items) == 3
        after = page.next_after


def test_saved_jobs_come_newest_or_best_first_and_each_once(session, person):
    with transaction():
        stranger = factories.user(session).id
        match(session, stranger, saved_at=NOON)
        rows = [
            match(session, person, total=50.0 + n % 3, saved_at=NOON + timedelta(minutes=n // 2))
            for n in range(8)
        ]
        match(session, person)
    newest = pages(lambda after: kept.saved(person, SavedOrder.SAVED, after=after, size=3))
    assert newest == rows[::-1]
    best = pages(lambda after: kept.saved(person, SavedOrder.SCORE, after=after, size=3))
    keys = [(m.job_score.total_score, m.id) for m in best]
    assert keys == sorted(keys, reverse=True)
    assert {m.id for m in best} == {m.id for m in rows}


def test_applications_come_by_next_step_and_then_the_newest(session, person):
    steps = [None, date(2026, 3, 9), None, date(2026, 3, 4), date(2026, 3, 9), None, None]
    with transaction():
        rows = [
            match(
                session,
                person,
                is_applied=True,
                applied_at=NOON + timedelta(hours=n),
                next_step_on=step,
            )
            for n, step in enumerate(steps)
        ]
    found = pages(lambda after: kept.applied(person, after=after, size=3))
    assert [rows.index(m) for m in found] == [3, 4, 1, 6, 5, 2, 0]
    assert kept.count_applied(person) == 7


def test_hidden_things_are_listed_by_kind_until_they_are_taken_back(session, person):
    with transaction():
        rows = [match(session, person) for _ in range(5)]
        for row in rows:
            answers.hide(row)
        answers.block_company(rows[0])
        answers.unhide(rows[1])
    every = pages(lambda after: kept.hidden(person, list(FeedbackKind), after=after, size=3))
    assert [a.kind for a in every] == [FeedbackKind.BLOCK_COMPANY, *[FeedbackKind.HIDE] * 4]
    one_kind = pages(lambda after: kept.hidden(person, [FeedbackKind.HIDE], after=after, size=3))
    assert [a.job_id for a in one_kind] == [rows[n].job_id for n in (4, 3, 2, 0)]


@pytest.mark.parametrize(
    "word",
    ["x", pagination.encode(["now", 1]), pagination.encode([1, 1]), pagination.encode([True, "1"])],
)
def test_a_page_that_we_did_not_name_does_not_exist(session, person, word):
    with pytest.raises(pagination.BadCursorError):
        kept.saved(person, SavedOrder.SAVED, after=word, size=3)


@pytest.mark.parametrize("key", [["x", "y", 1], ["2026-03-02", "y", 1], [1, 2, 3]])
def test_nor_does_one_of_applications(session, person, key):
    with pytest.raises(pagination.BadCursorError):
        kept.applied(person, after=pagination.encode(key), size=3)
