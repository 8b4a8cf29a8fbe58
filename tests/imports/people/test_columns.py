"""Headers of people's files are recognised whole, and no password gets through."""

import pytest

from jobscore.imports.people import template
from jobscore.imports.people.columns import (
    COLUMNS,
    field_named,
    guess,
    is_password_header,
    password_columns,
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_template_is_mapped_without_a_hand(language: str) -> None:
    header, example = template.TEMPLATES[language]
    found = guess(header)
    assert sorted(one.column for one in found.values()) == list(range(len(header)))
    assert len(header) == len(example)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-Mail", "email"), ("メールアドレス", "email"), ("ｅメール", "email"),
        ("EmailAddress", "email"), ("氏名", "name"), ("Full Name", "name"), ("姓", "family_name"),
        ("希望時給", "pay"), ("希望職種", "wanted_titles"), ("職歴", "held_titles"),
        ("保有資格", "skills"), ("同意日", "consent_on"), ("Consent date", "consent_on"),
        ("opted_in_at", "consent_on"), ("同意取得方法", "consent_method"),
        ("在宅勤務希望", "remote"), ("希望雇用形態", "employment_types"), ("言語", "language"),
    ],
)  # fmt: skip
def test_usual_headers_are_known(header: str, field: str) -> None:
    named = field_named(header)
    assert named is not None
    assert named[0] == field


@pytest.mark.parametrize("header", ["email note", "name of dog", "メール配信停止理由", ""])
def test_a_part_of_a_header_is_no_match(header: str) -> None:
    assert field_named(header) is None


def test_no_two_fields_share_a_name() -> None:
    owner: dict[str, str] = {}
    for column in COLUMNS:
        for name in (*column.names, *column.weak_names):
            assert owner.setdefault(name, column.field) == column.field, name


@pytest.mark.parametrize(
    "header",
    ["Password", "PASSWD", "pass_word", "user pwd", "パスワード", "ログインパスワード", "暗証番号",
     "hashed_password", "PasswordHash", "passphrase", "ＰＡＳＳＷＯＲＤ", "PIN", "密码"],
)  # fmt: skip
def test_a_password_is_known_by_its_name(header: str) -> None:
    assert is_password_header(header)
    assert guess([header]) == {}


@pytest.mark.parametrize("header", ["PIN code", "パスポート番号", "passport", "hashtags", "compass",
                                    "メールアドレス", "spinning", "secretary"])  # fmt: skip
def test_what_only_sounds_alike_is_no_password(header: str) -> None:
    assert not is_password_header(header)


@pytest.mark.parametrize(
    "value",
    ["$2b$12$KIXQ1bB5vZ8a9z0c", "$argon2id$v=19$m=65536,t=3,p=4$abc", "{SSHA}0c0blFTXXNuAMHECS4",
     "5f4dcc3b5aa765d61d8327deb882cf99", "pbkdf2_sha256$600000$abc$defghijk"],
)  # fmt: skip
def test_a_hash_is_known_by_its_shape_under_any_name(value: str) -> None:
    assert password_columns(["email", "note"], [["a@example.com", value]]) == (1,)


def test_names_in_a_first_row_that_was_taken_for_data_are_seen() -> None:
    assert password_columns(None, [["email", "password"], ["a@example.com", "hunter2"]]) == (1,)
