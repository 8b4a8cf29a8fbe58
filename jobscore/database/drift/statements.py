"""What CREATE TABLE and CREATE INDEX statements say, read from their words.

SQLite keeps the statements themselves and no other account of CHECK constraints, of the names of
constraints, and of indexes over expressions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jobscore.database.drift.expressions import Token, closing, tokens

_OPTIONS = {"delete": "ondelete", "update": "onupdate"}


@dataclass(slots=True)
class ForeignKey:
    """A reference: ``referred`` is empty where the statement means the other's primary key."""

    name: str | None
    columns: list[str]
    table: str
    referred: list[str] = field(default_factory=list)
    #: ondelete, onupdate, deferrable, initially, as the inspector names them.
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Constraints:
    """The constraints of one table as (name or None, what), in the order of the statement."""

    checks: list[tuple[str | None, str]] = field(default_factory=list)
    uniques: list[tuple[str | None, list[str]]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)


def constraints(sql: str) -> Constraints:
    """Read the constraints of a CREATE TABLE statement, those of columns included."""
    words = tokens(sql)
    found = Constraints()
    for first, end in _definitions(words):
        _read_definition(sql, words, range(first, end), found)
    return found


def between(sql: str, words: list[Token], opening: int) -> str:
    """Return the text inside of the parenthesis at ``opening``."""
    end = closing(words, opening)
    return sql[words[opening].end : words[end].start].strip()


def _definitions(words: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield where each column or constraint begins and ends, as indexes of words."""
    opening = next((i for i, word in enumerate(words) if word.text == "("), None)
    if opening is None:
        return
    end = closing(words, opening)
    depth, first = 0, opening + 1
    for index in range(opening + 1, end):
        depth += {"(": 1, ")": -1}.get(words[index].text, 0)
        if depth == 0 and words[index].text == ",":
            yield first, index
            first = index + 1
    yield first, end


def _read_definition(sql: str, words: list[Token], span: range, found: Constraints) -> None:
    own = [words[span.start].lower_or_same]
    depth = 0
    for index in span:
        word = words[index]
        depth += {"(": 1, ")": -1}.get(word.text, 0)
        if depth or word.part != "word":
            continue
        following = index + 1 if index + 1 in span and words[index + 1].text == "(" else None
        if word.lower == "check" and following:
            found.checks.append((_name_before(words, index), between(sql, words, following)))
        elif word.lower == "unique":
            columns = _list(words, following) if following else own
            found.uniques.append((_name_before(words, index), columns))
        elif word.lower == "references":
            found.foreign_keys.append(_foreign_key(words, span, index, own))


def _foreign_key(words: list[Token], span: range, index: int, own: list[str]) -> ForeignKey:
    start = next((i for i in span if words[i].lower == "foreign" and i < index), None)
    if start is None:
        name, columns = _name_before(words, index), own
    else:
        name, columns = _name_before(words, start), _list(words, start + 2)
    key = ForeignKey(name, columns, words[index + 1].lower_or_same)
    rest = index + 2
    if rest in span and words[rest].text == "(":
        key.referred = _list(words, rest)
        rest = closing(words, rest) + 1
    tail = [words[i].lower for i in range(rest, span.stop)]
    for at, word in enumerate(tail):
        if word == "on" and at + 2 < len(tail):
            action = tail[at + 2 : at + 4] if tail[at + 2] in {"set", "no"} else [tail[at + 2]]
            key.options[_OPTIONS.get(tail[at + 1], tail[at + 1])] = " ".join(action).upper()
        elif word == "deferrable":
            key.options["deferrable"] = at == 0 or tail[at - 1] != "not"
        elif word == "initially" and at + 1 < len(tail):
            key.options["initially"] = tail[at + 1].upper()
    return key


def _list(words: list[Token], opening: int) -> list[str]:
    inside = words[opening + 1 : closing(words, opening)]
    return [word.lower_or_same for word in inside if word.text != ","]


def _name_before(words: list[Token], index: int) -> str | None:
    is_named = index >= 2 and words[index - 2].lower == "constraint"
    return words[index - 1].lower_or_same if is_named else None


@dataclass(frozen=True, slots=True)
class IndexStatement:
    """The parts of a CREATE INDEX statement, as written; the names of index and table are not."""

    is_unique: bool
    #: btree where the statement says nothing.
    method: str
    elements: tuple[str, ...]
    #: INCLUDE, NULLS NOT DISTINCT and the like.
    rest: str
    #: The condition of a partial index, else empty.
    where: str


def index(definition: str) -> IndexStatement:
    """Read a CREATE INDEX statement."""
    words = tokens(definition)
    on = next(i for i, word in enumerate(words) if word.part == "word" and word.lower == "on")
    opening = next(i for i in range(on, len(words)) if words[i].text == "(")
    end = closing(words, opening)
    elements, first, depth = [], opening + 1, 0
    for at in range(opening + 1, end + 1):
        if at == end or (depth == 0 and words[at].text == ","):
            elements.append(definition[words[first].start : words[at].start].strip())
            first = at + 1
        depth += {"(": 1, ")": -1}.get(words[at].text, 0)
    using = next((i for i in range(on, opening) if words[i].lower == "using"), None)
    condition = next((w for w in words[end:] if w.part == "word" and w.lower == "where"), None)
    stop = condition.start if condition else len(definition)
    return IndexStatement(
        is_unique=words[1].lower == "unique",
        method="btree" if using is None else words[using + 1].lower,
        elements=tuple(elements),
        rest=definition[words[end].end : stop].strip(),
        where=definition[condition.end :].strip() if condition else "",
    )
