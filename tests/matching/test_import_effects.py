"""Whose forty an import would change: the very lists that the next run then makes, or an estimate
that says so.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import Profile, UserSkill, UserTitle
from jobscore.database.transaction import transaction
from jobscore.imports import prospects
from jobscore.imports.models import ImportCheck
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.jobs.models import Job
from jobscore.matching import blocks, import_effects
from jobscore.scoring import columns, loading
from jobscore.scoring import service as scores
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories
from tests.imports.test_checking import check as run_check
from tests.imports.test_checking import checked
from tests.imports.test_running import queue, receive
from tests.imports.test_running import run as run_import

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
HEADER = "id,title,company,place,salary,employment_type,requirements,expires_on\n"


@pytest.fixture(autouse=True)
def noon(session: Session) -> Any:
    with clock.set_to(NOON):
        yield


def row(n: int, title: str, pay: int = 1200) -> str:
    rest = "アルバイト,Python 未経験OK,2026-12-31"
    return f"{n},{title},Company {n},東京都新宿区,時給{pay}円,{rest}\n"


@pytest.fixture
def town(session: Session) -> list[int]:
    """A place, a skill, forty-five jobs and three people who look for nursing or cooking."""
    with transaction():
        scores.seed_policy()
        session.add(
            Place(
                code="JP-13104",
                kind=PlaceKind.WARD,
                name_en="Shinjuku",
                name_ja="新宿区",
                region_code="JP-13",
                country="JP",
                latitude=35.69,
                longitude=139.7,
            )
        )
        skill = Skill(code="python", name_en="Python", name_ja="Python", family="it")
        session.add(skill)
        session.flush()
        ids = []
        for title in ("看護師", "調理", "看護師"):
            person = factories.user(session)
            session.add(UserTitle(user_id=person.id, title=title))
            session.add(UserSkill(user_id=person.id, skill_id=skill.id, level=3))
            ids.append(person.id)
    titles = [("看護師" if n % 2 else "調理スタッフ") for n in range(45)]
    run_import(queue(HEADER + "".join(row(n, title) for n, title in enumerate(titles))))
    return ids


#: Changes one job, adds three, leaves one as it is, closes one by its last day.
SECOND = (
    HEADER
    + row(1, "看護師", 3000)
    + row(2, "調理スタッフ")
    + row(101, "看護師", 2500)
    + row(102, "調理スタッフ", 2600)
    + row(103, "事務")
    + row(3, "看護師").replace("2026-12-31", "2026-01-31")
)


def checked_second(session: Session, mode: Mode = Mode.ADD_UPDATE) -> ImportCheck:
    check_id = checked(receive(SECOND), mode)
    run_check(check_id)
    session.expire_all()
    return session.get_one(ImportCheck, check_id)


def lists(session: Session, frame: Any, people: list[int]) -> list[Any]:
    policy = scores.active_policy()
    profiles = loading.load_profiles(people, policy)
    day = scores.today().toordinal()
    return [
        [(one.job_id, one.total, one.reason) for one in person.chosen]
        for person in blocks.match_block(profiles, {}, frame, policy, day)
    ]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("mode", list(Mode))
def test_the_columns_after_an_import_are_foretold_to_the_last_point(
    session: Session, town: list[int], mode: Mode
) -> None:
    check = checked_second(session, mode)
    policy = scores.active_policy()
    prospect = prospects.prospect(session, check)
    open_now, _ = columns.count_anew(policy)
    foretold = lists(session, import_effects.frame_after(prospect, open_now, policy), town)
    before = lists(session, open_now, town)
    run_import(queue(SECOND.replace("\n", "\r\n")))  # the same rows
    with transaction():
        for job in session.scalars(select(Job).where(Job.id.in_(prospect.closed))):
            job.is_active = False  # as the end of a full feed does
    after = lists(session, columns.job_frame(policy), town)
    assert foretold == after
    assert foretold != before


def test_what_is_said_of_people_is_what_their_lists_show(session: Session, town: list[int]) -> None:
    check = checked_second(session)
    assert import_effects_of(check.id)
    session.expire_all()
    effect: Any = session.get_one(ImportCheck, check.id).effect
    assert effect["state"] == "exact"
    assert (effect["people"], effect["asked"]) == (3, 3)
    assert effect["changed"] == 3
    assert effect["most"][0][1] >= 1


def import_effects_of(check_id: int) -> bool:
    claimed = prospects.claim_effect("worker")
    assert claimed == check_id
    import_effects.run(check_id, "worker")
    return True


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_sample_of_many_people_is_called_an_estimate(
    session: Session, town: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_effects, "MOST_PEOPLE", 2)
    check = checked_second(session)
    import_effects_of(check.id)
    session.expire_all()
    effect: Any = session.get_one(ImportCheck, check.id).effect
    assert (effect["state"], effect["people"], effect["asked"]) == ("estimate", 3, 2)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_without_people_it_is_said_that_there_is_no_list(session: Session) -> None:
    check = checked_second(session)
    assert session.scalar(select(Profile.user_id)) is None
    import_effects_of(check.id)
    session.expire_all()
    effect: Any = session.get_one(ImportCheck, check.id).effect
    assert effect == {"state": "not_computed", "reason": "no_people"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_worker_that_lost_the_effect_stores_nothing(session: Session, town: list[int]) -> None:
    check = checked_second(session)
    assert prospects.claim_effect("slow") == check.id
    with clock.set_to(NOON.replace(hour=4)):
        assert prospects.claim_effect("quick") == check.id
        import_effects.run(check.id, "slow")
    session.expire_all()
    effect: Any = session.get_one(ImportCheck, check.id).effect
    assert effect["state"] == "waiting"


def test_an_effect_that_never_ends_is_given_up_after_three_tries(
    session: Session, town: list[int]
) -> None:
    check = checked_second(session)
    for n in range(3):
        with clock.set_to(NOON.replace(hour=4 + n)):
            assert prospects.claim_effect(f"killed {n}") == check.id
            assert prospects.claim_effect("another") is None
    with clock.set_to(NOON.replace(hour=9)):
        assert prospects.claim_effect("last") is None
    session.expire_all()
    effect: Any = session.get_one(ImportCheck, check.id).effect
    assert effect == {"state": "not_computed", "reason": "failed"}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_that_would_write_too_much_is_not_held_against_lists(
    session: Session, town: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobscore.imports.checking.MOST_FOR_EFFECT", 3)
    check = checked_second(session)
    assert check.effect == {"state": "not_computed", "reason": "too_many", "most": 3}
    assert prospects.claim_effect("worker") is None
