"""The columns of all open jobs, as new as the database: built once a machine, then renewed.

What one process has built, the others map into memory. When jobs come, change or close, only
those are read; the columns of the others stay as they are (`jobscore.scoring.merging`).
"""

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from threading import Lock
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import numpy as np
import structlog
from sqlalchemy import Engine, Integer, func, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from jobscore import __version__, clock, config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.scoring import counting, snapshots
from jobscore.scoring.counting import Held
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.loading import load_jobs, version_of
from jobscore.scoring.merging import merge
from jobscore.scoring.policy import Policy
from jobscore.vocabulary.models import Place, Skill

log = structlog.get_logger(__name__)

#: Frames that a process keeps: those of the live policy and of an older one that is explained.
FRAMES_KEPT = 2
#: Columns of fewer jobs are read from the database as fast.
WORTH_KEEPING = 500


class _Key(NamedTuple):
    """What columns depend on."""

    world: str
    """All but the jobs: vocabulary, time zone, release, parameters, statistics."""
    jobs: str


_frames: "WeakKeyDictionary[Engine, OrderedDict[_Key, JobFrame]]" = WeakKeyDictionary()
_frames_lock = Lock()


def _session() -> Session:
    return cast(Session, db.session())


def job_frame(policy: Policy) -> JobFrame:
    """Return the columns of all open jobs, renewed only when jobs or policy have changed.

    The stamp that tells changes costs two aggregate queries.
    """
    held = counting.held(policy)
    key = _key(policy, held)
    with _frames_lock:
        kept = _frames.setdefault(db.engine, OrderedDict())
        if (frame := kept.get(key)) is None:
            frame = _snapshot(key, policy, held)
            _keep(kept, key, frame)
        kept.move_to_end(key)
        return frame


def count_anew(policy: Policy) -> tuple[JobFrame, Held]:
    """Count rarity among all open jobs, hold it for everybody, return the columns with it. Commits.

    Of two runs that count at the same time each goes on by what it counted itself.
    """
    frame = load_jobs(policy)
    with transaction():
        held = counting.hold(frame, policy)
    key = _key(policy, held)
    with _frames_lock:
        _keep(_frames.setdefault(db.engine, OrderedDict()), key, frame)
        if not _reads_more_than_jobs(policy):
            _leave(frame, _folder(key))
    return frame, held


def _keep(kept: OrderedDict[_Key, JobFrame], key: _Key, frame: JobFrame) -> None:
    kept[key] = frame
    while len(kept) > FRAMES_KEPT:
        kept.popitem(last=False)


def _key(policy: Policy, held: Held | None) -> _Key:
    p = policy.parameters
    world = (
        db.engine.url.render_as_string(hide_password=True),
        snapshots.FORMAT,
        *_vocabulary_stamp(),
        config.current().timezone,
        __version__,
        p,
        clock.now().date() if p.popularity_share else None,
        held and held.id,
    )
    return _Key(_digest(world), _digest(_job_stamp()))


def _digest(value: tuple[Any, ...]) -> str:
    return sha256(repr(value).encode()).hexdigest()[:16]


def _reads_more_than_jobs(policy: Policy) -> bool:
    p = policy.parameters
    return bool(p.semantic_share or p.popularity_share)


def _snapshot(key: _Key, policy: Policy, held: Held | None) -> JobFrame:
    """Return the columns from the machine's snapshot; else renew or build them, and leave one."""
    statistics = held.statistics if held else None
    if _reads_more_than_jobs(policy):  # kept in this process only
        return load_jobs(policy, statistics)
    folder = _folder(key)
    if (found := _mapped(folder)) is not None:
        return found
    frame = _renewed(key, policy, held) if held else None
    if frame is None:
        frame = load_jobs(policy, statistics)
    _leave(frame, folder)
    return frame


def _folder(key: _Key) -> Path:
    return config.current().instance / "columns" / "-".join(key)


def _mapped(folder: Path) -> JobFrame | None:
    try:
        return snapshots.load(folder)
    except snapshots.SnapshotUnreadableError as error:
        log.warning("snapshot built anew", reason=str(error))
        rmtree(folder, ignore_errors=True)
        return None


def _leave(frame: JobFrame, folder: Path) -> None:
    """Leave the columns for other processes."""
    if len(frame) >= WORTH_KEEPING:
        try:
            snapshots.save(frame, folder)
            snapshots.prune(folder.parent, keep=[folder])
        except OSError as error:  # a full disk must not stop a run
            log.warning("snapshot not kept", reason=str(error))


def _renewed(key: _Key, policy: Policy, held: Held) -> JobFrame | None:
    """Return older columns with the jobs that changed since; None where there are no older ones.

    So are they where so much has changed that building all anew costs no more.
    """
    for older in _older(key):
        rows = _session().connection().execute(select(Job.id, Job.updated_at).where(Job.is_active))
        versions = {row[0]: version_of(row[1]) for row in rows}
        known = zip(older.ids.tolist(), older.versions.tolist(), strict=True)
        stayed = np.array([versions.get(job) == version for job, version in known], np.bool_)
        keep = np.flatnonzero(stayed)
        fresh = versions.keys() - set(older.ids[keep].tolist())
        if len(fresh) * 2 > len(versions):
            return None
        return merge(older, keep, load_jobs(policy, held.statistics, fresh))
    return None


def _older(key: _Key) -> Iterator[JobFrame]:
    """Yield columns of an earlier state of the jobs, all else being equal, the newest first."""
    kept = _frames.setdefault(db.engine, OrderedDict())
    yield from (kept[one] for one in reversed(kept) if one.world == key.world)
    parent = _folder(key).parent
    found = parent.glob(f"{key.world}-*") if parent.is_dir() else ()
    for folder in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True):
        if (frame := _mapped(folder)) is not None:
            yield frame


def _job_stamp() -> tuple[Any, ...]:
    """Return what changes whenever an open job does."""
    jobs = _session().execute(
        select(func.count(), func.max(Job.updated_at), func.max(Job.id)).where(Job.is_active)
    )
    return tuple(map(str, jobs.one()))


def _vocabulary_stamp() -> tuple[Any, ...]:
    """Return what changes whenever the vocabulary's relations or places do."""
    thousandths = [func.sum(cast_to(c * 1_000, Integer)) for c in (Place.latitude, Place.longitude)]
    found = (
        select(func.count(Skill.id)),
        select(func.sum(Skill.id * Skill.parent_id)),
        select(func.count(Place.id)),
        *map(select, thousandths),
    )
    vocabulary = _session().execute(select(*(one.scalar_subquery() for one in found)))
    return tuple(map(str, vocabulary.one()))
