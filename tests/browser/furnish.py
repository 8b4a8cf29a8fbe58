"""A site as it looks after some days of use: every page has something to show."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.demo.day import SOURCE, Day
from jobscore.demo.environment import own_secrets
from jobscore.demo.seeding import ADMIN
from jobscore.extensions import db
from jobscore.imports import checks, plans, tasks
from jobscore.imports import service as imports
from jobscore.imports.models import CsvImport
from jobscore.matching import backtesting
from jobscore.matching.tasks import import_effect_waiting
from jobscore.scoring import policies, service
from tests.conftest import SETTINGS

JOBS, PEOPLE = 400, 20
#: Who has answered everything in the furnished site, by language.
#: The last of the twenty has told nothing yet.
SEEKERS = {"ja": "seeker1@example.jp", "en": "seeker2@example.com"}


def stock(database_url: str, folder: Path) -> None:
    """Write vocabulary, policy, the admin and the sample's jobs."""
    with _demo(database_url, folder):
        Day(JOBS, 0, _silent).prepare()


def a_day(database_url: str, folder: Path) -> None:
    """Let the demo have its first day in ``folder``."""
    with _demo(database_url, folder):
        day = Day(JOBS, PEOPLE, _silent)
        day.prepare()
        day.run()
        _try_policies()
        _check_an_import()


def _check_an_import() -> None:
    """Have a second file checked that would change jobs of the first, and whose lists it would."""
    first = db.session.scalars(select(CsvImport).order_by(CsvImport.id)).first()
    assert first is not None
    with imports.path_of(first).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[:60]
    column = imports.preview(imports.path_of(first)).mapping["company"]
    out = io.StringIO(newline="")
    changed = [[*r[:column], f"{r[column]} 2", *r[column + 1 :]] for r in rows[1:]]
    csv.writer(out).writerows([rows[0], *changed])
    with transaction() as session:
        new = imports.register_upload(session, io.BytesIO(out.getvalue().encode()), "again.csv")
        seen = imports.preview(imports.path_of(new))
        plans.save_mapping(
            session, new.id, 0, seen.mapping, None, header=seen.table.header, source=SOURCE
        )
        checks.request(session, new, None)
    tasks.check_one()
    import_effect_waiting()


def _try_policies() -> None:
    """Have a second version live, so that there is one to go back to, and a backtested draft."""
    with transaction():
        near = {"weights.location": 40, "weights.salary": 10}
        second = policies.create_draft(
            service.active_policy(), version="9.1", changes=near, text="Place matters more."
        )
        policies.activate(second.id)
    with transaction():
        draft = policies.create_draft(
            service.active_policy(), version="9.2", changes={"coverage_floor": 60}
        )
        run_id = backtesting.request_backtest(
            policies.rules_of(draft), service.active_policy(), people=None, is_own=True
        )
    backtesting.execute(run_id)


@contextmanager
def _demo(database_url: str, folder: Path) -> Iterator[None]:
    app = create_app(
        {
            **SETTINGS,
            "database_url": database_url,
            "instance_dir": str(folder),
            "public_url": "http://127.0.0.1:5000",
            "demo": True,
        }
    )
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def _silent(_text: str) -> None:
    """Say nothing."""


def password(folder: Path) -> str:
    """Return the password that everybody in ``folder`` has."""
    return own_secrets(folder).password


__all__ = ["ADMIN", "SEEKERS", "a_day", "password"]
