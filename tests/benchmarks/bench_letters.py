"""Digest letters: composing them alone, and a whole build of thousands into the log.

The bar is 10,000 digests of forty jobs composed and logged within 12 s on two cores. CPU seconds
of this process and of those that it starts stand for it: on a busy machine the wall clock measures
the others. Every letter is looked at afterwards.
"""

import gc
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

import pytest
from flask import Flask
from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    DigestFrequency,
    HomePoint,
    Profile,
    User,
)
from jobscore.database.transaction import transaction
from jobscore.digests import composing, emails, links, reading, service
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import service as outbox
from jobscore.emails.compose import Letter, list_headers
from jobscore.emails.models import EmailLog
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import runs
from jobscore.matching.models import MatchingResult
from jobscore.matching.selection import USUAL
from jobscore.scoring.models import JobScore
from jobscore.web.i18n import speaking
from tests.benchmarks.measuring import Results, least_seconds, scaled, seconds
from tests.digests.checking import faults_of
from tests.emails import reference

Work = list[tuple[reading.Person, list[emails.Pick]]]
#: Letters of the whole build; 10,000 at full size.
LETTERS = scaled(2_000)
#: Milliseconds of CPU, both cores together, that a letter may take to be written and logged.
GOAL_MS = 2.4
#: Letters between two looks at the memory, and how much it may grow from one to the next.
GROWTH_MB = 40


def matched_people() -> Work:
    """Score and match everybody; return people with their picks, one language after the other."""
    today = clock.today(config.current().timezone)
    with transaction():
        run_id = runs.request_run(run_on=today).id
    runs.execute(run_id)
    people = reading.people_of(reading.everyone())
    choices = reading.choices_of(people, today, is_preview=True)
    db.session.remove()
    work = [(p, [c.pick for c in choices.get(p.reader.user_id, ())]) for p in people]
    return sorted(((p, k) for p, k in work if k), key=lambda one: one[0].reader.locale)


def write_letters(work: Work, composers: dict[str, emails.Composer]) -> list[Rendered]:
    """Compose every letter, as a build does: language by language."""
    today = clock.today(config.current().timezone)
    written = []
    for locale, group in groupby(work, key=lambda one: one[0].reader.locale):
        with speaking(locale):
            if locale not in composers:
                composers[locale] = emails.Composer(locale)
            written += [composers[locale].compose(p.reader, picks, today) for p, picks in group]
    return written


def as_bytes(person: reading.Person, letter: Rendered) -> bytes:
    """Return the letter as the email package makes it."""
    sender = outbox.sender()
    url = links.unsubscribe_url(person.reader.user_id)
    return reference.build_message(
        Letter(
            recipient=person.email,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            locale=person.reader.locale,
            message_id=f"{person.reader.user_id}@example.com",
            headers=list_headers("digest", url, sender.public_url),
        ),
        sender,
        clock.now(),
    ).as_bytes()


def test_composing_letters(world: Flask, results: Results) -> None:
    with world.app_context():
        work = matched_people()
        composers: dict[str, emails.Composer] = {}
        letters: list[Rendered] = []
        first = seconds(lambda: letters.extend(write_letters(work, composers)))
        pairs = [(person, letter) for (person, _), letter in zip(work, letters, strict=True)]
        again, wire, packing = least_seconds(
            3,
            lambda: write_letters(work, composers),
            lambda: [as_bytes(person, letter) for person, letter in pairs],
            lambda: [outbox.pack(body) for _, one in pairs for body in (one.text, one.html)],
        )
    n = len(letters)
    jobs = sum(len(picks) for _, picks in work)
    yardstick = f"EmailMessage.as_bytes of the same, {wire * 1e3 / n:.2f} ms"
    for name, spent in (
        ("composing letters, no job said before", first),
        ("composing letters, every job said before", again),
        ("packing both bodies for the log", packing),
    ):
        amount = f"{n:,} letters of {jobs / n:.0f} jobs"
        results.add(name, amount, f"{spent * 1e3 / n:.2f} ms a letter", yardstick, wire / spent)
    assert wire > again


# ---- a whole build -----------------------------------------------------------------------------


@pytest.fixture
def readers(world: Flask) -> Iterator[date]:
    """So many readers with forty matches each of the sample's jobs, on a day of their own."""
    with world.app_context():
        day = clock.today(config.current().timezone) + timedelta(days=1)
        with transaction() as session:
            before = session.scalar(select(func.max(User.id))) or 0
            _add_readers(session, before, LETTERS, day)
        db.session.remove()
        yield day
        with transaction() as session:
            for model in (DigestItem, Digest, EmailLog, MatchingResult, JobScore, Consent):
                session.execute(delete(model).where(model.user_id > before))
            session.execute(delete(HomePoint).where(HomePoint.user_id > before))
            session.execute(delete(Profile).where(Profile.user_id > before))
            session.execute(delete(User).where(User.id > before))
        db.session.remove()


def _add_readers(session: Session, before: int, people: int, day: date) -> None:
    """Add readers with homes, consent, scores and a list of the day; the ids are known before."""
    dice = random.Random(3)  # the same in every run
    jobs = list(session.scalars(select(Job.id).where(Job.is_active)))
    shown = session.execute(
        select(MatchingResult.recommendation_reason).where(
            MatchingResult.recommendation_reason.is_not(None)
        )
    ).scalars()
    reasons = list(shown) or [None]
    places = session.execute(
        select(HomePoint.place_id, HomePoint.latitude, HomePoint.longitude)
    ).all()
    ids = range(before + 1, before + people + 1)
    now = clock.now()
    plan = [str(rule.section) for rule in USUAL.rules for _ in range(rule.slots)]
    _insert(
        session,
        User,
        [
            {
                "id": i,
                "email": f"reader{i}@example.com",
                "hashed_password": "!",
                "full_name": f"Reader {i}",
                "email_verified_at": now,
            }
            for i in ids
        ],
    )
    _insert(
        session,
        Profile,
        [
            {
                "user_id": i,
                "locale": "ja" if i % 5 < 3 else "en",
                "pay_period": ("hour", "month")[i % 2],
                "digest_frequency": DigestFrequency.DAILY,
            }
            for i in ids
        ],
    )
    _insert(
        session,
        Consent,
        [
            {
                "user_id": i,
                "kind": ConsentKind.DIGEST,
                "text": "Send me letters.",
                "text_version": "1",
                "locale": "en",
                "how": "form",
                "given_at": now - timedelta(days=i % 400),
            }
            for i in ids
        ],
    )
    homes = [(i, *dice.choice(places)) for i in ids]
    _insert(
        session,
        HomePoint,
        [
            {"user_id": i, "place_id": place, "label": "", "latitude": north, "longitude": east}
            for i, place, north, east in homes
        ],
    )
    first = (session.scalar(select(func.max(JobScore.id))) or 0) + 1
    pairs = [(i, job) for i in ids for job in dice.sample(jobs, len(plan))]
    for start in range(0, len(pairs), 20_000):
        some = list(enumerate(pairs[start : start + 20_000], start=start))
        _insert(
            session,
            JobScore,
            [
                {
                    "id": first + n,
                    "user_id": user_id,
                    "job_id": job_id,
                    "total_score": 99.0 - n % len(plan) * 1.37,
                    "skill_match_score": 71.43,
                    "location_score": 88.5,
                    "salary_score": None,
                    "scoring_algorithm_version": "1.2",
                }
                for n, (user_id, job_id) in some
            ],
        )
        _insert(
            session,
            MatchingResult,
            [
                {
                    "user_id": user_id,
                    "job_id": job_id,
                    "job_score_id": first + n,
                    "recommendation_reason": dice.choice(reasons),
                    "confidence_level": 0.8,
                    "match_on": day,
                    "section": plan[n % len(plan)],
                    "position": n % len(plan) + 1,
                    "is_fill_up": n % 13 == 0,
                }
                for n, (user_id, job_id) in some
            ],
        )


def _insert(session: Session, model: type, rows: list[dict[str, object]]) -> None:
    session.execute(insert(model), rows)


def spent() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def test_a_build_of_thousands(
    world: Flask, readers: date, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory: list[int] = []
    for processes in (1, 2):
        monkeypatch.setattr(composing, "_process_count", lambda people, n=processes: n)
        with world.app_context():
            _forget_letters(readers)
            gc.collect()
            memory.clear()
            cpu, wall = spent(), time.monotonic()
            report = service.build_digests(readers, progress=lambda report: memory.append(peak()))
            cpu, wall = spent() - cpu, time.monotonic() - wall
            assert report.letters == LETTERS
            amount = f"{report.letters:,} letters of {report.jobs / report.letters:.0f} jobs"
            name = f"a build into the log, {processes} process{'es' if processes > 1 else ''}"
            stages = ", ".join(f"{stage} {s:.1f}" for stage, s in report.timings.items())
            results.add(
                name,
                amount,
                f"{cpu * 1e3 / LETTERS:.2f} ms of CPU a letter; {wall:.1f} s wall ({stages})",
            )
            results.bar(name, amount, GOAL_MS, cpu * 1e3 / LETTERS, "ms of CPU a letter")
            half = len(memory) // 2
            assert memory[-1] - memory[half] < GROWTH_MB * 1_000, "the memory grows with letters"
    with world.app_context():
        faults = faults_of(db.session(), readers)
        assert faults == [], f"{len(faults)} faults, the first: {faults[0]}"
        results.add("each of these letters looked at", f"{LETTERS:,} letters", "no fault")
        db.session.remove()


def peak() -> int:
    """Return the most memory that this process has had, in kB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // 1_000 if sys.platform == "darwin" else used


def _forget_letters(day: date) -> None:
    """Take the letters of a day back, so that they can be written again."""
    with transaction() as session:
        logs = select(Digest.email_log_id).where(Digest.digest_on == day)
        digests = select(Digest.id).where(Digest.digest_on == day)
        written = list(session.scalars(logs))
        session.execute(delete(DigestItem).where(DigestItem.digest_id.in_(digests)))
        session.execute(delete(Digest).where(Digest.digest_on == day))
        for start in range(0, len(written), 1_000):
            some = written[start : start + 1_000]
            session.execute(delete(EmailLog).where(EmailLog.id.in_(some)))
        matches: Table = MatchingResult.__table__  # type: ignore[assignment] # a mapped class has one
        session.execute(
            matches.update()
            .where(matches.c.match_on == day)
            .values(match_status="pending", sent_at=None)
        )
    db.session.remove()
