"""Undo gives every job back what it was, keeps what has changed since, and does nothing twice."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.imports import journal, running, service, tasks, undoing
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportChange,
    ImportStatus,
    ImportUndo,
    UndoOutcome,
    UndoStatus,
)
from jobscore.imports.reader import ReadOptions
from jobscore.imports.undoing import UndoBlocked, UndoReport
from jobscore.imports.verdicts import KeptGroup
from jobscore.jobs import closing
from jobscore.jobs.models import Job, JobFeature, JobSkill, JobSource
from jobscore.matching.models import Feedback, FeedbackKind
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests.factories import user as make_user

HEADER = "title,company,location,salary,job_id,description\n"
TABLES: list[Table] = [Job.__table__, JobSkill.__table__, JobFeature.__table__]  # type: ignore[list-item]  # FromClause


def line(number: int, title: str = "Cook", description: str = "Python. 未経験OK。") -> str:
    return f"{title} {number},Acme,東京都渋谷区,時給{1000 + number}円,{number},{description}\n"


def rows(*numbers: int, **cells: str) -> str:
    return HEADER + "".join(line(n, **cells) for n in numbers)


def import_text(text: str, source: str = "feed") -> int:
    """Import a text; return the attempt's id."""
    with transaction() as session:
        try:
            one = service.register_upload(session, io.BytesIO(text.encode()), "jobs.csv")
        except service.DuplicateFileError as error:
            one = session.get_one(CsvImport, error.import_id)
        columns = service.preview(service.path_of(one)).mapping
        attempt_id = service.start(session, one, columns, ReadOptions(), source).id
    worker = running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    assert running.run(attempt_id, worker) is ImportStatus.DONE
    return attempt_id


def ask(attempt_id: int) -> None:
    with transaction() as session:
        undoing.request(session, session.get_one(ImportAttempt, attempt_id))


def undo(attempt_id: int) -> UndoReport:
    ask(attempt_id)
    worker = running.worker_name()
    assert undoing.claim(worker, attempt_id) == attempt_id
    report = undoing.run(attempt_id, worker)
    assert report is not None
    return report


def blocked(attempt_id: int) -> UndoBlocked | None:
    with transaction() as session:
        return undoing.can_undo(session, session.get_one(ImportAttempt, attempt_id))


def whole(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is known of jobs, but for the clock of their last change."""
    session.rollback()
    session.expire_all()
    return {
        table.name: sorted(
            session.execute(
                select(*[c for c in table.columns if c.name != "updated_at"])
            ).all(),
            key=repr,
        )
        for table in TABLES
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _words(session: Session) -> None:
    session.add(Skill(code="python", name_en="Python", family="programming"))
    session.add(Skill(code="java", name_en="Java", family="programming"))
    session.add(Place(code="JP-13113", kind=PlaceKind.WARD, name_en="Shibuya", country="JP"))
    session.commit()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "BATCH_JOBS", 10)


def test_changed_jobs_are_again_what_they_were(session: Session) -> None:
    import_text(rows(1, 2, 3))
    before = whole(session)
    assert before["job_skills"]
    second = import_text(
        HEADER + line(1, title="Chef") + line(2, description="Java. 週払い。") + line(3)
        + "New,Acme,Osaka,,4,\n"
    )  # fmt: skip
    assert whole(session) != before
    assert undo(second) == UndoReport(restored=2, removed=1)
    assert whole(session) == before
    assert session.scalar(select(func.count()).select_from(JobSource)) == 3
    attempt = session.get_one(ImportAttempt, second)
    assert (attempt.status, attempt.csv_import.status) == (ImportStatus.UNDONE,) * 2


def test_an_undone_job_counts_as_changed_for_the_next_ranking(session: Session) -> None:
    import_text(rows(1))
    second = import_text(rows(1, title="Chef"))
    later = clock.now() + timedelta(hours=1)
    with clock.set_to(later):
        undo(second)
    session.expire_all()
    assert session.scalars(select(Job.updated_at)).all() == [later]


def test_new_jobs_go_and_can_come_again(session: Session) -> None:
    first = import_text(rows(1, 2))
    made = whole(session)
    assert undo(first) == UndoReport(removed=2)
    assert session.scalar(select(func.count()).select_from(Job)) == 0
    import_text(rows(1, 2))
    again = whole(session)
    assert [row[1:11] for row in again["jobs"]] == [row[1:11] for row in made["jobs"]]


def test_a_job_that_people_have_met_is_closed_and_nothing_of_theirs_is_lost(
    session: Session,
) -> None:
    first = import_text(rows(1, 2))
    met, other = session.scalars(select(Job.id).order_by(Job.id)).all()
    user = make_user(session)
    session.add(Feedback(user_id=user.id, job_id=met, kind=FeedbackKind.HIDE))
    session.commit()
    assert undo(first) == UndoReport(removed=1, closed=1)
    session.expire_all()
    job = session.get_one(Job, met)
    assert not job.is_active
    assert job.closed_at is not None
    assert session.get(Job, other) is None
    assert session.scalars(select(Feedback.job_id)).all() == [met]
    # The file again opens the same job again.
    import_text(rows(1, 2))
    session.expire_all()
    assert session.get_one(Job, met).is_active
    assert session.get_one(Job, met).closed_at is None


def test_every_table_that_mentions_a_job_keeps_it_from_being_deleted() -> None:
    names = {table.name for table, _ in closing._references()}
    assert {"job_scores", "score_history", "matching_results", "feedback", "digest_items"} <= names
    assert not names & {"job_skills", "job_features", "job_sources", "import_changes"}


def test_what_a_later_import_changed_is_kept_until_that_is_undone(session: Session) -> None:
    first = import_text(rows(1, 2))
    second = import_text(rows(1, title="Chef"))
    number = session.get_one(ImportAttempt, second).csv_import_id
    kept = UndoReport(removed=1, kept_groups=(KeptGroup(UndoOutcome.KEPT_LATER, number, 1),))
    assert undo(first) == kept
    with transaction() as s:
        assert undoing.report(s, first) == kept
        (one,) = undoing.left(s, first)
    assert (one.title, one.why, one.import_id) == ("Chef 1", UndoOutcome.KEPT_LATER, number)
    undo(second)
    assert undo(first) == UndoReport(removed=2)
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_what_a_later_import_has_too_is_kept(session: Session) -> None:
    first = import_text(rows(1, 2))
    with clock.set_to(clock.now() + timedelta(minutes=1)):
        second = import_text(rows(1, 3))
        number = session.get_one(ImportAttempt, second).csv_import_id
        report = undo(first)
    groups = (KeptGroup(UndoOutcome.KEPT_SEEN, number, 1),)
    assert report == UndoReport(removed=1, kept_groups=groups)


def test_the_same_file_run_again_does_not_keep_its_jobs(session: Session) -> None:
    first = import_text(rows(1))
    with clock.set_to(clock.now() + timedelta(minutes=1)):
        again = import_text(rows(1))
        assert blocked(again) is UndoBlocked.NOTHING_WRITTEN
        assert undo(first) == UndoReport(removed=1)


@pytest.mark.parametrize("values", [{"title": "By hand"}, {"is_active": False}])
def test_what_was_changed_by_hand_is_kept(session: Session, values: dict[str, Any]) -> None:
    first = import_text(rows(1, 2))
    job_id = session.scalar(select(func.min(Job.id)))
    session.execute(update(Job).where(Job.id == job_id).values(values))
    session.commit()
    assert undo(first) == UndoReport(
        removed=1, kept_groups=(KeptGroup(UndoOutcome.KEPT_BY_HAND, None, 1),)
    )


def test_what_others_work_out_is_no_change_by_hand(session: Session) -> None:
    first = import_text(rows(1))
    session.execute(update(Job).values(duplicate_group=1, updated_at=clock.now()))
    session.commit()
    assert undo(first) == UndoReport(removed=1)


def test_a_posting_that_stands_twice_is_undone_to_what_it_was_before_the_file(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.batches, "BATCH_ROWS", 1)
    import_text(rows(1))
    before = whole(session)
    second = import_text(HEADER + line(1, title="Chef") + line(1, description="Java."))
    assert undo(second) == UndoReport(restored=1)
    assert whole(session) == before


def test_what_cannot_be_written_back_is_reported_and_the_rest_is_undone(session: Session) -> None:
    import_text(rows(1, 2))
    second = import_text(HEADER + line(1, description="Java.") + line(2, title="Chef"))
    session.execute(Skill.__table__.delete().where(Skill.code == "python"))  # type: ignore[attr-defined]
    session.commit()
    assert undo(second) == UndoReport(restored=1, failed=1)
    with transaction() as s:
        assert [one.why for one in undoing.left(s, second)] == [UndoOutcome.FAILED]


def test_a_preview_says_the_same_and_writes_nothing(session: Session) -> None:
    first = import_text(rows(*range(25)))
    import_text(rows(1, title="Chef"))
    before = whole(session)
    with transaction() as s:
        expected = undoing.preview(s, s.get_one(ImportAttempt, first))
    assert whole(session) == before
    assert undo(first) == expected


class PowerCutError(BaseException):
    """Stands for kill -9: nothing may catch it."""


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("batch", [0, 1, 2])
def test_a_killed_undo_goes_on_and_does_nothing_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    import_text(rows(*range(12)))
    before = whole(session)
    second = import_text(rows(*range(25), title="Chef"))
    ask(second)
    carry_out, calls = undoing._carry_out, 0

    def cut(*args: Any) -> None:
        nonlocal calls
        calls += 1
        carry_out(*args)
        if calls == batch + 1:
            raise PowerCutError

    monkeypatch.setattr(undoing, "_carry_out", cut)
    assert undoing.claim("first") == second
    with pytest.raises(PowerCutError):
        undoing.run(second, "first")
    assert undoing.claim("other") is None  # its heartbeat is fresh
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert undoing.claim("other") == second
        assert undoing.run(second, "other") == UndoReport(restored=12, removed=13)
    assert whole(session) == before
    assert session.get_one(ImportUndo, second).done_rows == 25


@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_lost_its_claim_undoes_nothing_more(session: Session) -> None:
    first = import_text(rows(*range(25)))
    ask(first)
    undoing.claim("first")

    def take_over(progress: undoing.UndoProgress) -> None:
        with transaction() as s:
            s.get_one(ImportUndo, first).claimed_by = "other"

    assert undoing.run(first, "first", take_over) is None
    assert session.scalar(select(func.count()).select_from(Job)) == 15


@pytest.mark.usefixtures("small_batches")
def test_a_refusing_database_leaves_an_undo_that_can_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = import_text(rows(*range(25)))
    ask(first)
    undoing.claim("first")
    remove: Callable[..., None] = closing.remove

    def refuse(s: Session, job_ids: list[int]) -> None:
        remove(s, job_ids)
        if 0 < (s.scalar(select(func.count()).select_from(Job)) or 0) < 10:
            raise OperationalError("disk full", {}, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(closing, "remove", refuse)
        assert undoing.run(first, "first") is None
    session.expire_all()
    assert session.get_one(ImportUndo, first).status is UndoStatus.FAILED
    assert blocked(first) is None
    assert undo(first) == UndoReport(removed=25)


def test_the_worker_takes_it_from_the_queue(session: Session) -> None:
    first = import_text(rows(1))
    ask(first)
    assert tasks.undo_one()
    assert not tasks.undo_one()
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_only_one_may_ask(session: Session) -> None:
    first = import_text(rows(1))
    ask(first)
    with pytest.raises(undoing.CannotUndoError) as refused:
        ask(first)
    assert refused.value.reason is UndoBlocked.UNDER_WAY


def test_a_file_is_not_run_while_it_is_being_undone(session: Session) -> None:
    first = import_text(rows(1))
    ask(first)
    with pytest.raises(service.NotRunningError):
        import_text(rows(1))


def test_the_newer_run_of_a_file_is_undone_first(session: Session) -> None:
    first = import_text(rows(1))
    session.execute(update(Job).values(content_hash=None))
    session.commit()
    second = import_text(rows(1))
    assert blocked(first) is UndoBlocked.NEWER_RUN
    with transaction() as s:
        number = s.get_one(ImportAttempt, first).csv_import_id
        found = undoing.undoable(s, number)
    assert found is not None
    assert found.id == second
    undo(second)
    assert blocked(second) is UndoBlocked.UNDONE
    assert blocked(first) is None


def test_a_journal_that_is_too_old_is_forgotten(session: Session) -> None:
    old = import_text(rows(1))
    with clock.set_to(clock.now() + timedelta(days=8)):
        fresh = import_text(rows(2))
        assert journal.forget(7) == 1
        assert journal.forget(7) == 0
    assert blocked(old) is UndoBlocked.JOURNAL_GONE
    assert blocked(fresh) is None
    with pytest.raises(undoing.CannotUndoError):
        ask(old)


def test_an_import_of_before_the_journal_cannot_be_undone(session: Session) -> None:
    first = import_text(rows(1))
    session.execute(ImportChange.__table__.delete())  # type: ignore[attr-defined]
    session.commit()
    assert blocked(first) is UndoBlocked.JOURNAL_GONE


def test_an_import_that_was_stopped_can_be_undone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.batches, "BATCH_ROWS", 10)
    with transaction() as s:
        one = service.register_upload(s, io.BytesIO(rows(*range(25)).encode()), "jobs.csv")
        columns = service.preview(service.path_of(one)).mapping
        attempt_id = service.start(s, one, columns, ReadOptions(), "feed").id

    def stop(progress: running.Progress) -> None:
        with transaction() as s:
            service.cancel(s, s.get_one(ImportAttempt, attempt_id))

    assert blocked(attempt_id) is UndoBlocked.NOT_FINISHED
    running.claim("first", attempt_id)
    running.run(attempt_id, "first", stop)
    assert undo(attempt_id) == UndoReport(removed=10)


def test_rows_of_the_journal_stand_with_their_batch(session: Session) -> None:
    first = import_text(rows(1, 2))
    second = import_text(rows(1, title="Chef"))
    entries = session.scalars(select(ImportChange).order_by(ImportChange.id)).all()
    assert [(e.attempt_id, e.before is None) for e in entries] == [
        (first, True),
        (first, True),
        (second, False),
    ]
    before = entries[2].before or {}
    assert before["title"] == "Cook 1"
    assert "description" not in before
    assert len(before) <= 3  # title, hash, import


def test_the_insert_of_a_table_declared_elsewhere_is_noticed(session: Session) -> None:
    """A check of the check: without any reference a job goes."""
    first = import_text(rows(1))
    job_id = session.scalar(select(Job.id))
    assert closing.met(session, [job_id or 0]) == set()
    user = make_user(session)
    session.execute(insert(Feedback).values(user_id=user.id, job_id=job_id, kind=FeedbackKind.HIDE))
    session.commit()
    assert closing.met(session, [job_id or 0]) == {job_id}
    assert undo(first).closed == 1
