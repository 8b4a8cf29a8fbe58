"""Putting letters into the log: ids in order, bodies packed, nothing to those who said no."""

import re
import zlib
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import service, suppression
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from tests.emails.conftest import row

Outbox = Callable[..., list[int]]


def draft(i: int, **values: object) -> service.Draft:
    return service.Draft(
        **{  # type: ignore[arg-type]
            "email_type": EmailType.DIGEST,
            "recipient": f"reader{i}@example.com",
            "subject": f"Letter {i}",
            "text": f"Text {i} 看護師\n",
            "html": f"<p>HTML {i} 看護師</p>\n",
            "locale": "ja",
        }
        | values
    )


def test_rows_come_in_the_order_of_the_drafts_whatever_their_number(outbox: Outbox) -> None:
    outbox(3)
    with transaction():
        suppression.suppress("reader7@example.com", suppression.Reason.ADMIN)
        logged = service.enqueue_all([draft(i, is_held=i % 5 == 0) for i in range(1_203)])
    assert [one.id for one in logged] == sorted(one.id for one in logged)
    found = {
        letter.id: letter for letter in db.session.scalars(select(EmailLog).order_by(EmailLog.id))
    }
    for i, (log_id, status) in enumerate(logged):
        letter = found[log_id]
        assert letter.recipient_email == f"reader{i}@example.com"
        assert letter.message_id is not None
        assert re.fullmatch(r"letter\.\d{14}\.\d{29}@localhost", letter.message_id)
        assert letter.status is status
        assert status is (EmailStatus.SUPPRESSED if i == 7 else EmailStatus.PENDING)
        assert (letter.next_attempt_at is None) == (i == 7 or i % 5 == 0)
        assert service.text_of(letter) == f"Text {i} 看護師\n"
        assert service.html_of(letter) == f"<p>HTML {i} 看護師</p>\n"
        assert letter.body == "", "the text stands there once, packed"


def test_bodies_may_come_packed(outbox: Outbox) -> None:
    [log_id] = outbox(1, text=service.pack("a\n"), html=service.pack("<p>b</p>"))
    assert service.text_of(row(log_id)) == "a\n"
    assert service.html_of(row(log_id)) == "<p>b</p>"


def test_one_letter_gives_its_row(outbox: Outbox) -> None:
    with transaction():
        letter = service.enqueue(draft(1))
        assert letter.message_id is not None
        assert re.fullmatch(r"letter\.\d{14}\.\d{29}@localhost", letter.message_id)
        assert letter.created_at <= clock.now()
        assert letter.headers == {}


def test_nothing_becomes_nothing(outbox: Outbox) -> None:
    assert service.enqueue_all([]) == []


@given(text=st.text())
def test_what_is_packed_is_unpacked(text: str) -> None:
    packed = service.pack(text)
    letter = EmailLog(body="", text_z=packed, html_z=packed)
    kept = text.encode("utf-8", "replace").decode()
    assert service.text_of(letter) == service.html_of(letter) == kept
    assert zlib.decompress(packed).decode() == kept


def test_a_letter_without_html_has_none() -> None:
    assert service.html_of(EmailLog(body="", text_z=None, html_z=None)) is None
    assert service.text_of(EmailLog(body="old", text_z=None, html_z=None)) == "old"


def test_who_is_forgotten_leaves_no_text(outbox: Outbox) -> None:
    [log_id] = outbox(1)
    with transaction():
        assert service.forget_address("reader0@example.com") == 1
    letter = row(log_id)
    assert (letter.subject, letter.body, letter.text_z, letter.html_z) == ("", "", None, None)
