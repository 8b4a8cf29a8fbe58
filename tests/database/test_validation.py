"""The app serves on the schema of its code and on no other; where told to, it waits for it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text

from jobscore.database import validation
from jobscore.database.validation import (
    SchemaState,
    SchemaWatch,
    head_revision,
    schema_report,
    wait_until_current,
)
from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]
OTHERS = [("9999", SchemaState.AHEAD), (None, SchemaState.EMPTY)]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Another process's connection to the database."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def set_revision(engine: Engine, revision: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision is not None:
            insert = text("INSERT INTO alembic_version (version_num) VALUES (:revision)")
            connection.execute(insert, {"revision": revision})


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Call it to let so many seconds pass on the monotonic clock."""
    passed = [0.0]
    monkeypatch.setattr(validation, "monotonic", lambda: passed[0])

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.mark.parametrize(("revision", "state"), OTHERS)
def test_a_running_server_notices_a_schema_that_changes_under_it(
    client: FlaskClient,
    engine: Engine,
    later: Callable[[float], None],
    revision: str | None,
    state: SchemaState,
) -> None:
    assert client.get("/jobs").status_code == 200
    set_revision(engine, revision)
    later(validation.LOOK_SECONDS - 1)
    assert client.get("/jobs").status_code == 200
    later(2)
    refused = client.get("/jobs")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["schema"] == state
    set_revision(engine, head_revision())
    assert client.get("/jobs").status_code == 200


def test_a_current_schema_is_looked_at_once_in_the_interval(
    engine: Engine, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def look(asked: Engine) -> validation.SchemaReport:
        looks.append(asked)
        return schema_report(asked)

    monkeypatch.setattr(validation, "schema_report", look)
    watch = SchemaWatch()
    for _ in range(5):
        assert watch.report(engine).state is SchemaState.CURRENT
        later(10)
    assert len(looks) == 2


def test_a_wait_ends_when_another_process_has_upgraded(engine: Engine) -> None:
    set_revision(engine, None)
    upgrade = threading.Timer(0.4, set_revision, (engine, head_revision()))
    upgrade.start()
    began = time.monotonic()
    report = wait_until_current(engine, 20)
    upgrade.join()
    assert report.state is SchemaState.CURRENT
    assert 0.3 < time.monotonic() - began < 15


@pytest.mark.parametrize(("revision", "state"), OTHERS)
def test_a_wait_ends_after_its_time_and_says_what_it_waits_for(
    engine: Engine, revision: str | None, state: SchemaState, caplog: pytest.LogCaptureFixture
) -> None:
    set_revision(engine, revision)
    began = time.monotonic()
    assert wait_until_current(engine, 0.6).state is state
    assert 0.5 < time.monotonic() - began < 10
    assert len([r for r in caplog.records if "waiting for the schema" in r.getMessage()]) == 1


def test_no_wait_looks_once(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    set_revision(engine, None)
    assert wait_until_current(engine, 0).state is SchemaState.EMPTY
    assert caplog.records == []


def test_a_wait_can_be_stopped(engine: Engine) -> None:
    set_revision(engine, None)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert wait_until_current(engine, 60, stop=stop).state is SchemaState.EMPTY
    assert time.monotonic() - began < 20


def environ(database_url: str, folder: Path, seconds: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "JOBSCORE_DATABASE_URL": database_url,
        "JOBSCORE_INSTANCE_DIR": str(folder),
        "JOBSCORE_SECRET_KEY": SECRET,
        "JOBSCORE_SCHEMA_WAIT_SECONDS": str(seconds),
        "PYTHONUNBUFFERED": "1",
    }


WORK = [sys.executable, "-m", "flask", "--app", "jobscore.app", "work", "--once"]
SERVE = [sys.executable, "-c", "import wsgi; print('serving')"]


@pytest.mark.parametrize(("revision", "state"), OTHERS)
def test_a_worker_refuses_another_schema(
    database_url: str, engine: Engine, tmp_path: Path, revision: str | None, state: SchemaState
) -> None:
    set_revision(engine, revision)
    sentence = schema_report(engine).sentence
    done = subprocess.run(
        WORK,
        cwd=ROOT,
        env=environ(database_url, tmp_path, 0),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"Error: {sentence}" in done.stderr
    assert "worker started" not in done.stderr


@pytest.mark.parametrize("command", [WORK, SERVE], ids=["worker", "server"])
def test_a_start_waits_for_the_upgrade_of_another_process(
    database_url: str, engine: Engine, tmp_path: Path, command: list[str]
) -> None:
    set_revision(engine, None)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ(database_url, tmp_path, 60),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as started:
        assert started.stdout is not None
        first = started.stdout.readline()
        assert "waiting for the schema" in first
        set_revision(engine, head_revision())
        rest = started.stdout.read()
    assert started.returncode == 0, rest
    assert ("serving" if command is SERVE else "worker started") in rest


@pytest.mark.parametrize(
    ("command", "status"), [(WORK, 0), (SERVE, 128 + signal.SIGTERM)], ids=["worker", "server"]
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_sigterm_ends_the_wait(
    database_url: str, engine: Engine, tmp_path: Path, command: list[str], status: int
) -> None:
    set_revision(engine, None)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ(database_url, tmp_path, 300),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as started:
        assert started.stdout is not None
        assert "waiting for the schema" in started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        rest = started.stdout.read()
        assert started.wait(30) == status, rest
    assert "serving" not in rest


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_worker_ends_when_the_schema_changes_under_it(
    app: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "LOOK_SECONDS", 0.0)
    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    change = threading.Timer(1.0, set_revision, (engine, "9999"))
    change.start()
    try:
        done = app.test_cli_runner().invoke(args=["work"])
    finally:
        change.join()
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert done.exit_code == 1
    assert "9999, which this code" in done.output


def test_two_marks_are_reported_and_not_raised(engine: Engine) -> None:
    """Every page and /readyz answer 503 then, not 500."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    report = schema_report(engine)
    assert report.state is SchemaState.BEHIND
    assert report.current == f"0001, {head_revision()}"
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    assert schema_report(engine).state is SchemaState.AHEAD
