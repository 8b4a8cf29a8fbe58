"""Statements are counted for the page, command or task that sent them, and shown by a command."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from jobscore import background, config
from jobscore.accounts.models import User
from jobscore.database import queries
from jobscore.database.queries import cli as query_cli
from jobscore.database.queries import recording
from jobscore.extensions import db
from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Who sends a statement does not depend on the database."""
    return str(request.param)


@pytest.fixture
def counted(app: Flask) -> Iterator[Flask]:
    """The app on statistics of its own."""
    queries.start_over()
    yield app
    queries.start_over()


def sources() -> set[str]:
    return {name for each in queries.own().statements for name in each.sources}


def test_a_request_is_named_by_method_and_endpoint(counted: Flask, client: FlaskClient) -> None:
    client.get("/jobs?q=geheim")
    client.head("/jobs/12345")
    client.post("/login", data={"email": "geheim@example.com", "password": "geheim"})
    assert sources() == {"GET jobs.index", "GET jobs.show", "POST accounts.login"}
    assert "geheim" not in repr(queries.own())
    assert not queries.is_open()


def test_a_page_that_does_not_exist_and_a_method_that_nobody_knows_have_one_name(
    counted: Flask,
) -> None:
    for method, name in (("GET", "GET (no page)"), ("GEHEIM", "OTHER (no page)")):
        with counted.test_request_context("/geheim", method=method):
            assert recording.request_name() == name


def test_a_request_inside_a_unit_gives_it_back(counted: Flask, client: FlaskClient) -> None:
    with queries.unit("outer"):
        client.get("/jobs")
        assert queries.current() == "outer"


def test_a_request_that_fails_gives_its_unit_back(counted: Flask) -> None:
    @counted.get("/failing")
    def failing() -> str:
        db.session.execute(text("SELECT 1"))
        raise ZeroDivisionError

    counted.config["PROPAGATE_EXCEPTIONS"] = False
    assert counted.test_client().get("/failing").status_code == 500
    assert "GET failing" in sources()
    assert not queries.is_open()


def test_a_command_is_named_as_people_type_it(counted: Flask) -> None:
    done = counted.test_cli_runner().invoke(args=["policies", "seed"])
    assert done.exit_code == 0, done.output
    assert sources() == {"flask policies seed"}
    assert not queries.is_open()


def test_a_task_is_named_by_its_queue(counted: Flask) -> None:
    background.run_pending(counted)
    without_box = {"bounces"}  # reads a mailbox first; where none is set it asks nothing
    assert {f"task {name}" for name in set(background._tasks) - without_box} == sources()
    assert len(sources()) >= 3


def flask(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "flask", "--app", "jobscore.app", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_other_processes_sent_is_shown(database_url: str, tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environ = {
        **kept,
        "JOBSCORE_DATABASE_URL": database_url,
        "JOBSCORE_INSTANCE_DIR": str(tmp_path),
        "JOBSCORE_SECRET_KEY": SECRET,
        "COLUMNS": "110",
    }
    assert "No statement was recorded" in flask(environ, "schema", "slow")
    flask(environ, "policies", "seed")
    flask(environ, "db", "current")
    table = flask(environ, "schema", "slow")
    assert "flask policies seed" in table
    assert "flask db current" in table
    assert all(len(line) <= 110 for line in table.splitlines())
    found = json.loads(flask(environ, "schema", "slow", "--json", "--limit", "1", "--sort", "p95"))
    assert found["processes"] == 2
    assert len(found["statements"]) == 1
    names = sorted(path.name for path in (tmp_path / "statistics").iterdir())
    assert len(names) == 2
    assert all(re.fullmatch(r"\d+-[0-9a-f]{8}\.jsonl", name) for name in names)


def test_the_table_tells_everything_and_the_patterns_with_advice(counted: Flask) -> None:
    @counted.get("/looping")
    def looping() -> str:
        for n in range(12):
            db.session.scalar(select(User.email).where(User.id == n))
        return ""

    counted.test_client().get("/looping")
    queries.keep_in(config.current(counted).instance / recording.FOLDER)
    done = counted.test_cli_runner().invoke(args=["schema", "slow"])
    assert done.exit_code == 0, done.output
    heading = next(
        line for line in done.output.splitlines() if "statement" in line and "p95" in line
    )
    assert heading.split() == list(query_cli.HEADINGS)
    assert re.search(r"^ +12 .* 0  GET looping +SELECT users.email FROM", done.output, re.M)
    assert "GET looping: up to 12 times in one (one such)" in done.output
    assert query_cli.ADVICE_LOOP in done.output


def test_advice_for_a_relationship_names_it() -> None:
    found = queries.RepeatedStatement("SELECT ?", "task x", 1200, 3, "Match.job")
    lines = query_cli._pattern(found, 200)
    assert lines[0] == "  task x: up to 1,200 times in one (3 of them)"
    assert "Match.job is loaded one by one" in lines[2]
    assert "selectinload(Match.job)" in lines[2]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0000123, "12.3 µs"),
        (0.00123, "1.23 ms"),
        (0.123, "123 ms"),
        (1.234, "1.23 s"),
        (1234.5, "1,234.5 s"),
    ],
)
def test_a_duration_reads_well(seconds: float, words: str) -> None:
    assert query_cli.duration(seconds) == words
