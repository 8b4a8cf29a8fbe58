"""What tests of people imports share: a vocabulary, a file, and an import that has run."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import running as claiming
from jobscore.imports.models import CsvImport, ImportStatus, ImportType
from jobscore.imports.people import running, service
from jobscore.imports.people.drafting import ConsentProof
from jobscore.imports.reader import ReadOptions
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
STATEMENT = ConsentProof(
    text="You may keep my details and write to me about jobs.",
    given_on=date(2026, 10, 1),
    version="2026-09",
    method="form on our website",
)
CSV = (
    "email,name,place,desired job,skills,desired pay,pay period,employment type,years,language\n"
    "Hanako@Example.com,山田 花子,東京都渋谷区,ホールスタッフ,Python,1200円,時給,アルバイト,2,ja\n"
    "taylor@example.com,Taylor Example,,Web developer,SQL,,,full-time,5,en\n"
)


@pytest.fixture(autouse=True)
def noon():
    """Make it the same day in every test."""
    with clock.set_to(NOON):
        yield


@pytest.fixture
def words(app: Flask) -> None:
    """Put a few skills and a place into the database."""
    with app.app_context(), transaction() as session:
        session.add(Skill(code="python", name_en="Python", name_ja=None, family="it"))
        session.add(Skill(code="sql", name_en="SQL", name_ja=None, family="it"))
        session.add(
            Place(
                code="JP-13113",
                kind=PlaceKind.WARD,
                name_en="Shibuya",
                name_ja="渋谷区",
                region_code="JP-13",
                country="JP",
                latitude=35.66,
                longitude=139.7,
            )
        )


@pytest.fixture
def admin_id(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        return factories.user(
            session,
            email="admin@example.com",
            is_superuser=True,
            email_verified_at=factories.LONG_AGO,
        ).id


Bring = Callable[..., int]


@pytest.fixture
def bring(app: Flask, words: None, admin_id: int, tmp_path: Path) -> Bring:
    """Call it to import a file of people to its end; returns the import's number."""

    def act(
        text: str = CSV,
        statement: ConsentProof | None = STATEMENT,
        name: str = "people.csv",
        **mapping: int,
    ) -> int:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        with app.app_context():
            with transaction() as session, path.open("rb") as stream:
                one = service.register(session, stream, name, admin_id)
                seen = service.preview(path)
                columns = mapping or seen.mapping
                attempt = service.start(session, one, columns, ReadOptions(), statement, admin_id)
                attempt_id, import_id = attempt.id, one.id
            worker = claiming.worker_name()
            assert claiming.claim(worker, attempt_id) is None, "no import of jobs"
            assert claiming.claim(worker, attempt_id, ImportType.PEOPLE) == attempt_id
            running.run(attempt_id, worker)
            db.session.remove()
        return import_id

    return act


def status_of(app: Flask, import_id: int) -> ImportStatus:
    with app.app_context():
        found = db.session.get(CsvImport, import_id)
        assert found is not None
        return found.status
