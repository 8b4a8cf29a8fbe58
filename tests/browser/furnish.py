"""A site as it looks after some days of use: every page has something to show."""

from pathlib import Path

from jobscore.app import create_app
from jobscore.demo.day import Day
from jobscore.demo.environment import own_secrets
from jobscore.demo.seeding import ADMIN
from jobscore.extensions import db
from tests.conftest import SETTINGS

JOBS, PEOPLE = 400, 20
#: Who has answered everything in the furnished site, by language.
#: The last of the twenty has told nothing yet.
SEEKERS = {"ja": "seeker1@example.jp", "en": "seeker2@example.com"}


def a_day(database_url: str, folder: Path) -> None:
    """Let the demo have its first day in ``folder``."""
    app = create_app(
        {
            **SETTINGS,
            "database_url": database_url,
            "instance_dir": str(folder),
            "public_url": "http://127.0.0.1:5000",
            "demo": True,
        }
    )
    with app.app_context():
        day = Day(JOBS, PEOPLE, lambda _text: None)
        day.prepare()
        day.run()
        db.session.remove()
        db.engine.dispose()


def password(folder: Path) -> str:
    """Return the password that everybody in ``folder`` has."""
    return own_secrets(folder).password


__all__ = ["ADMIN", "SEEKERS", "a_day", "password"]
