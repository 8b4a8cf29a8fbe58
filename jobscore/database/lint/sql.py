"""Judge plain SQL in a revision: the same dangers, written by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jobscore.database.lint.state import Hit, State
from jobscore.database.sql_text import (
    Default,
    Token,
    default_of_text,
    inside,
    split,
    statements,
)

_HARMLESS = frozenset(
    {
        "SELECT",
        "SET",
        "RESET",
        "SHOW",
        "COMMENT",
        "ANALYZE",
        "GRANT",
        "REVOKE",
        "PRAGMA",
        "EXPLAIN",
        "VALUES",
        "DISCARD",
    }
)
_HARMLESS_CREATE = frozenset(
    {"EXTENSION", "SEQUENCE", "TYPE", "VIEW", "FUNCTION", "SCHEMA", "DOMAIN"}
)
_SERIAL = frozenset(
    {"SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL4", "SERIAL8", "SERIAL2", "IDENTITY"}
)
_ENDS_DEFAULT = frozenset(
    {
        "NOT",
        "NULL",
        "UNIQUE",
        "PRIMARY",
        "REFERENCES",
        "CHECK",
        "CONSTRAINT",
        "GENERATED",
        "COLLATE",
    }
)
_TRANSACTION = frozenset(
    {"BEGIN", "COMMIT", "ROLLBACK", "START", "END", "ABORT", "SAVEPOINT", "RELEASE"}
)
_CONSTRAINT = frozenset({"CONSTRAINT", "CHECK", "FOREIGN", "UNIQUE", "PRIMARY", "EXCLUDE"})


@dataclass(slots=True)
class _Reader:
    """Walks over the pieces of a statement."""

    pieces: Sequence[Token]
    at: int = 0

    def word(self, ahead: int = 0) -> str:
        """Return the keyword here, or nothing at the end."""
        place = self.at + ahead
        return self.pieces[place].keyword if place < len(self.pieces) else ""

    def take(self, *words: str) -> bool:
        """Step over ``words`` when they stand here."""
        if all(self.word(n) == word for n, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def skip(self, *words: str) -> None:
        """Step over those of ``words`` that stand here, in their order."""
        for word in words:
            self.take(*word.split())

    def name(self) -> str:
        """Return the name here, without its schema; nothing at the end."""
        found = ""
        while self.at < len(self.pieces):
            found = self.pieces[self.at].name
            self.at += 1
            if self.word() != ".":
                break
            self.at += 1
        return found

    def rest(self) -> Sequence[Token]:
        """Return what has not been read."""
        return self.pieces[self.at :]

    def has(self, *words: str) -> bool:
        """Return whether ``words`` stand in this order somewhere ahead, outside parentheses."""
        depth, flat = 0, []
        for token in self.rest():
            depth += {"(": 1, ")": -1}.get(token.keyword, 0)
            if depth == 0:
                flat.append(token.keyword)
        size = len(words)
        return any(tuple(flat[n : n + size]) == words for n in range(len(flat) - size + 1))


def judge_sql(sql: str, state: State) -> Iterator[Hit]:
    """Yield what is dangerous in one or more statements."""
    for pieces in statements(sql):
        reader = _Reader(pieces)
        first = reader.word()
        reader.at = 1
        judge = _JUDGES.get(first)
        if judge is not None:
            yield from judge(reader, state)
        elif first in _TRANSACTION:
            yield Hit("transaction-statement", None, first)
        elif first not in _HARMLESS:
            yield _unknown(pieces)


def _unknown(pieces: Sequence[Token]) -> Hit:
    shown = " ".join(token.text for token in pieces[:12])
    return Hit("raw-sql", None, shown[:80] + ("…" if len(shown) > 80 or len(pieces) > 12 else ""))


def _alter(reader: _Reader, state: State) -> Iterator[Hit]:
    if reader.take("TABLE"):
        reader.skip("IF EXISTS", "ONLY")
        table = reader.name()
        state.altered(table)
        for action in split(reader.rest()):
            hits = list(_alter_table(_Reader(action), table, state))
            if not state.fresh(table):
                yield from hits
    elif reader.take("SCHEMA"):
        name = reader.name()
        if reader.word() == "RENAME":
            yield Hit("rename-schema", None, name)
    elif reader.take("TYPE"):
        name = reader.name()
        if reader.take("ADD", "VALUE"):
            if state.transaction is not None:
                yield Hit("enum-value-in-transaction", None, name)
        else:
            yield _unknown(reader.pieces)
    elif reader.take("DOMAIN"):
        name = reader.name()
        if reader.word() == "ADD" and not reader.has("NOT", "VALID"):
            yield Hit("domain-constraint", None, name)
    elif reader.word() not in ("SEQUENCE", "INDEX", "VIEW", "FUNCTION", "EXTENSION"):
        yield _unknown(reader.pieces)


def _alter_table(action: _Reader, table: str, state: State) -> Iterator[Hit]:
    if action.take("ADD"):
        adds = _add_constraint if action.word() in _CONSTRAINT else _add_column
        yield from adds(action, table, state)
    elif action.take("VALIDATE", "CONSTRAINT"):
        yield from state.validate(table, action.name())
    elif action.take("ALTER"):
        action.skip("COLUMN")
        yield from _alter_column(action, table, action.name(), state)
    elif action.take("DROP"):
        yield from _drop_part(action, table, state)
    elif action.take("RENAME"):
        if action.take("TO"):
            yield from state.rename(table, action.name())
        elif action.word() != "CONSTRAINT":
            action.skip("COLUMN")
            yield Hit("rename-column", table, action.name())
    elif action.take("SET", "SCHEMA"):
        yield Hit("rename-table", table, table)
    elif action.take("SET"):
        if action.word() in ("TABLESPACE", "LOGGED", "UNLOGGED", "ACCESS"):
            yield Hit("rewrite-table", table, f"SET {action.word()}")
    elif action.take("DETACH", "PARTITION") and not action.has("CONCURRENTLY"):
        yield Hit("detach-partition", table, action.name())


def _drop_part(action: _Reader, table: str, state: State) -> Iterator[Hit]:
    if action.take("CONSTRAINT"):
        action.skip("IF EXISTS")
        name = action.name()
        if name not in state.constraints and name not in state.unproven:
            yield Hit("drop-constraint", table, name)
        return
    action.skip("COLUMN", "IF EXISTS")
    yield Hit("drop-column", table, action.name())


def _alter_column(action: _Reader, table: str, column: str, state: State) -> Iterator[Hit]:
    action.skip("SET DATA")
    if action.word() == "TYPE":
        yield Hit("change-type", table, column)
    elif action.take("SET", "NOT", "NULL"):
        if (table, column) not in state.proven:
            yield Hit("set-not-null", table, column)
    elif action.take("DROP", "NOT", "NULL"):
        yield Hit("drop-not-null", table, column)


def _add_constraint(action: _Reader, table: str, state: State) -> Iterator[Hit]:
    name = "without a name"
    if action.take("CONSTRAINT"):
        name = action.name()
        state.constraints.add(name)
    else:
        yield Hit("unnamed-constraint", table, action.word().lower())
    kind = action.word()
    if state.sqlite:
        yield Hit("constraint-outside-batch", table, name)
    if kind in ("CHECK", "FOREIGN") and action.has("NOT", "VALID"):
        state.add_unproven(name, not_null_of(action.rest(), table) if kind == "CHECK" else None)
        return
    if action.has("USING", "INDEX"):
        return
    rule = {
        "CHECK": "check-without-not-valid",
        "FOREIGN": "foreign-key-without-not-valid",
        "UNIQUE": "unique-without-index",
        "PRIMARY": "primary-key-without-index",
        "EXCLUDE": "exclusion-constraint",
    }.get(kind)
    if rule is not None:
        yield Hit(rule, table, name)


def not_null_of(pieces: Sequence[Token], table: str) -> tuple[str, str] | None:
    """Return the table and column of a check that says just "column IS NOT NULL"."""
    try:
        first, last = inside(pieces)
    except ValueError:
        return None
    inner = [token for token in pieces[first + 1 : last] if token.text not in "()"]
    words = [token.keyword for token in inner]
    if len(inner) == 4 and words[1:] == ["IS", "NOT", "NULL"]:
        return table, inner[0].name
    return None


def _add_column(action: _Reader, table: str, state: State) -> Iterator[Hit]:
    action.skip("COLUMN", "IF NOT EXISTS")
    column = action.name()
    kind = action.word()
    words = [token.keyword for token in action.rest()]
    default = _default_in(action.rest())
    if kind in _SERIAL or "IDENTITY" in words or default is Default.SERIAL:
        yield Hit("serial-column", table, column)
    elif "STORED" in words:
        yield Hit("generated-column", table, column)
    elif action.has("NOT", "NULL") and default is Default.NONE:
        yield Hit("not-null-without-default", table, column)
    if default is Default.VOLATILE:
        yield Hit("volatile-default", table, column)
    if default in (Default.VOLATILE, Default.STABLE):
        yield Hit("non-constant-default", table, column)
    if "UNIQUE" in words or "PRIMARY" in words:
        yield Hit("add-column-unique", table, column)
    if "REFERENCES" in words and default is not Default.NONE:
        rule = "reference-with-default" if state.sqlite else "add-column-foreign-key"
        yield Hit(rule, table, column)
    if kind == "JSON":
        yield Hit("json-column", table, column)
    if kind == "TIMESTAMP" and not action.has("WITH", "TIME", "ZONE"):
        yield Hit("timestamp-without-zone", table, column)


def _default_in(pieces: Sequence[Token]) -> Default:
    for place, token in enumerate(pieces):
        if token.keyword != "DEFAULT":
            continue
        value: list[str] = []
        depth = 0
        for piece in pieces[place + 1 :]:
            depth += {"(": 1, ")": -1}.get(piece.keyword, 0)
            if value and depth == 0 and piece.keyword in _ENDS_DEFAULT:
                break
            value.append(piece.text)
        return Default.NONE if value in (["NULL"], ["null"]) else default_of_text(" ".join(value))
    return Default.NONE


def _create(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("OR REPLACE", "TEMPORARY", "TEMP", "UNLOGGED", "RECURSIVE")
    unique = reader.take("UNIQUE")
    if reader.take("TABLE"):
        reader.skip("IF NOT EXISTS")
        yield from state.create(reader.name())
    elif reader.take("INDEX"):
        yield from _create_index(reader, state, unique)
    elif reader.word() not in _HARMLESS_CREATE:
        yield _unknown(reader.pieces)


def _create_index(reader: _Reader, state: State, unique: bool) -> Iterator[Hit]:
    concurrently = reader.take("CONCURRENTLY")
    reader.skip("IF NOT EXISTS")
    name = "without a name" if reader.word() == "ON" else reader.name()
    reader.skip("ON", "ONLY")
    table = reader.name()
    state.indexes.add(name)
    state.altered(table)
    if concurrently and state.transaction is not None:
        yield Hit("concurrent-in-transaction", table, name)
    elif not concurrently and not state.fresh(table):
        yield Hit("index-not-concurrent", table, name)
    try:
        first, last = inside(reader.pieces, reader.at)
    except ValueError:
        return
    if not unique and len(split(reader.pieces[first + 1 : last])) > 3:
        yield Hit("wide-index", table, name)


def _drop(reader: _Reader, state: State) -> Iterator[Hit]:
    kind = reader.word()
    reader.at += 1
    concurrently = reader.take("CONCURRENTLY")
    reader.skip("IF EXISTS")
    for part in split(reader.rest()):
        name = _Reader(part).name()
        if kind == "TABLE":
            yield from state.drop(name)
        elif kind == "INDEX" and concurrently and state.transaction is not None:
            yield Hit("concurrent-in-transaction", None, name)
        elif kind == "INDEX" and not concurrently and name not in state.indexes:
            yield Hit("drop-index-not-concurrent", None, name)
        elif kind in ("SCHEMA", "DATABASE", "OWNED"):
            yield Hit("drop-schema", None, f"{kind.lower()} {name}")
        elif kind not in ("INDEX", "FUNCTION", "TRIGGER", "VIEW"):
            yield _unknown(reader.pieces)


def _reindex(reader: _Reader, state: State) -> Iterator[Hit]:
    name = reader.pieces[-1].name
    if not reader.has("CONCURRENTLY"):
        yield Hit("reindex-not-concurrent", None, name)
    elif state.transaction is not None:
        yield Hit("concurrent-in-transaction", None, name)


def _truncate(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("TABLE", "ONLY")
    for part in split(reader.rest()):
        table = _Reader(part).name()
        if not state.fresh(table):
            yield Hit("truncate", table, table)


def _lock(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("TABLE", "ONLY")
    table = reader.name()
    if not state.fresh(table):
        yield Hit("lock-table", table, table)


def _vacuum(reader: _Reader, _state: State) -> Iterator[Hit]:
    if "FULL" in (token.keyword for token in reader.pieces):
        yield Hit("rewrite-table", reader.pieces[-1].name, "VACUUM FULL")


def _cluster(reader: _Reader, _state: State) -> Iterator[Hit]:
    yield Hit("rewrite-table", reader.name() or "the database", "CLUSTER")


def _update(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("OR IGNORE", "OR REPLACE", "ONLY")
    yield from _changes(reader, state, "UPDATE")


def _delete(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("FROM", "ONLY")
    yield from _changes(reader, state, "DELETE")


def _changes(reader: _Reader, state: State, verb: str) -> Iterator[Hit]:
    table = reader.name()
    state.changes_rows(table)
    if not state.fresh(table) and not _bounded(reader.rest()):
        yield Hit("backfill-in-one-statement", table, verb)


def _bounded(pieces: Sequence[Token]) -> bool:
    """Return whether WHERE picks rows by id, so that it cannot mean the whole table."""
    words = [token.keyword for token in pieces]
    if "WHERE" not in words:
        return False
    where = pieces[words.index("WHERE") + 1 :]
    if "OR" in (token.keyword for token in where):
        return False
    for place, token in enumerate(where[:-1]):
        after = where[place + 1].keyword
        following = where[place + 2].text if place + 2 < len(where) else ""
        if token.name == "id" and token.kind != "string":
            if after in ("=", "BETWEEN"):
                return True
            if after == "<" and following != ">":
                return True
            if after == "IN":
                tail = [piece.keyword for piece in where[place:]]
                return "SELECT" not in tail or "LIMIT" in tail
    return False


def _insert(reader: _Reader, state: State) -> Iterator[Hit]:
    reader.skip("OR IGNORE", "OR REPLACE", "INTO")
    state.changes_rows(reader.name())
    yield from ()


def _with(reader: _Reader, state: State) -> Iterator[Hit]:
    for place, token in enumerate(reader.pieces):
        clause = reader.pieces[place - 1].keyword in ("DO", "FOR", "ON", "KEY")  # FOR UPDATE, …
        if token.keyword in ("UPDATE", "DELETE", "INSERT") and not clause:
            inner = _Reader(reader.pieces, place + 1)
            yield from _JUDGES[token.keyword](inner, state)


_JUDGES: dict[str, Callable[[_Reader, State], Iterator[Hit]]] = {
    "ALTER": _alter,
    "CREATE": _create,
    "DROP": _drop,
    "REINDEX": _reindex,
    "TRUNCATE": _truncate,
    "LOCK": _lock,
    "VACUUM": _vacuum,
    "CLUSTER": _cluster,
    "UPDATE": _update,
    "DELETE": _delete,
    "INSERT": _insert,
    "WITH": _with,
}
