"""The live schema against the models, in plain words.

``differences(connection, metadata)`` names everything that a migration has forgotten or that a
hand has changed: tables, columns, types, nullability, defaults, constraints and indexes. A database
that stands at the newest revision has none. It reads the catalogue only, never a row.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Connection, MetaData

from jobscore.database.drift import shapes
from jobscore.database.drift.shapes import ColumnShape, IncludeName, Part, TableShape


class Kind(StrEnum):
    """What can differ. Missing: the models want it; extra: only the database has it."""

    MISSING_TABLE = "missing_table"
    EXTRA_TABLE = "extra_table"
    MISSING_COLUMN = "missing_column"
    EXTRA_COLUMN = "extra_column"
    DIFFERENT_TYPE = "different_type"
    DIFFERENT_NULLABLE = "different_nullable"
    MISSING_DEFAULT = "missing_default"
    EXTRA_DEFAULT = "extra_default"
    DIFFERENT_DEFAULT = "different_default"
    DIFFERENT_COMMENT = "different_comment"
    DIFFERENT_PRIMARY_KEY = "different_primary_key"
    MISSING_UNIQUE = "missing_unique"
    EXTRA_UNIQUE = "extra_unique"
    DIFFERENT_UNIQUE = "different_unique"
    MISSING_FOREIGN_KEY = "missing_foreign_key"
    EXTRA_FOREIGN_KEY = "extra_foreign_key"
    DIFFERENT_FOREIGN_KEY = "different_foreign_key"
    MISSING_CHECK = "missing_check"
    EXTRA_CHECK = "extra_check"
    DIFFERENT_CHECK = "different_check"
    MISSING_INDEX = "missing_index"
    EXTRA_INDEX = "extra_index"
    DIFFERENT_INDEX = "different_index"
    #: PostgreSQL: left by a concurrent build that failed; it costs writes and serves nothing.
    INVALID_INDEX = "invalid_index"
    #: PostgreSQL: added NOT VALID, so that rows from before may break it.
    UNCHECKED_CONSTRAINT = "unchecked_constraint"


def N_(text: str) -> str:  # noqa: N802 # the name that gettext's extractors look for
    """Mark a message for translation where it stands; it is translated where it is shown."""
    return text


#: What each kind is called in a sentence: for the terminal as it is, for pages through gettext.
MESSAGES: dict[Kind, str] = {
    Kind.MISSING_TABLE: N_("Table %(table)s is missing."),
    Kind.EXTRA_TABLE: N_("Table %(table)s is in the database, but no model has it."),
    Kind.MISSING_COLUMN: N_("Column %(table)s.%(name)s (%(expected)s) is missing."),
    Kind.EXTRA_COLUMN: N_(
        "Column %(table)s.%(name)s (%(found)s) is in the database, but not in the model."
    ),
    Kind.DIFFERENT_TYPE: N_(
        "Column %(table)s.%(name)s has the type %(found)s; the model says %(expected)s."
    ),
    Kind.DIFFERENT_NULLABLE: N_(
        "Column %(table)s.%(name)s is %(found)s in the database; the model says %(expected)s."
    ),
    Kind.MISSING_DEFAULT: N_(
        "Column %(table)s.%(name)s has no default; the model says %(expected)s."
    ),
    Kind.EXTRA_DEFAULT: N_(
        "Column %(table)s.%(name)s has the default %(found)s; the model has none."
    ),
    Kind.DIFFERENT_DEFAULT: N_(
        "Column %(table)s.%(name)s has the default %(found)s; the model says %(expected)s."
    ),
    Kind.DIFFERENT_COMMENT: N_(
        "The comment of column %(table)s.%(name)s is “%(found)s”; the model says “%(expected)s”."
    ),
    Kind.DIFFERENT_PRIMARY_KEY: N_(
        "The primary key of %(table)s is %(found)s; the model says %(expected)s."
    ),
    Kind.MISSING_UNIQUE: N_("Unique constraint %(name)s %(expected)s on %(table)s is missing."),
    Kind.EXTRA_UNIQUE: N_(
        "Unique constraint %(name)s %(found)s on %(table)s is in the database, "
        "but not in the model."
    ),
    Kind.DIFFERENT_UNIQUE: N_(
        "Unique constraint %(name)s on %(table)s covers %(found)s; the model says %(expected)s."
    ),
    Kind.MISSING_FOREIGN_KEY: N_("Foreign key %(name)s %(expected)s on %(table)s is missing."),
    Kind.EXTRA_FOREIGN_KEY: N_(
        "Foreign key %(name)s %(found)s on %(table)s is in the database, but not in the model."
    ),
    Kind.DIFFERENT_FOREIGN_KEY: N_(
        "Foreign key %(name)s on %(table)s is %(found)s; the model says %(expected)s."
    ),
    Kind.MISSING_CHECK: N_("Check %(name)s (%(expected)s) on %(table)s is missing."),
    Kind.EXTRA_CHECK: N_(
        "Check %(name)s (%(found)s) on %(table)s is in the database, but not in the model."
    ),
    Kind.DIFFERENT_CHECK: N_(
        "Check %(name)s on %(table)s demands %(found)s; the model says %(expected)s."
    ),
    Kind.MISSING_INDEX: N_("Index %(name)s %(expected)s on %(table)s is missing."),
    Kind.EXTRA_INDEX: N_(
        "Index %(name)s %(found)s on %(table)s is in the database, but not in the model."
    ),
    Kind.DIFFERENT_INDEX: N_(
        "Index %(name)s on %(table)s is %(found)s; the model says %(expected)s."
    ),
    Kind.INVALID_INDEX: N_(
        "Index %(name)s on %(table)s is invalid: its concurrent build failed. "
        "Drop it and build it again."
    ),
    Kind.UNCHECKED_CONSTRAINT: N_(
        "Constraint %(name)s on %(table)s was never validated: older rows may break it. "
        "Run: ALTER TABLE %(table)s VALIDATE CONSTRAINT %(name)s"
    ),
}


def own_tables(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the tables that no model describes (an include_name).

    Those of the task engine, which brings its own schema, and the word index (``job_words``): it is
    a virtual table on SQLite, with four of its own behind it, and a plain one on PostgreSQL.
    """
    return not (kind == "table" and (name or "").startswith(("procrastinate_", "job_words")))


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the database and the models disagree on.

    ``name`` is the column's, constraint's or index's, empty for a whole table. ``expected`` is what
    the models say, ``found`` what the database has; None: not there at all.
    """

    kind: Kind
    table: str
    name: str = ""
    expected: str | None = None
    found: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """What :data:`MESSAGES` is filled with: names and SQL, the same in every language."""
        return {
            "table": self.table,
            "name": self.name,
            "expected": self.expected or "",
            "found": self.found or "",
        }

    @property
    def is_harmless(self) -> bool:
        """Whether the program works all the same: somebody added a table or an index by hand."""
        return self.kind in {Kind.EXTRA_TABLE, Kind.EXTRA_INDEX}

    @property
    def words(self) -> str:
        """One English sentence, for terminals and logs."""
        return MESSAGES[self.kind] % self.values

    def as_json(self) -> dict[str, str | None]:
        """Return what a script needs: the kind, where, both sides, and the sentence."""
        return {**asdict(self), "kind": self.kind.value, "words": self.words}


def differences(
    connection: Connection, metadata: MetaData, include_name: IncludeName | None = None
) -> list[Difference]:
    """Return every difference between the database and the models, sorted by table and kind.

    :param include_name: as Alembic's; asked for tables only. Those it refuses are left out on both
        sides (tables of a task engine). ``alembic_version`` is never counted.
    """
    want = shapes.wanted(metadata, connection.dialect, include_name)
    have = shapes.present(connection, metadata, include_name)
    found = [Difference(Kind.MISSING_TABLE, name) for name in want.keys() - have.keys()]
    found += [Difference(Kind.EXTRA_TABLE, name) for name in have.keys() - want.keys()]
    for name in want.keys() & have.keys():
        found += _table(name, want[name], have[name])
    order = list(Kind)
    return sorted(found, key=lambda d: (d.table, order.index(d.kind), d.name))


def _table(table: str, want: TableShape, have: TableShape) -> Iterator[Difference]:
    for name in want.columns.keys() - have.columns.keys():
        yield Difference(Kind.MISSING_COLUMN, table, name, expected=want.columns[name].type.shown)
    for name in have.columns.keys() - want.columns.keys():
        yield Difference(Kind.EXTRA_COLUMN, table, name, found=have.columns[name].type.shown)
    for name in want.columns.keys() & have.columns.keys():
        yield from _column(table, name, want.columns[name], have.columns[name])
    if _same(want.primary_key) != _same(have.primary_key):
        yield Difference(
            Kind.DIFFERENT_PRIMARY_KEY,
            table,
            expected=_shown(want.primary_key),
            found=_shown(have.primary_key),
        )
    for kinds, wanted, present in (
        (_UNIQUES, want.uniques, have.uniques),
        (_FOREIGN_KEYS, want.foreign_keys, have.foreign_keys),
        (_CHECKS, want.checks, have.checks),
        (_INDEXES, want.indexes, have.indexes),
    ):
        yield from _parts(table, kinds, wanted, present)
    for name in have.invalid_indexes & want.indexes.keys():
        yield Difference(Kind.INVALID_INDEX, table, name)
    for name in have.unchecked & (want.checks.keys() | want.foreign_keys.keys()):
        yield Difference(Kind.UNCHECKED_CONSTRAINT, table, name)


_UNIQUES = (Kind.MISSING_UNIQUE, Kind.EXTRA_UNIQUE, Kind.DIFFERENT_UNIQUE)
_FOREIGN_KEYS = (Kind.MISSING_FOREIGN_KEY, Kind.EXTRA_FOREIGN_KEY, Kind.DIFFERENT_FOREIGN_KEY)
_CHECKS = (Kind.MISSING_CHECK, Kind.EXTRA_CHECK, Kind.DIFFERENT_CHECK)
_INDEXES = (Kind.MISSING_INDEX, Kind.EXTRA_INDEX, Kind.DIFFERENT_INDEX)


def _column(table: str, name: str, want: ColumnShape, have: ColumnShape) -> Iterator[Difference]:
    if want.type.same != have.type.same and want.type.same and have.type.same:
        yield Difference(Kind.DIFFERENT_TYPE, table, name, want.type.shown, have.type.shown)
    if want.is_nullable != have.is_nullable:
        words = {True: "NULL", False: "NOT NULL"}
        yield Difference(
            Kind.DIFFERENT_NULLABLE, table, name, words[want.is_nullable], words[have.is_nullable]
        )
    if _same(want.default) != _same(have.default):
        kind = Kind.DIFFERENT_DEFAULT
        if want.default is None or have.default is None:
            kind = Kind.MISSING_DEFAULT if have.default is None else Kind.EXTRA_DEFAULT
        yield Difference(kind, table, name, _shown(want.default), _shown(have.default))
    if want.comment != have.comment:
        yield Difference(Kind.DIFFERENT_COMMENT, table, name, want.comment, have.comment)


def _parts(
    table: str,
    kinds: tuple[Kind, Kind, Kind],
    want: dict[str, Part],
    have: dict[str, Part],
) -> Iterator[Difference]:
    """Compare parts by name; those without one are known by what they say."""
    missing, extra, different = kinds
    for name in want.keys() & have.keys():
        if want[name].same != have[name].same:
            yield Difference(different, table, name, want[name].shown, have[name].shown)
    lone = {name: have[name] for name in have.keys() - want.keys()}
    for name in sorted(want.keys() - have.keys()):
        twin = next((n for n in sorted(lone) if _are_twins(name, want[name], n, lone[n])), None)
        if twin is None:
            yield Difference(missing, table, _given(name, want[name]), expected=want[name].shown)
        else:
            del lone[twin]
    for name, part in lone.items():
        yield Difference(extra, table, _given(name, part), found=part.shown)


def _are_twins(name: str, part: Part, other_name: str, other: Part) -> bool:
    """Tell whether two parts say the same and at least one of them has no name."""
    nameless = not _given(name, part) or not _given(other_name, other)
    return nameless and part.same == other.same


def _given(name: str, part: Part) -> str:
    return "" if name == part.shown else name


def _same(part: Part | None) -> str | None:
    return None if part is None else part.same


def _shown(part: Part | None) -> str | None:
    return None if part is None else part.shown
