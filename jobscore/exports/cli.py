"""Commands: ``flask export jobs | matches | scores | logs | rejected``."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale
from sqlalchemy.orm import Session

from jobscore.exports import service
from jobscore.exports.files import Encoding, Format, Tally
from jobscore.exports.tables import Filters, Kind
from jobscore.extensions import db

export = AppGroup("export", help="Write jobs, matches, scores, letters or rejected rows to a file.")
_FORMATS = [str(one) for one in Format]
_ENCODINGS = [str(one) for one in Encoding]
_DAY = click.DateTime(["%Y-%m-%d"])


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(export)


def _options(kind: Kind) -> list[Callable[[Any], Any]]:
    found = [
        click.option("--format", "file_format", type=click.Choice(_FORMATS), default="csv",
                     show_default=True, help="Kind of file."),
        click.option("--encoding", type=click.Choice(_ENCODINGS), default="utf-8",
                     show_default=True, help="Of CSV: utf-8 with a mark for Excel, or cp932."),
        click.option("--output", type=click.Path(dir_okay=False, path_type=Path),
                     help="File to write; standard output otherwise."),
        click.option("--since", type=_DAY, help="First day, such as 2026-04-01."),
        click.option("--until", type=_DAY, help="Last day, included."),
    ]  # fmt: skip
    if kind is not Kind.LOGS:
        found.append(click.option("--source", default="", help="Only of this source."))
    if kind in (Kind.JOBS, Kind.MATCHES, Kind.SCORES):
        found.append(click.option("--open-only", is_flag=True, help="Only jobs that are open."))
    if kind in (Kind.MATCHES, Kind.SCORES):
        found.append(click.option("--policy", default="", help="Only of this policy version."))
    if kind is Kind.LOGS:
        found += [
            click.option("--with-addresses", is_flag=True, help="Write addresses: personal data."),
            click.option("--with-bodies", is_flag=True, help="Write texts: personal data."),
        ]
    return found


def _command(kind: Kind, help_text: str) -> None:
    def run(
        file_format: str,
        encoding: str,
        output: Path | None,
        since: datetime | None,
        until: datetime | None,
        **chosen: Any,
    ) -> None:
        filters = Filters(
            since=since.date() if since else None,
            until=until.date() if until else None,
            **chosen,
        )
        _write(kind, filters, Format(file_format), Encoding(encoding), output)

    for option in reversed(_options(kind)):
        run = option(run)
    export.command(str(kind), help=help_text)(run)


_command(Kind.JOBS, "Write the jobs; the importer reads the file back unchanged.")
_command(Kind.MATCHES, "Write the matches; people stand there by their number.")
_command(Kind.SCORES, "Write the scores; people stand there by their number.")
_command(Kind.LOGS, "Write the e-mail log, without addresses and texts unless asked for.")
_command(Kind.REJECTED, "Write the rejected rows of imports with their cells and reasons.")


def _write(
    kind: Kind, filters: Filters, format: Format, encoding: Encoding, output: Path | None
) -> None:
    """Stream into the file, or to standard output; say on standard error what was written."""
    tally = Tally()
    try:
        with force_locale("en"), Session(db.engine) as session:
            pieces = service.stream(session, kind, filters, format, encoding, tally)
            if output is None:
                for piece in pieces:
                    sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
            else:
                with output.open("wb") as file:
                    file.writelines(pieces)
    except OSError as error:
        raise click.ClickException(f"{output or 'standard output'}: {error.strerror}.") from error
    replaced = f", {tally.replaced} characters that cp932 lacks became 〓" if tally.replaced else ""
    click.echo(f"{tally.rows} rows{replaced}", err=True)
