"""Title and employer as one vector, taken apart and put together again."""

import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.scoring import heads
from jobscore.scoring.titles import TitleFormula, tokens

TITLES = ["Cashier", "Macy's seasonal cashier", "看護師（夜勤）", "Nurse nurse", "!!!", ""]
EMPLOYERS = ["Macy's", "Home Nursing Inc", "甲社", "", "Cashier"]
JOBS = st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from(EMPLOYERS)), max_size=12)
FORMULAS = st.sampled_from(TitleFormula)


@settings(deadline=None)
@given(JOBS, FORMULAS)
def test_lengths_put_together_are_those_of_the_whole_vector(jobs, formula):
    index, head = heads.build_heads([t for t, _ in jobs], [e for _, e in jobs], formula)
    for (title, employer), number in zip(jobs, head.tolist(), strict=True):
        whole = index.vector(tokens(title)) + index.vector(tokens(employer))
        squared = sum(w * w for w in whole.values())
        assert index.scale[number] == heads.one_over(np.array([squared]))[0]


def test_a_head_is_wholly_like_itself_and_an_employer_brings_it_closer():
    jobs = [("Cashier", "Macy's"), ("Clerk", "Macy's"), ("Clerk", "Acme"), ("Cook", "")]
    index, head = heads.build_heads(
        [t for t, _ in jobs], [e for _, e in jobs], TitleFormula.BALANCED
    )
    wish = heads.Wish(("cashier",), tokens("Macy's"), 100)
    found = (index.likeness([wish])[head] // 100).tolist()
    assert 9_980 <= found[0] <= 10_020
    assert found[0] > found[1] > found[2] == found[3] == 0
    both = index.likeness([wish, wish._replace(percent=50)])[head]
    assert abs(int(both[1]) - found[1] * 150) < 200


def test_the_name_on_many_postings_says_less():
    rare = [("Cook", "Acme"), ("Clerk", "Acme")] + [("Clerk", f"Shop {n}") for n in range(9)]
    common = [("Cook", "Acme")] + [("Clerk", "Acme")] * 5 + [("Clerk", "Shop 1")] * 5
    close = []
    for jobs in (rare, common):
        index, head = heads.build_heads(
            [t for t, _ in jobs], [e for _, e in jobs], TitleFormula.BALANCED
        )
        close.append(index.likeness([heads.Wish(("cook",), ("acme",), 100)])[head[1]])
    assert close[0] > close[1]


def test_an_index_survives_pickling_without_what_it_remembered():
    index, _ = heads.build_heads(["Cashier"], ["Macy's"], TitleFormula.BALANCED)
    wishes = [heads.Wish(("cashier",), (), 50)]
    before = index.likeness(wishes).tolist()
    assert pickle.loads(pickle.dumps(index)).likeness(wishes).tolist() == before
