"""How often letters come: as chosen, and less often while nobody comes by."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import sessions, visits
from jobscore.accounts.models import DigestFrequency, LetterPace, User
from jobscore.digests import pace, service
from jobscore.digests.due import note_written
from jobscore.digests.pace import Pace
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog
from tests.digests.conftest import DAY, MORNING

Make = Callable[..., Any]
ON = (DigestFrequency.DAILY, DigestFrequency.WEEKLY)
counts = st.integers(0, 500)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(st.sampled_from(ON), counts)
def test_letters_never_come_more_often_for_staying_away(
    chosen: DigestFrequency, unvisited: int
) -> None:
    now, later = (pace.pace_of(chosen, n) for n in (unvisited, unvisited + 1))
    assert now is not None
    assert later is not None
    assert pace.DAYS[now] <= pace.DAYS[later]


@given(st.sampled_from(ON), counts)
def test_the_next_step_is_told_truly(chosen: DigestFrequency, unvisited: int) -> None:
    ahead = pace.until_next_step(chosen, unvisited)
    if ahead is None:
        assert pace.pace_of(chosen, unvisited) is pace.pace_of(chosen, 10_000)
        return
    n, following = ahead
    assert pace.pace_of(chosen, unvisited + n) is following
    assert pace.pace_of(chosen, unvisited + n - 1) is pace.pace_of(chosen, unvisited)


@given(days, st.sampled_from(Pace), st.none() | days, st.none() | days)
def test_the_next_day_is_the_first_that_nothing_forbids(
    today: date, gait: Pace, last: date | None, paused: date | None
) -> None:
    found = pace.next_day(today, gait, last, paused)
    assert found >= today
    assert last is None or found - last >= timedelta(days=pace.DAYS[gait])
    assert paused is None or found >= paused
    before = found - timedelta(days=1)
    assert (
        before < today
        or (last is not None and before - last < timedelta(days=pace.DAYS[gait]))
        or (paused is not None and before < paused)
    )


def test_letters_that_are_off_have_no_pace() -> None:
    assert pace.pace_of(DigestFrequency.OFF, 0) is None
    assert pace.until_next_step(DigestFrequency.OFF, 3) is None


@pytest.fixture
def letters_on(session: Session, make_jobs: Make, match: Make) -> Callable[[User, int], list[int]]:
    """Build many days in a row; return the days, counted from the first, that had a letter."""
    written = 0

    def build(reader: User, n: int) -> list[int]:
        nonlocal written
        found = []
        for job in make_jobs(n):
            on = DAY + timedelta(days=written)
            match(reader, [job], on=on)
            session.commit()
            if service.build_digests(on).letters:
                found.append(written)
            written += 1
        return found

    return build


def _set_count(session: Session, user: User, n: int) -> None:
    note_written([user.id])
    session.get_one(LetterPace, user.id).unvisited = n
    session.commit()


def test_a_daily_letter_becomes_weekly_then_four_weekly_and_says_so(
    session: Session, morning: Any, make_reader: Make, letters_on: Make
) -> None:
    reader = make_reader()
    _set_count(session, reader, 18)
    assert letters_on(reader, 10) == [0, 1, 8]
    bodies = [outbox.text_of(row) for row in session.query(EmailLog).order_by(EmailLog.id)]
    assert "will soon come once a week" in bodies[0]
    assert "will soon come once a week" in bodies[1]
    assert "For now it comes once a week: 20 letters" in bodies[2]
    _set_count(session, reader, 28)
    assert letters_on(reader, 28) == [36]


def test_a_visit_brings_them_back(
    session: Session, morning: Any, make_reader: Make, letters_on: Make
) -> None:
    reader = make_reader()
    _set_count(session, reader, 25)
    assert letters_on(reader, 3) == [0]
    visits.note(reader.id)
    session.commit()
    assert session.get_one(LetterPace, reader.id).unvisited == 0
    assert letters_on(reader, 2) == [3, 4]


def test_signing_in_and_any_page_seen_later_are_visits(
    app: Any, session: Session, morning: Any, make_reader: Make
) -> None:
    reader = make_reader()
    _set_count(session, reader, 9)
    with app.test_request_context():
        token = sessions.start(reader, user_agent="test", address="127.0.0.1")
    session.commit()
    assert session.get_one(LetterPace, reader.id).unvisited == 0
    _set_count(session, reader, 9)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    with clock.set_to(MORNING + timedelta(hours=3)):
        assert client.get("/jobs").status_code == 200
    session.expire_all()
    assert session.get_one(LetterPace, reader.id).unvisited == 0


def test_who_wants_them_steady_keeps_them(
    session: Session, morning: Any, make_reader: Make, letters_on: Make
) -> None:
    reader = make_reader()
    _set_count(session, reader, 200)
    visits.set_steady(reader.id, True)
    session.commit()
    assert letters_on(reader, 3) == [0, 1, 2]
    letter = session.query(EmailLog).first()
    assert letter is not None
    assert "visit" not in outbox.text_of(letter)


def test_every_letter_counts_once(
    session: Session, morning: Any, make_reader: Make, letters_on: Make
) -> None:
    reader = make_reader()
    letters_on(reader, 3)
    assert session.get_one(LetterPace, reader.id).unvisited == 3
