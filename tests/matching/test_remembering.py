"""A score that was shown and changes is kept, with what changed since; all others are not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from jobscore import clock
from jobscore.accounts.models import Profile, UserSession
from jobscore.database.transaction import transaction
from jobscore.jobs.models import Job
from jobscore.matching import writing
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import CollectionStatistics, JobScore, ScoreHistory
from tests import factories

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
LATER = NOON + timedelta(hours=2)
PARTS = (8_000, -1, 5_000, 0, 10_000)


def picked(user, job, total, weights=None):
    """Return one person for whom one job was chosen, with a total in 0..1,000,000."""
    one = Chosen(job, "picks", False, 1, total, PARTS, total, 90, "{}", 80)
    return PersonMatches(user, weights, (one,))


def write(session, people, at=NOON, version="1.2"):
    with clock.set_to(at), transaction():
        return writing.write_block(session, people, version=version, today=DAY, run_id=None)


@pytest.fixture
def pair(session):
    """A person and a job with a score of 71 that was written at noon and viewed."""
    with clock.set_to(NOON - timedelta(days=1)), transaction():
        user, job = factories.user(session).id, factories.job(session).id
    write(session, [picked(user, job, 714_999)])
    see(session, user)
    return user, job


def see(session, user):
    with transaction():
        session.execute(
            update(MatchingResult).where(MatchingResult.user_id == user).values(viewed_at=NOON)
        )


def history(session):
    session.expire_all()
    return list(session.scalars(select(ScoreHistory).order_by(ScoreHistory.id)))


def test_a_shown_score_that_changes_is_kept_as_it_was(session, pair):
    user, job = pair
    written = write(session, [picked(user, job, 715_000)], at=LATER)
    [kept] = history(session)
    assert written.remembered == 1
    assert (kept.user_id, kept.job_id, kept.scoring_algorithm_version) == (user, job, "1.2")
    assert kept.total_score == pytest.approx(71.4999)
    assert (kept.scored_at, kept.created_at) == (NOON, LATER)
    assert kept.components == {
        "skill_match": 80.0,
        "location": None,
        "salary": 50.0,
        "experience": 0.0,
        "culture_fit": 100.0,
    }
    assert session.scalar(select(JobScore.total_score)) == 71.5


def test_what_rounds_to_the_same_number_is_not_kept(session, pair):
    assert write(session, [picked(*pair, 705_000)], at=LATER).remembered == 0
    assert write(session, [picked(*pair, 714_999)], at=LATER).remembered == 0
    assert history(session) == []


def test_what_nobody_was_shown_is_not_kept(session, pair):
    user, job = pair
    with transaction():
        session.execute(update(MatchingResult).values(viewed_at=None))
    write(session, [picked(user, job, 300_000)], at=LATER)
    assert history(session) == []


@pytest.mark.parametrize(("seen", "kept"), [(NOON + timedelta(minutes=1), 1), (None, 0)])
def test_who_used_the_site_since_saw_the_number_in_the_list(session, pair, seen, kept):
    user, job = pair
    with transaction():
        session.execute(update(MatchingResult).values(viewed_at=None))
        session.add(
            UserSession(
                user_id=user,
                token_hash="x",
                last_seen_at=seen or NOON - timedelta(hours=5),
                expires_at=LATER + timedelta(days=1),
            )
        )
    write(session, [picked(user, job, 300_000)], at=LATER)
    assert len(history(session)) == kept


def test_others_scores_stay_out_of_a_persons_history(session, pair):
    with transaction():
        other = factories.user(session).id
    write(session, [picked(other, pair[1], 100_000)])
    write(session, [picked(other, pair[1], 900_000)], at=LATER)
    assert history(session) == []


def causes(session):
    return history(session)[-1].causes.split()


def test_it_says_that_the_posting_and_the_answers_have_changed(session, pair):
    user, job = pair
    with clock.set_to(NOON + timedelta(hours=1)), transaction():
        session.get(Job, job).title = "Another title"
    write(session, [picked(user, job, 200_000)], at=LATER)
    assert causes(session) == ["job"]
    with clock.set_to(LATER + timedelta(hours=1)), transaction():
        session.get(Profile, user).level = "senior"
    write(session, [picked(user, job, 300_000)], at=LATER + timedelta(hours=2))
    assert causes(session) == ["profile"]


def test_it_says_that_policy_or_own_weights_have_changed(session, pair):
    user, job = pair
    write(session, [picked(user, job, 200_000)], at=LATER, version="1.3")
    assert causes(session) == ["policy"]
    weights = (40, 20, 20, 10, 10)
    write(session, [picked(user, job, 400_000, weights)], at=LATER, version="1.3")
    assert causes(session) == ["weights"]
    write(session, [picked(user, job, 400_000)], at=LATER, version="1.2")
    write(session, [replace(picked(user, job, 500_000), weights=None)], at=LATER, version="1.2")
    assert causes(session) == []


@pytest.mark.parametrize("no_profiling", [False, True])
def test_it_says_that_the_person_looked_at_jobs_unless_that_does_not_count(
    session, pair, no_profiling
):
    user, job = pair
    with clock.set_to(NOON - timedelta(hours=1)), transaction():
        session.get(Profile, user).no_profiling = no_profiling
        session.execute(update(MatchingResult).values(saved_at=NOON + timedelta(minutes=5)))
    write(session, [picked(user, job, 200_000)], at=LATER)
    assert causes(session) == ([] if no_profiling else ["looked"])


def test_it_says_that_rarity_was_counted_anew(session, pair):
    user, job = pair
    with clock.set_to(NOON + timedelta(hours=1)), transaction():
        session.add(CollectionStatistics(digest="d", jobs=1, last_job_id=job, content=b""))
    write(session, [picked(user, job, 200_000)], at=LATER)
    assert causes(session) == ["rarity"]


def test_the_history_goes_with_the_person(session, pair):
    user, job = pair
    write(session, [picked(user, job, 200_000)], at=LATER)
    with transaction():
        session.execute(delete(Profile).where(Profile.user_id == user))
        session.execute(delete(factories.User).where(factories.User.id == user))
    assert history(session) == []
