"""``flask policies`` and ``flask scores``: the rules of scores, and scores by hand."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale
from sqlalchemy import select

from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import backtest_cli
from jobscore.matching import cli as matching_cli
from jobscore.scoring import columns, loading, policies, policy_fields, policy_words, service
from jobscore.scoring.models import ScorePolicy
from jobscore.scoring.policy import COMPONENTS, TOTAL_SCALE, Policy, PolicyError, PolicyProblem

P = ParamSpec("P")
R = TypeVar("R")
LIVE = "live"
"""What commands take for the version that is live, whichever that is."""

policies_group = AppGroup("policies", help="Versions of the scoring rules.")
scores = AppGroup("scores", help="Scores of people and jobs.")
BY = click.option("--by", metavar="EMAIL", help="The admin who does it, for the history.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")
TEXT = click.option("--text", default=None, help="What changes and why; shown to everybody.")
SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Change a number, as in weights.location=40; may be repeated.",
)


def _in_words(command: Callable[P, R]) -> Callable[P, R]:
    """Speak English, and have what services raise end the command with exit status 1."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with force_locale("en"):
            return answered(*args, **kwargs)

    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PolicyError as error:
            said = policy_words.sentences(error.problems)
            raise click.ClickException("\n  ".join(["This is no valid policy:", *said])) from error
        except policies.PolicyNotFoundError as error:
            raise click.ClickException(
                f"There is no policy {error}. See: flask policies list"
            ) from error
        except policies.NotADraftError as error:
            raise click.ClickException(
                f"Policy {error} is or was live: it stays as it is. Make a draft from it."
            ) from error
        except policies.AlreadyLiveError as error:
            raise click.ClickException(f"Policy {error} is live already.") from error
        except policies.LiveChangedError as error:
            raise click.ClickException(
                f"Nothing was changed: meanwhile policy {error} became live. Look again."
            ) from error
        except policies.NothingToRollBackError as error:
            raise click.ClickException(
                "No version was live before this one: there is nothing to go back to."
            ) from error

    return guarded


def _rules(version: str) -> Policy:
    """Return a version by name, or the live one; built-in versions need not be stored."""
    return service.active_policy() if version == LIVE else policies.rules_by_name(version)


def _admin(email: str | None) -> int | None:
    if email is None:
        return None
    row = db.session.execute(
        select(User.id, User.is_superuser).where(User.email == email.lower())
    ).one_or_none()
    if row is None or not row.is_superuser:
        raise click.ClickException(f"No admin has the address {email}.")
    return int(row.id)


def _settings(settings: tuple[str, ...]) -> dict[str, int]:
    """Read what ``--set`` was given; everything that is wrong is said at once."""
    found: dict[str, int] = {}
    problems: list[PolicyProblem] = []
    for text in settings:
        try:
            found |= policy_fields.parse_setting(text)
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return found


def _say_changes(old: Policy, new: Policy) -> None:
    for difference in policy_fields.differences(old, new):
        click.echo(f"  {policy_words.change(difference)}   [{difference.field.name}]")


# ---- reading ---------------------------------------------------------------------------------


@policies_group.command("list")
@_in_words
def list_policies() -> None:
    """List all versions, the live one marked, with what the roll-back would bring."""
    for row in service.policies():
        since = row.active_from.strftime("%Y-%m-%d %H:%M UTC") if row.active_from else "-"
        mark = "*" if row.status == "active" else " "
        first = (row.text.splitlines() or [""])[0][:60]
        click.echo(f"{mark} {row.version:<20}  {row.status:<8}  {since:<20}  {first}".rstrip())
    before = policies.version_before()
    if before is not None:
        click.echo(f"flask policies rollback would make {before.version} live again.")


@policies_group.command("show")
@click.argument("version", default=LIVE)
@_in_words
def show_policy(version: str) -> None:
    """Print a version (default: the live one) as JSON. Exit status 1: no such version."""
    click.echo(policies.export_json(_rules(version)))


@policies_group.command("export")
@click.argument("version")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Default: print it.")
@_in_words
def export(version: str, to: Path | None) -> None:
    """Write a version as JSON, for ``flask policies import``."""
    text = policies.export_json(_rules(version)) + "\n"
    if to is None:
        click.echo(text, nl=False)
    else:
        try:
            to.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{to} cannot be written: {error.strerror}") from error
        click.echo(f"Written to {to}.")


@policies_group.command("fields")
@_in_words
def list_fields() -> None:
    """List every number of a policy: its name, live value, range and meaning."""
    live = policy_fields.values(service.active_policy())
    for name, field in policy_fields.FIELDS.items():
        click.echo(f"{name}={live[name]}  ({field.low} to {field.high}) {policy_words.unit(field)}")
        click.echo(f"    {policy_words.label(field)}. {policy_words.meaning(field)}")


@policies_group.command("validate")
@click.argument("what", metavar="[FILE|VERSION]", default=LIVE)
@_in_words
def validate(what: str) -> None:
    """Check a file, or a stored version. Exit status 1: something is wrong, each named."""
    path = Path(what)
    policy = _read(path) if path.is_file() else _rules(what)
    click.echo(f"Policy {policy.version} is valid.")


def _read(path: Path) -> Policy:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read as UTF-8 text: {error}") from error
    return policies.read_json(text)


@policies_group.command("diff")
@click.argument("old")
@click.argument("new", default=LIVE)
@_in_words
def diff(old: str, new: str) -> None:
    """Say in plain words what differs between two versions (default: and the live one)."""
    before, after = _rules(old), _rules(new)
    click.echo(f"{before.version} → {after.version}")
    if before.to_json() | {"version": ""} == after.to_json() | {"version": ""}:
        click.echo("  Every number is the same.")
    _say_changes(before, after)


@policies_group.command("history")
@_in_words
def history() -> None:
    """List when which version became live, and who did it, newest first."""
    for change in policies.history():
        instead = f" instead of {change.previous.version}" if change.previous else ""
        who = change.user.email if change.user else "-"
        click.echo(
            f"{change.changed_at:%Y-%m-%d %H:%M} UTC  {change.policy.version}{instead}  "
            f"{change.kind}  {who}"
        )


# ---- drafts ----------------------------------------------------------------------------------


@policies_group.command("seed")
def seed() -> None:
    """Make the newest built-in policy active, or a draft beside a live one; may run again."""
    with transaction():
        is_new = service.seed_policy()
        live = service.active_policy().version
    click.echo(f"Policy {live} is active." if is_new else f"Policy {live} stays active.")


@policies_group.command("draft")
@click.argument("source", metavar="FROM", default=LIVE)
@click.option("--version", help="Name of the draft; default: the next number.")
@SET
@TEXT
@BY
@_in_words
def draft(
    source: str, version: str | None, settings: tuple[str, ...], text: str | None, by: str | None
) -> None:
    """Make a draft: a copy of a version, with some numbers changed. Nothing changes for people."""
    with transaction():
        before = _rules(source)
        row = policies.create_draft(
            before,
            version=version or policies.suggested_version(before.version),
            changes=_settings(settings),
            text=text or "",
            created_by=_admin(by),
        )
        _say_draft(row, before)


def _say_draft(row: ScorePolicy, before: Policy) -> None:
    click.echo(f"Draft {row.version}, from {before.version}:")
    _say_changes(before, policies.rules_of(row))
    click.echo(f"Next: flask policies backtest {row.version}")


@policies_group.command("edit")
@click.argument("version")
@click.option("--rename", help="Another name for the draft.")
@SET
@TEXT
@BY
@_in_words
def edit(
    version: str, rename: str | None, settings: tuple[str, ...], text: str | None, by: str | None
) -> None:
    """Change numbers, text or name of a draft. Exit status 1: it is or was live."""
    with transaction():
        row = policies.find_version(version)
        before = policies.rules_of(row)
        row = policies.update_draft(
            row.id,
            version=rename or row.version,
            changes=_settings(settings),
            text=row.text if text is None else text,
            changed_by=_admin(by),
        )
        _say_draft(row, before)


@policies_group.command("delete")
@click.argument("version")
@BY
@YES
@_in_words
def delete(version: str, by: str | None, yes: bool) -> None:
    """Delete a draft. Exit status 1: it is or was live."""
    if not yes:
        click.confirm(f"Delete the draft {version}?", abort=True)
    with transaction():
        policies.delete_draft(policies.find_version(version).id, deleted_by=_admin(by))
    click.echo(f"Deleted {version}.")


@policies_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", help="Name of the draft; default: that of the file.")
@TEXT
@BY
@_in_words
def import_file(file: Path, version: str | None, text: str | None, by: str | None) -> None:
    """Make a draft from a JSON file as ``export`` writes it."""
    policy = _read(file)
    with transaction():
        row = policies.create_draft(
            policy, version=version or policy.version, text=text or "", created_by=_admin(by)
        )
        _say_draft(row, service.active_policy())


# ---- live ------------------------------------------------------------------------------------


@policies_group.command("activate")
@click.argument("version")
@BY
@YES
@_in_words
def activate(version: str, by: str | None, yes: bool) -> None:
    """Make a version live. Says first what that means, and asks."""
    row, live = policies.find_version(version), service.active_policy_row()
    new, seen = policies.rules_of(row), live.id if live else 0
    click.echo(f"{live.version if live else 'none'} → {version}")
    _say_changes(service.active_policy(), new)
    outside = policies.people_outside_bounds(new)
    if outside:
        click.echo(f"  {outside} people have own weights that it does not allow.")
    click.echo("Lists and letters from the next run on are made by it; what was sent stays.")
    if not yes:
        click.confirm("Make it live?", abort=True)
    row_id, as_shown = row.id, policies.fingerprint(row)
    db.session.rollback()
    with transaction():
        policies.activate(row_id, instead_of=seen, seen=as_shown, changed_by=_admin(by))
    click.echo(f"Policy {version} is live. To go back: flask policies rollback")


@policies_group.command("rollback")
@BY
@YES
@_in_words
def rollback(by: str | None, yes: bool) -> None:
    """Make the version live again that was live before this one."""
    before, live = policies.version_before(), service.active_policy_row()
    if before is None or live is None:
        raise policies.NothingToRollBackError
    version, goal, seen, old = before.version, before.id, live.id, live.version
    click.echo(f"{old} → {version}")
    _say_changes(policies.rules_of(live), policies.rules_of(before))
    if not yes:
        click.confirm("Make it live again?", abort=True)
    db.session.rollback()
    with transaction():
        policies.roll_back(instead_of=seen, to=goal, changed_by=_admin(by))
    click.echo(f"Policy {version} is live again, instead of {old}.")


@policies_group.command("backtest")
@click.argument("version")
@click.option("--against", default=LIVE, show_default=True, help="Version to compare with.")
@backtest_cli.OPTIONS
@BY
@_in_words
def backtest(version: str, against: str, by: str | None, **options: Any) -> None:
    """Compare what two versions would choose today, for a sample of people. Changes nothing.

    Exit status 1: no such version, or the file of groups cannot be read.
    """
    backtest_cli.run(_rules(version), _rules(against), requested_by=_admin(by), **options)


# ---- scores ----------------------------------------------------------------------------------


@scores.command("show")
@click.argument("email")
@click.argument("job_id", type=int)
def show(email: str, job_id: int) -> None:
    """Compute the score of one person and one open job now, and print its parts.

    Exit status 1: no such person, or the job is not open.
    """
    user_id = db.session.scalar(select(User.id).where(User.email == email.lower()))
    if user_id is None:
        raise click.ClickException(f"Nobody has the address {email}.")
    policy = service.active_policy()
    profiles = loading.load_profiles([user_id], policy)
    if not profiles:
        raise click.ClickException(f"{email} has no profile.")
    found = service.score_jobs(profiles[0], [job_id], policy, columns.job_frame(policy))
    if job_id not in found:
        raise click.ClickException(f"Job {job_id} is not open.")
    score = found[job_id]
    rows = zip(COMPONENTS, score.weights, score.components, strict=True)
    for component, weight, points in rows:
        shown = "not judged" if points < 0 else f"{points / 100:.2f}"
        click.echo(f"{component:<12} {weight:>3} %  {shown:>10}")
    total = "too little known" if score.total is None else f"{score.total / TOTAL_SCALE:.2f}"
    click.echo(f"total {total}, {score.judged} % judged, policy {score.version}")


def init_app(app: Flask) -> None:
    """Add the commands to ``flask``; ``scores run`` is the matching run, which scores."""
    scores.add_command(matching_cli.run)
    app.cli.add_command(policies_group)
    app.cli.add_command(scores)
