"""The sender against a real server that takes, refuses, drops, and vanishes."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import compose, queue, service, suppression, tasks
from jobscore.emails.models import EmailStatus, EmailType, MailOutage
from jobscore.emails.transport import NullTransport
from jobscore.extensions import db
from tests.emails.conftest import row, send
from tests.emails.mailserver import Mailbox, closed_port, running

Outbox = Callable[..., list[int]]


def test_many_letters_go_over_one_connection_and_are_recorded(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    ids = outbox(12)
    report = send()
    assert (report.sent, report.failed, report.in_doubt) == (12, 0, 0)
    assert mailbox.connections == 1
    assert len(mailbox.received) == 12
    sent = [row(i) for i in ids]
    assert {r.status for r in sent} == {EmailStatus.SENT}
    assert [r.message_id for r in sent] == mailbox.ids
    assert all(r.sent_at and r.smtp_reply == "250 2.0.0 taken" for r in sent)
    assert send().handled == 0, "nothing is sent twice"
    assert len(mailbox.received) == 12


def test_a_line_that_is_a_dot_arrives_as_it_was(outbox: Outbox, mailbox: Mailbox) -> None:
    outbox(1)
    send()
    [message] = mailbox.messages
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Text 0", ".", "A line after a dot"]


def test_a_refusal_for_now_backs_off_step_by_step_and_then_fails(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    mailbox.on_data = lambda _content: "451 4.3.0 try later"
    at = clock.now() + timedelta(seconds=1)
    for step, wait in enumerate([*service_waits(), None], start=1):
        with clock.set_to(at):
            assert send().handled == 1
        letter = row(log_id)
        assert letter.attempts == step
        assert letter.error_message == "451 4.3.0 try later"
        if wait is None:
            assert letter.status is EmailStatus.FAILED
            assert letter.next_attempt_at is None
            return
        assert letter.status is EmailStatus.PENDING
        assert letter.next_attempt_at == at + wait
        with clock.set_to(at + wait - timedelta(seconds=1)):
            assert send().handled == 0, "not before its time"
        at += wait


def service_waits() -> list[timedelta]:
    minutes = [1, 5, 30, 120, 360]
    return [timedelta(minutes=m) for m in minutes]


def test_a_refusal_for_good_fails_at_once_and_the_others_go_on(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    bad, good = outbox(2)
    mailbox.on_recipient = lambda a: "554 5.7.1 we do not want this" if "reader0" in a else None
    report = send()
    assert (report.failed, report.sent) == (1, 1)
    assert row(bad).status is EmailStatus.FAILED
    assert row(bad).error_message == "554 5.7.1 we do not want this"
    assert row(good).status is EmailStatus.SENT
    assert not suppression.suppressed({"reader0@example.com"}, EmailType.DIGEST), (
        "a policy refusal says nothing about the address"
    )


def test_an_address_that_does_not_exist_is_never_written_to_again(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(1)
    mailbox.on_recipient = lambda _a: "550 5.1.1 no such user"
    send()
    [again] = outbox(1)
    assert row(again).status is EmailStatus.SUPPRESSED
    assert send().handled == 0


def test_an_answer_lost_after_the_letter_was_handed_over_is_in_doubt(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    first, second = outbox(2)
    mailbox.drop_after_data = lambda content: b"Letter 0" in content
    report = send()
    assert (report.in_doubt, report.sent) == (1, 1)
    doubtful = row(first)
    assert doubtful.status is EmailStatus.IN_DOUBT
    assert "after the letter was handed over" in str(doubtful.error_message)
    assert row(second).status is EmailStatus.SENT
    assert send().handled == 0, "a letter in doubt is never sent again by itself"

    mailbox.drop_after_data = lambda _content: False
    with transaction():
        service.send_again(first)
    assert send().sent == 1
    assert mailbox.ids.count(str(doubtful.message_id)) == 2, "the same Message-ID"


def test_a_letter_in_doubt_can_be_counted_as_sent(outbox: Outbox, mailbox: Mailbox) -> None:
    [log_id] = outbox(1)
    mailbox.drop_after_data = lambda _content: True
    send()
    with transaction():
        service.count_as_sent(log_id)
    assert row(log_id).status is EmailStatus.SENT
    with pytest.raises(service.EmailStateError), transaction():
        service.count_as_sent(log_id)


def test_a_sender_that_vanished_leaves_its_letter_in_doubt_when_the_lease_is_over(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    with transaction():
        assert queue.claim_next("gone") is not None
    assert send().handled == 0, "somebody else has it"
    assert row(log_id).status is EmailStatus.SENDING
    with clock.set_to(clock.now() + queue.LEASE + timedelta(seconds=1)):
        assert send().abandoned == 1
    assert row(log_id).status is EmailStatus.IN_DOUBT
    assert mailbox.received == []


def test_a_server_that_is_down_costs_no_letter_a_try_and_says_since_when(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    port = closed_port()
    down = app.config["JOBSCORE"]
    app.config["JOBSCORE"] = _with_mail_url(down, f"smtp://127.0.0.1:{port}")
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start):
        report = send()
    assert report.down_since == start
    assert "Connection refused" in str(report.error)
    assert (row(log_id).status, row(log_id).attempts) == (EmailStatus.PENDING, 0)

    with clock.set_to(start + timedelta(seconds=30)):
        assert send().down_since == start, "the server is left alone for a minute"
        assert _outage().tries == 1
    with clock.set_to(start + timedelta(seconds=61)):
        send()
        assert _outage().tries == 2

    with running(port=port), clock.set_to(start + timedelta(minutes=10)):
        report = send()
    assert (report.sent, report.down_since) == (1, None)
    assert _outage().ended_at == start + timedelta(minutes=10)
    assert row(log_id).status is EmailStatus.SENT


def test_a_server_that_refuses_everything_for_now_is_left_alone(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(tasks.MOST_REFUSALS_IN_A_ROW + 5)
    mailbox.on_recipient = lambda _a: "450 4.2.0 greylisted"
    report = send()
    assert report.retried == tasks.MOST_REFUSALS_IN_A_ROW
    assert report.down_since is not None
    assert service.counts_by_status() == {EmailStatus.PENDING: tasks.MOST_REFUSALS_IN_A_ROW + 5}


def test_a_connection_that_the_server_closes_between_letters_is_renewed(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(3)
    seen: Counter[str] = Counter()

    def close_once(address: str) -> str | None:
        seen[address] += 1
        return "421 4.7.0 enough for one connection" if seen[address] == 1 else None

    mailbox.on_recipient = lambda a: close_once(a) if "reader1" in a else None
    assert send().sent == 3
    assert len(mailbox.received) == 3
    assert mailbox.connections == 2


def test_a_connection_carries_so_many_letters_and_is_renewed(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    app.config["JOBSCORE"] = _with(app.config["JOBSCORE"], mail_per_connection=5)
    outbox(12)
    assert send().sent == 12
    assert mailbox.connections == 3


def test_pauses_of_an_outage_grow_and_end(outbox: Outbox, app: Flask, mailbox: Mailbox) -> None:
    outbox(1)
    app.config["JOBSCORE"] = _with_mail_url(
        app.config["JOBSCORE"], f"smtp://127.0.0.1:{closed_port()}"
    )
    at = clock.now() + timedelta(seconds=1)
    pauses = []
    for _ in range(7):
        with clock.set_to(at):
            send()
        pauses.append(_outage().next_try_at - at)
        at = _outage().next_try_at
    assert [p / timedelta(minutes=1) for p in pauses] == [1, 2, 4, 8, 15, 15, 15]


def test_one_sender_at_a_time_tries_a_server_that_was_down(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(1)
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start), transaction():
        service.record_outage("down")
    with clock.set_to(start + timedelta(minutes=2)):
        with transaction():
            assert service.begin_trial()
        with transaction():
            assert not service.begin_trial(), "somebody is trying"
        assert send().handled == 0
        assert mailbox.connections == 0
        assert send(is_forced=True).sent == 1, "a person asked for it"


def test_a_trial_costs_few_letters_a_try(outbox: Outbox, mailbox: Mailbox) -> None:
    outbox(10)
    with transaction():
        service.record_outage("down")
    mailbox.on_recipient = lambda _a: "450 4.2.0 not yet"
    report = send(is_forced=True)
    assert report.retried == tasks.MOST_REFUSALS_IN_TRIAL
    assert _outage().tries == 2


def test_a_database_that_fails_between_two_letters_costs_no_outcome(
    outbox: Outbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = outbox(2)
    claim, calls = queue.claim_next, Counter[str]()

    def failing(*args: Any, **options: Any) -> Any:
        calls["claims"] += 1
        if calls["claims"] == 2:
            raise OperationalError("the database is gone", None, Exception("gone"))
        return claim(*args, **options)

    monkeypatch.setattr(queue, "claim_next", failing)
    with pytest.raises(OperationalError):
        send()
    assert row(first).status is EmailStatus.SENT
    assert len(service.attempts_of(first)) == 1
    assert row(second).status is EmailStatus.PENDING
    db.session.rollback()


def test_a_letter_that_cannot_be_written_stops_no_others(
    outbox: Outbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = outbox(2)
    envelope = compose.envelope

    def failing(letter: compose.Letter, *args: Any) -> compose.Envelope:
        if letter.subject == "Letter 0":
            raise ValueError("what is this")
        return envelope(letter, *args)

    monkeypatch.setattr(compose, "envelope", failing)
    report = send()
    assert (report.failed, report.sent) == (1, 1)
    assert row(first).error_message == "The letter cannot be written: what is this"


def test_who_interrupts_a_sender_sees_its_letter_in_doubt_at_once(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    first, second = outbox(2)

    class Interrupted(NullTransport):
        def deliver(self, envelope: compose.Envelope) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(transport=Interrupted)
    assert row(first).status is EmailStatus.IN_DOUBT
    assert row(second).status is EmailStatus.PENDING


def test_nothing_leaves_while_the_operator_is_not_named(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    app.config["JOBSCORE"] = _with(app.config["JOBSCORE"], operator_address="")
    with pytest.raises(service.SendingRefusedError, match="JOBSCORE_OPERATOR_ADDRESS"):
        send()
    assert tasks.send_due() is False
    assert row(log_id).status is EmailStatus.PENDING
    assert mailbox.received == []


def test_an_address_suppressed_after_the_letter_was_written_gets_none(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    with transaction():
        suppression.suppress("READER0@example.com", suppression.Reason.COMPLAINT)
    assert send().suppressed == 1
    assert row(log_id).status is EmailStatus.SUPPRESSED
    assert mailbox.received == []


def test_who_unsubscribed_still_gets_a_new_password(outbox: Outbox, mailbox: Mailbox) -> None:
    with transaction():
        suppression.suppress("reader0@example.com", suppression.Reason.UNSUBSCRIBE)
    [digest] = outbox(1, email_type=EmailType.DIGEST)
    [reset] = outbox(1, email_type=EmailType.RESET)
    send()
    assert row(digest).status is EmailStatus.SUPPRESSED
    assert row(reset).status is EmailStatus.SENT


def test_a_letter_that_was_stopped_can_be_tried_again(outbox: Outbox, mailbox: Mailbox) -> None:
    [log_id] = outbox(1)
    with transaction():
        service.cancel(log_id)
    assert send().handled == 0
    with pytest.raises(service.EmailStateError), transaction():
        service.cancel(log_id)
    with transaction():
        service.retry(log_id)
    assert send().sent == 1
    with pytest.raises(service.EmailStateError), transaction():
        service.retry(log_id)


def test_a_held_letter_waits_for_its_release(outbox: Outbox, mailbox: Mailbox) -> None:
    [log_id] = outbox(1, is_held=True)
    assert send().handled == 0
    with transaction():
        service.retry(log_id)
    assert send().sent == 1


def test_an_address_that_cannot_be_written_fails_alone(outbox: Outbox, mailbox: Mailbox) -> None:
    [bad] = outbox(1, recipient="no address")
    outbox(1)
    report = send()
    assert (report.failed, report.sent) == (1, 1)
    assert "address" in str(row(bad).error_message)


def test_two_senders_at_once_send_each_letter_once(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    ids = outbox(60)
    reports: list[tasks.SendReport] = []

    def work() -> None:
        with app.app_context():
            reports.append(send())
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.sent for r in reports) == 60
    assert Counter(mailbox.ids) == Counter({str(row(i).message_id): 1 for i in ids})


def test_the_worker_sends_what_waits(
    outbox: Outbox, mailbox: Mailbox, run_worker: Callable[[], int], client: FlaskClient
) -> None:
    outbox(2)
    assert run_worker() >= 1
    assert len(mailbox.received) == 2


def test_old_carriers_addresses_are_quoted_on_the_wire(outbox: Outbox, mailbox: Mailbox) -> None:
    outbox(1, recipient="a..b.@docomo.ne.jp")
    assert send().sent == 1
    assert mailbox.raw_recipients == ['TO:<"a..b."@docomo.ne.jp>']
    assert b'\r\nTo: "a..b."@docomo.ne.jp\r\n' in mailbox.received[0]


def _outage() -> MailOutage:
    db.session.rollback()
    [outage] = db.session.query(MailOutage).all()
    return outage


def _with_mail_url(config: object, url: str) -> object:
    return _with(config, mail_url=url)


def _with(config: object, **changes: object) -> object:
    import dataclasses

    return dataclasses.replace(config, **changes)  # type: ignore[type-var]
