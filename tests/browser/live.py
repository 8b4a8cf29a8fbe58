"""The application as it runs: waitress on a free port, a mail server, and a worker to call."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import waitress.server
from flask import Flask

from jobscore import background
from jobscore.app import create_app
from jobscore.extensions import db
from tests.conftest import SETTINGS
from tests.emails.mailserver import Mailbox


@dataclass
class Site:
    """A running jobscore and what a test needs to reach behind the page."""

    app: Flask
    url: str
    #: The instance folder.
    folder: Path
    mailbox: Mailbox
    #: Threads that run the queues in the background.
    workers: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> int:
        """Run everything that waits, in this thread; return how many units that was."""
        return background.run_pending(self.app)

    def start_worker(self, pause: float = 0.2) -> None:
        """Run the queues in a thread until the site ends, as ``flask work`` does."""

        def loop() -> None:
            while not self._stop.wait(pause):
                background.run_pending(self.app, stop=self._stop)

        thread = threading.Thread(target=loop, name="test-worker")
        self.workers.append(thread)
        thread.start()

    def inside(self, call: Callable[[], Any]) -> Any:
        """Call something in an application context of its own; give back what it returns."""
        with self.app.app_context():
            try:
                return call()
            finally:
                db.session.remove()

    def end(self) -> None:
        """Let the workers finish their unit."""
        self._stop.set()
        for thread in self.workers:
            thread.join(30)


@contextmanager
def serving(
    database_url: str, folder: Path, mailbox: Mailbox, **settings: object
) -> Iterator[Site]:
    """Serve the application on a free port of this machine until the end of the block."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(
        {
            **SETTINGS,
            "database_url": database_url,
            "instance_dir": str(folder),
            "public_url": url,
            "mail_url": mailbox.url,
            **settings,
        }
    )
    server = waitress.server.create_server(app, sockets=[listener], threads=6)
    thread = threading.Thread(target=server.run, name="test-server")
    thread.start()
    site = Site(app, url, folder, mailbox)
    try:
        yield site
    finally:
        site.end()
        _stop(server, thread)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _stop(server: Any, thread: threading.Thread) -> None:
    """End waitress from inside its own loop: closing its sockets from here would be a race."""

    def close() -> None:
        for channel in list(server._map.values()):
            channel.close()

    server.trigger.pull_trigger(close)
    thread.join(30)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()
