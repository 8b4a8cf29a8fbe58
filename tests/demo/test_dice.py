"""Chance that must fall the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.demo.dice import Dice, Weighted


@given(st.integers(0, 2**32), st.integers(-50, 50), st.integers(0, 50))
def test_a_whole_number_stays_within_its_ends(seed, low, span):
    dice = Dice(seed)
    assert all(low <= dice.whole(low, low + span) <= low + span for _ in range(20))


@given(st.integers(0, 2**32), st.integers(0, 7), st.integers(0, 9))
def test_some_items_are_different_and_keep_their_order(seed, size, count):
    chosen = Dice(seed).some(list(range(size)), count)
    assert len(chosen) == min(size, count)
    assert chosen == sorted(set(chosen))


@pytest.mark.parametrize(("share", "item"), [(0.0, "a"), (0.24, "a"), (0.25, "b"), (0.999, "b")])
def test_heavier_items_cover_more_of_the_range(share, item):
    assert Weighted(["a", "b"], [1, 3]).at(share) == item


def test_the_first_throws_of_a_seed_are_known():
    dice = Dice(1)
    assert [dice.whole(1, 6) for _ in range(8)] == [1, 6, 5, 2, 3, 3, 4, 5]
