"""Constraints and indexes, from the database's own catalogue with one or two statements.

It tells what SQLAlchemy's inspector does not: the texts of CHECK constraints and indexes as they
are, and what was left half done.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect, text

from jobscore.database.drift import statements
from jobscore.database.drift.expressions import tokens
from jobscore.database.drift.statements import Constraints, ForeignKey


@dataclass(slots=True)
class Catalogue:
    """Constraints and indexes by table."""

    constraints: dict[str, Constraints] = field(default_factory=dict)
    #: Index name to its CREATE INDEX statement; those that serve a constraint are left out.
    indexes: dict[str, dict[str, str]] = field(default_factory=dict)
    invalid_indexes: dict[str, set[str]] = field(default_factory=dict)
    unchecked: dict[str, set[str]] = field(default_factory=dict)


def read(connection: Connection, schema: str | None = None) -> Catalogue:
    """Read the catalogue of one schema (None: the default one)."""
    if connection.dialect.name == "postgresql":
        return _postgresql(connection, schema)
    if connection.dialect.name == "sqlite":
        return _sqlite(connection, schema)
    return _any(connection, schema)


_INDEXES = text(
    """
    SELECT t.relname AS table_name, i.relname AS name, x.indisvalid AS is_valid,
           pg_get_indexdef(x.indexrelid, 0, true) AS definition
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = coalesce(:schema, current_schema())
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c
                      WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))
    """
)
_CONSTRAINTS = text(
    """
    SELECT t.relname AS table_name, c.conname AS name, c.contype AS kind,
           c.convalidated AS is_validated, pg_get_constraintdef(c.oid, true) AS definition
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = coalesce(:schema, current_schema()) AND c.contype IN ('c', 'f')
    """
)


def _postgresql(connection: Connection, schema: str | None) -> Catalogue:
    found = Catalogue(_inspected(connection, schema))
    for row in connection.execute(_INDEXES, {"schema": schema}):
        found.indexes.setdefault(row.table_name, {})[row.name] = row.definition
        if not row.is_valid:
            found.invalid_indexes.setdefault(row.table_name, set()).add(row.name)
    for row in connection.execute(_CONSTRAINTS, {"schema": schema}):
        if _letter(row.kind) == "c":
            words = tokens(row.definition)
            opening = next(i for i, word in enumerate(words) if word.text == "(")
            inside = statements.between(row.definition, words, opening)
            found.constraints.setdefault(row.table_name, Constraints()).checks.append(
                (row.name, inside)
            )
        if not row.is_validated:
            found.unchecked.setdefault(row.table_name, set()).add(row.name)
    return found


def _letter(value: Any) -> str:
    """Return PostgreSQL's type "char", which a driver hands over as text or as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _sqlite(connection: Connection, schema: str | None) -> Catalogue:
    found = Catalogue()
    master = f'"{schema}".sqlite_master' if schema else "sqlite_master"
    rows = connection.exec_driver_sql(
        f"SELECT type, name, tbl_name, sql FROM {master} "  # noqa: S608 # a schema of the models
        "WHERE type IN ('table', 'index') AND sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'"
    )
    for kind, name, table, sql in rows:
        if kind == "index":
            found.indexes.setdefault(table, {})[name] = sql
        else:
            found.constraints[table] = statements.constraints(sql)
    return found


def _any(connection: Connection, schema: str | None) -> Catalogue:
    """Read what the inspector knows, for databases that have no reader of their own here."""
    found = Catalogue(_inspected(connection, schema))
    inspector = inspect(connection)
    for table in inspector.get_table_names(schema):
        found.constraints.setdefault(table, Constraints()).checks += [
            (c["name"], c["sqltext"]) for c in inspector.get_check_constraints(table, schema)
        ]
        found.indexes[table] = {
            str(i["name"]): f"CREATE {'UNIQUE ' if i['unique'] else ''}INDEX i ON t "
            f"({', '.join(str(c) for c in i['column_names'])})"
            for i in inspector.get_indexes(table, schema)
            if not i.get("duplicates_constraint")
        }
    return found


def _inspected(connection: Connection, schema: str | None) -> dict[str, Constraints]:
    """Return the unique constraints and foreign keys as the inspector reads them."""
    found: dict[str, Constraints] = {}
    inspector = inspect(connection)
    for (_, table), uniques in inspector.get_multi_unique_constraints(schema).items():
        found.setdefault(table, Constraints()).uniques += [
            (u["name"], list(u["column_names"])) for u in uniques
        ]
    for (_, table), keys in inspector.get_multi_foreign_keys(schema).items():
        for key in keys:
            other = key["referred_schema"]
            found.setdefault(table, Constraints()).foreign_keys.append(
                ForeignKey(
                    key["name"],
                    list(key["constrained_columns"]),
                    key["referred_table"] if other is None else f"{other}.{key['referred_table']}",
                    list(key["referred_columns"]),
                    dict(key.get("options", {})),
                )
            )
    return found
