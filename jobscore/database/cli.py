"""``flask schema``: what the schema is, what lies ahead, and what is dangerous about it.

Exit status of every command: 0 all is well; 1 there is something (a difference, a pending
revision, a finding, a refusal); 2 it could not be looked at. ``--json`` prints the same for
programs.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from jobscore.database import errors, graph, lint
from jobscore.database.graph import picture
from jobscore.database.guards import Settings
from jobscore.database.migrator import Migrator
from jobscore.database.queries import cli as query_cli
from jobscore.extensions import Base

P = ParamSpec("P")

schema = AppGroup("schema", help="The tables and their migrations: look, check, plan, change.")
schema.add_command(query_cli.slow)
as_json = click.option("--json", "is_json", is_flag=True, help="Print JSON for programs.")
sqlite_copy = click.option(
    "--copy/--no-copy", default=True, help="Keep a copy of an SQLite file before (default: yes)."
)


def reported(command: Callable[P, int]) -> Callable[P, None]:
    """Exit with the command's status; print a :class:`MigrationError` and exit with 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = command(*args, **kwargs)
        except errors.DangerousMigrationError as error:
            click.echo(f"Refused. {error}", err=True)
            status = 1
        except errors.MigrationError as error:
            click.echo(f"Error: {error}", err=True)
            status = 2
        sys.exit(status)

    return run


def migrator(**settings: Any) -> Migrator:
    """Return the Migrator of this application."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return Migrator(app, settings=Settings(**settings))


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print(items: Iterable[str], nothing: str) -> None:
    lines = list(items)
    for line in lines or [nothing]:
        click.echo(line)


@schema.command("check")
@as_json
@reported
def check(is_json: bool) -> int:
    """Compare the live tables with the models, in plain words. Exit 1: they differ."""
    found = migrator().check()
    if is_json:
        print_json([d.as_json() for d in found])
    else:
        _print((d.words for d in found), "The database equals the models.")
    return int(bool(found))


@schema.command("validate")
@as_json
@reported
def validate(is_json: bool) -> int:
    """Look for everything that can be wrong with scripts and database. Exit 1: an error."""
    found = migrator().validate()
    if is_json:
        print_json(
            {
                "is_valid": found.is_valid,
                "errors": [p.as_json() for p in found.errors],
                "warnings": [p.as_json() for p in found.warnings],
            }
        )
        return int(not found.is_valid)
    lines = [f"error    {p.code}: {p.message} {p.advice}" for p in found.errors]
    lines += [f"warning  {p.code}: {p.message} {p.advice}" for p in found.warnings]
    _print(lines, "Scripts and database are sound.")
    return int(not found.is_valid)


@schema.command("history")
@as_json
@reported
def history(is_json: bool) -> int:
    """List all revisions, oldest first: when written, whether and when applied here."""
    entries = migrator().history()
    if is_json:
        print_json([e.as_json() for e in entries])
        return 0
    for e in entries:
        written = f"{e.created_at:%Y-%m-%d}" if e.created_at else "          "
        applied = f"applied {e.applied_at:%Y-%m-%d %H:%M} UTC" if e.applied_at else "applied"
        click.echo(f"{e.revision}  {written}  {applied if e.is_applied else 'ahead'}  {e.message}")
    return 0


@schema.command("pending")
@as_json
@reported
def pending(is_json: bool) -> int:
    """List exactly what an upgrade would apply, in order. Exit 1: there is something."""
    entries = migrator().pending()
    if is_json:
        print_json([e.as_json() for e in entries])
    else:
        _print((f"{e.revision}  {e.message}" for e in entries), "Nothing: the database is at head.")
    return int(bool(entries))


@schema.command("plan")
@as_json
@reported
def plan(is_json: bool) -> int:
    """Tell what an upgrade would do here: steps, rows, locks. Exit 1: it would be refused."""
    planned = migrator().plan()
    is_refused = any(f.is_refused for p in planned for f in p.findings)
    if is_json:
        print_json([p.as_json() for p in planned])
        return int(is_refused)
    for p in planned:
        click.echo(f"{p.revision}  {p.message}")
        for step in p.steps:
            click.echo(f"    {step.words}")
        for f in p.findings:
            click.echo(f"    {_finding(f)}")
    if not planned:
        click.echo("Nothing to do: the database is at head.")
    elif is_refused:
        click.echo("An upgrade would refuse the dangerous steps; --allow RULE runs them.")
    return int(is_refused)


def _finding(found: lint.Finding) -> str:
    place = f"{found.path}:{found.line}: " if found.line else ""
    kind = "assured" if found.assured else found.severity.value
    reason = f" (assured: {found.assured})" if found.assured else ""
    said = f"{place}{kind} {found.rule} [{found.dialect}]: {found.message}{reason}"
    return f"{said}\n        {found.advice}"


@schema.command("lint")
@click.argument("revisions", nargs=-1)
@as_json
@reported
def lint_(revisions: Sequence[str], is_json: bool) -> int:
    """Name the dangerous steps of REVISIONS (default: all), for both databases. Exit 1: one is."""
    found = lint.lint(migrator().script(), list(revisions) or None)
    if is_json:
        print_json([f.as_json() for f in found])
    else:
        _print((_finding(f) for f in found), "No dangerous step.")
    return int(any(f.is_refused for f in found))


@schema.command("upgrade")
@click.argument("revision", default="head")
@click.option("--allow", multiple=True, metavar="RULE", help="Run this dangerous step (repeat).")
@sqlite_copy
@click.option("--wait", type=float, help="Longest wait for locks, in seconds.")
@reported
def upgrade(revision: str, allow: Sequence[str], copy: bool, wait: float | None) -> int:
    """Bring the database up to REVISION (default: head), with every guard."""
    names = {name for item in allow for name in item.split(",")}
    if strange := sorted(names - set(lint.RULES)):
        raise click.BadParameter(f"no such rule: {', '.join(strange)}", param_hint="--allow")
    applied = migrator(allow=frozenset(names), copy=copy, lock_wait=wait).upgrade(revision)
    _print((f"applied {e.revision}  {e.message}" for e in applied), "Nothing to do.")
    return 0


@schema.command("downgrade")
@click.argument("revision", default="-1")
@sqlite_copy
@click.option("--yes", is_flag=True, help="Do not ask.")
@reported
def downgrade(revision: str, copy: bool, yes: bool) -> int:
    """Take back revisions down to REVISION (default: one), saying first what that loses."""
    m = migrator(copy=copy)
    for loss in m.losses(revision):
        click.echo(f"loses {loss.words}")
    if not yes and not click.confirm("Take it back?"):
        click.echo("Nothing was changed.")
        return 1
    done = m.downgrade(revision)
    _print((f"took back {e.revision}  {e.message}" for e in done), "Nothing to do.")
    return 0


#: The tables that everything turns around: first in the pages, framed in the picture.
CORE_TABLES = ("users", "jobs", "job_scores", "matching_results", "email_logs", "csv_imports")


def drawn(form: str) -> str:
    """Return the tables and relations of the models as ``mermaid``, ``svg`` or ``markdown``."""
    from jobscore.app import FEATURES, load_models  # above: at the top it would be a circle

    load_models()
    tables = graph.tables(Base.registry, CORE_TABLES, FEATURES)
    if form == "svg":
        return picture.svg(tables, CORE_TABLES)
    if form == "mermaid":
        return graph.mermaid(tables)
    return graph.markdown(tables, CORE_TABLES, "images/schema.svg")


@schema.command("graph")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg", "markdown"]),
    default="mermaid",
    show_default=True,
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to this file instead of printing.",
)
def graph_(form: str, output: Path | None) -> None:
    """Draw the tables and relations of the models. Reads no database."""
    text = drawn(form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(output), str(error.strerror)) from error
    click.echo(f"{output} written")


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(schema)
