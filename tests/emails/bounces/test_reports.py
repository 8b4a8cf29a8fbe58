"""Reports are understood as people would read them; whatever else arrives is harmless."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.emails import compose
from jobscore.emails.bounces import reports
from jobscore.emails.bounces.reports import Ignored, Report, ReturnKind
from jobscore.emails.service import new_message_id
from jobscore.emails.transport import PermanentError
from tests.emails.bounces.samples import ID, NAMES, sample

JUDGED = {
    "postfix_unknown_user": (ReturnKind.HARD, "5.1.1"),
    "postfix_delayed": (ReturnKind.DELAYED, "4.4.1"),
    "postfix_gave_up": (ReturnKind.SOFT, "4.4.1"),
    "gmail_over_quota": (ReturnKind.SOFT, "5.2.2"),
    "gmail_policy": (ReturnKind.SOFT, "5.7.26"),
    "exchange_not_found": (ReturnKind.HARD, "5.1.10"),
    "sendmail_unspecific": (ReturnKind.HARD, "5.1.1"),
    "softbank_mailbox_full": (ReturnKind.SOFT, "5.2.2"),
    "sender_refused": (ReturnKind.SOFT, "5.1.8"),
    "international": (ReturnKind.HARD, "5.1.1"),
    "exim_words": (ReturnKind.HARD, "5.1.1"),
    "exim_warning": (ReturnKind.DELAYED, None),
    "qmail": (ReturnKind.HARD, "5.1.1"),
    "docomo_words": (ReturnKind.HARD, "5.1.1"),
    "au_words": (ReturnKind.SOFT, "5.2.2"),
    "token_only": (ReturnKind.HARD, "5.1.1"),
    "arf_abuse": (ReturnKind.COMPLAINT, None),
    "hotmail_complaint": (ReturnKind.COMPLAINT, None),
}
IGNORED = {
    "delivered": Ignored.DELIVERED,
    "arf_not_spam": Ignored.OTHER_FEEDBACK,
    "vacation": Ignored.AUTO_REPLY,
    "read_receipt": Ignored.RECEIPT,
    "a_reply": Ignored.NO_REPORT,
    "unclear": Ignored.UNCLEAR,
}


def test_every_sample_has_its_judgement() -> None:
    assert sorted(JUDGED | IGNORED) == NAMES


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_report_is_judged_and_names_its_letter(name: str, line_end: bytes) -> None:
    report = reports.read(sample(name).replace(b"\n", line_end))
    assert isinstance(report, Report), report
    assert (report.kind, report.status) == JUDGED[name]
    if name == "token_only":
        assert report.message_ids == ()
        assert report.tokens == (ID.removeprefix("letter.").partition("@")[0],)
    else:
        assert report.message_ids == (ID,)


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_no_report_is_ignored_and_says_why(name: str) -> None:
    assert reports.read(sample(name)) is IGNORED[name]


def test_what_the_other_server_said_is_kept_in_one_short_line() -> None:
    report = reports.read(sample("postfix_unknown_user"))
    assert isinstance(report, Report)
    assert report.detail == (
        "smtp; 550 5.1.1 <taro@example.com>: Recipient address rejected: User unknown in virtual "
        "mailbox table"
    )
    long = sample("postfix_unknown_user").replace(b"User\n", b"User " + b"x" * 5_000 + b"\n")
    report = reports.read(long)
    assert isinstance(report, Report)
    assert len(report.detail or "") <= reports.LONGEST_DETAIL


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "user unknown", ReturnKind.HARD),
        ("5.1.2", "domain does not exist", ReturnKind.HARD),
        ("5.1.10", "null mx", ReturnKind.HARD),
        ("5.2.1", "mailbox disabled", ReturnKind.HARD),
        ("5.7.13", "account closed", ReturnKind.HARD),
        ("5.1.1", "rejected as spam", ReturnKind.SOFT),
        ("5.1.1", "迷惑メールとして拒否されました", ReturnKind.SOFT),
        ("5.1.7", "bad sender", ReturnKind.SOFT),
        ("5.1.8", "sender's domain", ReturnKind.SOFT),
        ("5.2.2", "full", ReturnKind.SOFT),
        ("5.4.4", "host not found", ReturnKind.SOFT),
        ("5.7.1", "not allowed", ReturnKind.SOFT),
        ("4.2.2", "full", ReturnKind.SOFT),
        ("5.1", "", ReturnKind.SOFT),
        (None, "", ReturnKind.SOFT),
    ],
)
def test_only_what_the_address_itself_will_never_take_is_hard(
    status: str | None, said: str, kind: ReturnKind
) -> None:
    assert reports.hardness(status, said) is kind


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 Sorry, no such user here", "5.1.1"),
        ("The email account that you tried to reach does not exist.", "5.1.1"),
        ("宛先のメールアドレスが存在しません。", "5.1.1"),
        ("あて先が見つかりませんでした", "5.1.1"),
        ("メールボックスがいっぱいです", "5.2.2"),
        ("mailbox full", "5.2.2"),
        ("user is over the quota", "5.2.2"),
        ("This account has been disabled or discontinued", "5.2.1"),
        ("host unknown", "5.4.4"),
    ],
)
def test_words_without_a_code_mean_one(words: str, status: str) -> None:
    raw = sample("unclear").replace(b"Something went wrong. Sorry.", words.encode())
    raw = raw.replace(b"To: bounces", b"Content-Type: text/plain; charset=utf-8\nTo: bounces", 1)
    report = reports.read(raw)
    assert isinstance(report, Report), report
    assert report.status == status


def test_the_strongest_judgement_of_several_recipients_counts() -> None:
    delayed = (
        b"\n\nFinal-Recipient: rfc822; b@example.com\nAction: delayed\nStatus: 4.4.1\n"
        b"\nFinal-Recipient: rfc822; c@example.com\nAction: delivered\nStatus: 2.0.0\n"
    )
    raw = sample("postfix_unknown_user")
    raw = raw.replace(b"\n--=_report_boundary\nContent-Description: Undelivered", delayed + b"\n"
                      b"--=_report_boundary\nContent-Description: Undelivered")  # fmt: skip
    report = reports.read(raw)
    assert isinstance(report, Report)
    assert report.kind is ReturnKind.HARD


def test_a_status_inside_of_a_letter_that_is_carried_along_is_not_about_that_letter() -> None:
    inner = sample("postfix_unknown_user")
    raw = (
        b"From: taro@example.com\nTo: x@example.com\nSubject: Fwd\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="o"\n\n--o\nContent-Type: text/plain\n\nLook!\n'
        b"--o\nContent-Type: message/rfc822\n\n" + inner + b"\n--o--\n"
    )
    assert reports.read(raw) is Ignored.NO_REPORT


def test_our_letters_name_themselves_so_that_reports_can_be_believed() -> None:
    at = datetime(2026, 11, 22, 21, 1, tzinfo=UTC)
    seen = set()
    for _ in range(200):
        name = new_message_id(at, "jobs.example.jp")
        digits = re.fullmatch(r"letter\.20261122210100\.(\d{29})@jobs\.example\.jp", name)
        assert digits, name
        seen.add(digits[1])
        report = reports.read(sample("qmail", name))
        assert isinstance(report, Report)
        assert report.message_ids == (name,)
    assert len(seen) == 200


def test_a_message_id_that_could_be_guessed_names_no_letter() -> None:
    report = reports.read(sample("qmail", "letter.1001.20261122210100@localhost"))
    assert isinstance(report, Report)
    assert report.message_ids == ()


def test_the_envelope_sender_carries_the_number_when_that_is_wished() -> None:
    sender = compose.Sender(
        address="jobs@example.jp",
        name="Jobs",
        operator="Jobs K.K.",
        bounce_to="bounces@example.jp",
        public_url="https://example.jp",
    )
    assert compose.return_address(sender, ID) == "bounces@example.jp"
    with_tokens = compose.Sender(
        address="jobs@example.jp",
        name="Jobs",
        operator="Jobs K.K.",
        bounce_to="bounces@example.jp",
        public_url="https://example.jp",
        has_tokens=True,
    )
    address = compose.return_address(with_tokens, ID)
    assert address == "bounces+20261122210100.00000000000123456789012345678@example.jp"
    assert len(address.partition("@")[0]) <= 64
    assert compose.return_address(with_tokens, "test.1@example.jp") == "bounces@example.jp"


# --- hostile input --------------------------------------------------------------------------------

HEADERS = st.sampled_from(
    [
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Content-Type: message/delivery-status",
        "Content-Type: message/feedback-report",
        "Content-Type: message/rfc822",
        "Content-Type: text/plain; charset=unicode_escape",
        "Content-Type: text/html; charset*=''%00",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: x-uuencode",
        "From: MAILER-DAEMON@example.com",
        "Return-Path: <>",
        "Subject: =?utf-8?b?////?= undelivered",
        "Subject: =?idna?q?xn--?=",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550",
        "Feedback-Type: abuse",
        "",
        "--b",
        "--b--",
        "\x00\xff =?",
    ]
)


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(raw: bytes) -> None:
    assert isinstance(reports.read(raw), Report | Ignored)


@given(st.lists(st.one_of(HEADERS, st.text(max_size=60)), max_size=40))
def test_no_broken_report_raises(lines: list[str]) -> None:
    raw = "\n".join(lines).encode("utf-8", "replace")
    assert isinstance(reports.read(raw), Report | Ignored)


@given(st.sampled_from(NAMES), st.integers(0, 3_000), st.integers(0, 400), st.binary(max_size=40))
def test_no_damaged_sample_raises(name: str, start: int, length: int, put: bytes) -> None:
    raw = sample(name)
    assert isinstance(reports.read(raw[:start] + put + raw[start + length :]), Report | Ignored)


def _nested(depth: int, kind: bytes) -> bytes:
    raw = b"From: MAILER-DAEMON@example.com\n"
    for level in range(depth):
        if kind == b"multipart":
            raw += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        else:
            raw += b"Content-Type: message/rfc822\n\n"
    return raw + b"\n\nend\n"


@pytest.mark.parametrize(
    "raw",
    [
        _nested(20_000, b"multipart"),
        _nested(20_000, b"message"),
        b"Content-Type: multipart/mixed" + b";" * 400_000 + b"\n\nx",
        b"Content-Type: multipart/mixed" + b';a="' * 100_000 + b"\n\nx",
        b"Subject: " + b"=?utf-8?q?a?= " * 40_000 + b"\n\nx",
        b"To: " + b"a@b.c, " * 60_000 + b"\nFrom: " + b"(" * 100_000 + b"\n\nx",
        b"a:\n" * 80_000,
        b"From: MAILER-DAEMON@x.example\nSubject: Returned mail\n\n" + b"5.1." * 60_000,
        b"From: MAILER-DAEMON@x.example\nSubject: Returned mail\n\n" + b"letter.2026" * 20_000,
        b"From: MAILER-DAEMON@x.example\nSubject: Returned mail\nContent-Type: text/html\n\n"
        + b"<" * 200_000,
        _nested(24, b"multipart") + b"--\n" * 60_000,
        b"\n" * 300_000,
        sample("postfix_unknown_user") + b"x" * 50_000_000,
    ],
    ids=lambda raw: f"{raw[:30]!r} {len(raw)}",
)
def test_huge_and_deep_messages_end_soon_and_without_harm(raw: bytes) -> None:
    began = time.process_time()
    assert isinstance(reports.read(raw), Report | Ignored)
    # seconds of work for the worst; a stuck reader would take minutes
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("reply", "is_bad"),
    [
        ("550 5.1.1 no such user", True),
        ("553 5.1.8 sender's domain does not exist", False),
        ("550 5.1.1 rejected: listed in a blocklist", False),
        ("554 5.7.1 no", False),
    ],
)
def test_an_answer_of_the_mail_server_is_judged_alike(reply: str, is_bad: bool) -> None:
    assert PermanentError(reply).is_bad_address is is_bad


@pytest.mark.parametrize(
    "raw",
    [
        _nested(reports.MOST_PARTS + 1, b"multipart"),
        _nested(reports.MOST_PARTS + 1, b"message"),
        b"Content-Type: multipart/mixed" + b";" * reports.LONGEST_TYPE + b"\n\nx",
        b"content-type: multipart/mixed" + b";\r\n\ta=b" * 300 + b"\n\nx",
    ],
    ids=["nested", "in one another", "long", "folded"],
)
def test_what_would_cost_the_email_package_too_much_is_not_given_to_it(
    raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*_args: object, **_kwargs: object) -> None:
        pytest.fail("was parsed")

    monkeypatch.setattr(reports, "message_from_bytes", parse)
    assert reports.read(raw) is Ignored.UNREADABLE
