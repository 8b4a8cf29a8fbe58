"""Small random worlds of people and jobs for property tests."""

from hypothesis import strategies as st

from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import (
    Ask,
    JobRow,
    Level,
    Point,
    Profile,
    Remote,
    RemoteWish,
    SkillLink,
    Statement,
)
from jobscore.scoring.policy import Parameters, Policy
from tests.scoring.specification import World

WORDS = [
    "ソフトウェアエンジニア",
    "看護師",
    "配送",
    "Night nurse",
    "Senior",
    "Python developer",
    "C++",
    "ホールスタッフ 急募",
    "café",
    "cafe manager",
    "!!!",
    "",
]
EMPLOYERS = ["甲社", "乙社", "Acme", "Nurse Acme Inc", ""]
TITLES = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
PLACES = st.sampled_from(["JP-13104", "JP-13113", "JP-27100", None])
REGIONS = st.sampled_from(["JP-13", "JP-27", "US-CA", None])
LATITUDES = st.one_of(st.none(), st.sampled_from([35.69, 35.7, 34.69, -33.9, 90.0]))
LONGITUDES = st.one_of(st.none(), st.sampled_from([139.7, 139.71, 135.5, 151.2, -180.0]))
POINTS = st.builds(Point, LATITUDES, LONGITUDES, PLACES, REGIONS)
PERIODS = st.sampled_from(["hour", "day", "week", "month", "year", None])
CURRENCIES = st.sampled_from(["JPY", "USD", None])
MONEY = st.one_of(st.none(), st.integers(0, 3_000), st.sampled_from([250_000, 10**12]))
FEATURES = [f"f{i}" for i in range(6)]
CONDITIONS = [
    "adults_only",
    "nights_required",
    "weekends_required",
    "overtime_required",
    "work_permit_required",
    "licence:drivers-licence",
    "licence:large-vehicle-licence",
    "licence:licensed-practical-nurse",
    "licence:registered-nurse",
    "licence:lawyer",
]
ANSWERS = st.dictionaries(st.sampled_from([*CONDITIONS, "unheard"]), st.booleans(), max_size=8)
SKILLS = st.integers(1, 8)
EMPLOYMENT = st.sampled_from(["FULL_TIME", "PART_TIME", None])
YEARS = st.one_of(st.none(), st.integers(0, 20))

TEXTS = st.sampled_from(["", " ", "看護師を募集", "Night shifts for a python developer. " * 9])
BODIES = st.sampled_from(["", "看護師を募集", "Night shifts for a python developer. " * 9])
PARAMETERS = st.builds(
    Parameters,
    text_share=st.sampled_from([0, 75, 100]),
    popularity_share=st.sampled_from([0, 20]),
    popularity_wishes=st.sampled_from([0, 2, 9]),
    cv_share=st.sampled_from([0, 50, 100]),
    title_formula=st.sampled_from([1, 2]),
    seen_title_percent=st.sampled_from([0, 10, 100]),
    seen_alone_percent=st.sampled_from([25, 100]),
    employer_share=st.sampled_from([0, 50, 100]),
    seen_place_percent=st.sampled_from([90, 100]),
    seen_places_averaged=st.sampled_from([0, 1]),
)


@st.composite
def rows(draw, job_id):
    """One job, with anything missing."""
    low, high = draw(MONEY), draw(MONEY)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return JobRow(
        id=job_id,
        title=draw(TITLES),
        text=draw(TEXTS),
        body=draw(BODIES),
        viewers=draw(st.sampled_from([0, 4, 5, 40])),
        company=draw(st.sampled_from(EMPLOYERS)),
        posted=draw(st.integers(738_000, 738_003)),
        expires=draw(st.sampled_from([None, 738_000, 738_010])),
        point=draw(POINTS),
        remote=draw(st.sampled_from(Remote)),
        pay_min=low,
        pay_max=high,
        pay_period=draw(PERIODS),
        pay_currency=draw(CURRENCIES),
        years_min=draw(YEARS),
        years_max=draw(YEARS),
        level=draw(st.one_of(st.none(), st.sampled_from(Level))),
        no_experience_ok=draw(st.booleans()),
        employment_type=draw(EMPLOYMENT),
        industry=draw(st.sampled_from(["it", "care", None])),
        duplicate_group=draw(st.one_of(st.none(), st.integers(1, 3))),
    )


@st.composite
def profiles(draw, user_id=1):
    """One person, with anything missing."""
    seen = tuple(draw(st.lists(TITLES, max_size=2)))
    return Profile(
        user_id=user_id,
        homes=tuple(draw(st.lists(POINTS, max_size=2))),
        half_distance_km=draw(st.sampled_from([None, 1, 20, 100])),
        remote=draw(st.sampled_from(RemoteWish)),
        move_to=frozenset(draw(st.lists(REGIONS.filter(bool), max_size=2))),
        pay_wish=draw(MONEY),
        pay_period=draw(PERIODS),
        pay_currency=draw(CURRENCIES),
        years=draw(YEARS),
        level=draw(st.one_of(st.none(), st.sampled_from(Level))),
        employment_types=frozenset(draw(st.lists(EMPLOYMENT.filter(bool), max_size=1))),
        features=frozenset(draw(st.lists(st.sampled_from([*FEATURES, "unheard"]), max_size=4))),
        wanted_titles=tuple(draw(st.lists(TITLES, max_size=2))),
        held_titles=tuple(draw(st.lists(TITLES, max_size=2))),
        text=draw(st.sampled_from(["", " ", "I was a night nurse. 看護師として働く。Nurse!"])),
        skills=draw(st.dictionaries(SKILLS, st.integers(1, 5), max_size=4)),
        weights=draw(st.sampled_from([None, None, (60, 5, 35, 0, 0), (20, 20, 20, 20, 20)])),
        seen_titles=seen,
        seen_employers=tuple(draw(st.sampled_from(EMPLOYERS)) for _ in seen),
        seen_places=tuple(draw(st.lists(POINTS, max_size=3))),
    )


@st.composite
def worlds(draw, most=12):
    """Jobs with what they ask and state: (rows, World of the specification, JobFrame)."""
    ids = draw(st.lists(st.integers(1, 99), min_size=1, max_size=most, unique=True))
    jobs = [draw(rows(job_id)) for job_id in ids]
    job = st.sampled_from(ids)
    asks = draw(
        st.lists(st.builds(Ask, job, SKILLS, st.booleans(), st.integers(1, 100)), max_size=20)
    )
    said = draw(
        st.lists(st.builds(Statement, job, st.sampled_from(FEATURES), st.booleans()), max_size=20)
    )
    said += draw(
        st.lists(
            st.builds(Statement, job, st.sampled_from(CONDITIONS), st.integers(0, 4).map(bool)),
            max_size=2 * len(ids),
        )
    )
    links = draw(st.lists(st.builds(SkillLink, SKILLS, SKILLS, st.booleans()), max_size=5))
    links = [link for link in links if link.narrower != link.broader]
    policy = Policy(
        coverage_floor=draw(st.sampled_from([0, 35, 70])),
        minimum_total=draw(st.sampled_from([0, 25, 60])),
        neutral=draw(st.sampled_from([0, 4_000, 10_000])),
        parameters=draw(PARAMETERS),
    )
    frame = build_jobs(jobs, asks=asks, statements=said, links=links, policy=policy)
    return jobs, World(jobs, asks, said, links), frame, policy
