"""Job columns on disk: built once a machine, then mapped into memory by every process.

A snapshot is a folder with one ``.npy`` file a column and ``frame.json`` for the rest. It is
written beside its place and moved there whole, so that it is complete or absent; arrays are
mapped read-only and shared by all processes of the machine. Nothing in it can run code.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog

from jobscore.scoring import frames, heads, texts, titles, wholes
from jobscore.scoring.frames import JobFrame, SkillLink

log = structlog.get_logger(__name__)

FORMAT: Final = 2
"""Raised when columns change their meaning: older snapshots are then built anew."""
KEPT: Final = 3
"""So many of the newest snapshots stay; processes that read an older one keep their files."""
PAGE: Final = 4_096
"""Bytes below which a file is cheaper to copy than to map."""
READABLE: Final = 0o755
_META: Final = "frame.json"
_NOT_KEPT: Final = frozenset({"_cache", "_scales", "memo", "positions"})
_RECORDS: Final[dict[str, type]] = {
    record.__name__: record
    for record in (
        JobFrame,
        frames.Asks,
        frames.Demands,
        frames.Needs,
        frames.Pays,
        frames.Sites,
        frames.Styles,
        heads.HeadIndex,
        heads.Part,
        texts.TextIndex,
        titles.TitleIndex,
        wholes.WholeIndex,
    )
}


class SnapshotUnreadableError(Exception):
    """A snapshot is damaged or of another format."""


def save(jobs: JobFrame, folder: Path) -> None:
    """Write a snapshot to a folder; one that is there already stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        described = _describe(jobs, "", beside)
        meta = {"format": FORMAT, "frame": described}
        (beside / _META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        beside.chmod(READABLE)  # the server, a timer and an operator may be different users
        with suppress(FileExistsError, OSError):  # another process was faster
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load(folder: Path) -> JobFrame | None:
    """Return the snapshot of a folder; None where there is none.

    :raises SnapshotUnreadableError: when it is damaged or of another format.
    """
    meta = folder / _META
    try:
        if not meta.exists():
            return None
        given = json.loads(meta.read_text(encoding="utf-8"))
        if given["format"] != FORMAT:
            raise SnapshotUnreadableError(f"{folder.name}: format {given['format']}")
        jobs = _restore(given["frame"], folder)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotUnreadableError(f"{folder.name}: {error}") from error
    if not isinstance(jobs, JobFrame):
        raise SnapshotUnreadableError(f"{folder.name}: no job columns in it")
    jobs.positions = {job: i for i, job in enumerate(jobs.ids.tolist())}
    return jobs


def prune(parent: Path, keep: Sequence[Path] = ()) -> None:
    """Delete all but the newest snapshots of a folder, and what a killed process left behind."""
    found = [path for path in parent.iterdir() if path.is_dir()] if parent.exists() else []
    whole = sorted(
        (path for path in found if not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    stale = [path for path in whole[KEPT:] if path not in keep]
    abandoned = [path for path in found if path.name.startswith(".new-") and _is_old(path, whole)]
    for path in (*stale, *abandoned):
        shutil.rmtree(path, ignore_errors=True)


def _is_old(path: Path, whole: Sequence[Path]) -> bool:
    """Tell whether something was begun before the newest whole snapshot was: nobody writes it."""
    return bool(whole) and path.stat().st_mtime < whole[0].stat().st_mtime


def _describe(value: Any, name: str, folder: Path) -> Any:
    """Return a value as JSON can hold it; arrays go to files named by where they stand."""
    if isinstance(value, np.ndarray):
        np.save(folder / f"{name}.npy", value, allow_pickle=False)
        return {"array": name}
    if isinstance(value, SkillLink):
        return {"link": [value.narrower, value.broader, value.family]}
    if is_dataclass(value):
        return {
            "record": type(value).__name__,
            "fields": dict(_described_fields(value, name, folder)),
        }
    if isinstance(value, dict):
        return {"map": [[k, _describe(v, name, folder)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"row": [_describe(v, name, folder) for v in value]}
    if isinstance(value, IntEnum):
        return int(value)
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{name}: nothing is known of how to keep a {type(value).__name__}")


def _described_fields(value: Any, name: str, folder: Path) -> Iterator[tuple[str, Any]]:
    for one in fields(value):
        if one.name not in _NOT_KEPT:
            inner = f"{name}.{one.name}" if name else one.name
            yield one.name, _describe(getattr(value, one.name), inner, folder)


def _restore(given: Any, folder: Path) -> Any:
    if not isinstance(given, dict):
        return given
    ((kind, inner), *rest) = given.items()
    if kind == "array":
        path = folder / f"{inner}.npy"
        if path.stat().st_size < PAGE:
            return np.load(path, allow_pickle=False)
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    if kind == "link":
        return SkillLink(*inner)
    if kind == "map":
        return {tuple(k) if isinstance(k, list) else k: _restore(v, folder) for k, v in inner}
    if kind == "row":
        return tuple(_restore(v, folder) for v in inner)
    if kind == "record":
        values = {k: _restore(v, folder) for k, v in dict(rest)["fields"].items()}
        if "formula" in values:
            values["formula"] = titles.TitleFormula(values["formula"])
        return _RECORDS[inner](**values)
    raise ValueError(f"{kind} is no kind of value")
