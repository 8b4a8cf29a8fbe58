"""Fixtures for letters: a mail server, and an application that sends to it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from jobscore.database.transaction import transaction
from jobscore.emails import service, tasks
from jobscore.emails.models import EmailLog, EmailType
from jobscore.extensions import db
from tests.emails import mailserver


@pytest.fixture
def mailbox() -> Iterator[mailserver.Mailbox]:
    with mailserver.running() as box:
        yield box


@pytest.fixture
def settings(mailbox: mailserver.Mailbox) -> dict[str, object]:
    return {"mail_url": mailbox.url}


@pytest.fixture
def outbox(app: Flask) -> Iterator[Callable[..., list[int]]]:
    """Call it to put letters into the outbox; returns the ids of their rows."""
    with app.app_context():
        yield put


def put(n: int = 1, **values: object) -> list[int]:
    with transaction():
        rows = service.enqueue_all(
            [
                service.Draft(
                    **{  # type: ignore[arg-type]
                        "email_type": EmailType.NOTICE,
                        "recipient": f"reader{i}@example.com",
                        "subject": f"Letter {i}",
                        "text": f"Text {i}\n.\nA line after a dot\n",
                        "html": f"<p>Text {i}</p>",
                        "locale": "en",
                    }
                    | values
                )
                for i in range(n)
            ]
        )
        return [row.id for row in rows]


def row(log_id: int) -> EmailLog:
    db.session.expire_all()
    found = db.session.get(EmailLog, log_id)
    assert found is not None
    db.session.commit()
    db.session.refresh(found)
    return found


def send(**options: object) -> tasks.SendReport:
    return tasks.send_batch(**options)  # type: ignore[arg-type]
