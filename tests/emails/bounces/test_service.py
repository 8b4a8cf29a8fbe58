"""A report counts once, for a letter of ours only; what follows from it is what the docs say."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.emails.bounces import boxes, service
from jobscore.emails.bounces.boxes import Found
from jobscore.emails.bounces.models import EmailReturn
from jobscore.emails.bounces.reports import ReturnKind
from jobscore.emails.models import EmailLog, EmailStatus, EmailType, Suppression
from jobscore.extensions import db
from tests.emails.bounces.samples import sample
from tests.emails.conftest import put, row

Sent = Callable[..., EmailLog]


@pytest.fixture
def sent(session: Session) -> Sent:
    """Call it to have a letter that left."""

    def send(recipient: str = "taro@example.com", **values: object) -> EmailLog:
        [log_id] = put(recipient=recipient, **values)
        with transaction():
            letter = db.session.get_one(EmailLog, log_id)
            letter.status, letter.sent_at = EmailStatus.SENT, clock.now()
        return row(log_id)

    return send


def read(name: str, letter: EmailLog, **options: bool) -> service.Tally:
    raw = sample(name, str(letter.message_id), letter.recipient_email)
    return service.take_all([Found(raw)], **options)


def is_closed(address: str) -> bool:
    return bool(suppression.suppressed({address}, EmailType.DIGEST))


def test_a_letter_that_came_back_for_good_ends_the_letters_to_its_address(sent: Sent) -> None:
    letter = sent()
    tally = read("postfix_unknown_user", letter)
    assert (dict(tally.taken), tally.suppressed) == ({"hard": 1}, 1)
    bounced = row(letter.id)
    assert bounced.status is EmailStatus.BOUNCED
    assert str(bounced.error_message).startswith("5.1.1 smtp; 550 5.1.1 …@…")
    assert is_closed("taro@example.com")
    entry = suppression.find("TARO@example.com ")
    assert entry is not None
    assert entry.reason == suppression.Reason.BOUNCE
    assert "@example" not in str(entry.note)
    [kept] = service.returns_of(letter.id)
    assert (kept.kind, kept.status_code) == (ReturnKind.HARD, "5.1.1")
    assert "taro" not in str(kept.detail)
    assert row(put(recipient="taro@example.com")[0]).status is EmailStatus.SUPPRESSED


def test_a_report_read_again_counts_once(sent: Sent) -> None:
    letter = sent()
    read("gmail_over_quota", letter)
    again = read("gmail_over_quota", letter)
    assert (again.repeated, again.taken.total()) == (1, 0)
    assert len(service.returns_of(letter.id)) == 1


def test_a_delay_changes_nothing_but_is_shown(sent: Sent) -> None:
    letter = sent()
    assert read("postfix_delayed", letter).taken["delayed"] == 1
    assert row(letter.id).status is EmailStatus.SENT
    assert not is_closed("taro@example.com")
    assert len(service.returns_of(letter.id)) == 1


def test_a_complaint_ends_the_letters_and_the_letter_stays_sent(sent: Sent) -> None:
    letter = sent()
    assert read("arf_abuse", letter).taken["complaint"] == 1
    assert row(letter.id).status is EmailStatus.SENT
    entry = suppression.find("taro@example.com")
    assert entry is not None
    assert entry.reason == suppression.Reason.COMPLAINT


def test_a_letter_in_doubt_that_came_back_has_left(sent: Sent) -> None:
    letter = sent()
    with transaction():
        db.session.get_one(EmailLog, letter.id).status = EmailStatus.IN_DOUBT
    read("softbank_mailbox_full", letter)
    assert row(letter.id).status is EmailStatus.BOUNCED


@pytest.mark.parametrize(
    "status", [EmailStatus.PENDING, EmailStatus.CANCELLED, EmailStatus.SENDING]
)
def test_a_letter_that_has_not_left_is_not_marked(sent: Sent, status: EmailStatus) -> None:
    letter = sent()
    with transaction():
        db.session.get_one(EmailLog, letter.id).status = status
    read("softbank_mailbox_full", letter)
    assert row(letter.id).status is status


def test_soft_bounces_in_a_row_end_the_letters(sent: Sent) -> None:
    for n in range(5):
        assert not is_closed("taro@example.com"), n
        read("gmail_over_quota", sent())
    assert is_closed("taro@example.com")
    assert not is_closed("hanako@example.com")


def test_a_letter_that_arrived_in_between_begins_the_count_anew(sent: Sent) -> None:
    for _ in range(4):
        read("gmail_over_quota", sent())
    sent()
    read("gmail_over_quota", sent())
    assert not is_closed("taro@example.com")
    for _ in range(4):
        read("gmail_over_quota", sent())
    assert is_closed("taro@example.com")


def test_letters_whose_reports_are_still_on_their_way_do_not_break_the_row(sent: Sent) -> None:
    letters = [sent() for _ in range(5)]
    for _ in range(3):
        sent()  # newer, unreported so far
    for letter in letters:
        read("gmail_over_quota", letter)
    assert is_closed("taro@example.com")


def test_old_soft_bounces_are_forgotten(sent: Sent) -> None:
    now = clock.now()
    with clock.set_to(now - service.SOFT_MEMORY - timedelta(days=1)):
        for _ in range(4):
            read("gmail_over_quota", sent())
    read("gmail_over_quota", sent())
    assert not is_closed("taro@example.com")


@pytest.mark.parametrize("settings", [{"mail_soft_bounces": 0}])
def test_soft_bounces_need_not_count(sent: Sent, settings: object) -> None:
    for _ in range(7):
        read("gmail_over_quota", sent())
    assert not is_closed("taro@example.com")


def test_who_is_taken_from_the_list_begins_anew(sent: Sent) -> None:
    for _ in range(5):
        read("gmail_over_quota", sent())
    with transaction():
        suppression.lift("taro@example.com")
        assert service.forgive("Taro@example.com") == 5
    read("gmail_over_quota", sent())
    assert not is_closed("taro@example.com")


@pytest.mark.parametrize(
    "forged",
    [
        "letter.20261122210100.00000000000000000000000000001@localhost",
        "letter.1.20261122210100@localhost",
        "somebody.else@example.com",
    ],
)
def test_a_report_about_no_letter_of_ours_counts_for_nobody(sent: Sent, forged: str) -> None:
    letter = sent()
    tally = service.take_all(
        [Found(sample("postfix_unknown_user", forged, letter.recipient_email))]
    )
    assert tally.foreign == 1
    assert row(letter.id).status is EmailStatus.SENT
    assert db.session.scalar(select(func.count(Suppression.id))) == 0


def test_a_report_names_its_letter_by_the_address_it_was_sent_to(sent: Sent) -> None:
    letter = sent()
    assert read("token_only", letter).taken["hard"] == 1
    assert row(letter.id).status is EmailStatus.BOUNCED


def test_a_letter_of_somebody_erased_is_nobodys(sent: Sent) -> None:
    letter = sent()
    with transaction():
        db.session.get_one(EmailLog, letter.id).recipient_email = ""
    assert read("postfix_unknown_user", letter).foreign == 1


def test_a_dry_run_tells_and_changes_nothing(sent: Sent) -> None:
    letter = sent()
    done: list[int] = []
    raw = sample("qmail", str(letter.message_id))
    tally = service.take_all([Found(raw, lambda: done.append(1))], is_dry_run=True)
    assert tally.taken["hard"] == 1
    assert done == []
    assert row(letter.id).status is EmailStatus.SENT
    assert db.session.scalar(select(func.count(EmailReturn.id))) == 0


def test_a_mailbox_of_all_kinds_is_read_to_its_end(sent: Sent, tmp_path: Path) -> None:
    letters = {name: sent(f"{name}@example.com") for name in ("qmail", "au_words", "vacation")}
    for name, letter in letters.items():
        (tmp_path / f"{name}.eml").write_bytes(
            sample(name, str(letter.message_id), letter.recipient_email)
        )
    (tmp_path / "a_broken.eml").write_bytes(b"\xff\x00" * 900)
    (tmp_path / "a_deep.eml").write_bytes(b"Content-Type: message/rfc822\n\n" * 9_000)
    tally = service.take_all(boxes.messages(tmp_path))
    assert tally.read == 5
    assert dict(tally.taken) == {"hard": 1, "soft": 1}
    assert tally.ignored == {"auto_reply": 1, "unreadable": 1, "no_report": 1}


def test_the_rates_of_a_day_count_letters_and_not_reports(sent: Sent) -> None:
    since = clock.now() - timedelta(days=1)
    with clock.set_to(since - timedelta(hours=1)):
        sent()
    letters = [sent(f"r{n}@example.com") for n in range(4)]
    read("qmail", letters[0])
    read("postfix_delayed", letters[1])
    read("gmail_over_quota", letters[1])
    read("arf_abuse", letters[2])
    assert service.rates(since) == service.Rates(sent=4, returned=2, complaints=1)
