"""Commands: ``flask imports undo | forget``."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import journal, running, service, undo_words, undoing
from jobscore.imports.models import ImportAttempt

#: Exit statuses besides 0: failed; it cannot be undone; some jobs were kept.
FAILED, WRONG, SOME_KEPT = 1, 2, 3


def add_to(group: AppGroup) -> None:
    """Add the commands to a group."""
    group.add_command(undo_import)
    group.add_command(forget)


@click.command("undo")
@click.argument("import_id", metavar="ID", type=int)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_appcontext
def undo_import(import_id: int, dry_run: bool, as_json: bool) -> None:
    """Give the jobs that import ID wrote back what they were before; its newest run first.

    Jobs that were new are deleted, or closed when people have scores, letters or applications about
    them. Jobs that were changed since are kept. The same command goes on where it stopped.

    Exit status 0: everything reversed; 3: some jobs were kept; 2: it cannot be undone; 1: it
    failed and can be continued.
    """
    try:
        report = _preview_undo(import_id) if dry_run else _undo(import_id, is_quiet=as_json)
    except undoing.CannotUndoError as error:
        with force_locale("en"):
            click.echo(undo_words.blocked(error.reason), err=True)
        sys.exit(WRONG)
    if report is None:
        click.echo("The undo stopped; the same command goes on.", err=True)
        sys.exit(FAILED)
    if as_json:
        facts = asdict(report) | {"reversed": report.reversed, "kept": report.kept}
        click.echo(json.dumps(facts | {"dry_run": dry_run}, ensure_ascii=False, indent=2))
    else:
        _print_undo(report, dry_run)
    sys.exit(SOME_KEPT if report.kept or report.failed else 0)


def _attempt_to_undo(session: Session, import_id: int) -> ImportAttempt:
    """Return the attempt that an undo of the import is about.

    :raises CannotUndoError: with the reason of its newest attempt when there is none.
    """
    attempt = undoing.undoable(session, import_id)
    if attempt is None:
        attempt = service.last_attempt(session, import_id)
        if attempt is None:
            raise undoing.CannotUndoError(undoing.UndoBlocked.NOTHING_WRITTEN)
        reason = undoing.can_undo(session, attempt)
        if reason is not undoing.UndoBlocked.UNDER_WAY:
            raise undoing.CannotUndoError(reason or undoing.UndoBlocked.NOT_FINISHED)
    return attempt


def _preview_undo(import_id: int) -> undoing.UndoReport:
    with transaction() as session:
        return undoing.preview(session, _attempt_to_undo(session, import_id))


def _undo(import_id: int, *, is_quiet: bool) -> undoing.UndoReport | None:
    """Ask for the undo (or find it waiting) and carry it out here."""
    with transaction() as session:
        attempt = _attempt_to_undo(session, import_id)
        attempt_id = attempt.id
        if undoing.can_undo(session, attempt) is None:
            undoing.request(session, attempt)
    worker = running.worker_name()
    if undoing.claim(worker, attempt_id) is None:
        raise undoing.CannotUndoError(undoing.UndoBlocked.UNDER_WAY)
    is_shown = sys.stderr.isatty() and not is_quiet

    def show(progress: undoing.UndoProgress) -> None:
        if is_shown:
            click.echo(f"\r{progress.done:,} of {progress.total:,} jobs ", nl=False, err=True)

    report = undoing.run(attempt_id, worker, show)
    if is_shown:
        click.echo(err=True)
    return report


def _print_undo(report: undoing.UndoReport, dry_run: bool) -> None:
    if dry_run:
        click.echo("Nothing was written. An undo would be:")
    for name in ("reversed", "restored", "removed", "closed", "kept", "failed"):
        indent = "  " if name in ("restored", "removed", "closed") else ""
        click.echo(f"{indent + name:12} {getattr(report, name):>10,}")
    with force_locale("en"):
        for group in report.kept_groups:
            click.echo(f"  {group.jobs:>8}  {undo_words.kept_because(group.why, group.import_id)}")


@click.command("forget")
@click.option("--days", type=click.IntRange(min=0), help="Default: JOBSCORE_IMPORT_JOURNAL_DAYS.")
@click.option("--dry-run", is_flag=True, help="Say what would go; delete nothing.")
@with_appcontext
def forget(days: int | None, dry_run: bool) -> None:
    """Delete what is kept for undoing imports that ended more than so many days ago.

    Workers do this by themselves after each import.
    """
    days = config.current().import_journal_days if days is None else days
    if dry_run:
        for attempt_id, rows in journal.outdated(db.session(), days):
            click.echo(f"run {attempt_id}: {rows:,} jobs")
        return
    click.echo(f"{journal.forget(days):,} rows of the journal deleted.")
