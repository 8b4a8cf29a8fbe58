"""The whole day: by the admin's button and a worker, and by one command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from jobscore import config
from jobscore.accounts.models import User
from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.digests import day, service
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.extensions import db
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from tests.accounts.people import browser_of
from tests.conftest import SETTINGS
from tests.digests.conftest import DAY


def _count(app: Flask, *where: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(EmailLog.id)).where(*where)) or 0


def test_the_admins_button_runs_the_day_and_a_second_press_adds_nothing(
    town: Flask, run_worker: Callable[[], int], tmp_path: Path
) -> None:
    with town.app_context():
        admin = db.session.scalars(select(User.id).where(User.is_superuser)).one()
    browser = browser_of(town, admin)
    for _ in range(2):
        assert browser.post("/admin/day").status_code == 303
        while run_worker():
            pass
        assert _count(town, EmailLog.status == EmailStatus.SENT) == 1
    (letter,) = (tmp_path / "outbox").glob("*.eml")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in letter.read_bytes()
    with town.app_context():
        kinds = set(db.session.execute(select(MatchRun.kind, MatchRun.status).distinct()).all())
    assert kinds == {
        (kind, RunStatus.DONE) for kind in (RunKind.MATCH, RunKind.DIGEST, RunKind.ALERT)
    }


def test_letters_wait_for_the_matching_of_their_day(town: Flask) -> None:
    with town.app_context():
        with transaction():
            day.request_day(DAY)
        with transaction():
            assert service.claim_build() is None
        with transaction() as session:
            for run in session.scalars(select(MatchRun).where(MatchRun.kind == RunKind.MATCH)):
                run.status = RunStatus.DONE
        with transaction():
            claimed = service.claim_build()
        assert claimed is not None
        assert claimed[1] == DAY
        with transaction():
            assert service.claim_build() is None, "another worker has it"


def test_the_command_does_the_day_and_says_what_it_did(town: Flask) -> None:
    runner = town.test_cli_runner()
    first = runner.invoke(args=["runs", "day", "--on", str(DAY), "--json"])
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout.strip().splitlines()[-1])
    assert (told["letters"], told["sending"]["sent"]) == (1, 1)
    again = runner.invoke(args=["runs", "day", "--on", str(DAY)])
    assert again.exit_code == 0
    assert "0 letters" in again.output


def test_without_the_operators_identity_letters_wait_and_the_command_says_so(
    town: Flask, database_url: str, tmp_path: Path
) -> None:
    nameless = create_app(
        {
            **SETTINGS,
            "operator_name": "",
            "database_url": database_url,
            "instance_dir": str(tmp_path),
        }
    )
    with nameless.app_context():
        assert config.current().missing_for_mail == ["JOBSCORE_OPERATOR_NAME"]
        result = nameless.test_cli_runner().invoke(args=["runs", "day", "--on", str(DAY)])
    assert result.exit_code == 2, result.output
    assert "JOBSCORE_OPERATOR_NAME" in result.output
    assert _count(town, EmailLog.status == EmailStatus.PENDING) == 1
    with nameless.app_context():
        db.engine.dispose()


def test_a_preview_shows_the_letter_and_writes_nothing(town: Flask) -> None:
    runner = town.test_cli_runner()
    with town.app_context():
        email = db.session.scalars(select(User.email).where(~User.is_superuser)).one()
    assert runner.invoke(args=["digests", "preview", email]).exit_code == 1
    runner.invoke(args=["matches", "run", "--on", str(DAY)])
    shown = runner.invoke(args=["digests", "preview", email, "--on", str(DAY)])
    assert "Line cook" in shown.output
    assert _count(town) == 0
