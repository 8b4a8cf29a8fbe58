"""Only the edge commits, and all or nothing."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobscore.database.bulk import upsert
from jobscore.database.transaction import NestedTransactionError, after_commit, transaction
from jobscore.extensions import db
from jobscore.jobs.models import Job
from tests import factories


def _jobs(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(Job)) or 0)


def _write_then_fail(call: Callable[[], None]) -> None:
    with transaction() as session:
        factories.job(session)
        after_commit(call)
        _ = 1 / 0


def test_the_block_is_committed_at_its_end(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        factories.job(session)
    assert _jobs(app) == 1


def test_an_exception_rolls_back_and_skips_what_waits_for_the_commit(app: Flask) -> None:
    called: list[str] = []
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _write_then_fail(lambda: called.append("x"))
        with transaction():
            after_commit(lambda: called.append("y"))
            assert called == []
        assert called == ["y"]
    assert _jobs(app) == 0


def test_a_service_cannot_open_a_second_one(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(NestedTransactionError), transaction(), transaction():
            pass
        with transaction() as session:
            factories.job(session)
    assert _jobs(app) == 1


def test_eight_writers_that_read_before_they_write_lose_no_update(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        number = factories.job(session, title="0").id

    def add() -> None:
        for _ in range(10):
            with app.app_context(), transaction() as session:
                row = session.get_one(Job, number, with_for_update=True)
                row.title = str(int(row.title) + 1)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.get_one(Job, number).title == "80"


def test_an_upsert_writes_only_what_differs(session: Session) -> None:
    table = Job.__table__
    job = factories.job(session, external_id="a", content_hash="1")
    session.execute(update(Job).values(updated_at=factories.LONG_AGO))
    row = {"id": job.id, "title": job.title, "company_name": job.company_name}
    upsert(session, table, [row], key=["id"])  # type: ignore[arg-type]
    session.expire_all()
    assert job.updated_at == factories.LONG_AGO
    upsert(session, table, [row | {"title": "new"}], key=["id"])  # type: ignore[arg-type]
    session.expire_all()
    assert job.title == "new"
    assert job.updated_at > factories.LONG_AGO
