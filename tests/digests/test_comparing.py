"""A letter against the one before it, out of the database, and in words."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy import update
from sqlalchemy.orm import Session

from jobscore.digests import comparing, difference_words, service
from jobscore.digests.difference import Why
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.web.i18n import speaking
from tests.digests.conftest import DAY

Make = Callable[..., Any]
NEXT = DAY + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("morning")


def test_without_a_letter_of_the_day_or_one_before_there_is_nothing_to_compare(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    assert comparing.compare(reader.id, DAY) is None
    match(reader, make_jobs(2))
    session.commit()
    assert comparing.compare(reader.id, DAY) is None
    assert comparing.compare(reader.id + 1, DAY) is None


def test_against_a_letter_that_left_all_is_new_since_no_job_is_sent_twice(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, jobs = make_reader(), make_jobs(4)
    match(reader, jobs[:2])
    session.commit()
    service.build_digests(DAY)
    match(reader, jobs[2:], on=NEXT)
    session.commit()
    found = comparing.compare(reader.id, NEXT)
    assert found is not None
    assert (found.before_on, found.is_letter) == (DAY, True)
    assert [one.job.job_id for one in found.difference.new] == [job.id for job in jobs[2:]]
    assert [one.why for one in found.difference.gone] == [Why.SENT, Why.SENT]
    with speaking("en"):
        assert difference_words.summary(found) == (
            "Compared with the letter of November 23, 2026: 2 new, 2 gone, 0 moved, 0 as they were."
        )


def test_against_a_list_that_was_not_sent_it_says_what_stayed_moved_and_why_others_went(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, jobs = make_reader(), make_jobs(6)
    rows = match(reader, jobs)
    session.commit()
    stay, move, answered, _closed, weaker, up = rows
    for row, place in ((stay, 2), (move, 3), (up, 1)):
        row.previous_on, row.previous_position = DAY, row.position
        row.match_on, row.position = NEXT, place
    answered.match_status = MatchStatus.DISMISSED
    jobs[3].is_active = False
    weaker.match_status = MatchStatus.EXPIRED
    session.commit()
    found = comparing.compare(reader.id, NEXT)
    assert found is not None
    assert (found.before_on, found.is_letter) == (DAY, False)
    difference = found.difference
    assert [one.job.job_id for one in difference.moved] == [jobs[5].id]
    assert [one.job.job_id for one in difference.kept] == [jobs[0].id, jobs[1].id]
    assert {one.job.job_id: one.why for one in difference.gone} == {
        jobs[2].id: Why.ANSWERED,
        jobs[3].id: Why.CLOSED,
        jobs[4].id: Why.OUTRANKED,
    }


def test_a_preview_leaves_out_what_a_later_run_of_the_day_dropped(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    rows = match(reader, make_jobs(3))
    session.execute(
        update(MatchingResult)
        .where(MatchingResult.id == rows[1].id)
        .values(dropped_at=rows[1].matched_at, match_status=MatchStatus.EXPIRED)
    )
    session.commit()
    letter = service.preview(reader.id, DAY)
    assert letter is not None
    assert letter.subject.startswith("2 jobs")
    assert [one.title for one in comparing.entries_of(reader.id, DAY)] == ["Nurse 0", "Nurse 2"]


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_table_names_each_job_once_and_links_those_that_are_there(
    app: Flask, session: Session, make_reader: Make, make_jobs: Make, match: Make, locale: str
) -> None:
    reader, jobs = make_reader(), make_jobs(3, title="<b>Cook</b>")
    match(reader, jobs[:2])
    session.commit()
    service.build_digests(DAY)
    session.delete(jobs[0])
    match(reader, jobs[2:], on=NEXT)
    session.commit()
    found = comparing.compare(reader.id, NEXT)
    assert found is not None
    with app.test_request_context(), speaking(locale):
        page = render_template_string(
            '{% from "digests/_difference.html" import letter_difference %}'
            "{{ letter_difference(summary, rows) }}",
            summary=difference_words.summary(found),
            rows=difference_words.rows(found),
        )
    assert page.count("&lt;b&gt;Cook") == 3
    assert page.count('href="/jobs/') == 2
    assert ("お送りした求人" in page) == (locale == "ja")
