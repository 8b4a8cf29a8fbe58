"""The skills part: which title, which words, and of what its points are made."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.matching import reasons
from jobscore.matching.reasons import Message, Posting, Source
from jobscore.matching.reasons.work import shared_words
from jobscore.scoring import engine, popularity, titles
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobRow, Profile
from jobscore.scoring.policy import FIRST, LATEST, Component
from tests.scoring.worlds import profiles, worlds


def words_of(profile, title, text="", policy=LATEST, others=()):
    rows = [JobRow(id=1, title=title, text=text), *others]
    jobs = build_jobs(rows, policy=policy)
    at = jobs.position(1)
    return reasons.work_messages(profile, jobs, at, policy, Posting(title, text))


def test_the_closest_title_is_named_with_the_words_in_common():
    person = Profile(user_id=1, wanted_titles=("Welder", "Night nurses"), held_titles=("Cook",))
    assert words_of(person, "Nurse (night shift)") == [
        Message("title_wanted", {"title": "Night nurses", "words": ["Nurse", "night"]})
    ]


def test_a_held_and_a_seen_title_are_named_as_what_they_are():
    held = Profile(user_id=1, wanted_titles=("溶接工",), held_titles=("訪問看護師",))
    assert words_of(held, "看護師【夜勤】") == [
        Message("title_held", {"title": "訪問看護師", "words": ["看護師"]})
    ]
    seen = Profile(user_id=1, seen_titles=("Nurse",))
    assert words_of(seen, "Nurse")[0].id == "title_seen"


def test_titles_that_agree_only_in_parts_of_words_say_so():
    person = Profile(user_id=1, wanted_titles=("Nursery teacher",))
    assert words_of(person, "Nurse") == [
        Message("title_wanted", {"title": "Nursery teacher", "words": ["Nurse"]})
    ]
    person = Profile(user_id=1, wanted_titles=("Nursing",))
    assert words_of(person, "Nunsery")[0].id == "title_wanted_parts"
    assert words_of(Profile(user_id=1, wanted_titles=("xyz",)), "Nurse") == []


def test_words_of_the_first_lines_are_quoted_where_they_bring_the_job_closer():
    person = Profile(user_id=1, wanted_titles=("看護師", "Night nurse"))
    text = "病院で看護師として働く。NIGHT shifts."
    others = [JobRow(id=2, title="Cook", text="Cook.")]
    assert words_of(person, "スタッフ募集", text, others=others) == [
        Message("lead_names", {"words": ["看護師", "NIGHT"]})
    ]
    assert words_of(person, "スタッフ募集", text, FIRST, others) == []


def test_words_behind_the_first_lines_are_not_quoted():
    person = Profile(user_id=1, wanted_titles=("Nurse",))
    text = "Welcome to our house. " * 6 + "We need a nurse."
    assert len(text) > 120
    assert words_of(person, "Staff", text) == []
    both = Profile(user_id=1, wanted_titles=("House nurse",))
    others = [JobRow(id=2, title="Cook", text="Cook.")]
    assert words_of(both, "Staff", text, others=others) == [
        Message("lead_names", {"words": ["house"]})
    ]


def test_shared_words_are_written_as_in_the_text_each_once():
    assert shared_words(titles.tokens("c++ developer"), "C++, C and C++ Developers") == ["C++"]
    assert shared_words(titles.tokens("c++ developer"), "Developers", stems=True) == ["Developers"]
    assert shared_words(titles.tokens("ﾎｰﾙスタッフ"), "急募！ホールのスタッフ") == [
        "ホール",
        "スタッフ",
    ]
    assert shared_words(titles.tokens("店長"), "店の長") == []


@settings(max_examples=300, deadline=None)
@given(profiles(), worlds(), st.data())
def test_the_sources_add_up_exactly_to_what_the_part_gives(profile, world, data):
    rows, _, jobs, policy = world
    position = data.draw(st.integers(0, len(jobs) - 1))
    share = data.draw(st.integers(0, 60))
    found = reasons.sources(profile, jobs, position, policy, share)
    points = engine.judge(profile, jobs, policy).points[Component.SKILL_MATCH][position]
    assert sum(found.values()) == (share if points > 0 else 0)
    assert not profile.skills or points <= 0 or found
    row = next(row for row in rows if row.id == jobs.ids[position])
    if not policy.parameters.text_share or not row.text.strip():
        assert Source.LEAD not in found
    if not profile.skills:
        assert Source.SKILLS not in found
    if not profile.text.strip() or not policy.parameters.cv_share:
        assert Source.OWN_TEXT not in found
    if not popularity.helps(profile, policy):
        assert Source.POPULARITY not in found
    if not profile.title_words():
        assert not {Source.TITLES, Source.LEAD} & set(found)
    said = reasons.work_messages(
        profile, jobs, position, policy, Posting(row.title, row.text, None)
    )
    for message in said:
        if message.id == "lead_names":
            assert all(word.casefold() in row.text.casefold() for word in message.numbers["words"])


def test_skills_titles_and_first_lines_share_the_points_of_the_part():
    person = Profile(user_id=1, wanted_titles=("Night nurse",), skills={7: 3})
    rows = [
        JobRow(id=1, title="Nurse", text="Night shifts in a small ward."),
        JobRow(id=2, title="Cook", text="Cook for us."),
    ]
    jobs = build_jobs(rows, asks=[Ask(1, 7), Ask(1, 8)], policy=LATEST)
    found = reasons.sources(person, jobs, jobs.position(1), LATEST, 24)
    assert list(found) == [Source.SKILLS, Source.TITLES, Source.LEAD]
    assert sum(found.values()) == 24
    assert min(found.values()) > 0
