"""Pages lead an admin from a file of people to invitations, and keep everybody else out."""

import csv
import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts import service as accounts
from jobscore.accounts import sessions
from jobscore.emails.models import EmailLog
from jobscore.imports.models import CsvImport, ImportType
from jobscore.imports.people.models import Invitation, InvitationStatus
from tests import factories
from tests.imports.people.conftest import CSV, Bring

UPLOAD = "/admin/imports/people"


@pytest.fixture
def backend() -> str:
    """Pages are the same on both databases."""
    return "sqlite"


def browser(app: Flask, session: Session, **values: object) -> FlaskClient:
    person = factories.user(session, email_verified_at=factories.LONG_AGO, **values)
    with app.test_request_context():
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


@pytest.fixture
def admin(app: Flask, words: None, session: Session) -> FlaskClient:
    return browser(app, session, is_superuser=True)


def upload(client: FlaskClient, data: str, name: str = "people.csv", to: str = UPLOAD):  # type: ignore[no-untyped-def]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return client.post(
        to,
        data=head.encode() + data.encode() + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )


STATED = {
    "text": "You may keep it.",
    "given_on": "2026-10-01",
    "method": "on paper",
    "version": "",
}
MAPPED = {f"column-{n}": field for n, field in enumerate(
    ["email", "name", "place", "wanted_titles", "skills", "pay", "pay_period", "employment_types",
     "years", "language"])}  # fmt: skip


def test_a_seeker_does_not_come_here(app: Flask, session: Session) -> None:
    seeker = browser(app, session)
    for path in (f"{UPLOAD}/new", f"{UPLOAD}/1", f"{UPLOAD}/1/invite", f"{UPLOAD}/template.csv"):
        assert seeker.get(path).status_code == 403
    assert upload(seeker, CSV).status_code == 403
    assert seeker.post(f"{UPLOAD}/invitations/1/withdraw").status_code == 403


def test_the_whole_way_from_a_file_to_letters(
    admin: FlaskClient, session: Session, run_worker: Callable[[], int]
) -> None:
    assert "No passwords" in admin.get(f"{UPLOAD}/new").text
    sent = upload(admin, CSV)
    assert sent.location == f"{UPLOAD}/1/mapping"
    mapping = admin.get(sent.location).text
    assert "hanako@example.com" in mapping
    assert "¥1,200 an hour" in mapping
    missing = admin.post(f"{UPLOAD}/1/start", data=MAPPED)
    assert missing.status_code == 422
    assert "Say what these people agreed to" in missing.text
    started = admin.post(f"{UPLOAD}/1/start", data=MAPPED | STATED)
    assert started.location == f"{UPLOAD}/1"
    assert "waits for a worker" in admin.get(started.location).text
    run_worker()
    page = admin.get(f"{UPLOAD}/1").text
    assert "2 people are new and have not been written to yet" in page
    assert "You may keep it." in page
    assert session.scalars(select(EmailLog)).all() == [], "nobody is written to by the import"
    preview = admin.get(f"{UPLOAD}/1/invite").text
    assert "Send 2 invitations?" in preview
    assert "ご招待" in preview
    assert "/invitation/…" in preview, "no preview holds a link that works"
    for language in ("en", "ja"):
        frame = admin.get(f"{UPLOAD}/1/letter/{language}")
        assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
        assert "You may keep it." in frame.text
    assert admin.post(f"{UPLOAD}/1/invite").location == f"{UPLOAD}/1"
    assert "Letter is being written" in admin.get(f"{UPLOAD}/1").text
    run_worker()
    assert session.scalars(select(Invitation.status)).all() == [InvitationStatus.SENT] * 2
    assert "Invited" in admin.get(f"{UPLOAD}/1").text
    log_id = session.scalars(select(EmailLog.id)).first()
    assert "personal link" in admin.get(f"/admin/emails/{log_id}").text
    assert admin.get(f"{UPLOAD}/1/invite").status_code == 302, "nobody waits any more"


def test_a_day_in_the_future_or_no_day_at_all_is_said_at_the_field(
    admin: FlaskClient, session: Session
) -> None:
    upload(admin, CSV)
    for day in ("2031-01-01", "soon", "3日前"):
        answer = admin.post(f"{UPLOAD}/1/start", data=MAPPED | STATED | {"given_on": day})
        assert answer.status_code == 422
        assert "Write a day that is over" in answer.text
        assert "You may keep it." in answer.text, "input is kept"
    answer = admin.post(f"{UPLOAD}/1/start", data=MAPPED | STATED | {"given_on": ""})
    assert "Add the day on which these people agreed" in answer.text
    assert answer.status_code == 422


def test_a_mapping_needs_the_address_and_no_field_twice(admin: FlaskClient) -> None:
    upload(admin, CSV)
    without = {k: v for k, v in MAPPED.items() if v != "email"}
    answer = admin.post(f"{UPLOAD}/1/start", data=without | STATED)
    assert (answer.status_code, "e-mail address" in answer.text) == (422, True)
    twice = admin.post(f"{UPLOAD}/1/start", data=MAPPED | STATED | {"column-3": "email"})
    assert (twice.status_code, "Two columns are mapped" in twice.text) == (422, True)


def test_a_file_with_passwords_is_refused_with_a_sentence_and_no_value(
    admin: FlaskClient, session: Session
) -> None:
    answer = upload(admin, "email,password\na@example.com,hunter2\n")
    assert answer.status_code == 422
    assert "looks like passwords: B “password”" in answer.text
    assert "hunter2" not in answer.text
    assert session.scalars(select(CsvImport)).all() == []


def test_passwords_that_show_when_read_another_way_are_not_shown(
    admin: FlaskClient, session: Session
) -> None:
    junk = "".join(f"x{n},y{n}\n" for n in range(3))
    sent = upload(admin, f"{junk}email,note\na@example.com,hunter2\n")
    assert sent.status_code == 303
    other = admin.get(f"{sent.location}?header_line=4").text
    assert "hunter2" in other, "a note is no password"
    sent = upload(admin, "name;mail\na;a@example.com\n\nx;Kennwort\nemail;hunter2\n")
    page = admin.get(f"{sent.location}?header_line=4", follow_redirects=True).text
    assert "hunter2" not in page


def test_pages_of_job_imports_lead_to_those_of_people(admin: FlaskClient, session: Session) -> None:
    upload(admin, CSV)
    for path in ("/admin/imports/1", "/admin/imports/1/mapping", "/admin/imports/1/rejected.csv"):
        assert admin.get(path).location == f"{UPLOAD}/1"
    assert admin.post("/admin/imports/1/start", data=MAPPED).location == f"{UPLOAD}/1"
    one = session.scalars(select(CsvImport)).one()
    assert one.import_type is ImportType.PEOPLE
    assert not one.attempts, "people were not imported as jobs"


def test_a_job_import_is_no_import_of_people(admin: FlaskClient, session: Session) -> None:
    upload(admin, "title,company\nNurse,A\n", to="/admin/imports")
    for path in ("", "/mapping", "/invite", "/rejected.csv", "/letter/en"):
        assert admin.get(f"{UPLOAD}/1{path}").status_code == 404, path
    for path in ("/start", "/invite", "/undo"):
        assert admin.post(f"{UPLOAD}/1{path}").status_code == 404, path
    again = upload(admin, "title,company\nNurse,A\n")
    assert again.location == "/admin/imports/1"


def test_rejected_rows_download_guarded_with_their_header(
    admin: FlaskClient, bring: Bring, session: Session
) -> None:
    session.rollback()
    import_id = bring("email,name\nnobody,=cmd|x\nok@example.com,O\n")
    answer = admin.get(f"{UPLOAD}/{import_id}/rejected.csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows == [
        ["email", "name", "_line", "_column", "_reason"],
        ["nobody", "'=cmd|x", "2", "email",
         "This is no e-mail address that a letter could be sent to."],
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_template_can_be_imported_as_it_is(
    admin: FlaskClient, session: Session, run_worker: Callable[[], int], language: str
) -> None:
    body = admin.get(f"{UPLOAD}/template.csv?lang={language}").text
    mapping = admin.get(upload(admin, body).location).text
    columns = {
        name.split('"')[0]: mapping.split(f'name="{name}')[1].split(" selected")[0].split('"')[-2]
        for name in (part.split('"')[0] for part in mapping.split('name="')[1:])
        if name.startswith("column-")
    }
    assert len(columns) == 17
    assert admin.post(f"{UPLOAD}/1/start", data=columns).status_code == 303
    run_worker()
    page = admin.get(f"{UPLOAD}/1").text
    said = {"en": "1 person is new", "ja": "新しい方は1人です"}
    assert said[language] in page


def test_one_person_is_written_to_again_or_withdrawn(
    admin: FlaskClient, bring: Bring, session: Session
) -> None:
    session.rollback()
    bring()
    first, second = session.scalars(select(Invitation.id).order_by(Invitation.id))
    session.rollback()
    admin.post(f"{UPLOAD}/invitations/{first}/send")
    assert (
        "moments ago"
        in admin.post(f"{UPLOAD}/invitations/{first}/send", follow_redirects=True).text
    )
    gone = admin.post(f"{UPLOAD}/invitations/{second}/withdraw", follow_redirects=True).text
    assert "taken back" in gone
    assert "taylor@example.com" not in gone
    again = admin.post(f"{UPLOAD}/invitations/{second}/send", follow_redirects=True).text
    assert "answered or closed" in again
    session.expire_all()
    assert accounts.find("taylor@example.com") is None


def test_undo_says_what_it_did(admin: FlaskClient, bring: Bring, session: Session) -> None:
    session.rollback()
    import_id = bring()
    answer = admin.post(f"{UPLOAD}/{import_id}/undo", follow_redirects=True).text
    assert "Undone: 2 people taken back and erased" in answer
    assert "hanako@example.com" not in answer


def test_the_list_of_people_says_who_waits(
    admin: FlaskClient, bring: Bring, session: Session
) -> None:
    session.rollback()
    bring()
    page = admin.get("/admin/users").text
    assert "Not accepted yet" in page
    found = accounts.find("hanako@example.com")
    assert found is not None
    user_id = found.id
    session.rollback()
    assert admin.post(f"/admin/users/{user_id}/active", data={"value": "1"}).status_code == 409
