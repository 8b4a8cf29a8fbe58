"""Bytes and seconds as a person reads them."""

from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from jobscore.web.jinja import _formatted, _money, duration, size


@pytest.fixture
def backend() -> str:
    """Units do not depend on the database."""
    return "sqlite"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1 MB"),
        (1_234_567_890, "1.2 GB"),
        (5_000_000_000_000_000, "5,000 TB"),
    ],
)
def test_bytes_stand_in_the_unit_that_suits_them(app: Flask, value: int, shown: str) -> None:
    with app.test_request_context():
        assert size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0.0, "0 ms"),
        (0.00241, "2.41 ms"),
        (0.0417, "41.7 ms"),
        (0.939, "939 ms"),
        (1.5, "1.5 s"),
        (83.25, "83.2 s"),
        (4000.4, "4,000 s"),
    ],
)
def test_seconds_have_about_three_digits(app: Flask, value: float, shown: str) -> None:
    with app.test_request_context():
        assert duration(value) == shown


@given(
    st.decimals(0, 10**16, places=2) | st.integers(0, 10**16).map(Decimal),
    st.sampled_from(["JPY", "USD", "EUR", "CHF", "INR", "XAU", "???"]),
    st.sampled_from(["en", "ja", "de", "hi"]),
)
def test_amounts_put_between_their_signs_read_as_babel_writes_them(
    amount: Decimal, currency: str, locale: str
) -> None:
    assert _money(amount, currency, locale) == _formatted(amount, currency, locale)
