"""The statistics of each process as a file in one folder, to be read as one.

Readers never wait for writers: a file is replaced whole. It holds no parameter's value.
"""

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from jobscore import clock
from jobscore.database.queries.statistics import Entry, RepeatedStatement, Sums

#: Of the file's form; files of another one are passed by.
VERSION = 1
#: Files of processes that wrote nothing for so long are removed.
KEPT_SECONDS = 24 * 3600
#: Files read at most, the newest first: a command started each minute leaves 1,440 a day.
MOST_FILES = 100

log = logging.getLogger("jobscore.queries")


def write(path: Path, sums: Sums) -> None:
    """Replace ``path`` by a file with ``sums``, readable by its owner only.

    Statements are written one by one: one large ``json.dumps`` would keep other threads waiting.

    :raises OSError: when the folder cannot be made or written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for line in _lines(sums):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _lines(sums: Sums) -> Iterator[dict[str, Any]]:
    yield {"version": VERSION, "since": sums.since.isoformat()}
    for entry in sums.entries.values():
        yield {"entry": {name: getattr(entry, name) for name in Entry.__slots__}}
    for found in sums.repeated.values():
        yield {"repeated": asdict(found)}


def read(path: Path) -> Sums | None:
    """Return the sums in ``path``; None when it is gone, of another version, or damaged."""
    try:
        first, *rest = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        head = json.loads(first)
        if head["version"] != VERSION:
            return None
        sums = Sums(datetime.fromisoformat(head["since"]))
        for line in map(json.loads, rest):
            if "entry" in line:
                values = line["entry"]
                values["buckets"] = {int(n): calls for n, calls in values["buckets"].items()}
                sums.entries[values["statement"]] = Entry(**values)
            else:
                sums.repeat(RepeatedStatement(**line["repeated"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("statistics of a process cannot be read: %s: %s", path.name, error)
        return None
    return sums


def paths(folder: Path) -> list[Path]:
    """Return the files of ``folder`` that are not too old, the newest first."""
    return [path for age, path in _aged(folder) if age <= KEPT_SECONDS][:MOST_FILES]


def remove_old(folder: Path) -> None:
    """Remove the files of processes that wrote nothing for a day."""
    for age, path in _aged(folder, "*"):
        if age > KEPT_SECONDS:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _aged(folder: Path, pattern: str = "*.jsonl") -> list[tuple[float, Path]]:
    """Return (age in seconds, path) of each file, the youngest first."""
    now = clock.now().timestamp()
    found = []
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            found.append((now - path.stat().st_mtime, path))
    return sorted(found)
