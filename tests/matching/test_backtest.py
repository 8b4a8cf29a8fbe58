"""A backtest: two policies side by side, equal to two plain runs, and nothing else written."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import answers, backtest, backtesting, blocks, gates, runs, service
from jobscore.matching.backtest import Comparison
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import Backtest, MatchRun, RunStatus
from jobscore.scoring import columns, loading
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import FIRST, LATEST
from tests.matching.test_runs import DAY, NOON, people_and_jobs, posting, snapshot, town

__all__ = ["town"]


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(NOON):
        yield


def request(policy=FIRST, against=LATEST, **values):
    with transaction():
        return backtesting.request_backtest(policy, against, **values)


def work(run_id, **values):
    with transaction():
        backtesting.claim(run_id)
    return backtesting.execute(run_id, **values)


def mixed_jobs(session, town, count):
    """Jobs that policies see differently: near ones paid little, far ones paid well."""
    with transaction():
        for n in range(count):
            posting(
                session,
                town if n % 2 else None,
                title=("看護師", "配送", "看護助手", "営業")[n % 4],
                salary_min=1_000 + 50 * (n % 17),
                company_name=f"Company {n}",
            )


OTHER = replace(LATEST, version="9.1", weights=(60, 5, 35, 0, 0))


def plain(users, policy):
    """The lists as one plain call gives them."""
    profiles = loading.load_profiles(users, policy, gates.seen_jobs(users))
    closed = gates.gates_of(users, DAY)
    found = blocks.match_block(profiles, closed, columns.job_frame(policy), policy, DAY.toordinal())
    return {person.user_id: person for person in found}


@pytest.mark.parametrize("size", [1, 2, 250])
def test_it_equals_two_plain_runs_whatever_the_block_size(session, town, size):
    users, _ = people_and_jobs(session, town, people=3, jobs=20)
    mixed_jobs(session, town, 60)
    with transaction():
        runs_id = runs.request_run().id
    runs.execute(runs_id)
    with transaction():  # one has hidden what another still has
        answers.hide(service.matches_on(users[0])[0])
    report = work(request(OTHER, LATEST), block_size=size)
    before, after = plain(users, LATEST), plain(users, OTHER)
    lists = [
        ([c.job_id for c in before[u].chosen], [c.job_id for c in after[u].chosen]) for u in users
    ]
    shares = [len(set(a) & set(b)) / max(len(a), len(b)) for a, b in lists]
    found = report.result
    assert 0 < sum(shares) < 3  # otherwise this compares nothing
    assert found["people"] == 3
    assert found["mean_overlap"] == round(100 * sum(shares) / 3, 2)
    assert found["first_changed"] == sum(a[0] != b[0] for a, b in lists)
    for side, each in (("before", before), ("after", after)):
        chosen = [c for u in users for c in each[u].chosen]
        assert found[side]["jobs"] == len(chosen)
        assert found[side]["mean_total"] == round(
            sum(c.total for c in chosen) / 10_000 / len(chosen), 2
        )
        assert sum(found[side]["totals"]) == len(chosen)
        assert found[side]["short"] == sum(len(each[u].chosen) < 40 for u in users)
    shown = found["jobs"][0]
    assert shown["people"] == [
        sum(shown["job_id"] in jobs[side] for jobs in lists) for side in (0, 1)
    ]
    assert session.get(Backtest, report.run_id).result == found


def test_it_writes_nothing_but_its_own_rows(session, town):
    people_and_jobs(session, town, people=2, jobs=50)
    with transaction():
        run_id = runs.request_run().id
    runs.execute(run_id)
    lists = snapshot(session)
    scores = session.scalars(select(JobScore.id).order_by(JobScore.id)).all()
    work(request(OTHER))
    assert snapshot(session) == lists
    assert session.scalars(select(JobScore.id).order_by(JobScore.id)).all() == scores


def test_the_same_policy_under_another_name_changes_nothing(session, town):
    people_and_jobs(session, town, people=2, jobs=50)
    found = work(request(replace(LATEST, version="9"))).result
    assert (found["mean_overlap"], found["first_changed"], found["mean_move"]) == (100, 0, 0)
    assert found["overlaps"] == [0] * 10 + [2]
    assert (found["jobs"], found["persons"]) == ([], [])
    assert found["before"] == found["after"]


def test_people_with_fewer_than_forty_are_counted_with_the_reason(session, town):
    people_and_jobs(session, town, people=2, jobs=30)
    hard = replace(LATEST, version="9", coverage_floor=100)
    found = work(request(hard)).result
    assert (found["before"]["short"], found["before"]["reasons"]) == (2, {"no_jobs": 2})
    assert (found["after"]["short"], found["after"]["without_any"]) == (2, 2)
    assert found["after"]["reasons"] == {"little_known": 2}
    assert found["after"]["mean_total"] is None
    assert found["mean_overlap"] == 0


def test_a_sample_is_spread_evenly_and_always_the_same(session, town):
    people_and_jobs(session, town, people=5, jobs=3)
    assert work(request(people=2)).result["people"] == 2
    assert work(request(people=None)).result["people"] == 5


@given(st.integers(0, 60), st.integers(1, 70))
def test_the_spread_takes_so_many_in_order_and_leaves_even_gaps(n, people):
    ids = list(range(100, 100 + n))
    found = backtest.spread(ids, people)
    assert len(found) == min(n, people)
    assert found == sorted(set(found))
    gaps = {b - a for a, b in pairwise(found)}
    assert len(gaps) <= 2
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert not ids or ids[-1] - found[-1] <= n / people  # to the end, not the first so many
    assert backtest.spread(ids, None) == ids


# ---- as a run --------------------------------------------------------------------------------


def test_a_worker_takes_what_the_page_asked_for(session, town, run_worker):
    people_and_jobs(session, town, people=1, jobs=3)
    run_id = request(people=None)
    assert request(people=None) == run_id  # the same question waits already
    assert request(people=7) != run_id
    run_worker()
    session.expire_all()
    one = backtesting.get_backtest(run_id)
    assert (one.run.status, one.run.processed, one.run.total) == (RunStatus.DONE, 1, 1)
    assert one.result["against"] == LATEST.version
    assert backtesting.backtests_of(FIRST.version)[1].run_id == run_id
    assert backtesting.next_waiting() is None
    assert runs.next_waiting() is None


def test_one_that_was_killed_begins_anew_when_its_worker_is_silent(session, town, monkeypatch):
    people_and_jobs(session, town, people=4, jobs=10)
    run_id = request(OTHER)
    with transaction():
        backtesting.claim(run_id)

    class Killed(BaseException):
        pass

    def die(report):
        if report.processed == 2:
            monkeypatch.setattr(backtesting, "_note_failure", lambda *_: None)
            raise Killed

    with pytest.raises(Killed):
        backtesting.execute(run_id, progress=die, block_size=1)
    monkeypatch.undo()
    db.session.rollback()
    half = session.get(MatchRun, run_id)
    assert (half.status, half.processed) == (RunStatus.RUNNING, 2)
    assert backtesting.get_backtest(run_id).result is None
    assert backtesting.next_waiting() is None  # it may still be alive
    with pytest.raises(runs.RunTakenError), transaction():
        backtesting.claim(run_id)
    with clock.set_to(NOON + timedelta(seconds=61)):
        assert backtesting.next_waiting() == run_id
        report = work(run_id)
    assert report.processed == 4
    assert report.result["people"] == 4
    session.expire_all()
    assert session.get(MatchRun, run_id).status is RunStatus.DONE


def test_an_error_is_written_down_and_an_interrupt_gives_it_back(session, town):
    people_and_jobs(session, town, people=1, jobs=3)

    def fail(error):
        def act(_report):
            raise error

        return act

    states = []
    for error, queued_again in ((ValueError("odd"), True), (KeyboardInterrupt(), True)):
        run_id = request(people=None)
        with pytest.raises(type(error)):
            work(run_id, progress=fail(error), is_queued_again=queued_again)
        states.append(session.get(MatchRun, run_id))
    assert [(s.status, s.error) for s in states] == [
        (RunStatus.FAILED, "ValueError: odd"),
        (RunStatus.QUEUED, None),
    ]
    own = request(is_own=True)
    with pytest.raises(KeyboardInterrupt):
        backtesting.execute(own, progress=fail(KeyboardInterrupt()), is_queued_again=False)
    assert session.get(MatchRun, own).status is RunStatus.CANCELLED


def test_a_cancelled_one_stops_at_the_next_block(session, town):
    people_and_jobs(session, town, people=4, jobs=3)
    run_id = request()

    def stop(_report):
        with transaction():
            assert backtesting.cancel(run_id)

    with pytest.raises(runs.RunTakenError):
        work(run_id, progress=stop, block_size=1)
    one = session.get(MatchRun, run_id)
    assert (one.status, one.processed) == (RunStatus.CANCELLED, 1)
    with transaction():
        assert not backtesting.cancel(run_id)
    with transaction():
        other = runs.request_run().id
        assert not backtesting.cancel(other)


def test_one_that_another_worker_took_over_is_left_alone(session, town):
    people_and_jobs(session, town, people=2, jobs=3)
    run_id = request()

    def lose(_report):
        with transaction():
            session.get(MatchRun, run_id).claimed_by = "another:1"

    with pytest.raises(runs.RunTakenError):
        work(run_id, progress=lose, block_size=1)
    session.expire_all()
    run = session.get(MatchRun, run_id)
    assert (run.status, run.claimed_by, run.processed) == (RunStatus.RUNNING, "another:1", 1)
    assert session.get(Backtest, run_id).result is None


def test_no_worker_takes_what_a_command_works_on(session, town):
    people_and_jobs(session, town, people=1, jobs=3)
    run_id = request(is_own=True)
    assert backtesting.next_waiting() is None
    assert request() == run_id  # the page shows the same one
    assert backtesting.execute(run_id).result["people"] == 1


def test_nobody_and_no_jobs_give_a_result_without_means(session, town):
    found = work(request()).result
    assert (found["people"], found["mean_overlap"], found["open_jobs"]) == (0, None, 0)
    people_and_jobs(session, town, people=1, jobs=0)
    found = work(request()).result
    assert (found["people"], found["mean_overlap"], found["before"]["jobs"]) == (1, 100, 0)


def test_there_is_no_backtest_of_another_run(session, town):
    with transaction():
        run_id = runs.request_run().id
    with pytest.raises(backtesting.NotBacktestError):
        backtesting.get_backtest(run_id)


# ---- groups ----------------------------------------------------------------------------------


def test_the_effect_by_group_is_reported_and_never_stored(session, town):
    users, _ = people_and_jobs(session, town, people=3, jobs=50)
    emails = [session.get(User, user).email for user in users]
    session.rollback()
    groups = {emails[0]: "north <b>", emails[1]: "south", "nobody@example.com": "south"}
    report = work(request(OTHER), groups=groups)
    assert {name: g["people"] for name, g in report.groups.items()} == {"north <b>": 1, "south": 1}
    assert report.groups["south"]["mean_total"][0] == report.result["before"]["mean_total"]
    stored = json.dumps(session.get(Backtest, report.run_id).result, ensure_ascii=False)
    assert "north" not in stored
    assert "south" not in stored


def test_groups_are_read_from_csv():
    lines = ["\ufeffemail,group\n", '"A@Example.com"," north, far "\n', "\n", "b@example.com,s\n"]
    assert backtest.read_groups(lines) == {"a@example.com": "north, far", "b@example.com": "s"}
    assert backtest.read_groups([]) == {}


@pytest.mark.parametrize(
    ("lines", "line", "code"),
    [
        (["a@b.c\n"], 1, "needs_email_and_group"),
        (["a@b.c,x,y\n"], 1, "needs_email_and_group"),
        (["a@b.c,x\n", "b@b.c, \n"], 2, "needs_email_and_group"),
        (["email,group\n", "nobody,x\n"], 2, "no_address"),
        (["a@b.c,x\n", 'b@b.c,"x\n'], 2, "not_csv"),
        ([f"a{n}@b.c,{n}\n" for n in range(51)], 51, "too_many_groups"),
    ],
)
def test_a_file_that_is_no_list_of_groups_is_refused_with_its_line(lines, line, code):
    with pytest.raises(backtest.GroupsFileError) as caught:
        backtest.read_groups(lines)
    assert (caught.value.line, caught.value.code) == (line, code)


# ---- the arithmetic, by hand -----------------------------------------------------------------


def person(user_id, *jobs, total=500_000, left_out=None):
    chosen = tuple(
        Chosen(job, "picks", n > 3, n, total, (5_000,) * 5, 0, 80, "[]", 50)
        for n, job in enumerate(jobs, start=1)
    )
    return PersonMatches(user_id, None, chosen, left_out or {})


def test_movers_ranks_and_shares_by_hand():
    found = Comparison()
    found.add(
        [person(1, 10, 20, 30, 40), person(2, 10, 20)],
        [person(1, 40, 20, 50, 60), person(2, 10, 20, total=999_999)],
    )
    result = found.summary()
    assert result["mean_overlap"] == 75.0  # half of the one list, all of the other
    assert result["first_changed"] == 1
    assert result["mean_move"] == 0.75  # 40 moved 3 places; 20 (twice) and 10 none
    assert result["overlaps"][5] == result["overlaps"][10] == 1
    assert [(j["job_id"], j["people"], j["ranks"]) for j in result["jobs"]] == [
        (10, [2, 1], [1, 2]),
        (30, [1, 0], [3, None]),
        (50, [0, 1], [None, 4]),
        (60, [0, 1], [None, 5]),
    ]
    assert [p["user_id"] for p in result["persons"]] == [1]
    assert result["persons"][0]["farthest"] == {"job_id": 40, "from": 4, "to": 1}
    assert result["persons"][0]["before"]["first_job_id"] == 10
    assert result["after"]["totals"] == [0, 0, 0, 0, 0, 4, 0, 0, 0, 2]
    assert result["before"]["sections"]["picks"] == 2.5
    assert (result["before"]["fill_ups"], result["before"]["mean_judged"]) == (1, 80)


def test_different_people_are_not_compared():
    with pytest.raises(ValueError, match="same people"):
        Comparison().add([person(1)], [person(2)])
    with pytest.raises(ValueError, match="shorter"):
        Comparison().add([person(1)], [])


def test_only_the_farthest_movers_are_named():
    found = Comparison()
    for n in range(60):
        found.add([person(n, *range(100, 110))], [person(n, *range(100 + n % 11, 110 + n % 11))])
    movers = found.summary()["persons"]
    assert len(movers) == backtest.MOST_MOVERS
    assert [m["overlap"] for m in movers] == sorted(m["overlap"] for m in movers)
    assert movers[0]["user_id"] == 10
    assert len(found.summary()["jobs"]) == backtest.MOST_MOVERS
