"""Benchmarks: collected only when this folder is named (``make bench``), never by ``make test``."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from jobscore import clock, config
from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.demo import sample
from jobscore.demo.day import SEED, Day
from jobscore.demo.sample import SampleFile
from jobscore.extensions import db
from jobscore.scoring import service as scoring
from jobscore.vocabulary import service as vocabulary
from tests.benchmarks import measuring
from tests.benchmarks.measuring import PAGE, Results, scaled
from tests.conftest import SETTINGS

FOLDER = Path(__file__).parent
#: Every run sees the same sample: six o'clock in Tokyo of this day.
MORNING = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
JOBS, PEOPLE = scaled(20_000), scaled(50)
RESULTS = pytest.StashKey[Results]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--write``: put the tables of this run into docs/benchmarks.md."""
    parser.addoption("--write", action="store_true", help="put the tables into docs/benchmarks.md")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect ``bench_*.py``, which pytest passes over by itself, when this folder was named."""
    if file_path.match("bench_*.py") and parent.session.isinitpath(FOLDER):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Show the table; put it into the page when that was asked for and all went well."""
    results = config.stash.get(RESULTS, None)
    if results is None or not (results.lines or results.bars):
        return
    terminalreporter.section("benchmarks")
    terminalreporter.write_line(measuring.machine(results.load))
    terminalreporter.write_line(results.table())
    if config.getoption("--write", default=False) and exitstatus == 0:
        results.write_to(PAGE)
        terminalreporter.write_line("written to docs/benchmarks.md")


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """Where each benchmark puts its line."""
    return request.config.stash.setdefault(RESULTS, Results(measuring.load()))


@pytest.fixture(scope="session", autouse=True)
def morning() -> Iterator[None]:
    """The same day in every run."""
    with clock.set_to(MORNING):
        yield


@pytest.fixture(scope="session")
def sample_files(tmp_path_factory: pytest.TempPathFactory) -> list[SampleFile]:
    """The generated postings as CSV files, three fifths of them in Japanese."""
    today = clock.today(str(SETTINGS["timezone"]))
    return sample.write_jobs(tmp_path_factory.mktemp("sample"), JOBS, SEED, today)


@pytest.fixture
def backend() -> str:
    """Imports are measured on SQLite."""
    return "sqlite"


@pytest.fixture
def furnished(app: Flask) -> Iterator[Flask]:
    """An application on a database of its own with vocabulary and policy, without any job."""
    with app.app_context():
        with transaction():
            vocabulary.load()
            scoring.seed_policy()
        yield app


@pytest.fixture(scope="session")
def world(work_folder: Path, sample_files: list[SampleFile]) -> Iterator[Flask]:
    """An application whose database holds the whole sample and its people, imported."""
    folder = work_folder / "world"
    url = f"sqlite:///{folder / 'world.sqlite3'}"
    app = create_app({**SETTINGS, "database_url": url, "instance_dir": str(folder)})
    with app.app_context():
        kept = config.current().instance / "sample"
        kept.mkdir(parents=True)
        for file in sample_files:
            (kept / file.path.name).symlink_to(file.path)
        Day(JOBS, PEOPLE, tell=lambda line: None).prepare()
        yield app
        db.session.remove()
        db.engine.dispose()
