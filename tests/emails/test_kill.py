"""kill -9 in the middle of a run: nothing lost in silence, nothing sent twice.

The long form, 20 runs of 200 letters, is ``tests/benchmarks/bench_kill.py``.
"""

import pytest
from flask import Flask

from jobscore.emails.models import EmailStatus
from tests.emails import killing
from tests.emails.killing import Plan
from tests.emails.mailserver import Mailbox

PLANS = [
    pytest.param(Plan(letters=120, kills=3, seed=1), id="one sender"),
    pytest.param(
        Plan(letters=90, kills=2, workers=2, seed=2, temporary=0.1, refused=0.05, lost=0.05),
        id="two senders and a server that refuses and drops",
    ),
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_sender_killed_at_any_moment_loses_nothing_and_repeats_nothing(
    app: Flask, mailbox: Mailbox, database_url: str, plan: Plan
) -> None:
    with app.app_context():
        result = killing.run(app, mailbox, database_url, plan)
    killing.check(plan, result)
    if not plan.lost:
        assert result.ends[EmailStatus.FAILED] == 0
