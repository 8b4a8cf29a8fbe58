"""The share of a title's terms that stand in a posting."""

import pickle

from jobscore.scoring import texts, titles
from jobscore.scoring.building import build_jobs
from jobscore.scoring.components import skill_match
from jobscore.scoring.frames import JobRow, Profile
from jobscore.scoring.policy import FIRST, LATEST

POSTINGS = [("夜間スタッフ", "病院で看護師として働く"), ("Driver", "Night shifts"), ("Nurse", " ")]


def test_the_example_of_texts():
    index, group = texts.build_texts(POSTINGS)
    assert group.tolist() == [0, 1, 2]
    assert index.count == 2
    assert index.coverage(titles.tokens("Night nurse")).tolist() == [0, 2_693, 0]


def test_a_wish_that_stands_whole_in_a_posting_is_covered_whole():
    index, _ = texts.build_texts(POSTINGS)
    assert index.coverage(titles.tokens("看護師"))[0] == 10_000
    assert index.coverage(titles.tokens("driver"))[1] == 10_000
    assert index.coverage(())[0] == 0


def test_only_the_beginning_of_a_text_is_read():
    late = "x " * texts.LEAD + "nurse"
    index, _ = texts.build_texts([("Work", late), ("Work", "y")])
    assert index.coverage(("nurse",)).tolist() == [0, 0, 0]


def test_a_text_brings_a_job_closer_and_never_farther():
    person = Profile(user_id=1, wanted_titles=("看護師", "Nurse"))
    rows = [JobRow(id=n, title=title, text=text) for n, (title, text) in enumerate(POSTINGS)]
    bare = [JobRow(id=n, title=title) for n, (title, _) in enumerate(POSTINGS)]
    points = [
        skill_match.points(person, build_jobs(given, policy=LATEST), LATEST).tolist()
        for given in (rows, bare)
    ]
    assert points[0][0] > points[1][0]
    assert all(with_text >= alone for with_text, alone in zip(*points, strict=True))


def test_the_first_policy_leaves_texts_unread():
    jobs = build_jobs([JobRow(id=1, title="Work", text="nurse")], policy=FIRST)
    assert jobs.texts.count == 0


def test_an_index_survives_pickling_without_what_it_remembered():
    index, _ = texts.build_texts(POSTINGS)
    before = index.coverage(("driver",)).tolist()
    assert pickle.loads(pickle.dumps(index)).coverage(("driver",)).tolist() == before
