"""My mail, the unsubscribe link, and the admin's log, seen by those who may and who may not."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import flask
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import Consent, User
from jobscore.digests import links, service
from jobscore.emails import retention
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from tests import factories
from tests.conftest import Client
from tests.digests.conftest import DAY

Make = Callable[..., Any]


class _Forgetful(Client):
    """A browser whose requests share the test's application context, but not who is signed in."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        flask.g.pop("_login_user", None)
        return super().open(*args, **kwargs)


@pytest.fixture
def browser(app: Flask, session: Session) -> Callable[[User], FlaskClient]:
    def sign_in(user: User) -> FlaskClient:
        with app.test_request_context():
            token = sessions.start(user, user_agent="test", address="127.0.0.1")
        session.commit()
        client = _Forgetful(app, app.response_class, use_cookies=True)
        with client.session_transaction() as cookie:
            cookie[sessions.COOKIE_KEY] = token
        return client

    return sign_in


@pytest.fixture
def sent(session: Session, make_reader: Make, make_jobs: Make, match: Make) -> tuple[User, int]:
    """A person and the id of their letter."""
    reader = make_reader()
    match(reader, make_jobs(3))
    session.commit()
    service.build_digests(DAY)
    return reader, session.scalars(select(EmailLog)).one().id


@pytest.fixture
def admin(session: Session, browser: Make) -> FlaskClient:
    return browser(factories.user(session, is_superuser=True))  # type: ignore[no-any-return]


def test_i_see_my_letter_with_its_scores_and_nobody_elses(
    sent: tuple[User, int], make_reader: Make, browser: Make
) -> None:
    reader, log_id = sent
    mine = browser(reader)
    page = mine.get("/me/mail").get_data(as_text=True)
    assert f"/me/mail/{log_id}" in page
    letter = mine.get(f"/me/mail/{log_id}").get_data(as_text=True)
    assert "95" in letter
    assert "not known" in letter
    assert mine.get(f"/me/mail/{log_id}/html").status_code == 200

    other = browser(make_reader())
    assert f"/me/mail/{log_id}" not in other.get("/me/mail").get_data(as_text=True)
    for path in (f"/me/mail/{log_id}", f"/me/mail/{log_id}/html"):
        assert other.get(path).status_code == 404
    assert other.get(f"/admin/emails/{log_id}").status_code == 403


def test_the_frame_may_do_nothing_but_show_inline_styles(
    sent: tuple[User, int], browser: Make
) -> None:
    reader, log_id = sent
    headers = browser(reader).get(f"/me/mail/{log_id}/html").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Cache-Control"] == "no-store"


def test_a_letter_with_a_personal_link_is_shown_to_nobody(
    session: Session, make_reader: Make, browser: Make, admin: FlaskClient
) -> None:
    reader = make_reader()
    log_id = outbox.enqueue(
        outbox.Draft(
            email_type=EmailType.RESET,
            recipient=reader.email,
            subject="New password",
            text="https://example.com/reset/secret",
            html="<p>secret</p>",
            locale="en",
            user_id=reader.id,
        )
    ).id
    session.commit()
    for client, path in ((admin, "/admin/emails"), (browser(reader), "/me/mail")):
        page = client.get(f"{path}/{log_id}")
        assert page.status_code == 200
        assert "secret" not in page.get_data(as_text=True)
        assert client.get(f"{path}/{log_id}/html").status_code == 404


def test_looking_at_the_unsubscribe_link_changes_nothing(
    session: Session, sent: tuple[User, int], client: FlaskClient
) -> None:
    path = f"/u/{links.unsubscribe_token(sent[0].id)}"
    for method in ("GET", "HEAD"):
        assert client.open(path, method=method).status_code == 200
    session.rollback()
    assert session.scalars(select(Consent)).one().withdrawn_at is None


def test_one_click_ends_the_letters_without_cookie_token_or_redirect(
    app: Flask, session: Session, sent: tuple[User, int]
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    path = f"/u/{links.unsubscribe_token(sent[0].id)}"
    answer = app.test_client(use_cookies=False).post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    session.rollback()
    assert session.scalars(select(Consent)).one().withdrawn_at is not None
    assert session.scalars(select(EmailLog)).one().status is EmailStatus.SUPPRESSED


def test_an_admin_cannot_bring_back_a_letter_to_somebody_who_ended_them(
    app: Flask, session: Session, sent: tuple[User, int], admin: FlaskClient
) -> None:
    app.test_client().post(f"/u/{links.unsubscribe_token(sent[0].id)}")
    admin.post(f"/admin/emails/{sent[1]}/retry")
    session.rollback()
    session.expire_all()
    assert session.get_one(EmailLog, sent[1]).status is EmailStatus.SUPPRESSED


def test_a_button_on_the_page_does_the_same(
    session: Session, sent: tuple[User, int], client: FlaskClient
) -> None:
    answer = client.post(f"/u/{links.unsubscribe_token(sent[0].id)}")
    assert "The letters have ended" in answer.get_data(as_text=True)
    session.rollback()
    assert session.scalars(select(Consent)).one().withdrawn_at is not None


def test_a_changed_link_and_one_for_another_purpose_end_nothing(
    app: Flask, session: Session, sent: tuple[User, int], client: FlaskClient
) -> None:
    from itsdangerous import URLSafeSerializer

    token = links.unsubscribe_token(sent[0].id)
    foreign = str(URLSafeSerializer(str(app.secret_key), salt="other").dumps([sent[0].id]))
    for bad in (token[:-2], "x" + token, foreign, "nonsense"):
        assert client.get(f"/u/{bad}").status_code == 404
        assert client.post(f"/u/{bad}").status_code == 404
    session.rollback()
    assert session.scalars(select(Consent)).one().withdrawn_at is None


def test_the_admin_finds_a_letter_by_status_kind_and_part_of_the_address(
    session: Session, sent: tuple[User, int], admin: FlaskClient
) -> None:
    reader, log_id = sent
    link = f"/admin/emails/{log_id}"
    part = reader.email.split("@")[0].upper()
    for query, is_found in (
        ("", True),
        ("?status=pending", True),
        ("?status=sent", False),
        ("?type=digest", True),
        ("?type=reset", False),
        (f"?to={part}", True),
        ("?to=%25", False),
        ("?status=nonsense", True),
    ):
        page = admin.get(f"/admin/emails{query}").get_data(as_text=True)
        assert (link in page) is is_found, query
    assert admin.get("/admin/emails?after=garbage").status_code == 404


def test_the_log_goes_on_page_by_page_and_keeps_its_filters(
    session: Session, admin: FlaskClient
) -> None:
    outbox.enqueue_all(
        [
            outbox.Draft(
                email_type=EmailType.NOTICE,
                recipient=f"a{i}@example.com",
                subject=f"Notice {i}",
                text="t",
                html="h",
                locale="en",
            )
            for i in range(120)
        ]
    )
    session.commit()
    seen: list[str] = []
    path: str | None = "/admin/emails?type=notice"
    while path:
        page = admin.get(path).get_data(as_text=True)
        seen += re.findall(r">(Notice \d+)<", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None
        assert path is None or "type=notice" in path
    assert seen == [f"Notice {i}" for i in reversed(range(120))]


def test_the_admin_cancels_and_retries_a_letter_and_the_audit_log_knows(
    session: Session, sent: tuple[User, int], admin: FlaskClient
) -> None:
    path = f"/admin/emails/{sent[1]}"
    page = admin.get(path).get_data(as_text=True)
    assert "/u/" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.S), (
        "no personal link among the headers"
    )
    assert admin.post(f"{path}/cancel").status_code == 303
    session.rollback()
    assert session.get_one(EmailLog, sent[1]).status is EmailStatus.CANCELLED
    again = admin.post(f"{path}/cancel", follow_redirects=True).get_data(as_text=True)
    assert "another state by now" in again
    admin.post(f"{path}/retry")
    session.rollback()
    session.expire_all()
    assert session.get_one(EmailLog, sent[1]).status is EmailStatus.PENDING


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_has_its_empty_state_in_both_languages(
    make_reader: Make, browser: Make, admin: FlaskClient, language: str
) -> None:
    for client, path in ((admin, "/admin/emails"), (browser(make_reader()), "/me/mail")):
        page = client.get(f"{path}?lang={language}")
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.get_data(as_text=True)
        assert 'class="card empty"' in page.get_data(as_text=True)


def test_a_letter_whose_text_is_no_longer_kept_says_so(
    session: Session, sent: tuple[User, int], browser: Make, admin: FlaskClient
) -> None:
    reader, log_id = sent
    session.execute(
        update(EmailLog).values(
            created_at=clock.now() - timedelta(days=91), status=EmailStatus.SENT
        )
    )
    session.commit()
    assert retention.prune().letters == 1
    for client, path in ((admin, "/admin/emails"), (browser(reader), "/me/mail")):
        page = client.get(f"{path}/{log_id}").get_data(as_text=True)
        assert "no longer kept" in page
        assert "<iframe" not in page
        assert "Nurse 0" in page, "the jobs inside and their scores stay"
        assert client.get(f"{path}/{log_id}/html").status_code == 404
