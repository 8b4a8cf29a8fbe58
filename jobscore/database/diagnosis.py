"""Everything that can be wrong with migrations, a database, and the two together."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from jobscore.database import errors, lint, records

if TYPE_CHECKING:
    from jobscore.database.migrator import Migrator


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that :meth:`Migrator.validate` found: a code for programs, words for people."""

    code: str
    message: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """Return plain values for ``--json``."""
        return {"code": self.code, "message": self.message, "advice": self.advice}


@dataclass(frozen=True, slots=True)
class Validation:
    """What :meth:`Migrator.validate` found."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether there is no error; warnings may stand."""
        return not self.errors


@dataclass(slots=True)
class _Findings:
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, code: str, message: str, advice: str = "") -> None:
        self.errors.append(Problem(code, message, advice))


def validate(migrator: "Migrator") -> Validation:
    """Look at scripts first, then the database, then both; an error ends the looking."""
    found = _Findings()
    try:
        _scripts(migrator, found)
        _database(migrator, found)
    except errors.MigrationError as error:
        name = type(error).__name__.removesuffix("Error")
        found.add(re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower(), error.cause, error.advice)
    return Validation(tuple(found.errors), tuple(found.warnings))


def _scripts(migrator: "Migrator", found: _Findings) -> None:
    heads = migrator.heads()
    if len(heads) > 1:
        found.add(
            "several-heads",
            f"The scripts end in several revisions: {', '.join(heads)}.",
            "Join them: flask db merge heads",
        )
    dialect = migrator.url.get_backend_name()
    if dialect in {"sqlite", "postgresql"}:
        for f in lint.lint(migrator.script(), None, (dialect,)):
            if not f.assured:
                text = f"{f.revision}: {f.message}"
                found.warnings.append(Problem(f"lint:{f.rule}", text, f.advice))


def _database(migrator: "Migrator", found: _Findings) -> None:
    history = migrator.history()
    kept, tables = migrator.look(_records_and_tables)
    for entry in history:
        applied = kept.get(entry.revision)
        if entry.is_applied and applied and records.checksum(entry.path) != applied.checksum:
            found.add(
                "edited-history",
                f"{entry.path.name} was edited after it was applied here on "
                f"{applied.applied_at:%Y-%m-%d}.",
                "Put the file back as it was, and make the change a new revision.",
            )
    if tables and not any(entry.is_applied for entry in history):
        found.add(
            "foreign-schema",
            f"The database holds {len(tables)} tables and no mark of a revision.",
            "Use an empty database; or, if they are a revision's: flask db stamp REVISION",
        )
    elif pending := [e.revision for e in history if not e.is_applied]:
        found.warnings.append(
            Problem(
                "pending", f"Revisions lie ahead: {', '.join(pending)}.", "Run: flask db upgrade"
            )
        )
    elif history:
        _drift(migrator, found)


def _drift(migrator: "Migrator", found: _Findings) -> None:
    try:
        differences = migrator.check()
    except errors.NoMetadataError as error:
        found.warnings.append(Problem("no-metadata", error.cause, error.advice))
        return
    for difference in differences:
        where = found.warnings if difference.is_harmless else found.errors
        where.append(Problem("drift", difference.words, "See: flask schema check"))


def _records_and_tables(connection: Connection) -> tuple[dict[str, records.Applied], set[str]]:
    names = set(inspect(connection).get_table_names())
    return records.read(connection), names - {"alembic_version", records.TABLE.name}
