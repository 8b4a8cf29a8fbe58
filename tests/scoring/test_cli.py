"""``flask policies``: what each command prints, how it ends, and what it says of garbage."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.matching.models import Backtest, MatchRun, RunStatus
from jobscore.scoring import policies, policy_fields, service
from jobscore.scoring.models import ScorePolicy
from jobscore.scoring.policy import LATEST
from tests import factories
from tests.matching.test_runs import people_and_jobs, town

__all__ = ["town"]
LIVE = LATEST.version
NEXT = "9.1"


@pytest.fixture
def backend():
    """The services behind the commands are tested on both databases."""
    return "sqlite"


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def flask_policies(app, session):
    """Run ``flask policies …`` on committed rows; give its exit status and what it printed."""

    def run(*words, answer=None):
        session.commit()
        result = app.test_cli_runner().invoke(args=["policies", *words], input=answer)
        session.expire_all()
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    assert run("seed")[0] == 0
    return run


def test_a_draft_says_what_changes_and_what_comes_next(session, flask_policies):
    location, salary = LATEST.weights[1], LATEST.weights[2]
    status, said = flask_policies(
        "draft",
        LIVE,
        "--version",
        NEXT,
        "--set",
        f"weights.location={location + 5}",
        "--set",
        f"weights.salary={salary - 5}",
        "--set",
        "level_credit=50,80,100,100,100",
        "--set",
        "half_distance_km=25",
        "--text",
        "Place matters more.",
    )
    assert status == 0
    assert f"Draft {NEXT}, from {LIVE}:" in said
    assert f"Weight: Location: {location} → {location + 5}   [weights.location]" in said
    assert "Worth of a skill at level 1: 60 → 50   [parameters.level_credit.1]" in said
    assert f"Next: flask policies backtest {NEXT}" in said
    assert policies.find_version(NEXT).text == "Place matters more."
    assert flask_policies("diff", LIVE, NEXT)[1].count("→") == 5
    assert flask_policies("diff", LIVE, LIVE)[1].endswith("Every number is the same.\n")
    assert service.active_policy() == LATEST


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--set", "weights.location=99"], "The five weights must add up to 100; they add up to"),
        (["--set", "half_distance_km=0"], "(parameters.half_distance_km): Must be from 1 to 500"),
        (["--set", "neutral=many"], "(neutral): Must be a whole number."),
        (["--set", "neutral"], "Needs a value, as in weights.location=40."),
        (["--set", "luck=3"], "luck: There is no field of this name."),
        (["--set", "level_credit=1,2"], "parameters.level_credit: Needs 5 numbers."),
        (["--set", "bounds.salary=50,20"], "Pay: highest own weight (bounds.salary.2): Must be"),
        (["--set", "neutral=" + "9" * 5_000], "(neutral): Must be a whole number."),
        (["--version", "two words"], "Version: Must be 1 to 20 letters"),
        (["--version", LIVE], "Version: There is a version of this name already."),
        (["--by", "nobody@example.com"], "No admin has the address nobody@example.com."),
    ],
)
def test_what_is_wrong_is_said_with_the_field_and_nothing_is_kept(
    session, flask_policies, words, wanted
):
    status, said = flask_policies("draft", LIVE, *words)
    assert status == 1
    assert wanted in said
    assert len(session.scalars(select(ScorePolicy)).all()) == 1


def test_a_draft_is_edited_and_deleted(session, flask_policies):
    flask_policies("draft", "--version", NEXT)
    status, said = flask_policies("edit", NEXT, "--set", "new_days=9", "--rename", "9.2")
    assert (status, "New: 7 → 9" in said) == (0, True)
    assert flask_policies("delete", "9.2", answer="n\n")[0] == 1
    assert policies.find_version("9.2")
    assert flask_policies("delete", "9.2", "--yes") == (0, "Deleted 9.2.\n")
    assert flask_policies("delete", "9.2", "--yes")[0] == 1
    status, said = flask_policies("edit", LIVE, "--set", "new_days=9")
    assert (status, "is or was live: it stays as it is" in said) == (1, True)


def test_activate_says_what_it_means_asks_and_writes_down_who(session, flask_policies):
    admin = factories.user(session, email="boss@example.com", is_superuser=True)
    flask_policies("draft", "--version", NEXT, "--set", "new_days=9")
    status, said = flask_policies("activate", NEXT, answer="n\n")
    assert (status, f"{LIVE} → {NEXT}" in said, "New: 7 → 9" in said) == (1, True, True)
    assert service.active_policy() == LATEST
    status, said = flask_policies("activate", NEXT, "--by", "Boss@example.com", answer="y\n")
    assert (status, f"Policy {NEXT} is live." in said) == (0, True)
    assert policies.history()[0].changed_by == admin.id
    status, said = flask_policies("activate", NEXT, "--yes")
    assert (status, "is live already" in said) == (1, True)
    assert "boss@example.com" in flask_policies("history")[1]
    listed = flask_policies("list")[1]
    assert f"* {NEXT}" in listed
    assert f"flask policies rollback would make {LIVE} live again." in listed


def test_rollback_is_one_step(session, flask_policies):
    status, said = flask_policies("rollback", "--yes")
    assert (status, "nothing to go back to" in said) == (1, True)
    flask_policies("draft", "--version", NEXT, "--set", "new_days=9")
    flask_policies("activate", NEXT, "--yes")
    assert flask_policies("rollback", answer="\n")[0] == 1
    status, said = flask_policies("rollback", "--yes")
    assert (status, f"Policy {LIVE} is live again, instead of {NEXT}." in said) == (0, True)
    assert service.active_policy() == LATEST


def test_a_version_goes_out_and_comes_in_again(session, flask_policies, tmp_path):
    file = tmp_path / "policy.json"
    assert flask_policies("export", LIVE, "--to", str(file))[0] == 0
    assert json.loads(flask_policies("show")[1]) == json.loads(file.read_text("utf-8"))
    assert flask_policies("validate", str(file)) == (0, f"Policy {LIVE} is valid.\n")
    assert flask_policies("validate", LIVE)[0] == 0
    assert flask_policies("import", str(file))[0] == 1  # the name is taken
    status, said = flask_policies("import", str(file), "--version", NEXT)
    assert (status, f"Draft {NEXT}" in said) == (0, True)
    assert policies.rules_by_name(NEXT).weights == LATEST.weights


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe{",
        b'{"weights": 3}',
        b'{"luck": 7}',
        b"PK\x03\x04",
        b"[" * 9_999,
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_a_sentence(flask_policies, tmp_path, content):
    file = tmp_path / "odd.json"
    file.write_bytes(content)
    for command in ("validate", "import"):
        status, said = flask_policies(command, str(file))
        assert status == 1
        assert said.startswith("Error: ")
        assert "Traceback" not in said


@pytest.mark.parametrize(
    "words", [("show", "7"), ("diff", "7"), ("activate", "7"), ("backtest", "7"), ("validate", "7")]
)
def test_an_unknown_version_ends_with_status_1(flask_policies, words):
    status, said = flask_policies(*words)
    assert status == 1
    assert "There is no policy 7. See: flask policies list" in said


def test_every_field_is_listed_with_range_and_meaning(flask_policies):
    said = flask_policies("fields")[1]
    for name, value in policy_fields.values(LATEST).items():
        assert f"{name}={value}  (" in said


def test_a_backtest_prints_what_would_change_and_leaves_its_result(
    session, town, flask_policies, tmp_path
):
    users, _ = people_and_jobs(session, town, people=3, jobs=50)
    email = session.scalar(select(User.email).where(User.id == users[0]))
    groups = tmp_path / "groups.csv"
    groups.write_text(f"email,group\n{email},north\n", "utf-8")
    flask_policies("draft", "--version", NEXT, "--set", "coverage_floor=100")
    status, said = flask_policies("backtest", NEXT, "--people", "2", "--groups", str(groups))
    assert status == 0
    assert f"{LIVE} → {NEXT}, 2 people x 50 jobs" in said
    assert "overlap@40             0.0 %" in said
    assert "fewer than 40          0 → 2" in said
    assert "little_known         0 → 2" in said
    assert "north                1 people" in said
    run = session.scalars(select(MatchRun)).one()
    assert run.status is RunStatus.DONE
    assert session.get(Backtest, run.id).result["people"] == 2
    status, printed = flask_policies("backtest", NEXT, "--all", "--json", "--against", NEXT)
    data = json.loads(printed)
    assert (status, data["people"], data["mean_overlap"]) == (0, 3, 100)
    assert "groups" not in data


def test_a_file_of_groups_that_cannot_be_read_stops_the_backtest(flask_policies, tmp_path, session):
    groups = tmp_path / "groups.csv"
    groups.write_text("a@example.com\n", "utf-8")
    status, said = flask_policies("backtest", LIVE, "--groups", str(groups))
    assert status == 1
    assert "line 1: an address and a group are needed" in said
    groups.write_bytes(b"\xff\xfe\x00")
    assert flask_policies("backtest", LIVE, "--groups", str(groups))[0] == 1
    assert flask_policies("backtest", LIVE, "--people", "0")[0] == 2
    assert session.scalars(select(MatchRun)).all() == []
