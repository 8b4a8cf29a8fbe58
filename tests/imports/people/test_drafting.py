"""Rows of people: an address and a consent are needed; wishes are read, or left out aloud."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.imports.drafting import Message, Severity
from jobscore.imports.people import template
from jobscore.imports.people.columns import guess
from jobscore.imports.people.drafting import Code, ConsentProof, PeopleDrafter, PersonDraft

TODAY = date(2026, 11, 20)
STATED = ConsentProof(text="Keep it and write to me.", given_on=date(2026, 10, 1), method="paper")


def draft(
    statement: ConsentProof | None = STATED, **cells: str
) -> tuple[PersonDraft | None, list[Message]]:
    cells = {"email": "hanako@example.com"} | cells
    mapping = {name: n for n, name in enumerate(cells)}
    header = ["希望時給" if name == "pay" else name for name in cells]
    return PeopleDrafter(mapping, header, TODAY, statement).draft(2, list(cells.values()))


def person(statement: ConsentProof | None = STATED, **cells: str) -> PersonDraft:
    found, messages = draft(statement, **cells)
    assert found is not None, messages
    return found


def refused(statement: ConsentProof | None = STATED, **cells: str) -> Code:
    found, messages = draft(statement, **cells)
    assert found is None
    assert all(message.severity is Severity.ERROR for message in messages)
    assert all(message.value == "" for message in messages), "no address stands in a message"
    return Code(messages[0].code)


def codes(**cells: str) -> list[str]:
    return [message.code for message in draft(**cells)[1]]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Hanako@Example.COM", "hanako@example.com"),
        (" ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｃｏｍ ", "hanako@example.com"),
        ("Hanako <hanako@example.com>", "hanako@example.com"),
        ("mailto:hanako@example.com", "hanako@example.com"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        ("a.b@gmail.com", "a.b@gmail.com"),
        ("花@例え.jp".replace("花", "hana"), "hana@例え.jp"),
    ],
)
def test_addresses_are_normalised_as_at_sign_up(typed: str, kept: str) -> None:
    assert person(email=typed).email == kept


@pytest.mark.parametrize(
    "typed",
    ["hanako", "hanako@", "@example.com", "a@b", "a b@example.com", "a@example.com,b@example.com",
     "a@example.com\nBcc: x@example.com", "=cmd()@example.com "[:5]],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refused(email=typed) is Code.EMAIL_INVALID


def test_a_row_without_an_address_is_refused() -> None:
    assert refused(email=" ") is Code.NO_EMAIL


# -- consent ---------------------------------------------------------------------------------


def test_without_any_consent_a_row_is_refused() -> None:
    assert refused(None) is Code.CONSENT_MISSING


def test_columns_state_the_consent_of_each() -> None:
    found = person(
        None, consent_text="同意します", consent_on="2026年4月1日", consent_method="店頭",
        consent_version="v3",
    )  # fmt: skip
    assert found.consent == ConsentProof(
        text="同意します", given_on=date(2026, 4, 1), version="v3", method="店頭"
    )


def test_an_empty_cell_of_a_mapped_column_is_no_consent_whatever_the_admin_states() -> None:
    assert refused(consent_on="") is Code.CONSENT_UNDATED
    assert refused(consent_text="") is Code.CONSENT_MISSING


@pytest.mark.parametrize("word", ["no", "いいえ", "FALSE", "未同意", "0", "拒否"])
def test_who_said_no_is_refused(word: str) -> None:
    assert refused(consent_text=word) is Code.CONSENT_REFUSED


def test_a_tick_stands_for_the_words_that_the_admin_states() -> None:
    assert person(consent_text="はい").consent.text == STATED.text
    assert refused(None, consent_text="yes", consent_on="2026-01-01") is Code.CONSENT_MISSING


@pytest.mark.parametrize("day", ["2026-11-21", "1980-01-01", "soon", "3日前", "yesterday"])
def test_a_day_that_cannot_be_is_refused(day: str) -> None:
    assert refused(consent_on=day) is Code.CONSENT_DATE_ODD


# -- wishes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_templates_example_is_read_without_a_word(language: str) -> None:
    header, example = template.TEMPLATES[language]
    mapping = {field: found.column for field, found in guess(header).items()}
    found, messages = PeopleDrafter(mapping, header, TODAY).draft(2, list(example))
    assert found is not None
    assert messages == []
    assert found.language == language
    assert found.pay_currency == {"en": "USD", "ja": "JPY"}[language]
    assert found.place_code


def test_everything_is_read() -> None:
    found = person(
        name="山田　花子", place="東京都渋谷区", wanted_titles="ホール、調理 / レジ",
        held_titles="販売", skills="Python, SQL, python", pay="1200",
        employment_types="パート・派遣",
        remote="フルリモートのみ", years="3年", level="シニア", language="Japanese",
    )  # fmt: skip
    assert found.name == "山田 花子"
    assert found.place_code == "JP-13113"
    assert found.wanted_titles == ("ホール", "調理", "レジ")
    assert found.skills == ("python", "sql")
    assert (found.pay_min, found.pay_period, found.pay_currency) == (Decimal(1200), "hour", "JPY")
    assert found.employment_types == ("PART_TIME", "TEMPORARY")
    assert (found.remote, found.years, found.level, found.language) == ("only", 3, "senior", "ja")


def test_family_and_given_name_stand_in_the_order_of_their_script() -> None:
    assert person(family_name="山田", given_name="花子").name == "山田 花子"
    assert person(family_name="Smith", given_name="Taylor").name == "Taylor Smith"


@pytest.mark.parametrize(
    "name",
    ["Win now http://evil.example", "www.evil.example", "a@b.example", "<b>x</b>", "x" * 101],
)
def test_a_name_that_could_lead_somewhere_is_left_out(name: str) -> None:
    assert person(name=name).name is None
    assert codes(name=name) == [Code.NAME_LEFT_OUT]


def test_a_name_has_no_line_breaks_and_no_guard() -> None:
    assert person(name="Hana\r\nBcc: x").name == "Hana Bcc: x"
    assert person(name="'=1+1").name == "=1+1"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"place": "Springfield"}, Code.PLACE_UNSURE),
        ({"skills": "underwater basket weaving xyz"}, Code.SKILLS_UNKNOWN),
        ({"pay": "たくさん"}, Code.WISH_PAY_UNREAD),
        ({"pay": "35"}, Code.WISH_PAY_UNREAD),
        ({"employment_types": "sometimes"}, Code.WISH_TYPE_UNREAD),
        ({"remote": "perhaps"}, Code.WISH_REMOTE_UNREAD),
        ({"years": "many"}, Code.YEARS_UNREAD),
        ({"years": "99"}, Code.YEARS_UNREAD),
        ({"level": "wizard"}, Code.LEVEL_UNREAD),
        ({"language": "Klingon"}, Code.LANGUAGE_UNREAD),
        ({"wanted_titles": "a,b,c,d,e,f"}, Code.TOO_MANY),
    ],
)
def test_what_is_not_understood_is_left_out_aloud(cells: dict[str, str], code: Code) -> None:
    found, messages = draft(**cells)
    assert found is not None
    assert [message.code for message in messages] == [code]


@given(st.lists(st.text(max_size=40), min_size=14, max_size=14))
def test_no_row_is_too_odd(cells: list[str]) -> None:
    words = (
        "email name place wanted_titles skills pay pay_period remote employment_types years level",
        "language consent_text consent_on",
    )
    names = " ".join(words).split()
    drafter = PeopleDrafter({n: i for i, n in enumerate(names)}, names, TODAY)
    found, messages = drafter.draft(2, cells)
    assert (found is None) == any(m.severity is Severity.ERROR for m in messages)


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_draft_never_holds_what_a_header_or_a_column_cannot(name: str, title: str) -> None:
    found = person(name=name, wanted_titles=title)
    for text in (found.email, found.name or "", *found.wanted_titles):
        assert "\n" not in text
        assert "\r" not in text
        assert "\x00" not in text
