"""Unsubscribing by letter: a token of ours in the subject ends the letters, nothing else does."""

import mailbox
from collections.abc import Callable
from email import message_from_string
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobscore.accounts.models import DigestFrequency, User
from jobscore.digests import by_mail, links
from jobscore.emails.compose import list_headers, unsubscribe_by_mail

Make = Callable[..., Any]


@pytest.fixture
def readers(app: Flask, session: Session, make_reader: Make) -> list[User]:
    people = [make_reader(), make_reader()]
    session.commit()
    return people


def asking(user: User, subject: str = "unsubscribe {token}") -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = "anybody@example.net"
    letter["Subject"] = subject.format(token=links.unsubscribe_token(user.id))
    letter.set_content("Sent from my phone")
    return letter


def is_off(session: Session, user: User) -> bool:
    session.expire_all()
    assert user.profile is not None
    return user.profile.digest_frequency is DigestFrequency.OFF


def test_the_subject_that_our_header_asks_for_ends_the_letters(
    session: Session, readers: list[User], tmp_path: Path
) -> None:
    stored = list_headers("digest", links.unsubscribe_url(readers[0].id), "http://localhost")
    header = unsubscribe_by_mail(stored["List-Unsubscribe"], "stop@example.com")
    link = urlsplit(header.partition("<mailto:")[2].rstrip(">"))
    letter = EmailMessage()
    letter["Subject"] = parse_qs(link.query)["subject"][0]
    path = tmp_path / "one.eml"
    path.write_bytes(letter.as_bytes())
    asked = by_mail.end_letters(str(path))
    assert (link.path, asked.letters, asked.ended) == ("stop@example.com", 1, 1)
    assert [is_off(session, user) for user in readers] == [True, False]


@pytest.mark.parametrize("kind", ["mbox", "maildir"])
def test_a_mailbox_is_read_whole_and_left_as_it_was(
    session: Session, readers: list[User], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / kind
    box: mailbox.Mailbox[Any] = mailbox.mbox(path) if kind == "mbox" else mailbox.Maildir(path)
    for letter in (asking(readers[0]), asking(readers[1], "Re: hello"), asking(readers[1])):
        box.add(letter)
    box.close()
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    asked = by_mail.end_letters(str(path))
    assert (asked.letters, asked.ended, asked.unread) == (3, 2, 1)
    assert all(is_off(session, user) for user in readers)
    again = by_mail.end_letters(str(path))
    assert (again.letters, again.ended, again.unread) == (3, 0, 1)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe",
        "unsubscribe me please",
        "unsubscribe {token}x",
        "UNSUBSCRIBE WzFd.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "=?no-such-set?q?unsubscribe?=",
        "",
    ],
)
def test_other_words_end_nothing(session: Session, readers: list[User], subject: str) -> None:
    raw = f"Subject: {subject.format(token=links.unsubscribe_token(readers[0].id))}\r\n\r\nx"
    assert by_mail.person_of(message_from_string(raw)) is None


def test_the_command_takes_a_letter_from_the_mail_server(
    app: Flask, session: Session, readers: list[User]
) -> None:
    runner = app.test_cli_runner()
    raw = asking(readers[0], "Fwd: Unsubscribe {token}").as_bytes()
    done = runner.invoke(args=["digests", "unsubscribe-mail", "-"], input=raw)
    assert done.output == "1 read: 1 unsubscribed, 0 without a token of ours\n"
    assert [is_off(session, user) for user in readers] == [True, False]
