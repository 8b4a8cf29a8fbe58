"""Tokens: what is written the same is found, in Japanese and in words, and nothing else is."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobscore.jobs.search.tokens import (
    BREAK,
    MOST_TOKENS,
    MOST_WORDS,
    holds,
    normalise,
    parse,
    tokenise,
    words,
)

JAPANESE = st.text("営業東京都渋谷区のカフェエンジニアーａＢ猫接客々ヶ", min_size=2, max_size=30)


def finds(search: str, *parts: str) -> bool:
    query = parse(search)
    return bool(query.phrases) and holds(tokenise(*parts), query.phrases)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("営業", "法人営業（正社員）"),
        ("営業職", "営業職を募集します"),
        ("猫", "黒猫"),
        ("猫", "猫カフェ"),
        ("ｶﾌｪ", "渋谷のカフェ"),
        ("渋谷のカフェ", "カフェ店員　東京都渋谷区"),
        ("東京都", "東京都港区"),
        ("京都", "京都府京都市"),
        ("都港", "東京都港区"),
        ("ITエンジニア", "Web/ITエンジニア"),
        ("エンジニアIT", "エンジニアIT"),
        ("engineers", "Senior Engineer"),
        ("Engineer", "ENGINEERS wanted"),
        ("companies", "a company"),
        ("cafe", "Café Crème"),
        ("full time", "Full-time"),
        ("full-time", "full time"),
        ("c++", "C++/Java"),
        ("C#", "we use C# here"),
        ("1,200円", "時給1,200円以上"),
    ],
)
def test_a_search_finds_what_is_written_so(search: str, text: str) -> None:
    assert finds(search, text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("京都", "東京都港区"),
        ("業営", "営業"),
        ("営職", "営業職"),
        ("eng", "engineer"),
        ("c", "c++"),
        ("java", "javascript"),
        ("time-full", "full time"),
        ("猫", "犬カフェ"),
    ],
)
def test_a_search_does_not_find_what_only_looks_like_it(search: str, text: str) -> None:
    assert not finds(search, text)


def test_a_phrase_does_not_reach_from_one_part_into_the_next() -> None:
    assert finds("営業", "法人営業")
    assert not finds("営業", "法人営", "業務")
    assert not finds("full-time", "full", "time")


@given(JAPANESE, st.data())
def test_every_piece_of_two_characters_or_more_finds_its_text(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 2, len(text)))
    piece = text[start:end]
    plain = normalise(text)
    # no Kyoto: what begins inside of 東京都; and Latin words are found whole
    assume(not any(text[at : at + 3] == "東京都" for at in (start - 1, end - 2)))
    assume(not any(c.isascii() for c in plain))
    query = parse(piece)
    assume(query.phrases)
    assert holds(tokenise(text), query.phrases)


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_word_finds_the_text_that_it_was_taken_from(before: str, after: str) -> None:
    text = f"{before} python 看護師 {after}"
    assert finds("python", text) == ("python" in tokenise(text).split(" "))
    assert finds("看護師", text)


@given(st.text(max_size=200))
def test_tokens_hold_nothing_that_a_database_reads_as_a_sign(text: str) -> None:
    document = tokenise(text)
    tokens = document.split(" ") if document else []
    assert len(tokens) <= MOST_TOKENS
    for token in tokens:
        assert token
        assert token == BREAK or not set(token) & set("'\"\\:*()&|!<>- \t\n\x00")
        assert all(not c.isspace() for c in token)
    for phrase in parse(text).phrases:
        assert all(token and BREAK not in token for token in phrase.tokens)


@given(st.text(max_size=80))
def test_any_text_is_read_as_few_words_without_spaces(text: str) -> None:
    found = words(text)
    assert len(found) <= MOST_WORDS
    assert all(word and not word.isspace() for word in found)


@given(st.text(max_size=80))
def test_normal_text_stays_as_it_is(text: str) -> None:
    assume("\u0345" not in unicodedata.normalize("NFD", text))
    once = normalise(text)
    assume(once == normalise(once))  # NFKC of a folded text may fold once more; rare scripts only
    assert tokenise(once) == tokenise(text)


def test_a_single_kana_stands_in_every_posting_so_it_asks_for_titles_only() -> None:
    assert parse("の").titles == ("の",)
    assert parse("の 猫").titles == ()
    assert [p.tokens for p in parse("の 猫").phrases] == [("猫",)]


def test_signs_alone_ask_for_something_that_nothing_holds() -> None:
    query = parse("★ !")
    assert not query.is_empty
    assert not query.phrases
    assert parse("  ").is_empty


def test_a_very_long_posting_is_cut() -> None:
    assert len(tokenise("あ" * 50_000).split(" ")) == MOST_TOKENS
