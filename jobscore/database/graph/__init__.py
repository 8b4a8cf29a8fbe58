"""The tables and relations of the models, to read: a mermaid diagram and a page of markdown.

What is told comes from the models alone: the first paragraph of a class's docstring, the ``#:``
words above a column, its type on PostgreSQL. The same models give the same text.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import registry
from sqlalchemy.schema import DefaultClause

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy's own
_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "double precision": "float8",
    "float(53)": "float8",
    "float": "float8",
}


class UntoldTableError(LookupError):
    """A table has no model, or its model does not say what it is for."""


@dataclass(frozen=True, slots=True)
class GraphColumn:
    """One column; ``default`` and ``remark`` are empty where there is none."""

    name: str
    type: str
    is_nullable: bool
    default: str
    remark: str
    is_primary: bool
    is_unique: bool
    #: The table that the column points at, None: none.
    target: str | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key: ``child`` points at ``parent`` with ``columns``."""

    child: str
    parent: str
    columns: tuple[str, ...]
    is_optional: bool
    #: A parent has at most one such child.
    is_single: bool


@dataclass(frozen=True, slots=True)
class GraphTable:
    """One table with the feature that it belongs to and the sentence that says what it is for."""

    name: str
    feature: str
    purpose: str
    columns: tuple[GraphColumn, ...]
    relations: tuple[Relation, ...]


def tables(
    models: registry, first: Sequence[str] = (), features: Sequence[str] = ()
) -> list[GraphTable]:
    """Return every table: those of ``first`` in that order, then by feature and name.

    :param features: the order of the features; those that it does not name come last.
    :raises UntoldTableError: when a table has no model, or a model no docstring.
    """
    classes = {mapper.local_table: mapper.class_ for mapper in models.mappers}
    for table in models.metadata.tables.values():
        if table not in classes or not (classes[table].__dict__.get("__doc__") or "").strip():
            raise UntoldTableError(f"the model of table {table.name} has no docstring")
    found = [_table(table, classes[table]) for table in models.metadata.tables.values()]
    order = {name: place for place, name in enumerate(first)}
    groups = {name: place for place, name in enumerate(features)}
    return sorted(
        found,
        key=lambda t: (
            order.get(t.name, len(order)),
            groups.get(t.feature, len(groups)),
            t.feature,
            t.name,
        ),
    )


def _table(table: Table, model: type[Any]) -> GraphTable:
    remarks = _remarks(model)
    return GraphTable(
        name=table.name,
        feature=model.__module__.split(".")[-2] if "." in model.__module__ else model.__module__,
        purpose=_purpose(str(model.__doc__)),
        columns=tuple(_column(column, remarks.get(column.name, "")) for column in table.columns),
        relations=tuple(
            sorted((_relation(key) for key in table.foreign_key_constraints), key=_by_columns)
        ),
    )


def _by_columns(relation: Relation) -> tuple[str, ...]:
    return relation.columns


def _purpose(docstring: str) -> str:
    """Return the first paragraph as one line, without reStructuredText's double backticks."""
    paragraph = inspect.cleandoc(docstring).split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def _remarks(model: type[Any]) -> dict[str, str]:
    """Return what ``#:`` lines say right above the attributes of a class, by attribute."""
    source = textwrap.dedent(inspect.getsource(model))
    lines = source.splitlines()
    found: dict[str, str] = {}
    body = ast.parse(source).body[0]
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        said: list[str] = []
        for line in reversed(lines[: node.lineno - 1]):
            if not line.strip().startswith("#:"):
                break
            said.insert(0, line.strip()[2:].strip())
        found[node.target.id] = " ".join(said).replace("``", "`")
    return found


def _column(column: Column[Any], remark: str) -> GraphColumn:
    kind = column.type.compile(_DIALECT).lower().replace(", ", ",")
    single = [c for c in column.table.constraints if isinstance(c, UniqueConstraint)]
    return GraphColumn(
        name=column.name,
        type=_SHORT_TYPES.get(kind, kind),
        is_nullable=bool(column.nullable),
        default=_default(column),
        remark=column.comment or remark,
        is_primary=column.primary_key,
        is_unique=any(list(c.columns) == [column] for c in single),
        target=next((f.column.table.name for f in column.foreign_keys), None),
    )


def _default(column: Column[Any]) -> str:
    if not isinstance(column.server_default, DefaultClause):
        return ""
    argument: Any = column.server_default.arg
    if isinstance(argument, str):
        return f"'{argument}'"
    return str(argument.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _relation(key: ForeignKeyConstraint) -> Relation:
    columns = [column.name for column in key.columns]
    uniques = [[c.name for c in key.table.primary_key.columns]] + [
        [c.name for c in constraint.columns]
        for constraint in key.table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return Relation(
        child=str(key.table.name),
        parent=key.referred_table.name,
        columns=tuple(columns),
        is_optional=any(column.nullable for column in key.columns),
        is_single=sorted(columns) in [sorted(names) for names in uniques],
    )


def mermaid(found: Iterable[GraphTable]) -> str:
    """Return a mermaid ``erDiagram`` of the tables with their columns and relations."""
    lines = ["erDiagram"]
    known = list(found)
    for table in known:
        for relation in table.relations:
            one = "|o" if relation.is_optional else "||"
            many = "o|" if relation.is_single else "o{"
            label = ", ".join(relation.columns)
            lines.append(f'    {relation.parent} {one}--{many} {relation.child} : "{label}"')
    for table in known:
        lines.append(f"    {table.name} {{")
        lines += [f"        {_mermaid_column(column)}" for column in table.columns]
        lines.append("    }")
    return "\n".join(lines) + "\n"


def _mermaid_column(column: GraphColumn) -> str:
    # mermaid's type is one word: letters, digits, brackets
    kind = column.type.replace(",", "_").replace(" ", "_")
    keys = [
        name
        for name, is_it in (
            ("PK", column.is_primary),
            ("FK", column.target is not None),
            ("UK", column.is_unique),
        )
        if is_it
    ]
    note = "" if column.is_nullable or column.is_primary else ' "not null"'
    return f"{kind} {column.name}{' ' + ', '.join(keys) if keys else ''}{note}"


def markdown(found: Sequence[GraphTable], first: Sequence[str], picture: str) -> str:
    """Return a page: the picture, each table with its columns, and the mermaid diagram.

    :param first: tables that have a section of their own at the top.
    :param picture: the address of the SVG, relative to the page.
    """
    groups: dict[str, list[GraphTable]] = {}
    for table in found:
        group = "The core tables" if table.name in first else table.feature.capitalize()
        groups.setdefault(group, []).append(table)
    relations = sum(len(table.relations) for table in found)
    lines = [
        "# The tables",
        "",
        "Made from the models: change them, then run `python scripts/schema_pages.py`. "
        "`flask schema graph` prints the same for the code that is installed.",
        f"{len(found)} tables, {relations} relations. Types are those of PostgreSQL; "
        "SQLite has the same columns.",
        "",
        f"![All tables as boxes, from those that others point at on the left, with lines along "
        f"their foreign keys]({picture})",
        "",
        "| " + " | ".join(("group", "tables")) + " |",
        "|---|---|",
    ]
    lines += [
        f"| {group} | {', '.join(f'[{t.name}](#{t.name})' for t in members)} |"
        for group, members in groups.items()
    ]
    for group, members in groups.items():
        lines += ["", f"## {group}"]
        for table in members:
            lines += ["", *_section(table)]
    lines += ["", "## The diagram as text", "", "```mermaid", mermaid(found).rstrip(), "```", ""]
    return "\n".join(lines)


def _section(table: GraphTable) -> list[str]:
    lines = [
        f"### {table.name}",
        "",
        table.purpose,
        "",
        "| column | type | null | default | |",
        "|---|---|---|---|---|",
    ]
    for column in table.columns:
        said = [
            "primary key" if column.is_primary else "",
            "unique" if column.is_unique else "",
            f"→ [{column.target}](#{column.target})" if column.target else "",
            column.remark,
        ]
        default = f"`{column.default}`" if column.default else ""
        cells = (
            f"`{column.name}`",
            column.type,
            "yes" if column.is_nullable else "",
            default,
            "; ".join(word for word in said if word).replace("|", "\\|"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
