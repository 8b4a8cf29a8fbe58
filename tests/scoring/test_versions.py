"""Policies that have shipped compute what they did: their points are pinned."""

import zlib

import pytest

from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobRow, Level, Point, Profile, Remote
from jobscore.scoring.policy import BUILT_IN

TITLES = (
    "Night nurse",
    "看護師（夜勤）",
    "Ingeniera técnica",
    "Senior C++ developer",
    "倉庫スタッフ",
    "",
)
TEXTS = ("", "病院で看護師として働く", "We look for a nurse who likes nights.")
PLACES = (
    Point(35.69, 139.70, "JP-13104", "JP-13"),
    Point(35.45, 139.64, "JP-14103", "JP-14"),
    Point(None, None, None, "JP-13"),
    Point(None, None),
)
ROWS = [
    JobRow(
        id=n + 1,
        title=TITLES[n % 6],
        text=TEXTS[n % 3],
        company=("", "Acme", "甲社")[n // 2 % 3],
        posted=738_000 + n % 5,
        point=PLACES[n % 4],
        remote=tuple(Remote)[n % 4],
        pay_min=None if n % 3 else 1_000 + 10 * n,
        pay_period="hour",
        pay_currency="JPY",
        years_min=None if n % 2 else n % 7,
        level=None if n % 5 else Level(n % 4),
    )
    for n in range(60)
]
ASKS = [Ask(n + 1, 1 + n % 7, n % 2 == 0, 100 - n) for n in range(60)]
PINNED = {
    "1.0": [404296950, 2643572525, 3504334905],
    "1.1": [2047411060, 3051506502, 2742986587],
}
PEOPLE = [
    Profile(
        user_id=1,
        homes=PLACES[:1],
        wanted_titles=("看護師", "Nurse"),
        skills={1: 2, 3: 5},
        pay_wish=1_300,
        pay_period="hour",
        pay_currency="JPY",
        years=4,
    ),
    Profile(
        user_id=2,
        homes=PLACES[1:3],
        held_titles=("Developer",),
        seen_titles=("Night nurse", "倉庫スタッフ"),
        seen_places=PLACES[:2],
        level=Level.MID,
    ),
    Profile(user_id=3, seen_titles=("Ingeniero",), seen_places=PLACES[:3]),
]


@pytest.mark.parametrize(("version", "expected"), PINNED.items())
def test_a_shipped_policy_computes_what_it_did(version, expected):
    policy = next(policy for policy in BUILT_IN if policy.version == version)
    jobs = build_jobs(ROWS, asks=ASKS, policy=policy)
    sums = [
        zlib.crc32(engine.judge(person, jobs, policy).rank_points.astype("<i8").tobytes())
        for person in PEOPLE
    ]
    assert sums == expected
