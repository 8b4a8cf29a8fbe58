"""The source pages: add, change, run, switch off, answer a feed's question, keep others out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.imports.models import ImportAttempt, ImportStatus
from jobscore.imports.sources.models import FeedMode, Schedule, Source
from tests import factories
from tests.imports.test_full_feed import feed, open_ids
from tests.imports.test_running import run as run_import
from tests.imports.test_views import sign_in

FORM = {
    "name": "Board A",
    "mode": "full_feed",
    "folder": "board",
    "pattern": "*.csv",
    "after_taking": "move",
    "schedule": "daily",
    "daily_at": "05:30",
    "encoding": "cp932",
    "delimiter": "tab",
    "header_line": "",
    "mapping": "title = 求人タイトル\n\ncompany = 会社名",
}


@pytest.fixture
def folder(app: Flask) -> Path:
    path = config.current(app).feeds / "board"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def admin(app: Flask, client: FlaskClient, session: Session, folder: Path) -> FlaskClient:
    return sign_in(app, client, session, is_superuser=True, email_verified_at=factories.LONG_AGO)


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def source(session: Session) -> Source:
    session.expire_all()
    return session.scalars(select(Source)).one()


def test_seekers_may_not_see_or_change_sources(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    sign_in(app, client, session)
    assert client.get("/admin/sources").status_code == 403
    assert client.post("/admin/sources", data=FORM).status_code == 403


def test_a_source_is_added_with_what_the_form_says(admin: FlaskClient, session: Session) -> None:
    assert "No source yet" in text(admin, "/admin/sources")
    answer = admin.post("/admin/sources", data=FORM)
    assert answer.status_code == 303
    one = source(session)
    assert (one.mode, one.schedule, one.daily_at) == (FeedMode.FULL_FEED, Schedule.DAILY, "05:30")
    assert one.mapping == {"title": "求人タイトル", "company": "会社名"}
    assert one.dialect == {"encoding": "cp932", "delimiter": "\t"}
    page = text(admin, "/admin/sources")
    assert "Board A" in page
    assert "Every day at 05:30" in page
    shown = text(admin, answer.location)
    assert "求人タイトル" in shown
    form = text(admin, f"{answer.location}/edit")
    assert "title = 求人タイトル" in form
    assert 'value="board"' in form


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "Please give the source a name."),
        ({"folder": "../etc"}, "does not lie under the one"),
        ({"folder": "nowhere"}, "There is no such folder."),
        ({"daily_at": "5"}, "Please write a time such as 05:30."),
        ({"mapping": "nonsense"}, "Please write one “field = column name” in each line."),
        ({"mapping": "company = x"}, "Please say which column is the job title"),
        ({"header_line": "x"}, "Please write the number of a line"),
    ],
    ids=str,
)
def test_a_wrong_value_is_said_and_the_rest_kept(
    admin: FlaskClient, session: Session, change: dict[str, str], said: str
) -> None:
    answer = admin.post("/admin/sources", data=FORM | change)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert 'value="05:30"' in page or "daily_at" in change
    assert session.query(Source).count() == 0


def test_a_name_that_is_taken_is_said(admin: FlaskClient) -> None:
    admin.post("/admin/sources", data=FORM)
    answer = admin.post("/admin/sources", data=FORM)
    assert "Another source has this name." in answer.get_data(as_text=True)


def test_a_source_is_changed_but_keeps_its_name(admin: FlaskClient, session: Session) -> None:
    path = admin.post("/admin/sources", data=FORM).location
    admin.post(path, data=FORM | {"name": "Another", "schedule": "hourly"})
    assert (source(session).name, source(session).schedule) == ("Board A", Schedule.HOURLY)
    refused = admin.post(path, data=FORM | {"folder": ".."})
    assert refused.status_code == 422
    assert "Board A" in refused.get_data(as_text=True)


def test_run_now_lets_a_worker_take_the_files(
    admin: FlaskClient, session: Session, folder: Path, run_worker: Callable[[], int]
) -> None:
    file, bad = folder / "a.csv", folder / "b.csv"
    file.write_text("title,company\nCook,A\n", encoding="utf-8")
    bad.write_text("colour\nred\n", encoding="utf-8")
    for each in (file, bad):
        os.utime(each, (0, 0))
    plain = {"mode": "add_update", "encoding": "", "delimiter": "", "mapping": ""}
    path = admin.post("/admin/sources", data=FORM | plain).location
    assert "A worker looks into the folder now." in admin.post(
        f"{path}/run", follow_redirects=True
    ).get_data(as_text=True)
    while run_worker():
        pass
    page = text(admin, path)
    assert "a.csv" in page
    assert "No column is the job title." in page
    assert "1 new file, 1 bad file" in page
    assert session.scalars(select(ImportAttempt.status)).all() == [ImportStatus.DONE]


def test_a_source_is_switched_off_and_on(admin: FlaskClient, session: Session) -> None:
    path = admin.post("/admin/sources", data=FORM).location
    admin.post(f"{path}/switch", data={"is_active": "0"})
    assert (source(session).is_active, source(session).next_run_at) == (False, None)
    assert "This source is switched off." in text(admin, path)
    refused = admin.post(f"{path}/run", follow_redirects=True).get_data(as_text=True)
    assert "Switch it on first." in refused
    admin.post(f"{path}/switch", data={"is_active": "1"})
    assert source(session).next_run_at is not None


@pytest.mark.parametrize(("word", "left"), [("yes", 1), ("no", 10)])
def test_the_question_of_a_feed_is_answered_on_the_page(
    admin: FlaskClient,
    session: Session,
    run_worker: Callable[[], int],
    word: str,
    left: int,
) -> None:
    run_import(feed(*range(10), source="Board A"))
    attempt_id = feed(0, source="Board A")
    run_import(attempt_id)
    path = admin.post("/admin/sources", data=FORM).location
    for page in ("/admin/sources", path):
        assert f"/admin/sources/closings/{attempt_id}" in text(admin, page)
    asking = text(admin, f"/admin/sources/closings/{attempt_id}")
    assert "more than a fifth" in asking
    assert "Yes, close 9 jobs" in asking
    assert "Waits for your answer" in text(admin, "/admin/imports")
    answer = admin.post(f"/admin/sources/closings/{attempt_id}", data={"answer": word})
    assert answer.status_code == 303
    while run_worker():
        pass
    assert len(open_ids(session)) == left
    again = admin.post(
        f"/admin/sources/closings/{attempt_id}", data={"answer": "yes"}, follow_redirects=True
    )
    assert "answered already" in again.get_data(as_text=True)
    assert admin.post(f"/admin/sources/closings/{attempt_id}").status_code == 400


def test_unknown_sources_are_not_found(admin: FlaskClient) -> None:
    assert admin.get("/admin/sources/9").status_code == 404
    assert admin.post("/admin/sources/9/run").status_code == 404
    assert admin.get("/admin/sources/closings/9").status_code == 404
