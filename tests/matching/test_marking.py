"""Marks never overlap, and a text cut at its marks is the same text, letter for letter."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from jobscore.matching.marking import Kind, Mark, Words, find_pay, find_words, find_years, settle
from jobscore.matching.marking import pieces as cut

numbers = st.integers(-3, 30)
marks = st.lists(
    st.builds(Mark, numbers, numbers, st.sampled_from(Kind), st.sampled_from(["a", "b"]))
)
texts = st.text(st.sampled_from("a b<>&\"'漢字かな１２3,円\n") | st.characters(), max_size=25)


@given(texts, marks)
def test_the_pieces_joined_are_the_text(text, found):
    assert "".join(piece.text for piece in cut(text, found)) == text


@given(texts, marks)
def test_marks_never_overlap_and_lie_within_the_text(text, found):
    settled = settle(found, len(text))
    ends = [0, *(mark.end for mark in settled)]
    assert all(0 <= mark.start < mark.end <= len(text) for mark in settled)
    assert all(mark.start >= end for mark, end in zip(settled, ends, strict=False))
    assert set(settled) <= set(found)


@given(texts, marks)
def test_a_piece_with_a_mark_is_what_was_marked_and_none_is_empty(text, found):
    for piece in cut(text, found):
        assert piece.text
        if piece.mark:
            assert text[piece.mark.start : piece.mark.end] == piece.text


@given(texts, marks)
def test_every_mark_that_fits_is_kept_or_stands_behind_an_earlier_one(text, found):
    settled = settle(found, len(text))
    for mark in found:
        if 0 <= mark.start < mark.end <= len(text):
            assert any(s.start < mark.end and mark.start < s.end for s in settled)


@given(texts, marks)
def test_written_by_the_template_no_letter_of_a_posting_becomes_markup(text, found):
    template = Environment(autoescape=True).from_string(
        "{% for p in pieces %}{% if p.mark %}<mark>{{ p.text }}</mark>{% else %}{{ p.text }}"
        "{% endif %}{% endfor %}"
    )
    html = template.render(pieces=cut(text, found))
    bare = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare
    assert html.count("<mark>") == sum(piece.mark is not None for piece in cut(text, found))


@given(texts, st.text(max_size=8))
def test_words_are_found_only_where_they_stand(text, words):
    for mark in find_words(text, Words(Kind.LOCATION, "place", [words])):
        found = " ".join(text[mark.start : mark.end].split())
        assert found.casefold() == " ".join(words.split()).casefold()


def shown(text, found):
    return [text[mark.start : mark.end] for mark in settle(found, len(text))]


@pytest.mark.parametrize(
    ("text", "amount", "expected"),
    [
        ("時給1200円から", "1200", ["時給1200円"]),
        ("時給：１，２００円", "1200", ["時給：１，２００円"]),
        ("月給25万円以上", "250000", ["月給25万円"]),
        ("月給250,000円", "250000.00", ["月給250,000円"]),
        ("Pay: $1,200 per week", "1200", ["$1,200 per"]),
        ("$90k or more", "90000", ["$90k"]),
        ("1200 people, since 1200", "1200", []),
        ("11200円", "1200", []),
        ("12000円", "1200", []),
        ("$1,200,000", "1200", []),
    ],
)
def test_pay_is_found_in_the_ways_people_write_it(text, amount, expected):
    assert shown(text, find_pay(text, [Decimal(amount), None])) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("実務経験3年以上の方", ["3年以上"]),
        ("実務経験３年以上", ["３年以上"]),
        ("3+ years of Python", ["3+ years"]),
        ("at least 3 years", ["3 years"]),
        ("3-8 years, 3〜5年程度", ["3-8 years", "3〜5年程度"]),
        ("平成3年設立、13年以上続く店", []),
    ],
)
def test_years_are_found_where_they_are_asked_for(text, expected):
    assert shown(text, find_years(text, [3, None])) == expected


def test_latin_words_are_found_whole_and_japanese_ones_anywhere():
    assert shown("Going to Go, GO!", find_words("Going to Go, GO!", place("Go"))) == ["Go", "GO"]
    assert shown("東京都新宿区内", find_words("東京都新宿区内", place("新宿区"))) == ["新宿区"]


def place(words):
    return Words(Kind.LOCATION, "place", [words])
