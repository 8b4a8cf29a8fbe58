"""Commands: ``flask sources list | add | show | run | answer | on | off``."""

import json
import sys
from dataclasses import replace
from typing import Any, NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale

from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import full_feed, running
from jobscore.imports.models import ImportAttempt, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import pages, service, taking
from jobscore.imports.sources.models import AfterTaking, FeedMode, FileState, Schedule, Source

#: Exit statuses besides 0, as of ``flask imports run``; 4: a full feed waits for an answer.
FAILED, WRONG, SOME_REJECTED, ASKS = 1, 2, 3, 4

group = AppGroup("sources", help="Named feeds: where files come from and how they are read.")

_NAME = click.argument("name")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)


def _wrong(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(WRONG)


def _named(name: str) -> Source:
    try:
        return service.named(db.session(), name)
    except service.NoSuchSourceError:
        _wrong(f"There is no source {name!r}; see: flask sources list")


def _facts(view: service.Overview) -> dict[str, Any]:
    source, attempt = view.source, view.last_attempt
    return {
        "name": source.name,
        "is_active": source.is_active,
        "mode": source.mode.value,
        "folder": source.folder,
        "pattern": source.pattern,
        "after_taking": source.after_taking.value,
        "schedule": source.schedule.value,
        "daily_at": source.daily_at,
        "mapping": source.mapping,
        "dialect": source.dialect,
        "last_run_at": source.last_run_at.isoformat() if source.last_run_at else None,
        "next_run_at": source.next_run_at.isoformat() if source.next_run_at else None,
        "last_report": source.last_report,
        "last_import": attempt
        and {
            "import": attempt.csv_import_id,
            "attempt": attempt.id,
            "status": attempt.status.value,
            "new": attempt.new_rows,
            "changed": attempt.changed_rows,
            "unchanged": attempt.unchanged_rows,
            "rejected": attempt.rejected_rows,
        },
    }


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@group.command("list")
@_JSON
def list_sources(as_json: bool) -> None:
    """List the sources with their last and next run."""
    facts = [_facts(view) for view in service.overviews(db.session())]
    if as_json:
        return _print_json(facts)
    for one in facts:
        state = "on " if one["is_active"] else "off"
        last = (one["last_import"] or {}).get("status", "-")
        last_run, next_run = ((one[key] or "-")[:16] for key in ("last_run_at", "next_run_at"))
        click.echo(
            f"{state} {one['name'][:24]:24} {one['mode']:10} {one['schedule']:8} "
            f"last {last_run:16} next {next_run:16} {last}"
        )
    return None


@group.command("show")
@_NAME
@_JSON
def show(name: str, as_json: bool) -> None:
    """Show one source: settings, last run, imports, files that could not be taken."""
    source = _named(name)
    session = db.session()
    facts = next(_facts(v) for v in service.overviews(session) if v.source.id == source.id)
    facts["imports"] = [
        {"import": file.id, "attempt": attempt.id, "file": file.filename,
         "status": attempt.status.value, "new": attempt.new_rows,
         "changed": attempt.changed_rows, "rejected": attempt.rejected_rows}
        for attempt, file in service.attempts(session, name)
    ]  # fmt: skip
    facts["bad_files"] = [
        {"file": row.name, "problem": row.problem} for row in service.bad_files(session, source.id)
    ]
    if as_json:
        return _print_json(facts)
    for key, value in facts.items():
        if key not in ("imports", "bad_files"):
            click.echo(f"{key:13} {'-' if value is None else value}")
    for one in facts["imports"]:
        click.echo(f"import {one['import']:>5}  {one['status']:17} {one['file']}")
    for one in facts["bad_files"]:
        with force_locale("en"):
            click.echo(f"bad: {one['file']}: {pages.problem(one['problem'])}")
    return None


def _choice(kind: Any) -> click.Choice[str]:
    return click.Choice([member.value for member in kind])


@group.command("add")
@_NAME
@click.option("--folder", help="Folder under JOBSCORE_FEEDS_DIR to watch.")
@click.option("--pattern", default="*.csv", show_default=True, help="Names of its files.")
@click.option("--mode", type=_choice(FeedMode), default="add_update", show_default=True)
@click.option("--after", type=_choice(AfterTaking), default="leave", show_default=True)
@click.option("--schedule", type=_choice(Schedule), default="by_hand", show_default=True)
@click.option("--at", "daily_at", help="HH:MM in the operator's time zone, for daily.")
@click.option("--mapping", multiple=True, help="field=Column name; may be given often.")
@click.option("--encoding", help="Encoding of the files, such as cp932.")
@click.option("--delimiter", help="Delimiter, such as ';' ('\\t' for tab).")
@click.option("--header-line", type=int, help="Line of the header; 0: there is none.")
def add(
    name: str,
    folder: str | None,
    pattern: str,
    mode: str,
    after: str,
    schedule: str,
    daily_at: str | None,
    mapping: tuple[str, ...],
    encoding: str | None,
    delimiter: str | None,
    header_line: int | None,
) -> None:
    """Add a source, or give the source NAME new settings. Exit status 2: a value is wrong."""
    columns: dict[str, str | int] = {}
    for pair in mapping:
        key, _, column = pair.partition("=")
        columns[key.strip()] = int(column) if column.strip().isdigit() else column
    tab = delimiter in ("\\t", "tab")
    settings = service.Settings(
        name=name,
        mode=FeedMode(mode),
        mapping=columns,
        options=ReadOptions(encoding, "\t" if tab else delimiter, None, header_line),
        folder=folder,
        pattern=pattern,
        after_taking=AfterTaking(after),
        schedule=Schedule(schedule),
        daily_at=daily_at,
    )
    try:
        with transaction() as session:
            try:
                known = service.named(session, name)
            except service.NoSuchSourceError:
                service.create(session, settings)
                click.echo(f"added {name}")
            else:
                service.change(session, known, replace(settings, name=known.name))
                click.echo(f"changed {name}")
    except service.BadSourceError as error:
        with force_locale("en"):
            _wrong(f"{error.field}: {pages.refusal(error)}")


@group.command("on")
@_NAME
def switch_on(name: str) -> None:
    """Switch a source on."""
    _switch(name, is_active=True)


@group.command("off")
@_NAME
def switch_off(name: str) -> None:
    """Switch a source off: it is not run by itself any more."""
    _switch(name, is_active=False)


def _switch(name: str, *, is_active: bool) -> None:
    source_id = _named(name).id
    with transaction() as session:
        service.switch(session.get_one(Source, source_id), is_active=is_active)


@group.command("run")
@click.argument("name", required=False)
@click.option("--due", is_flag=True, help="Run every source that is due by its schedule.")
@click.option(
    "--allow-closing", "--yes", "is_allowed", is_flag=True,
    help="A full feed may close as many jobs as it lacks without asking.",
)  # fmt: skip
@_JSON
def run(name: str | None, due: bool, is_allowed: bool, as_json: bool) -> None:
    """Take the new files of the source NAME and import them.

    Exit status 0: all rows imported, or nothing new; 3: rows were rejected or a file was bad; 4: a
    full feed waits for an answer; 2: no such source or folder; 1: an import failed.
    """
    if due == bool(name):
        _wrong("Name a source, or say --due.")
    ids = _due() if due else [_runnable(_named(name or ""))]
    results = [_run(source_id, is_allowed=is_allowed, is_quiet=as_json) for source_id in ids]
    if as_json:
        _print_json(results)
    sys.exit(_status(results))


def _runnable(source: Source) -> int:
    if source.folder is None:
        _wrong(f"{source.name} watches no folder; see: flask sources show {source.name}")
    return source.id


def _due() -> list[int]:
    ids: list[int] = []
    while True:
        with transaction() as session:
            found = service.claim_due(session, taking.LEASE)
        if found is None:
            return ids
        ids.append(found)


def _run(source_id: int, *, is_allowed: bool, is_quiet: bool) -> dict[str, Any]:
    """Take the files of a source and import them here; return what became of them."""

    def tell(name: str, state: FileState) -> None:
        if not is_quiet:
            click.echo(f"{state.value:8} {name}")

    report = taking.take_files(source_id, is_allowed=is_allowed, on_file=tell)
    imports = []
    for attempt_id in report.attempts:
        worker = running.worker_name()
        if running.claim(worker, attempt_id) is not None:
            running.run(attempt_id, worker)
        attempt = db.session().get_one(ImportAttempt, attempt_id, populate_existing=True)
        one = {"attempt": attempt_id, "status": attempt.status.value}
        one |= {n: getattr(attempt, f"{n}_rows") for n in ("new", "changed", "unchanged")}
        one |= {"rejected": attempt.rejected_rows}
        imports.append(one)
        db.session().rollback()
        if not is_quiet:
            click.echo(" ".join(f"{key} {value}" for key, value in one.items()))
    source = db.session().get_one(Source, source_id)
    if report.problem and not is_quiet:
        with force_locale("en"):
            click.echo(f"{source.name}: {pages.problem(report.problem)}", err=True)
    return {"source": source.name, **report.kept(), "imports": imports}


def _status(results: list[dict[str, Any]]) -> int:
    statuses = {one["status"] for result in results for one in result["imports"]}
    if any(result["problem"] for result in results):
        return WRONG
    if statuses & {ImportStatus.FAILED.value, ImportStatus.CANCELLED.value}:
        return FAILED
    if ImportStatus.ASKING.value in statuses:
        return ASKS
    is_partly = ImportStatus.DONE_WITH_ERRORS.value in statuses
    return SOME_REJECTED if is_partly or any(result["bad"] for result in results) else 0


@group.command("answer")
@click.argument("attempt", type=int, required=False)
@click.option("--yes/--no", "is_allowed", default=None, help="Close the missing jobs, or none.")
def answer(attempt: int | None, is_allowed: bool | None) -> None:
    """List the full feeds that wait for an answer, or answer one: ATTEMPT --yes or --no.

    Exit status 2: it does not wait for an answer, or a newer feed has come since.
    """
    if attempt is None:
        for closing, one in full_feed.asked(db.session()):
            click.echo(
                f"{closing.attempt_id:>5}  {one.source}: would close {closing.missing_jobs:,} of "
                f"{closing.open_jobs:,} open jobs"
            )
        return
    if is_allowed is None:
        _wrong("Say --yes or --no.")
    try:
        with transaction() as session:
            full_feed.answer(session, attempt, is_allowed=is_allowed)
    except full_feed.NotAskedError:
        _wrong("It does not wait for an answer, or a newer feed has come since.")
    worker = running.worker_name()
    if running.claim(worker, attempt) is not None:
        click.echo(running.run(attempt, worker).value)
