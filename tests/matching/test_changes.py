"""A second run of a day makes only the lists that changes concern, and misses none of them."""

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import select, update

from jobscore import clock
from jobscore.accounts.models import HomePoint, Profile, UserSkill, UserTitle
from jobscore.database.transaction import transaction
from jobscore.jobs import closing
from jobscore.jobs.checks import holding
from jobscore.jobs.duplicates import service as duplicates
from jobscore.jobs.models import Job, JobFeature, JobSkill
from jobscore.matching import cli, runs
from jobscore.matching.entering import ANY, NEVER, Floors
from jobscore.matching.models import Feedback, FeedbackKind, MatchingResult, MatchRun, MatchStatus
from jobscore.matching.selection import USUAL
from jobscore.scoring import columns, counting
from jobscore.scoring import service as scores
from jobscore.scoring.models import CollectionStatistics
from jobscore.scoring.policy import LATEST
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories

MORNING = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
TITLES = ("看護師", "准看護師", "訪問看護師", "介護スタッフ", "Night nurse", "Cook", "調理補助")
FEATURES = ("meals", "daily_weekly_pay", "remote")


@pytest.fixture(autouse=True)
def clocks():
    with ExitStack() as stack:
        stack.enter_context(clock.set_to(MORNING))
        yield stack


class Town:
    """People and jobs in three places, and what happens to them in the course of a day."""

    def __init__(self, session, clocks, seed, people=10, jobs=160):
        self.session, self.random, self.now = session, Random(seed), MORNING
        self.clocks = clocks
        with transaction():
            scores.seed_policy()
            session.add(Skill(code="nursing", name_en="Nursing", name_ja="看護", family="care"))
            session.add(Skill(code="cooking", name_en="Cooking", name_ja="調理", family="food"))
            for i, (lat, lon) in enumerate([(35.69, 139.7), (35.7, 139.8), (34.69, 135.5)]):
                session.add(
                    Place(
                        code=f"JP-1310{i}",
                        kind=PlaceKind.WARD,
                        name_en=f"Place {i}",
                        region_code="JP-27" if i == 2 else "JP-13",
                        country="JP",
                        latitude=lat,
                        longitude=lon,
                    )
                )
            session.flush()
            self.places = list(session.scalars(select(Place.id).order_by(Place.id)))
            self.skills = list(session.scalars(select(Skill.id).order_by(Skill.id)))
            self.people = [self.person() for _ in range(people)]
            self.jobs = [self.job() for _ in range(jobs)]
        self.later()

    def person(self):
        user = factories.user(self.session)
        pick = self.random.choice
        self.session.add_all(
            [
                HomePoint(user_id=user.id, place_id=pick(self.places), latitude=35.7,
                          longitude=139.71),
                UserTitle(user_id=user.id, title=pick(TITLES)),
                UserSkill(user_id=user.id, skill_id=pick(self.skills), level=3),
            ]
        )  # fmt: skip
        self.session.flush()
        return user.id

    def job(self, **values):
        pick = self.random.choice
        job = factories.job(
            self.session,
            **{
                "title": f"{pick(TITLES)} {pick(['', '急募', 'リーダー', '夜勤'])}",
                "company_name": pick([f"会社{i}" for i in range(40)]),
                "place_id": pick(self.places),
                "posted_date": DAY - timedelta(days=pick([0, 1, 9, 40])),
                "salary_min": Decimal(pick([1_100, 1_500, 2_400])),
                "salary_period": "hour",
                "salary_currency": "JPY",
                "industry": "care",
            }
            | values,
        )
        self.session.add(JobSkill(job_id=job.id, skill_id=pick(self.skills)))
        self.session.add(JobFeature(job_id=job.id, feature=pick(FEATURES)))
        self.session.flush()
        return job.id

    def later(self):
        """Let twenty minutes pass."""
        self.now += timedelta(minutes=20)
        self.clocks.enter_context(clock.set_to(self.now))

    def happen(self):
        """Let something happen to jobs or people."""
        pick, session = self.random.choice, self.session
        job, user = pick(self.jobs), pick(self.people)
        listed = session.scalars(
            select(MatchingResult.job_id).where(MatchingResult.user_id == user)
        ).all()
        kind = pick(["new", "new", "close", "close listed", "retitle", "group", "person", "hide",
                     "view", "hold listed", "release", "ungroup", "delete"])  # fmt: skip
        with transaction():
            if kind == "new":
                self.jobs.append(self.job())
                if pick([False, False, True]):
                    duplicates.merge(session, session.get_one(Job, job), self.jobs[-1])
            elif kind.startswith("close"):
                gone = pick(listed or self.jobs) if kind.endswith("listed") else job
                session.execute(update(Job).where(Job.id == gone).values(is_active=False))
            elif kind == "hold listed" and listed:
                held = session.get(Job, pick(listed), populate_existing=True)
                if held.held_at is None:
                    holding.hold(session, held, "Looks wrong", actor_id=None)
            elif kind == "release":
                held = session.scalar(select(Job).where(Job.held_at.is_not(None)).limit(1))
                if held is not None:
                    holding.release(session, held, actor_id=None)
            elif kind == "ungroup":
                grouped = session.scalars(select(Job).where(Job.duplicate_group.is_not(None))).all()
                if grouped:
                    duplicates.split(session, pick(grouped))
            elif kind == "delete" and job not in closing.met(session, [job]):
                closing.remove(session, [job])
                self.jobs.remove(job)
            elif kind == "retitle":
                session.execute(update(Job).where(Job.id == job).values(title=pick(TITLES)))
            elif kind == "group":
                other = pick([one for one in self.jobs if one != job])
                duplicates.merge(session, session.get_one(Job, job), other)
            elif kind == "person":
                session.execute(
                    update(Profile).where(Profile.user_id == user).values(pay_min=Decimal(1_300))
                )
            elif kind == "hide" and listed:
                session.add(Feedback(user_id=user, job_id=pick(listed), kind=FeedbackKind.HIDE))
            elif kind == "view" and listed:
                session.execute(
                    update(MatchingResult)
                    .where(MatchingResult.user_id == user, MatchingResult.job_id == pick(listed))
                    .values(is_viewed=True, viewed_at=clock.now())
                )


def run(is_full=False):
    with transaction():
        run_id = runs.request_run(is_full=is_full).id
    return runs.execute(run_id)


def written(report):
    return {
        name: report.counts[name]
        for name in ("scores_written", "matches_written", "expired")
        if report.counts[name]
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_run_over_everybody_finds_nothing_left_to_write(session, clocks, seed):
    town = Town(session, clocks, seed)
    run()
    spared = 0
    for _ in range(4):
        town.later()
        for _ in range(town.random.choice([1, 1, 2, 3])):
            town.happen()
        second = run()
        spared += second.counts["unconcerned"]
        town.later()
        full = run(is_full=True)
        assert full.processed == len(town.people)
        assert written(full) == {}, second.counts
    assert spared  # else this test would show nothing


@pytest.mark.parametrize("seed", range(4))
def test_what_was_sent_before_is_missed_by_neither_when_groups_change(session, clocks, seed):
    town = Town(session, clocks, seed)
    run()
    with transaction():
        sent = session.scalars(select(MatchingResult)).all()
        for match in sent[::3]:
            match.sent_at, match.match_on = town.now, DAY - timedelta(days=1)
            job = session.get_one(Job, match.job_id)
            for _ in range(2):
                others = [one for one in town.jobs if one != job.id]
                duplicates.merge(session, job, town.random.choice(others))
    for kind in ("split", "close", "split", "merge", "hold", "merge"):
        town.later()
        run(is_full=True)
        town.later()
        with transaction():
            grouped = session.scalars(select(Job).where(Job.duplicate_group.is_not(None))).all()
            job = town.random.choice(grouped)
            if kind == "split":
                duplicates.split(session, job)
            elif kind == "merge":
                alone = session.scalars(select(Job).where(Job.duplicate_group.is_(None))).all()
                duplicates.merge(session, job, town.random.choice(alone).id)
            elif kind == "hold":
                holding.hold(session, job, "Looks wrong", actor_id=None)
            else:
                closing.close(session, [job.id], clock.now())
        town.later()
        second = run()
        town.later()
        assert written(run(is_full=True)) == {}, second.counts


def test_whom_nothing_concerns_is_not_matched_again(session, clocks):
    town = Town(session, clocks, 1)
    first = run()
    town.later()
    second = run()
    found = session.get(MatchRun, second.run_id)
    assert found.since_run_id == first.run_id
    short = sum(
        len(session.scalars(
            select(MatchingResult.id).where(
                MatchingResult.user_id == user,
                MatchingResult.match_status != MatchStatus.EXPIRED,
            )
        ).all()) < 40
        for user in town.people
    )  # fmt: skip
    assert second.total == short < len(town.people)


def test_a_job_far_better_than_the_others_reaches_those_it_suits_at_once(session, clocks):
    town = Town(session, clocks, 2)
    run()
    town.later()
    with transaction():
        title = session.scalar(select(UserTitle.title).where(UserTitle.user_id == town.people[0]))
        home = session.scalar(select(HomePoint.place_id).limit(1))
        best = town.job(title=title, place_id=home, company_name="新社", posted_date=DAY)
    second = run()
    assert session.scalar(
        select(MatchingResult.id).where(
            MatchingResult.user_id == town.people[0], MatchingResult.job_id == best
        )
    )
    assert second.counts["unconcerned"]


def test_a_run_asked_to_do_everybody_does_everybody(session, clocks, capsys):
    town = Town(session, clocks, 3)
    run()
    town.later()
    report = run(is_full=True)
    assert report.processed == len(town.people)
    assert session.get(MatchRun, report.run_id).since_run_id is None
    assert "unconcerned" not in report.counts


def test_what_a_partial_run_spared_is_said(session, clocks):
    town = Town(session, clocks, 4)
    run()
    town.later()
    report = run()
    assert f"{report.counts['unconcerned']:,} people whom no change concerns" in cli.summary(report)


def test_rarity_is_held_until_much_has_come_and_gone(session, clocks):
    town = Town(session, clocks, 5)
    run()
    first = session.scalar(select(CollectionStatistics.id))
    assert not counting.is_due(LATEST)
    town.later()
    with transaction():
        for _ in range(10):
            town.job()
    run()
    assert counting.held(LATEST).id == first
    town.later()
    with transaction():
        for job in town.jobs[:10]:
            session.execute(update(Job).where(Job.id == job).values(is_active=False))
    assert counting.is_due(LATEST)
    report = run()
    assert counting.held(LATEST).id != first
    assert report.processed == len(town.people)  # other points for everybody
    for _ in range(counting.KEPT + 2):
        with transaction():
            counting.hold(columns.job_frame(LATEST), LATEST)
    assert len(session.scalars(select(CollectionStatistics.id)).all()) == counting.KEPT


def test_of_two_runs_that_count_at_once_each_says_by_what_it_scored(session, clocks, monkeypatch):
    Town(session, clocks, 6)
    count_anew = columns.count_anew

    def somebody_counts_too(policy):
        mine = count_anew(policy)
        count_anew(policy)
        return mine

    monkeypatch.setattr(columns, "count_anew", somebody_counts_too)
    report = run()
    mine, newest = session.scalars(select(CollectionStatistics.id).order_by("id")).all()
    assert session.get(MatchRun, report.run_id).statistics_id == mine
    assert counting.held(LATEST).id == newest


def test_damaged_statistics_are_counted_anew(session, clocks):
    Town(session, clocks, 6)
    run()
    counting._read.clear()
    session.execute(update(CollectionStatistics).values(content=b"garbage"))
    session.commit()
    assert counting.held(LATEST) is None
    assert run().counts["matches"]


def test_a_full_section_is_entered_from_its_last_claim_and_a_short_one_by_any_job():
    slots = {str(rule.section): rule.slots for rule in USUAL.rules}
    groups = {(section, False): (count, 500_000) for section, count in slots.items()}
    floors = Floors.of(groups, USUAL)
    assert set(floors.sections.values()) == {500_000}
    assert floors.fill_up == NEVER
    last = str(USUAL.rules[-1].section)
    groups[last, False] = (slots[last] - 1, 600_000)
    groups[last, True] = (1, 450_000)
    floors = Floors.of(groups, USUAL)
    assert floors.sections[last] == ANY
    assert floors.fill_up == 450_000
    del groups[last, True]
    assert Floors.of(groups, USUAL).fill_up == ANY
