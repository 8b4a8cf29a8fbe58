"""Two postings are compared in one form; what is sure is right, what is not is asked."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.jobs.duplicates import candidates, grouping, similarity
from jobscore.jobs.duplicates.similarity import Kinship, Posting, Rule
from tests.jobs import altered

TEXT = (
    "駅から徒歩三分の明るいカフェで、ホールとレジをお願いします。未経験の方も先輩がていねいに教えます。"
    "シフトは週二日から、学生の方もたくさん活躍しています。まかない付きで、交通費も全額支給します。"
)
ONE = Posting(
    job_id=1, source="a", external_id="x1", url="", title="ホールスタッフ",
    company="株式会社あおぞら",
    location="東京都渋谷区", place_id=5, text=TEXT, pay=("1200", "1200", "hour", "JPY"),
)  # fmt: skip
OTHER = replace(ONE, job_id=2, source="b", external_id="y2")


def judge(one: Posting, other: Posting) -> similarity.Judgement:
    likeness = similarity.likeness(similarity.shingles(one.text), similarity.shingles(other.text))
    return similarity.judge(one, other, likeness)


@pytest.mark.parametrize(
    "name",
    ["株式会社あおぞら", "あおぞら（株）", "(株)あおぞら", "あおぞら 株式会社", "㈱あおぞら"],
)
def test_a_company_is_known_whatever_its_form(name: str) -> None:
    assert similarity.company_form(name) == "あおぞら"


@pytest.mark.parametrize(
    "name", ["Acme", "ACME, Inc.", "Acme Ltd", "acme corp.", "Acme  Co., Ltd.", "Ａｃｍｅ LLC"]
)
def test_an_english_company_too(name: str) -> None:
    assert similarity.company_form(name) == "acme"


def test_a_company_of_nothing_but_its_form_keeps_it() -> None:
    assert similarity.company_form("Limited") == "limited"
    assert similarity.company_form("Cosmos") == "cosmos"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/jobs/1",
        "http://www.example.com/jobs/1/",
        "https://EXAMPLE.com/jobs/1?utm_source=x&gclid=1#apply",
        "https://example.com/jobs/1?ref=feed",
    ],
)
def test_an_address_is_known_whatever_follows_it(url: str) -> None:
    assert similarity.url_form(url) == "example.com/jobs/1"


def test_what_tells_pages_apart_stays() -> None:
    assert similarity.url_form("https://e.com/j?id=1") != similarity.url_form(
        "https://e.com/j?id=2"
    )
    assert similarity.url_form("https://example.com/") == ""
    assert similarity.url_form("javascript:alert(1)") == ""


def test_titles_lose_what_boards_put_around_them() -> None:
    assert similarity.title_form("【急募】ホール スタッフ★") == similarity.title_form(
        "ホールスタッフ"
    )
    assert similarity.title_form("【急募】") != ""


@pytest.mark.parametrize(
    ("change", "kinship", "rule"),
    [
        ({}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"company": "あおぞら（株）"}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"text": TEXT[:50]}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"text": ""}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"location": "渋谷区", "place_id": None}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"pay": ("1300", "1300", "hour", "JPY")}, Kinship.UNSURE, Rule.TITLE_COMPANY_PLACE),
        ({"pay": None}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"location": "大阪市", "place_id": 9}, Kinship.NONE, None),
        ({"title": "カフェ店員"}, Kinship.UNSURE, Rule.TEXT),
        ({"company": "別の会社"}, Kinship.UNSURE, Rule.TEXT),
        ({"title": "調理", "text": "x" + TEXT[::-1]}, Kinship.NONE, None),
        ({"text": TEXT[::-1]}, Kinship.NONE, Rule.TITLE_COMPANY_PLACE),
        ({"source": "a", "external_id": "x2"}, Kinship.SURE, Rule.TITLE_COMPANY_PLACE),
        ({"source": "a", "text": TEXT[:50]}, Kinship.NONE, Rule.TITLE_COMPANY_PLACE),
        ({"source": "a", "title": "調理"}, Kinship.NONE, Rule.TEXT),
    ],
    ids=str,
)
def test_what_is_judged(change: dict[str, object], kinship: Kinship, rule: Rule | None) -> None:
    found = judge(ONE, replace(OTHER, **change))
    assert (found.kinship, found.rule) == (kinship, rule)


def test_the_employers_number_counts_first() -> None:
    one = replace(ONE, external_id="REQ-2041")
    other = replace(OTHER, external_id="REQ-2041", title="カフェ店員")
    assert judge(one, other).rule is Rule.SOURCE_ID
    assert judge(one, other).kinship is Kinship.SURE
    stranger = replace(other, company="別の会社", text=TEXT[::-1])
    assert judge(one, stranger).kinship is Kinship.NONE


def test_the_address_counts_next() -> None:
    one = replace(ONE, url="https://e.com/jobs/1")
    other = replace(OTHER, url="http://www.e.com/jobs/1/?utm_source=b", location="")
    assert (judge(one, other).rule, judge(one, other).kinship) == (Rule.URL, Kinship.SURE)
    assert judge(one, replace(other, text=TEXT[::-1], title="調理")).kinship is Kinship.NONE


def test_unstated_companies_are_not_the_same_company() -> None:
    one, other = replace(ONE, company=""), replace(OTHER, company="")
    assert judge(one, other).rule is not Rule.TITLE_COMPANY_PLACE


def test_what_differs_is_named() -> None:
    other = replace(OTHER, title="調理", pay=("1", "2", "hour", "JPY"), text=TEXT + "追記")
    assert judge(ONE, other).differs == ("title", "pay", "text")


@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    a, b = similarity.shingles(one), similarity.shingles(other)
    found = similarity.likeness(a, b)
    assert found == similarity.likeness(b, a)
    assert found is None or 0 <= found <= 1
    whole = similarity.likeness(a, a)
    assert whole is None or whole == 1.0


@given(st.text(min_size=80, max_size=400))
def test_a_signature_is_always_the_same_and_agrees_with_itself(text: str) -> None:
    first = similarity.signature(similarity.shingles(text))
    second = similarity.signature(similarity.shingles(text))
    if first is None or second is None:
        assert first is second
    else:
        assert similarity.estimate(first, np.array([second])).tolist() == [1.0]


def test_signatures_estimate_the_share_of_common_shingles() -> None:
    """The estimate of 64 numbers has a standard error of about 0.06."""
    errors = []
    for case in list(altered.cases(altered.sample(240)))[:200]:
        a, b = similarity.shingles(case.one.text), similarity.shingles(case.other.text)
        mine, theirs = similarity.signature(a), similarity.signature(b)
        if mine is not None and theirs is not None:
            common = len(np.intersect1d(a, b))
            exact = common / (len(a) + len(b) - common)
            errors.append(float(similarity.estimate(mine, np.array([theirs]))[0]) - exact)
    assert abs(float(np.mean(errors))) < 0.02
    assert float(np.std(errors)) < 0.08


def test_of_altered_postings_what_is_sure_is_right_and_little_is_missed() -> None:
    """The figures of docs/imports.md, on a smaller sample: found through the index, then judged."""
    base = altered.sample(1_200)
    cases = list(altered.cases(base))
    everything = base + [case.other for case in cases]
    rows = []
    for posting in everything:
        found = similarity.keys(posting)
        data = None if found.signature is None else found.signature.tobytes()
        rows.append(
            (posting.job_id, posting.source, posting.place_id, found.id_key, found.url_key,
             found.text_key, found.company_key, data, posting.source == "a")
        )  # fmt: skip
    index = candidates.build(rows)
    met = candidates.Finder(index).pairs(np.flatnonzero(index.is_new).tolist())
    judged = {
        (everything[a].job_id, everything[b].job_id): judge(everything[a], everything[b]).kinship
        for a, b in met
    }
    same = {(case.one.job_id, case.other.job_id) for case in cases if case.is_same}
    sure = {pair for pair, kinship in judged.items() if kinship is Kinship.SURE}
    shown = {pair for pair, kinship in judged.items() if kinship is not Kinship.NONE}
    assert len(sure - same) <= 0.002 * len(sure)
    assert len(sure & same) >= 0.97 * len(same)
    assert len(shown & same) >= 0.99 * len(same)
    assert len(shown - same) <= 0.03 * len(everything)


def test_a_number_that_everybody_has_names_nobody() -> None:
    rows = [(n, f"s{n}", None, None, 7, None, None, None, False) for n in range(60)]
    finder = candidates.Finder(candidates.build(rows))
    assert finder.pairs(range(60)) == []
    few = candidates.Finder(candidates.build(rows[:3]))
    assert few.pairs([0]) == [(0, 1), (0, 2)]


def test_groups_are_named_by_their_smallest_job() -> None:
    assert grouping.groups([(5, 3), (8, 9), (3, 8)], []) == dict.fromkeys((3, 5, 8, 9), 3)


def test_a_chain_does_not_join_what_a_person_parted() -> None:
    assert grouping.groups([(1, 2), (2, 3)], [(1, 3)]) == {1: 1, 2: 1}
    assert grouping.groups([(2, 3), (1, 2)], [(1, 3)]) == {2: 2, 3: 2}


_job = st.integers(1, 12)
_pairs = st.lists(st.tuples(_job, _job).filter(lambda p: p[0] < p[1]), max_size=30, unique=True)


@given(_pairs, _pairs)
def test_groups_never_hold_what_is_different(
    same: list[tuple[int, int]], different: list[tuple[int, int]]
) -> None:
    found = grouping.groups(same, different)
    for a, b in different:
        assert a not in found or found[a] != found.get(b)
    for job, head in found.items():
        assert found[head] == head <= job
        assert sum(1 for other in found.values() if other == head) > 1
