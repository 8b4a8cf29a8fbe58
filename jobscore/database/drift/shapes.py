"""What a table is made of, in one form: as the models want it and as the database has it.

Each part is a :class:`Part`: the words that a person reads and the spelling that is compared.
Views, sequences, triggers and rights are no part of it. Needs neither Flask nor a session.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Column,
    Computed,
    Connection,
    DefaultClause,
    Dialect,
    Identity,
    MetaData,
    Table,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.schema import CreateIndex, CreateTable, ForeignKeyConstraint, PrimaryKeyConstraint
from sqlalchemy.types import Boolean, Float, Integer, NullType, Numeric, TypeEngine

from jobscore.database.drift import catalogues, statements
from jobscore.database.drift.expressions import canonical, tokens
from jobscore.database.drift.statements import Constraints, ForeignKey

#: The table in which Alembic keeps the revision: never a part of the models.
VERSION_TABLE = "alembic_version"
IncludeName = Callable[[str | None, str, Any], bool]

#: Types that are one type with several names, in the compiler's spelling.
_TYPE_NAMES = {
    "postgresql": {
        "FLOAT": "DOUBLE PRECISION",
        "INT": "INTEGER",
        "DECIMAL": "NUMERIC",
        "TIMESTAMP": "TIMESTAMP WITHOUT TIME ZONE",
        "TIME": "TIME WITHOUT TIME ZONE",
    },
    "sqlite": {
        "INT": "INTEGER",
        "DECIMAL": "NUMERIC",
        "DOUBLE PRECISION": "FLOAT",
        "REAL": "FLOAT",
    },
}
_BOOLEANS = {"'true'": "true", "'false'": "false", "'t'": "true", "'f'": "false"}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing as a person reads it, and as it is compared."""

    shown: str
    same: str

    @classmethod
    def plain(cls, text: str) -> "Part":
        """Return a part that is compared as it is shown."""
        return cls(text, text)

    @classmethod
    def expression(cls, text: str) -> "Part":
        """Return a part that is compared as an SQL expression."""
        return cls(text, canonical(text))


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """One column; ``default`` is None where the database fills in nothing."""

    type: Part
    is_nullable: bool
    default: Part | None
    comment: str | None


@dataclass(slots=True)
class TableShape:
    """One table; constraints by name, those without a name by what they say."""

    columns: dict[str, ColumnShape] = field(default_factory=dict)
    primary_key: Part | None = None
    uniques: dict[str, Part] = field(default_factory=dict)
    foreign_keys: dict[str, Part] = field(default_factory=dict)
    checks: dict[str, Part] = field(default_factory=dict)
    indexes: dict[str, Part] = field(default_factory=dict)
    #: PostgreSQL: indexes that a failed concurrent build left behind, slow and unused.
    invalid_indexes: set[str] = field(default_factory=set)
    #: PostgreSQL: constraints that were added NOT VALID and never validated.
    unchecked: set[str] = field(default_factory=set)


def wanted(
    metadata: MetaData, dialect: Dialect, include_name: IncludeName | None = None
) -> dict[str, TableShape]:
    """Return the shape of every table of the models, by its name."""
    return {
        name: _wanted_table(table, dialect)
        for name, table in metadata.tables.items()
        if include_name is None or include_name(table.name, "table", {"schema_name": table.schema})
    }


def present(
    connection: Connection, metadata: MetaData, include_name: IncludeName | None = None
) -> dict[str, TableShape]:
    """Return the shape of every table of the database, by its name.

    Looks into the schemas that the models name, of PostgreSQL's default schema else.
    """
    found: dict[str, TableShape] = {}
    for schema in sorted({t.schema for t in metadata.tables.values()} | {None}, key=str):
        found |= _present_schema(connection, schema, include_name)
    return found


def _present_schema(
    connection: Connection, schema: str | None, include_name: IncludeName | None
) -> dict[str, TableShape]:
    inspector = inspect(connection)
    names = [
        name
        for name in inspector.get_table_names(schema)
        if name != VERSION_TABLE
        and (include_name is None or include_name(name, "table", {"schema_name": schema}))
    ]
    reads: dict[str, Any] = {"schema": schema, "filter_names": names}
    columns = inspector.get_multi_columns(**reads)
    keys = inspector.get_multi_pk_constraint(**reads)
    catalogue = catalogues.read(connection, schema)
    primary = {name: keys.get((schema, name)) or _NO_KEY for name in names}
    found = {}
    for name in names:
        key_columns = primary[name]["constrained_columns"]
        constraints = catalogue.constraints.get(name, Constraints())
        table = TableShape(
            columns={
                c["name"]: _present_column(c, connection.dialect, key_columns)
                for c in columns[schema, name]
            },
            primary_key=_columns_part(key_columns, primary[name]["name"]),
            uniques=_named((n, _columns_part(c, None)) for n, c in constraints.uniques),
            checks=_named((n, Part.expression(text)) for n, text in constraints.checks),
            foreign_keys=_named(
                (key.name, _present_foreign_key(key, primary)) for key in constraints.foreign_keys
            ),
            indexes={
                index: index_part(text) for index, text in catalogue.indexes.get(name, {}).items()
            },
            invalid_indexes=catalogue.invalid_indexes.get(name, set()),
            unchecked=catalogue.unchecked.get(name, set()),
        )
        found[name if schema is None else f"{schema}.{name}"] = table
    return found


#: What a table without a primary key has in its place.
_NO_KEY: Any = {"constrained_columns": [], "name": None}


def _wanted_table(table: Table, dialect: Dialect) -> TableShape:
    shape = TableShape(columns={c.name: _wanted_column(c, dialect) for c in table.columns})
    shape.primary_key = _primary_key(table.primary_key, dialect)
    uniques, foreign = [], []
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint):
            continue
        name = _name(constraint, dialect)
        if isinstance(constraint, UniqueConstraint):
            uniques.append((name, _columns_part([c.name for c in constraint.columns], None)))
        elif isinstance(constraint, ForeignKeyConstraint):
            foreign.append((name, _wanted_foreign_key(constraint)))
    shape.uniques, shape.foreign_keys = _named(uniques), _named(foreign)
    created = _compiled(CreateTable(table), dialect)
    checks = statements.constraints(created).checks
    shape.checks = _named((name, Part.expression(text)) for name, text in checks)
    for index in table.indexes:
        text = _compiled(CreateIndex(index), dialect)
        shape.indexes[str(_name(index, dialect))] = index_part(text)
    return shape


def _compiled(item: Any, dialect: Dialect, **options: bool) -> str:
    """Return SQL as the database gets to see it: a driver's doubled percent signs are one."""
    text = str(item.compile(dialect=dialect, compile_kwargs=options))
    return text.replace("%%", "%") if dialect.paramstyle in {"format", "pyformat"} else text


def _name(item: Any, dialect: Dialect) -> str | None:
    """Return the name of a constraint or an index as it is written on this database."""
    if item.name is None:
        return None
    formatted = dialect.identifier_preparer.format_constraint(item)
    return None if formatted is None else tokens(formatted)[-1].lower_or_same


def _named(parts: Iterable[tuple[str | None, Part]]) -> dict[str, Part]:
    return {name or part.shown: part for name, part in parts}


def _columns_part(columns: list[str], name: str | None) -> Part:
    text = f"({', '.join(columns)})"
    return Part(text if name is None else f"{name} {text}", text)


def _primary_key(key: PrimaryKeyConstraint, dialect: Dialect) -> Part:
    return _columns_part([c.name for c in key.columns], _name(key, dialect))


def _wanted_foreign_key(key: ForeignKeyConstraint) -> Part:
    options = {
        "ondelete": key.ondelete,
        "onupdate": key.onupdate,
        "deferrable": key.deferrable,
        "initially": key.initially,
    }
    target = [element.target_fullname.rsplit(".", 1) for element in key.elements]
    return _foreign_key_part(
        [c.name for c in key.columns], target[0][0], [name for _, name in target], options
    )


def _present_foreign_key(key: ForeignKey, primary: dict[str, Any]) -> Part:
    other = primary.get(key.table, _NO_KEY)["constrained_columns"]
    return _foreign_key_part(key.columns, key.table, key.referred or other, key.options)


def _foreign_key_part(
    columns: list[str], table: str, referred: list[str], options: dict[str, Any]
) -> Part:
    text = f"({', '.join(columns)}) -> {table} ({', '.join(referred)})"
    for option, words in (("ondelete", "ON DELETE"), ("onupdate", "ON UPDATE")):
        action = str(options.get(option) or "NO ACTION").upper()
        if action != "NO ACTION":
            text += f" {words} {action}"
    if options.get("deferrable"):
        text += " DEFERRABLE"
        if str(options.get("initially") or "").upper() == "DEFERRED":
            text += " INITIALLY DEFERRED"
    return Part.plain(text)


def _wanted_column(column: Column[Any], dialect: Dialect) -> ColumnShape:
    return ColumnShape(
        type=_type_part(column.type, dialect),
        is_nullable=bool(column.nullable) and not column.primary_key,
        default=_wanted_default(column, dialect),
        comment=column.comment if dialect.supports_comments else None,
    )


def _wanted_default(column: Column[Any], dialect: Dialect) -> Part | None:
    kind = column.type.dialect_impl(dialect)
    if isinstance(column.server_default, Computed):
        return _computed(str(column.server_default.sqltext))
    is_counted = column.table.autoincrement_column is column and not column.foreign_keys
    if isinstance(column.server_default, Identity) or (
        is_counted and column.server_default is None
    ):
        return COUNTED if dialect.name != "sqlite" else None
    if not isinstance(column.server_default, DefaultClause):
        return None
    argument: Any = column.server_default.arg
    if isinstance(argument, str):
        quoted = argument.replace("'", "''")
        return _default_part(f"'{quoted}'", kind)
    return _default_part(_compiled(argument, dialect, literal_binds=True), kind)


def _present_column(column: Any, dialect: Dialect, primary: list[str]) -> ColumnShape:
    default = column.get("default")
    part = None if default is None else _default_part(str(default), column["type"])
    if column.get("computed"):
        part = _computed(column["computed"]["sqltext"])
    elif column.get("identity") or re.match(r"nextval\(", str(default or "")):
        part = COUNTED
    return ColumnShape(
        type=_type_part(column["type"], dialect),
        # SQLite leaves out NOT NULL of an integer primary key, which is never null.
        is_nullable=bool(column["nullable"]) and column["name"] not in primary,
        default=part,
        comment=column.get("comment"),
    )


#: The default of a key that the database counts up itself.
COUNTED = Part("nextval(…)", "nextval")


def _computed(text: str) -> Part:
    return Part(f"GENERATED ALWAYS AS ({text})", f"generated {canonical(text)}")


def _default_part(text: str, kind: TypeEngine[Any]) -> Part | None:
    """Return a default, None for NULL; a number is the same in quotes as both databases take it."""
    same = canonical(text)
    affinity: Any = kind._type_affinity
    if issubclass(affinity, (Integer, Numeric, Float, Boolean)):
        same = canonical(re.sub(r"^'([+-]?[\d.]+)'$", r"\1", same))
    if issubclass(affinity, Boolean):
        same = _BOOLEANS.get(same, same)
    return None if same == "null" else Part(text, same)


def _type_part(kind: TypeEngine[Any], dialect: Dialect) -> Part:
    text = "" if isinstance(kind, NullType) else str(kind.compile(dialect)).upper()
    text = re.sub(r"\s*,\s*", ", ", text)
    if dialect.name == "sqlite":  # whose inspector leaves out how text is compared
        text = text.partition(" COLLATE ")[0]
    if dialect.name == "postgresql" and (bits := re.fullmatch(r"FLOAT\((\d+)\)", text)):
        text = "REAL" if int(bits.group(1)) <= 24 else "DOUBLE PRECISION"
    name, _, arguments = text.partition("(")
    known = _TYPE_NAMES.get(dialect.name, {})
    same = known.get(name.strip(), name.strip()) + (f"({arguments}" if arguments else "")
    return Part(known.get(text, text) if dialect.name == "postgresql" else text, same)


def index_part(definition: str) -> Part:
    """Return what a CREATE INDEX statement says, without the names of index and table."""
    index = statements.index(definition)
    start = "unique " if index.is_unique else ""
    start += "" if index.method == "btree" else f"using {index.method} "
    shown = f"{start}({', '.join(index.elements)})" + (f" {index.rest}" if index.rest else "")
    same = f"{start}({', '.join(map(_element, index.elements))}) {canonical(index.rest)}"
    if index.where:
        shown += f" WHERE {index.where}"
        same += f" where {canonical(index.where)}"
    return Part(shown, same)


def _element(text: str) -> str:
    """Return one column or expression of an index; ascending is what is meant without a word."""
    text = re.sub(r"\s+ASC\b", "", text, flags=re.IGNORECASE)
    order = ""
    if found := re.search(r"\s+(DESC\b.*|NULLS\s+(?:FIRST|LAST))$", text, re.IGNORECASE):
        text, order = text[: found.start()], " " + " ".join(found.group(1).lower().split())
    return canonical(text) + order
