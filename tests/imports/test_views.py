"""The import pages lead an admin from a file to jobs, in both languages, and keep others out."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import background
from jobscore.accounts import sessions
from jobscore.imports.models import ImportAttempt, ImportStatus
from jobscore.jobs.models import Job
from tests import factories

CSV = (
    "求人タイトル,会社名,勤務地,給与\n"
    "ホールスタッフ,株式会社あおぞら,東京都渋谷区,時給1200円\n"
    ",題名なし,東京都,応相談\n"
    "=1+1,株式会社数式,大阪府,応相談\n"
    "調理,株式会社あおぞら,東京都渋谷区\n"
)


def sign_in(app: Flask, client: FlaskClient, session: Session, **values: object) -> FlaskClient:
    person = factories.user(session, **values)
    with app.test_request_context():
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    session.commit()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


@pytest.fixture
def admin(app: Flask, client: FlaskClient, session: Session) -> FlaskClient:
    return sign_in(app, client, session, is_superuser=True, email_verified_at=factories.LONG_AGO)


def upload(client: FlaskClient, data: bytes | str, name: str = "jobs.csv"):  # type: ignore[no-untyped-def]
    """Send a form with a file, its body made by hand: the client's own leaves a file open."""
    body = data if isinstance(data, bytes) else data.encode()
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return client.post(
        "/admin/imports",
        data=head.encode() + body + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )


def choose(client: FlaskClient, path: str, **columns: str):  # type: ignore[no-untyped-def]
    """Confirm columns, as the form does that the page holds now."""
    chosen = columns or {"0": "title", "1": "company", "2": "location", "3": "salary"}
    more = {name: chosen.pop(name) for name in ("mode", "source", "version") if name in chosen}
    data = {f"column-{n}": f for n, f in chosen.items()}
    return client.post(f"{path}/mapping", data={"version": version(client, path), **data, **more})


def version(client: FlaskClient, path: str, step: str = "mapping") -> str:
    """Return the version that a form of that step carries."""
    found = re.search(r'name="version" value="(\d+)"', client.get(f"{path}/{step}").text)
    assert found
    return found[1]


def start(client: FlaskClient, path: str = "/admin/imports/1", **columns: str):  # type: ignore[no-untyped-def]
    """Confirm columns, have the file checked by a worker, and start the run."""
    choose(client, path, **columns)
    background.run_pending(client.application)
    sent = {"version": version(client, path, "check")}
    return client.post(f"{path}/start", data=sent)


def test_a_seeker_may_not_see_imports(app: Flask, client: FlaskClient, session: Session) -> None:
    sign_in(app, client, session)
    assert client.get("/admin/imports").status_code == 403
    assert upload(client, CSV).status_code == 403


def test_an_empty_list_says_what_to_do(admin: FlaskClient) -> None:
    page = admin.get("/admin/imports").text
    assert "No file has been imported yet" in page
    assert "/admin/imports/new" in page


def test_the_whole_way_from_file_to_jobs(
    admin: FlaskClient, session: Session, run_worker: Callable[[], int]
) -> None:
    assert "up to 200 MB" in admin.get("/admin/imports/new").text
    sent = upload(admin, CSV)
    assert sent.status_code == 303
    reading = admin.get(sent.location).text
    assert "ホールスタッフ" in reading
    assert "as found: UTF-8" in reading
    mapping = admin.get("/admin/imports/1/mapping").text
    assert "¥1,200 an hour" in mapping
    started = start(admin)
    assert started.location == "/admin/imports/1"
    waiting = admin.get(started.location).text
    assert 'hx-get="/admin/imports/1"' in waiting
    run_worker()
    page = admin.get(started.location).text
    assert "2 rows were rejected" in page
    assert "The row has no job title." in page
    assert "3 cells where the others have 4" in page
    assert "hx-get" not in page.split("import-progress")[1].split("</section>")[0]
    assert session.scalar(select(func.count()).select_from(Job)) == 2
    listed = admin.get("/admin/imports").text
    assert "jobs.csv" in listed
    assert "Done, some rows rejected" in listed


def test_rejected_rows_come_back_as_csv_and_can_be_sent_again(
    admin: FlaskClient, run_worker: Callable[[], int], session: Session
) -> None:
    bad = "求人タイトル,会社名,勤務地,給与\n,=cmd(),東京都,応相談\n"
    upload(admin, bad)
    start(admin)
    run_worker()
    sent = admin.get("/admin/imports/1/rejected.csv")
    assert sent.headers["Content-Disposition"] == 'attachment; filename="rejected-1.csv"'
    rows = list(csv.reader(io.StringIO(sent.data.decode("utf-8-sig"))))
    assert rows == [
        ["求人タイトル", "会社名", "勤務地", "給与", "_line", "_column", "_reason"],
        ["", "'=cmd()", "東京都", "応相談", "2", "求人タイトル", "The row has no job title."],
    ]
    rows[1][0] = "調理"
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    mended = upload(admin, out.getvalue())
    assert mended.location == "/admin/imports/2/reading"
    start(admin, "/admin/imports/2")
    run_worker()
    assert session.execute(select(Job.title, Job.company_name)).one() == ("調理", "=cmd()")


def test_the_same_file_leads_to_its_import(admin: FlaskClient) -> None:
    upload(admin, CSV)
    again = upload(admin, CSV)
    assert again.location == "/admin/imports/1/again"
    page = admin.get(again.location).text
    assert "This file is here already" in page
    assert "Go on preparing it" in page
    start(admin)
    admin.post("/admin/imports/1/cancel")
    stopped = admin.get(again.location).text
    for choice in ("Look at its result", "Continue where it stopped", "with other columns"):
        assert choice in stopped


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04....", "This is a compressed archive, not a CSV file."),
        (b"%PDF-1.7", "This is a PDF document, not a CSV file."),
        (b"\x89PNG\r\n\x1a\n", "This is an image, not a CSV file."),
        (b"\x1f\x8b\x08", "This file is compressed (gzip)."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an old Excel workbook (.xls)"),
        (b"<html>", "This is a web page, not a CSV file."),
    ],
)
def test_what_is_no_csv_is_refused_in_words(admin: FlaskClient, data: bytes, sentence: str) -> None:
    answer = upload(admin, data)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_no_file_is_a_form_error(admin: FlaskClient) -> None:
    answer = admin.post("/admin/imports", data={})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


@pytest.mark.parametrize("settings", [{"upload_limit_mb": 1}])
@pytest.mark.parametrize("size_mb", [1, 3])
def test_a_file_beyond_the_limit_is_refused_with_the_limit(
    admin: FlaskClient, size_mb: int
) -> None:
    answer = upload(admin, CSV.encode() + b"x" * (size_mb * 1024 * 1024))
    assert answer.status_code in (413, 422)
    assert "The file is larger than 1 MB." in answer.text


def test_a_header_alone_says_so(admin: FlaskClient) -> None:
    sent = upload(admin, "title,company\n")
    page = admin.get(sent.location).text
    assert "The file has no rows" in page
    assert "go on to the columns" not in page
    assert "Check the whole file" not in admin.get("/admin/imports/1/mapping").text


def test_a_file_without_a_title_column_asks_for_it(admin: FlaskClient) -> None:
    upload(admin, "foo,bar\nCook,Acme\nWaiter,Acme\n")
    path = "/admin/imports/1"
    assert "We found no column with the job title" in admin.get(f"{path}/mapping").text
    answer = choose(admin, path, **{"0": "company"})
    assert answer.status_code == 303, "reached by GET, so that back and reload are safe"
    page = admin.get(answer.location).text
    assert "No column is the job title" in page
    assert '<option value="company" selected>' in page
    twice = admin.get(choose(admin, path, **{"0": "title", "1": "title"}).location)
    assert "“Job title” is chosen for several columns: “A foo”, “B bar”" in twice.text
    assert "“Job title” is also chosen for “B bar”." in twice.text, "named at the column too"


def test_the_preview_follows_what_a_person_decides(admin: FlaskClient) -> None:
    sent = upload(admin, "title;company\nCook;A,B\nWaiter;C,D\n")
    assert "semicolon" in admin.get(sent.location).text
    page = admin.get(f"{sent.location}?delimiter=,&header_line=0&encoding=cp1252").text
    assert "none: the columns have no names" in page
    assert "title;company" in page


def test_a_queued_import_can_be_stopped_and_continued(
    admin: FlaskClient, session: Session, run_worker: Callable[[], int]
) -> None:
    upload(admin, CSV)
    start(admin)
    admin.post("/admin/imports/1/cancel")
    assert run_worker() == 0
    assert "What was imported before stays" in admin.get("/admin/imports/1").text
    admin.post("/admin/imports/1/resume")
    run_worker()
    session.expire_all()
    status = session.scalar(select(ImportAttempt.status))
    assert status is ImportStatus.DONE_WITH_ERRORS
    again = admin.post("/admin/imports/1/resume", follow_redirects=True)
    assert "cannot be continued" in again.text


def test_an_unknown_import_is_not_found(admin: FlaskClient) -> None:
    for path in ("", "/reading", "/mapping", "/check", "/mend", "/again", "/rejected.csv"):
        assert admin.get(f"/admin/imports/77{path}").status_code == 404


@pytest.mark.parametrize("path", ["/admin/imports/template.csv"])
def test_the_template_can_be_imported(
    admin: FlaskClient, path: str, run_worker: Callable[[], int], session: Session
) -> None:
    upload(admin, admin.get(path).data)
    page = admin.get("/admin/imports/1/mapping").text
    assert "Web developer" in page
    assert "not stated" not in page


def test_what_a_file_says_is_never_markup(
    admin: FlaskClient, run_worker: Callable[[], int]
) -> None:
    bad = 'title,company,<b>x</b>\n<script>alert(1)</script>,"<img src=x>",a\n,<i>n</i>,b\n'
    sent = upload(admin, bad, "'><script>.csv")
    pages = [admin.get(sent.location).text, admin.get("/admin/imports/1/mapping").text]
    start(admin, **{"0": "title", "1": "company"})
    run_worker()
    for path in ("/1", "/1/check", "/1/mend", "/1/again", ""):
        answer = admin.get(f"/admin/imports{path}")
        assert answer.status_code == 200, path
        pages.append(answer.text)
    for page in pages:
        for tag in ("<script>alert", "<img src=x", "<i>n", "<b>x", "><script>.csv"):
            assert tag not in page
