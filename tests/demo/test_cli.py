"""``flask demo``: a whole day as a person runs it, in processes of its own."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLASK = (sys.executable, "-m", "flask", "--app", "jobscore.app")
JOBS, PEOPLE = 300, 21


def environ(instance: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "JOBSCORE_INSTANCE_DIR": str(instance), "JOBSCORE_WORKERS": "1"}


def flask(instance: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run ``flask …`` as somebody who knows Flask does."""
    return command(instance, *FLASK, *arguments)


def module(instance: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run ``python -m jobscore.demo …`` as the Makefile does."""
    return command(instance, sys.executable, "-m", "jobscore.demo", *arguments)


def command(instance: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        arguments,
        cwd=ROOT,
        env=environ(instance),
        capture_output=True,
        text=True,
        timeout=300,
    )


def run(instance: Path) -> dict[str, int]:
    """Run the day; return the counts of its summary."""
    done = module(instance, "run", "--jobs", str(JOBS), "--people", str(PEOPLE))
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"^  (\w[\w ,-]+?) +([\d,]+)$", done.stdout, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in found}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "instance"


@pytest.fixture(scope="module")
def first(instance: Path) -> dict[str, int]:
    return run(instance)


ACCEPTED, SENT = (
    "letters accepted by the SMTP server now",
    "letters sent in all, says the e-mail log",
)


def test_a_day_leaves_jobs_people_matches_and_letters(first, instance):
    assert JOBS * 0.9 < first["jobs imported"] < JOBS
    assert first["rows rejected"] >= 1
    assert first["people"] == PEOPLE
    assert first["scores"] >= first["matches"] > PEOPLE
    assert first[ACCEPTED] == first[SENT]
    assert PEOPLE - 3 <= first[ACCEPTED] <= PEOPLE
    assert len(list((instance / "outbox").glob("*.eml"))) == first[ACCEPTED]


def test_the_same_day_again_adds_and_sends_nothing(first, instance):
    second = run(instance)
    assert second[ACCEPTED] == 0
    assert {**second, ACCEPTED: 0} == {**first, ACCEPTED: 0}


def test_somebody_elses_database_is_refused(instance, first, tmp_path):
    other = tmp_path / "instance"
    other.mkdir()
    source = sqlite3.connect(instance / "jobscore.sqlite3")
    copy = sqlite3.connect(other / "jobscore.sqlite3")
    with copy:
        source.backup(copy)
        copy.execute("UPDATE users SET email = 'boss@company.example' WHERE is_superuser")
    source.close()
    copy.close()
    done = flask(other, "demo", "run", "--jobs", str(JOBS), "--people", str(PEOPLE))
    assert done.returncode == 1
    assert "not the demo's" in done.stderr


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(first: object, instance: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*FLASK, "demo", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environ(instance),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def status(port: int) -> int:
    """Return the status of the home page, trying for as long as a slow machine needs."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nothing listens")


def test_it_serves_prints_the_sign_ins_and_stops_clean(serving, port, instance):
    assert status(port) == 200
    serving.send_signal(signal.SIGTERM)
    said, _ = serving.communicate(timeout=30)
    assert serving.returncode == 0, said
    assert f"http://127.0.0.1:{port}" in said
    assert "admin@example.jp" in said
    assert re.search(r"seeker\d+@example\.jp +[a-z]+-[a-z]+-[a-z]+-\d{4}", said)
    with pytest.raises(ProcessLookupError):  # the worker went with it
        os.killpg(serving.pid, 0)


def test_a_taken_port_is_named_with_a_way_out(first, instance, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = flask(instance, "demo", "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"make demo PORT={port + 1}" in done.stderr


def test_the_application_loads_without_the_demos_smtp_server(tmp_path):
    code = (
        "import sys; sys.modules['aiosmtpd'] = None\n"
        "from jobscore.app import create_app\n"
        "print('demo' in create_app().cli.commands)"
    )
    done = command(tmp_path / "instance", sys.executable, "-c", code)
    assert done.stdout.strip() == "True", done.stderr


def test_the_sample_can_be_written_by_itself(tmp_path):
    done = flask(
        tmp_path / "instance",
        *("demo", "sample", str(tmp_path / "files"), "--jobs", "50", "--today", "2026-11-22"),
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "files").iterdir()) == [
        "jobs-20.csv",
        "kyujin-30.csv",
    ]
