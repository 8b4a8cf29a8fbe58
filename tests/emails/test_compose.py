"""Letters as bytes: nothing from outside adds a header, and receivers read back what was meant."""

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.emails import compose
from jobscore.emails.compose import Letter, Sender

SENDER = Sender(
    address="jobs@example.com",
    name="jobscore",
    operator="株式会社例",
    bounce_to="bounce@example.com",
    public_url="https://jobs.example.com",
)
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
WITH_BREAKS = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\x0b\x0c\x1c\x1d\x85\u2028\u2029\x00\u202e: "), st.characters()
    ),
    max_size=300,
)


def letter(**values: object) -> Letter:
    return Letter(
        **{  # type: ignore[arg-type]
            "recipient": "reader@example.net",
            "subject": "40 jobs",
            "text": "Text",
            "html": "<p>Text</p>",
            "locale": "en",
            "message_id": "letter.1.20261123@jobs.example.com",
        }
        | values
    )


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=email.policy.SMTP))


EXPECTED = sorted(
    [
        "From", "To", "Date", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Language",
    ]
)  # fmt: skip


@given(subject=WITH_BREAKS, name=WITH_BREAKS, operator=WITH_BREAKS)
def test_no_text_can_add_a_header(subject: str, name: str, operator: str) -> None:
    sender = Sender("jobs@example.com", name, operator, "", "https://jobs.example.com")
    raw = compose.envelope(letter(subject=subject), sender, NOW).payload
    assert sorted(read(raw).keys()) == EXPECTED
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=3000))
def test_both_bodies_come_back_as_they_were(text: str) -> None:
    message = read(compose.envelope(letter(text=text, html=text), SENDER, NOW).payload)
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


def test_a_stored_header_cannot_replace_ours_or_smuggle_another() -> None:
    stored = {
        "Bcc": "all@example.com",
        "From": "boss@example.com",
        "X-Fine": "yes\r\nBcc: all@example.com",
        "Bad name": "x",
        "List-Id": "<digest.jobs.example.com>",
    }
    message = read(compose.envelope(letter(headers=stored), SENDER, NOW).payload)
    assert message["Bcc"] is None
    assert message.get_all("From") == ['"jobscore (株式会社例)" <jobs@example.com>']
    assert message["X-Fine"] == "yes Bcc: all@example.com"
    assert message["Bad name"] is None
    assert message["List-Id"] == "<digest.jobs.example.com>"


def test_a_long_unsubscribe_link_stays_in_one_piece() -> None:
    url = "https://jobs.example.com/u/" + "a" * 300
    headers = compose.list_headers("digest", url, SENDER.public_url)
    raw = compose.envelope(letter(headers=headers), SENDER, NOW).payload
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw


ADDRESSES = [
    pytest.param("reader@example.net", "reader@example.net", id="plain"),
    pytest.param("a..b.@docomo.ne.jp", '"a..b."@docomo.ne.jp', id="old carrier"),
    pytest.param(".a@ezweb.ne.jp", '".a"@ezweb.ne.jp', id="leading dot"),
    pytest.param('"a..b"@docomo.ne.jp', '"a..b"@docomo.ne.jp', id="in quotes already"),
    pytest.param("a@求人.jp", "a@xn--gmqu33e.jp", id="Japanese domain"),
]


@pytest.mark.parametrize(("given_address", "wire"), ADDRESSES)
def test_addresses_stand_on_the_wire(given_address: str, wire: str) -> None:
    made = compose.envelope(letter(recipient=given_address), SENDER, NOW)
    assert made.recipient == wire
    assert f"\r\nTo: {wire}\r\n".encode() in made.payload


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@example.com", "a@", "あ@example.com", "a@exa mple.com", "a\r\n@x.jp", "a@b>c"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(compose.AddressError):
        compose.wire_address(address)


def test_bounces_go_to_the_address_for_them() -> None:
    assert compose.envelope(letter(), SENDER, NOW).sender == "bounce@example.com"


CUTS = [
    pytest.param("abc", 3, "abc", id="fits"),
    pytest.param("abcd", 3, "ab…", id="cut"),
    pytest.param("か\u3099きくけ", 2, "…", id="never between a kana and its mark"),
    pytest.param("a👩\u200d🍳bc", 4, "a…", id="never inside a joined emoji"),
    pytest.param("ab  cd", 4, "ab…", id="no space before the dots"),
]


@pytest.mark.parametrize(("text", "limit", "cut"), CUTS)
def test_text_is_cut_at_a_character(text: str, limit: int, cut: str) -> None:
    assert compose.cut(text, limit) == cut


@given(text=st.text(max_size=200), limit=st.integers(1, 60))
def test_what_is_cut_is_never_too_long(text: str, limit: int) -> None:
    assert len(compose.cut(text, limit)) <= limit


def test_a_host_that_is_a_number_is_written_as_one() -> None:
    assert compose.mail_host("http://127.0.0.1:5000") == "[127.0.0.1]"
    assert compose.mail_host("http://[::1]:5000") == "[IPv6:::1]"
    assert compose.mail_host("https://jobs.example.com/x") == "jobs.example.com"


@given(st.text() | st.text("ab =?\u3000\u200d\u2028\u200e\t\n\xa0", max_size=8))
def test_a_line_that_is_one_already_is_left_as_the_long_way_would_leave_it(text: str) -> None:
    long_way = " ".join(compose._BREAKING.sub(" ", text).replace("=?", "= ?").split())
    assert compose.one_line(text) == long_way
