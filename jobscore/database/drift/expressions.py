"""SQL expressions in one spelling, so that two of them can be compared.

A database gives an expression back in its own words: PostgreSQL turns ``total <= 100`` into
``(total <= (100)::double precision)`` and ``kind IN ('a', 'b')`` into
``((kind)::text = ANY (ARRAY['a'::character varying, …]::text[]))``. :func:`canonical` undoes that.
What it cannot read as an expression is compared word by word.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Literal, NamedTuple

Part = Literal["string", "name", "number", "word", "operator"]

_TOKENS = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<string>[eExX]?'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`[^`]*`)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<operator>::|<>|!=|<=|>=|==|\|\||->>|->|!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMERIC = {"integer", "bigint", "smallint", "numeric", "real", "double", "int", "decimal", "float"}
#: Further words of a type's name, after its first.
_TYPE_WORDS = {"varying", "precision", "with", "without", "time", "zone"}
_SPELLINGS = {"!=": "<>", "==": "=", "~~": "like", "~~*": "ilike", "!~~": "not like"}
_BINDING = {
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">=", "is", "in", "like", "ilike", "between"), 4),
    **dict.fromkeys(("not like", "not", "~", "~*", "!~", "!~*", "!~~*", "glob", "regexp"), 4),
    **dict.fromkeys(("||", "->", "->>"), 5),
    **dict.fromkeys(("+", "-"), 6),
    **dict.fromkeys(("*", "/", "%"), 7),
    "or": 1,
    "and": 2,
}
_NOT = 3
_COMPARISON = 4
_SIGN = 8
_SAME_CALLS = {
    "now()": "current_timestamp",
    "transaction_timestamp()": "current_timestamp",
    "datetime('now')": "current_timestamp",
    "date('now')": "current_date",
}


class Token(NamedTuple):
    """One word of SQL and where it stands in the text."""

    part: Part
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The text as it is compared: words in lower case, names without their quotes."""
        if self.part == "name":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower() if self.part == "word" else self.text

    @property
    def lower_or_same(self) -> str:
        """The name as the catalogue keeps it: without quotes, its case kept."""
        return self.lower if self.part == "name" else self.text


class _UnreadableError(ValueError):
    """The text is not an expression that the reader knows."""


class _Chain(str):
    """What one AND or OR joins: ``(a and b) and c`` is ``a and b and c``."""

    __slots__ = ("parts", "word")
    word: str
    parts: list[str]

    def __new__(cls, word: str, parts: list[str]) -> "_Chain":
        self = super().__new__(cls, f"({f' {word} '.join(parts)})")
        self.word, self.parts = word, parts
        return self


def tokens(text: str) -> list[Token]:
    """Split SQL into words, numbers, strings, quoted names and operators; drop comments."""
    found = []
    for match in _TOKENS.finditer(text):
        part = match.lastgroup
        if part != "space":
            found.append(Token(part, match.group(), match.start(), match.end()))  # type: ignore[arg-type] # the groups are the parts
    return found


def closing(words: list[Token], opening: int) -> int:
    """Return the index of the parenthesis that closes the one at ``opening``.

    :raises ValueError: when it is never closed.
    """
    depth = 0
    for index in range(opening, len(words)):
        depth += {"(": 1, ")": -1}.get(words[index].text, 0)
        if depth == 0:
            return index
    raise ValueError("a parenthesis is never closed")


def canonical(text: str) -> str:
    """Return the expression without casts, needless parentheses and dialect spellings."""
    words = tokens(text)
    try:
        return _Reader(words).whole()
    except ValueError:
        return " ".join(_without_casts(words))


def _without_casts(words: list[Token]) -> Iterator[str]:
    reader = _Reader(words)
    while reader.has_more:
        if reader.at("::"):
            reader.take()
            with suppress(ValueError):
                reader.skip_type()
        else:
            yield reader.take().lower


class _Reader:
    """A precedence-climbing reader of the expressions that constraints and defaults hold."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.position = 0

    @property
    def has_more(self) -> bool:
        return self.position < len(self.words)

    def at(self, *texts: str, offset: int = 0) -> bool:
        where = self.position + offset
        return (
            where < len(self.words)
            and self.words[where].part in {"word", "operator"}
            and self.words[where].lower in texts
        )

    def take(self) -> Token:
        if not self.has_more:
            raise _UnreadableError
        self.position += 1
        return self.words[self.position - 1]

    def expect(self, text: str) -> None:
        if not self.at(text):
            raise _UnreadableError
        self.take()

    def whole(self) -> str:
        found = self.expression(0)
        if self.has_more:
            raise _UnreadableError
        return found

    def expression(self, least: int) -> str:
        left = self.first()
        while self.has_more:
            word = _SPELLINGS.get(self.words[self.position].lower, self.words[self.position].lower)
            binding = _BINDING.get(word, 0)
            if self.words[self.position].part not in {"word", "operator"} or binding <= least:
                break
            self.take()
            left = self.join(left, word, binding)
        return left

    def join(self, left: str, word: str, binding: int) -> str:
        if word == "not":
            inner = self.take().lower
            if inner not in {"in", "like", "ilike", "between", "glob", "regexp"}:
                raise _UnreadableError
            word = f"not {inner}"
        if word == "is":
            negated = "not " if self.at("not") and self.take() else ""
            if self.at("distinct"):
                self.take()
                self.expect("from")
                negated += "distinct from "
            return f"({left} is {negated}{self.expression(_COMPARISON)})"
        if word.endswith("between"):
            low = self.expression(_COMPARISON)
            self.expect("and")
            high = self.expression(_COMPARISON)
            both = _Chain("and", [f"({left} >= {low})", f"({left} <= {high})"])
            return f"(not {both})" if word.startswith("not") else both
        if word.endswith("in"):
            self.expect("(")
            return _member(left, self.listed(")"), word)
        if word in {"=", "<>"} and self.at("any", "all"):
            return self.any_of(left, word)
        right = self.expression(binding)
        if word in {"and", "or"}:
            return _Chain(word, [*_parts(left, word), *_parts(right, word)])
        return f"({left} {word} {right})"

    def any_of(self, left: str, word: str) -> str:
        """Read ``= ANY (ARRAY[…])`` as IN, ``<> ALL (ARRAY[…])`` as NOT IN."""
        if not self.at("any" if word == "=" else "all"):
            raise _UnreadableError
        self.take()
        self.expect("(")
        depth = 0
        while self.at("("):
            self.take()
            depth += 1
        self.expect("array")
        self.expect("[")
        values = self.listed("]")
        for _ in range(depth + 1):
            while self.at("::"):
                self.take()
                self.skip_type()
            self.expect(")")
        return _member(left, values, "in" if word == "=" else "not in")

    def listed(self, end: str) -> list[str]:
        found: list[str] = []
        if self.at(end):
            self.take()
            return found
        while True:
            found.append(self.expression(0))
            if self.at(end):
                self.take()
                return found
            self.expect(",")

    def first(self) -> str:
        token = self.take()
        if token.part == "operator" and token.text in "+-":
            inside = self.expression(_SIGN)
            return inside if token.text == "+" else f"-{inside}"
        if token.part == "operator" and token.text != "(":
            raise _UnreadableError
        if token.part == "word" and token.lower == "not":
            return f"(not {self.expression(_NOT)})"
        if token.part == "word" and token.lower in {"case", "select", "exists", "array"}:
            raise _UnreadableError
        return self.casts(self.value(token))

    def value(self, token: Token) -> str:
        if token.part == "operator":
            inside = self.listed(")")
            return inside[0] if len(inside) == 1 else f"({', '.join(inside)})"
        if token.part == "number":
            return _number(token.text)
        if token.part == "string":
            return token.text
        if token.part == "word" and token.lower == "cast" and self.at("("):
            self.take()
            inside_cast = self.expression(0)
            self.expect("as")
            self.skip_type()
            self.expect(")")
            return inside_cast
        while self.at(".") and self.position + 1 < len(self.words):
            self.take()
            token = self.take()
        if self.at("("):
            self.take()
            call = f"{token.lower}({', '.join(self.listed(')'))})"
            return _SAME_CALLS.get(call, call)
        return token.lower

    def casts(self, value: str) -> str:
        while self.at("::"):
            self.take()
            if self.skip_type() in _NUMERIC and re.fullmatch(r"'[+-]?[\d.]+'", value):
                value = _number(value[1:-1])
        return value

    def skip_type(self) -> str:
        """Pass by the name of a type; return its first word."""
        first = self.take().lower
        while self.at(*_TYPE_WORDS) or self.at("."):
            if self.take().text == ".":
                self.take()
        if self.at("("):
            self.position = closing(self.words, self.position) + 1
            while self.at(*_TYPE_WORDS):
                self.take()
        while self.at("["):
            self.take()
            self.expect("]")
        return first


def _member(left: str, values: list[str], word: str) -> str:
    if len(values) == 1:
        return f"({left} {'=' if word == 'in' else '<>'} {values[0]})"
    return f"({left} {word} ({', '.join(values)}))"


def _parts(text: str, word: str) -> list[str]:
    return text.parts if isinstance(text, _Chain) and text.word == word else [text]


def _number(text: str) -> str:
    return format(Decimal(text).normalize(), "f")
