"""Commands: ``flask imports inspect | run | list | undo | forget | template``."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import batches, exports, messages, running, service, undo_cli
from jobscore.imports import full_feed as closing
from jobscore.imports.columns import BY_FIELD
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import CsvImport, ImportStatus
from jobscore.imports.reader import FileRefusedError, ReadOptions

#: Exit statuses besides 0: failed; the file or the command is wrong; some rows were rejected; a
#: full feed waits for an answer.
FAILED, WRONG, SOME_REJECTED, ASKS = 1, 2, 3, 4

imports = AppGroup("imports", help="Read job files: look at one, import it, list what was.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(imports)
    undo_cli.add_to(imports)


_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _reading_options(command: Any) -> Any:
    for option in (
        click.option("--encoding", help="Encoding of the file, such as cp932."),
        click.option("--delimiter", help="Delimiter, such as ';' ('\\t' for tab)."),
        click.option("--header-line", type=int, help="Line of the header; 0: there is none."),
    ):
        command = option(command)
    return command


def _options(encoding: str | None, delimiter: str | None, header_line: int | None) -> ReadOptions:
    tab = delimiter in ("\\t", "tab")
    return ReadOptions(encoding, "\t" if tab else delimiter, None, header_line)


def _refused(error: FileRefusedError) -> None:
    with force_locale("en"):
        click.echo(" ".join(messages.refusal(error.code, error.params)), err=True)
    sys.exit(WRONG)


@imports.command("inspect")
@_FILE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_reading_options
def inspect_file(
    file: Path,
    as_json: bool,
    encoding: str | None,
    delimiter: str | None,
    header_line: int | None,
) -> None:
    """Show what the reader makes of FILE; nothing is written.

    Exit status 2 when the file is no table.
    """
    try:
        seen = service.preview(file, _options(encoding, delimiter, header_line))
    except FileRefusedError as error:
        return _refused(error)
    table = seen.table
    facts = {
        "encoding": table.encoding.name,
        "delimiter": table.dialect.delimiter,
        "header": table.header,
        "header_line": table.header_line if table.header is not None else None,
        "skipped": [{"line": line, "text": text} for line, text in table.skipped],
        "mapping": seen.mapping,
        "rows": [row.cells for row in seen.rows],
        "rejects": [{"line": error.line, "code": error.code.value} for error in seen.errors],
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return None
    click.echo(f"encoding   {table.encoding.name} ({table.encoding.confidence:.0%} sure)")
    click.echo(f"delimiter  {table.dialect.delimiter!r}")
    click.echo(f"header     {f'line {table.header_line}' if table.header else 'none'}")
    for line, text in table.skipped:
        click.echo(f"skipped    line {line}: {text[:60]}")
    for column in seen.columns:
        samples = " | ".join(column.samples)[:60]
        click.echo(
            f"{column.letter:>3} {column.name[:24]:24} -> {column.field or '-':16} {samples}"
        )
    return None


@imports.command("run")
@_FILE
@click.option("--mapping", help="field=column pairs, such as title=0,company=2 (from 0).")
@click.option("--source", default="upload", show_default=True, help="Name of the source.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--full-feed", is_flag=True, help="Close the source's jobs that FILE lacks.")
@click.option(
    "--allow-closing", "--yes", "is_allowed", is_flag=True,
    help="With --full-feed: close as many as it lacks without asking.",
)  # fmt: skip
@_reading_options
def run_file(
    file: Path,
    mapping: str | None,
    source: str,
    dry_run: bool,
    full_feed: bool,
    is_allowed: bool,
    encoding: str | None,
    delimiter: str | None,
    header_line: int | None,
) -> None:
    """Import the jobs of FILE. The same bytes again run again: what is unchanged stays.

    Exit status 0: all rows imported; 3: some were rejected; 2: the file or the mapping is wrong;
    1: the run failed and can be continued by the same command; 4: a full feed would close more
    than a fifth of the source's open jobs and waits for an answer (flask sources answer).
    """
    options = _options(encoding, delimiter, header_line)
    try:
        service.refuse_unreadable(file)
        seen = service.preview(file, options)
    except FileRefusedError as error:
        return _refused(error)
    columns = _mapping(mapping) if mapping else seen.mapping
    if "title" not in columns:
        click.echo(
            "No column is the job title. Name it: --mapping title=N (columns count from 0).\n"
            f"The columns are: {', '.join(f'{c.index}={c.name!r}' for c in seen.columns)}",
            err=True,
        )
        sys.exit(WRONG)
    if dry_run:
        return _dry_run(seen, columns, source)
    try:
        attempt_id = _start(
            file, columns, options, source, is_full=full_feed, is_allowed=is_allowed
        )
    except service.FileTooLargeError as error:
        click.echo(
            f"The file is larger than {error.limit_mb} MB (JOBSCORE_UPLOAD_LIMIT_MB).", err=True
        )
        sys.exit(WRONG)
    except service.NotRunningError:
        click.echo("A run of this file is under way; see: flask imports list", err=True)
        sys.exit(WRONG)
    worker = running.worker_name()
    if running.claim(worker, attempt_id) is None:
        click.echo("A worker has taken this import; see: flask imports list", err=True)
        return None
    status = _run_with_progress(attempt_id, worker)
    ends = {ImportStatus.DONE: 0, ImportStatus.DONE_WITH_ERRORS: SOME_REJECTED}
    sys.exit((ends | {ImportStatus.ASKING: ASKS}).get(status, FAILED))


def _mapping(text: str) -> dict[str, int]:
    columns = {}
    for pair in text.split(","):
        field, _, number = pair.partition("=")
        if field.strip() not in BY_FIELD or not number.strip().isdigit():
            raise click.BadParameter(
                f"{pair!r}: write field=column; fields are {', '.join(BY_FIELD)}",
                param_hint="--mapping",
            )
        columns[field.strip()] = int(number)
    return columns


def _start(
    file: Path,
    columns: dict[str, int],
    options: ReadOptions,
    source: str,
    *,
    is_full: bool,
    is_allowed: bool,
) -> int:
    """Register the file (or find it) and queue a run; a stopped run of it goes on."""
    with transaction() as session:
        try:
            with file.open("rb") as stream:
                csv_import = service.register_upload(session, stream, file.name)
        except service.DuplicateFileError as error:
            csv_import = session.get_one(CsvImport, error.import_id)
            service.keep_bytes(csv_import, file)
            attempt = service.last_attempt(session, csv_import.id)
            if attempt is not None and attempt.status in (
                ImportStatus.QUEUED, ImportStatus.RUNNING,
            ):  # fmt: skip
                return attempt.id
            if attempt is not None and attempt.status in service.RESUMABLE:
                service.resume(session, attempt)
                return attempt.id
        mode = closing.FULL_FEED if is_full else "add_update"
        attempt = service.start(session, csv_import, columns, options, source, mode)
        if is_full and is_allowed:
            closing.allow_beforehand(session, attempt.id)
        return attempt.id


def _dry_run(seen: service.Preview, columns: dict[str, int], source: str) -> None:
    today = clock.today(config.current().timezone)
    counts, codes = batches.check(
        db.session(), seen.table, Drafter(columns, seen.table.header, today), source
    )
    click.echo("Nothing was written. An import would be:")
    _print_counts(counts)
    _print_codes(codes)


def _print_counts(counts: batches.Counts) -> None:
    for name in ("new", "changed", "unchanged", "duplicate", "rejected"):
        click.echo(f"{name:10} {getattr(counts, name):>10,}")


def _print_codes(codes: Counter[str]) -> None:
    """Print how often each thing was said; commands speak English, like their help."""
    with force_locale("en"):
        for code, n in codes.most_common():
            click.echo(f"  {n:>8}  {messages.general(code)}")


def _run_with_progress(attempt_id: int, worker: str) -> ImportStatus:
    begin = time.perf_counter()
    is_terminal = sys.stderr.isatty()
    last = running.Progress(batches.Counts(), None)

    def show(progress: running.Progress) -> None:
        nonlocal last
        last = progress
        if is_terminal:
            rate = progress.counts.processed / max(time.perf_counter() - begin, 0.001)
            of = f" of {progress.total:,}" if progress.total else ""
            click.echo(
                f"\r{progress.counts.processed:,}{of} rows, {rate:,.0f} rows/s ", nl=False, err=True
            )

    status = running.run(attempt_id, worker, show)
    if is_terminal:
        click.echo(err=True)
    with transaction() as session:
        csv_import = service.import_of(session, attempt_id)
        details = csv_import.error_details or {}
        number = csv_import.id
    click.echo(f"import {number}: {status.value} in {time.perf_counter() - begin:.1f} s")
    _print_counts(last.counts)
    _print_codes(Counter(details.get("codes", {})))
    if details.get("failure"):
        with force_locale("en"):
            click.echo(messages.failure(details["failure"]), err=True)
    return status


@imports.command("list")
def list_imports() -> None:
    """List the newest imports."""
    for one in service.latest(db.session()):
        click.echo(
            f"{one.id:>5}  {one.created_at:%Y-%m-%d %H:%M}  {one.status.value:17}"
            f"{one.success_rows:>9,} ok {one.error_rows:>7,} rejected  {one.filename}"
        )


@imports.command("template")
@click.option("--language", type=click.Choice(sorted(exports.TEMPLATES)), default="en")
def template(language: str) -> None:
    """Print a CSV file to fill in: the header and one example."""
    click.echo(exports.template_csv(language), nl=False)
