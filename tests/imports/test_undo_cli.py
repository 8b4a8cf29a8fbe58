"""The commands undo an import and forget what is kept for that."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.imports.models import CsvImport
from jobscore.jobs.models import Job

GOOD = "title,company,job_id\nCook,Acme,1\nWaiter,Acme,2\n"


@pytest.fixture
def backend() -> str:
    """The commands are thin; what is behind them is tested on both databases."""
    return "sqlite"


def call(app: Flask, *arguments: object):  # type: ignore[no-untyped-def]
    return app.test_cli_runner().invoke(args=["imports", *map(str, arguments)])


@pytest.fixture
def number(app: Flask, session: Session, tmp_path: Path) -> int:
    path = tmp_path / "jobs.csv"
    path.write_text(GOOD)
    assert call(app, "run", path).exit_code == 0
    return session.scalar(select(CsvImport.id)) or 0


def n_jobs(session: Session) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(Job)) or 0


def test_undo_says_first_what_it_would_do(app: Flask, session: Session, number: int) -> None:
    done = call(app, "undo", number, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "removed             2" in done.output
    assert n_jobs(session) == 2


def test_undo_takes_jobs_back_and_says_no_the_second_time(
    app: Flask, session: Session, number: int
) -> None:
    done = call(app, "undo", number)
    assert done.exit_code == 0, done.output
    assert "reversed              2" in done.output
    assert n_jobs(session) == 0
    again = call(app, "undo", number)
    assert again.exit_code == 2
    assert "has been undone" in again.output


def test_undo_tells_scripts_what_was_kept(app: Flask, session: Session, number: int) -> None:
    session.execute(update(Job).where(Job.title == "Cook").values(title="Chef"))
    session.commit()
    done = call(app, "undo", number, "--json")
    assert done.exit_code == 3
    report = json.loads(done.output)
    assert (report["reversed"], report["kept"], report["dry_run"]) == (1, 1, False)
    assert report["kept_groups"] == [{"why": "kept_by_hand", "import_id": None, "jobs": 1}]
    shown = call(app, "undo", number, "--dry-run").output
    assert "changed by hand" in shown


def test_an_import_that_there_is_not_ends_with_status_two(app: Flask, session: Session) -> None:
    assert call(app, "undo", 99).exit_code == 2


def test_what_is_forgotten_cannot_be_undone(app: Flask, session: Session, number: int) -> None:
    assert "0 rows" in call(app, "forget").output
    with clock.set_to(clock.now() + timedelta(days=2)):
        assert "2 jobs" in call(app, "forget", "--days", 1, "--dry-run").output
        assert "2 rows" in call(app, "forget", "--days", 1).output
    refused = call(app, "undo", number)
    assert refused.exit_code == 2
    assert "no longer kept" in refused.output
