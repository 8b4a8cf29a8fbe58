"""The page of addresses that are not written to: one is looked up, none is listed."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts.models import AuditLog
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.emails.bounces import service
from jobscore.emails.bounces.boxes import Found
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from tests.accounts.people import browser_of, create
from tests.emails.bounces.samples import sample
from tests.emails.conftest import put

URL = "/admin/suppressions"
TARO = "taro@example.com"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return browser_of(app, create(app, "ada@example.com", is_superuser=True))


def page(client: FlaskClient, path: str = URL) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def acts(session: Session) -> list[AuditLog]:
    session.rollback()
    query = select(AuditLog).where(AuditLog.action.startswith("suppression."))
    return list(session.scalars(query.order_by(AuditLog.id)))


def test_an_address_is_looked_up_added_and_taken_away_and_the_audit_log_knows(
    admin: FlaskClient, session: Session
) -> None:
    answer = admin.post(f"{URL}/look", data={"address": " ＴＡＲＯ@example.com "})
    assert "not on the list: letters may go there" in answer.get_data(as_text=True)
    why = {"address": TARO, "reason": f"Asked by phone, from {TARO}"}
    assert admin.post(f"{URL}/add", data=why).status_code == 303
    assert suppression.suppressed({TARO}, EmailType.RESET) == {TARO}
    assert "was on the list already" in admin.post(
        f"{URL}/add", data=why, follow_redirects=True
    ).get_data(as_text=True)
    found = admin.post(f"{URL}/look", data={"address": TARO}).get_data(as_text=True)
    assert "no letter goes there" in found
    assert "Asked by phone, from …@…" in found
    assert TARO not in page(admin)
    admin.post(f"{URL}/lift", data=why | {"reason": "Mailbox works again"})
    assert not suppression.suppressed({TARO}, EmailType.DIGEST)
    assert "not on the list any more" in admin.post(
        f"{URL}/lift", data=why, follow_redirects=True
    ).get_data(as_text=True)
    noted = acts(session)
    assert [one.action for one in noted] == [
        "suppression.looked_up",
        "suppression.added",
        "suppression.looked_up",
        "suppression.lifted",
    ]
    assert noted[1].details["why"] == "Asked by phone, from …@…"
    assert noted[3].details == {"reason": "admin", "why": "Mailbox works again"}
    assert all(one.actor_id for one in noted)
    assert all("taro" not in str(one.details) for one in noted)


def test_no_change_without_a_reason_and_the_input_is_kept(
    admin: FlaskClient, session: Session
) -> None:
    for path in ("add", "lift"):
        answer = admin.post(f"{URL}/{path}", data={"address": TARO, "reason": " "})
        assert answer.status_code == 422
        assert TARO in answer.get_data(as_text=True)
        assert "Say why" in answer.get_data(as_text=True)
    assert acts(session) == []


@pytest.mark.parametrize("path", ["look", "add", "lift"])
def test_what_is_no_address_is_told_and_kept(admin: FlaskClient, path: str) -> None:
    answer = admin.post(f"{URL}/{path}", data={"address": "<b>nobody", "reason": "x"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "This is not an e-mail address." in text
    assert 'value="&lt;b&gt;nobody"' in text


def test_an_address_never_stands_in_an_address_bar(admin: FlaskClient) -> None:
    for form in re.findall(r"<form[^>]*>", page(admin)):
        assert 'method="post"' in form or "/search" in form or "lang" in form or "jobs" in form
    assert admin.get(f"{URL}/look?address={TARO}").status_code == 405


def test_who_had_everything_erased_is_not_brought_back_here(
    admin: FlaskClient, session: Session
) -> None:
    with transaction():
        suppression.suppress(TARO, suppression.Reason.ERASED)
    text = admin.post(f"{URL}/look", data={"address": TARO}).get_data(as_text=True)
    assert "Only they can come back" in text
    assert "Take from the list" not in text
    answer = admin.post(f"{URL}/lift", data={"address": TARO, "reason": "x"}, follow_redirects=True)
    assert "Only they can come back" in answer.get_data(as_text=True)
    assert suppression.find(TARO) is not None


def test_the_newest_entries_are_shown_by_reason_without_addresses(
    admin: FlaskClient, session: Session
) -> None:
    with transaction():
        suppression.suppress(TARO, suppression.Reason.BOUNCE, f"550 <{TARO}> unknown")
        suppression.suppress("hanako@example.com", suppression.Reason.COMPLAINT, "abuse")
    everything = page(admin)
    assert "550 …@… unknown" in everything
    assert "abuse" in everything
    only = page(admin, f"{URL}?reason=bounce")
    assert "550 …@… unknown" in only
    assert ">abuse<" not in only
    assert page(admin, f"{URL}?reason=nonsense")
    for text in (everything, only):
        assert "taro" not in text
        assert "hanako" not in text


def test_a_letters_page_shows_what_came_back(admin: FlaskClient, session: Session) -> None:
    [log_id] = put(recipient=TARO)
    with transaction():
        letter = db.session.get_one(EmailLog, log_id)
        letter.status = EmailStatus.SENT
        name = str(letter.message_id)
    service.take_all([Found(sample("qmail", name, TARO))])
    text = page(admin, f"/admin/emails/{log_id}")
    assert "Came back for good" in text
    assert "no mailbox here by that name" in text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_has_its_empty_state_in_both_languages(admin: FlaskClient, language: str) -> None:
    text = page(admin, f"{URL}?lang={language}")
    assert f'<html lang="{language}"' in text
    assert 'class="card empty"' in text
    answer = admin.post(f"{URL}/look?lang={language}", data={"address": TARO})
    assert ("Write there no more" in answer.get_data(as_text=True)) is (language == "en")
