"""Job columns on disk are the columns that were built, or are built anew."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from sqlalchemy import update

from jobscore import config
from jobscore.jobs.models import Job
from jobscore.scoring import columns, engine, loading, snapshots
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import JobRow
from jobscore.scoring.policy import LATEST
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories
from tests.scoring.test_pruning import SEEKER, town
from tests.scoring.worlds import profiles, worlds


@settings(max_examples=25, deadline=None)
@given(profiles(), worlds())
def test_a_snapshot_ranks_as_what_was_built(profile, world):
    _, _, jobs, policy = world
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "columns" / "one"
        snapshots.save(jobs, folder)
        kept = snapshots.load(folder)
        first, second = (engine.rank_one(profile, frame, policy) for frame in (jobs, kept))
        assert first.positions.tolist() == second.positions.tolist()
        assert first.components.tolist() == second.components.tolist()
        assert dict(kept.positions) == dict(jobs.positions)
        assert kept.asks.links_of == jobs.asks.links_of


def test_large_columns_are_mapped_and_cannot_be_changed(tmp_path):
    snapshots.save(town(2_000), tmp_path / "one")
    kept = snapshots.load(tmp_path / "one")
    with pytest.raises(ValueError, match="read-only"):
        kept.site[0] = 1


def test_another_user_of_the_machine_can_read_a_snapshot(tmp_path):
    snapshots.save(build_jobs([]), tmp_path / "one")
    assert (tmp_path / "one").stat().st_mode & 0o055 == 0o055


def test_there_is_none_where_none_was_written(tmp_path):
    assert snapshots.load(tmp_path / "one") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "ids.npy").unlink(),
        lambda folder: (folder / "ids.npy").write_bytes(b"nothing"),
        lambda folder: (folder / "ids.npy").write_bytes(b""),
        lambda folder: (folder / "frame.json").write_text("{"),
        lambda folder: (folder / "frame.json").write_text('{"format": 1, "frame": {"map": []}}'),
        lambda folder: (folder / "frame.json").write_text('{"format": 1, "frame": {"run": "x"}}'),
        lambda folder: (folder / "frame.json").write_text(
            json.dumps({"format": snapshots.FORMAT + 1, "frame": {}})
        ),
    ],
)
def test_a_damaged_snapshot_says_so(tmp_path, damage):
    folder = tmp_path / "one"
    snapshots.save(build_jobs([JobRow(id=1, title="看護師")]), folder)
    damage(folder)
    with pytest.raises(snapshots.SnapshotUnreadableError, match="one"):
        snapshots.load(folder)


def test_who_comes_second_leaves_what_is_there(tmp_path):
    for jobs in (build_jobs([JobRow(id=1, title="a")]), build_jobs([JobRow(id=2, title="b")])):
        snapshots.save(jobs, tmp_path / "one")
    assert snapshots.load(tmp_path / "one").ids.tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_only_the_newest_stay_and_what_was_abandoned_goes(tmp_path):
    abandoned = tmp_path / ".new-x"
    abandoned.mkdir()
    os.utime(abandoned, (1, 1))
    for number in range(6):
        snapshots.save(build_jobs([]), tmp_path / str(number))
        os.utime(tmp_path / str(number), (100 + number, 100 + number))
    reader = snapshots.load(tmp_path / "0")
    snapshots.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3", "4", "5"]
    assert len(reader) == 0


# ---- with a database -------------------------------------------------------------------------


@pytest.fixture
def jobs(session, monkeypatch):
    """Three open jobs, and frames that are worth keeping."""
    monkeypatch.setattr(columns, "WORTH_KEEPING", 1)
    found = [factories.job(session, title=title) for title in ("看護師", "Cook", "調理補助")]
    session.commit()
    return found


@pytest.fixture
def builds(monkeypatch):
    """How often the columns were read from the database."""
    counted = []
    whole = loading.load_jobs

    def load(policy, statistics=None, only=None):
        counted.append(only)
        return whole(policy, statistics, only)

    monkeypatch.setattr(columns, "load_jobs", load)
    return counted


def folders() -> Path:
    return config.current().instance / "columns"


def another_process() -> None:
    columns._frames.clear()


def test_one_process_builds_and_the_next_maps(session, jobs, builds):
    first = columns.job_frame(LATEST)
    assert columns.job_frame(LATEST) is first
    another_process()
    second = columns.job_frame(LATEST)
    assert second is not first
    assert second.ids.tolist() == first.ids.tolist()
    assert len(builds) == 1
    found = [engine.rank_one(SEEKER, frame, LATEST).rank_points for frame in (first, second)]
    assert np.array_equal(*found)


def test_a_changed_a_new_and_a_closed_job_are_seen(session, jobs, builds):
    before = columns.job_frame(LATEST)
    another_process()
    jobs[0].title = "准看護師"
    session.commit()
    assert columns.job_frame(LATEST).titles.gram_ids != before.titles.gram_ids
    factories.job(session, title="New")
    session.commit()
    assert len(columns.job_frame(LATEST)) == 4
    session.execute(update(Job).where(Job.id == jobs[1].id).values(is_active=False))
    session.commit()
    assert jobs[1].id not in columns.job_frame(LATEST).positions
    assert len(builds) == 4


def test_a_moved_skill_and_a_corrected_place_are_seen(session, jobs, builds):
    parents = [Skill(code=c, name_en=c, family="x") for c in "ab"]
    session.add_all(parents)
    session.flush()
    skill = Skill(code="c", name_en="c", family="x", parent_id=parents[0].id)
    place = Place(
        code="X-1", kind=PlaceKind.CITY, name_en="X", country="X", latitude=1.0, longitude=2.0
    )
    session.add_all([skill, place])
    session.commit()
    columns.job_frame(LATEST)
    skill.parent_id = parents[1].id
    session.commit()
    columns.job_frame(LATEST)
    assert len(builds) == 2
    place.latitude = 1.5
    session.commit()
    columns.job_frame(LATEST)
    assert len(builds) == 3


def test_a_damaged_snapshot_is_built_anew(session, jobs, builds):
    columns.job_frame(LATEST)
    (folder,) = folders().iterdir()
    (folder / "frame.json").write_text("garbage")
    another_process()
    assert len(columns.job_frame(LATEST)) == 3
    assert len(builds) == 2
    another_process()
    columns.job_frame(LATEST)
    assert len(builds) == 2


def test_a_folder_that_cannot_be_written_costs_time_only(session, jobs, builds):
    shutil.rmtree(folders(), ignore_errors=True)
    folders().parent.mkdir(parents=True, exist_ok=True)
    folders().write_text("a file is in the way")
    assert len(columns.job_frame(LATEST)) == 3
    folders().unlink()


def test_policies_that_read_alike_share_columns(session, jobs, builds):
    from dataclasses import replace

    columns.job_frame(LATEST)
    columns.job_frame(replace(LATEST, version="x", weights=(20, 20, 20, 20, 20)))
    assert len(builds) == 1
