"""A full feed closes what it no longer has: once, never blindly, and not what it could not read."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.database.transaction import transaction
from jobscore.imports import full_feed, running, service, undoing
from jobscore.imports.models import CsvImport, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources.models import ClosingReason, ClosingState, FeedClosing
from jobscore.jobs.models import Job, JobSource
from tests import factories
from tests.imports.test_running import attempt, receive, run

HEADER = "title,company,location,salary,job_id\n"


def line(number: int, title: str = "Cook") -> str:
    return f"{title},Company,Tokyo,,id-{number}\n"


def feed(*numbers: int, more: str = "", source: str = "board", mode: str = "full_feed") -> int:
    """Queue a run of a file with these postings; no two files are the same bytes."""
    feed.count = getattr(feed, "count", 0) + 1  # type: ignore[attr-defined]
    text = HEADER + "".join(map(line, numbers)) + more
    import_id = receive(text, f"feed-{feed.count}.csv")  # type: ignore[attr-defined]
    with transaction() as session:
        one = session.get_one(CsvImport, import_id)
        columns = {"title": 0, "company": 1, "location": 2, "salary": 3, "external_id": 4}
        return service.start(session, one, columns, ReadOptions(), source, mode).id


def open_ids(session: Session) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(Job.external_id).where(Job.is_active).order_by(Job.id))
    return [(row or "").removeprefix("id-") for row in rows]


def closing(session: Session, attempt_id: int) -> FeedClosing:
    session.expire_all()
    return session.get_one(FeedClosing, attempt_id)


def test_what_a_full_feed_lacks_is_closed(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(1, 10), 77)
    assert run(second) is ImportStatus.DONE
    assert open_ids(session) == [*map(str, range(1, 10)), "77"]
    gone = session.scalars(select(Job).where(~Job.is_active)).one()
    assert gone.external_id == "id-0"
    assert gone.closed_at is not None
    found = closing(session, second)
    assert (found.state, found.closed_jobs, found.open_jobs) == (ClosingState.DONE, 1, 11)


def test_add_and_update_closes_nothing(session: Session) -> None:
    run(feed(*range(10)))
    run(feed(77, mode="add_update"))
    assert len(open_ids(session)) == 11


def test_another_source_is_left_alone(session: Session) -> None:
    run(feed(*range(10), source="other"))
    run(feed(*range(20, 30)))
    run(feed(*range(21, 30), 31))
    assert open_ids(session)[:10] == [str(n) for n in range(10)]


@pytest.mark.parametrize("mode", ["full_feed", "add_update"])
def test_a_job_seen_again_opens_again(session: Session, mode: str) -> None:
    run(feed(*range(10)))
    run(feed(*range(1, 10), 77))
    again = feed(*range(10), 77, 78, mode=mode)
    run(again)
    assert "0" in open_ids(session)
    job = session.scalars(select(Job).where(Job.external_id == "id-0")).one()
    assert job.closed_at is None
    assert attempt(session, again).changed_rows == 1
    assert set(session.scalars(select(JobSource.gone_at))) == {None}


def test_more_than_a_fifth_asks_and_yes_closes(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(7), 77)
    assert run(second) is ImportStatus.ASKING
    found = closing(session, second)
    assert (found.reason, found.missing_jobs, found.open_jobs) == (ClosingReason.SHARE, 3, 11)
    assert len(open_ids(session)) == 11
    assert attempt(session, second).csv_import.status is ImportStatus.ASKING
    assert running.claim("nobody") is None
    admin = factories.user(session).id
    session.commit()
    with transaction() as s:
        full_feed.answer(s, second, is_allowed=True, decided_by=admin)
    assert run(second) is ImportStatus.DONE
    assert len(open_ids(session)) == 8
    assert closing(session, second).decided_by == admin
    with transaction() as s, pytest.raises(full_feed.NotAskedError):
        full_feed.answer(s, second, is_allowed=False)


def test_exactly_a_fifth_does_not_ask(session: Session) -> None:
    run(feed(*range(10)))
    assert run(feed(*range(2, 10))) is ImportStatus.DONE
    assert len(open_ids(session)) == 8


def test_no_ends_the_run_and_closes_nothing(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(0)
    run(second)
    with transaction() as s:
        full_feed.answer(s, second, is_allowed=False)
    assert run(second) is ImportStatus.DONE
    assert len(open_ids(session)) == 10
    assert closing(session, second).state is ClosingState.REFUSED


def test_a_yes_given_beforehand_does_not_ask(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(0)
    with transaction() as s:
        full_feed.allow_beforehand(s, second)
    assert run(second) is ImportStatus.DONE
    assert open_ids(session) == ["0"]


def test_an_answer_after_a_newer_feed_is_too_late(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(0)
    run(second)
    run(feed(*range(10), 11))
    with transaction() as s, pytest.raises(full_feed.NotAskedError):
        full_feed.answer(s, second, is_allowed=True)
    assert len(open_ids(session)) == 11


def test_rejected_rows_do_not_close_their_jobs(session: Session) -> None:
    """One without a title, one with a cell too many: both name their posting."""
    run(feed(*range(10)))
    more = line(8, title="") + "Cook,Company,Tokyo,,id-9,too many\n" + line(77)
    second = feed(*range(8), more=more)
    assert run(second) is ImportStatus.DONE_WITH_ERRORS
    assert open_ids(session) == [*map(str, range(10)), "77"]
    assert (closing(session, second).kept_rows, closing(session, second).unknown_rows) == (2, 0)


def test_a_rejected_row_that_names_nothing_asks(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(9), more="Cook,Compa\n" + line(77))
    assert run(second) is ImportStatus.ASKING
    assert closing(session, second).reason is ClosingReason.UNKNOWN_ROWS
    assert closing(session, second).unknown_rows == 1


def test_a_rejected_row_with_a_new_id_does_not_ask(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(9), more=line(50, title="") + line(77))
    assert run(second) is ImportStatus.DONE_WITH_ERRORS
    assert "9" not in open_ids(session)


def test_a_torn_feed_closes_nothing(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(9), more="Cook,Comp")
    assert run(second) is ImportStatus.DONE_WITH_ERRORS
    assert len(open_ids(session)) == 10
    assert closing(session, second).reason is ClosingReason.TORN


def test_a_feed_without_a_readable_row_closes_nothing(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(more=line(1, title=""))
    run(second)
    assert len(open_ids(session)) == 10
    assert closing(session, second).reason is ClosingReason.EMPTY


def test_a_job_that_another_source_has_stays_open(session: Session) -> None:
    run(feed(*range(10)))
    first = session.scalars(select(Job).order_by(Job.id)).first()
    assert first is not None
    session.add(JobSource(job_id=first.id, source="other", identity="f" * 64))
    session.commit()
    second = feed(*range(1, 10), 77)
    run(second)
    assert "0" in open_ids(session)
    assert (closing(session, second).closed_jobs, closing(session, second).elsewhere_jobs) == (0, 1)


def test_stopped_between_two_batches_it_goes_on_and_closes_each_job_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(feed(*range(10)))
    second = feed(0)
    with transaction() as s:
        full_feed.allow_beforehand(s, second)
    monkeypatch.setattr(full_feed, "BATCH", 4)
    worker = running.worker_name()
    running.claim(worker, second)
    kept: list[int] = []
    real = full_feed._close

    def killed(*args: object) -> None:
        if kept:
            raise KeyboardInterrupt
        kept.append(1)
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(full_feed, "_close", killed)
    with pytest.raises(KeyboardInterrupt):
        running.run(second, worker)
    assert len(open_ids(session)) == 6
    monkeypatch.setattr(full_feed, "_close", real)
    assert running.run(second, worker) is ImportStatus.DONE
    assert open_ids(session) == ["0"]
    assert closing(session, second).closed_jobs == 9
    assert closing(session, second).missing_jobs == 9


def test_files_of_a_source_run_in_order_around_a_full_feed(session: Session) -> None:
    first, second, other = feed(1), feed(1, 2), feed(3, source="other")
    assert running.claim("b", second) is None
    assert running.claim("b", other) == other
    run(first)
    assert running.claim("b", second) == second


def test_undo_opens_what_a_feed_closed_and_the_next_feed_closes_it_again(session: Session) -> None:
    run(feed(*range(10)))
    second = feed(*range(1, 10), 77)
    run(second)
    with transaction() as s:
        undoing.request(s, attempt(s, second))
    worker = running.worker_name()
    assert undoing.claim(worker) == second
    undoing.run(second, worker)
    assert open_ids(session) == [str(n) for n in range(10)]
    again = feed(*range(1, 10), 78)
    assert run(again) is ImportStatus.DONE
    assert open_ids(session) == [*map(str, range(1, 10)), "78"]
