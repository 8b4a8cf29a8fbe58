"""Commands do what the pages do: import people with a stated consent, invite, undo."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore.accounts import service as accounts
from jobscore.accounts.models import Consent
from jobscore.emails.models import EmailLog
from jobscore.extensions import db
from jobscore.imports.models import CsvImport
from jobscore.imports.people.models import Invitation, InvitationStatus
from tests.imports.people.conftest import CSV

STATED = ("--type", "people", "--consent-text", "Keep it.", "--consent-date", "2026-10-01")


@pytest.fixture
def file(tmp_path: Path, words: None) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(CSV + "nobody,No Address,,,,,,,,\n", encoding="utf-8")
    return path


def flask(app: Flask, *args: str | Path) -> Result:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=[str(arg) for arg in args])
    db.session.expire_all()
    return result


def test_people_are_imported_invited_and_taken_back(
    app: Flask, session: Session, file: Path
) -> None:
    dry = flask(app, "imports", "run", file, *STATED, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "Nothing was written" in dry.output
    assert session.scalar(select(func.count(CsvImport.id))) == 0

    done = flask(app, "imports", "run", file, *STATED, "--consent-method", "on paper")
    assert done.exit_code == 3, done.output
    assert "Invite them: flask people invite 1" in done.output
    assert "This is no e-mail address" in done.output
    kept = session.scalars(select(Consent)).all()
    assert {(c.text, c.method, c.how) for c in kept} == {("Keep it.", "on paper", "import 1")}

    refused = app.test_cli_runner().invoke(args=["people", "invite", "1"], input="n\n")
    assert refused.exit_code == 1
    assert "Send 2 invitations like this one?" in refused.output
    assert session.scalar(select(func.count(EmailLog.id))) == 0
    sent = flask(app, "people", "invite", "1", "--yes")
    assert "2 letters are in the outbox" in sent.output, sent.output
    assert session.scalar(select(func.count(EmailLog.id))) == 2
    assert "Nobody waits" in flask(app, "people", "invite", "1", "--yes").output
    assert "2 sent" in flask(app, "people", "list").output

    gone = flask(app, "people", "withdraw", "Taylor@Example.com")
    assert gone.output == "taylor@example.com: withdrawn and erased.\n"
    assert flask(app, "people", "withdraw", "taylor@example.com").exit_code == 1
    undone = flask(app, "people", "undo", "1", "--yes")
    assert "1 taken back and erased" in undone.output
    assert accounts.find("hanako@example.com") is None
    states = session.scalars(select(Invitation.status).order_by(Invitation.id)).all()
    assert states == [InvitationStatus.UNDONE, InvitationStatus.WITHDRAWN]
    assert flask(app, "people", "tend").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--type", "people"), "Nothing says the text of the consent"),
        (("--type", "people", "--consent-text", "x"), "--consent-date"),
        (("--type", "people", "--consent-text", "x", "--consent-date", "2031-01-01"), "is over"),
        ((*STATED, "--mapping", "name=1"), "No column is the e-mail address"),
        ((*STATED, "--mapping", "title=1"), "fields are email"),
    ],
)
def test_a_wrong_command_says_what_to_do(
    app: Flask, session: Session, file: Path, options: tuple[str, ...], said: str
) -> None:
    result = flask(app, "imports", "run", file, *options)
    assert result.exit_code == 2
    assert said in result.output
    assert session.scalar(select(func.count(CsvImport.id))) == 0


def test_passwords_are_refused_by_command_too(app: Flask, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("email,passwd\na@example.com,hunter2\n")
    result = flask(app, "imports", "run", path, *STATED)
    assert result.exit_code == 2
    assert "looks like passwords: B “passwd”" in result.output
    assert "hunter2" not in result.output
    assert session.scalar(select(func.count(CsvImport.id))) == 0


def test_an_admin_cannot_open_an_account_that_waits(
    app: Flask, session: Session, file: Path
) -> None:
    flask(app, "imports", "run", file, *STATED)
    result = flask(app, "users", "enable", "hanako@example.com")
    assert result.exit_code == 1
    assert "only its owner" in result.output


def test_a_file_of_people_is_never_run_as_jobs(app: Flask, session: Session, file: Path) -> None:
    flask(app, "imports", "run", file, *STATED)
    result = flask(app, "imports", "run", file, "--mapping", "title=1")
    assert result.exit_code == 2
    assert "of people" in result.output
