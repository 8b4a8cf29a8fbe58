"""The page about my letters: how often, a pause, what comes next, the ledger; fewer by the link."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts.models import (
    AuditLog,
    Consent,
    ConsentKind,
    DigestFrequency,
    LetterPace,
    Profile,
    User,
)
from jobscore.digests import links, service, standing, wishes
from jobscore.emails import suppression
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.privacy import looking
from tests.digests.conftest import DAY
from tests.digests.test_views import browser  # noqa: F401 # a fixture

Make = Callable[..., Any]
MINE = {"frequency": "daily", "locale": "en"}

pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def reader(session: Session, make_reader: Make) -> User:
    person: User = make_reader()
    session.commit()
    return person


@pytest.fixture
def mine(reader: User, browser: Make) -> FlaskClient:  # noqa: F811 # a fixture
    return browser(reader)  # type: ignore[no-any-return]


def _profile(session: Session, user: User) -> Profile:
    session.rollback()
    session.expire_all()
    return session.get_one(Profile, user.id)


def test_how_often_which_score_language_and_steadiness_are_kept(
    session: Session, reader: User, mine: FlaskClient
) -> None:
    data = {"frequency": "weekly", "min_score": "65", "locale": "ja", "is_steady": "y"}
    answer = mine.post("/me/mail", data=data)
    assert answer.status_code == 303
    assert "locale=ja" in answer.headers["Set-Cookie"]
    profile = _profile(session, reader)
    assert (profile.digest_frequency, profile.digest_min_score, profile.locale) == (
        DigestFrequency.WEEKLY,
        65,
        "ja",
    )
    assert session.get_one(LetterPace, reader.id).is_steady


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"frequency": "hourly"}, id="often"),
        pytest.param({"frequency": ""}, id="no answer"),
        pytest.param({"min_score": "101"}, id="score"),
        pytest.param({"locale": "fr"}, id="language"),
    ],
)
def test_an_answer_that_was_not_offered_changes_nothing(
    session: Session, reader: User, mine: FlaskClient, wrong: dict[str, str]
) -> None:
    answer = mine.post("/me/mail", data={**MINE, "frequency": "off"} | wrong)
    assert answer.status_code == 422
    assert _profile(session, reader).digest_frequency is DigestFrequency.DAILY


def test_off_stops_what_waits_and_stands_in_the_ledger(
    session: Session, reader: User, mine: FlaskClient, make_jobs: Make, match: Make
) -> None:
    match(reader, make_jobs(2))
    session.commit()
    service.build_digests(DAY)
    mine.post("/me/mail", data={**MINE, "frequency": "off"})
    assert _profile(session, reader).digest_frequency is DigestFrequency.OFF
    assert session.scalars(select(EmailLog)).one().status is EmailStatus.SUPPRESSED
    entry = session.scalars(select(Consent)).one()
    assert (entry.withdrawn_at is None, entry.ended_how) == (False, "form")
    assert "on this site" in mine.get("/me/mail").text


def test_a_pause_holds_letters_until_its_day_and_can_be_ended(
    session: Session, reader: User, mine: FlaskClient
) -> None:
    until = DAY + timedelta(days=14)
    assert mine.post("/me/mail/pause", data={"until": str(until)}).status_code == 303
    assert _profile(session, reader).snoozed_until == until
    assert "December 7, 2026" in mine.get("/me/mail").text
    mine.post("/me/mail/go-on")
    assert _profile(session, reader).snoozed_until is None


@pytest.mark.parametrize("until", [str(DAY), "2026-01-01", "2036-01-01", "soon", ""])
def test_a_pause_ends_on_a_day_to_come(
    session: Session, reader: User, mine: FlaskClient, until: str
) -> None:
    assert mine.post("/me/mail/pause", data={"until": until}).status_code == 422
    assert _profile(session, reader).snoozed_until is None


def test_what_would_come_next_is_what_then_comes(
    session: Session, reader: User, mine: FlaskClient, make_jobs: Make, match: Make
) -> None:
    match(reader, make_jobs(3))
    session.commit()
    page = mine.get("/me/mail/next").text
    frame = mine.get("/me/mail/next/html")
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert session.scalars(select(EmailLog)).all() == [], "looking sends nothing"
    service.build_digests(DAY)
    sent = session.scalars(select(EmailLog)).one()
    assert sent.subject in page
    assert "Nothing new at the moment" in mine.get("/me/mail/next").text
    assert mine.get("/me/mail/next/html").status_code == 404


def test_the_next_letter_says_why_there_is_none(
    session: Session, reader: User, mine: FlaskClient, make_jobs: Make, match: Make
) -> None:
    assert "No list yet" in mine.get("/me/mail/next").text
    match(reader, make_jobs(2), best=60)
    reader.profile.digest_min_score = 80
    session.commit()
    assert "No job clears your score" in mine.get("/me/mail/next").text


def test_who_gets_no_letters_may_look_at_one_all_the_same(
    session: Session,
    make_reader: Make,
    browser: Make,  # noqa: F811 # a fixture
    make_jobs: Make,
    match: Make,
) -> None:
    person = make_reader(consent=False)
    match(person, make_jobs(1))
    session.commit()
    page = browser(person).get("/me/mail/next").text
    assert "This is a preview" in page
    assert "none comes while letters are off" in page


@pytest.mark.parametrize(
    ("change", "state"),
    [
        pytest.param(lambda u: None, "on", id="on"),
        pytest.param(lambda u: setattr(u, "email_verified_at", None), "unconfirmed", id="address"),
        pytest.param(
            lambda u: setattr(u.profile, "snoozed_until", DAY + timedelta(days=1)),
            "paused",
            id="paused",
        ),
        pytest.param(lambda u: setattr(u.profile, "snoozed_until", DAY), "on", id="pause over"),
        pytest.param(
            lambda u: setattr(u.profile, "digest_frequency", DigestFrequency.OFF), "off", id="off"
        ),
        pytest.param(
            lambda u: suppression.suppress(u.email, suppression.Reason.COMPLAINT),
            "closed",
            id="closed",
        ),
    ],
)
def test_the_page_says_how_things_stand(
    session: Session, reader: User, mine: FlaskClient, change: Callable[[User], None], state: str
) -> None:
    change(reader)
    session.commit()
    assert standing.of(reader).state == state
    assert (standing.of(reader).next_on is None) is (state not in {"on", "paused"})
    for language in ("en", "ja"):
        assert mine.get(f"/me/mail?lang={language}").status_code == 200


def test_who_looked_at_my_letters_stands_there(
    session: Session, reader: User, mine: FlaskClient
) -> None:
    looking.record(reader.id, "preview", actor_id=None)
    looking.record(reader.id, "score", actor_id=None)
    session.commit()
    page = mine.get("/me/mail").text
    assert "A preview of your letter" in page
    assert "One of your scores" not in page


# --- fewer, by the link ---------------------------------------------------------------------------


def _u(user: User, tail: str = "") -> str:
    return f"/u/{links.unsubscribe_token(user.id)}{tail}"


@pytest.mark.parametrize("choice", list(wishes.Fewer))
def test_fewer_letters_by_the_link_without_signing_in(
    app: Flask, session: Session, reader: User, choice: wishes.Fewer
) -> None:
    client = app.test_client()
    assert f'value="{choice.value}"' in client.get(_u(reader)).text
    assert client.post(_u(reader, "/fewer"), data={"choice": choice.value}).status_code == 200
    profile = _profile(session, reader)
    kept = (profile.digest_frequency.value, profile.digest_min_score, profile.snoozed_until)
    assert (
        kept
        == {
            "weekly": ("weekly", 0, None),
            "best": ("daily", 80, None),
            "pause": ("daily", 0, DAY + timedelta(days=30)),
        }[choice.value]
    )
    assert session.scalars(select(AuditLog.action)).all().count("letters.fewer") == 1
    assert f'value="{choice.value}"' not in client.get(_u(reader)).text, "offered no more"


def test_the_link_cannot_bring_letters_on_anybody(
    app: Flask, session: Session, reader: User
) -> None:
    reader.profile.digest_frequency = DigestFrequency.OFF
    session.commit()
    client = app.test_client()
    for choice in wishes.Fewer:
        client.post(_u(reader, "/fewer"), data={"choice": choice.value})
    assert _profile(session, reader).digest_frequency is DigestFrequency.OFF
    assert client.post(_u(reader, "/fewer"), data={"choice": "daily"}).status_code == 400
    for tail in ("/fewer", "/again"):
        assert client.post(f"/u/nonsense{tail}", data={"choice": "weekly"}).status_code == 404
        assert client.get(_u(reader, tail)).status_code == 405, "a link does nothing by itself"


def test_a_mistake_is_mended_by_a_letter_that_asks(
    app: Flask, session: Session, reader: User
) -> None:
    client = app.test_client()
    page = client.post(_u(reader)).text
    assert "/again" in page
    assert client.post(_u(reader, "/again")).status_code == 200
    session.rollback()
    letter = session.scalars(select(EmailLog)).one()
    assert letter.email_type is EmailType.VERIFY
    assert standing.of(session.get_one(User, reader.id)).state == "waiting"
    kinds = session.scalars(select(Consent.kind)).all()
    assert kinds == [ConsentKind.DIGEST, ConsentKind.DIGEST]


@pytest.mark.parametrize(
    ("data", "how"), [({"List-Unsubscribe": "One-Click"}, "one-click"), ({}, "link")]
)
def test_the_ledger_knows_how_letters_were_ended(
    app: Flask, session: Session, reader: User, data: dict[str, str], how: str
) -> None:
    app.test_client().post(_u(reader), data=data)
    session.rollback()
    assert session.scalars(select(Consent)).one().ended_how == how
