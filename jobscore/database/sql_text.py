"""Read SQL as far as migrations need it: its words, its statements, and what a default would do.

Not a parser: comments, strings, quoted names and parentheses are understood, so that a word in a
string is never taken for a keyword and a semicolon in a function body ends nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Computed, DefaultClause, FetchedValue, Identity
from sqlalchemy import Sequence as DbSequence
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<string>  [eE]'(?:[^'\\]|\\.|'')*' | [xXbBuU]?&?'(?:[^']|'')*'
                 | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<quoted>  "(?:[^"]|"")*" | `[^`]*` | \[[A-Za-z_][^\]]*\] )
    | (?P<number>  \d+(?:\.\d*)?(?:[eE][+-]?\d+)? )
    | (?P<word>    [^\W\d]\w*\$?\w* )
    | (?P<space>   \s+ )
    | (?P<mark>    :: | . )
    """,
    re.VERBOSE | re.DOTALL,
)

#: Functions whose answer is fixed for one statement: PostgreSQL computes them once for all rows.
STABLE = frozenset(
    {
        "now",
        "current_timestamp",
        "current_date",
        "current_time",
        "localtime",
        "localtimestamp",
        "transaction_timestamp",
        "statement_timestamp",
        "current_user",
        "session_user",
        "current_schema",
        "current_database",
    }
)
#: Pure functions of constants that stand in defaults.
IMMUTABLE = frozenset(
    {
        "lower",
        "upper",
        "length",
        "abs",
        "array",
        "row",
        "make_date",
        "make_interval",
        "make_timestamptz",
        "to_json",
        "to_jsonb",
        "jsonb_build_object",
        "jsonb_build_array",
        "json_build_object",
        "json_build_array",
        "coalesce",
        "date_part",
        "concat",
        "repeat",
        "cast",
        "interval",
        "timezone",
        "date_trunc",
        "nullif",
        "greatest",
        "least",
        "extract",
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: ``kind`` is string, quoted, number, word or mark; ``at`` where it starts."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        """Return the offset after the last character."""
        return self.at + len(self.text)

    @property
    def keyword(self) -> str:
        """Return a bare word in capitals, a mark as it is, and nothing for names and strings."""
        return self.text.upper() if self.kind in ("word", "mark") else ""

    @property
    def name(self) -> str:
        """Return the name that a word or a quoted name means (lower case unless quoted)."""
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower()


def tokens(sql: str) -> list[Token]:
    """Return the pieces of ``sql`` without spaces and comments."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup if match.lastgroup != "tag" else "string"
        if kind is not None and kind not in ("comment", "space"):
            found.append(Token(kind, match.group(), match.start()))
    return found


def statements(sql: str) -> Iterator[list[Token]]:
    """Yield the pieces of each statement; empty ones are left out."""
    current: list[Token] = []
    for token in tokens(sql):
        if token.text == ";" and token.kind == "mark":
            if current:
                yield current
            current = []
        else:
            current.append(token)
    if current:
        yield current


def split(pieces: Sequence[Token], by: str = ",") -> list[list[Token]]:
    """Cut ``pieces`` at the marks ``by`` that stand outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in pieces:
        depth += {"(": 1, ")": -1}.get(token.keyword, 0)
        if token.keyword == by and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def inside(pieces: Sequence[Token], start: int = 0) -> tuple[int, int]:
    """Return the positions of the first ``(`` from ``start`` and of the ``)`` that closes it.

    :raises ValueError: when there is none.
    """
    depth, first = 0, -1
    for position in range(start, len(pieces)):
        mark = pieces[position].keyword
        if mark == "(":
            first = position if first < 0 else first
            depth += 1
        elif mark == ")" and first >= 0:
            depth -= 1
            if depth == 0:
                return first, position
    raise ValueError("no parentheses")


class Default(StrEnum):
    """What filling existing rows with a default costs."""

    NONE = "none"
    CONSTANT = "constant"
    STABLE = "stable"
    VOLATILE = "volatile"
    SERIAL = "serial"
    GENERATED = "generated"


def default_of_text(sql: str) -> Default:
    """Judge a default written in SQL; a function nobody knows counts as volatile."""
    pieces = tokens(sql)
    worst = Default.CONSTANT
    for position, token in enumerate(pieces):
        if token.kind not in ("word", "quoted"):
            continue
        called = position + 1 < len(pieces) and pieces[position + 1].text == "("
        cast_to = position > 0 and pieces[position - 1].text in ("::", ".")
        cast_to = cast_to or (position > 0 and pieces[position - 1].keyword == "AS")
        if token.name == "nextval" and called:
            return Default.SERIAL
        if token.name in STABLE:
            worst = Default.STABLE
        elif called and not cast_to and token.name not in IMMUTABLE:
            return Default.VOLATILE
    return worst


def default_of(server_default: Any, dialect: Dialect) -> Default:
    """Judge the ``server_default`` of a column."""
    if server_default is None:
        return Default.NONE
    if isinstance(server_default, Computed):
        return Default.GENERATED
    if isinstance(server_default, Identity | DbSequence):
        return Default.SERIAL
    if isinstance(server_default, DefaultClause):
        argument = server_default.arg
        if isinstance(argument, ClauseElement):
            return default_of_text(str(argument.compile(dialect=dialect)).replace("%%", "%"))
        return Default.CONSTANT
    return Default.NONE if isinstance(server_default, FetchedValue) else Default.CONSTANT
