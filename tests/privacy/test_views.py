"""My data on its pages: counted, shown, exported; the switch; who looked at it."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobscore.accounts.models import AuditLog, SavedSearch, User
from jobscore.database import queries
from jobscore.digests.models import Digest
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.matching import service as matching
from jobscore.privacy import exporting, looking, registry
from jobscore.scoring import service as scores
from jobscore.web.access import Access, access_of
from tests.accounts.people import browser_of, create
from tests.privacy.filling import fill

Make = Callable[..., Any]
MARK, OTHER = "zzmarkqa", "zzotherqb"


@pytest.fixture
def two(app: Flask) -> tuple[int, int]:
    """Two people with a row in every table."""
    with app.app_context(), db.engine.begin() as connection:
        return fill(connection, MARK), fill(connection, OTHER)


def _archive(browser: FlaskClient) -> zipfile.ZipFile:
    answer = browser.post("/me/data/export")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def test_the_export_has_every_table_as_csv_and_json_and_nobody_elses_rows(
    app: Flask, two: tuple[int, int]
) -> None:
    archive = _archive(browser_of(app, two[0]))
    names = {one.name for one in registry.held()}
    wanted = {f"{name}.{kind}" for name in names for kind in ("csv", "json")}
    assert set(archive.namelist()) == wanted | {"README.txt"}
    for name in names:
        raw = archive.read(f"{name}.csv")
        assert raw.startswith(b"\xef\xbb\xbf"), name
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        plain = json.loads(archive.read(f"{name}.json"))
        assert len(rows) == len(plain) >= 1, name
        assert list(rows[0]) == list(plain[0]), name
        assert OTHER not in raw.decode().lower(), name
    saved = json.loads(archive.read("saved_searches.json"))[0]
    assert saved["name"].startswith(MARK)


def test_secrets_are_not_exported(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        for letter in db.session.scalars(select(EmailLog)):
            letter.email_type = EmailType.RESET
        db.session.commit()
    archive = _archive(browser_of(app, two[0]))
    for name, secret in (
        ("users", "hashed_password"),
        ("user_sessions", "token_hash"),
        ("invitations", "nonce"),
    ):
        row = json.loads(archive.read(f"{name}.json"))[0]
        assert secret not in row
    letter = json.loads(archive.read("email_logs.json"))[0]
    assert (letter["body"], letter["html"]) == ("", None)
    assert letter["subject"].startswith(MARK)


def test_formulas_are_guarded_and_names_stand_beside_numbers(
    app: Flask, session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    [job] = make_jobs(1, title="=HYPERLINK(1)")
    match(reader, [job])
    session.add(SavedSearch(user_id=reader.id, name="=1+1", query=""))
    session.commit()
    archive = _archive(browser_of(app, reader.id))
    rows = csv.DictReader(io.StringIO(archive.read("saved_searches.csv").decode("utf-8-sig")))
    assert [row["name"] for row in rows] == ["'=1+1"]
    matches = json.loads(archive.read("matching_results.json"))
    assert matches[0]["jobs.title"] == "=HYPERLINK(1)"
    assert matches[0]["jobs.company_name"] == job.company_name


def test_the_export_is_streamed_table_by_table(app: Flask, two: tuple[int, int]) -> None:
    with app.app_context():
        pieces = list(exporting.stream(db.session(), two[0]))
    assert len(pieces) > len(registry.held())


def test_the_page_counts_everything_in_one_statement(app: Flask, two: tuple[int, int]) -> None:
    browser = browser_of(app, two[0])
    page = browser.get("/me/data").text
    for one in registry.held():
        assert f'href="/me/data/{one.name}"' in page, one.name
        shown = browser.get(f"/me/data/{one.name}")
        assert shown.status_code == 200
        assert OTHER not in shown.text.lower()
        assert "hashed_password" not in shown.text
    queries.start_over()
    browser.get("/me/data")
    assert sum(each.calls for each in queries.own().statements) <= 8
    assert browser.get("/me/data/jobs").status_code == 404
    assert browser.get("/me/data/nothing").status_code == 404


def test_a_look_by_an_administrator_is_noted_and_shown_to_the_person(
    app: Flask, two: tuple[int, int]
) -> None:
    admin = browser_of(app, create(app, "admin@example.com", is_superuser=True, full_name="Boss"))
    person = browser_of(app, two[0])
    with app.app_context():
        log_id = db.session.scalar(select(EmailLog.id).where(EmailLog.user_id == two[0]))
        db.session.execute(update(Digest).values(email_log_id=None))  # its numbers are words here
        db.session.commit()
    assert "Nobody yet." in person.get("/me/data").text
    assert admin.get(f"/admin/emails/{log_id}").status_code == 200
    assert admin.get(f"/admin/scores?email={MARK}@example.com&job=1").status_code == 200
    page = person.get("/me/data").text
    assert "A letter to you" in page
    assert "One of your scores and its explanation" in page
    assert page.count("An administrator</td>") == 2
    assert "Boss" not in page, "the role, not the name"
    with app.app_context():
        assert len(looking.looks_at(two[1])) == 0


def test_looks_at_nobody_or_at_oneself_are_not_noted(app: Flask, two: tuple[int, int]) -> None:
    admin_id = create(app, "admin@example.com", is_superuser=True)
    admin = browser_of(app, admin_id)
    admin.get("/admin/scores")
    admin.get("/admin/scores?email=nobody@example.com&job=1")
    admin.get("/admin/scores?email=admin@example.com&job=1")
    admin.get("/admin/emails/999999")
    browser_of(app, two[0]).get("/admin/scores?email=admin@example.com&job=1")
    with app.app_context():
        looks = select(func.count()).where(AuditLog.action == looking.ACTION)
        assert db.session.scalar(looks) == 0


class TestNames:
    """Where the operator wants that people see who it was."""

    @pytest.fixture
    def settings(self) -> dict[str, object]:
        return {"show_admin_names": True}

    def test_the_name_is_shown_when_the_operator_wants_it(
        self, app: Flask, two: tuple[int, int]
    ) -> None:
        boss = create(app, "admin@example.com", is_superuser=True, full_name="Boss")
        browser_of(app, boss).get(f"/admin/scores?email={MARK}@example.com&job=1")
        assert "Boss" in browser_of(app, two[0]).get("/me/data").text


def test_every_admin_page_about_one_person_is_noted_or_says_why_not(app: Flask) -> None:
    """A page with the number of a letter, person or match in its address shows somebody's data."""
    known = set(looking.LOOKS) | set(looking.NOBODYS)
    about = {"log_id", "user_id", "match_id", "complaint_id", "profile_id"}
    for rule in app.url_map.iter_rules():
        is_admin = access_of(app.view_functions[rule.endpoint]) is Access.ADMIN
        if is_admin and "GET" in (rule.methods or ()) and rule.arguments & about:
            assert rule.endpoint in known, rule.endpoint


def test_previews_and_exports_by_command_are_shown_to_the_person(
    app: Flask, two: tuple[int, int], tmp_path: Any
) -> None:
    runner = app.test_cli_runner()
    path = tmp_path / "out.zip"
    email = f"{MARK}@example.com"
    done = runner.invoke(args=["privacy", "export", email, "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert zipfile.ZipFile(path).testzip() is None
    assert path.stat().st_mode & 0o077 == 0
    assert email not in done.output
    page = browser_of(app, two[0]).get("/me/data").text
    assert "An export of your data" in page
    assert "The operator, by command" in page


@pytest.mark.usefixtures("morning")
def test_who_switches_profiling_off_is_scored_by_declared_wishes_alone(
    app: Flask,
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    match: Make,
    live_at: Make,
) -> None:
    reader = make_reader()
    live_at(reader)
    rows = match(reader, make_jobs(5))
    rows[0].saved_at = rows[0].matched_at
    session.commit()
    reader_id = reader.id
    policy = scores.active_policy()

    def seen() -> Any:
        session.expire_all()
        return matching.profile_of(reader_id, policy).seen_titles

    browser = browser_of(app, reader_id)
    assert len(seen()) == 1
    assert browser.post("/me/data/profiling", data={"value": "off"}).status_code == 303
    assert len(seen()) == 0
    assert "on what you told us alone" in browser.get("/me/data").text
    assert browser.get("/matches").status_code == 200
    assert browser.post("/me/data/profiling", data={"value": "on"}).status_code == 303
    assert len(seen()) == 1
    assert browser.post("/me/data/profiling", data={"value": "maybe"}).status_code == 400


def test_waiting_letters_of_the_erased_never_leave(
    app: Flask, session: Session, make_reader: Make
) -> None:
    reader: User = make_reader()
    outbox.enqueue(
        outbox.Draft(
            email_type=EmailType.NOTICE,
            recipient=reader.email,
            subject="s",
            text="t",
            html="h",
            locale="en",
            user_id=reader.id,
        )
    )
    session.commit()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["privacy", "erase", reader.email, "--yes"]).exit_code == 0
    session.expire_all()
    row = session.scalars(select(EmailLog)).one()
    assert (row.status, row.recipient_email) == (EmailStatus.CANCELLED, "")
