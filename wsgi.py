"""The WSGI entry point: ``waitress-serve wsgi:app`` or ``gunicorn wsgi:app``."""

from jobscore import config
from jobscore.app import create_app

app = create_app()
config.current(app).check_can_serve()
