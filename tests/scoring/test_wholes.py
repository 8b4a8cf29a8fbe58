"""A whole text of a person against whole postings: at least as good as BM25 over words.

The pairs are written for this test: a CV and the posting that it fits, among postings of other
work in the same style.
"""

import math
from collections import Counter

import numpy as np
import pytest

from jobscore.scoring import quality, terms, wholes
from jobscore.scoring.titles import is_run, tokens

ENGLISH = [
    (
        "I baked bread and pastries for nine years, from mixing dough before dawn to shaping "
        "loaves, keeping the ovens and training two apprentices.",
        "Our shop opens at seven, so your day begins at three: mixing, shaping and proving, then "
        "loading the ovens. You know sourdough and laminated dough and keep the bench clean.",
    ),
    (
        "Kept the books of three small firms: invoices, bank reconciliation, VAT returns, payroll "
        "for forty people and the papers for the yearly audit.",
        "You reconcile accounts, prepare the monthly closing and VAT returns, chase late invoices "
        "and answer the auditor. Payroll is run with an outside firm.",
    ),
    (
        "Drove articulated lorries across the Alps, secured mixed loads, kept tachograph records "
        "and did small repairs on the road.",
        "Night tours with articulated lorries between depots. You secure the load, keep the "
        "tachograph in order and report damage to the workshop.",
    ),
    (
        "Nursed patients on a surgical ward: wound dressing, infusions, handover at night, and "
        "guidance for students in their first placement.",
        "On our ward of twenty beds you care for patients before and after surgery, give "
        "infusions, dress wounds and write the handover for the next shift.",
    ),
    (
        "Built web services in Python and PostgreSQL, wrote tests and migrations, took my turn on "
        "call and cut the slowest queries to a tenth.",
        "You maintain services written in Python, look after PostgreSQL schemas and migrations, "
        "review code, and share the on call duty with four colleagues.",
    ),
    (
        "Looked after gardens of hotels: pruning hedges, laying turf, irrigation, and planning "
        "beds that flower from March to November.",
        "We plant and prune public parks. You lay turf, repair irrigation, plan flower beds and "
        "drive the small tractor between sites.",
    ),
]
JAPANESE = [
    (
        "居酒屋で五年間、仕込みから焼き場までを担当しました。発注と在庫の管理、新人の指導も行いました。",
        "駅前の和食店です。仕込み、焼き物と揚げ物の調理、食材の発注をお任せします。将来は店長候補です。",
    ),
    (
        "特別養護老人ホームで入浴や食事の介助、夜勤の見守り、記録の作成を担当していました。",
        "入居者の方の食事や入浴の介助、レクリエーションの企画をお願いします。夜勤は月に四回ほどです。",
    ),
    (
        "倉庫でフォークリフトを運転し、入出荷の検品と棚卸しを任されていました。",
        "物流センターでの検品と梱包、フォークリフトによる荷物の移動です。棚卸しは月末に行います。",
    ),
    (
        "小学生向けの学習塾で算数と国語を教え、保護者面談と時間割の作成も受け持ちました。",
        "小学生と中学生に算数や数学を教える講師です。保護者の方との面談、教材の準備もお願いします。",
    ),
    (
        "法人営業として新規の顧客を訪問し、見積書の作成から契約、納品後のフォローまで行いました。",
        "既存のお客様を訪問し、ご要望を伺って見積書と提案書を作ります。新規開拓の営業もあります。",
    ),
    (
        "美容室でカットとカラーを担当し、指名のお客様が月に百名を超えていました。",
        "カット、カラー、パーマの施術です。指名制度があり、練習会でお互いの技術を高めています。",
    ),
]


def bm25(postings, text):
    """Plain BM25 over words, over pairs of characters in Japanese."""

    def words(given):
        found = []
        for word in tokens(given):
            pairs_of = [word[i : i + 2] for i in range(len(word) - 1)]
            found += pairs_of if is_run(word) else [word]
        return found

    held = [Counter(words(posting)) for posting in postings]
    mean = sum(c.total() for c in held) / len(held)
    found = []
    for counts in held:
        score = 0.0
        for word, times in Counter(words(text)).items():
            df = sum(word in c for c in held)
            idf = math.log(1 + (len(held) - df + 0.5) / (df + 0.5))
            length = 0.25 + 0.75 * counts.total() / mean
            score += times * idf * counts[word] * 2.2 / (counts[word] + 1.2 * length)
        found.append(score)
    return found


def reciprocal_rank(points, at):
    return 1 / sum(p >= points[at] for p in points)


@pytest.mark.parametrize("pairs", [ENGLISH, JAPANESE, ENGLISH + JAPANESE])
def test_a_cv_finds_its_posting_at_least_as_well_as_bm25_over_words(pairs):
    postings = [posting for _, posting in pairs]
    jobs = [{"id": str(n), "title": "", "text": text} for n, text in enumerate(postings)]
    scorer = quality.Scorer()
    scorer.prepare(jobs)
    ours = [
        reciprocal_rank(scorer({"text": cv}, jobs).tolist(), n) for n, (cv, _) in enumerate(pairs)
    ]
    plain = [reciprocal_rank(bm25(postings, cv), n) for n, (cv, _) in enumerate(pairs)]
    assert sum(ours) >= sum(plain)
    assert sum(ours) / len(ours) > 0.9


def test_a_posting_is_wholly_like_itself_and_terms_are_counted():
    index = wholes.build_wholes([("Nurse", "nurse nurse night"), ("", "baker"), ("", "")])
    assert index.likeness("Nurse\nnurse nurse night")[0] >= 9_990
    assert index.likeness("nurse")[1:].tolist() == [0, 0]
    assert index.likeness("").tolist() == [0, 0, 0]


def test_titles_stay_when_a_posting_has_no_more_than_a_lead():
    short, whole = (
        {"id": "a", "title": "Nurse", "text": "We need a baker."},
        {
            "id": "b",
            "title": "Nurse",
            "text": "We need a baker. " * 20,
        },
    )
    found = quality.Scorer()({"wants": ["Nurse"], "text": "I am a baker."}, [short, whole])
    alone = quality.Scorer()({"wants": ["Nurse"]}, [short, whole])
    assert found[0] == alone[0]
    assert found[1] != alone[1]


def test_terms_of_many_texts_are_those_of_each():
    texts = ["看護師 night nurse", "", "night night 看護", "C++ 看"] * 3_000
    found = terms.invert(texts)
    expected = [Counter(terms.all_terms(tokens(text))) for text in texts[:4]]
    names = {number: term for term, number in found.term_ids.items()}
    seen = [Counter() for _ in texts]
    spans = zip(found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True)
    for number, (start, stop) in enumerate(spans):
        rows = found.rows[start:stop].tolist()
        assert rows == sorted(rows)
        for row, count in zip(rows, found.counts[start:stop].tolist(), strict=True):
            seen[row][names[number]] = count
    assert seen == expected * 3_000
    assert np.diff(found.starts).min() > 0
