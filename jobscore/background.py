"""The worker loop: claims one unit of work after another from the tables that are the queues.

A task is a function without arguments that claims one unit, finishes it, and returns whether there
was one. Features register theirs with :func:`task`; ``flask work`` calls them in turn.
"""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from jobscore import config, logs
from jobscore.database import queries
from jobscore.database.validation import (
    SchemaReport,
    SchemaState,
    SchemaWatch,
    wait_until_current,
)
from jobscore.extensions import db

log = logs.get("jobscore.worker")

#: Seconds between looks at empty queues.
IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """One queue: its name in logs and the function that takes a unit from it."""

    name: str
    run_one: Callable[[], bool]


_tasks: dict[str, Task] = {}


def task(name: str) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Register a function that claims and finishes one unit and returns whether it found one."""

    def register(function: Callable[[], bool]) -> Callable[[], bool]:
        _tasks[name] = Task(name, function)
        return function

    return register


def run_pending(app: Flask, *, stop: threading.Event | None = None) -> int:
    """Run units until every queue is empty (or ``stop`` is set); return how many were run.

    An error in one unit is logged and ends that queue's turn; the others go on.
    """
    stop = stop or threading.Event()
    done = 0
    with app.app_context():
        for one in list(_tasks.values()):
            while not stop.is_set():
                try:
                    with queries.unit(f"task {one.name}", is_batch=True):
                        found = one.run_one()
                except Exception:
                    log.exception("task failed", task=one.name)
                    db.session.rollback()
                    stop.wait(IDLE_SECONDS)
                    break
                finally:
                    db.session.remove()
                if not found:
                    break
                done += 1
    return done


def _refuse_other_schema(report: SchemaReport, stop: threading.Event) -> None:
    """End the command where the tables are not those that the code was written for.

    A worker that was told to stop ends in peace.
    """
    if report.state is not SchemaState.CURRENT and not stop.is_set():
        raise click.ClickException(report.sentence)


@click.command("work")
@click.option("--once", is_flag=True, help="Empty the queues, then stop.")
@with_appcontext
def work(once: bool) -> None:
    """Take work from the queues: imports, matching, letters. Any number of these may run."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    seconds = config.current(app).schema_wait_seconds
    _refuse_other_schema(wait_until_current(db.engine, seconds, stop=stop), stop)
    watch = SchemaWatch()
    log.info("worker started", tasks=sorted(_tasks))
    while not stop.is_set():
        report = watch.report(db.engine)
        if report.state is not SchemaState.UNREACHABLE:  # that passes; the tasks log it
            _refuse_other_schema(report, stop)
        done = run_pending(app, stop=stop)
        if once and not done:
            break
        if not done:
            stop.wait(IDLE_SECONDS)
    log.info("worker stopped")
