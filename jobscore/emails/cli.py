"""``flask emails``: send, retry, look, and try the road with one letter."""

import json
import sys
from datetime import datetime

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.database.transaction import transaction
from jobscore.emails import (
    pausing,
    retention,
    searching,
    service,
    settling,
    tasks,
    trying,
)
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.searching import Filters
from jobscore.extensions import db

#: Exit statuses of ``flask emails send``: all well; settings missing; the server is down;
#: some letters failed or are in doubt.
EXIT_MISSING, EXIT_DOWN, EXIT_SOME_FAILED = 2, 3, 4

group = AppGroup("emails", help="The e-mail log and its sender.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(group)


def show_progress(report: tasks.SendReport) -> None:
    """Print one line that renews itself on a terminal."""
    if sys.stderr.isatty() and report.handled % 20 == 0:
        click.echo(f"\r{report.sent} sent, {report.handled} handled", nl=False, err=True)


def send_sentences(report: tasks.SendReport) -> list[str]:
    """Return what a sender did, in words."""
    lines = [
        f"{report.sent} sent, {report.retried} to be tried again, {report.failed} failed, "
        f"{report.in_doubt + report.abandoned} in doubt, {report.suppressed} suppressed "
        f"({report.seconds:.1f} s)."
    ]
    if report.down_since:
        lines.append(
            f"The mail server cannot be used since {report.down_since:%Y-%m-%d %H:%M:%S} UTC: "
            f"{report.error}. Letters wait; nothing is lost."
        )
    return lines


def pause_sentences() -> list[str]:
    """Return, while letters are paused, one line that says so."""
    pause = pausing.current()
    if pause is None:
        return []
    which = "Letters to many" if pause.is_only_many else "All letters"
    why = f" ({pause.reason})" if pause.reason else ""
    return [
        f"{which} are paused since {pause.started_at:%Y-%m-%d %H:%M:%S} UTC{why}. "
        "They wait; go on with: flask emails resume"
    ]


def exit_status(report: tasks.SendReport) -> int:
    """Return the exit status that tells how sending went."""
    if report.down_since:
        return EXIT_DOWN
    return EXIT_SOME_FAILED if report.failed or report.in_doubt or report.abandoned else 0


@group.command("send")
@click.option("--most", type=click.IntRange(1), help="Stop after so many letters.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def send(most: int | None, as_json: bool) -> None:
    """Send every letter that is due.

    Exit status: 0 all well, 2 settings missing, 3 the server is down, 4 some failed or in doubt.
    """
    try:
        report = tasks.send_batch(most=most, is_forced=True, progress=show_progress)
    except service.SendingRefusedError as error:
        click.echo(f"{error}. The letters wait.", err=True)
        sys.exit(EXIT_MISSING)
    if as_json:
        click.echo(json.dumps(report_as_json(report)))
    else:
        click.echo("\n".join(send_sentences(report) + pause_sentences()))
    sys.exit(exit_status(report))


@group.command("pause")
@click.option("--many", is_flag=True, help="Only letters to many; new passwords still leave.")
@click.option("--reason", default="", help="Why, for the other admins.")
def pause(many: bool, reason: str) -> None:
    """Keep letters from leaving until: flask emails resume."""
    with transaction():
        pausing.pause(is_only_many=many, reason=reason)
    click.echo("\n".join(pause_sentences()))


@group.command("resume")
def resume() -> None:
    """Let letters leave again. Exit status: 1 when they were not paused."""
    with transaction():
        was_paused = pausing.resume()
    if not was_paused:
        raise click.ClickException("letters were not paused")
    click.echo("Letters leave again.")


def report_as_json(report: tasks.SendReport) -> dict[str, object]:
    """Return a sender's report as plain values."""
    return {
        "sent": report.sent,
        "retried": report.retried,
        "failed": report.failed,
        "in_doubt": report.in_doubt + report.abandoned,
        "suppressed": report.suppressed,
        "down_since": report.down_since.isoformat() if report.down_since else None,
        "error": report.error,
        "seconds": round(report.seconds, 3),
    }


@group.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all-failed", is_flag=True, help="Every letter that failed.")
@click.option("--in-doubt", is_flag=True, help="IDS are in doubt: send them again, same id.")
def retry(ids: tuple[int, ...], all_failed: bool, in_doubt: bool) -> None:
    """Put letters back into the queue, by their ids or all that failed."""
    if bool(ids) == all_failed or (in_doubt and not ids):
        raise click.UsageError("Name letters by id, or say --all-failed.")
    problems = []
    with transaction():
        n = service.retry_failed() if all_failed else 0
        for log_id in ids:
            try:
                (service.send_again if in_doubt else service.retry)(log_id)
                n += 1
            except service.EmailStateError as error:
                problems.append(str(error))
    click.echo(f"{n} put back into the queue.")
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(1 if problems else 0)


@group.command("settle")
@click.argument("action", type=click.Choice(["send-again", "count-as-sent"]))
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "is_all", is_flag=True, help="Every letter that is in doubt.")
def settle(action: str, ids: tuple[int, ...], is_all: bool) -> None:
    """Decide about letters in doubt: send them once more (same Message-ID), or call them sent.

    Exit status: 1 when some were not in doubt.
    """
    if bool(ids) == is_all:
        raise click.UsageError("Name letters by id, or say --all.")
    if is_all:
        done = settling.settle_all(action, Filters(status=EmailStatus.IN_DOUBT))
    else:
        done = settling.settle(action, ids)
    click.echo(f"{done.done} settled, {done.refused} were not in doubt.")
    sys.exit(1 if done.refused else 0)


@group.command("cancel")
@click.argument("ids", nargs=-1, type=int, required=True)
def cancel(ids: tuple[int, ...]) -> None:
    """Take waiting letters out of the queue. Exit status: 1 when some did not wait."""
    done = settling.settle("cancel", ids)
    click.echo(f"{done.done} cancelled, {done.refused} were not waiting.")
    sys.exit(1 if done.refused else 0)


@group.command("list")
@click.option("--status", type=click.Choice([s.value for s in EmailStatus]))
@click.option("--type", "email_type", type=click.Choice([t.value for t in EmailType]))
@click.option("--to", "recipient", default="", help="Part of the recipient's address.")
@click.option("--problem", default="", help="Part of what went wrong.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day of writing.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of writing.")
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 1000))
def list_letters(
    status: str | None,
    email_type: str | None,
    recipient: str,
    problem: str,
    since: datetime | None,
    until: datetime | None,
    most: int,
) -> None:
    """List letters, the newest first."""
    filters = Filters(
        status=EmailStatus(status) if status else None,
        email_type=EmailType(email_type) if email_type else None,
        recipient=recipient.strip(),
        problem=problem.strip(),
        since=since.date() if since else None,
        until=until.date() if until else None,
    )
    query = searching.query(filters).order_by(EmailLog.id.desc()).limit(most)
    for row in db.session.scalars(query):
        error = f"  ({row.error_message})" if row.error_message else ""
        click.echo(
            f"{row.id:>8}  {row.created_at:%Y-%m-%d %H:%M}  {row.status.value:<10} "
            f"{row.email_type.value:<8} {row.recipient_email}  {row.subject}{error}"
        )
    total = ", ".join(f"{n} {s.value}" for s, n in sorted(service.counts_by_status().items()))
    click.echo(f"In the whole log: {total or 'nothing yet'}.")


@group.command("test-address")
@click.argument("address")
@click.option("--language", type=click.Choice(["en", "ja"]), default="en", show_default=True)
def test_address(address: str, language: str) -> None:
    """Send one test letter to ADDRESS at once, past the log, and show what the server answers."""
    try:
        click.echo(trying.send_test(address, language))
    except trying.TrialError as error:
        raise click.ClickException(str(error)) from error


@group.command("prune")
@click.option(
    "--keep-body-days",
    type=click.IntRange(min=1),
    default=retention.KEEP_BODY_DAYS,
    show_default=True,
    help="Days for which the text of a letter is kept.",
)
@click.option("--dry-run", is_flag=True, help="Count what would go; remove nothing.")
def prune(keep_body_days: int, dry_run: bool) -> None:
    """Remove the text of old letters; who got which letter when, and what became of it, stays.

    Safe beside all other work, and to stop and start again at any time.
    """
    done = retention.prune(keep_body_days=keep_body_days, is_dry=dry_run)
    click.echo(f"the text of {done.letters:,} letters {'would go' if dry_run else 'removed'}")
