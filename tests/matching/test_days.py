"""What is new, gone and moved up since the list before, told from what was written then."""

from datetime import timedelta

import pytest

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.matching import answers, days, writing
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import MatchStatus
from tests import factories
from tests.matching.matches import NOON, TODAY

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def jobs(session):
    with transaction():
        return [factories.job(session).id for _ in range(6)]


def choose(session, person, jobs, on):
    """Let a run of a day choose the jobs, in this order."""
    chosen = [
        Chosen(
            job_id=job,
            section="picks",
            is_fill_up=False,
            position=at,
            total=700_000 - at,
            components=(7_000, 7_000, -1, -1, -1),
            rank_points=700_000 - at,
            judged=65,
            reason="[]",
            confidence=60,
        )
        for at, job in enumerate(jobs, start=1)
    ]
    with clock.set_to(NOON + (on - TODAY)), transaction():
        writing.expire_pending(session, on)
        block = [PersonMatches(user_id=person, chosen=tuple(chosen), weights=None)]
        writing.write_block(session, block, version="1.2", today=on, run_id=None)
    session.expire_all()


YESTERDAY = TODAY - timedelta(days=1)


def numbers(since):
    return (len(since.new), since.gone, len(since.up), since.common)


def test_the_first_list_has_nothing_to_be_compared_with(session, person, jobs):
    choose(session, person, jobs[:3], TODAY)
    assert days.since(person) is None
    assert days.day_before(person) is None


def test_new_gone_and_moved_up_are_counted_against_yesterdays_list(session, person, jobs):
    a, b, c, d, e, _ = jobs
    choose(session, person, [a, b, c, d], YESTERDAY)
    choose(session, person, [c, a, e], TODAY)
    since = days.since(person)
    assert since.on == YESTERDAY
    assert numbers(since) == (1, 2, 1, 2)
    assert since.new == {answers.match_of_job(person, e).id}
    assert since.up == {answers.match_of_job(person, c).id}
    assert [m.job_id for m in days.list_of(person, YESTERDAY)] == [a, b, c, d]


def test_what_a_later_run_of_the_same_day_took_out_was_not_in_that_list(session, person, jobs):
    a, b, c, *_ = jobs
    choose(session, person, [a, b], YESTERDAY)
    choose(session, person, [a, c], YESTERDAY)
    choose(session, person, [b, c], TODAY)
    since = days.since(person)
    assert since.new == {answers.match_of_job(person, b).id}
    assert numbers(since) == (1, 1, 0, 1)
    assert [m.job_id for m in days.list_of(person, YESTERDAY)] == [a, c]


def test_a_second_run_of_today_leaves_the_comparison_with_yesterday(session, person, jobs):
    a, b, c, d, *_ = jobs
    choose(session, person, [a, b], YESTERDAY)
    choose(session, person, [b, c], TODAY)
    choose(session, person, [d, b], TODAY)
    assert numbers(days.since(person)) == (1, 1, 0, 1)
    choose(session, person, [b, a, d], TODAY)
    assert numbers(days.since(person)) == (1, 0, 1, 2)


def test_a_job_of_an_older_list_that_comes_back_is_new(session, person, jobs):
    a, b, c, *_ = jobs
    choose(session, person, [a, b], YESTERDAY - timedelta(days=1))
    choose(session, person, [b, c], YESTERDAY)
    choose(session, person, [a, b, c], TODAY)
    assert days.since(person).new == {answers.match_of_job(person, a).id}


def test_what_a_person_saved_hid_or_applied_to_has_not_gone(session, person, jobs):
    choose(session, person, jobs[:4], YESTERDAY)
    with transaction():
        for job, act in zip(jobs, (answers.save, answers.hide, answers.mark_applied), strict=False):
            act(answers.match_of_job(person, job))
    choose(session, person, jobs[4:], TODAY)
    since = days.since(person)
    assert since.gone == 1
    assert not since.is_new(next(iter(since.new)))  # where all are new, none is called so
    assert answers.match_of_job(person, jobs[3]).match_status is MatchStatus.EXPIRED
