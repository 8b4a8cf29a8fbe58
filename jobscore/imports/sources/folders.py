"""Folders that sources watch: which files lie there, complete, and nothing outside of them.

Only subfolders of JOBSCORE_FEEDS_DIR can be watched, and symbolic links are not followed: whoever
may use the admin pages chooses among what the operator laid open, and can read nothing else.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

#: A file that did not change for so long is complete.
SETTLED = timedelta(seconds=60)
#: Names that programs give to files that they still write.
_UNFINISHED = re.compile(r"(^[.~])|(\.(part|partial|tmp|temp|crdownload|filepart|swp|writing)$)|~$")
#: Where taken and bad files go when the source moves them.
TAKEN, BAD = "taken", "bad"
_LONGEST_NAME = 255


class FolderError(Exception):
    """The folder cannot be watched."""


class FolderOutsideError(FolderError):
    """The folder does not lie under the one that the operator laid open."""


class FolderMissingError(FolderError):
    """There is no such folder, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One file of a folder as it is now; times in nanoseconds since 1970."""

    path: Path
    name: str
    size: int
    changed_ns: int

    def is_settled(self, now: datetime) -> bool:
        """Say whether it has not changed for a while."""
        return self.changed_ns <= int((now - SETTLED).timestamp() * 1_000_000_000)


def resolve(root: Path, folder: str) -> Path:
    """Return the folder that a source watches.

    :raises FolderOutsideError: for a path that leads out of ``root``, by links too, or is ``root``.
    :raises FolderMissingError: when there is no such folder.
    """
    base = root.resolve()
    if not folder.strip() or "\0" in folder or Path(folder).is_absolute():
        raise FolderOutsideError(folder)
    try:
        path = (base / folder).resolve()
    except (OSError, RuntimeError) as error:
        raise FolderMissingError(folder) from error
    if path == base or not path.is_relative_to(base):
        raise FolderOutsideError(folder)
    if not path.is_dir():
        raise FolderMissingError(folder)
    return path


def known(root: Path) -> list[str]:
    """Return the folders directly under ``root``, by name."""
    try:
        with os.scandir(root) as entries:
            names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(name for name in names if not name.startswith(".") and _is_text(name))


def look(folder: Path, pattern: str) -> list[SeenFile]:
    """Return the files of a folder whose names fit, oldest first; unfinished ones are left out.

    :raises FolderMissingError: when the folder cannot be read.
    """
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not _is_wanted(entry, pattern):
                    continue
                status = entry.stat(follow_symlinks=False)
                found.append(
                    SeenFile(Path(entry.path), entry.name, status.st_size, status.st_mtime_ns)
                )
    except OSError as error:
        raise FolderMissingError(str(folder)) from error
    return sorted(found, key=lambda file: (file.changed_ns, file.name))


def _is_wanted(entry: "os.DirEntry[str]", pattern: str) -> bool:
    name = entry.name
    return (
        fnmatchcase(name.lower(), pattern.lower())
        and not _UNFINISHED.search(name)
        and _is_text(name)
        and len(name) <= _LONGEST_NAME
        and entry.is_file(follow_symlinks=False)
    )


def _is_text(name: str) -> bool:
    """Say whether a name is Unicode, as a database wants it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_unchanged(file: SeenFile) -> bool:
    """Say whether the file is still the one that was looked at."""
    try:
        status = file.path.stat(follow_symlinks=False)
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (file.size, file.changed_ns)


def move(file: SeenFile, subfolder: str) -> None:
    """Move a file into a subfolder of its folder; a name that is taken there gets a number.

    :raises OSError: when that is not possible.
    """
    target_folder = file.path.parent / subfolder
    target_folder.mkdir(exist_ok=True)
    target = target_folder / file.name
    number = 1
    while target.exists():
        number += 1
        target = target_folder / f"{file.path.stem}-{number}{file.path.suffix}"
    file.path.rename(target)


def names(files: Sequence[SeenFile]) -> list[str]:
    """Return the names of files, in their order."""
    return [file.name for file in files]
