"""A pause keeps letters from leaving; every sender sees it with its next letter."""

from collections.abc import Callable

from flask import Flask

from jobscore.database.transaction import transaction
from jobscore.emails import pausing, tasks
from jobscore.emails.models import EmailStatus, EmailType
from tests.emails.conftest import row, send
from tests.emails.mailserver import Mailbox

Outbox = Callable[..., list[int]]


def pause(**how: object) -> None:
    with transaction():
        pausing.pause(**how)  # type: ignore[arg-type]


def resume() -> bool:
    with transaction():
        return pausing.resume()


def test_nothing_leaves_while_letters_are_paused_and_all_leave_after(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    ids = outbox(3)
    pause(reason="Wrong subject")
    assert send().handled == 0
    assert {row(i).status for i in ids} == {EmailStatus.PENDING}
    assert resume()
    assert send().sent == 3
    assert len(mailbox.received) == 3
    assert not resume()


def test_a_pause_of_letters_to_many_lets_a_new_password_through(
    outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(2, email_type=EmailType.DIGEST)
    (wanted,) = outbox(1, email_type=EmailType.RESET)
    pause(is_only_many=True)
    assert send().sent == 1
    assert row(wanted).status is EmailStatus.SENT
    resume()
    assert send().sent == 2


def test_a_sender_at_work_stops_before_its_next_letter(outbox: Outbox, mailbox: Mailbox) -> None:
    outbox(5)

    def stop_after_two(report: tasks.SendReport) -> None:
        if report.sent == 2:
            pause()

    assert send(progress=stop_after_two).sent == 2
    assert len(mailbox.received) == 2


def test_pausing_again_changes_the_pause_and_keeps_its_beginning(app: Flask) -> None:
    with app.app_context():
        with transaction():
            first = pausing.pause(reason="One")
            began = first.started_at
        with transaction():
            again = pausing.pause(is_only_many=True, reason="Two")
            assert (again.id, again.started_at) == (first.id, began)
            assert (again.is_only_many, again.reason) == (True, "Two")


def test_commands_pause_and_resume_and_say_that_letters_wait(
    app: Flask, outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(1)
    runner = app.test_cli_runner()
    assert "are paused" in runner.invoke(args=["emails", "pause", "--reason", "Test"]).output
    said = runner.invoke(args=["emails", "send"])
    assert "0 sent" in said.output
    assert "paused" in said.output
    assert "(Test)" in said.output
    assert runner.invoke(args=["emails", "resume"]).exit_code == 0
    assert runner.invoke(args=["emails", "resume"]).exit_code == 1
    assert "1 sent" in runner.invoke(args=["emails", "send"]).output
