"""A file of people becomes closed accounts; what people typed wins; undoing takes all back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import people as admin_people
from jobscore.accounts import service as accounts
from jobscore.accounts.models import Consent, ConsentKind, Profile, User
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.extensions import db
from jobscore.imports import running as claiming
from jobscore.imports import service as imports
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportMessage,
    ImportStatus,
    ImportType,
)
from jobscore.imports.people import erasing, inviting, links, running, service, writing
from jobscore.imports.people.drafting import Code, PersonDraft
from jobscore.imports.people.models import Invitation, InvitationStatus, PersonFill
from jobscore.matching import runs
from jobscore.matching.models import MatchRun
from jobscore.scoring import service as scores
from tests import factories
from tests.accounts.people import PASSWORD
from tests.imports.people.conftest import CSV, NOON, STATEMENT, Bring, status_of


def attempt_of(session: Session, import_id: int) -> ImportAttempt:
    found = imports.last_attempt(session, import_id)
    assert found is not None
    session.refresh(found)
    return found


def user(email: str = "hanako@example.com") -> User:
    found = accounts.find(email)
    assert found is not None
    return found


def said(session: Session, import_id: int) -> list[tuple[int, str]]:
    rows = session.scalars(
        select(ImportMessage)
        .join(ImportAttempt, ImportAttempt.id == ImportMessage.attempt_id)
        .where(ImportAttempt.csv_import_id == import_id)
        .order_by(ImportMessage.line)
    )
    return [(row.line, row.code) for row in rows]


def test_new_people_are_closed_accounts_with_answers_and_a_recorded_consent(
    bring: Bring, session: Session, admin_id: int
) -> None:
    import_id = bring()
    attempt = attempt_of(session, import_id)
    assert (attempt.status, attempt.new_rows) == (ImportStatus.DONE, 2)
    hanako = user()
    assert hanako.is_awaited
    assert (hanako.is_active, hanako.hashed_password, hanako.email_verified_at) == (
        False,
        "!",
        None,
    )
    profile = hanako.profile
    assert (hanako.full_name, profile.locale) == ("山田 花子", "ja")
    assert [home.label for home in profile.homes] == ["東京都渋谷区"]
    assert [(t.title, t.is_wanted) for t in profile.titles] == [("ホールスタッフ", True)]
    assert [own.skill.code for own in profile.skills] == ["python"]
    assert (int(profile.pay_min or 0), profile.pay_period, profile.pay_currency) == (
        1200, "hour", "JPY",
    )  # fmt: skip
    assert (profile.employment_types, profile.years_experience) == (["PART_TIME"], 2)
    consent = session.scalars(select(Consent).where(Consent.user_id == hanako.id)).one()
    assert (consent.kind, consent.text, consent.text_version) == (
        ConsentKind.CONTACT, STATEMENT.text, "2026-09",
    )  # fmt: skip
    assert (consent.method, consent.recorded_by) == (STATEMENT.method, admin_id)
    assert consent.how == f"import {import_id}"
    assert consent.given_at.isoformat() == "2026-09-30T15:00:00+00:00"  # midnight in Tokyo
    invitation = session.scalars(select(Invitation).where(Invitation.user_id == hanako.id)).one()
    assert (invitation.status, invitation.line) == (InvitationStatus.WAITING, 2)
    assert invitation.expires_at == NOON + timedelta(days=30)


def test_the_file_is_deleted_when_its_import_is_over(bring: Bring, app: Flask) -> None:
    bring()
    with app.app_context():
        assert list(imports.uploads_folder().iterdir()) == []


def test_nobody_unaccepted_can_come_in_by_any_other_door(bring: Bring, session: Session) -> None:
    bring()
    with pytest.raises(admin_people.NotAcceptedError):
        admin_people.set_active(user().id, True, actor_id=None)
    with pytest.raises(admin_people.NotAcceptedError):
        admin_people.set_admin(user().id, True, actor_id=None)
    assert accounts.by_password("hanako@example.com", "!") is None


def test_no_match_is_computed_before_acceptance(bring: Bring, session: Session) -> None:
    with transaction():
        scores.seed_policy()
    bring()
    assert matched_people(session) == 1, "the admin"
    with transaction():
        user().is_active = True
    assert matched_people(session) == 2, "who is active is seen by the same run"


def matched_people(session: Session) -> int:
    with transaction():
        run_id = runs.request_run().id
    runs.execute(run_id)
    return session.get_one(MatchRun, run_id, populate_existing=True).total or 0


@pytest.mark.parametrize("email", ["hanako@example.com", "HANAKO@example.com"])
def test_an_account_of_ones_own_is_never_touched(
    bring: Bring, session: Session, email: str
) -> None:
    with transaction():
        own = accounts.create_user("hanako@example.com", PASSWORD, full_name="My own name")
        before = (own.id, own.hashed_password, own.updated_at)
    import_id = bring(f"email,name,years\n{email},Other Name,9\n")
    attempt = attempt_of(session, import_id)
    assert (attempt.new_rows, attempt.unchanged_rows, attempt.status) == (0, 1, ImportStatus.DONE)
    hanako = user()
    session.refresh(hanako)
    assert (hanako.id, hanako.hashed_password, hanako.updated_at) == before
    assert (hanako.full_name, hanako.profile.years_experience) == ("My own name", None)
    assert session.scalar(select(func.count(Invitation.id))) == 0


def test_who_was_disabled_by_an_admin_is_not_filled_either(bring: Bring, session: Session) -> None:
    with transaction():
        accounts.create_user("hanako@example.com", PASSWORD).is_active = False
    bring("email,name\nhanako@example.com,Other\n")
    assert user().full_name is None


def test_a_second_file_fills_only_what_is_empty(bring: Bring, session: Session) -> None:
    first = bring("email,name,years\nhanako@example.com,First,2\n")
    second = bring("email,name,level,years\nhanako@example.com,Second,senior,9\n", name="b.csv")
    hanako = user()
    assert (hanako.full_name, hanako.profile.years_experience) == ("First", 2)
    assert hanako.profile.level == "senior"
    assert attempt_of(session, second).changed_rows == 1
    assert session.scalar(select(func.count(Invitation.id))) == 1
    fills = session.scalars(select(PersonFill)).all()
    assert [(fill.field, fill.import_id) for fill in fills] == [("level", second)]
    third = bring("email,level\nhanako@example.com,lead\n", name="c.csv")
    assert attempt_of(session, third).unchanged_rows == 1

    with transaction() as own:
        done = service.undo(own, own.get_one(CsvImport, second), None)
    assert (done.taken_back, done.emptied) == (0, 1)
    assert user().profile.level is None
    assert user().profile.years_experience == 2
    with transaction() as own:
        done = service.undo(own, own.get_one(CsvImport, first), None)
    assert done.taken_back == 1
    assert accounts.find("hanako@example.com") is None


def test_rows_without_consent_are_rejected_with_the_reason(bring: Bring, session: Session) -> None:
    import_id = bring(
        "email,consent,consent date\n"
        "a@example.com,I agree,2026-04-01\n"
        "b@example.com,no,2026-04-01\n"
        "c@example.com,,2026-04-01\n"
        "d@example.com,I agree,\n",
        None,
    )
    assert attempt_of(session, import_id).status is ImportStatus.DONE_WITH_ERRORS
    assert said(session, import_id) == [
        (3, Code.CONSENT_REFUSED), (4, Code.CONSENT_MISSING), (5, Code.CONSENT_UNDATED),
    ]  # fmt: skip
    assert accounts.find("a@example.com") is not None
    assert accounts.find("b@example.com") is None


def test_a_suppressed_address_is_rejected_and_its_row_not_kept(
    bring: Bring, session: Session
) -> None:
    with transaction():
        suppression.suppress("hana@xn--r8jz45g.jp", suppression.Reason.ERASED)
        suppression.suppress("taylor@example.com", suppression.Reason.UNSUBSCRIBE)
    import_id = bring(
        "email,name,level\nhana@例え.jp,Hana,wizard\ntaylor@example.com,Taylor,\nok@example.com,O,\n"
    )
    attempt = attempt_of(session, import_id)
    assert (attempt.new_rows, attempt.rejected_rows) == (1, 2)
    rows = session.scalars(select(ImportMessage)).all()
    assert {(row.code, row.line) for row in rows} == {
        (Code.NOT_INVITABLE, 2), (Code.NOT_INVITABLE, 3),
    }  # fmt: skip
    assert all(not row.cells for row in rows)
    assert "hana" not in str([row.params for row in rows])


def test_of_rows_about_one_person_the_last_one_counts(bring: Bring, session: Session) -> None:
    import_id = bring(
        "email,name,years\n"
        "hana@例え.jp,First,1\n"
        "a.b@example.com,Dots,1\n"
        "Hana@xn--r8jz45g.jp,Last,\n"
        "ab@example.com,No dots,1\n"
    )
    attempt = attempt_of(session, import_id)
    assert (attempt.new_rows, attempt.duplicate_rows) == (3, 1)
    assert said(session, import_id) == [(2, Code.PERSON_REPEATED)]
    found = session.scalars(select(User).where(User.email.like("hana@%"))).one()
    assert (found.full_name, found.profile.years_experience) == ("Last", None)


def test_the_last_row_counts_across_batches_too(
    bring: Bring, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 1)
    import_id = bring("email,name,years\na@example.com,First,1\na@example.com,Last,\n")
    attempt = attempt_of(session, import_id)
    assert (attempt.new_rows, attempt.duplicate_rows) == (1, 1)
    found = user("a@example.com")
    assert (found.full_name, found.profile.years_experience) == ("Last", None)
    consents = session.scalars(select(Consent).where(Consent.user_id == found.id)).all()
    assert len(consents) == 1
    invitation = session.scalars(select(Invitation)).one()
    assert invitation.line == 3


def test_a_killed_run_goes_on_behind_its_last_batch(
    bring: Bring, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    upsert, calls = writing.upsert, []

    def dying(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return upsert(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "upsert", dying)
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(5))
    with pytest.raises(KeyboardInterrupt):
        bring("email,name\n" + rows)
    monkeypatch.setattr(writing, "upsert", upsert)
    assert session.scalar(select(func.count(Invitation.id))) == 2
    session.rollback()
    with clock.set_to(NOON + claiming.STALE * 2):
        attempt_id = claiming.claim("other", None, ImportType.PEOPLE)
        assert attempt_id is not None
        assert running.run(attempt_id, "other") is ImportStatus.DONE
    attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
    assert (attempt.new_rows, attempt.checkpoint) == (5, 5)
    assert session.scalar(select(func.count(Invitation.id))) == 5


def test_a_sign_up_at_the_same_moment_is_tried_again_and_known(
    bring: Bring, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert, calls = writing.upsert, []

    def racing(own: Session, drafts: list[tuple[PersonDraft, bool]], **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            # known to be absent, then taken before the batch commits
            monkeypatch.setattr(writing, "_known", lambda *_: {})
            factories.user(own, email="taylor@example.com")
        return upsert(own, drafts, **kwargs)  # type: ignore[arg-type]

    known = writing._known
    monkeypatch.setattr(writing, "upsert", racing)
    original_write = running._write

    def write(run: object, batch: object) -> None:
        try:
            original_write(run, batch)  # type: ignore[arg-type]
        finally:
            monkeypatch.setattr(writing, "_known", known)

    monkeypatch.setattr(running, "_write", write)
    import_id = bring()
    assert len(calls) == 2
    assert attempt_of(session, import_id).status is ImportStatus.DONE
    assert attempt_of(session, import_id).new_rows == 2


def test_undoing_keeps_who_has_accepted(bring: Bring, session: Session, app: Flask) -> None:
    import_id = bring()
    with transaction() as own:
        inviting.request_all(own, import_id, None)
        inviting.write_queued(own)
    invitation = session.scalars(
        select(Invitation).join(User, User.id == Invitation.user_id)
        .where(User.email == "hanako@example.com")
    ).one()  # fmt: skip
    with app.test_request_context(), transaction():
        inviting.accept(links.token_of(invitation), "hash", locale="ja", wants_digest=False)
    with transaction() as own:
        done = service.undo(own, own.get_one(CsvImport, import_id), None)
    assert (done.taken_back, done.accepted) == (1, 1)
    assert accounts.find("taylor@example.com") is None
    assert user().is_active
    assert status_of(app, import_id) is ImportStatus.UNDONE
    left = session.scalars(select(Invitation).where(Invitation.user_id.is_(None))).one()
    assert left.status is InvitationStatus.UNDONE
    assert session.scalar(select(func.count()).select_from(Profile)) == 2  # hanako's, the admin's


def test_many_are_closed_at_once_and_erased_in_batches(
    bring: Bring, session: Session, run_worker: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "BATCH", 3)
    monkeypatch.setattr(erasing.erase_closed, "__defaults__", (3,))
    rows = "".join(f"p{n}@example.com,P{n}\n" for n in range(8))
    import_id = bring("email,name\n" + rows)
    with transaction() as own:
        assert service.undo(own, own.get_one(CsvImport, import_id), None).taken_back == 8
    assert session.scalar(select(func.count(User.id))) == 6  # one batch is gone; one is the admin
    session.rollback()
    run_worker()
    assert session.scalar(select(func.count(User.id))) == 1


def test_old_rejected_rows_and_forgotten_files_are_deleted(
    bring: Bring, session: Session, app: Flask, admin_id: int, tmp_path: Path
) -> None:
    bring("email,level\nnobody,wizard\nok@example.com,wizard\n")
    path = tmp_path / "never.csv"
    path.write_text("email\nx@example.com\n")
    with transaction() as own, path.open("rb") as stream:
        service.register(own, stream, "never.csv", admin_id)
    assert len(list(imports.uploads_folder().iterdir())) == 1
    assert session.scalar(select(func.count(ImportMessage.id))) == 2
    session.rollback()
    with clock.set_to(NOON + timedelta(days=31)):
        assert inviting.tend().files == 2
    assert list(imports.uploads_folder().iterdir()) == []
    assert session.scalar(select(func.count(ImportMessage.id))) == 0


def test_a_file_with_passwords_is_refused_and_no_byte_of_it_stays(
    app: Flask, words: None, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("email,Login パスワード\na@example.com,hunter2\n", encoding="utf-8")
    with app.app_context():
        with (
            pytest.raises(service.PasswordColumnError) as refused,
            transaction() as own,
            path.open("rb") as stream,
        ):
            service.register(own, stream, "p.csv", None)
        assert "hunter2" not in str(refused.value)
        assert refused.value.columns == ["B “Login パスワード”"]
        assert list(imports.uploads_folder().iterdir()) == []
        assert db.session.scalar(select(func.count(CsvImport.id))) == 0


def test_the_same_bytes_again_lead_to_the_same_import(bring: Bring, session: Session) -> None:
    first = bring(CSV)
    again = bring(CSV, name="other name.csv")
    assert again == first
    attempt = attempt_of(session, first)
    assert (attempt.new_rows, attempt.unchanged_rows) == (0, 2)
    assert session.scalar(select(func.count(Invitation.id))) == 2
