"""Serve the demo on loopback: web server, one worker, and the SMTP server that they mail to."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import waitress
from flask import Flask

from jobscore import config

HOST = "127.0.0.1"
#: Seconds that the worker has to finish its unit before it is stopped hard; its lease then runs
#: out and the unit is done again.
PATIENCE = 15
#: Slow or many connections must not keep the healthy ones waiting.
CONNECTION_LIMIT, CHANNEL_TIMEOUT, THREADS = 2000, 20, 8


class PortTakenError(Exception):
    """Something else listens there."""


def serve(app: Flask, port: int, folder: Path, tell: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM, then stop the worker and the SMTP server in good order.

    :param folder: the outbox.
    :raises PortTakenError: when ``port`` is not free.
    """
    # The SMTP server comes with the extra `demo`; the commands must load without it.
    from jobscore.demo.outbox import Outbox

    try:
        server = waitress.create_server(
            app,
            host=HOST,
            port=port,
            threads=THREADS,
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=CHANNEL_TIMEOUT,
            ident="",
            max_request_body_size=(config.current(app).upload_limit_mb + 1) * 1024 * 1024,
        )
    except OSError as error:
        raise PortTakenError(f"port {port} is taken ({error.strerror})") from error
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with Outbox(folder) as outbox, _worker(outbox.url, tell):
            tell(f"Serving on http://{HOST}:{port} (Ctrl-C stops)")
            server.run()
    finally:
        server.close()
        signal.signal(signal.SIGTERM, before)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def _worker(mail_url: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Run ``flask work`` beside the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "jobscore.app", "work"],
        env={**os.environ, "JOBSCORE_MAIL_URL": mail_url},
    )
    stopping = threading.Event()

    def watch() -> None:
        process.wait()
        if not stopping.is_set():
            tell(f"The worker ended by itself ({process.returncode}): nothing is imported or sent.")

    threading.Thread(target=watch, name="worker-watch", daemon=True).start()
    try:
        yield
    finally:
        stopping.set()
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
