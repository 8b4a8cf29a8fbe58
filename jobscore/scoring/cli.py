"""``flask policies`` and ``flask scores``: the rules of scores, and scores by hand."""

import json

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import cli as matching_cli
from jobscore.scoring import loading, service
from jobscore.scoring.policy import COMPONENTS, TOTAL_SCALE

policies = AppGroup("policies", help="Versions of the scoring rules.")
scores = AppGroup("scores", help="Scores of people and jobs.")


@policies.command("seed")
def seed() -> None:
    """Make the newest built-in policy active, or a draft beside a live one; may run again."""
    with transaction():
        is_new = service.seed_policy()
        live = service.active_policy().version
    click.echo(f"Policy {live} is active." if is_new else f"Policy {live} stays active.")


@policies.command("show")
def show_policy() -> None:
    """Print the live policy as JSON."""
    click.echo(json.dumps(service.active_policy().to_json(), indent=2, ensure_ascii=False))


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
    found = service.score_jobs(profiles[0], [job_id], policy, loading.job_frame(policy))
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
    app.cli.add_command(policies)
    app.cli.add_command(scores)
