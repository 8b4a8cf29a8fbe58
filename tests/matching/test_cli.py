"""The commands of policies, scores, matches and runs: what they print and how they end."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.matching import runs, service
from jobscore.matching.models import MatchRun, RunStatus
from jobscore.scoring.models import PolicyStatus, ScorePolicy
from jobscore.scoring.policy import FIRST
from tests.matching.test_runs import people_and_jobs, town

__all__ = ["town"]


@pytest.fixture
def backend():
    """The services behind the commands are tested on both databases."""
    return "sqlite"


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def flask_command(app, session):
    """Run `flask …` and return its result, on committed rows."""

    def run(*words):
        session.commit()
        result = app.test_cli_runner().invoke(args=list(words))
        session.expire_all()
        return result

    return run


def test_matches_run_says_what_it_did_and_runs_shows_it(session, town, flask_command):
    users, _ = people_and_jobs(session, town, people=2, jobs=30)
    result = flask_command("matches", "run")
    assert result.exit_code == 0
    assert "2 people x 30 jobs, 60 matches" in result.output
    assert "2 people got fewer than forty, 0 none" in result.output
    assert "2  No more open jobs" in result.output
    assert len(service.matches_on(users[0])) == 30
    run_id = session.scalar(select(MatchRun.id))
    assert f"{run_id}  match   2026-03-02  done" in flask_command("runs", "list").output
    shown = flask_command("runs", "show", str(run_id))
    assert shown.exit_code == 0
    assert "matches                  60" in shown.output


def test_matches_run_for_another_day(session, town, flask_command):
    users, _ = people_and_jobs(session, town, people=1, jobs=3)
    assert flask_command("matches", "run", "--on", "2026-03-05").exit_code == 0
    assert service.matches_on(users[0]) == []
    assert session.scalar(select(MatchRun.run_on)).isoformat() == "2026-03-05"


def test_a_run_that_another_worker_holds_ends_with_status_1(session, town, flask_command):
    with transaction():
        run = runs.request_run()
        run.status, run.heartbeat_at = RunStatus.RUNNING, clock.now()
    result = flask_command("matches", "run")
    assert result.exit_code == 1
    assert "running" in result.output


def test_an_unknown_run_ends_with_status_1(session, flask_command):
    result = flask_command("runs", "show", "77")
    assert result.exit_code == 1
    assert "There is no run 77." in result.output


def test_the_policy_is_seeded_once_and_printed(session, flask_command):
    assert "is active" in flask_command("policies", "seed").output
    assert "stays active" in flask_command("policies", "seed").output
    assert len(session.scalars(select(ScorePolicy.id)).all()) == 1
    printed = json.loads(flask_command("policies", "show").output)
    assert printed["weights"]["location"] == 35


def test_seeding_leaves_an_older_live_policy_live_and_adds_the_newest_as_a_draft(
    session, flask_command
):
    with transaction():
        session.add(
            ScorePolicy(version="1.0", status=PolicyStatus.ACTIVE, definition=FIRST.to_json())
        )
    assert "Policy 1.0 stays active." in flask_command("policies", "seed").output
    flask_command("policies", "seed")
    found = session.scalars(select(ScorePolicy).order_by(ScorePolicy.id)).all()
    assert [(p.version, p.status) for p in found] == [
        ("1.0", PolicyStatus.ACTIVE),
        ("1.2", PolicyStatus.DRAFT),
    ]


def test_a_score_is_shown_in_its_parts(session, town, flask_command):
    users, jobs = people_and_jobs(session, town, people=1, jobs=1)
    email = session.scalar(select(User.email).where(User.id == users[0]))
    result = flask_command("scores", "show", email, str(jobs[0]))
    assert result.exit_code == 0
    assert "skill_match   30 %" in result.output
    assert "% judged, policy 1.2" in result.output
    assert flask_command("scores", "show", "nobody@example.com", "1").exit_code == 1
    assert flask_command("scores", "show", email, "999").exit_code == 1


@pytest.mark.parametrize("settings", [{"default_locale": "ja"}])
def test_the_terminal_speaks_english_whatever_the_pages_speak(session, town, flask_command):
    people_and_jobs(session, town, people=1, jobs=2)
    assert "No more open jobs" in flask_command("matches", "run").output
    assert "Weight: Location: 30 → 35" in flask_command("policies", "diff", "1.0", "1.1").output
