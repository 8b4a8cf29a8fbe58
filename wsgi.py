"""The WSGI entry point: ``waitress-serve wsgi:app`` or ``gunicorn wsgi:app``."""

from jobscore.app import create_server

app = create_server()
