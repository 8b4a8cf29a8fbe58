"""``flask digests``: write, look at, hold and release the day's letters; ``flask runs day``."""

import json
import sys
from datetime import date, datetime

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore import clock, config
from jobscore.accounts import service as accounts
from jobscore.database.transaction import transaction
from jobscore.digests import by_mail, held, retention, service
from jobscore.digests import day as whole_day
from jobscore.digests import profile as profiling
from jobscore.emails import cli as emails_cli
from jobscore.emails import tasks
from jobscore.emails.service import SendingRefusedError
from jobscore.matching import cli as matching_cli
from jobscore.matching import runs
from jobscore.privacy import looking

digests = AppGroup("digests", help="The letters of the day.")
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")


def init_app(app: Flask) -> None:
    """Register the commands; ``day`` and ``prune`` join the runs."""
    matching_cli.runs.add_command(day)
    matching_cli.runs.add_command(prune)
    app.cli.add_command(digests)


def _on(value: datetime | None) -> date:
    return value.date() if value else clock.today(config.current().timezone)


def _draw_build(report: service.BuildReport) -> None:
    if sys.stderr.isatty():
        text = f"\rwriting letters: {report.seen:,} of {report.due:,} people"
        click.echo(text, nl=report.seen >= report.due, err=True)


def build_sentence(report: service.BuildReport) -> str:
    """Return what a build did, in words."""
    why = ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in report.skipped.items())
    return (
        f"{report.letters:,} letters with {report.jobs:,} jobs for {report.due:,} people due"
        + (f"; without a letter: {why}" if why else "")
        + f" ({report.seconds:.1f} s)"
    )


@digests.command("build")
@ON
@click.option("--hold", is_flag=True, help="Let the letters wait until: flask digests release.")
def build(on: datetime | None, hold: bool) -> None:
    """Write the letters of the day into the outbox; a second run the same day adds none."""
    report = service.build_digests(_on(on), progress=_draw_build, is_held=hold)
    click.echo(build_sentence(report))


@digests.command("hold")
@ON
def hold(on: datetime | None) -> None:
    """Hold the letters of a day back that wait for their turn; those that left have left."""
    with transaction():
        n = held.hold(_on(on))
    click.echo(f"{n} letters held. Look at them, then: flask digests release")


@digests.command("held")
@click.option("--json", "as_json", is_flag=True, help="Print the batches as JSON.")
def list_held(as_json: bool) -> None:
    """List what waits to be released, batch by batch."""
    found = held.batches()
    if as_json:
        click.echo(json.dumps([_batch_as_json(batch) for batch in found]))
        return
    for batch in found:
        day_of = f"{batch.on}" if batch.on else "–"
        click.echo(
            f"{batch.email_type.value:<12}{day_of:<12}{batch.letters:>8,} letters with "
            f"{batch.jobs:,} jobs, written {batch.first_at:%Y-%m-%d %H:%M} UTC"
        )
    if not found:
        click.echo("Nothing is held.")


@digests.command("release")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Only the digests of this day.")
def release(on: datetime | None) -> None:
    """Let every held letter go."""
    with transaction():
        n = held.release(on=on.date() if on else None)
    click.echo(f"{n} letters released.")


@digests.command("cancel")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Only the digests of this day.")
@click.confirmation_option(prompt="Stop the held letters? Nobody will get them.")
def cancel(on: datetime | None) -> None:
    """Cancel every held letter; none of them is sent."""
    done = held.cancel(on=on.date() if on else None)
    click.echo(f"{done.done} letters cancelled.")


@digests.command("send")
def send() -> None:
    """Send what waits in the outbox (the same as: flask emails send)."""
    try:
        report = tasks.send_batch(is_forced=True, progress=emails_cli.show_progress)
    except SendingRefusedError as error:
        raise click.ClickException(f"{error}. The letters wait.") from error
    click.echo("\n".join(emails_cli.send_sentences(report) + emails_cli.pause_sentences()))
    sys.exit(emails_cli.exit_status(report))


@digests.command("preview")
@click.argument("email")
@ON
@click.option("--html", is_flag=True, help="Print the HTML body instead of the text.")
def preview(email: str, on: datetime | None, html: bool) -> None:
    """Print the letter that the person's matches of the day make; sends nothing.

    The person sees that somebody looked.
    """
    user = accounts.find(email)
    if user is None:
        raise click.ClickException(f"nobody signs in as {email}; see: flask users list")
    letter = service.preview(user.id, _on(on))
    if letter is None:
        raise click.ClickException("no matches on that day; first run: flask matches run")
    with transaction():
        looking.record(user.id, "preview", actor_id=None)
    click.echo(letter.html if html else f"{letter.subject}\n\n{letter.text}")


@click.command("day")
@ON
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.option("--profile", "is_profiled", is_flag=True, help="Print the share of each leg.")
def day(on: datetime | None, as_json: bool, is_profiled: bool) -> None:
    """Do the whole day: score and match, write the letters, send them.

    Run again, it goes on where it was and sends nothing twice. Exit status: 0 all well, 2 letters
    wait for settings, 3 the mail server is down, 4 some letters failed or are in doubt.
    """
    watch = whole_day.Watch(building=_draw_build, sending=emails_cli.show_progress)
    try:
        report = whole_day.run_day(_on(on), watch)
    except runs.RunTakenError as error:
        raise click.ClickException(f"{error}; see: flask runs list") from error
    profile = profiling.profile_of(report) if is_profiled else None
    if as_json:
        told = _as_json(report) | ({"profile": profiling.as_json(profile)} if profile else {})
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(matching_cli.summary(report.matching))
        click.echo(build_sentence(report.building))
        for leg in report.further:
            said = f"{leg.name}: {leg.letters:,} letters with {leg.jobs:,} jobs"
            click.echo(f"{said} ({leg.seconds:.1f} s)")
        if report.sending:
            ending = emails_cli.send_sentences(report.sending) + emails_cli.pause_sentences()
            click.echo("\n".join(ending))
        if profile:
            click.echo("\n".join(profiling.lines_of(profile)))
    if report.sending is None:
        click.echo(f"{report.refusal}. The letters wait.", err=True)
        sys.exit(emails_cli.EXIT_MISSING)
    sys.exit(emails_cli.exit_status(report.sending))


@click.command("prune")
@click.option(
    "--keep-days",
    type=click.IntRange(min=1),
    default=retention.KEEP_DAYS,
    show_default=True,
    help="Days for which lists never sent, and scores that no match shows, are kept.",
)
@click.option(
    "--keep-run-days",
    type=click.IntRange(min=1),
    default=retention.KEEP_RUN_DAYS,
    show_default=True,
    help="Days for which finished runs are kept.",
)
@click.option("--dry-run", is_flag=True, help="Count what would go; remove nothing.")
def prune(keep_days: int, keep_run_days: int, dry_run: bool) -> None:
    """Remove what old runs left behind that nobody has seen and no letter refers to.

    Safe beside all other work, and to stop and start again at any time.
    """
    done = retention.prune(keep_days=keep_days, keep_run_days=keep_run_days, is_dry=dry_run)
    verb = "would go" if dry_run else "removed"
    click.echo(f"{done.matches:,} matches, {done.scores:,} scores, {done.runs:,} runs {verb}")


def _batch_as_json(batch: held.Batch) -> dict[str, object]:
    return {
        "type": batch.email_type.value,
        "on": batch.on.isoformat() if batch.on else None,
        "letters": batch.letters,
        "jobs": batch.jobs,
        "first_at": batch.first_at.isoformat(),
        "last_at": batch.last_at.isoformat(),
    }


@digests.command("unsubscribe-mail")
@click.argument("path", type=click.Path(exists=True, allow_dash=True))
def unsubscribe_mail(path: str) -> None:
    """End the letters of everybody who asks for it in PATH: mbox, Maildir, one letter, or -.

    PATH is the mailbox of JOBSCORE_MAIL_UNSUBSCRIBE_TO; nothing in it is changed.
    """
    asked = by_mail.end_letters(path)
    click.echo(
        f"{asked.letters:,} read: {asked.ended:,} unsubscribed, {asked.unread:,} without a token "
        "of ours"
    )


def _as_json(report: whole_day.DayReport) -> dict[str, object]:
    return {
        "on": report.on.isoformat(),
        "people": report.matching.processed,
        "counts": dict(report.matching.counts),
        "timings": {name: round(s, 3) for name, s in report.matching.timings.items()},
        "letters": report.building.letters,
        "build_seconds": round(report.building.seconds, 3),
        "skipped": dict(report.building.skipped),
        "further": {leg.name: leg.letters for leg in report.further},
        "sending": emails_cli.report_as_json(report.sending) if report.sending else None,
        "refusal": report.refusal,
    }
