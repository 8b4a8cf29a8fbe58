"""The demo's SMTP server."""

import smtplib
from email.message import EmailMessage

import pytest

from jobscore.demo.outbox import Outbox, file_name


def letter(number: str, text: str = "こんにちは") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "a@example.jp", "b@example.jp"
    message["Subject"], message["Message-ID"] = "今日の求人", f"<{number}@example.jp>"
    message.set_content(text)
    return message


def test_letters_of_a_real_conversation_become_files(tmp_path):
    with Outbox(tmp_path / "outbox") as outbox:
        host, port = outbox.url.removeprefix("smtp://").split(":")
        with smtplib.SMTP(host, int(port), timeout=10) as client:
            for number in ("1", "2", "2"):
                client.send_message(letter(number))
    assert outbox.accepted == 3
    names = sorted(path.name for path in (tmp_path / "outbox").iterdir())
    assert names == ["1@example.jp.eml", "2@example.jp.eml"], "the repeat took the same file"
    assert b"Subject: =?utf-8?" in (tmp_path / "outbox" / names[0]).read_bytes()


def test_two_outboxes_may_run_at_once(tmp_path):
    with Outbox(tmp_path / "a") as one, Outbox(tmp_path / "b") as two:
        assert one.url != two.url


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"Message-ID: <../../x@y>\r\n\r\nz", ".._.._x@y.eml"),
        (b"message-id:\r\n <7@example.jp>\r\n\r\nz", "7@example.jp.eml"),
        (b"Subject: x\r\n\r\nMessage-ID: <in-the-body@x>", None),
    ],
)
def test_a_letter_never_names_a_file_elsewhere(content, name):
    found = file_name(content)
    assert "/" not in found
    assert found == name if name else len(found) == 36
