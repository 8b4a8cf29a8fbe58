"""Who gets an alert, what is in it, and that nobody gets it twice."""

import email.policy
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import consents
from jobscore.accounts.models import ConsentKind, DigestFrequency, SavedSearch, User
from jobscore.database.transaction import transaction
from jobscore.digests import service as digests
from jobscore.emails import suppression, tasks
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.service import text_of
from jobscore.emails.transport import open_transport
from jobscore.extensions import db
from jobscore.matching.models import (
    Feedback,
    FeedbackKind,
    MatchingResult,
    MatchRun,
    RunKind,
    RunStatus,
)
from jobscore.searches import alerts, service
from jobscore.searches.models import Alert, AlertItem
from tests.digests.conftest import DAY, MORNING
from tests.emails import mailserver

Make = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("morning")


def letters(session: Session) -> list[EmailLog]:
    return list(session.scalars(select(EmailLog).order_by(EmailLog.id)))


def test_what_is_new_in_all_due_searches_comes_in_one_letter(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader(consent=False)
    jobs = make_jobs(4)
    first = make_search(reader, "q=Nurse", name="Nurses")
    make_search(reader, "", name="Everything")
    make_search(reader, "q=pilot", name="Pilots")
    session.commit()
    report = alerts.build(DAY)
    assert (report.seen, report.letters, report.jobs) == (1, 1, 4)
    [letter] = letters(session)
    assert letter.email_type is EmailType.ALERT
    assert letter.status is EmailStatus.PENDING
    assert "4 new jobs in 2 of your searches: Nurses" in letter.subject
    assert text_of(letter).index("Nurses") < text_of(letter).index("Everything")
    assert "Pilots" not in text_of(letter)
    for job in jobs:
        assert text_of(letter).count(f"http://localhost/jobs/{job.id}\n") == 1
    assert letter.headers["List-Id"] == "<alerts.localhost>"
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    session.refresh(first)
    assert first.last_sent_at == first.news_since == clock.now()
    items = session.scalars(select(AlertItem).order_by(AlertItem.position)).all()
    assert {item.job_id for item in items} == {job.id for job in jobs}
    assert [item.position for item in items] == [1, 2, 3, 4]


def test_a_second_run_the_same_day_writes_none_and_the_next_day_only_what_is_new(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(2)
    make_search(reader, "")
    session.commit()
    assert alerts.build(DAY).letters == 1
    assert alerts.build(DAY).letters == 0
    tomorrow = DAY + timedelta(days=1)
    with clock.set_to(MORNING + timedelta(days=1)):
        assert alerts.build(tomorrow).letters == 0, "nothing came since"
        [job] = make_jobs(1, title="Nurse again")
        session.commit()
        assert alerts.build(tomorrow).letters == 1
    last = letters(session)[-1]
    assert "Nurse again" in last.subject + text_of(last)
    assert f"/jobs/{job.id}\n" in text_of(last)
    assert text_of(last).count("/jobs/") == 1


NOT_DUE: list[Any] = [
    pytest.param({"email_verified_at": None}, {}, id="an address not confirmed"),
    pytest.param({"is_active": False}, {}, id="who is switched off"),
    pytest.param({"profile": {"snoozed_until": DAY + timedelta(days=1)}}, {}, id="who sleeps"),
    pytest.param({}, {"frequency": DigestFrequency.OFF}, id="who wants none"),
    pytest.param({}, {"deleted_at": MORNING}, id="a removed search"),
    pytest.param(
        {},
        {
            "frequency": DigestFrequency.WEEKLY,
            "last_sent_at": MORNING - timedelta(days=6),
        },
        id="a weekly one six days later",
    ),
]


@pytest.mark.parametrize(("person", "values"), NOT_DUE)
def test_no_alert_goes_to(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    person: dict[str, Any],
    values: dict[str, Any],
) -> None:
    reader = make_reader(**person)
    make_jobs(1)
    make_search(reader, "", **values)
    session.commit()
    assert alerts.build(DAY).letters == 0
    assert letters(session) == []


def test_a_weekly_alert_comes_after_seven_days(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(1)
    make_search(
        reader, "", frequency=DigestFrequency.WEEKLY, last_sent_at=MORNING - timedelta(days=7)
    )
    session.commit()
    assert alerts.build(DAY).letters == 1


def test_no_alert_goes_without_consent_even_with_consent_to_the_other_letters(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader(consent=True)
    make_jobs(1)
    make_search(reader, "")
    consents.withdraw(reader.id, ConsentKind.ALERT)
    session.commit()
    assert alerts.build(DAY).seen == 0


def test_a_letter_waits_until_there_are_as_many_as_asked_for(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(2)
    make_search(reader, "", min_new=3)
    session.commit()
    assert alerts.build(DAY).letters == 0
    make_jobs(1)
    session.commit()
    assert alerts.build(DAY + timedelta(days=1)).jobs == 3


def test_the_least_score_leaves_jobs_out_only_where_there_are_scores(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make, match: Make
) -> None:
    scored, unscored = make_reader(), make_reader()
    jobs = make_jobs(3)
    match(scored, jobs, best=81)  # 81, 80, 79
    for reader in (scored, unscored):
        make_search(reader, "", min_score=80)
    session.commit()
    alerts.build(DAY)
    by_person = {letter.user_id: letter for letter in letters(session)}
    told = session.scalars(select(AlertItem.job_id).where(AlertItem.user_id == scored.id)).all()
    assert told == [jobs[0].id, jobs[1].id]
    assert "Score 81 of 100" in text_of(by_person[scored.id])
    assert "Score" not in text_of(by_person[unscored.id])
    for job in jobs:
        assert f"/jobs/{job.id}\n" in text_of(by_person[unscored.id])


def test_scores_that_no_list_holds_are_computed_by_the_engine(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    live_at: Make,
) -> None:
    from jobscore.matching import explaining
    from jobscore.scoring import service as scores

    reader = make_reader(profile={"pay_min": 1_000, "pay_period": "hour", "pay_currency": "JPY"})
    live_at(reader)
    scores.seed_policy()
    [job] = make_jobs(1)
    make_search(reader, "")
    session.commit()
    explained = explaining.explain_job(reader.id, job.id, suggests=False)
    assert explained is not None
    assert explained.total is not None
    alerts.build(DAY)
    assert f"Score {explained.total} of 100" in text_of(letters(session)[0])


def test_what_a_person_hid_or_blocked_or_applied_to_is_not_in_the_letter(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make, match: Make
) -> None:
    reader = make_reader()
    hidden, blocked, applied, plain = make_jobs(4)
    session.add(Feedback(user_id=reader.id, job_id=hidden.id, kind=FeedbackKind.HIDE))
    session.add(
        Feedback(
            user_id=reader.id,
            company_name=blocked.company_name,
            kind=FeedbackKind.BLOCK_COMPANY,
        )
    )
    match(reader, [applied])
    session.execute(update(MatchingResult).values(is_applied=True))
    make_search(reader, "")
    session.commit()
    alerts.build(DAY)
    assert session.scalars(select(AlertItem.job_id)).all() == [plain.id]


def test_a_letter_holds_ten_jobs_of_a_search_and_says_how_many_more_there_are(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(64)
    make_search(reader, "")
    session.commit()
    assert alerts.build(DAY).jobs == 10
    [letter] = letters(session)
    assert "64 new jobs" in letter.subject
    assert "and 54 more" in text_of(letter)


def test_the_preview_is_the_letter_and_writes_nothing(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader("ja")
    make_jobs(2)
    make_search(reader, "")
    session.commit()
    shown = alerts.preview(reader.id)
    assert shown is not None
    assert letters(session) == []
    alerts.build(DAY)
    [letter] = letters(session)
    assert (letter.subject, text_of(letter)) == (shown.subject, shown.text)
    assert "件" in letter.subject
    assert alerts.next_day(reader.id) == DAY + timedelta(days=1)
    assert alerts.preview(reader.id) is None


def test_one_click_ends_alerts_and_stops_those_that_wait(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make, app: Flask
) -> None:
    reader = make_reader()
    make_jobs(1)
    row = make_search(reader, "")
    session.commit()
    alerts.build(DAY)
    link = letters(session)[0].headers["List-Unsubscribe"].strip("<>")
    answer = app.test_client().post(
        link.removeprefix("http://localhost"), data={"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    session.expire_all()
    assert letters(session)[0].status is EmailStatus.SUPPRESSED
    assert session.get_one(SavedSearch, row.id).frequency is DigestFrequency.OFF
    assert consents.current(reader.id, ConsentKind.ALERT) is None
    assert alerts.build(DAY + timedelta(days=1)).seen == 0


def test_a_suppressed_address_gets_none(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(1)
    make_search(reader, "")
    suppression.suppress(reader.email, suppression.Reason.BOUNCE)
    session.commit()
    report = alerts.build(DAY)
    assert (report.letters, report.skipped["suppressed"]) == (0, 1)


class KilledError(BaseException):
    """The process is gone."""


def test_killed_in_the_middle_and_run_again_everybody_has_one_letter(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_jobs(2)
    for _ in range(5):
        make_search(make_reader(), "")
    session.commit()
    monkeypatch.setattr(alerts, "BLOCK", 2)
    write, calls = alerts._write, []

    def die(*args: Any, **kwargs: Any) -> int:
        written = write(*args, **kwargs)
        calls.append(1)
        if len(calls) == 2:
            raise KilledError  # written, not committed
        return written

    monkeypatch.setattr(alerts, "_write", die)
    with pytest.raises(KilledError):
        alerts.build(DAY)
    db.session.rollback()
    assert session.scalar(select(func.count(EmailLog.id))) == 2
    monkeypatch.setattr(alerts, "_write", write)
    assert alerts.build(DAY).letters == 3
    per_person = select(func.count()).select_from(EmailLog).group_by(EmailLog.user_id)
    assert session.scalars(per_person).all() == [1] * 5
    assert session.scalar(select(func.count(Alert.id))) == 5


def test_a_person_who_leaves_while_letters_are_composed_stops_nobody_elses(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_jobs(1)
    leaving, staying = make_reader(), make_reader()
    for reader in (leaving, staying):
        make_search(reader, "")
    session.commit()
    leaving_id, staying_id = leaving.id, staying.id
    compose = alerts._compose

    def compose_and_leave(person: Any, on: Any) -> Any:
        composed = compose(person, on)
        if person.reader.user_id == staying_id:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
                db.session.rollback()
                other.execute(delete(User).where(User.id == leaving_id))
        return composed

    monkeypatch.setattr(alerts, "_compose", compose_and_leave)
    assert alerts.build(DAY).letters == 1
    assert [letter.user_id for letter in letters(session)] == [staying_id]


def test_removed_searches_go_for_good_after_a_week(
    session: Session, make_reader: Make, make_search: Make
) -> None:
    reader = make_reader()
    old = make_search(reader, "q=a", deleted_at=MORNING - service.KEPT - timedelta(seconds=1))
    young = make_search(reader, "q=b", deleted_at=MORNING - service.KEPT)
    session.commit()
    ids = (old.id, young.id)
    alerts.build(DAY)
    assert session.scalars(select(SavedSearch.id)).all() == [ids[1]]


def test_the_alert_leaves_over_smtp_with_its_headers_in_both_languages(
    app: Flask, session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    make_jobs(2)
    for locale in ("en", "ja"):
        make_search(make_reader(locale), "", name="看護の仕事\r\nBcc: x@example.com")
    session.commit()
    alerts.build(DAY)
    with mailserver.running() as box:
        report = tasks.send_batch(transport=lambda: open_transport(box.url))
    assert report.sent == 2
    parsed = [message_from_bytes(raw, policy=email.policy.default) for raw in box.received]
    assert {m["Content-Language"] for m in parsed} == {"en", "ja"}
    for message in parsed:
        assert message["Bcc"] is None
        assert message["List-Unsubscribe"].startswith("<http://localhost/u/")
        assert "看護の仕事" in str(message["Subject"])
        assert message.get_body(("html",)) is not None
        text = message.get_body(("plain",))
        assert text is not None
        assert "http://localhost/me/searches" in text.get_content()


def test_the_worker_writes_the_alerts_of_a_day_that_was_asked_for(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    run_worker: Callable[[], int],
) -> None:
    make_jobs(1)
    make_search(make_reader(consent=False), "")
    session.commit()
    from jobscore.digests import day

    for _ in range(2):
        with transaction():
            day.request_day(DAY)
        while run_worker():
            pass
    session.expire_all()
    assert [(m.email_type, m.status) for m in letters(session)] == [
        (EmailType.ALERT, EmailStatus.SENT)
    ]
    states = session.scalars(select(MatchRun.status).where(MatchRun.kind == RunKind.ALERT)).all()
    assert set(states) == {RunStatus.DONE}


def test_the_commands_write_once_and_preview_the_same(
    app: Flask, session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    make_jobs(1)
    make_search(reader, "")
    session.commit()
    runner = app.test_cli_runner()
    shown = runner.invoke(args=["searches", "preview", reader.email])
    assert shown.exit_code == 0, shown.output
    first = runner.invoke(args=["searches", "send", "--on", str(DAY)])
    assert "1 alerts with 1 jobs" in first.output
    assert "0 alerts" in runner.invoke(args=["searches", "send", "--on", str(DAY)]).output
    assert letters(session)[0].subject in shown.output
    assert digests.letters_to(reader.id) is not None
