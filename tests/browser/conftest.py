"""Fixtures: Chromium, a mail server, a site with vocabulary, visitors in both languages."""

import fcntl
import os
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import furnish
from tests.browser.live import Site, serving
from tests.browser.visitor import LOCALES, Visitor, visiting
from tests.conftest import _migrate
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
DATABASE = "jobscore.sqlite3"
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
def stocked_template(shared_folder: Path, sqlite_template: Path) -> Path:
    """A folder with a database to copy: vocabulary, policy, an admin, the sample's jobs."""
    with once_for_all_processes(shared_folder, "stocked") as (folder, is_first):
        if is_first:
            database = folder / DATABASE
            shutil.copyfile(sqlite_template, database)
            furnish.stock(f"sqlite:///{database}", folder)
            settle(database)
    return folder


def settle(path: Path) -> None:
    """Write an SQLite file's log into the file itself, so that one file is everything."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture(scope="session")
def furnished_template(shared_folder: Path, stocked_template: Path) -> Path:
    """A folder like the demo's after its first day: people, scores, matches, letters too."""
    with once_for_all_processes(shared_folder, "furnished") as (folder, is_first):
        if is_first:
            shutil.copytree(stocked_template, folder, dirs_exist_ok=True)
            (folder / ".done").unlink()
            furnish.a_day(f"sqlite:///{folder / DATABASE}", folder)
            settle(folder / DATABASE)
    return folder


@pytest.fixture(scope="session")
def furnished(furnished_template: Path, work_folder: Path) -> Iterator[Site]:
    """The demo as it serves after its first day. For looking only: all tests share it."""
    folder = work_folder / f"furnished_{uuid.uuid4().hex[:12]}"
    shutil.copytree(furnished_template, folder)
    url = f"sqlite:///{folder / DATABASE}"
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
    backend: str, stocked_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> str:
    """The URL of a database of this test's own with the sample's jobs and the admin."""
    shutil.copytree(stocked_template, tmp_path, dirs_exist_ok=True)
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / DATABASE}"
    url: str = request.getfixturevalue("empty_database_url")
    _migrate(url, tmp_path)
    furnish.stock(url, tmp_path)
    return url


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
