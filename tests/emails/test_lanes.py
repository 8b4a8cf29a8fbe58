"""Pace: limits in all and by receiving domain hold for all senders together."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.emails import lanes, tasks
from jobscore.emails.models import EmailStatus, EmailType, MailLane
from jobscore.extensions import db
from tests.emails.conftest import row, send
from tests.emails.mailserver import Mailbox
from tests.emails.test_queue import set_setting

Outbox = Callable[..., list[int]]
MINUTE = timedelta(minutes=1)


def test_a_slow_domain_waits_its_turn_and_the_others_do_not(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    set_setting(app, mail_domain_rates="docomo.ne.jp=2")
    slow = outbox(4, email_type=EmailType.DIGEST, recipient="reader@docomo.ne.jp")
    outbox(3, email_type=EmailType.DIGEST)
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start):
        report = send()
    assert report.sent == 4
    assert mailbox.recipients.count("reader@docomo.ne.jp") == 1
    waiting = [row(i) for i in slow[1:]]
    assert {r.status for r in waiting} == {EmailStatus.PENDING}
    assert {r.attempts for r in waiting} == {0}, "nobody has lost a try"
    expected = [start + MINUTE / 2 * n for n in (1, 2, 3)]
    assert [r.next_attempt_at for r in waiting] == expected
    for at in expected:
        with clock.set_to(at):
            assert send().sent == 1
    assert mailbox.recipients.count("reader@docomo.ne.jp") == 4


def test_after_a_pause_of_the_senders_letters_do_not_leave_in_a_burst(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    set_setting(app, mail_domain_rates="*=1")
    outbox(6, email_type=EmailType.DIGEST, recipient="reader@example.jp")
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start):
        assert send().sent == 1
    with clock.set_to(start + timedelta(hours=1)):
        assert send().sent == 1, "all are due, one may leave"
    with clock.set_to(start + timedelta(hours=1) + MINUTE):
        assert send().sent == 1


def test_a_new_password_does_not_wait_for_a_slow_domain(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    set_setting(app, mail_domain_rates="docomo.ne.jp=1")
    outbox(2, email_type=EmailType.DIGEST, recipient="reader@docomo.ne.jp")
    with clock.set_to(clock.now() + timedelta(seconds=1)):
        assert send().sent == 1
        outbox(1, email_type=EmailType.RESET, recipient="forgot@docomo.ne.jp")
        assert send().sent == 1
    assert mailbox.recipients[-1] == "forgot@docomo.ne.jp"


def test_two_senders_keep_the_limit_together(outbox: Outbox, app: Flask, mailbox: Mailbox) -> None:
    set_setting(app, mail_per_minute=600)
    outbox(12)
    reports: list[tasks.SendReport] = []

    def work() -> None:
        with app.app_context():
            reports.append(send())
            db.session.remove()

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.sent for r in reports) == 12
    assert time.monotonic() - began >= 1.05, "eleven gaps of a tenth of a second"


def test_a_sender_that_waits_for_its_turn_holds_no_letter_and_stops_when_told(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    set_setting(app, mail_per_minute=1)
    ids = outbox(2)
    end = time.monotonic() + 1.5
    report = send(should_stop=lambda: time.monotonic() > end)
    assert report.sent == 1
    assert time.monotonic() < end + 5
    assert row(ids[0]).status is EmailStatus.SENT
    assert row(ids[1]).status is EmailStatus.PENDING
    assert row(ids[1]).claimed_by is None


def test_a_lane_that_nobody_uses_is_forgotten(outbox: Outbox, app: Flask, mailbox: Mailbox) -> None:
    set_setting(app, mail_domain_rates="*=60")
    outbox(1, recipient="someone@her-own-name.example")
    send()
    assert db.session.query(MailLane.name).all() == [("her-own-name.example",)]
    db.session.rollback()
    with clock.set_to(clock.now() + timedelta(hours=2)):
        send()
    assert db.session.query(MailLane).count() == 0
    db.session.rollback()


def test_a_turn_taken_before_the_clock_was_set_back_keeps_nobody_waiting(app: Flask) -> None:
    with app.app_context():
        with clock.set_to(clock.now() + timedelta(days=40)), transaction():
            assert lanes.enter("example.com", 60) is None
        with transaction():
            assert lanes.enter("example.com", 60) is None


@pytest.mark.parametrize(
    "said", ["docomo.ne.jp", "docomo.ne.jp=0", "=60", "docomo.ne.jp=-1", "a=b"]
)
def test_a_rate_that_is_none_stops_the_start(said: str) -> None:
    with pytest.raises(config.ConfigError, match="JOBSCORE_MAIL_DOMAIN_RATES"):
        config.Config.from_environ({"JOBSCORE_MAIL_DOMAIN_RATES": said})


def test_rates_are_read_by_domain_whatever_the_case() -> None:
    rates = lanes.Rates(0, config.domain_rates(" Docomo.NE.jp = 60 , *=600,"))
    assert (rates.of("docomo.ne.jp"), rates.of("example.com")) == (60, 600)
    assert lanes.Rates().of("example.com") == 0
