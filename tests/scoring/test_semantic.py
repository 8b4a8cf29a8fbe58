"""Likeness by meaning: an extra, refused with a clear word where it is missing."""

import pickle
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.scoring import semantic
from jobscore.scoring.building import build_jobs
from jobscore.scoring.components import skill_match
from jobscore.scoring.frames import JobRow, Profile
from jobscore.scoring.policy import LATEST
from tests.scoring import specification

SHARE = replace(LATEST, version="x", parameters=replace(LATEST.parameters, semantic_share=50))
TITLES = st.lists(st.sampled_from(["Nurse", "看護師", "Welder", "Night nurse", ""]), max_size=5)


def encode(texts):
    """Eight numbers of a text, of length 1, and the same for nurses of two languages."""
    rows = []
    for text in texts:
        seed = zlib.crc32(text.replace("看護師", "nurse").encode())
        row = np.array([(seed >> (4 * i)) % 16 - 8 for i in range(8)], np.float64)
        rows.append(row / max(1.0, np.sqrt((row * row).sum())))
    return np.array(rows)


@settings(deadline=None)
@given(TITLES, TITLES)
def test_the_columns_equal_the_scalar_rules(titles, wishes):
    rows = [JobRow(id=n, title=title, company="Acme") for n, title in enumerate(titles)]
    person = Profile(user_id=1, wanted_titles=tuple(wishes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(semantic, "encoder", lambda: encode)
        jobs = build_jobs(rows, policy=SHARE)
        found = skill_match.points(person, jobs, SHARE).tolist()
    world = specification.World(rows)
    world.encode = encode
    assert found == [specification.skill_match(person, row, world, SHARE) for row in rows]


def test_titles_of_one_meaning_are_close_in_any_language(monkeypatch):
    monkeypatch.setattr(semantic, "encoder", lambda: encode)
    rows = [JobRow(id=1, title="看護師"), JobRow(id=2, title="溶接工")]
    person = Profile(user_id=1, wanted_titles=("Nurse",))
    points = skill_match.points(person, build_jobs(rows, policy=SHARE), SHARE)
    plain = skill_match.points(person, build_jobs(rows, policy=LATEST), LATEST)
    assert points[0] > 8_000
    assert plain[0] == 0


def test_without_the_extra_the_policy_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr(semantic, "PACKAGE", "no_such_package_is_installed")
    with pytest.raises(semantic.SemanticMissingError, match=r"install jobscore\[semantic\]"):
        build_jobs([JobRow(id=1, title="Nurse")], policy=SHARE)
    assert build_jobs([JobRow(id=1, title="Nurse")], policy=LATEST).semantic is None


def test_vectors_survive_pickling(monkeypatch):
    monkeypatch.setattr(semantic, "encoder", lambda: encode)
    index = semantic.build_semantic([("nurse",), ("welder",)])
    again = pickle.loads(pickle.dumps(index))
    assert again.cosines(("nurse",)).tolist() == index.cosines(("nurse",)).tolist()
