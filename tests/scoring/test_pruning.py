"""Leaving jobs out unscored changes nothing: pruned or not, the same lists."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.matching import blocks, selection
from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import Ask, JobRow, Level, Point, Profile, Remote, Statement
from jobscore.scoring.policy import LATEST, Policy
from tests.scoring.worlds import profiles, worlds

TODAY = 738_005
NEVER = 10**9
COLUMNS = ("positions", "rank_points", "totals", "judged", "components")


@pytest.fixture(autouse=True, scope="module")
def few_seeds() -> Iterator[None]:
    """So few seeds that pruning has something to leave out in small worlds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SEEDS", 2)
        yield


def assert_alike(profile, jobs, policy, gates, k=3, section_k=2):
    sections = selection.sections_on(TODAY, policy)
    pruned, whole = (
        engine.rank_one(
            profile, jobs, policy, gates, k=k, sections=sections, section_k=section_k, few=few
        )
        for few in (0, NEVER)
    )
    for column in COLUMNS:
        assert np.array_equal(getattr(pruned, column), getattr(whole, column)), column
    for name, found in whole.sections.items():
        assert pruned.sections[name].tolist() == found.tolist(), name
    return whole


@settings(max_examples=100, deadline=None)
@given(profiles(), worlds(most=25), st.integers(1, 6), st.integers(1, 4), st.data())
def test_pruned_lists_equal_lists_of_everything(profile, world, k, section_k, data):
    rows, _, jobs, policy = world
    ids = st.frozensets(st.sampled_from([row.id for row in rows]), max_size=3)
    gates = Gates(today=TODAY, jobs={"hidden": data.draw(ids)}, companies=frozenset({"甲社"}))
    assert_alike(profile, jobs, policy, gates, k, section_k)


KINDS = ("", "夜勤専従", "リーダー候補の", "未経験から始める", "週末だけの")
WORK = (
    "介護スタッフ",
    "看護師",
    "調理補助",
    "営業事務",
    "ルート配送ドライバー",
    "塾講師",
    "警備員",
)
HOME = Point(35.69, 139.7, "JP-13104", "JP-13")


def town(n: int, **same):
    """Jobs of many kinds at many places; `same` makes all of them equal in something."""
    rng = np.random.default_rng(7)
    titles = [f"{kind}{work}" for kind in KINDS for work in WORK]
    rows = []
    for i in range(1, n + 1):
        far = float(rng.exponential(0.6))
        given = {
            "title": titles[int(rng.integers(len(titles)))],
            "text": titles[int(rng.integers(len(titles)))] + "のお仕事です。",
            "company": f"会社{i % 97}",
            "posted": TODAY - int(rng.integers(0, 40)),
            "expires": None if i % 3 else TODAY + int(rng.integers(-3, 20)),
            "point": Point(35.69 + far, 139.7, f"P{int(far * 20)}", f"R{int(far * 3)}"),
            "remote": Remote(int(rng.integers(-1, 3))),
            "pay_min": int(rng.integers(1_000, 2_500)) if i % 5 else None,
            "pay_period": "hour",
            "pay_currency": "JPY",
            "years_min": float(rng.integers(0, 6)) if i % 2 else None,
            "employment_type": ("FULL_TIME", "PART_TIME", None)[i % 3],
            "industry": "care",
        }
        rows.append(JobRow(id=i, **(given | same)))
    asks = [Ask(i, int(s)) for i in range(1, n + 1) for s in rng.integers(1, 30, int(i % 6))]
    said = [Statement(i, f"f{int(rng.integers(5))}", bool(i % 4)) for i in range(1, n + 1)]
    return build_jobs(rows, asks=asks, statements=said, policy=LATEST)


SEEKER = Profile(
    user_id=1,
    homes=(HOME,),
    wanted_titles=("介護スタッフ", "看護師"),
    skills={3: 4, 7: 2, 11: 5},
    pay_wish=1_500,
    pay_period="hour",
    pay_currency="JPY",
    years=2.0,
    level=Level.JUNIOR,
    features=frozenset({"f0", "f2"}),
)
NASTY = {
    "as they come": {},
    "all equal": {
        "title": "看護師", "text": "", "point": HOME, "remote": Remote.NO, "pay_min": 1_200,
        "years_min": None, "posted": TODAY, "company": "一社",
    },
    "all remote": {"remote": Remote.FULLY, "pay_min": 9_999},
    "no overlap": {"title": "Zebra keeper", "text": "", "point": Point(-30.0, 20.0, "X", "Y")},
    "missing everything": {
        "title": "？", "text": "", "point": Point(None, None), "remote": Remote.NOT_STATED,
        "pay_min": None, "years_min": None, "employment_type": None, "industry": None,
    },
}  # fmt: skip


@pytest.mark.parametrize("same", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("seeds", [2, 300])
def test_nasty_towns_are_pruned_without_loss(same, seeds, monkeypatch):
    monkeypatch.setattr(engine, "SEEDS", seeds)
    jobs = town(800, **same)
    for person in (
        SEEKER,
        replace(SEEKER, skills={}),
        replace(SEEKER, wanted_titles=(), employment_types=frozenset({"PART_TIME"})),
        replace(SEEKER, homes=(), pay_wish=None),
        Profile(user_id=2),
        Profile(user_id=3, homes=(HOME,)),
    ):
        assert_alike(person, jobs, LATEST, Gates(today=TODAY), k=300, section_k=40)


def test_one_job_and_one_person():
    assert_alike(SEEKER, town(1), LATEST, Gates())


def test_pruning_does_leave_jobs_out(monkeypatch):
    scored = []
    whole = engine.judge
    monkeypatch.setattr(
        engine,
        "judge",
        lambda p, jobs, *a, **k: scored.append(len(jobs)) or whole(p, jobs, *a, **k),
    )
    monkeypatch.setattr(engine, "SEEDS", 300)
    jobs = town(5_000)
    engine.rank_one(SEEKER, jobs, LATEST, k=100, few=0)
    assert max(scored) < len(jobs) / 2


def test_a_block_chooses_the_same_pruned_or_not(monkeypatch):
    jobs = town(1_500)
    people = [replace(SEEKER, user_id=n, skills={n: 3}) for n in range(1, 6)]
    found = []
    for few in (0, NEVER):
        monkeypatch.setattr(engine, "FEW", few)
        found.append(blocks.match_block(people, {}, jobs, LATEST, TODAY))
    assert found[0] == found[1]
    assert all(len(person.chosen) == selection.USUAL.slots for person in found[0])


def test_an_older_policy_is_pruned_as_exactly():
    assert_alike(SEEKER, town(1_500), Policy(), Gates(today=TODAY), k=100, section_k=20)
