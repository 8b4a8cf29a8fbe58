"""Every letter of a day is looked at, not one: headers, sections, repeats, languages."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from jobscore.accounts.models import DigestFrequency, HomePoint
from jobscore.digests import composing, reading, service
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.jobs.models import Job, Remote
from jobscore.matching import reasons
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.matching.selection import USUAL
from jobscore.scoring.models import JobScore
from jobscore.vocabulary.models import Place
from tests import factories
from tests.digests.checking import faults_of
from tests.digests.conftest import DAY

Make = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("morning")

TITLES = ["Nurse {}", "看護師 {}", "<b>Cook</b> & {} {{0}} %s", "医療・介護スタッフ急募" * 4 + "{}"]
REASONS = [
    [reasons.Message("same_place"), reasons.Message("pay_meets")],
    [reasons.Message("near", {"km": 12})],
    [reasons.Message("title_close", {"title": "Line\ncook {0} <i>"})],
    [reasons.Message("nobody_knows")],
    [],
]


@pytest.fixture
def many(session: Session, make_reader: Make, place: Place) -> Callable[[int], list[int]]:
    """Make so many people who are due, half of them Japanese, each with up to forty matches."""

    def make(n: int) -> list[int]:
        dice = random.Random(7)  # the same town in every run
        jobs = [_job(session, i, place) for i in range(120)]
        people = []
        for i in range(n):
            profile = {"pay_period": dice.choice(["hour", "month", None])}
            if i % 5 == 0:
                profile["digest_frequency"] = DigestFrequency.WEEKLY
            name = [None, "Hanako", "山田 {0} 太郎", "%(name)s <x>"][i % 4]
            person = make_reader("ja" if i % 2 else "en", profile=profile, full_name=name)
            people.append(person.id)
            if i % 3:
                at = {"latitude": 35.7 - i / 100, "longitude": 139.6}
                session.add(HomePoint(user_id=person.id, place_id=place.id, label="", **at))
        session.flush()
        _match(session, people, jobs, dice)
        session.commit()
        return people

    return make


def _job(session: Session, i: int, place: Place) -> int:
    values: dict[str, Any] = {
        "title": TITLES[i % len(TITLES)].format(i),
        "company_name": f"医療法人 {i}" if i % 3 else f'Acme "{i}" <Ltd>',
        "location": [None, "東京都渋谷区", "Shibuya\nTokyo"][i % 3],
        "place_id": place.id if i % 4 else None,
        "salary_min": Decimal(1_000 + 7 * i) if i % 5 else None,
        "salary_period": ["hour", "day", "month", "year"][i % 4] if i % 5 else None,
        "salary_currency": ["JPY", "USD"][i % 2],
        "salary_text": "応相談" if i % 10 == 0 else None,
        "remote": [None, None, Remote.HYBRID, Remote.FULL][i % 4],
        "language": ["en", "ja", None][i % 3],
        "is_sponsored": i % 11 == 0,
    }
    job: Job = factories.job(session, **values)
    return job.id


def _match(session: Session, people: list[int], jobs: list[int], dice: random.Random) -> None:
    plan = [str(rule.section) for rule in USUAL.rules for _ in range(rule.slots)]
    scores: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    for number, user_id in enumerate(people):
        size = [40, 40, 1, 2, 17][number % 5]
        for position, job_id in enumerate(dice.sample(jobs, size), start=1):
            scores.append(
                {
                    "id": len(scores) + 1,
                    "user_id": user_id,
                    "job_id": job_id,
                    "total_score": 100 - position * 1.7,
                    "skill_match_score": 81.25,
                    "location_score": None,
                    "scoring_algorithm_version": "1.0",
                    "weights": {"location": 100} if number % 7 == 0 else None,
                }
            )
            message = REASONS[dice.randrange(len(REASONS))]
            lists.append(
                {
                    "user_id": user_id,
                    "job_id": job_id,
                    "job_score_id": len(scores),
                    "recommendation_reason": reasons.to_text(message) if message else None,
                    "match_on": DAY,
                    "section": plan[position - 1],
                    "position": position,
                    "is_fill_up": position % 9 == 0,
                }
            )
    session.execute(insert(JobScore), scores)
    session.execute(insert(MatchingResult), lists)


def test_every_letter_of_a_day_holds_what_it_must(
    session: Session, many: Callable[[int], list[int]]
) -> None:
    people = many(300)
    report = service.build_digests(DAY)
    assert (report.due, report.letters) == (300, 300)
    assert faults_of(session, DAY) == []
    counts = select(EmailLog.locale, func.count()).group_by(EmailLog.locale)
    locales = {row[0]: row[1] for row in session.execute(counts)}
    assert locales == {"en": 150, "ja": 150}
    pending = session.scalar(
        select(func.count(EmailLog.id)).where(EmailLog.status == EmailStatus.PENDING)
    )
    assert pending == len(people)
    assert report.jobs == session.scalar(select(func.count(DigestItem.id)))
    left = select(func.count()).where(MatchingResult.match_status != MatchStatus.SENT)
    assert session.scalar(left) == 0


def test_what_a_letter_keeps_are_the_numbers_of_its_matches(
    session: Session, many: Callable[[int], list[int]]
) -> None:
    many(8)
    service.build_digests(DAY)
    scores = {(row.user_id, row.job_id): row for row in session.scalars(select(JobScore))}
    for item in session.scalars(select(DigestItem)):
        row = scores[item.user_id, item.job_id or 0]
        assert item.total_score == row.total_score
        assert item.components == {
            "skill_match": 81.25,
            "location": None,
            "salary": None,
            "experience": None,
            "culture_fit": None,
        }
        assert item.weights == (row.weights or {})


def test_the_checks_of_letters_can_fail(session: Session, many: Callable[[int], list[int]]) -> None:
    many(2)
    service.build_digests(DAY)
    log = session.scalars(select(EmailLog).order_by(EmailLog.id)).first()
    assert log is not None
    log.subject = "7 " + log.subject
    log.headers = {**log.headers, "List-Unsubscribe": "<https://elsewhere.example/u/1>"}
    log.locale = "ja"
    session.flush()
    faults = " ".join(faults_of(session, DAY))
    for wanted in ("promises another number", "way out", "of a letter in ja", "sections"):
        assert wanted in faults, wanted


def test_other_processes_write_the_same_letters_and_each_once(
    app: Flask,
    session: Session,
    many: Callable[[int], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = many(30)
    here = composing.Scribe(DAY).block(people)
    monkeypatch.setattr(composing, "_process_count", lambda people: 3)
    monkeypatch.setattr(reading, "BLOCK", 4)
    found = {tuple(group): block for group, block in composing.blocks(people, DAY)}
    assert sorted(user for group in found for user in group) == people
    letters = {one.user_id: one for block in found.values() for one in block.letters}
    assert letters == {one.user_id: one for one in here.letters}
    report = service.build_digests(DAY)
    assert report.letters == 30
    session.expire_all()
    assert faults_of(session, DAY) == []
    assert session.scalar(select(func.count(Digest.id))) == 30


def test_few_people_are_written_to_by_one_process(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setitem(app.config, "JOBSCORE", replace(app.config["JOBSCORE"], workers=4))
    with app.app_context():
        assert composing._process_count(composing.POOL_PAYS - 1) == 1
        assert composing._process_count(composing.POOL_PAYS) == 4
        monkeypatch.setattr(threading, "active_count", lambda: 2)
        assert composing._process_count(composing.POOL_PAYS) == 1, "forking beside threads: unsafe"


def test_a_posting_that_changed_is_read_again_and_one_that_went_is_left_out(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, jobs = make_reader(), make_jobs(2)
    match(reader, jobs)
    session.commit()
    scribe = composing.Scribe(DAY)
    first = scribe.block([reader.id]).letters[0]
    jobs[0].title = "Head nurse"
    jobs[0].updated_at += timedelta(seconds=1)
    session.commit()
    second = scribe.block([reader.id]).letters[0]
    assert [item.title for item in first.items] == ["Nurse 0", "看護師 1"]
    assert [item.title for item in second.items] == ["Head nurse", "看護師 1"]
    session.delete(jobs[0])
    session.commit()
    assert [item.title for item in scribe.block([reader.id]).letters[0].items] == ["看護師 1"]
