"""People who read and write while a migration runs, and how long each of them waited.

Reader and writer are processes of their own, so that nothing the migration does in Python makes
them wait: what is measured is PostgreSQL. Run as ``python -m tests.benchmarks.traffic ROLE URL``
they ask until their input is closed, then print every request.
"""

import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("reader", "writer")
#: Seconds between two requests of one person.
PAUSE = 0.003

Connection = psycopg.Connection[Any]
Work = Callable[[Connection, int], None]

_LISTED = "id, title, company_name, location, salary_min, salary_max, posted_date"


def _read_one(connection: Connection, last: int) -> None:
    connection.execute(
        f"SELECT {_LISTED}, description, requirements FROM jobs WHERE id = %s",
        (random.randint(1, last),),
    ).fetchall()


def _read_page(connection: Connection, last: int) -> None:
    connection.execute(
        f"SELECT {_LISTED} FROM jobs WHERE is_active AND (posted_date, id) < "
        "(current_date - %s::int, %s) ORDER BY posted_date DESC, id DESC LIMIT 21",
        (random.randint(0, 60), last),
    ).fetchall()


def _read_matches(connection: Connection, last: int) -> None:
    connection.execute(
        "SELECT m.position, s.total_score, j.title FROM matching_results m "
        "JOIN job_scores s ON s.id = m.job_score_id JOIN jobs j ON j.id = m.job_id "
        "WHERE m.user_id = %s ORDER BY m.match_on DESC, m.position LIMIT 40",
        (random.randint(1, max(1, last // 1000)),),
    ).fetchall()


def _change(connection: Connection, last: int) -> None:
    connection.execute(
        "UPDATE jobs SET title = left(title, 250) || '.', updated_at = now() WHERE id = %s",
        (random.randint(2, last),),
    )


def _insert(connection: Connection, last: int) -> None:
    connection.execute(
        "INSERT INTO jobs (title, company_name, description, location, salary_min, salary_max) "
        "VALUES ('New', 'Example K.K.', 'While the schema changes', 'Tokyo', 1, 2)",
    )


def _mark_viewed(connection: Connection, last: int) -> None:
    connection.execute(
        "UPDATE matching_results SET is_viewed = true WHERE user_id = %s AND position = %s",
        (random.randint(1, max(1, last // 1000)), random.randint(1, 40)),
    )


WORKS: dict[str, tuple[Work, ...]] = {
    "reader": (_read_one, _read_page, _read_one, _read_matches),
    "writer": (_change, _insert, _change, _mark_viewed),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it was sent (``time.monotonic``, shared by all processes), seconds."""

    began: float
    took: float


@dataclass(frozen=True, slots=True)
class Waits:
    """The longest wait of each person in a span of time, in seconds, and how many they asked."""

    reader: float
    writer: float
    requests: int

    @property
    def longest(self) -> float:
        """Return the longest of all."""
        return max(self.reader, self.writer)


class Traffic:
    """A reader and a writer at work: a context manager. Ask for :meth:`waits` afterwards."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._people: dict[str, subprocess.Popen[str]] = {}
        self._requests: dict[str, list[Request]] = {}

    def __enter__(self) -> "Traffic":
        for role in ROLES:
            self._people[role] = subprocess.Popen(
                [sys.executable, "-m", __name__, role, self._url],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        for person in self._people.values():
            assert person.stdout is not None
            assert person.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_error: object) -> None:
        for role, person in self._people.items():
            told, _none = person.communicate(timeout=600)
            assert person.returncode == 0, f"a request of the {role} failed"
            self._requests[role] = [Request(*pair) for pair in json.loads(told)]

    def waits(self, since: float, until: float) -> Waits:
        """Return the longest waits of requests that were under way between two moments."""
        found = {
            role: [r.took for r in requests if r.began < until and r.began + r.took > since]
            for role, requests in self._requests.items()
        }
        return Waits(
            reader=max(found["reader"], default=0.0),
            writer=max(found["writer"], default=0.0),
            requests=sum(map(len, found.values())),
        )


@contextmanager
def long_transaction(url: str, seconds: float) -> Iterator[None]:
    """Somebody who has read and written in every table and takes ``seconds`` to commit.

    They changed job 1, which the writer leaves alone: two writers of one row wait for each other
    whether somebody migrates or not.
    Whatever wants a stronger lock stands in a queue behind them, and others behind it.
    """
    begun, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename <> 'alembic_version' ORDER BY 1"
            )
            names = sql.SQL(", ").join(sql.Identifier(row[0]) for row in rows.fetchall())
            for mode in ("ACCESS SHARE", "ROW EXCLUSIVE"):
                connection.execute(sql.SQL("LOCK TABLE {} IN " + mode + " MODE").format(names))
            connection.execute("UPDATE jobs SET updated_at = now() WHERE id = 1")
            begun.set()
            ended.wait(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert begun.wait(30)
        yield
    finally:
        ended.set()
        thread.join()


def ask(role: str, url: str) -> list[tuple[float, float]]:
    """Ask one request after another until standard input ends; return when, and how long."""
    stopped = threading.Event()
    asked: list[tuple[float, float]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        last = cast(int, connection.execute("SELECT max(id) FROM jobs").fetchall()[0][0])
        for work in WORKS[role]:
            work(connection, last)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
        for work in itertools.cycle(WORKS[role]):
            if stopped.is_set():
                return asked
            began = time.monotonic()
            work(connection, last)
            asked.append((began, time.monotonic() - began))
            time.sleep(PAUSE)
    return asked


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(sys.argv[1], sys.argv[2])))
