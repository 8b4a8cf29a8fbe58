"""``flask schema``: what the schema is, and what its statements cost."""

from flask import Flask
from flask.cli import AppGroup

from jobscore.database import query_cli

schema = AppGroup("schema", help="The tables and their migrations: look, check, plan, change.")
schema.add_command(query_cli.slow)


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(schema)
