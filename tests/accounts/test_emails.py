"""The letters about an account: whose words go to whom."""

import pytest
from flask import Flask

from jobscore.emails.service import html_of, text_of
from tests.accounts.people import PASSWORD, browser_of, create, letters


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What stands in a letter does not depend on the database."""
    return str(request.param)


def test_nobody_can_write_to_strangers_by_their_name(app: Flask) -> None:
    spam = "WIN A PRIZE at prize.example"
    browser = browser_of(app, create(app, full_name=spam))
    data = {"email-email": "stranger@example.com", "email-present": PASSWORD}
    assert browser.post("/me/account/email", data=data).status_code == 303
    (letter,) = letters(app)
    assert letter.recipient_email == "stranger@example.com"
    html = html_of(letter)
    assert html
    for part in (letter.subject, text_of(letter), html):
        assert "prize" not in part.lower()
