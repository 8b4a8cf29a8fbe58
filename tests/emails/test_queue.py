"""The queue in the log: which letter is next, what is kept of a try, what nobody settled."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import endings, queue, service, suppression
from jobscore.emails.models import (
    AttemptOutcome,
    EmailAttempt,
    EmailStatus,
    EmailType,
    MailOutage,
)
from jobscore.extensions import db
from tests.emails.conftest import row, send
from tests.emails.mailserver import Mailbox, closed_port

Outbox = Callable[..., list[int]]


def set_setting(app: Flask, **values: object) -> None:
    app.config["JOBSCORE"] = dataclasses.replace(app.config["JOBSCORE"], **values)


def tries(log_id: int) -> list[EmailAttempt]:
    db.session.rollback()
    return service.attempts_of(log_id)


# --- what is next ---------------------------------------------------------------------------------


def test_a_new_password_leaves_before_all_letters_to_many(outbox: Outbox, mailbox: Mailbox) -> None:
    outbox(3, email_type=EmailType.DIGEST)
    outbox(1, email_type=EmailType.RESET, recipient="forgot@example.com")
    outbox(1, email_type=EmailType.ALERT, recipient="searching@example.com")
    send()
    assert mailbox.recipients[0] == "forgot@example.com"
    assert mailbox.recipients[1:] == [
        *(f"reader{i}@example.com" for i in range(3)),
        "searching@example.com",
    ]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_next_letter_is_found_by_indexes_behind_any_number_of_others(outbox: Outbox) -> None:
    outbox(1)
    statement = select(queue.next_due(None)).params(now=clock.now())
    shown = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {shown}")).fetchall()
    steps = [line[3] for line in plan if "email_logs" in line[3]]
    assert len(steps) == len(queue.PERSONAL) + 1
    assert all("USING" in step and "INDEX" in step for step in steps), steps
    assert sum("idx_email_logs_waiting" in step for step in steps) == len(queue.PERSONAL), steps
    db.session.rollback()


# --- what is kept of a try ------------------------------------------------------------------------


def test_every_try_is_kept_with_what_the_server_said(outbox: Outbox, mailbox: Mailbox) -> None:
    [log_id] = outbox(1)
    mailbox.on_data = lambda _content: "451 4.3.0 try later"
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start):
        send()
    mailbox.on_data = lambda _content: None
    with clock.set_to(start + timedelta(minutes=2)):
        send()
    first, second = tries(log_id)
    assert (first.outcome, first.reply) == (AttemptOutcome.DEFERRED, "451 4.3.0 try later")
    assert (second.outcome, second.reply) == (AttemptOutcome.SENT, "250 2.0.0 taken")
    assert first.started_at == first.ended_at == start
    assert first.worker
    assert first.worker != second.worker


def test_a_refusal_for_good_and_a_lost_answer_are_kept_too(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    bad, doubtful = outbox(2)
    mailbox.on_recipient = lambda a: "550 5.1.1 no such user" if "reader0" in a else None
    mailbox.drop_after_data = lambda _content: True
    send()
    assert [one.outcome for one in tries(bad)] == [AttemptOutcome.FAILED]
    assert [one.outcome for one in tries(doubtful)] == [AttemptOutcome.IN_DOUBT]


def test_a_sender_that_vanished_is_named_with_its_try(outbox: Outbox, mailbox: Mailbox) -> None:
    [log_id] = outbox(1)
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start), transaction():
        assert queue.claim_next("host:1:dead") is not None
    with clock.set_to(start + queue.LEASE + timedelta(seconds=1)):
        assert send().abandoned == 1
    [one] = tries(log_id)
    assert (one.outcome, one.worker) == (AttemptOutcome.IN_DOUBT, "host:1:dead")
    assert (one.started_at, one.ended_at) == (start, None)


def test_a_server_that_is_down_costs_no_try(outbox: Outbox, app: Flask, mailbox: Mailbox) -> None:
    [log_id] = outbox(1)
    set_setting(app, mail_url=f"smtp://127.0.0.1:{closed_port()}")
    send()
    assert tries(log_id) == []


def test_nothing_that_a_server_said_is_kept_of_who_is_forgotten(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    mailbox.on_data = lambda _content: "451 4.3.0 <reader0@example.com> try later"
    send()
    assert len(tries(log_id)) == 1
    db.session.rollback()
    with transaction():
        service.forget_address("reader0@example.com")
    assert tries(log_id) == []


def test_who_is_forgotten_while_the_letter_leaves_is_not_named_after(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    with transaction():
        claimed = queue.claim_next("slow")
    assert claimed is not None
    with transaction():
        service.forget_address("reader0@example.com")
    with transaction():
        queue.record_failed(claimed, "550 <reader0@example.com> unknown")
    [one] = tries(log_id)
    assert one.reply is None
    assert row(log_id).smtp_reply is None


# --- what nobody settled --------------------------------------------------------------------------


def test_a_letter_in_doubt_is_sent_again_once_where_the_setting_says_so(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    set_setting(app, mail_in_doubt="send_again")
    mailbox.drop_after_data = lambda _content: True
    start = clock.now() + timedelta(seconds=1)
    with clock.set_to(start):
        send()
    assert row(log_id).status is EmailStatus.PENDING
    assert row(log_id).next_attempt_at == start + queue.LEASE
    with clock.set_to(start + queue.LEASE):
        send()
    assert row(log_id).status is EmailStatus.IN_DOUBT, "once more, and it waits for people"
    with clock.set_to(start + timedelta(days=1)):
        assert send().handled == 0
    assert mailbox.ids == [str(row(log_id).message_id)] * 2


def test_a_letter_in_doubt_counts_as_sent_where_the_setting_says_so(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    [lost, abandoned] = outbox(2)
    set_setting(app, mail_in_doubt="count_as_sent")
    mailbox.drop_after_data = lambda _content: True
    send(most=1)
    assert row(lost).status is EmailStatus.SENT
    with transaction():
        queue.claim_next("gone")
    with clock.set_to(clock.now() + queue.LEASE + timedelta(seconds=1)):
        send()
    assert row(abandoned).status is EmailStatus.SENT
    assert len(mailbox.received) == 1


def test_a_slow_sender_can_still_say_what_happened(
    outbox: Outbox, app: Flask, mailbox: Mailbox
) -> None:
    [log_id] = outbox(1)
    set_setting(app, mail_in_doubt="send_again")
    with transaction():
        claimed = queue.claim_next("slow")
    assert claimed is not None
    with clock.set_to(clock.now() + queue.LEASE + timedelta(seconds=1)):
        send()
        assert row(log_id).status is EmailStatus.PENDING
        with transaction():
            assert queue.record_sent(claimed, "250 at last")
    with clock.set_to(clock.now() + timedelta(days=1)):
        assert send().handled == 0
    assert row(log_id).status is EmailStatus.SENT
    assert mailbox.received == []


def test_a_clock_set_back_keeps_no_letter_waiting(outbox: Outbox, mailbox: Mailbox) -> None:
    real = clock.now()
    with clock.set_to(real + timedelta(days=40)):
        [abandoned, *others] = outbox(3)
        with transaction():
            queue.claim_next("died before the clock was set back")
        mailbox.on_data = lambda _content: "451 4.3.0 try later"
        send()
        assert [row(i).attempts for i in others] == [1, 1]
    mailbox.on_data = lambda _content: None
    report = send()
    assert report.abandoned == 1
    assert {row(i).status for i in others} == {EmailStatus.SENT}
    assert row(abandoned).status is EmailStatus.IN_DOUBT


def test_an_outage_noted_before_the_clock_was_set_back_ends(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(1)
    with clock.set_to(clock.now() + timedelta(days=40)), transaction():
        service.record_outage("down")
    assert send().sent == 1
    assert db.session.scalar(select(func.count(MailOutage.id)).filter_by(ended_at=None)) == 0
    db.session.rollback()


# --- what letters carry ---------------------------------------------------------------------------


def test_a_letter_that_ends_undelivered_gives_back_what_it_carries(
    outbox: Outbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    back: list[int] = []
    again: list[int] = []
    late: set[int] = set()
    cargo = endings.Cargo("test", back.extend, lambda ids: late & set(ids), again.extend)
    monkeypatch.setattr(endings, "_cargoes", {"test": cargo})
    sent, failed, cancelled, stopped, doubtful = outbox(5)
    mailbox.on_recipient = lambda a: "554 5.7.1 no" if "reader1" in a else None
    mailbox.drop_after_data = lambda content: b"Letter 4" in content
    with transaction():
        service.cancel(cancelled)
        suppression.suppress("reader3@example.com", suppression.Reason.COMPLAINT)
    send()
    assert sorted(back) == [failed, cancelled, stopped]
    assert row(sent).status is EmailStatus.SENT
    assert row(doubtful).status is EmailStatus.IN_DOUBT
    late.add(cancelled)
    with pytest.raises(service.OvertakenError), transaction():
        service.retry(cancelled)
    assert row(cancelled).status is EmailStatus.CANCELLED
    with transaction():
        assert service.retry_failed() == 1
    assert again == [failed]
