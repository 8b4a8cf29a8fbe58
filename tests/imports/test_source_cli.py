"""The commands of the sources do what the pages do, with exit statuses that scripts can use."""

import json
import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobscore import config
from tests.imports.test_full_feed import open_ids


@pytest.fixture
def backend() -> str:
    """The commands are thin; what is behind them is tested on both databases."""
    return "sqlite"


@pytest.fixture
def folder(app: Flask) -> Path:
    path = config.current(app).feeds / "board"
    path.mkdir(parents=True)
    return path


def call(app: Flask, *arguments: str):  # type: ignore[no-untyped-def]
    return app.test_cli_runner().invoke(args=["sources", *arguments])


def put(folder: Path, name: str, *numbers: int, more: str = "") -> None:
    rows = "".join(f"Cook,A,id-{n}\n" for n in numbers)
    (folder / name).write_text("title,company,job_id\n" + rows + more, encoding="utf-8")
    os.utime(folder / name, (len(os.listdir(folder)), 0))


def test_a_source_is_added_shown_and_run(app: Flask, session: Session, folder: Path) -> None:
    added = call(app, "add", "board", "--folder", "board", "--mapping", "title=title",
                 "--mapping", "external_id=2")  # fmt: skip
    assert added.exit_code == 0, added.output
    put(folder, "a.csv", 1, 2)
    done = call(app, "run", "board")
    assert done.exit_code == 0, done.output
    assert "taken    a.csv" in done.output
    assert "new 2" in done.output
    assert call(app, "run", "board").exit_code == 0
    (facts,) = json.loads(call(app, "list", "--json").output)
    assert facts["last_import"]["new"] == 2
    shown = json.loads(call(app, "show", "board", "--json").output)
    assert shown["mapping"] == {"title": "title", "external_id": 2}
    assert [one["file"] for one in shown["imports"]] == ["a.csv"]
    assert "board" in call(app, "list").output
    assert "a.csv" in call(app, "show", "board").output


def test_what_went_wrong_is_the_exit_status(app: Flask, session: Session, folder: Path) -> None:
    assert call(app, "run", "nobody").exit_code == 2
    assert call(app, "run").exit_code == 2
    assert call(app, "add", "x", "--folder", "..").exit_code == 2
    call(app, "add", "board", "--folder", "board")
    put(folder, "a.csv", 1, more="too,many,cells,here\nCook,A,id-2\n")
    assert call(app, "run", "board").exit_code == 3
    put(folder, "b.csv")
    (folder / "c.csv").write_bytes(b"%PDF-1.7")
    os.utime(folder / "c.csv", (0, 0))
    bad = call(app, "run", "board", "--json")
    assert bad.exit_code == 3
    assert json.loads(bad.output[bad.output.index("[") :])[0]["bad"] >= 1
    call(app, "add", "empty")
    assert call(app, "run", "empty").exit_code == 2
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert call(app, "run", "board").exit_code == 2


def test_a_full_feed_asks_and_is_answered(app: Flask, session: Session, folder: Path) -> None:
    call(app, "add", "board", "--folder", "board", "--mode", "full_feed")
    put(folder, "a.csv", *range(10))
    put(folder, "b.csv", 0)
    asked = call(app, "run", "board")
    assert asked.exit_code == 4, asked.output
    listed = call(app, "answer").output
    assert "would close 9 of 10 open jobs" in listed
    number = listed.split()[0]
    assert call(app, "answer", number).exit_code == 2
    assert call(app, "answer", number, "--yes").exit_code == 0
    assert open_ids(session) == ["0"]
    assert call(app, "answer", number, "--no").exit_code == 2
    put(folder, "c.csv", 5)
    assert call(app, "run", "board", "--allow-closing").exit_code == 0
    assert open_ids(session) == ["5"]


def test_due_runs_what_is_due_only(app: Flask, session: Session, folder: Path) -> None:
    call(app, "add", "board", "--folder", "board", "--schedule", "hourly")
    put(folder, "a.csv", 1)
    assert json.loads(call(app, "run", "--due", "--json").output) == []
    assert call(app, "off", "board").exit_code == 0
    assert call(app, "on", "board").exit_code == 0


def test_imports_run_knows_full_feeds_too(app: Flask, session: Session, tmp_path: Path) -> None:
    put(tmp_path, "a.csv", *range(10))
    put(tmp_path, "b.csv", 0)
    run = ("imports", "run", "--source", "board", "--full-feed")
    runner = app.test_cli_runner()
    assert runner.invoke(args=[*run, str(tmp_path / "a.csv")]).exit_code == 0
    assert runner.invoke(args=[*run, str(tmp_path / "b.csv")]).exit_code == 4
    put(tmp_path, "c.csv", 1)
    done = runner.invoke(args=[*run, "--allow-closing", str(tmp_path / "c.csv")])
    assert done.exit_code == 0, done.output
    assert open_ids(session) == ["1"]
