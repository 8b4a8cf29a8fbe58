"""Say what the reader makes of a file, as one line of JSON.

``python -m jobscore.imports.inspect FILE`` prints what it understood and the first rows;
``--batch`` reads a path from each line of standard input and answers each with all of its rows and
rejects. The rows are written as they are read: memory does not grow with the file.
"""

import argparse
import io
import json
import sys
from itertools import islice
from pathlib import Path
from typing import TextIO

from jobscore.imports.reader import FileRefusedError, Row, Table, open_table

#: Rejects listed in one answer; the rest are counted.
_MAX_REJECTS = 10_000
_CHUNK = 1_000


def write_answer(path: Path, out: TextIO, limit: int | None = None) -> None:
    """Write one line of JSON about the file to ``out``; at most ``limit`` records when given."""
    try:
        table = open_table(path)
    except (FileRefusedError, OSError) as error:
        code = error.code.value if isinstance(error, FileRefusedError) else "unreadable"
        out.write(json.dumps({"error": code}) + "\n")
        return
    encode = json.JSONEncoder(ensure_ascii=False).encode
    opening = json.dumps(_understood(table), ensure_ascii=False)[:-1]
    out.write(opening + ', "rows": [')
    rejects: list[dict[str, int | str]] = []
    n_rejected, separator = 0, ""
    records = islice(table.records(), limit)
    while chunk := list(islice(records, _CHUNK)):
        rows = [record.cells for record in chunk if isinstance(record, Row)]
        if rows:
            out.write(separator + encode(rows)[1:-1])
            separator = ", "
        for record in chunk:
            if not isinstance(record, Row):
                n_rejected += 1
                if n_rejected <= _MAX_REJECTS:
                    rejects.append(
                        {"line": record.line, "message": record.code.value, **record.params}
                    )
    out.write(f'], "rejects": {json.dumps(rejects)}, "rejected": {n_rejected}}}\n')


def _understood(table: Table) -> dict[str, object]:
    workbook = {"sheet": table.sheet, "sheets": table.n_sheets} if table.n_sheets else {}
    return {
        "encoding": table.encoding.name,
        "delimiter": table.dialect.delimiter,
        "header": table.header,
        "header_line": table.header_line if table.header is not None else None,
        "skipped": [{"line": line, "text": text} for line, text in table.skipped],
        **workbook,
    }


def main() -> None:
    """Inspect one file, or with ``--batch`` each file named on standard input."""
    parser = argparse.ArgumentParser(prog="python -m jobscore.imports.inspect")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--batch", action="store_true", help="read paths from standard input")
    parser.add_argument("--rows", type=int, default=10, help="rows to show of one file")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if options.batch:
        for line in sys.stdin:
            write_answer(Path(line.rstrip("\n")), sys.stdout)
            sys.stdout.flush()
    elif options.file:
        write_answer(options.file, sys.stdout, options.rows)
    else:
        parser.error("name a file or use --batch")


if __name__ == "__main__":
    main()
