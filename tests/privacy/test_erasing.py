"""Erased is erased: no table, file or log keeps a person; others keep everything."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, update

from jobscore import clock, config
from jobscore.accounts import audit, emails, limits, service
from jobscore.accounts.models import AuditLog, Consent, User, UserSession
from jobscore.database.transaction import transaction
from jobscore.emails import suppression, tasks
from jobscore.emails.compose import Envelope
from jobscore.emails.models import EmailLog, EmailStatus, Suppression
from jobscore.extensions import db
from jobscore.matching import runs
from jobscore.matching.models import MatchingResult, RunStatus
from jobscore.privacy import erasing, registry
from tests.accounts.people import PASSWORD, browser_of, create
from tests.digests.conftest import DAY
from tests.privacy.filling import everything, fill

MARK, OTHER = "zzmarkqa", "zzotherqb"


def _cells(mark: str) -> list[str]:
    with db.engine.connect() as connection:
        return [where for where, value in everything(connection) if mark in value.lower()]


def _files(app: Flask, mark: str) -> list[str]:
    """Return the files of the instance folder, and of an SQLite database, that hold a text."""
    url = make_url(config.current(app).database_url)
    paths = [p for p in Path(config.current(app).instance_dir).rglob("*") if p.is_file()]
    if url.get_backend_name() == "sqlite":
        paths += [Path(f"{url.database}{end}") for end in ("", "-wal", "-shm")]
    found = [p for p in paths if p.exists() and mark.encode() in p.read_bytes().lower()]
    return [p.name for p in found]


def test_no_table_file_or_log_keeps_an_erased_person(
    app: Flask, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with app.app_context():
        with db.engine.begin() as connection:
            user_id = fill(connection, MARK)
            other_id = fill(connection, OTHER)
        with transaction() as session:
            person = session.get_one(User, user_id)
            service.note_failed_sign_in(person.email)
            limits.reserve_sign_in(person.email, "192.0.2.1")
            limits.may_write_to(person.email)
            suppression.suppress(person.email, suppression.Reason.BOUNCE, f"550 <{person.email}>")
            letter = session.scalars(select(EmailLog).where(EmailLog.user_id == user_id)).one()
            letter.message_id = "letter.1.20261120030000@localhost"
        outbox = config.current().instance / "outbox"
        outbox.mkdir(parents=True)
        (outbox / "letter.1.20261120030000-abcdef01.eml").write_text(f"To: {MARK}@example.com")
        (outbox / "letter.10.20261120030000-abcdef01.eml").write_text(f"To: {OTHER}@example.com")
        filled = {where.partition(".")[0] for where in _cells(MARK)}
        assert {one.name for one in registry.held()} - filled <= NO_TEXT
        assert _files(app, MARK) != []
        others = sorted(_cells(OTHER))
        with transaction() as session:
            erasing.erase(session, session.get_one(User, user_id), by="person")
        assert _cells(MARK) == []
        assert sorted(_cells(OTHER)) == others
        db.session.remove()
        db.engine.dispose()
        assert _files(app, MARK) == []
        assert _files(app, OTHER) != []
        for one in registry.held():
            if not one.is_kept:
                count = select(func.count()).select_from(one.table)
                mine, theirs = (
                    db.session.scalar(count.where(one.belongs_to(i))) for i in (user_id, other_id)
                )
                assert (one.name, mine) == (one.name, 0)
                assert (one.name, theirs) != (one.name, 0)
    told = capfd.readouterr()
    assert MARK not in (caplog.text + told.out + told.err).lower()


#: Tables of a person's whose rows have numbers and words of ours only.
NO_TEXT = {"user_skills", "alerts", "letter_paces"}


def test_every_table_that_refers_to_a_person_is_exported_or_says_why_not(app: Flask) -> None:
    held = {one.name for one in registry.held()}
    for table in db.metadata.tables.values():
        for column in registry.refers_to_people(table):
            assert table.name in held or registry.is_act(column), f"{table.name}.{column.name}"
    assert registry.unaccounted(db.metadata) == []
    assert set(registry.KEPT) <= held


def test_a_new_table_is_noticed_by_itself() -> None:
    from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

    metadata = MetaData()
    for table in db.metadata.sorted_tables:
        table.to_metadata(metadata)
    Table("notes", metadata, Column("user_id", Integer, ForeignKey("users.id"), primary_key=True))
    Table(
        "note_lines",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("search_id", Integer, ForeignKey("saved_searches.id")),
    )
    assert registry.unaccounted(metadata) == ["note_lines"]


def test_erasing_by_the_page_wants_the_address_and_the_password(app: Flask) -> None:
    user_id = create(app)
    browser = browser_of(app, user_id)
    right = {"email": "Hanako@example.com ", "present": PASSWORD}
    for wrong in ({"email": "other@example.com"}, {"present": "something else"}):
        answer = browser.post("/me/data/erase", data=right | wrong)
        assert answer.status_code == 422
        assert PASSWORD not in answer.text
    answer = browser.post("/me/data/erase", data=right)
    assert (answer.status_code, answer.location) == (303, "/erased")
    assert "Everything is erased" in browser.get("/erased").text
    assert browser.get("/me/data").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(func.count(User.id))) == 0
        assert db.session.scalar(select(func.count(UserSession.id))) == 0
        assert db.session.scalars(select(Suppression.reason)).all() == ["erased"]


def test_passwords_are_not_guessed_here_either(app: Flask) -> None:
    browser = browser_of(app, create(app))
    send = {"email": "hanako@example.com", "present": "wrong"}
    answers = [browser.post("/me/data/erase", data=send).text for _ in range(8)]
    assert "This is not your present password." in answers[0]
    assert "Too many tries." in answers[-1]


def test_the_only_administrator_cannot_go(app: Flask) -> None:
    admin = create(app, is_superuser=True)
    browser = browser_of(app, admin)
    assert "only administrator" in browser.get("/me/data/erase").text
    send = {"email": "hanako@example.com", "present": PASSWORD}
    assert "only administrator" in browser.post("/me/data/erase", data=send).text
    create(app, "second@example.com", is_superuser=True)
    assert browser.post("/me/data/erase", data=send).status_code == 303


def test_what_an_administrator_did_stays_without_them(app: Flask) -> None:
    admin, person = create(app, "admin@example.com", is_superuser=True), create(app)
    create(app, "second@example.com", is_superuser=True)
    with app.app_context():
        with transaction() as session:
            audit.record("import.started", "csv_import:12", actor_id=admin)
            session.add(
                Consent(
                    user_id=person,
                    kind="contact",
                    text="t",
                    text_version="1",
                    locale="en",
                    how="import",
                    recorded_by=admin,
                )
            )
        with transaction() as session:
            erasing.erase(session, session.get_one(User, admin), by="person")
        kept = db.session.scalars(select(AuditLog).where(AuditLog.action == "import.started")).one()
        assert (kept.actor_id, kept.target) == (None, "csv_import:12")
        assert db.session.scalars(select(Consent)).one().recorded_by is None


class _Held:
    """A server that has the letter in its hands until it is told to answer."""

    def __init__(self, on_letter: Callable[[Envelope], None]) -> None:
        self.on_letter = on_letter

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def deliver(self, envelope: Envelope) -> str:
        self.on_letter(envelope)
        return f"250 taken for <{envelope.recipient}>"


def test_a_letter_in_flight_is_settled_without_its_address(app: Flask) -> None:
    user_id = create(app)
    with app.app_context():
        with transaction() as session:
            user = session.get_one(User, user_id)
            for _ in range(2):
                emails.password_changed(user)

        def erase_meanwhile(_envelope: Envelope) -> None:
            def go() -> None:
                with app.app_context():
                    with transaction() as session:
                        erasing.erase(session, session.get_one(User, user_id), by="command")
                    db.session.remove()

            other = threading.Thread(target=go)
            other.start()
            other.join()

        report = tasks.send_batch(transport=lambda: _Held(erase_meanwhile))
        assert report.sent == 1
        rows = db.session.scalars(select(EmailLog).order_by(EmailLog.id)).all()
        assert [row.status for row in rows] == [EmailStatus.SENT, EmailStatus.CANCELLED]
        assert {(row.recipient_email, row.smtp_reply, row.user_id) for row in rows} == {
            ("", None, None)
        }


@pytest.mark.usefixtures("morning")
def test_a_matching_run_survives_somebody_who_leaves(
    town: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with town.app_context():
        leaving = db.session.scalars(select(User).where(~User.is_superuser)).one()
        leaving_id = leaving.id
        with transaction():
            run_id = runs.request_run(run_on=DAY).id
        matched = runs._matched

        def match_and_leave(*args: Any, **kwargs: Any) -> Any:
            for found in matched(*args, **kwargs):
                with transaction() as session:
                    user = session.get(User, leaving_id)
                    if user is not None:
                        erasing.erase(session, user, by="person")
                yield found

        monkeypatch.setattr(runs, "_matched", match_and_leave)
        runs.execute(run_id)
        assert runs.get_run(run_id).status is RunStatus.DONE
        assert db.session.scalar(select(func.count(MatchingResult.id))) == 0


def test_who_comes_back_with_a_backup_is_erased_again_and_who_signs_up_anew_is_not(
    app: Flask,
) -> None:
    runner = app.test_cli_runner()
    first, second = create(app), create(app, "jiro@example.com")
    with app.app_context():
        kept = {
            i: (u.email, u.hashed_password, u.created_at)
            for i in (first, second)
            if (u := db.session.get(User, i)) is not None
        }
        # the address that a backup knows may be another than the one that was erased
        with transaction() as session:
            session.execute(update(User).where(User.id == second).values(email="new@example.com"))
    for address in ("hanako@example.com", "new@example.com"):
        done = runner.invoke(args=["privacy", "erase", address, "--yes"])
        assert done.exit_code == 0, done.output
        assert address not in done.output
    assert "erase-again" in done.output
    with app.app_context():
        listed = (config.current().instance / erasing.LIST).read_text()
        assert "example.com" not in listed
        assert "0 people" in runner.invoke(args=["privacy", "erase-again", "--dry-run"]).output
        with transaction() as session:  # the backup: both are here, nothing says that they left
            session.query(Suppression).delete()
            for i, (email, hashed, opened) in kept.items():
                session.add(User(id=i, email=email, hashed_password=hashed, created_at=opened))
            later = clock.now() + timedelta(days=1)
            session.add(User(email="new@example.com", hashed_password="!", created_at=later))
    assert "2 people" in runner.invoke(args=["privacy", "erase-again"]).output
    with app.app_context():
        assert db.session.scalars(select(User.email)).all() == ["new@example.com"]


def test_nothing_is_erased_by_command_without_the_address_typed_again(app: Flask) -> None:
    create(app)
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["privacy", "erase", "hanako@example.com"], input="no\n")
    assert answer.exit_code == 1
    with app.app_context():
        assert db.session.scalar(select(func.count(User.id))) == 1
    assert runner.invoke(args=["privacy", "erase", "nobody@example.com"]).exit_code == 1
