"""Another spelling: one slip is forgiven, a known word is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.jobs.search.spelling import Names, Speller, slips

SPELLER = Speller(["Senior Engineer", "カフェスタッフ", "看護師", "Nurse", "訪問看護師", "Python"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("enginer", "engineer"),
        ("engineeer", "engineer"),
        ("enigneer", "engineer"),
        ("pyhton", "python"),
        ("nurce", "nurse"),
        ("カフェスタツフ", "カフェスタッフ"),
        ("訪問看護帥", "訪問看護師"),
    ],
)
def test_a_slip_is_mended(typed: str, meant: str) -> None:
    assert SPELLER.nearest(typed) == meant


@pytest.mark.parametrize("typed", ["zzzz", "astronaut", "", "x" * 500, "eng"])
def test_what_is_far_from_every_word_is_left_alone(typed: str) -> None:
    assert SPELLER.nearest(typed) is None


def test_a_plural_is_known() -> None:
    assert SPELLER.knows("nurses")
    assert SPELLER.knows("nurse")
    assert not SPELLER.knows("nurce")


def spelt_out(one: str, other: str) -> int:
    """Optimal string alignment, as its definition says it."""
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1,
                table[i, j - 1] + 1,
                table[i - 1, j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(other)]


@given(st.text("abc", max_size=7), st.text("abc", max_size=7), st.integers(0, 3))
def test_slips_are_counted_as_the_definition_says(one: str, other: str, most: int) -> None:
    assert slips(one, other, most) == min(spelt_out(one, other), most + 1)


@given(
    st.lists(st.text("abアイ", max_size=4), max_size=20), st.text("abアイ", min_size=1, max_size=2)
)
def test_names_are_found_by_their_beginning(names: list[str], text: str) -> None:
    found = Names((name, 0) for name in names).beginning(text, 100)
    assert sorted(name for name, _ in found) == sorted(n for n in names if n.startswith(text))
