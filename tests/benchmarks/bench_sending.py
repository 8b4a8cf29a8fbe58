"""Letters leave: how fast with one sender, whether memory stays, and what trouble leaves behind."""

import dataclasses
import os
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import compose, queue, service, tasks
from jobscore.emails.models import EmailStatus, EmailType
from jobscore.extensions import db
from tests.benchmarks import sink
from tests.benchmarks.measuring import Results, clocks, scaled
from tests.conftest import BACKENDS
from tests.emails import killing, mailserver
from tests.emails.conftest import put

LETTERS = scaled(2_000)
TROUBLED = scaled(400)
#: Seconds that 100,000 letters may take, and megabytes by which a sender may grow meanwhile.
HOUR, GROWTH = 3_600, 16
#: A letter of forty jobs in Japanese, as large as ours are.
TEXT = "看護師（夜勤専従）　医療法人あおぞら　時給1,800円　あなたの希望に合います\n" * 160
HTML = "<table><tr><td style='padding:8px'>" + "看護師（夜勤専従） 1,800円</td></tr>\n" * 800


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture(autouse=True)
def real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases and waits run as they do in the world."""
    monkeypatch.setattr(clock, "_source", clock._system)


@pytest.fixture
def sending_app(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def set_mail_url(app: Flask, url: str) -> None:
    app.config["JOBSCORE"] = dataclasses.replace(app.config["JOBSCORE"], mail_url=url)


def fill(n: int) -> None:
    """Put letters of forty jobs into the outbox."""
    for start in range(0, n, 500):
        with transaction():
            service.enqueue_all(
                [
                    service.Draft(
                        email_type=EmailType.DIGEST,
                        recipient=f"reader{i}@example.com",
                        subject=f"看護師ほか40件の求人 {i}",
                        text=TEXT,
                        html=HTML,
                        locale="ja",
                    )
                    for i in range(start, min(n, start + 500))
                ]
            )
        db.session.expunge_all()


def resident() -> float:
    """Return the megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Memory:
    """Looks at the memory when a quarter of the letters has left, and at the end."""

    def __init__(self, n: int) -> None:
        self.n, self.early, self.late = n, 0.0, 0.0

    def look(self, report: tasks.SendReport) -> None:
        if report.handled == self.n // 4:
            self.early = resident()
        elif report.handled == self.n:
            self.late = resident()


def test_one_sender_through_a_sink(sending_app: Flask, results: Results, backend: str) -> None:
    fill(LETTERS)
    memory = Memory(LETTERS)
    with sink.running() as server:
        set_mail_url(sending_app, f"smtp://127.0.0.1:{server.port}")
        cpu, wall = clocks(lambda: tasks.send_batch(progress=memory.look))
        plain = _plain_seconds(server.port, 200)
    assert server.taken == LETTERS + 200
    assert service.counts_by_status() == {EmailStatus.SENT: LETTERS}
    db.session.rollback()
    amount = f"{LETTERS:,} letters of {len(TEXT.encode() + HTML.encode()) // 1000} kB, {backend}"
    results.bar(
        "100,000 letters through an SMTP sink with one sender",
        amount,
        HOUR,
        wall / LETTERS * 100_000,
        note=f" ({cpu * 1e3 / LETTERS:.1f} ms CPU a letter)",
    )
    if memory.early:
        results.bar(
            "memory grows while three quarters of them leave",
            amount,
            GROWTH,
            max(0.1, memory.late - memory.early),
            unit="MB",
        )
    results.add(
        "sending with claim, record and log",
        amount,
        f"{cpu * 1e3 / LETTERS:.2f} ms a letter",
        f"smtplib.sendmail of the same bytes, nothing kept, {plain * 1e3:.2f} ms",
        plain / (cpu / LETTERS),
    )


def _plain_seconds(port: int, n: int) -> float:
    """Return the CPU seconds of one letter that is only made and handed over."""
    letter = compose.Letter(
        recipient="reader@example.com",
        subject="看護師ほか40件の求人",
        text=TEXT,
        html=HTML,
        locale="ja",
        message_id="letter.1@example.com",
    )
    payload = compose.envelope(letter, service.sender(), clock.now()).payload
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        began = time.process_time()
        for _ in range(n):
            smtp.sendmail("jobs@example.com", ["reader@example.com"], payload)
        return (time.process_time() - began) / n


def test_trouble_leaves_no_letter_without_an_end(
    sending_app: Flask, results: Results, backend: str
) -> None:
    """10 % refused for now, 5 % for good, 5 % of answers lost."""
    plan = killing.Plan(letters=TROUBLED, temporary=0.1, refused=0.05, lost=0.05, seed=7)
    ids = put(plan.letters)
    trouble = killing.Trouble(plan)
    with mailserver.running() as box:
        box.on_recipient, box.drop_after_data = trouble.on_recipient, trouble.drop
        set_mail_url(sending_app, box.url)
        began = clock.now()
        for minutes in (0, 2, 10):
            with clock.set_to(began + minutes * queue.BACK_OFF[0]):
                tasks.send_batch(is_forced=True)
        found = killing.judged(ids, box)
    moods = {mood: trouble.moods.count(mood) for mood in ("temporary", "refused", "lost", "")}
    assert found.ends == {
        EmailStatus.SENT: moods["temporary"] + moods[""],
        EmailStatus.FAILED: moods["refused"],
        EmailStatus.IN_DOUBT: moods["lost"],
    }
    assert found.twice == found.missing == found.unknown == found.silent == 0
    ended = ", ".join(f"{n:,} {status}" for status, n in sorted(found.ends.items()))
    results.add("10 % later, 5 % refused, 5 % answers lost", f"{TROUBLED:,}, {backend}", ended)
