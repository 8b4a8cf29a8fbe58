"""The commands do what the pages do, with exit statuses that scripts can use."""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore.imports import exports
from jobscore.jobs.models import Job

GOOD = "title,company,salary\nCook,Acme,$20 an hour\nWaiter,Acme,応相談\n"


@pytest.fixture
def backend() -> str:
    """The commands are thin; the runs behind them are tested on both databases."""
    return "sqlite"


def call(app: Flask, *arguments: object):  # type: ignore[no-untyped-def]
    return app.test_cli_runner().invoke(args=["imports", *map(str, arguments)])


def file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "jobs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def n_jobs(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Job)) or 0


def test_run_imports_a_file_and_again_leaves_it(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    path = file(tmp_path, GOOD)
    first = call(app, "run", path)
    assert first.exit_code == 0, first.output
    assert n_jobs(session) == 2
    again = call(app, "run", path)
    assert again.exit_code == 0, again.output
    assert "unchanged           2" in again.output
    assert "jobs.csv" in call(app, "list").output


def test_run_says_when_rows_were_rejected(app: Flask, session: Session, tmp_path: Path) -> None:
    done = call(app, "run", file(tmp_path, GOOD + "too,few\n"))
    assert done.exit_code == 3
    assert "The number of cells differs" in done.output
    assert n_jobs(session) == 2


def test_a_dry_run_writes_nothing(app: Flask, session: Session, tmp_path: Path) -> None:
    done = call(app, "run", "--dry-run", file(tmp_path, GOOD))
    assert done.exit_code == 0
    assert "new                 2" in done.output
    assert n_jobs(session) == 0


def test_wrong_files_and_mappings_end_with_status_two(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    refused = call(app, "run", file(tmp_path, b"%PDF-1.4"))
    assert refused.exit_code == 2
    assert "This is a PDF document" in refused.output
    untitled = call(app, "run", file(tmp_path, "foo,bar\n1,2\n"))
    assert untitled.exit_code == 2
    assert "--mapping title=N" in untitled.output
    assert call(app, "run", "--mapping", "nonsense=0", file(tmp_path, GOOD)).exit_code == 2


def test_a_mapping_can_be_given(app: Flask, session: Session, tmp_path: Path) -> None:
    done = call(
        app, "run", "--mapping", "title=1,company=0", "--header-line", "0",
        file(tmp_path, "Acme;Cook\nBeta;Waiter\n"), "--delimiter", ";",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert session.scalars(select(Job.title).order_by(Job.title)).all() == ["Cook", "Waiter"]


def test_inspect_shows_what_was_understood(app: Flask, tmp_path: Path) -> None:
    path = file(tmp_path, "求人タイトル\t会社名\n調理\tA\n".encode("cp932"))
    facts = json.loads(call(app, "inspect", "--json", path).output)
    assert (facts["encoding"], facts["delimiter"]) == ("cp932", "\t")
    assert facts["mapping"] == {"title": 0, "company": 1}
    assert "cp932" in call(app, "inspect", path).output


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_template_maps_to_itself(app: Flask, tmp_path: Path, language: str) -> None:
    text = call(app, "template", "--language", language).output
    path = file(tmp_path, text)
    facts = json.loads(call(app, "inspect", "--json", path).output)
    assert len(facts["mapping"]) == len(exports.TEMPLATES[language][0])
