"""Fixtures: Chromium, a mail server, a site with vocabulary, visitors in both languages."""

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.vocabulary import service as vocabulary
from tests.browser import furnish
from tests.browser.live import Site, serving
from tests.browser.visitor import LOCALES, Visitor, visiting
from tests.conftest import SETTINGS
from tests.emails import mailserver

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Visit = Callable[..., AbstractContextManager[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder that drives the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents and {"browser", "visit"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str:
    """Return where Chromium is; scripts/setup_browser.sh looks in the same places."""
    for name in (os.environ.get("JOBSCORE_TEST_CHROMIUM") or "", *CHROMIUM_NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    pytest.fail("Chromium is missing: run scripts/setup_browser.sh, or pytest -m 'not browser'")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for each test process."""
    path = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def once_for_all_processes(folder: Path, name: str) -> Iterator[tuple[Path, bool]]:
    """Give a folder, and whether this process is the first that came (it then fills it)."""
    place = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = place / ".done"
        if done.exists():
            yield place, False
            return
        place.mkdir(exist_ok=True)
        yield place, True
        done.touch()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def vocabulary_template(shared_folder: Path, sqlite_template: Path) -> Path:
    """An SQLite file at the newest revision with the shipped vocabulary, to copy."""
    with once_for_all_processes(shared_folder, "vocabulary") as (folder, is_first):
        path = folder / "vocabulary.sqlite3"
        if is_first:
            shutil.copyfile(sqlite_template, path)
            load_vocabulary(f"sqlite:///{path}", folder)
            settle(path)
    return path


def load_vocabulary(database_url: str, folder: Path) -> None:
    """Write skills and places into a database."""
    app = create_app({**SETTINGS, "database_url": database_url, "instance_dir": str(folder)})
    with in_context(app), transaction():
        vocabulary.load()


@contextmanager
def in_context(app: Flask) -> Iterator[None]:
    """Enter the application; leave no connection open behind."""
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def settle(path: Path) -> None:
    """Write an SQLite file's log into the file itself, so that one file is everything."""
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture(scope="session")
def furnished_template(shared_folder: Path, sqlite_template: Path) -> Path:
    """A folder like the demo's after its first day: jobs, people, scores, matches, letters."""
    with once_for_all_processes(shared_folder, "furnished") as (folder, is_first):
        if is_first:
            database = folder / "jobscore.sqlite3"
            shutil.copyfile(sqlite_template, database)
            furnish.a_day(f"sqlite:///{database}", folder)
            settle(database)
    return folder


@pytest.fixture(scope="session")
def furnished(furnished_template: Path, work_folder: Path) -> Iterator[Site]:
    """The demo as it serves after its first day. For looking only: all tests share it."""
    folder = work_folder / f"furnished_{uuid.uuid4().hex[:12]}"
    shutil.copytree(furnished_template, folder)
    url = f"sqlite:///{folder / 'jobscore.sqlite3'}"
    with (
        mailserver.running() as box,
        serving(url, folder, box, demo=True) as site,
    ):
        yield site


@pytest.fixture
def backend() -> str:
    """SQLite, where a test does not ask for more."""
    return "sqlite"


@pytest.fixture
def database_url(
    backend: str, vocabulary_template: Path, work_folder: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a database with the vocabulary and nothing else."""
    if backend == "postgresql":
        url: str = request.getfixturevalue("postgres_with_vocabulary")
        yield url
        return
    with copy_of(vocabulary_template, work_folder) as path:
        yield f"sqlite:///{path}"


@pytest.fixture
def postgres_with_vocabulary(empty_database_url: str, tmp_path: Path) -> str:
    """The URL of a PostgreSQL database with the vocabulary."""
    from tests.conftest import _migrate

    _migrate(empty_database_url, tmp_path)
    load_vocabulary(empty_database_url, tmp_path)
    return empty_database_url


@contextmanager
def copy_of(template: Path, folder: Path) -> Iterator[Path]:
    """Give a copy of an SQLite file that goes away afterwards."""
    path = folder / f"browser_{uuid.uuid4().hex[:12]}.sqlite3"
    shutil.copyfile(template, path)
    yield path
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@pytest.fixture
def mailbox() -> Iterator[mailserver.Mailbox]:
    """A real mail server of this process."""
    with mailserver.running() as box:
        yield box


@pytest.fixture
def site(database_url: str, mailbox: mailserver.Mailbox, tmp_path: Path) -> Iterator[Site]:
    """The application on a fresh database, served on a free port."""
    with serving(database_url, tmp_path, mailbox) as running:
        yield running


@pytest.fixture(params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    """Each language in turn."""
    return str(request.param)


@pytest.fixture
def visit(browser: Browser, site: Site, locale: str) -> Visit:
    """Call it in a ``with`` to be a visitor who reads ``locale``; options as for ``visiting``."""
    return partial(visiting, browser, site, locale)
