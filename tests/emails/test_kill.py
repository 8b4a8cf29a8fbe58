"""kill -9 in the middle of a run: nothing lost in silence, nothing sent twice."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from jobscore import clock
from jobscore.emails import queue
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.extensions import db
from tests.conftest import SETTINGS
from tests.emails.conftest import send
from tests.emails.mailserver import Mailbox

LETTERS = 120
KILLS = 3
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backend() -> str:
    """SQLite: the file must survive a process that dies while it writes."""
    return "sqlite"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_sender_killed_at_any_moment_loses_nothing_and_repeats_nothing(
    app: Flask, outbox: Callable[..., list[int]], mailbox: Mailbox, database_url: str, seed: int
) -> None:
    ids = outbox(LETTERS)
    dice = random.Random(seed)
    for _ in range(KILLS):
        _kill_in_the_middle(database_url, app.instance_path, mailbox, dice)
    with clock.set_to(clock.now() + queue.LEASE + timedelta(minutes=1)):
        send(is_forced=True)
    db.session.rollback()
    rows = db.session.execute(select(EmailLog.message_id, EmailLog.status)).all()
    ends = Counter(row.status for row in rows)
    assert set(ends) <= {EmailStatus.SENT, EmailStatus.IN_DOUBT}
    assert len(rows) == len(ids)
    assert ends[EmailStatus.IN_DOUBT] <= KILLS
    arrived = Counter(mailbox.ids)
    assert max(arrived.values()) == 1, "nothing twice"
    sent = {row.message_id for row in rows if row.status is EmailStatus.SENT}
    assert sent <= set(arrived), "what counts as sent has arrived"


def _kill_in_the_middle(url: str, folder: str, mailbox: Mailbox, dice: random.Random) -> None:
    """Start ``flask emails send`` and kill it once it has sent a few letters more."""
    settings = SETTINGS | {"database_url": url, "instance_dir": folder, "mail_url": mailbox.url}
    names = {f"JOBSCORE_{k.upper()}": str(v) for k, v in settings.items()}
    before, wanted = len(mailbox.received), dice.randint(1, LETTERS // (KILLS + 2))
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "emails", "send"],
        cwd=ROOT,
        env=os.environ | names,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while len(mailbox.received) < before + wanted and process.poll() is None:
        assert time.monotonic() < deadline, "the sender never started"
        time.sleep(0.001)
    time.sleep(dice.random() * 0.01)
    assert process.poll() is None, "it was killed in the middle, not after its end"
    process.kill()
    process.wait()
