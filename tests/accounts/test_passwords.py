"""What may be a password, an address, an amount; how passwords are kept."""

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from jobscore.accounts import passwords
from jobscore.accounts.addresses import InvalidEmailError, network_of, normalise_email
from jobscore.accounts.fields import AmountError, parse_amount
from jobscore.accounts.passwords import PasswordProblem, WeakPasswordError


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "いろはにほへとちり",
        "p@ss phr4se",
        "        x y z",
        "🐟🐠🐡🦈🐬🐳🐋🦭",
        "x1" * 3 + "longer",
    ],
)
def test_passwords_of_any_script_are_welcome(password: str) -> None:
    passwords.check(password, ("hanako@example.com", "Hanako"))


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("1234567", PasswordProblem.TOO_SHORT),
        ("あ" * 129, PasswordProblem.TOO_LONG),
        ("Password123", PasswordProblem.COMMON),
        ("ｐａｓｓｗｏｒｄ１２３", PasswordProblem.COMMON),
        ("jobscore2026!", PasswordProblem.COMMON),
        ("abcabcabcabc", PasswordProblem.PATTERN),
        ("cdefghijk", PasswordProblem.PATTERN),
        ("hanako.yamada", PasswordProblem.PERSONAL),
        ("Hanako@Example.com", PasswordProblem.PERSONAL),
        ("山田花子山田花子", PasswordProblem.PERSONAL),
    ],
)
def test_what_thieves_try_first_is_refused(password: str, problem: PasswordProblem) -> None:
    with pytest.raises(WeakPasswordError) as caught:
        passwords.check(password, ("hanako.yamada@example.com", "山田 花子"))
    assert caught.value.problem is problem


def test_only_the_password_fits_its_hash_however_it_was_typed() -> None:
    hashed = passwords.hash_password("ガギグゲゴ passphrase")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(hashed, "ｶﾞｷﾞｸﾞｹﾞｺﾞ ｐａｓｓｐｈｒａｓｅ")
    assert not passwords.verify(hashed, "ガギグゲゴ Passphrase")
    assert not passwords.verify(hashed, "ガギグゲゴ passphrase" + "x" * 500)
    assert not passwords.verify(None, "ガギグゲゴ passphrase")
    assert not passwords.verify("!", "!")
    assert not passwords.needs_rehash(hashed)
    assert passwords.needs_rehash(
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    )


def test_the_list_holds_enough_that_the_rules_would_let_through() -> None:
    assert len(passwords._common()) > 20_000


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Taro@Example.COM ", "taro@example.com"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ。ｃｏｍ", "taro@example.com"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        ("x@日本語.jp", "x@日本語.jp"),
    ],
)
def test_addresses_are_read_as_people_type_them(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@given(st.text(max_size=300))
def test_any_text_is_an_address_that_stays_the_same_or_none(text: str) -> None:
    try:
        address = normalise_email(text)
    except InvalidEmailError:
        return
    assert normalise_email(address) == address
    assert not any(c.isspace() for c in address)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_none(text: str) -> None:
    try:
        amount = parse_amount(text)
    except AmountError:
        return
    assert 0 < amount <= 10_000_000_000


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("1,200", 1200), ("１２００円", 1200), ("350万", 3_500_000), ("80k", 80_000), ("25.50", 25.5)],
)
def test_amounts_are_read_as_people_write_them(typed: str, amount: float) -> None:
    assert float(parse_amount(typed)) == amount


def test_one_household_counts_as_one_visitor() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of(None) == network_of("rubbish")
