"""The commands: what they print, write and end with."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobscore.accounts.models import AuditLog
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.emails.bounces import tasks
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from tests.emails.bounces.samples import sample
from tests.emails.conftest import put

TARO = "taro@example.com"


def _letter(app: Flask) -> str:
    with app.app_context():
        [log_id] = put(recipient=TARO)
        with transaction():
            letter = db.session.get_one(EmailLog, log_id)
            letter.status = EmailStatus.SENT
            return str(letter.message_id)


def _status(app: Flask) -> list[EmailStatus]:
    with app.app_context():
        return list(db.session.scalars(select(EmailLog.status)))


def test_reports_are_read_from_a_file_and_from_what_comes_in(app: Flask, tmp_path: Path) -> None:
    raw = sample("qmail", _letter(app), TARO)
    place = tmp_path / "report.eml"
    place.write_bytes(raw)
    runner = app.test_cli_runner()
    done = runner.invoke(args=["emails", "bounces", str(place), "--dry-run"])
    assert (done.exit_code, _status(app)) == (0, [EmailStatus.SENT])
    done = runner.invoke(args=["emails", "bounces", "-", "--json"], input=raw)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {
        "read": 1,
        "taken": {"hard": 1},
        "repeated": 0,
        "foreign": 0,
        "ignored": {},
        "suppressed": 1,
    }
    assert _status(app) == [EmailStatus.BOUNCED]
    again = runner.invoke(args=["emails", "bounces", str(place)])
    assert "1 known already" in again.output
    nowhere = runner.invoke(args=["emails", "bounces", str(tmp_path / "nothing")])
    assert (nowhere.exit_code, "No such file" in nowhere.output) == (1, True)
    ours = runner.invoke(args=["emails", "bounces"])
    assert (ours.exit_code, "box: No such file" in ours.output) == (1, True)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    return {"mail_bounce_box": str(tmp_path / "box")}


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_the_worker_looks_into_the_mailbox(app: Flask, tmp_path: Path, kind: str) -> None:
    box = tmp_path / "box"
    raw = sample("qmail", _letter(app), TARO)
    if kind == "mbox":
        box.write_bytes(b"From MAILER-DAEMON\n" + raw)
    else:
        for name in ("new", "cur"):
            (box / name).mkdir(parents=True)
        (box / "new" / "1.host").write_bytes(raw)
    with app.app_context():
        assert tasks.read_box() is True
        assert tasks.read_box() is False, "not again before its time"
    assert _status(app) == [EmailStatus.BOUNCED]


def test_a_mailbox_that_is_not_there_stops_no_worker(app: Flask) -> None:
    with app.app_context():
        assert tasks.read_box() is False


def test_the_list_by_commands(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["suppressions", "check", TARO]).exit_code == 0
    many = f"{TARO}\n\nHANAKO@example.com\nnonsense\n{TARO}\n"
    added = runner.invoke(
        args=["suppressions", "add", "-", "--reason", "bounce", "--note", f"from {TARO}"],
        input=many,
    )
    assert added.exit_code == 1
    assert "2 added, 1 were on the list already" in added.output
    assert "Line 4" in added.output
    found = runner.invoke(args=["suppressions", "check", "-"], input="Hanako@example.com\n")
    assert found.exit_code == 3
    assert found.output.endswith("bounce: from …@…\n")
    assert json.loads(runner.invoke(args=["suppressions", "count", "--json"]).output) == {
        "bounce": 2
    }
    lifted = runner.invoke(args=["suppressions", "lift", TARO, "--why", "works again"])
    assert lifted.exit_code == 0, lifted.output
    assert runner.invoke(args=["suppressions", "lift", TARO, "--why", "x"]).exit_code == 4
    with app.app_context():
        assert not suppression.suppressed({TARO}, EmailType.DIGEST)
        with transaction():
            suppression.suppress(TARO, suppression.Reason.ERASED)
        n = db.session.scalar(
            select(func.count(AuditLog.id)).where(AuditLog.action.startswith("suppression."))
        )
        assert n == 2
    assert runner.invoke(args=["suppressions", "lift", TARO, "--why", "x"]).exit_code == 1
