"""Senders that are killed at random moments, before a server that misbehaves; and what must hold.

Real processes, a real server, one database. Used by the suite (few kills) and by ``make bench``.
"""

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from jobscore import clock, config
from jobscore.emails import queue, service
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.extensions import db
from tests.conftest import SETTINGS
from tests.emails.conftest import put, send
from tests.emails.mailserver import Mailbox

ROOT = Path(__file__).resolve().parents[2]
#: Seconds until the processes must have done something.
PATIENCE = 90


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in one run; the shares are of letters."""

    letters: int = 200
    kills: int = 3
    workers: int = 1
    seed: int = 1
    #: Refused for now at their first try.
    temporary: float = 0.0
    #: Refused for good.
    refused: float = 0.0
    #: Taken, and the connection breaks before the answer.
    lost: float = 0.0


@dataclass(slots=True)
class Result:
    """What became of the letters of one run."""

    ends: Counter[EmailStatus] = field(default_factory=Counter)
    #: Letters that the server took, without those that it took twice.
    arrived: int = 0
    twice: int = 0
    #: Letters that the server took and the log does not know as sent or in doubt.
    unknown: int = 0
    #: Letters that count as sent and never arrived.
    missing: int = 0
    #: Letters that ended without saying why.
    silent: int = 0
    lost_answers: int = 0
    killed: int = 0


class Trouble:
    """A server's moods: what it does to a letter follows from the reader's number."""

    def __init__(self, plan: Plan) -> None:
        dice = random.Random(plan.seed)
        moods = ["temporary", "refused", "lost", ""]
        shares = [plan.temporary, plan.refused, plan.lost]
        self.moods = dice.choices(moods, [*shares, 1 - sum(shares)], k=plan.letters)
        self.refused_once: set[int] = set()
        self.lost = 0
        self.dice = dice

    def attach(self, box: Mailbox) -> None:
        """Have a mailbox behave so."""
        box.on_recipient = self.on_recipient
        box.drop_after_data = self.drop
        box.waits = lambda: (
            self.dice.random() * 0.004,
            self.dice.random() * 0.004,
            self.dice.random() * 0.004,
        )

    def on_recipient(self, address: str) -> str | None:
        """Refuse who is to be refused."""
        reader = _number(address)
        mood = self.moods[reader]
        if mood == "refused":
            return "554 5.7.1 not wanted here"
        if mood == "temporary" and reader not in self.refused_once:
            self.refused_once.add(reader)
            return "451 4.7.1 come back later"
        return None

    def drop(self, content: bytes) -> bool:
        """Lose the answer to a letter that was taken."""
        found = re.search(rb"(?m)^To: reader(\d+)@", content)
        is_lost = found is not None and self.moods[int(found[1])] == "lost"
        self.lost += is_lost
        return is_lost


def _number(address: str) -> int:
    return int(re.sub(r"\D", "", address.partition("@")[0]))


def run(app: Flask, box: Mailbox, url: str, plan: Plan) -> Result:
    """Put letters into the outbox, kill senders in the middle, let the last one finish; tell."""
    trouble = Trouble(plan)
    trouble.attach(box)
    ids = put(plan.letters)
    killed = sum(_kill_in_the_middle(app, box, url, plan, trouble.dice) for _ in range(plan.kills))
    _finish()
    result = judged(ids, box)
    result.killed, result.lost_answers = killed, trouble.lost
    return result


def _finish() -> None:
    """Send what is left, as time goes by: leases run out, letters come back from their waits."""
    later = clock.now() + queue.LEASE + timedelta(minutes=1)
    for hours in range(12):
        with clock.set_to(later + timedelta(hours=hours)):
            send(is_forced=True)
        left = service.counts_by_status()
        db.session.rollback()
        if not left.keys() & {EmailStatus.PENDING, EmailStatus.SENDING}:
            return


def judged(ids: Sequence[int], box: Mailbox) -> Result:
    """Compare what the log says of letters with what the server took."""
    db.session.rollback()
    rows = db.session.execute(
        select(EmailLog.message_id, EmailLog.status, EmailLog.error_message).where(
            EmailLog.id.in_(ids)
        )
    ).all()
    db.session.rollback()
    assert len(rows) == len(ids), "no row is lost"
    taken = Counter(box.ids)
    of = {row.message_id: row.status for row in rows}
    may_have_come = {EmailStatus.SENT, EmailStatus.IN_DOUBT}
    return Result(
        ends=Counter(row.status for row in rows),
        arrived=len(taken),
        twice=sum(n - 1 for n in taken.values()),
        unknown=sum(of.get(i) not in may_have_come for i in taken),
        missing=sum(s is EmailStatus.SENT and i not in taken for i, s in of.items()),
        silent=sum(row.status is not EmailStatus.SENT and not row.error_message for row in rows),
    )


def check(plan: Plan, result: Result) -> None:
    """Assert what must hold after every run."""
    ended = {EmailStatus.SENT, EmailStatus.FAILED, EmailStatus.IN_DOUBT}
    assert set(result.ends) <= ended, result
    assert result.twice == 0, "nothing is sent twice"
    assert result.missing == 0, "what counts as sent has arrived"
    assert result.unknown == 0, "what arrived counts as sent, or is in doubt"
    assert result.silent == 0, "nothing ends without its reason"
    most = plan.kills * plan.workers + result.lost_answers
    assert result.ends[EmailStatus.IN_DOUBT] <= most, result
    assert result.killed > 0, "somebody was killed"


def start_sender(app: Flask, url: str, mail_url: str) -> "subprocess.Popen[bytes]":
    """Start ``flask emails send`` on a database."""
    folder = str(config.current(app).instance)
    settings = SETTINGS | {"database_url": url, "instance_dir": folder, "mail_url": mail_url}
    names = {f"JOBSCORE_{k.upper()}": str(v) for k, v in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "emails", "send"],
        cwd=ROOT,
        env=os.environ | names,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kill_in_the_middle(app: Flask, box: Mailbox, url: str, plan: Plan, dice: random.Random) -> int:
    """Start senders, kill each at a random moment; return how many were alive until then."""
    share = plan.letters // (plan.kills + 2)
    before, wanted = len(box.received), dice.randint(1, max(1, share))
    senders = [start_sender(app, url, box.url) for _ in range(plan.workers)]
    deadline = time.monotonic() + PATIENCE
    while len(box.received) < before + wanted and any(p.poll() is None for p in senders):
        assert time.monotonic() < deadline, "the sender never started"
        time.sleep(0.001)
    killed = 0
    for process in senders:
        time.sleep(dice.random() * 0.02)
        killed += process.poll() is None
        process.kill()
    for process in senders:
        process.wait()
    return killed
