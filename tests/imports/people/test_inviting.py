"""Invitations: the letter, the yes, the no, one reminder, and the end without an answer."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import service as accounts
from jobscore.accounts import sessions, tokens
from jobscore.accounts.models import Consent, ConsentKind, DigestFrequency, User
from jobscore.database.transaction import transaction
from jobscore.emails import suppression, tasks
from jobscore.emails.models import EmailLog, EmailStatus, EmailType, Suppression
from jobscore.extensions import db
from jobscore.imports.people import inviting, links, service
from jobscore.imports.people.models import Invitation, InvitationStatus
from tests.emails import mailserver
from tests.imports.people.conftest import NOON, STATEMENT, Bring

PASSWORD = "correct horse battery"


@pytest.fixture
def mailbox() -> Iterator[mailserver.Mailbox]:
    with mailserver.running() as box:
        yield box


@pytest.fixture
def settings(mailbox: mailserver.Mailbox) -> dict[str, object]:
    return {"mail_url": mailbox.url}


Invite = Callable[[], int]


@pytest.fixture
def invite(bring: Bring, app: Flask, admin_id: int) -> Invite:
    """Call it to import two people and have their letters delivered; returns the import."""

    def act() -> int:
        import_id = bring()
        with app.app_context():
            with transaction() as session:
                assert inviting.request_all(session, import_id, admin_id) == 2
            assert inviting.tend().written == 2
            tasks.send_batch()
            db.session.remove()
        return import_id

    return act


def letter_to(box: mailserver.Mailbox, address: str) -> EmailMessage:
    return [m for m in box.messages if m["To"] == address][-1]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage, ending: str = "") -> str:
    found = re.search(rf"http://localhost(/invitation/[\w.-]+{ending})\s", text_of(letter))
    assert found, text_of(letter)
    return found[1]


def user(email: str = "hanako@example.com") -> User | None:
    db.session.expire_all()
    return accounts.find(email)


def states(session: Session) -> list[InvitationStatus]:
    session.expire_all()
    return list(session.scalars(select(Invitation.status).order_by(Invitation.id)))


def test_the_letter_says_who_writes_what_is_kept_and_how_it_was_obtained(
    invite: Invite, mailbox: mailserver.Mailbox
) -> None:
    invite()
    english = letter_to(mailbox, "taylor@example.com")
    assert english["Subject"] == "Example Jobs K.K. invites you to jobscore"
    assert english["Content-Language"] == "en"
    text = text_of(english)
    for part in (
        "Hello Taylor Example,", STATEMENT.text, "October 1, 2026", STATEMENT.method, "2026-09",
        "Skills and licences", "December 20, 2026", "1-1 Chiyoda, Tokyo",
    ):  # fmt: skip
        assert part in text, part
    assert "Web developer" not in text, "values stand on the page, not in the letter"
    html = english.get_body(("html",))
    assert html is not None
    page = str(html.get_content())
    assert STATEMENT.text in page
    assert link_in(english) in page
    assert link_in(english, "/delete") in page
    assert english["List-Unsubscribe"] == f"<http://localhost{link_in(english, '/delete')}>"
    assert english["List-Unsubscribe-Post"] is None, "no mail program may erase by itself"


def test_the_japanese_letter_is_japanese(invite: Invite, mailbox: mailserver.Mailbox) -> None:
    invite()
    japanese = letter_to(mailbox, "hanako@example.com")
    assert japanese["Content-Language"] == "ja"
    text = text_of(japanese)
    assert "山田 花子" in text
    assert "2026年10月1日" in text
    assert not re.search(r"Hello|invites|Delete what", text)
    assert len(str(japanese["Subject"])) <= 50


def test_a_name_cannot_break_out_of_the_letter(
    bring: Bring, app: Flask, mailbox: mailserver.Mailbox
) -> None:
    import_id = bring(
        'email,name,language\nx@example.com,"Eve\r\nBcc: victim@example.com",en\n'
        "y@example.com,Mallory & <i>Co</i>,en\nz@example.com,%(name)s O'Hara,en\n"
    )
    with app.app_context():
        with transaction() as session:
            inviting.request_all(session, import_id, None)
        inviting.tend()
        tasks.send_batch()
    assert sorted(mailbox.recipients) == ["x@example.com", "y@example.com", "z@example.com"]
    assert all(m["Bcc"] is None for m in mailbox.messages)
    assert "%(name)s O'Hara" in text_of(letter_to(mailbox, "z@example.com"))
    assert b"<i>Co" not in b"".join(mailbox.received)


def test_looking_changes_nothing_and_shows_exactly_what_is_kept(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    for address in (path, f"{path}/delete", path):
        page = client.get(address, headers={"Accept-Language": "en"})
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin"
        for part in ("taylor@example.com", "Taylor Example", "Web developer", "SQL", "Full-time",
                     "5 years", STATEMENT.text):  # fmt: skip
            assert part in page.text, part
    assert states(session) == [InvitationStatus.SENT] * 2


def test_accepting_sets_a_password_and_opens_the_account(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    weak = client.post(path, data={"password": "short"})
    assert weak.status_code == 422
    assert states(session)[1] is InvitationStatus.SENT
    done = client.post(path, data={"password": PASSWORD}, headers={"Accept-Language": "en"})
    assert (done.status_code, done.location) == (303, "/me")
    taylor = user("taylor@example.com")
    assert taylor is not None
    assert taylor.is_active
    assert taylor.email_verified_at == NOON
    kinds = session.scalars(
        select(Consent.kind).where(Consent.user_id == taylor.id, Consent.how == "invitation")
    ).all()
    assert kinds == [ConsentKind.TERMS], "letters only for who ticks the box"
    assert taylor.profile.digest_frequency is DigestFrequency.OFF
    with client.session_transaction() as cookie:
        signed_in = sessions.find(cookie[sessions.COOKIE_KEY])
    assert signed_in is not None
    assert signed_in.user_id == taylor.id
    again = client.get(path)
    assert again.status_code == 410
    assert client.post(path, data={"password": PASSWORD}).status_code == 410
    assert client.post(f"{path}/delete").status_code == 410
    assert accounts.by_password("taylor@example.com", PASSWORD) is not None


def test_letters_come_to_who_ticks_the_box(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    client.post(path, data={"password": PASSWORD, "wants": "y"})
    taylor = user("taylor@example.com")
    assert taylor is not None
    assert taylor.profile.digest_frequency is DigestFrequency.DAILY
    query = select(Consent.kind).where(Consent.user_id == taylor.id).order_by(Consent.id)
    assert list(session.scalars(query)) == [
        ConsentKind.CONTACT, ConsentKind.TERMS, ConsentKind.DIGEST,
    ]  # fmt: skip


def test_refusing_needs_no_sign_in_and_erases_and_suppresses(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    import_id = invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"), "/delete")
    done = client.post(path)
    assert (done.status_code, done.location) == (303, "/invitation/deleted")
    assert "nothing about you" in client.get(done.location, headers={"Accept-Language": "en"}).text
    assert user("taylor@example.com") is None
    assert states(session) == [InvitationStatus.SENT, InvitationStatus.REFUSED]
    listed = session.scalars(select(Suppression)).one()
    assert listed.reason == suppression.Reason.ERASED
    assert listed.address_hash == suppression.address_hash("taylor@example.com")
    rows = session.scalars(select(EmailLog).where(EmailLog.email_type == EmailType.INVITATION))
    scrubbed = [(row.recipient_email, row.subject, row.body, row.text_z, row.html_z, row.headers)
                for row in rows if row.user_id is None]  # fmt: skip
    assert scrubbed == [("", "", "", None, None, {})]
    assert inviting.counts(session, import_id)[InvitationStatus.REFUSED] == 1
    assert client.get(path).status_code == 410
    anywhere = [
        str(row)
        for table in db.metadata.sorted_tables
        for row in session.execute(select(table))
        if "taylor" in str(row).lower()
    ]
    assert anywhere == [], "no table holds the name or the address any more"


def test_who_refused_is_not_imported_nor_written_to_again(
    invite: Invite,
    bring: Bring,
    mailbox: mailserver.Mailbox,
    client: FlaskClient,
    session: Session,
) -> None:
    invite()
    client.post(link_in(letter_to(mailbox, "taylor@example.com"), "/delete"))
    session.rollback()
    bring("email,name\nTaylor@example.com,Taylor\n", name="again.csv")
    assert user("taylor@example.com") is None


def test_who_refused_can_sign_up_of_themselves_and_gets_letters_then(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    client.post(link_in(letter_to(mailbox, "taylor@example.com"), "/delete"))
    client.post(
        "/register", data={"email": "taylor@example.com", "password": PASSWORD, "full_name": "T"}
    )
    tasks.send_batch()
    letter = [m for m in mailbox.messages if m["To"] == "taylor@example.com"][-1]
    assert "invites you" not in str(letter["Subject"])
    session.rollback()
    assert suppression.suppressed({"taylor@example.com"}, EmailType.DIGEST)
    with transaction():
        taylor = accounts.find("taylor@example.com")
        assert taylor is not None
        accounts.confirm_address(tokens.make(tokens.Purpose.VERIFY, taylor))
    assert not suppression.suppressed({"taylor@example.com"}, EmailType.DIGEST)


def test_an_account_that_was_opened_some_other_way_is_not_taken_over_by_an_old_link(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    with transaction():
        taylor = accounts.find("taylor@example.com")
        assert taylor is not None
        taylor.hashed_password, taylor.is_active = "scrypt$own", True
    answer = {"password": PASSWORD, "agree": "y", "terms": "y"}
    assert client.get(path).status_code == 410
    assert client.post(path, data=answer).status_code == 410
    assert (
        client.post(link_in(letter_to(mailbox, "taylor@example.com"), "/delete")).status_code == 410
    )
    taylor = user("taylor@example.com")
    assert taylor is not None
    assert taylor.hashed_password == "scrypt$own"


@pytest.mark.parametrize("spoil", ["cut", "other", "swapped"])
def test_a_forged_link_is_worthless(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session, spoil: str
) -> None:
    invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    spoiled = {"cut": path[:-1], "other": path.replace("/invitation/", "/verify/"),
               "swapped": path[:-3] + path[-3:][::-1]}[spoil]  # fmt: skip
    if spoiled == path:
        spoiled += "x"
    assert client.get(spoiled).status_code == 410
    assert client.post(spoiled, data={"password": PASSWORD}).status_code == 410
    assert states(session) == [InvitationStatus.SENT] * 2


def test_before_the_letter_is_sent_there_is_no_link(bring: Bring, session: Session) -> None:
    bring()
    invitation = session.scalars(select(Invitation)).first()
    assert invitation is not None
    with pytest.raises(links.StaleInvitationError):
        links.read(links.token_of(invitation))


def test_one_reminder_then_the_end(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    assert inviting.tend().did_something is False
    for days, reminded in ((6, 0), (7, 2), (8, 0), (25, 0)):
        with clock.set_to(NOON + timedelta(days=days, minutes=1)):
            assert inviting.tend().reminded == reminded, days
            tasks.send_batch()
    assert len(mailbox.messages) == 4
    reminder = letter_to(mailbox, "taylor@example.com")
    assert str(reminder["Subject"]).startswith("Reminder:")
    assert "only reminder" in text_of(reminder)
    with clock.set_to(NOON + timedelta(days=29)):
        assert client.get(link_in(reminder)).status_code == 200, "both letters' links work"
    with clock.set_to(NOON + timedelta(days=30, minutes=1)):
        assert client.get(link_in(reminder)).status_code == 410, "even before the maintenance"
        done = inviting.tend()
        assert (done.expired, done.erased) == (2, 2)
        assert inviting.tend().did_something is False or done.files
    assert user("taylor@example.com") is None
    assert states(session) == [InvitationStatus.EXPIRED] * 2
    assert session.scalar(select(func.count(Suppression.id))) == 0


def test_who_was_never_written_to_is_erased_as_well(bring: Bring, session: Session) -> None:
    bring()
    with clock.set_to(NOON + timedelta(days=31)):
        assert inviting.tend().erased == 2
    assert user() is None


def test_an_address_that_bounces_is_not_reminded(
    bring: Bring, app: Flask, mailbox: mailserver.Mailbox, session: Session
) -> None:
    mailbox.on_recipient = lambda a: "550 5.1.1 no such user" if a.startswith("taylor") else None
    import_id = bring()
    with transaction() as own:
        inviting.request_all(own, import_id, None)
    inviting.tend()
    tasks.send_batch()
    with clock.set_to(NOON + timedelta(days=8)):
        inviting.tend()
        tasks.send_batch()
    assert mailbox.recipients.count("taylor@example.com") == 0
    kept = session.scalars(
        select(EmailLog.status).where(EmailLog.recipient_email == "taylor@example.com")
        .order_by(EmailLog.id)
    )  # fmt: skip
    assert list(kept) == [EmailStatus.FAILED, EmailStatus.SUPPRESSED]


def test_asking_twice_sends_once(
    bring: Bring, mailbox: mailserver.Mailbox, session: Session
) -> None:
    import_id = bring()
    for wanted in (2, 0):
        with transaction() as own:
            assert inviting.request_all(own, import_id, None) == wanted
        inviting.tend()
    tasks.send_batch()
    assert len(mailbox.messages) == 2


def test_withdrawing_erases_and_stops_a_letter_that_waits(
    bring: Bring, mailbox: mailserver.Mailbox, session: Session
) -> None:
    import_id = bring()
    with transaction() as own:
        inviting.request_all(own, import_id, None)
        inviting.write_queued(own)
        first = own.scalars(select(Invitation).order_by(Invitation.id)).first()
        assert first is not None
        inviting.withdraw(first, None)
    tasks.send_batch()
    assert mailbox.recipients == ["taylor@example.com"]
    assert user() is None
    assert states(session) == [InvitationStatus.WITHDRAWN, InvitationStatus.SENT]


def test_who_signs_up_or_asks_for_a_password_meanwhile_gets_the_invitation_again(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    invite()
    client.post(
        "/register", data={"email": "taylor@example.com", "password": PASSWORD, "full_name": "X"}
    )
    client.post("/password/forgot", data={"email": "taylor@example.com"})
    tasks.send_batch()
    subjects = [str(m["Subject"]) for m in mailbox.messages if m["To"] == "taylor@example.com"]
    assert subjects == ["Example Jobs K.K. invites you to jobscore"] * 3
    taylor = user("taylor@example.com")
    assert taylor is not None
    assert taylor.is_awaited, "a stranger's sign-up changes nothing"
    assert taylor.full_name == "Taylor Example"
    assert client.get(link_in(letter_to(mailbox, "taylor@example.com"))).status_code == 200


def test_nothing_is_sent_while_the_operator_is_unknown(bring: Bring, app: Flask) -> None:
    from jobscore.emails.service import SendingRefusedError

    import_id = bring()
    settings = app.config["JOBSCORE"]
    app.config["JOBSCORE"] = type(settings)(
        **{f: getattr(settings, f) for f in type(settings).__dataclass_fields__}
        | {"operator_name": ""}
    )
    with app.app_context():
        with pytest.raises(SendingRefusedError), transaction() as own:
            inviting.request_all(own, import_id, None)
        assert inviting.tend().written == 0


def test_undoing_after_sending_kills_the_links(
    invite: Invite, mailbox: mailserver.Mailbox, client: FlaskClient, session: Session
) -> None:
    from jobscore.imports.models import CsvImport

    import_id = invite()
    path = link_in(letter_to(mailbox, "taylor@example.com"))
    with transaction() as own:
        service.undo(own, own.get_one(CsvImport, import_id), None)
    assert client.get(path).status_code == 410
    assert client.post(path, data={"password": PASSWORD}).status_code == 410
