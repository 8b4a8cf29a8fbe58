"""The profile of a day: legs that add up, and that name where the time went."""

import json
import time
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from jobscore.database.transaction import transaction
from jobscore.digests import profile, writing
from jobscore.digests.day import DayReport, Stage, run_day
from jobscore.digests.service import BuildReport
from jobscore.emails.compose import Envelope
from jobscore.emails.tasks import SendReport
from jobscore.matching.models import MatchRun
from jobscore.matching.runs import RunReport
from tests.digests.conftest import DAY

SECONDS = st.floats(0, 5_000)
STAGES = st.sampled_from([*profile.MATCHING, "something new"])


def report_of(
    matching: dict[str, float], letters: dict[str, float], send: float | None, seconds: float
) -> DayReport:
    spent = sum(v for k, v in matching.items() if k != "total")
    return DayReport(
        on=DAY,
        matching=RunReport(1, timings=matching),
        building=BuildReport(DAY, timings=letters),
        sending=None if send is None else SendReport(seconds=send),
        refusal=None,
        stages=(Stage("match", seconds=spent), Stage("letters"), Stage("send")),
        seconds=seconds,
    )


@given(
    st.dictionaries(STAGES, SECONDS),
    st.dictionaries(st.sampled_from(list(profile.LETTERS)), SECONDS),
    st.none() | SECONDS,
    SECONDS,
)
def test_the_shares_add_up_and_no_second_is_lost(
    matching: dict[str, float], letters: dict[str, float], send: float | None, rest: float
) -> None:
    spent = sum(matching.values()) + sum(letters.values()) + (send or 0.0)
    found = profile.profile_of(report_of(matching, letters, send, spent + rest))
    assert sum(leg.permille for leg in found.legs) == 1_000
    assert sum(leg.seconds for leg in found.legs) == pytest.approx(found.seconds)
    assert found.seconds == pytest.approx(spent + rest)
    assert found.legs[-1].name == profile.OTHER
    assert found.legs[-1].seconds == pytest.approx(rest, abs=1e-6)
    assert all(leg.seconds >= 0 and leg.permille >= 0 for leg in found.legs)


def test_a_run_that_was_stopped_counts_its_earlier_attempts() -> None:
    report = report_of({"load": 4.0, "score": 8.0, "total": 12.0}, {}, 1.0, 5.0)
    report.stages[0].seconds = 3.0  # the other nine were yesterday evening
    found = profile.profile_of(report)
    assert found.seconds == pytest.approx(14.0)
    assert {leg.name: leg.seconds for leg in found.legs}["other"] == pytest.approx(1.0)


class SlowServer:
    """A mail server that takes its time over each letter."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> "SlowServer":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def deliver(self, envelope: Envelope) -> str:
        time.sleep(self.seconds)
        return "250 at last"


def test_a_slow_mail_server_shows_as_sending_that_waited(town: Flask) -> None:
    with town.app_context():
        report = run_day(DAY, transport=lambda: SlowServer(0.3))  # type: ignore[arg-type,return-value]
        found = profile.profile_of(report)
    assert report.sending is not None
    assert report.sending.sent == 1
    legs = {leg.name: leg.seconds for leg in found.legs}
    assert legs["send"] >= 0.3
    send = found.stages[-1]
    assert profile.waited(send) >= 0.25
    assert any(line.strip().startswith("send: ") for line in profile.lines_of(found))


def test_a_leg_that_sleeps_shows_up_under_its_name(
    town: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = writing.write

    def slowly(*given: object, **named: object) -> object:
        time.sleep(0.2)
        return write(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "write", slowly)
    with town.app_context():
        found = profile.profile_of(run_day(DAY))
    legs = {leg.name: leg.seconds for leg in found.legs}
    assert legs["letters: write"] >= 0.2
    assert found.seconds - sum(legs.values()) == pytest.approx(0, abs=1e-6)


def test_the_command_prints_the_share_of_each_leg(town: Flask) -> None:
    runner = town.test_cli_runner()
    told = runner.invoke(args=["runs", "day", "--on", str(DAY), "--profile", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout.strip().splitlines()[-1])["profile"]
    names = [leg["name"] for leg in found["legs"]]
    assert {"load: job columns", "score", "select", "explain"} <= set(names)
    assert {"letters: compose", "send", "other"} <= set(names)
    assert sum(leg["percent"] for leg in found["legs"]) == pytest.approx(100)
    assert sum(leg["seconds"] for leg in found["legs"]) == pytest.approx(found["seconds"], abs=0.01)
    assert [stage["name"] for stage in found["stages"]] == ["match", "letters", "send"]
    again = runner.invoke(args=["runs", "day", "--on", str(DAY + timedelta(days=1)), "--profile"])
    assert " 100.0 %" in again.output
    assert "waited" in again.output
    plain = runner.invoke(args=["runs", "day", "--on", str(DAY + timedelta(days=1))])
    assert "waited" not in plain.output


def test_the_build_keeps_the_seconds_of_its_stages(town: Flask) -> None:
    with town.app_context():
        run_day(DAY)
        with transaction() as session:
            kept = {run.kind: run.timings for run in session.query(MatchRun)}
    assert {"read", "compose", "write", "all"} <= set(kept["digest"])
