"""How many people looked at a job: counts of enough people, within the days asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.matching import answers, runs, service
from jobscore.scoring import attention, columns
from jobscore.scoring.policy import LATEST
from tests.matching.test_runs import NOON, _fixed_clock, people_and_jobs, start, town

__all__ = ["_fixed_clock", "town"]


@pytest.mark.parametrize(("people", "counted"), [(4, 0), (6, 6)])
def test_only_counts_of_enough_people_are_said(session, town, people, counted):
    users, _ = people_and_jobs(session, town, people=people)
    runs.execute(start())
    with transaction():
        for user in users:
            answers.note_viewed(service.matches_on(user)[0])
    found = attention.viewers(30)
    assert sum(found.values()) in {0, counted}
    assert (counted > 0) == bool(found)
    with clock.set_to(NOON + timedelta(days=31)):
        assert attention.viewers(30) == {}


def test_the_columns_know_who_was_looked_at_only_where_the_policy_asks(session, town):
    users, _ = people_and_jobs(session, town, people=6)
    runs.execute(start())
    with transaction():
        for user in users:
            answers.note_viewed(service.matches_on(user)[0])
    counted = attention.viewers(30)
    asking = replace(LATEST, parameters=replace(LATEST.parameters, popularity_share=20))
    jobs = columns.job_frame(asking)
    assert {
        job: jobs.viewers[at] for job, at in jobs.positions.items() if job in counted
    } == counted
    assert not columns.job_frame(LATEST).viewers.any()
    assert counted
