"""A block's rows are the plain way's rows; nothing equal is rewritten; a kill leaves no trace."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import blocks, runs, writing
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunStatus
from jobscore.scoring.models import JobScore
from tests import factories
from tests.conftest import SETTINGS
from tests.matching import plain_writing
from tests.matching.test_runs import people_and_jobs, snapshot, start, town

__all__ = ["town"]

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
TABLES = (JobScore.__table__, MatchingResult.__table__)
#: What a row says about its writing; the plain way rewrites equal rows and so renews these.
NOTES = {"scored_at", "matched_at", "run_id"}


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(NOON):
        yield


def chosen(job, position, points, dice):
    parts = tuple(dice.choice([-1, 0, points // 100, 3_333, 10_000]) for _ in range(5))
    return Chosen(
        job_id=job,
        section=dice.choice(["best", "new"]),
        is_fill_up=dice.random() < 0.2,
        position=position,
        total=points,
        components=parts,
        rank_points=points - 7,
        judged=dice.randrange(101),
        reason=dice.choice(['[{"id": "near", "numbers": {"km": 2}}]', "", '改行\\n\t"\\N', "\n"]),
        confidence=dice.randrange(101),
    )


def block_of(users, jobs, seed):
    """Choose some jobs for each person; none for the first, the second has their own weights."""
    dice = random.Random(seed)
    people = []
    for number, user in enumerate(users):
        mine = dice.sample(jobs, 0 if number == 0 else len(jobs) // 2)
        picks = [
            chosen(job, at, dice.randrange(1_000_001), dice) for at, job in enumerate(mine, start=1)
        ]
        weights = (40, 20, 20, 10, 10) if number == 1 else None
        people.append(PersonMatches(user, weights, tuple(picks)))
    return people


def a_little_different(people):
    """Let one score change, one pick go, and all others stay as they are."""
    third = people[2]
    first, _, *rest = third.chosen
    picks = (first._replace(total=first.total ^ 1), *rest)
    return [*people[:2], replace(third, chosen=picks), *people[3:]]


def content(session, *, without=frozenset()):
    """Return both tables' rows, the match with its score's pair and version in place of its id."""
    session.rollback()
    scores = {row.id: row for row in session.execute(select(JobScore.__table__))}
    found = []
    for row in scores.values():
        found.append(("score", row.user_id, row.job_id, row.scoring_algorithm_version, row))
    for row in session.execute(select(MatchingResult.__table__)):
        score = scores[row.job_score_id]
        assert (score.user_id, score.job_id) == (row.user_id, row.job_id)
        found.append(("match", row.user_id, row.job_id, score.scoring_algorithm_version, row))
    without = {"id", "job_score_id", "updated_at", *without}
    return [
        (*key, {k: v for k, v in row._mapping.items() if k not in without})
        for *key, row in sorted(found, key=lambda entry: entry[:4])
    ]


def clear(session):
    with transaction():
        for table in reversed(TABLES):
            session.execute(delete(table))


def world(session, people=6, jobs=12):
    with transaction():
        users = [factories.user(session).id for _ in range(people)]
        postings = [factories.job(session).id for _ in range(jobs)]
        run = MatchRun(kind=runs.RunKind.MATCH, run_on=DAY)
        session.add(run)
        session.flush()
        return users, postings, run.id


def some_days(session, module, users, jobs, run):
    """Write two days with answers between, yielding what each step leaves behind."""
    first, again = block_of(users, jobs, 1), block_of(users, jobs, 2)

    minutes = itertools.count()

    def write(people, version, day):
        at = datetime.combine(day, NOON.time(), UTC) + timedelta(minutes=next(minutes))
        with clock.set_to(at), transaction():
            if module is plain_writing:
                module.expire_pending(session, day)
            module.write_block(session, people, version=version, today=day, run_id=run)
            if module is writing:
                module.expire_pending(session, day)

    write(first, "1.0", DAY)
    yield content(session)
    write(a_little_different(first), "1.0", DAY)
    yield content(session, without=NOTES)
    with transaction():
        pairs = [(p.user_id, c.job_id) for p in first[3:] for c in p.chosen[:4]]
        for (user, job), status in zip(pairs, 2 * list(MatchStatus), strict=True):
            session.execute(
                update(MatchingResult)
                .where(MatchingResult.user_id == user, MatchingResult.job_id == job)
                .values(match_status=status)
            )
    write(again, "1.0", DAY)
    yield content(session, without=NOTES)
    tomorrow = DAY + timedelta(days=1)
    write(a_little_different(again), "1.0", tomorrow)
    yield content(session, without=NOTES)
    write(first, "1.1", tomorrow)
    yield content(session, without=NOTES)


def test_the_tables_hold_what_the_plain_way_writes(session):
    users, jobs, run = world(session)
    expected = list(some_days(session, plain_writing, users, jobs, run))
    clear(session)
    assert list(some_days(session, writing, users, jobs, run)) == expected
    assert len({str(step) for step in expected}) == len(expected)


def physical(session):
    """Return what changes whenever a row is written, be it with the same values."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        query = "SELECT tableoid, ctid::text, xmin::text, xmax::text FROM "
        return [session.execute(text(query + table.name)).all() for table in TABLES]
    written = Path(f"{session.get_bind().url.database}-wal").stat().st_size
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return written


def test_writing_the_same_again_writes_nothing_at_all(session):
    users, jobs, run = world(session)
    people = block_of(users, jobs, 1)

    def write(found):
        with transaction():
            return writing.write_block(session, found, version="1.0", today=DAY, run_id=run)

    rows = 5 * 6
    assert write(people) == writing.Written(scores=rows, matches=rows, expired=0)
    before = physical(session)
    sizes = [session.execute(select(table)).all() for table in TABLES]
    physical(session)
    with clock.set_to(NOON + timedelta(hours=1)):
        assert write(people) == writing.Written()
        unchanged = physical(session)
        assert unchanged == (0 if isinstance(before, int) else before)
        assert [session.execute(select(table)).all() for table in TABLES] == sizes
        assert write(a_little_different(people)) == writing.Written(1, 0, 1)
        assert physical(session) != unchanged


def test_the_ids_of_scores_are_not_used_up_by_what_stays(session):
    users, jobs, run = world(session)
    for _ in range(3):
        with transaction():
            writing.write_block(
                session, block_of(users, jobs, 1), version="1.0", today=DAY, run_id=run
            )
    with transaction():
        writing.write_block(session, block_of(users, jobs, 1), version="2", today=DAY, run_id=run)
    ids = session.execute(select(func.count(), func.max(JobScore.id))).one()
    assert ids == (60, 60)


def test_nobody_to_write_is_no_work(session):
    with transaction():
        empty = writing.write_block(session, [], version="1.0", today=DAY, run_id=None)
    assert empty == writing.Written()


def test_a_job_and_a_person_deleted_while_the_block_was_matched_are_left_out(session):
    users, jobs, run = world(session)
    found = block_of(users, jobs, 1)
    gone_job, gone_user = found[1].chosen[0].job_id, found[-1].user_id
    with transaction():
        session.execute(delete(Job).where(Job.id == gone_job))
        session.execute(delete(User).where(User.id == gone_user))
    with transaction():
        written = writing.write_block(session, found, version="1.0", today=DAY, run_id=run)
    expected = {
        (person.user_id, one.job_id)
        for person in found
        for one in person.chosen
        if person.user_id != gone_user and one.job_id != gone_job
    }
    rows = session.execute(select(MatchingResult.user_id, MatchingResult.job_id))
    assert {tuple(row) for row in rows} == expected
    assert written.matches == written.scores == len(expected)


def test_a_run_counts_what_it_wrote_and_a_repeated_one_nothing(session, town):
    people_and_jobs(session, town)
    first = runs.execute(start())
    again = runs.execute(start())
    names = ("scores_written", "matches_written", "expired")
    assert [first.counts[name] for name in names] == [120, 120, 0]
    assert [again.counts[name] for name in names] == [0, 0, 0]


KILLED = """
import pathlib, sys, time
from datetime import datetime
from jobscore import clock
from jobscore.app import create_app
from jobscore.matching import runs, writing

when, here, run_id, settings = sys.argv[1], sys.argv[2], int(sys.argv[3]), eval(sys.argv[4])

def wait(*_):
    pathlib.Path(here).touch()
    time.sleep(300)

calls = []

def second(works):
    def wrapped(*args):
        calls.append(1)
        return wait() if len(calls) == 2 else works(*args)
    return wrapped

if when == "after the scores":
    writing._write_matches = second(writing._write_matches)
if when == "after the matches":
    writing._expire_others = second(writing._expire_others)
progress = wait if when == "between blocks" else None
with clock.set_to(datetime.fromisoformat(sys.argv[5])), create_app(settings).app_context():
    runs.execute(run_id, block_size=2, progress=progress)
"""


@pytest.mark.parametrize("when", ["between blocks", "after the scores", "after the matches"])
def test_a_run_killed_with_minus_9_goes_on_and_nothing_is_there_twice(
    session, town, database_url, tmp_path, when
):
    people_and_jobs(session, town, people=5)
    runs.execute(start())
    expected = snapshot(session)
    clear(session)
    run_id = start()
    session.rollback()
    here = tmp_path / "here"
    settings = {**SETTINGS, "database_url": database_url, "instance_dir": str(tmp_path)}
    words = [when, str(here), str(run_id), repr(settings), NOON.isoformat()]
    process = subprocess.Popen([sys.executable, "-c", KILLED, *words], cwd=Path.cwd())
    deadline = time.monotonic() + 120
    while not here.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert here.exists()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    session.rollback()
    run = session.get(MatchRun, run_id, populate_existing=True)
    assert (run.status, run.processed) == (RunStatus.RUNNING, 2)
    for table in TABLES:
        assert session.scalar(select(func.count()).select_from(table)) == 2 * 40
    session.rollback()
    with pytest.raises(runs.RunTakenError):
        runs.execute(run_id)
    with clock.set_to(NOON + runs.LEASE + timedelta(seconds=1)):
        report = runs.execute(run_id, block_size=blocks.SIZE)
    assert (report.processed, report.counts["people"]) == (5, 5)
    assert report.counts["matches_written"] == 5 * 40
    assert snapshot(session) == expected
