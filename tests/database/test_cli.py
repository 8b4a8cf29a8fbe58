"""``flask schema`` and ``flask db``: words, JSON and exit codes that scripts can use."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from jobscore import paths
from jobscore.app import create_app
from jobscore.database import Migrator
from jobscore.extensions import db
from tests.conftest import SETTINGS
from tests.database.projects import NO_PEOPLE, PEOPLE, write

Run = Callable[..., Result]


@pytest.fixture
def bare_app(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    app = create_app(
        {**SETTINGS, "database_url": empty_database_url, "instance_dir": str(tmp_path)}
    )
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def run(bare_app: Flask) -> Run:
    """Run a command line."""
    return lambda *words: bare_app.test_cli_runner().invoke(args=list(words))


@pytest.fixture
def small(bare_app: Flask, empty_database_url: str, tmp_path: Path) -> Path:
    """The application with a small migrations folder of its own (and the real env.py)."""
    folder = tmp_path / "small"
    Migrator(empty_database_url).init_environment(folder)
    shutil.copy(paths.MIGRATIONS / "env.py", folder)
    write(folder, "a", None, PEOPLE, NO_PEOPLE)
    bare_app.extensions["migrate"].directory = str(folder)
    return folder


def _execute(app: Flask, *statements: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _json(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_database_goes_up_is_looked_at_and_goes_down(run: Run, bare_app: Flask) -> None:
    ahead = run("schema", "pending")
    assert ahead.exit_code == 1
    assert [line[:4] for line in ahead.stdout.splitlines()][:2] == ["0001", "0002"]
    assert run("schema", "plan").exit_code == 0
    assert run("schema", "check").exit_code == 2
    assert "flask db upgrade" in run("schema", "check").stderr
    up = run("schema", "upgrade")
    assert (up.exit_code, up.stdout.splitlines()[0][:12]) == (0, "applied 0001")
    assert run("schema", "upgrade").stdout == "Nothing to do.\n"
    assert run("schema", "pending").exit_code == 0
    assert run("schema", "plan").stdout == "Nothing to do: the database is at head.\n"
    assert run("schema", "check").stdout == "The database equals the models.\n"
    assert run("schema", "validate").stdout == "Scripts and database are sound.\n"
    assert run("schema", "lint").exit_code == 0
    history = run("schema", "history").stdout
    assert history.startswith("0001  2026-11-22  applied 20")
    down = run("schema", "downgrade", "0001", "--yes")
    assert down.exit_code == 0
    rows = sum(line[:4].isdecimal() for line in ahead.stdout.splitlines())
    assert f"loses table schema_revisions with {rows} rows (0002)" in down.output
    assert "ahead" in run("schema", "history").stdout


def test_a_downgrade_asks_first(run: Run) -> None:
    run("schema", "upgrade")
    asked = run("schema", "downgrade")
    assert asked.exit_code == 1
    assert "Take it back?" in asked.output
    assert run("schema", "pending").exit_code == 0


def test_everything_is_told_to_programs_too(run: Run, bare_app: Flask) -> None:
    assert [e["revision"] for e in _json(run("schema", "pending", "--json"))][:1] == ["0001"]
    [first, *_] = _json(run("schema", "plan", "--json"))
    assert first["revision"] == "0001"
    assert {"operation", "table", "rows", "lock"} == set(first["steps"][0])
    run("schema", "upgrade")
    assert _json(run("schema", "check", "--json")) == []
    assert _json(run("schema", "validate", "--json")) == {
        "is_valid": True,
        "errors": [],
        "warnings": [],
    }
    assert all(e["is_applied"] for e in _json(run("schema", "history", "--json")))
    assert all(found["assured"] for found in _json(run("schema", "lint", "--json")))


def test_a_difference_is_told_in_words_and_by_the_exit_code(run: Run, bare_app: Flask) -> None:
    run("schema", "upgrade")
    _execute(bare_app, "DROP INDEX idx_jobs_company_active")
    found = run("schema", "check")
    assert found.exit_code == 1
    assert "idx_jobs_company_active" in found.stdout
    [difference] = _json(run("schema", "check", "--json"))
    assert difference["table"] == "jobs"
    checked = run("schema", "validate")
    assert (checked.exit_code, checked.stdout.split()[0]) == (1, "error")
    _execute(bare_app, "CREATE TABLE somebody_elses (id INTEGER)")
    assert len(_json(run("schema", "check", "--json"))) == 2


def test_a_dangerous_step_is_refused_on_every_road_unless_allowed(
    run: Run, small: Path, bare_app: Flask
) -> None:
    assert run("schema", "upgrade").exit_code == 0
    write(
        small,
        "b",
        "a",
        'op.drop_column("people", "name")',
        'op.add_column("people", sa.Column("name", sa.Text))',
    )
    linted = run("schema", "lint", "b")
    assert linted.exit_code == 1
    assert "b_test.py:" in linted.stdout
    assert "drop-column" in linted.stdout
    planned = run("schema", "plan")
    assert planned.exit_code == 1
    assert "--allow RULE" in planned.stdout
    refused = run("schema", "upgrade")
    assert refused.exit_code == 1
    assert "--allow drop-column" in refused.stderr
    assert run("db", "upgrade", "-d", str(small)).exit_code == 1
    assert run("schema", "pending").stdout.startswith("b  ")
    assert run("schema", "upgrade", "--allow", "no-such-rule").exit_code == 2
    assert run("schema", "upgrade", "--allow", "drop-column").exit_code == 0
    assert run("schema", "downgrade", "--yes").exit_code == 0
    assert run("db", "upgrade", "-d", str(small), "-x", "allow=drop-column").exit_code == 0
    assert run("schema", "pending").exit_code == 0


def test_errors_are_named_in_one_line_each_with_its_way_out(run: Run, bare_app: Flask) -> None:
    unknown = run("schema", "upgrade", "zzz")
    assert unknown.exit_code == 2
    assert unknown.stderr.splitlines()[1].startswith("Known are: 0001")
    run("schema", "upgrade")
    _execute(bare_app, "UPDATE alembic_version SET version_num = '9999'")
    for words in (("pending",), ("history",), ("check",), ("upgrade",), ("plan",)):
        newer = run("schema", *words)
        assert newer.exit_code == 2, words
        assert "Traceback" not in newer.output
    invalid = _json(run("schema", "validate", "--json"))
    assert [e["code"] for e in invalid["errors"]] == ["unknown-revision"]


def test_flask_db_keeps_its_commands(run: Run, bare_app: Flask) -> None:
    for words in (
        ("upgrade",),
        ("current",),
        ("heads",),
        ("history",),
        ("check",),
        ("show",),
        ("branches",),
        ("downgrade",),
        ("stamp", "0001"),
        ("upgrade", "0004", "--sql"),  # further ones copy tables of SQLite, which reads them first
    ):
        result = run("db", *words)
        assert result.exit_code == 0, (words, result.output)
    with bare_app.app_context(), Migrator(bare_app) as m:
        assert m.current() == "0001"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_a_revision_prints_is_no_part_of_the_json(run: Run, small: Path) -> None:
    path = write(small, "b", "a", 'print("from the revision")')
    path.write_text(path.read_text("utf-8") + '\nprint("from the file")\n', "utf-8")
    for command in ("plan", "lint", "pending", "history", "validate"):
        assert _json(run("schema", command, "--json")) is not None


@pytest.mark.parametrize("backend", ["sqlite"])
def test_lint_of_an_unknown_revision_is_a_sentence(run: Run, small: Path) -> None:
    result = run("schema", "lint", "nope")
    assert result.exit_code == 2
    assert "nope" in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_every_revision_of_ours_gets_the_next_number(
    run: Run, bare_app: Flask, tmp_path: Path
) -> None:
    """By hand as by autogenerate, and after one whose name is no number (a merge)."""
    folder = tmp_path / "copy"
    shutil.copytree(paths.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    bare_app.extensions["migrate"].directory = str(folder)
    last = max(int(p.name[:4]) for p in (folder / "versions").glob("0*.py"))
    assert run("db", "revision", "-d", str(folder), "-m", "By hand").exit_code == 0
    assert (folder / "versions" / f"{last + 1:04d}_by_hand.py").is_file()
    write(folder, "abc", f"{last + 1:04d}", "pass", message="Joined")
    assert run("db", "revision", "-d", str(folder), "-m", "After it").exit_code == 0
    assert (folder / "versions" / f"{last + 2:04d}_after_it.py").is_file()
