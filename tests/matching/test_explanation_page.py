"""The page of one score: marks that lead to the evidence and back, the picture, the history."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from jobscore.accounts.models import Profile
from jobscore.database.transaction import transaction
from jobscore.jobs.models import JobFeature, JobSkill
from jobscore.matching import history, runs, service
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import ScoreHistory
from jobscore.vocabulary.models import Skill
from tests.matching.matches import NOON
from tests.matching.test_runs import posting, start, town
from tests.matching.test_runs import seeker as somebody

__all__ = ["town"]
TEXT = (
    "新宿区の病院です。<script>alert(1)</script> 時給1,500円、食事補助あり。\n看護の経験3年以上。"
)

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database."""
    return request.param


@pytest.fixture
def match(session, town):
    """A person who said all, and a posting that says all, with markup in its words."""
    with transaction():
        user = somebody(session, town)
        profile = session.get(Profile, user)
        profile.pay_min, profile.pay_period, profile.pay_currency = Decimal(1_400), "hour", "JPY"
        profile.years_experience, profile.features = 4, ["meals"]
        job = posting(
            session,
            town,
            location="東京都新宿区",
            description=TEXT,
            requirements="普通自動車免許必須",
            experience_min_years=3,
        )
        session.scalars(select(JobSkill).where(JobSkill.job_id == job)).one().quote = "看護"
        code = "licence:drivers-licence"
        session.add(JobFeature(job_id=job, feature=code, quote="普通自動車免許必須"))
    runs.execute(start())
    session.expire_all()
    return service.matches_on(user)[0]


@pytest.fixture
def page(match, browser):
    return browser(match.user_id).get(f"/matches/{match.id}").text


def test_what_counted_is_marked_where_it_stands(page):
    marked = dict(re.findall(r'<mark class="mark tint--(\w+)"[^>]*><a[^>]*>([^<]*)</a>', page))
    assert marked["salary"] == "時給1,500円"
    assert marked["experience"] == "3年以上"
    assert "新宿区" in marked["location"]
    assert marked["condition"].startswith("普通自動車免許")
    assert re.search(r'tint--skill_match"[^>]*><a[^>]*>看護師</a>', page)


def test_every_mark_leads_to_what_follows_from_it_and_back(page):
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert len(ids) == len(re.findall(r'\bid="([^"]+)"', page))
    backs = re.findall(r'<mark[^>]*><a href="#([^"]+)"', page)
    assert backs
    assert set(backs) <= ids
    there = re.findall(r'href="#(mark-[^"]+)"', page)
    assert {link.split("-")[1] for link in there} >= {"salary", "location", "condition"}
    assert set(there) <= ids


def test_the_words_of_a_posting_never_become_markup(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_picture_is_told_in_words_and_adds_up(page):
    [told] = re.findall(r'class="chart__summary">([^<]+)<', page)
    total = int(re.search(r"<strong>(\d+)</strong></td>", page).group(1))
    assert sum(int(number) for number in re.findall(r"(\d+)(?= \+|$)", told)) == total
    widths = [int(n) for n in re.findall(r'class="waterfall__share [^>]* width="(\d+)%"', page)]
    assert sum(widths) == 2 * total  # once part by part, once in the bar of the total


def test_a_posting_that_closed_is_still_shown_with_its_skills_marked(session, match, browser):
    with transaction():
        session.get(type(match.job), match.job_id).is_active = False
    page = browser(match.user_id).get(f"/matches/{match.id}").text
    assert 'tint--skill_match"' in page
    assert "新宿区の病院です。" in page


def test_a_skill_that_only_a_column_names_is_marked_by_its_quote(session, match, browser):
    with transaction():
        skill = Skill(code="odd", name_en="Odd", name_ja="奇妙", family="care")
        session.add(skill)
        session.flush()
        session.add(JobSkill(job_id=match.job_id, skill_id=skill.id, quote="病院"))
        session.get(type(match.job), match.job_id).updated_at = NOON + timedelta(seconds=1)
    page = browser(match.user_id).get(f"/matches/{match.id}").text
    assert re.search(rf'id="mark-skill_match-{skill.id}"><a[^>]*>病院</a>', page)


def test_the_history_tells_the_numbers_and_what_changed(session, match, browser):
    client = browser(match.user_id)
    assert "It has been the same" in client.get(f"/matches/{match.id}").text
    with transaction():
        session.add(
            ScoreHistory(
                user_id=match.user_id,
                job_id=match.job_id,
                total_score=44.4,
                components={},
                scoring_algorithm_version="1.1",
                scored_at=NOON - timedelta(days=1),
                causes="policy profile ",
            )
        )
    page = client.get(f"/matches/{match.id}").text
    assert "the rules of scoring, your answers" in page
    assert re.search(r'class="sparkline"[^>]*aria-label="From 44 to \d+\."', page)
    told = history.history_of(session.get(MatchingResult, match.id))
    assert told.values[0] == 44
    assert [entry.total for entry in told.entries] == list(reversed(told.values))


def test_the_history_shows_the_newest_few_and_nobody_elses(session, match, town):
    with transaction():
        other = somebody(session, town)
        for n in range(history.MOST + 5):
            for user in (match.user_id, other):
                session.add(
                    ScoreHistory(
                        user_id=user,
                        job_id=match.job_id,
                        total_score=n if user == match.user_id else 99,
                        components={},
                        scoring_algorithm_version="1.2",
                        scored_at=NOON,
                        created_at=NOON + timedelta(minutes=n),
                    )
                )
    told = history.history_of(session.get(MatchingResult, match.id))
    assert [entry.total for entry in told.entries[1:]] == list(range(16, 4, -1))


def test_a_change_without_a_known_cause_says_so(app):
    with app.test_request_context():
        assert history.why("").startswith("Something else")
        assert history.why("nonsense job ") == "the posting"
