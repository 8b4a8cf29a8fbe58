"""What we understood of a file, in words, and what can be decided otherwise."""

from dataclasses import dataclass

from flask_babel import gettext

from jobscore.imports import service
from jobscore.imports.reader import ReadOptions

#: Encodings that can be chosen, with the name that people know them by.
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp932": "Shift_JIS (cp932)",
    "euc_jp": "EUC-JP",
    "iso2022_jp_ext": "ISO-2022-JP",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252",
    "gb18030": "GB18030",
    "cp949": "CP949",
}
DELIMITERS = (",", "\t", ";", "|")
QUOTES = ('"', "'", "")
#: Lines above the table that are shown.
_SKIPPED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Understood:
    """What we understood of a file, and the choices beside it, as (value, label)."""

    facts: list[tuple[str, str]]
    skipped: list[str]
    n_skipped: int
    encodings: list[tuple[str, str]]
    delimiters: list[tuple[str, str]]
    quotes: list[tuple[str, str]]
    encoding: str
    delimiter: str
    quote: str
    header_line: str
    is_text: bool
    is_changed: bool


def encoding_name(name: str) -> str:
    """Return an encoding by the name that people know."""
    return ENCODINGS.get(name, name)


def delimiter_name(mark: str) -> str:
    """Return a delimiter in words."""
    names = {
        ",": gettext("comma"),
        "\t": gettext("tab"),
        ";": gettext("semicolon"),
        "|": gettext("vertical bar"),
    }
    return str(names.get(mark, mark))


def quote_name(mark: str | None) -> str:
    """Return in words what stands around texts."""
    names = {
        '"': gettext('double quotes (")'),
        "'": gettext("single quotes (')"),
        "": gettext("nothing: quotes are ordinary characters"),
    }
    return str(names.get(mark or "", mark))


def options_from(values: dict[str, str]) -> ReadOptions:
    """Read what a person decided about a file; what is empty or odd is left to the reader."""
    line, quote = values.get("header_line", "").strip(), values.get("quote", "")
    encoding, delimiter = values.get("encoding", ""), values.get("delimiter", "")
    is_line = line.isascii() and line.isdigit() and len(line) < 7
    return ReadOptions(
        encoding=encoding if encoding in ENCODINGS else None,
        delimiter=delimiter if delimiter in DELIMITERS else None,
        quote={"none": ""}.get(quote, quote) if quote in ('"', "'", "none") else None,
        header_line=int(line) if is_line else None,
    )


def complete(options: ReadOptions, seen: service.Preview) -> ReadOptions:
    """Return options that say the delimiter too where quotes were chosen: the reader needs both."""
    if options.quote is None or options.delimiter is not None:
        return options
    return ReadOptions(
        options.encoding, seen.table.dialect.delimiter, options.quote, options.header_line
    )


def understood(seen: service.Preview, options: ReadOptions) -> Understood:
    """Return what the reader understood of a file."""
    table = seen.table
    header = (
        gettext("line %(line)s", line=table.header_line)
        if table.header is not None
        else gettext("none: the columns have no names")
    )
    is_text = table.kind == "csv"
    facts = [(gettext("Header"), str(header)), (gettext("Columns"), str(len(seen.columns)))]
    found = encoding_name(table.encoding.name)
    between, around = delimiter_name(table.dialect.delimiter), quote_name(table.dialect.quote)
    if is_text:
        facts = [
            (gettext("Encoding"), found),
            (gettext("Between cells"), between),
            (gettext("Around texts"), around),
            *facts,
        ]
    return Understood(
        facts=facts,
        skipped=[
            gettext("Line %(line)s: %(text)s", line=line, text=text)
            for line, text in table.skipped[:_SKIPPED_SHOWN]
        ],
        n_skipped=len(table.skipped),
        encodings=[("", _as_found(found)), *ENCODINGS.items()],
        delimiters=[
            ("", _as_found(between)),
            *((mark, delimiter_name(mark)) for mark in DELIMITERS),
        ],
        quotes=[("", _as_found(around)), *((mark or "none", quote_name(mark)) for mark in QUOTES)],
        encoding=options.encoding or "",
        delimiter=options.delimiter or "",
        quote="" if options.quote is None else options.quote or "none",
        header_line="" if options.header_line is None else str(options.header_line),
        is_text=is_text,
        is_changed=options != ReadOptions(),
    )


def _as_found(name: str) -> str:
    return str(gettext("as found: %(name)s", name=name))
