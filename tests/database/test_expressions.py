"""One spelling for the SQL that two databases give back in their own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.database.drift.expressions import canonical

SAME = {
    "casts": ("total <= 100", "(total <= (100)::double precision)"),
    "a chain": (
        "a >= 0 AND a <= 100 AND b > 0",
        "(((a >= (0)::double precision) AND (a <= (100)::numeric(14,2))) AND (b > 0))",
    ),
    "in": (
        "kind IN ('a', 'b')",
        "((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    ),
    "in, newer": ("kind IN ('a','b')", "(kind = ANY (ARRAY['a'::text, 'b'::text]))"),
    "not in": ("k NOT IN (1, 2)", "(k <> ALL (ARRAY[1, 2]))"),
    "one of one": ("kind IN ('a')", "((kind)::text = 'a'::text)"),
    "between": ("x BETWEEN 1 AND 2", "((x >= 1) AND (x <= 2))"),
    "null": ("undone_at IS NOT NULL", "(undone_at is  not null)"),
    "now": ("CURRENT_TIMESTAMP", "now()"),
    "a quoted name": ('"jobs"."salary" >= 0', "salary >= 0"),
    "a number in quotes with a cast": ("100", "'100'::smallint"),
    "a negative number": ("-1", "'-1'::integer"),
    "or inside and": ("(a OR b) AND c", "((a OR b) AND c)"),
    "cast": ("lower(email)", "lower((email)::text)"),
    "standard cast": ("CAST(x AS TEXT) = 'y'", "((x)::text = 'y'::text)"),
    "like": ("a LIKE 'x%'", "((a)::text ~~ 'x%'::text)"),
    "not": ("NOT a", "(NOT a)"),
    "a comment": ("a /* the sum */ > 1 -- and so on", "a > 1"),
    "what is not an expression": ("CASE WHEN a::int THEN 1 END", "case when A then 1 end"),
}
OTHER = {
    "grouping": ("(a OR b) AND c", "a OR b AND c"),
    "text keeps its case": ("a = 'X'", "a = 'x'"),
    "another bound": ("a <= 100", "a <= 10"),
    "strictness": ("a <= 100", "a < 100"),
    "minus binds": ("a - (b - c)", "a - b - c"),
    "a value less": ("a IN ('x', 'y')", "a IN ('x')"),
    "and, or": ("a AND b", "a OR b"),
    "not": ("a IS NULL", "a IS NOT NULL"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_two_spellings_of_the_same(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=list(OTHER))
def test_two_meanings_stay_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, st.sampled_from(["AND", "OR", "=", "<", "+", "-", "*"]), inner)
    return two.map(lambda p: f"({p[0]} {p[1]} {p[2]})") | inner.map(lambda p: f"(NOT {p})")


@given(st.recursive(st.sampled_from(["a", "b", "1", "'x'"]), _grown, max_leaves=8))
def test_the_canonical_spelling_is_its_own(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert canonical(f"(({text}))") == once


_WORDS = st.sampled_from(["a", "1", "'x'", "::", "(", ")", "[", "]", "not", "in", "is", "between"])


@given(st.text(max_size=40) | st.lists(_WORDS, max_size=12).map(" ".join))
def test_any_text_has_a_canonical_spelling(text: str) -> None:
    assert isinstance(canonical(text), str)
