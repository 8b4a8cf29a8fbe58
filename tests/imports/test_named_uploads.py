"""Uploads under a named source: offered, proposed as the source has it, and learned from."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.imports.models import CsvImport, ImportPlan
from jobscore.imports.sources import service as sources
from jobscore.imports.sources.models import FeedMode, FileState, Source, SourceFile
from tests.imports.test_views import admin, start, version

__all__ = ["admin"]

FIRST = "kind,firm\nCook,Acme\nChef,Acme\n"
Work = Callable[[], int]


@pytest.fixture
def backend() -> str:
    """SQLite: what pages say is the same on both."""
    return "sqlite"


@pytest.fixture
def board(session: Session) -> Source:
    made = sources.create(session, sources.Settings(name="board", mode=FeedMode.FULL_FEED))
    session.commit()
    return made


def upload(client: FlaskClient, data: str, source: str = "") -> None:
    """Send a file, with the source that was chosen beside it."""
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
    named = f'\r\n--x\r\nContent-Disposition: form-data; name="source"\r\n\r\n{source}'
    client.post(
        "/admin/imports",
        data=f"{head}{data}{named if source else ''}\r\n--x--\r\n".encode(),
        content_type="multipart/form-data; boundary=x",
    )


def test_sources_are_offered_only_where_there_are_some(
    admin: FlaskClient, session: Session
) -> None:
    assert 'name="source"' not in admin.get("/admin/imports/new").text
    sources.create(session, sources.Settings(name="board"))
    session.commit()
    page = admin.get("/admin/imports/new?source=board").text
    assert re.search(r"<option[^>]*selected[^>]*>board", page)


def test_an_unknown_source_is_refused(admin: FlaskClient, board: Source, session: Session) -> None:
    upload(admin, FIRST, "elsewhere")
    assert session.scalars(select(CsvImport)).all() == []


def test_an_upload_is_taken_as_its_source_is(
    admin: FlaskClient, board: Source, session: Session
) -> None:
    upload(admin, FIRST, "board")
    page = admin.get("/admin/imports/1/mapping").text
    assert re.search(r'name="source"[^>]*value="board"', page)
    assert re.search(r'value="full_feed" checked', page)
    assert session.get_one(ImportPlan, 1).mapping is None


def test_a_source_learns_the_columns_of_its_first_file_and_proposes_them(
    admin: FlaskClient, board: Source, session: Session, run_worker: Work
) -> None:
    upload(admin, FIRST, "board")
    start(admin, **{"0": "title", "1": "company", "source": "board", "mode": "full_feed"})
    run_worker()
    session.expire_all()
    assert session.get_one(Source, board.id).mapping == {"title": "kind", "company": "firm"}
    upload(admin, "extra,firm,kind\nx,Acme,Baker\n", "board")
    page = admin.get("/admin/imports/2/mapping").text
    assert re.findall(r'<option value="([a-z_]*)" selected', page) == ["", "company", "title"]
    start(admin, "/admin/imports/2", **{"0": "title", "source": "board"})
    session.expire_all()
    assert session.get_one(Source, board.id).mapping == {"title": "kind", "company": "firm"}


def test_a_file_that_its_folder_could_not_take_teaches_the_source(
    admin: FlaskClient, board: Source, session: Session
) -> None:
    session.get_one(Source, board.id).mapping = {"title": "gone"}
    session.commit()
    upload(admin, FIRST)
    bad = {"source_id": board.id, "import_id": 1, "state": FileState.BAD}
    session.add(SourceFile(name="f.csv", size=1, changed_ns=1, **bad))
    session.commit()
    page = admin.get("/admin/imports/1/mapping").text
    assert re.search(r'name="source"[^>]*value="board"', page)
    start(admin, **{"0": "title", "1": "company", "source": "board"})
    session.expire_all()
    assert session.get_one(Source, board.id).mapping == {"title": "kind", "company": "firm"}


def test_the_result_says_what_was_closed_and_what_comes_next(
    admin: FlaskClient, board: Source, session: Session, run_worker: Work
) -> None:
    upload(admin, "kind,firm\n調理スタッフ,あおぞら\n清掃スタッフ,あおぞら\n", "board")
    columns = {"0": "title", "1": "company", "source": "board", "mode": "full_feed"}
    start(admin, **columns)
    assert "What comes next" not in admin.get("/admin/imports/1").text
    run_worker()
    page = admin.get("/admin/imports/1").text
    assert "Update today’s lists" in page
    assert 'href="/admin/postings?import=1"' in page
    assert "2 postings to look at" in page
    assert "Only postings of import 1." in admin.get("/admin/postings?import=1").text
    upload(admin, "kind,firm\n調理スタッフ,あおぞら\n", "board")
    path = "/admin/imports/2"
    start(admin, path, **columns)
    admin.post(f"{path}/start", data={"version": version(admin, path, "check"), "closing": "1"})
    run_worker()
    closed = admin.get(path).text
    assert "1 job that the feed no longer has was closed." in closed
    assert "Update today’s lists" in closed
