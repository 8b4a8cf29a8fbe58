"""Matching runs on a real database: repeatable, resumable, honest about what is short."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from jobscore import clock
from jobscore.accounts.models import HomePoint, Profile, UserSkill, UserTitle
from jobscore.database.transaction import transaction
from jobscore.jobs.models import JobFeature, JobSkill
from jobscore.matching import answers, blocks, cli, explaining, gates, runs, service
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunStatus
from jobscore.scoring import loading
from jobscore.scoring import service as scores
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import LATEST, Policy
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(NOON):
        yield


@pytest.fixture
def town(session):
    with transaction():
        scores.seed_policy()
        place = Place(
            code="JP-13104",
            kind=PlaceKind.WARD,
            name_en="Shinjuku",
            name_ja="新宿区",
            region_code="JP-13",
            country="JP",
            latitude=35.69,
            longitude=139.7,
        )
        session.add(place)
        session.add(Skill(code="nursing", name_en="Nursing", name_ja="看護", family="care"))
    return session.scalar(select(Place.id))


def seeker(session, place_id, **values):
    person = factories.user(session, **values)
    session.add_all(
        [
            HomePoint(user_id=person.id, place_id=place_id, latitude=35.7, longitude=139.71),
            UserTitle(user_id=person.id, title="看護師"),
            UserSkill(user_id=person.id, skill_id=session.scalar(select(Skill.id)), level=3),
        ]
    )
    session.flush()
    return person.id


def posting(session, place_id, **values):
    defaults = {
        "title": "看護師",
        "place_id": place_id,
        "posted_date": DAY,
        "salary_min": Decimal(1_500),
        "salary_period": "hour",
        "salary_currency": "JPY",
    }
    job = factories.job(session, **defaults | values)
    session.add(JobSkill(job_id=job.id, skill_id=session.scalar(select(Skill.id))))
    session.add(JobFeature(job_id=job.id, feature="meals"))
    session.flush()
    return job.id


def people_and_jobs(session, town, people=3, jobs=50):
    with transaction():
        users = [seeker(session, town) for _ in range(people)]
        postings = [posting(session, town) for _ in range(jobs)]
    return users, postings


def start():
    with transaction():
        return runs.request_run().id


def snapshot(session):
    session.expire_all()
    rows = session.execute(
        select(
            MatchingResult.user_id,
            MatchingResult.job_id,
            MatchingResult.section,
            MatchingResult.position,
            MatchingResult.match_status,
            MatchingResult.recommendation_reason,
            JobScore.total_score,
            JobScore.rank_points,
        )
        .join(JobScore, JobScore.id == MatchingResult.job_score_id)
        .order_by(MatchingResult.user_id, MatchingResult.position, MatchingResult.job_id)
    )
    return rows.all()


def test_everybody_gets_forty_scored_and_explained(session, town):
    users, _ = people_and_jobs(session, town)
    report = runs.execute(start())
    rows = snapshot(session)
    assert report.processed == 3
    assert len(rows) == 3 * 40
    assert {row.user_id for row in rows} == set(users)
    assert all(0 < row.total_score <= 100 for row in rows)
    assert all('"id":' in row.recommendation_reason for row in rows)
    run = session.get(MatchRun, report.run_id)
    assert (run.status, run.processed, run.total) == (RunStatus.DONE, 3, 3)
    assert run.policy_version == LATEST.version
    assert run.counts["matches"] == 120


def test_running_the_day_again_writes_the_same_and_nothing_twice(session, town):
    people_and_jobs(session, town)
    runs.execute(start())
    before = snapshot(session)
    runs.execute(start())
    assert snapshot(session) == before
    assert session.scalar(select(func.count()).select_from(JobScore)) == 120


class KilledError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("block_size", [1, 2, 3])
def test_a_run_killed_between_blocks_ends_as_if_it_had_not_been(session, town, block_size):
    people_and_jobs(session, town, people=5)
    whole = start()
    runs.execute(whole)
    expected = snapshot(session)
    with transaction():
        session.execute(MatchingResult.__table__.delete())
        session.execute(JobScore.__table__.delete())
    run_id = start()

    def kill(report):
        raise KilledError

    with pytest.raises(KilledError):
        runs.execute(run_id, progress=kill, block_size=block_size)
    with transaction():
        session.execute(
            update(MatchRun)
            .where(MatchRun.id == run_id)
            .values(status=RunStatus.RUNNING, heartbeat_at=NOON - timedelta(minutes=5))
        )
    report = runs.execute(run_id, block_size=block_size)
    assert report.processed == 5
    assert [tuple(r)[:8] for r in snapshot(session)] == [tuple(r)[:8] for r in expected]


def test_a_failed_run_says_why_and_a_stopped_one_goes_back_to_the_queue(session, town):
    people_and_jobs(session, town)
    run_id = start()

    def kill(report):
        raise KilledError("no more")

    with pytest.raises(KilledError):
        runs.execute(run_id, progress=kill, block_size=1)
    run = session.get(MatchRun, run_id, populate_existing=True)
    assert run.status is RunStatus.FAILED
    assert "no more" in run.error
    stopped = start()
    assert stopped != run_id
    report = runs.execute(stopped, should_stop=lambda: True, block_size=1)
    assert report.is_stopped
    run = session.get(MatchRun, stopped, populate_existing=True)
    assert (run.status, run.processed) == (RunStatus.QUEUED, 1)
    assert start() == stopped
    assert runs.execute(stopped).processed == 3


def test_two_workers_do_not_take_the_same_run(session, town):
    people_and_jobs(session, town)
    run_id = start()
    taken = []

    def second(report):
        with pytest.raises(runs.RunTakenError):
            runs.execute(run_id)
        taken.append(report.processed)

    runs.execute(run_id, progress=second)
    assert taken == [3]
    with pytest.raises(runs.RunTakenError):
        runs.execute(run_id)


def test_several_processes_write_what_one_writes(session, town, monkeypatch):
    people_and_jobs(session, town, people=4)
    runs.execute(start())
    expected = snapshot(session)
    monkeypatch.setattr(runs, "_worker_count", lambda pairs: 2)
    runs.execute(start(), block_size=1)
    assert snapshot(session) == expected


def test_what_was_sent_or_applied_or_hidden_or_blocked_does_not_come_again(session, town):
    users, _ = people_and_jobs(session, town, people=1)
    runs.execute(start())
    chosen = list(service.matches_on(users[0]))
    sent, applied, hidden, blocked = chosen[:4]
    with transaction():
        sent.sent_at = NOON
        answers.mark_applied(applied)
        answers.hide(hidden)
        answers.block_company(blocked)
    gone = {m.job_id for m in (sent, applied, hidden, blocked)}
    with clock.set_to(NOON + timedelta(days=1)):
        runs.execute(start())
        tomorrow = {m.job_id for m in service.matches_on(users[0])}
    assert len(tomorrow) == 40
    assert not tomorrow & gone


def test_the_open_duplicate_of_a_sent_job_that_closed_is_not_sent_either(session, town):
    users, jobs = people_and_jobs(session, town, people=1, jobs=3)
    runs.execute(start())
    sent, twin, other = jobs
    with transaction():
        session.execute(
            update(MatchingResult).where(MatchingResult.job_id == sent).values(sent_at=NOON)
        )
        session.execute(
            update(factories.Job)
            .where(factories.Job.id.in_([sent, twin]))
            .values(duplicate_group=sent)
        )
        session.execute(
            update(factories.Job).where(factories.Job.id == sent).values(is_active=False)
        )
    with clock.set_to(NOON + timedelta(days=1)):
        runs.execute(start())
        assert [match.job_id for match in service.matches_on(users[0])] == [other]


def test_a_list_that_left_in_a_letter_is_not_changed_by_another_run_that_day(session, town):
    users, _ = people_and_jobs(session, town, people=1)
    runs.execute(start())
    with transaction():
        for match in service.matches_on(users[0]):
            match.sent_at, match.match_status = NOON, MatchStatus.SENT
        posting(session, town, title="看護師", salary_min=Decimal(9_000))
    before = snapshot(session)
    runs.execute(start())
    assert snapshot(session) == before
    assert service.match_person(users[0]) is None


def test_what_was_not_sent_expires_the_next_day_unless_chosen_again(session, town):
    users, jobs = people_and_jobs(session, town, people=1, jobs=3)
    runs.execute(start())
    with transaction():
        session.execute(
            update(factories.Job).where(factories.Job.id == jobs[0]).values(is_active=False)
        )
    with clock.set_to(NOON + timedelta(days=1)):
        runs.execute(start())
        status = {row.job_id: row.match_status for row in snapshot(session)}
        assert status.pop(jobs[0]) is MatchStatus.EXPIRED
        assert set(status.values()) == {MatchStatus.PENDING}
        assert len(service.matches_on(users[0])) == 2


def test_a_person_with_nothing_in_the_profile_gets_nothing_and_the_run_says_why(session, town):
    with transaction():
        person = factories.user(session).id
        posting(session, town)
    report = runs.execute(start())
    assert service.matches_on(person) == []
    assert report.counts["short:little_known"] == 1
    assert report.counts["without_any"] == 1


def test_inactive_people_are_left_out(session, town):
    with transaction():
        seeker(session, town, is_active=False)
        posting(session, town)
    assert runs.execute(start()).total == 0


def test_the_sponsored_flag_changes_no_score(session, town):
    _, jobs = people_and_jobs(session, town, people=1)
    runs.execute(start())
    before = [(r.job_id, r.position, r.total_score, r.rank_points) for r in snapshot(session)]
    with transaction():
        session.execute(
            update(factories.Job).where(factories.Job.id.in_(jobs[::2])).values(is_sponsored=True)
        )
    runs.execute(start())
    after = [(r.job_id, r.position, r.total_score, r.rank_points) for r in snapshot(session)]
    assert after == before


def test_one_person_can_be_matched_at_once_with_the_same_result(session, town):
    users, _ = people_and_jobs(session, town, people=1)
    with transaction():
        found = service.match_person(users[0])
    alone = snapshot(session)
    runs.execute(start())
    assert len(found.chosen) == 40
    assert snapshot(session) == alone


def test_viewed_jobs_speak_for_a_person_unless_they_said_no_profiling(session, town):
    users, _ = people_and_jobs(session, town, people=2)
    runs.execute(start())
    with transaction():
        for user in users:
            answers.note_viewed(service.matches_on(user)[0])
        session.get(factories.Profile, users[1]).no_profiling = True
    seen = gates.seen_jobs(users)
    assert [len(seen[user]) for user in users] == [1, 1]
    profiles = loading.load_profiles(users, Policy(), seen)
    assert [len(p.seen_titles) for p in profiles] == [1, 0]


def test_the_waiting_run_is_taken_by_the_worker(session, town, run_worker):
    users, _ = people_and_jobs(session, town, people=1)
    run_id = start()
    session.commit()
    assert run_worker() >= 1
    assert session.get(MatchRun, run_id, populate_existing=True).status is RunStatus.DONE
    assert len(service.matches_on(users[0])) == 40


def test_a_shortage_names_its_largest_cause():
    def why(**left_out):
        return blocks.PersonMatches(1, None, (), left_out).shortage()

    assert why(eligible=0, low_score=5, sent=9) == "sent"
    assert why(eligible=8, sent=2) == "same_company"
    assert why(eligible=0) == "no_jobs"


def test_looking_at_a_match_does_not_change_its_own_score(session, town):
    with transaction():
        user = seeker(session, town)
        posting(session, town, title="訪問看護師（夜勤）")
        posting(session, town, title="溶接工")
    runs.execute(start())
    match = service.matches_on(user)[0]
    before = explaining.explain_match(match)
    with clock.set_to(NOON + timedelta(minutes=5)), transaction():
        answers.note_viewed(match)
    after = explaining.explain_match(match)
    assert before.total_now is None
    assert after.total_now is None
    assert after.total == before.total == sum(row.share for row in after.rows)


def test_a_gate_keeps_jobs_out_and_the_run_says_for_whom(session, town):
    users, jobs = people_and_jobs(session, town, people=2, jobs=45)
    with transaction():
        for job in jobs[:40]:
            session.add(JobFeature(job_id=job, feature="nights_required", quote="夜勤できる方"))
        session.get(Profile, users[0]).conditions = {"nights_required": False}
    report = runs.execute(start())
    chosen = {user: {r.job_id for r in snapshot(session) if r.user_id == user} for user in users}
    assert chosen[users[0]] == set(jobs[40:])
    assert len(chosen[users[1]]) == 40
    assert report.counts["short:hours"] == 1
    assert "Hours that the person cannot work" in cli.summary(report)


def test_the_seconds_of_blocks_are_shared_among_their_stages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def person(*seconds: float) -> blocks.PersonMatches:
        return blocks.PersonMatches(1, None, (), spent=blocks.Spent(*seconds))

    passed = iter([10.0, 18.0, 20.0, 21.0])  # this process waited eight seconds, then one
    monkeypatch.setattr(runs, "time", SimpleNamespace(monotonic=lambda: next(passed)))
    report = runs.RunReport(1)
    with runs._scored(report) as found:
        found += [person(6, 1, 3), person(3, 2, 1)]  # two workers did sixteen seconds' work
    assert report.timings == {"score": 4.5, "select": 1.5, "explain": 2.0}
    with runs._scored(report):
        pass
    assert report.timings["score"] == 5.5
