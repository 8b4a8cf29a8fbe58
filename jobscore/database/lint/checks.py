"""Judge the operations of a revision, one kind at a time."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic.ddl.postgresql import CreateExcludeConstraintOp
from alembic.operations import MigrateOperation, ops
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import CompileError
from sqlalchemy.types import TypeEngine

from jobscore.database.lint.recorder import Batch, Step, sql_of
from jobscore.database.lint.sql import judge_sql, not_null_of
from jobscore.database.lint.state import Hit, State
from jobscore.database.safe import steps as safe_steps
from jobscore.database.sql_text import Default, default_of, tokens

LONGEST_NAME = 63
WIDEST_INDEX = 3


def judge(step: Step | Batch, state: State) -> Iterator[Hit]:
    """Yield what is dangerous in a step, and remember it."""
    if isinstance(step, Batch):
        if step.rebuilds and not state.fresh(step.table):
            yield Hit("rebuild-table", step.table, _causes(step))
        return
    state.transaction, state.in_batch = step.transaction, step.in_batch
    for kind, check in _CHECKS.items():
        if isinstance(step.operation, kind):
            yield from check(step.operation, state)
            return
    if not isinstance(step.operation, safe_steps.SafeStep | ops.CreateTableCommentOp):
        yield Hit("raw-sql", None, f"the operation {type(step.operation).__name__}")


def _causes(batch: Batch) -> str:
    kinds = (ops.CreateIndexOp, ops.DropIndexOp, ops.ExecuteSQLOp)
    names = [
        type(operation).__name__.removesuffix("Op")
        for operation in batch.operations
        if not isinstance(operation, kinds)
    ]
    return ", ".join(dict.fromkeys(names)) or "recreate='always'"


def compiled(type_: TypeEngine[Any], dialect: Dialect) -> str:
    """Return a type as the database writes it; nothing when it cannot be said."""
    try:
        return str(type_.compile(dialect=dialect)).upper()
    except CompileError:
        return ""


# Columns


def _type_hits(table: str, column: sa.Column[Any], state: State) -> Iterator[Hit]:
    kind = compiled(column.type, state.dialect)
    if kind == "JSON" and not state.fresh(table):
        yield Hit("json-column", table, column.name)
    if kind.startswith("TIMESTAMP") and "WITHOUT TIME ZONE" in kind:
        yield Hit("timestamp-without-zone", table, column.name)
    if kind.startswith("CHAR("):
        yield Hit("char-column", table, column.name)
    yield from _long(column.name, state)


def _long(name: str | None, _state: State) -> Iterator[Hit]:
    if name is not None and len(str(name).encode()) > LONGEST_NAME:
        yield Hit("long-name", None, str(name))


def _add_column(operation: Any, state: State) -> Iterator[Hit]:
    table, column = operation.table_name, operation.column
    yield from _type_hits(table, column, state)
    if state.fresh(table):
        return
    state.altered(table)
    default = default_of(column.server_default, state.dialect)
    yield from _value_hits(table, column, default, state)
    alone = not (state.sqlite and state.in_batch)  # in a batch SQLite copies: said once, there
    if column.foreign_keys and alone:
        inline = bool(getattr(operation, "inline_references", False))
        if not inline or (default is not Default.NONE and not state.sqlite):
            yield Hit("add-column-foreign-key", table, column.name)
        elif default is not Default.NONE:
            yield Hit("reference-with-default", table, column.name)
    if (column.unique or column.primary_key) and alone:
        yield Hit("add-column-unique", table, column.name)
    if column.index and not column.unique:
        yield Hit("index-not-concurrent", table, column.name)


def _value_hits(
    table: str, column: sa.Column[Any], default: Default, state: State
) -> Iterator[Hit]:
    counts = column.primary_key and isinstance(column.type, sa.Integer)
    if default is Default.SERIAL or (counts and column.autoincrement is not False):
        yield Hit("serial-column", table, column.name)
    elif default is Default.GENERATED:
        persisted = getattr(column.server_default, "persisted", None)
        if persisted or (persisted is None and not state.sqlite):
            yield Hit("generated-column", table, column.name)
    elif not column.nullable and default is Default.NONE and not column.primary_key:
        yield Hit("not-null-without-default", table, column.name)
    if default is Default.VOLATILE:
        yield Hit("volatile-default", table, column.name)
    computed = default in (Default.VOLATILE, Default.STABLE) or _in_parentheses(column)
    if computed and not state.in_batch:
        yield Hit("non-constant-default", table, column.name)


def _in_parentheses(column: sa.Column[Any]) -> bool:
    argument = getattr(column.server_default, "arg", None)
    return isinstance(argument, sa.TextClause) and argument.text.lstrip().startswith("(")


def _alter_column(operation: Any, state: State) -> Iterator[Hit]:
    table, column = operation.table_name, operation.column_name
    if state.fresh(table):
        return
    state.altered(table)
    if operation.modify_name is not None and operation.modify_name != column:
        yield Hit("rename-column", table, column)
    shape = operation.modify_type is not None or operation.modify_nullable is not None
    if (shape or operation.modify_server_default is not False) and not state.in_batch:
        yield Hit("constraint-outside-batch", table, column)
    if operation.modify_type is not None:
        rule = type_change(operation.existing_type, operation.modify_type, state.dialect)
        if rule is not None:
            yield Hit(rule, table, column)
    wanted = operation.modify_nullable
    if wanted is not None and wanted != operation.existing_nullable:
        if wanted:
            yield Hit("drop-not-null", table, column)
        elif (table, column) not in state.proven:
            yield Hit("set-not-null", table, column)


def type_change(old: TypeEngine[Any] | None, new: TypeEngine[Any], dialect: Dialect) -> str | None:
    """Return the rule that a change of type breaks; None when it costs nothing on PostgreSQL.

    Free are: the same type, a longer or boundless varchar, varchar to text and back to a boundless
    varchar, a numeric of higher precision and the same scale, or boundless.

    :param old: None when the revision does not say: then the worst is assumed.
    """
    if old is None:
        return "change-type"
    before, after = compiled(old, dialect), compiled(new, dialect)
    old, new = old.dialect_impl(dialect), new.dialect_impl(dialect)
    if before == after:
        return None
    if _is_varchar(before) and _is_varchar(after):
        if getattr(old, "collation", None) != getattr(new, "collation", None):
            return "change-type"
        long, longer = getattr(old, "length", None), getattr(new, "length", None)
        return None if longer is None or (long is not None and long <= longer) else "narrow-type"
    if isinstance(old, sa.Numeric) and isinstance(new, sa.Numeric) and "NUMERIC" in before:
        return _numeric_change(old, new) if "NUMERIC" in after else "change-type"
    if before.startswith("TIMESTAMP") and after == "TIMESTAMP WITH TIME ZONE":
        return "timestamp-to-timestamptz"
    return "change-type"


def _is_varchar(kind: str) -> bool:
    """Return whether a type is varchar or text (an enum or char(n) is neither)."""
    return kind.startswith(("VARCHAR", "TEXT", "CHARACTER VARYING"))


def _numeric_change(old: sa.Numeric[Any], new: sa.Numeric[Any]) -> str | None:
    if new.precision is None:
        return None
    if old.precision is None:
        return "narrow-type"
    whole_before = old.precision - (old.scale or 0)
    whole_after = new.precision - (new.scale or 0)
    if (new.scale or 0) < (old.scale or 0) or whole_after < whole_before:
        return "narrow-type"
    return None if (new.scale or 0) == (old.scale or 0) else "change-type"


def _drop_column(operation: Any, state: State) -> Iterator[Hit]:
    if not state.fresh(operation.table_name):
        state.altered(operation.table_name)
        yield Hit("drop-column", operation.table_name, operation.column_name)


# Tables


def _create_table(operation: Any, state: State) -> Iterator[Hit]:
    table = operation.table_name
    yield from state.create(table)
    yield from _long(table, state)
    keys = {
        column.name
        for item in operation.columns
        if isinstance(item, sa.PrimaryKeyConstraint)
        for column in [*item.columns, *_pending(item)]
    }
    for item in operation.columns:
        if isinstance(item, sa.Column):
            yield from _new_table_column(table, item, item.primary_key or item.name in keys, state)
        elif isinstance(item, sa.Constraint) and not isinstance(item, sa.PrimaryKeyConstraint):
            yield from _named(item.name, table, item, state)


def _pending(key: sa.PrimaryKeyConstraint) -> list[sa.Column[Any]]:
    """Return the columns of a key that stands in no table yet, where only names are known."""
    names = getattr(key, "_pending_colargs", ())
    return [sa.Column(name) for name in names if isinstance(name, str)]


def _new_table_column(table: str, column: sa.Column[Any], key: bool, state: State) -> Iterator[Hit]:
    yield from _type_hits(table, column, state)
    if key and compiled(column.type, state.dialect) in ("INTEGER", "SMALLINT", "SERIAL"):
        yield Hit("integer-primary-key", table, column.name)
    for key_ in column.foreign_keys:
        yield from _named(key_.name, table, f"foreign key of {column.name}", state)
    if column.unique:
        yield from _named(None, table, f"unique {column.name}", state)


def _named(name: Any, table: str, what: Any, state: State) -> Iterator[Hit]:
    if getattr(what, "_type_bound", False):
        return
    if name is None:
        shown = what if isinstance(what, str) else type(what).__name__
        yield Hit("unnamed-constraint", table, shown)
    else:
        state.constraints.add(str(name))
        yield from _long(str(name), state)


def _drop_table(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table_name)
    yield from state.drop(operation.table_name)


def _rename_table(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table_name)
    yield from state.rename(operation.table_name, operation.new_table_name)


# Constraints and indexes


def _constraint(operation: Any, state: State) -> Iterator[Hit]:
    table = getattr(operation, "source_table", None) or operation.table_name
    name = operation.constraint_name
    kind = operation.constraint_type.replace("_", " ").replace(" constraint", "")
    yield from _named(name, table, f"{kind}", state)
    if state.fresh(table):
        return
    state.altered(table)
    name = str(name) if name is not None else kind
    if not state.in_batch:
        yield Hit("constraint-outside-batch", table, name)
    if isinstance(operation, ops.CreateForeignKeyOp | ops.CreateCheckConstraintOp):
        check = isinstance(operation, ops.CreateCheckConstraintOp)
        if operation.kw.get("postgresql_not_valid"):
            about = _not_null_check(operation, table, state) if check else None
            state.add_unproven(name, about)
            return
        yield Hit(f"{'check' if check else 'foreign-key'}-without-not-valid", table, name)
    elif isinstance(operation, ops.CreatePrimaryKeyOp):
        yield Hit("primary-key-without-index", table, name)
    elif isinstance(operation, CreateExcludeConstraintOp):
        yield Hit("exclusion-constraint", table, name)
    else:
        yield Hit("unique-without-index", table, name)


def _not_null_check(operation: Any, table: str, state: State) -> tuple[str, str] | None:
    condition = sql_of(operation.condition, state.dialect)
    return not_null_of(tokens(f"({condition})"), table)


def _drop_constraint(operation: Any, state: State) -> Iterator[Hit]:
    table, name = operation.table_name, str(operation.constraint_name)
    if state.fresh(table):
        return
    state.altered(table)
    if not state.in_batch:
        yield Hit("constraint-outside-batch", table, name)
    if name not in state.constraints:
        yield Hit("drop-constraint", table, name)


def _create_index(operation: Any, state: State) -> Iterator[Hit]:
    table, name = operation.table_name, str(operation.index_name)
    state.indexes.add(name)
    yield from _long(name, state)
    if not operation.unique and len(operation.columns) > WIDEST_INDEX:
        yield Hit("wide-index", table, name)
    if operation.kw.get("postgresql_concurrently"):
        if state.transaction is not None:
            yield Hit("concurrent-in-transaction", table, name)
    elif not state.fresh(table):
        state.altered(table)
        yield Hit("index-not-concurrent", table, name)


def _drop_index(operation: Any, state: State) -> Iterator[Hit]:
    table, name = operation.table_name, str(operation.index_name)
    if operation.kw.get("postgresql_concurrently"):
        if state.transaction is not None:
            yield Hit("concurrent-in-transaction", table, name)
    elif not state.fresh(table) and name not in state.indexes:
        state.altered(table)
        yield Hit("drop-index-not-concurrent", table, name)


# Rows, statements, and our own helpers


def _bulk_insert(operation: Any, state: State) -> Iterator[Hit]:
    state.changes_rows(operation.table.name)
    yield from ()


def _execute(operation: Any, state: State) -> Iterator[Hit]:
    yield from judge_sql(sql_of(operation.sqltext, state.dialect), state)


def _safe_add_column(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table)
    yield from _type_hits(operation.table, operation.column, state)


def _safe_drop_column(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table)
    if not state.fresh(operation.table):
        yield Hit("drop-column", operation.table, operation.column)


def _safe_drop_table(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table)
    yield from state.drop(operation.table)


def _safe_index(operation: Any, state: State) -> Iterator[Hit]:
    state.indexes.add(operation.name)
    yield from _long(operation.name, state)
    if not operation.unique and len(operation.columns) > WIDEST_INDEX:
        yield Hit("wide-index", operation.table, operation.name)


def _safe_constraint(operation: Any, state: State) -> Iterator[Hit]:
    yield from _named(operation.name, operation.table, "constraint", state)


def _safe_drop_constraint(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table)
    if operation.name not in state.constraints and not state.fresh(operation.table):
        yield Hit("drop-constraint", operation.table, operation.name)


def _safe_drop_not_null(operation: Any, state: State) -> Iterator[Hit]:
    state.altered(operation.table)
    if not state.fresh(operation.table):
        yield Hit("drop-not-null", operation.table, operation.column)


_CHECKS: dict[type[MigrateOperation], Callable[[Any, State], Iterator[Hit]]] = {
    ops.AddColumnOp: _add_column,
    ops.AlterColumnOp: _alter_column,
    ops.DropColumnOp: _drop_column,
    ops.CreateTableOp: _create_table,
    ops.DropTableOp: _drop_table,
    ops.RenameTableOp: _rename_table,
    ops.AddConstraintOp: _constraint,
    ops.DropConstraintOp: _drop_constraint,
    ops.CreateIndexOp: _create_index,
    ops.DropIndexOp: _drop_index,
    ops.BulkInsertOp: _bulk_insert,
    ops.ExecuteSQLOp: _execute,
    safe_steps.AddColumn: _safe_add_column,
    safe_steps.DropColumn: _safe_drop_column,
    safe_steps.DropTable: _safe_drop_table,
    safe_steps.CreateIndex: _safe_index,
    safe_steps.AddConstraint: _safe_constraint,
    safe_steps.AddUnique: _safe_constraint,
    safe_steps.DropConstraint: _safe_drop_constraint,
    safe_steps.DropNotNull: _safe_drop_not_null,
}
