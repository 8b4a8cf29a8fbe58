"""Admins are told of each event once, in their language, and not more often than once an hour."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.dashboard import events, notices
from jobscore.dashboard.models import AdminNotice
from jobscore.database.transaction import transaction
from jobscore.emails import service as outbox
from jobscore.emails.bounces.service import Rates
from jobscore.emails.models import EmailLog, EmailType
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus, ImportType
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from tests import factories
from tests.accounts.people import browser_of

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(NOON):
        yield


@pytest.fixture
def admins(session: Session) -> list[int]:
    """Two who read Japanese and English, one who is closed, and somebody who is no admin."""
    with transaction():
        return [
            factories.user(
                session, email=email, is_superuser=role, is_active=active, profile=said
            ).id
            for email, role, active, said in (
                ("aoi@example.com", True, True, {"locale": "ja"}),
                ("ben@example.com", True, True, {"locale": "en"}),
                ("gone@example.com", True, False, {"locale": "en"}),
                ("taro@example.com", False, True, {"locale": "en"}),
            )
        ]


@pytest.fixture
def fail_import(session: Session) -> Callable[..., int]:
    def fail(name: str = "jobs.csv", source: str = "upload") -> int:
        with transaction():
            n = len(session.scalars(select(CsvImport.id)).all())
            one = CsvImport(
                filename=name,
                file_size=1,
                file_hash=f"{n:064d}",
                import_type=ImportType.JOBS,
                status=ImportStatus.FAILED,
            )
            one.attempts.append(
                ImportAttempt(
                    status=ImportStatus.FAILED,
                    source=source,
                    started_at=clock.now(),
                    completed_at=clock.now(),
                )
            )
            session.add(one)
            session.flush()
            return one.id

    return fail


def letters(session: Session) -> list[EmailLog]:
    session.rollback()
    return list(session.scalars(select(EmailLog).order_by(EmailLog.id)))


def test_a_failed_import_is_told_once_to_each_admin_in_their_language(
    session: Session, admins: list[int], fail_import: Callable[..., int]
) -> None:
    import_id = fail_import("求人 <b>.csv")
    assert notices.tell() == 2
    ja, en = letters(session)
    assert (ja.recipient_email, en.recipient_email) == ("aoi@example.com", "ben@example.com")
    assert (ja.subject, en.subject) == ("取り込みに失敗しました", "An import failed")
    assert (ja.locale, en.email_type) == ("ja", EmailType.NOTICE)
    assert f"http://localhost/admin/imports/{import_id}" in outbox.text_of(en)
    assert "求人 <b>.csv" in outbox.text_of(en)
    html = outbox.html_of(en)
    assert html is not None
    assert "求人 &lt;b&gt;.csv" in html
    for hours in (0, 2, 20):
        with clock.set_to(NOON + timedelta(hours=hours)):
            assert notices.tell() == 0


def test_what_happens_within_an_hour_waits_and_comes_in_one_letter(
    session: Session, admins: list[int], fail_import: Callable[..., int]
) -> None:
    fail_import("first.csv")
    notices.tell()
    with clock.set_to(NOON + timedelta(minutes=20)):
        for n in range(25):
            fail_import(f"next{n}.csv")
        assert notices.tell() == 0
    with clock.set_to(NOON + timedelta(minutes=61)):
        assert notices.tell() == 2
        assert notices.tell() == 0
    letter = letters(session)[-1]
    assert letter.subject == "25 things need a hand"
    assert "next19.csv" in outbox.text_of(letter)
    assert "next20.csv" not in outbox.text_of(letter)
    assert "And 5 more" in outbox.text_of(letter)


def test_a_feed_that_fails_every_ten_minutes_is_told_once_a_day(
    session: Session, admins: list[int], fail_import: Callable[..., int]
) -> None:
    told = 0
    for step in range(0, 23 * 60, 40):
        with clock.set_to(NOON + timedelta(minutes=step)):
            fail_import(f"feed{step}.csv", source="feed-a")
            told += notices.tell()
    days = 2  # the time passes midnight in Tokyo once
    assert told == len(("aoi", "ben")) * days


def test_what_failed_yesterday_is_no_news_today(
    session: Session, admins: list[int], fail_import: Callable[..., int]
) -> None:
    told = []
    fail_import("feed.csv", source="feed-a")
    for hours in (0, 11, 13, 23):
        with clock.set_to(NOON + timedelta(hours=hours)):
            told.append(notices.tell())
    assert told == [2, 0, 0, 0]


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"status": RunStatus.FAILED, "completed_at": NOON}, "A run failed"),
        ({"status": RunStatus.RUNNING}, "A run is over its budget"),
        ({"status": RunStatus.DONE, "completed_at": NOON}, "A run is over its budget"),
        ({"status": RunStatus.DONE, "completed_at": NOON, "kind": RunKind.BACKTEST}, None),
        ({"status": RunStatus.DONE, "completed_at": NOON, "kind": RunKind.SEND}, None),
        ({"status": RunStatus.DONE, "completed_at": NOON - timedelta(minutes=30)}, None),
        ({"status": RunStatus.QUEUED}, None),
    ],
)
def test_a_run_that_failed_or_takes_too_long_is_told(
    session: Session, admins: list[int], values: dict[str, Any], title: str | None
) -> None:
    with transaction():
        started = NOON - timedelta(minutes=31)
        run = {"kind": RunKind.MATCH, "run_on": NOON.date(), "started_at": started} | values
        session.add(MatchRun(**run))
    assert notices.tell() == (2 if title else 0)
    assert [letter.subject for letter in letters(session)][1:] == ([title] if title else [])


@pytest.mark.parametrize(
    ("rates", "is_spike"),
    [
        (Rates(100, 5, 0), False),
        (Rates(100, 6, 0), True),
        (Rates(10, 4, 0), False),
        (Rates(0, 5, 0), True),
        (Rates(10_000, 400, 0), False),
    ],
)
def test_a_spike_is_a_share_and_a_number(rates: Rates, is_spike: bool) -> None:
    assert events.is_bounce_spike(rates) is is_spike


@pytest.mark.parametrize(
    ("rates", "is_spike"),
    [(Rates(1_000, 0, 3), False), (Rates(999, 0, 3), True), (Rates(10, 0, 2), False)],
)
def test_few_complaints_are_many(rates: Rates, is_spike: bool) -> None:
    assert events.is_complaint_spike(rates) is is_spike


def test_a_spike_that_lasts_is_told_again_after_a_day(
    app: Flask, session: Session, admins: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events.bounces, "rates", lambda _since: Rates(100, 30, 4))
    told = []
    for hours in (0, 2, 13, 23, 25, 27):
        with clock.set_to(NOON + timedelta(hours=hours)):
            told.append(notices.tell())
    assert told == [2, 0, 0, 0, 2, 0]
    assert letters(session)[1].subject == "2 things need a hand"
    assert "30 letters came back" in outbox.text_of(letters(session)[1])
    home = browser_of(app, admins[1]).get("/admin").get_data(as_text=True)
    assert "30 letters came back in the last 24 hours" in home
    assert "4 readers called a letter spam" in home


def test_a_queue_that_stands_still_is_told_but_not_while_the_server_is_down(
    session: Session, admins: list[int]
) -> None:
    with transaction():
        outbox.enqueue(
            outbox.Draft(
                email_type=EmailType.DIGEST,
                recipient="taro@example.com",
                subject="s",
                text="t",
                html="h",
                locale="en",
            )
        )
    with clock.set_to(NOON + timedelta(hours=2)):
        with transaction():
            outbox.record_outage("down")
        assert notices.tell() == 0
        with transaction():
            outbox.end_outage()
        assert notices.tell() == 2
    assert letters(session)[-1].subject == "Letters wait"


def test_where_nobody_is_an_admin_nothing_is_written(
    session: Session, fail_import: Callable[..., int]
) -> None:
    fail_import()
    assert notices.tell() == 0
    assert letters(session) == []
    assert session.scalars(select(AdminNotice.letters)).all() == [0]


def test_the_worker_looks_once_a_minute(
    session: Session,
    admins: list[int],
    fail_import: Callable[..., int],
    run_worker: Callable[[], int],
) -> None:
    fail_import()
    run_worker()
    kinds = [letter.email_type for letter in letters(session)]
    assert kinds == [EmailType.NOTICE, EmailType.NOTICE]
