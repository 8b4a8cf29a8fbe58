"""What is removed: only what nobody has seen, no match shows and no letter refers to."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.digests import retention
from jobscore.digests.models import Digest, DigestItem
from jobscore.matching import service
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunKind, RunStatus
from jobscore.scoring.models import JobScore
from tests import factories

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LONG_AGO = TODAY - timedelta(days=200)
THEN = NOW - timedelta(days=200)


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(NOW):
        yield


@pytest.fixture
def person(session):
    with transaction():
        return factories.user(session).id


def score(session, person, job, **values):
    defaults = {"total_score": 50.0, "scoring_algorithm_version": "1.0", "scored_at": THEN}
    row = JobScore(user_id=person, job_id=job, **defaults | values)
    session.add(row)
    session.flush()
    return row.id


def match(session, person, **values):
    """Add a match that expired long ago and that nobody ever saw, but for what is given."""
    job = factories.job(session).id
    defaults = {
        "match_status": MatchStatus.EXPIRED,
        "match_on": LONG_AGO,
        "matched_at": THEN,
        "section": "picks",
        "position": 1,
        "job_score_id": score(session, person, job, scored_at=values.get("matched_at", THEN)),
    }
    row = MatchingResult(user_id=person, job_id=job, **defaults | values)
    session.add(row)
    session.flush()
    return row.id


def ids(session, model):
    return set(session.scalars(select(model.id)))


KEPT = [
    {"match_status": MatchStatus.SENT, "sent_at": THEN},
    {"sent_at": THEN},
    {"viewed_at": THEN, "is_viewed": True},
    {"saved_at": THEN},
    {"match_status": MatchStatus.SAVED},
    {"applied_at": THEN, "is_applied": True},
    {"match_status": MatchStatus.DISMISSED},
    {"match_status": MatchStatus.PENDING},
    {"match_on": TODAY - timedelta(days=90)},
]


def test_only_what_nobody_has_seen_goes_and_its_score_with_it(session, person):
    with transaction():
        kept = {match(session, person, **values) for values in KEPT}
        match(session, person)
        match(session, person, match_on=TODAY - timedelta(days=91))
    would = retention.prune(is_dry=True)
    assert (would.matches, would.scores, would.runs) == (2, 0, 0)
    assert len(ids(session, MatchingResult)) == len(kept) + 2
    done = retention.prune()
    assert (done.matches, done.scores, done.runs) == (2, 2, 0)
    assert ids(session, MatchingResult) == kept
    shown = set(session.scalars(select(MatchingResult.job_score_id)))
    assert ids(session, JobScore) == shown
    assert retention.prune() == retention.Pruned()


def test_what_stands_in_a_letter_stays_even_when_the_match_was_never_marked(session, person):
    with transaction():
        kept = match(session, person)
        match(session, person)
        row = session.get(MatchingResult, kept)
        letter = Digest(user_id=person, digest_on=LONG_AGO, policy_version="1.0")
        letter.items = [
            DigestItem(
                user_id=person,
                job_id=row.job_id,
                section="picks",
                position=1,
                title="A",
                company_name="B",
                total_score=50.0,
                components={},
                weights={},
            )
        ]
        session.add(letter)
    assert retention.prune().matches == 1
    assert ids(session, MatchingResult) == {kept}
    assert len(ids(session, DigestItem)) == 1


def test_scores_of_earlier_policies_go_unless_a_match_shows_them(session, person):
    with transaction():
        sent = match(session, person, match_status=MatchStatus.SENT, sent_at=THEN)
        job = session.get(MatchingResult, sent).job_id
        shown = session.get(MatchingResult, sent).job_score_id
        score(session, person, job, scoring_algorithm_version="0.9")
        recent = score(
            session,
            person,
            job,
            scoring_algorithm_version="1.1",
            scored_at=NOW - timedelta(days=3),
        )
    assert retention.prune().scores == 1
    assert ids(session, JobScore) == {shown, recent}


def test_old_runs_go_but_for_the_last_good_one_and_those_of_a_match(session, person):
    ago = TODAY - timedelta(days=400)

    def run(**values):
        defaults = {"kind": RunKind.MATCH, "status": RunStatus.DONE, "run_on": ago}
        row = MatchRun(**defaults | values)
        session.add(row)
        session.flush()
        return row.id

    with transaction():
        gone = [run(), run(status=RunStatus.FAILED), run(kind=RunKind.SEND)]
        of_a_match = run()
        match(session, person, match_status=MatchStatus.SENT, sent_at=THEN, run_id=of_a_match)
        kept = {
            of_a_match,
            run(kind=RunKind.SEND),
            run(status=RunStatus.RUNNING),
            run(status=RunStatus.QUEUED),
            run(run_on=TODAY - timedelta(days=365), status=RunStatus.FAILED),
            run(),
        }
        kept.add(run(status=RunStatus.FAILED, run_on=TODAY))
    assert retention.prune().runs == len(gone)
    assert ids(session, MatchRun) == kept
    assert service.last_matched(person) is not None


def test_many_rows_go_in_several_transactions(session, person, monkeypatch):
    monkeypatch.setattr(retention, "STEP", 3)
    with transaction():
        for _ in range(8):
            match(session, person)
    assert retention.prune() == retention.Pruned(matches=8, scores=8)


@pytest.mark.parametrize("days", [{"keep_days": 0}, {"keep_run_days": 0}])
def test_today_cannot_be_pruned(session, days):
    with pytest.raises(ValueError, match="at least one day"):
        retention.prune(**days)


def test_the_command_counts_first_and_then_removes(app, session, person):
    with transaction():
        match(session, person)

    def command(*words):
        session.rollback()
        return app.test_cli_runner().invoke(args=["runs", "prune", *words])

    dry = command("--dry-run", "--keep-days", "100")
    assert (dry.exit_code, dry.output) == (0, "1 matches, 0 scores, 0 runs would go\n")
    assert command("--keep-days", "300").output == "0 matches, 0 scores, 0 runs removed\n"
    assert command().output == "1 matches, 1 scores, 0 runs removed\n"
    assert command("--keep-days", "0").exit_code == 2
