"""The WSGI entry point: ``waitress-serve wsgi:app`` or ``gunicorn wsgi:app``."""

from jobscore import config
from jobscore.app import create_app
from jobscore.database.validation import wait_until_current
from jobscore.extensions import db

app = create_app()
settings = config.current(app)
settings.check_can_serve()
if settings.schema_wait_seconds:
    with app.app_context():
        # Not current by then: every page answers 503 and says what helps.
        wait_until_current(db.engine, settings.schema_wait_seconds)
