"""The text of old letters goes; that they were sent stays; what may still leave keeps its text."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import retention, service
from jobscore.emails.models import EmailLog, EmailStatus
from tests.emails.conftest import row

Outbox = Callable[..., list[int]]


def age(log_id: int, days: float, status: EmailStatus = EmailStatus.SENT) -> None:
    with transaction() as session:
        session.execute(
            update(EmailLog)
            .where(EmailLog.id == log_id)
            .values(created_at=clock.now() - timedelta(days=days), status=status)
        )


def is_whole(log_id: int) -> bool:
    letter = row(log_id)
    return bool(service.text_of(letter)) and bool(service.html_of(letter))


@pytest.mark.parametrize("status", list(EmailStatus))
def test_only_letters_that_have_ended_lose_their_text(outbox: Outbox, status: EmailStatus) -> None:
    [log_id] = outbox()
    age(log_id, 91, status)
    ended = status in retention.ENDED
    assert retention.prune().letters == ended
    assert is_whole(log_id) != ended
    assert row(log_id).subject == "Letter 0"
    assert row(log_id).recipient_email == "reader0@example.com"
    assert retention.prune().letters == 0, "a second time there is nothing left"


def test_the_days_are_the_operators_choice(outbox: Outbox) -> None:
    young, old = outbox(2)
    age(young, 6.9)
    age(old, 7.1)
    assert retention.prune().letters == 0
    assert retention.prune(keep_body_days=7, is_dry=True).letters == 1
    assert is_whole(old), "a dry run takes nothing"
    assert retention.prune(keep_body_days=7).letters == 1
    assert (is_whole(young), is_whole(old)) == (True, False)
    with pytest.raises(ValueError, match="at least one day"):
        retention.prune(keep_body_days=0)


def test_many_letters_go_in_many_transactions(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    ids = outbox(10)
    for log_id in ids[:9]:
        age(log_id, 100)
    assert retention.prune().letters == 9
    assert [is_whole(log_id) for log_id in ids] == [False] * 9 + [True]


def test_a_letter_without_text_is_never_sent_again(outbox: Outbox) -> None:
    failed, kept = outbox(2)
    age(failed, 91, EmailStatus.FAILED)
    age(kept, 1, EmailStatus.FAILED)
    retention.prune()
    with pytest.raises(service.EmailStateError), transaction():
        service.retry(failed)
    with transaction():
        assert service.retry_failed() == 1
    assert row(failed).status is EmailStatus.FAILED
    assert row(kept).status is EmailStatus.PENDING


def test_letters_from_before_the_packing_are_read_sent_and_pruned_too(outbox: Outbox) -> None:
    [log_id] = outbox()
    with transaction() as session:
        session.execute(
            update(EmailLog).where(EmailLog.id == log_id).values(body="Plain\n", text_z=None)
        )
    assert service.text_of(row(log_id)) == "Plain\n"
    age(log_id, 91)
    assert retention.prune().letters == 1
    assert service.text_of(row(log_id)) == ""


def test_the_command_says_what_it_did(app: Flask, outbox: Outbox) -> None:
    [log_id] = outbox()
    age(log_id, 10)
    runner = app.test_cli_runner()
    dry = runner.invoke(args=["emails", "prune", "--keep-body-days", "9", "--dry-run"])
    assert dry.output == "the text of 1 letters would go\n"
    done = runner.invoke(args=["emails", "prune", "--keep-body-days", "9"])
    assert (done.exit_code, done.output) == (0, "the text of 1 letters removed\n")
    assert not is_whole(log_id)
