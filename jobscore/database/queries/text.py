"""One form for all statements that differ in values only; nothing that a person typed is left.

Literals become ``?``, as every parameter marker of every driver does; lists after IN and rows after
VALUES collapse to one. What comes out can still be explained: put NULL for each ``?``.
"""

import re

#: Characters kept of a normalised statement; a longer one ends in :data:`CUT`.
MOST_CHARACTERS = 4000
CUT = " …"
#: Characters looked at: a bulk insert of a thousand rows repeats itself long before.
MOST_READ = 100_000

#: What must be changed or protected, in the order in which it must be tried.
_TOKEN = re.compile(
    r"""
    (?! (?<=\w)\w )  # nothing that matters begins inside a word
    (?:
      (?P<space> (?: \s | --[^\n]* | /\*(?s:.*?)(?:\*/|\Z) )++ )
    | (?P<text>
          \b[eE]'(?:[^'\\]|\\(?s:.)|'')*+(?:'|\Z)        # E'…' of PostgreSQL: \' is a quote
        | (?:\b(?:[bBxXnN]|[uU]&))?'(?:[^']|'')*+(?:'|\Z)  # '…', a quote inside is doubled
        | (?<![\w$])\$(?P<tag>[^\W\d]\w*|)\$(?s:.*?)(?:\$(?P=tag)\$|\Z)
      )
    | (?P<name> "(?:[^"]|"")*+"? | `[^`]*`? )
    | (?P<type> \b(?:VARCHAR|CHARACTER\ VARYING|CHARACTER|CHAR|NVARCHAR|NUMERIC|DECIMAL|FLOAT
                    |VARBIT|BIT|TIMESTAMP|TIME|INTERVAL|DATETIME|VARBINARY|BINARY)
                \ ?\(\s*\d+\s*(?:,\s*\d+\s*)?\) )
    | (?P<marker> %\(\w+\)s | %s | \?\d* | (?<![:\w]):[^\W\d]\w* | @[^\W\d]\w* | (?<![\w$])\$\d+ )
    | (?P<percent> %% )
    | (?P<savepoint> \bsa_savepoint_\d+ )
    | (?P<number> (?<![\w$])(?: 0[xX][0-9a-fA-F_]+
                              | (?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? ) )
    )
    """,
    re.VERBOSE,
)
_BECOMES = {
    "space": " ",
    "text": "?",
    "marker": "?",
    "number": "?",
    "percent": "%",
    "savepoint": "sa_savepoint",
}
_CAST = r"(?:::[A-Za-z][\w ]*+(?:\(\d+(?:, \d+)?\))?(?:\[\])?)?+"
_ONE = (
    rf"(?:[-+] ?)?(?:\?{_CAST}|CAST\(\?{_CAST} AS [\w ]+(?:\([\d, ]+\))?\)|NULL{_CAST}|TRUE|FALSE)"
)
_ROW = rf"\({_ONE}(?:, ?{_ONE})*+\)"
_MEMBER = rf"(?:{_ONE}|{_ROW})"
_LIST = re.compile(
    rf"\b(IN|ARRAY) ?(?P<open>[(\[]) ?(?P<first>{_MEMBER})(?:, ?{_MEMBER})*+ ?(?=[)\]])", re.I
)
_GROUP = r"\((?:[^()]++|\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\))*+\)"
_ROWS = re.compile(rf"(\bVALUES ?{_GROUP})(?: ?, ?{_GROUP})++", re.I)
#: How SQLAlchemy writes a list without members.
_EMPTY_IN = re.compile(rf"\bIN \(NULL{_CAST}\) AND \(\? != \?\)", re.I)
_EMPTY_NOT_IN = re.compile(rf"\bNOT IN \(NULL{_CAST}\) OR \(\? = \?\)", re.I)
_EMPTY_SELECT = re.compile(
    r"\bIN \(SELECT (\?(?:, \?)*+) FROM \(SELECT \?(?:, \?)*+\) WHERE \? ?!= ?\?\)", re.I
)


def _token(match: "re.Match[str]") -> str:
    kind = match.lastgroup
    return match.group() if kind is None else _BECOMES.get(kind, match.group())


def _collapse(match: "re.Match[str]") -> str:
    first = match["first"].replace("NULL", "?")
    return f"{match[1]} {match['open']}{first}" if match["open"] == "(" else f"{match[1]}[{first}"


def _without_members(match: "re.Match[str]") -> str:
    return "IN (?)" if match[1] == "?" else f"IN (VALUES ({match[1]}))"


def normalise(statement: str) -> str:
    """Return the form that ``statement`` shares with all that differ from it in values only.

    At most :data:`MOST_CHARACTERS` are kept. Identifiers in double quotes stay as they are, the
    lengths of types too (``VARCHAR(20)``); comments go.
    """
    text = _TOKEN.sub(_token, statement[:MOST_READ]).strip().rstrip(";").rstrip()
    text = _ROWS.sub(r"\1", text)
    text = _EMPTY_IN.sub("IN (?)", text)
    text = _EMPTY_NOT_IN.sub("NOT IN (?)", text)
    text = _EMPTY_SELECT.sub(_without_members, text)
    text = _LIST.sub(_collapse, text)
    if len(text) > MOST_CHARACTERS or len(statement) > MOST_READ:
        text = text[: MOST_CHARACTERS - len(CUT)] + CUT
    return text
