"""The pages of matches and runs: who sees what, what a click does, what an empty day says."""

import re
from datetime import timedelta

import flask
import pytest
from sqlalchemy import select, update

from jobscore import clock
from jobscore.accounts.models import Profile, User, UserSkill, UserTitle
from jobscore.database.transaction import transaction
from jobscore.jobs.models import Job, JobFeature, JobSkill
from jobscore.matching import explaining, runs, service
from jobscore.matching.models import Feedback, MatchingResult, MatchRun, MatchStatus, RunStatus
from jobscore.scoring import policies
from jobscore.scoring import service as scores
from jobscore.vocabulary.models import Place, Skill
from tests import factories
from tests.matching.matches import NOON
from tests.matching.test_runs import people_and_jobs, start, town

__all__ = ["town"]

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database; the services behind them are tested on both."""
    return request.param


@pytest.fixture
def seeker(session, town):
    users, _ = people_and_jobs(session, town, people=1, jobs=45)
    runs.execute(start())
    return users[0]


def first_match(session, user_id):
    session.expire_all()
    return service.matches_on(user_id)[0]


def test_the_list_shows_every_match_with_score_parts_and_reason(session, seeker, browser):
    page = browser(seeker).get("/matches").text
    assert "40 jobs chosen for you today" in page
    assert page.count('class="card job-card"') == 40
    assert "You have everything it asks for: Nursing." in page
    assert "Today&#39;s picks for you" in page


def test_the_last_list_stays_until_the_list_of_the_day_is_made(session, seeker, browser):
    closed = first_match(session, seeker).job
    closed.is_active = False
    session.commit()
    with clock.set_to(NOON + timedelta(days=1)):
        page = browser(seeker).get("/matches").get_data(as_text=True)
        assert "39 jobs of your last list. The list of today is not made yet." in page
        assert "Monday, March 2, 2026" in page
        runs.execute(start())
        page = browser(seeker).get("/matches").get_data(as_text=True)
    assert "jobs chosen for you today." in page
    assert "Tuesday, March 3, 2026" in page


def test_when_nothing_suits_on_a_day_the_list_before_does_not_stand_in_for_it(
    session, seeker, browser
):
    session.execute(update(Job).values(is_active=False))
    session.commit()
    with clock.set_to(NOON + timedelta(days=1)):
        runs.execute(start())
        page = browser(seeker).get("/matches").get_data(as_text=True)
    assert "No matches yet" in page


def test_the_list_speaks_japanese(session, seeker, browser):
    page = browser(seeker).get("/matches?lang=ja").text
    assert "40件選びました" in page
    assert "今日のおすすめ" in page
    assert "求められるスキル（看護）をすべてお持ちです。" in page


def test_the_explanation_adds_up_to_the_total_that_it_shows(session, seeker, browser):
    match = first_match(session, seeker)
    page = browser(seeker).get(f"/matches/{match.id}").text
    gives = [int(n) for n in re.findall(r">(\d+) of \d+<", page)]
    total = int(re.search(r"<strong>(\d+)</strong></td>", page).group(1))
    assert len(gives) == 2
    assert sum(gives) == total
    assert "could not be judged count 25 points" in page
    assert "Policy 1.2" in page
    session.expire_all()
    assert session.get(MatchingResult, match.id).is_viewed


CONDITIONS = {
    "licence:drivers-licence": "普通自動車免許必須",
    "nights_required": "夜勤できる方",
    "work_permit_required": "ビザ支援なし",
    "adults_only": "18歳以上",
}


@pytest.fixture
def conditioned(session, seeker):
    """The seeker's first match, whose posting sets conditions; some are answered."""
    match = first_match(session, seeker)
    with transaction():
        for code, quote in CONDITIONS.items():
            session.add(JobFeature(job_id=match.job_id, feature=code, quote=quote))
        match.job.updated_at = clock.now() + timedelta(seconds=1)
        answers = {"nights_required": True, "work_permit_required": False}
        session.get(Profile, seeker).conditions = answers
    return match.id


def test_the_explanation_lists_each_gate_as_passed_failed_or_not_known(
    seeker, conditioned, browser
):
    page = browser(seeker).get(f"/matches/{conditioned}").text
    for state, words, quote in (
        ("Not known", "Licence needed: do you hold it? Driver&#39;s licence", "普通自動車免許必須"),
        ("Passed", "Hours that you can work: Night shifts", "夜勤できる方"),
        ("Not passed", "No visa sponsored: you need an employer who does", "ビザ支援なし"),
        ("Not known", "For people of 18 or over: are you?", "18歳以上"),
    ):
        line = rf'aria-label="{state}"(?:(?!<li>).)*{re.escape(words)}(?:(?!<li>).)*{quote}</q>'
        assert re.search(line, page, re.DOTALL), words
    assert "/me?ask=licence:drivers-licence#conditions" in page


def test_the_explanation_says_the_gates_in_japanese(seeker, conditioned, browser):
    page = browser(seeker).get(f"/matches/{conditioned}?lang=ja").text
    assert "必要な免許・資格をお持ちですか：普通自動車免許" in page
    assert "求められる勤務に対応できます：夜勤" in page


def test_a_posting_without_conditions_says_so(session, seeker, browser):
    page = browser(seeker).get(f"/matches/{first_match(session, seeker).id}").text
    assert "The posting sets no condition of licence, permit, age or hours" in page


def test_nobody_sees_or_answers_the_matches_of_others(session, seeker, town, browser):
    with transaction():
        other = factories.user(session).id
    match = first_match(session, seeker)
    client = browser(other)
    assert client.get(f"/matches/{match.id}").status_code == 404
    assert client.post(f"/matches/{match.id}/hide").status_code == 404
    assert session.scalar(select(Feedback.id)) is None


@pytest.mark.parametrize(
    ("answer", "undo", "status"),
    [
        ("save", "unsave", MatchStatus.SAVED),
        ("applied", "not-applied", MatchStatus.APPLIED),
        ("hide", "unhide", MatchStatus.DISMISSED),
    ],
)
def test_an_answer_changes_the_match_and_its_undo_takes_it_back(
    session, seeker, browser, answer, undo, status
):
    client = browser(seeker)
    match_id = first_match(session, seeker).id
    for act, expected in ((answer, status), (undo, MatchStatus.PENDING)):
        response = client.post(f"/matches/{match_id}/{act}", data={"next": "/matches"})
        assert response.status_code == 303
        assert response.location.endswith("/matches")
        session.expire_all()
        assert session.get(MatchingResult, match_id).match_status is expected


def test_a_hidden_job_stays_in_the_list_as_one_line_with_undo(session, seeker, browser):
    client = browser(seeker)
    match_id = first_match(session, seeker).id
    client.post(f"/matches/{match_id}/hide")
    page = client.get("/matches").text
    assert page.count('class="card job-card"') == 39
    assert f"/matches/{match_id}/unhide" in page


def test_blocking_a_company_can_be_undone(session, seeker, browser):
    client = browser(seeker)
    match_id = first_match(session, seeker).id
    client.post(f"/matches/{match_id}/block-company")
    assert "unblock-company" in client.get(f"/matches/{match_id}").text
    client.post(f"/matches/{match_id}/unblock-company")
    assert "unblock-company" not in client.get(f"/matches/{match_id}").text


def test_an_unknown_answer_is_not_found(session, seeker, browser):
    match_id = first_match(session, seeker).id
    assert browser(seeker).post(f"/matches/{match_id}/win").status_code == 404


def test_an_empty_profile_gets_no_number_but_the_questions_that_would_help(session, town, browser):
    with transaction():
        person = factories.user(session).id
    client = browser(person)
    page = client.get("/matches").text
    assert "No matches yet" in page
    assert "Tell us which work you want and what you can do." in page
    assert client.post("/matches/refresh").status_code == 303
    assert "No matches yet" in client.get("/matches").text


def test_a_new_person_finds_matches_at_once(session, town, browser):
    users, _ = people_and_jobs(session, town, people=1, jobs=12)
    client = browser(users[0])
    client.post("/matches/refresh")
    assert "12 jobs chosen for you today" in client.get("/matches").text


def test_looking_at_pages_changes_nothing_but_what_was_viewed(session, seeker, browser):
    client = browser(seeker)
    before = session.scalars(select(MatchingResult.updated_at)).all()
    client.get("/matches")
    session.expire_all()
    assert session.scalars(select(MatchingResult.updated_at)).all() == before


def test_the_admin_starts_a_run_and_watches_it(session, seeker, browser, run_worker):
    with transaction():
        admin = factories.user(session, is_superuser=True).id
    client = browser(admin)
    response = client.post("/admin/runs")
    run_id = int(response.location.rsplit("/", 1)[1])
    assert "hx-get" in client.get(f"/admin/runs/{run_id}").text
    run_worker()
    session.expire_all()
    assert session.get(MatchRun, run_id).status is RunStatus.DONE
    page = client.get(f"/admin/runs/{run_id}").text
    assert "hx-get" not in page
    assert "Matches chosen" in page
    assert f"/admin/runs/{run_id}" in client.get("/admin/runs").text
    assert client.get("/admin/runs/999999").status_code == 404
    assert browser(seeker).get("/admin/runs").status_code == 403


def test_the_admin_proves_that_a_stored_score_equals_the_one_of_now(session, seeker, browser):
    with transaction():
        admin = factories.user(session, is_superuser=True).id
        email = session.get(User, seeker).email
    job_id = first_match(session, seeker).job_id
    client = browser(admin)
    assert "Both are equal." in client.get(f"/admin/scores?email={email}&job={job_id}").text
    assert "Nobody has this address." in client.get("/admin/scores?email=x@y.z&job=1").text
    assert client.get(f"/admin/scores?email={email}&job=seven").status_code == 200


def test_the_explanation_names_the_title_and_shares_out_its_points(session, seeker, browser):
    match = first_match(session, seeker)
    [work] = [r for r in explaining.explain_match(match).rows if r.component == "skill_match"]
    assert work.details[0] == (
        "Of your titles “看護師”, which you want, is closest. In common: “看護師”."
    )
    numbers = [int(n) for n in re.findall(r"\d+", work.details[-1])]
    assert numbers[0] == work.share == sum(numbers[1:])
    assert "In common: “看護師”" in browser(seeker).get(f"/matches/{match.id}").text


def test_the_explanation_speaks_japanese(session, workshop, browser):
    client = browser(workshop)
    match = welders_match(session, client)
    flask.g.pop("_flask_babel", None)
    page = client.get(f"/matches/{match.id}?lang=ja").text
    assert "希望する仕事に「溶接工」を加える" in page
    assert "10 km以内であと3件の求人が70点に届きます。" in page


def test_saving_a_change_gives_the_total_that_was_promised(session, workshop, browser):
    match = welders_match(session, browser(workshop))
    said = {c.sentence: c.total for c in explaining.explain_match(match).changes}
    saved = {
        "Add “溶接工” to the work that you want": UserTitle(
            user_id=workshop, title="溶接工", is_wanted=True
        ),
        "If you have or learn Welding: add it at level “Good”": UserSkill(
            user_id=workshop,
            skill_id=session.scalar(select(Skill.id).where(Skill.code == "welding")),
            level=3,
        ),
    }
    assert set(saved) <= set(said)
    for sentence, row in saved.items():
        with transaction():
            session.add(row)
        session.expire_all()
        assert explaining.explain_job(workshop, match.job_id).total == said[sentence]
        with transaction():
            session.delete(row)


def test_points_that_were_made_of_something_else_are_not_shared_out(session, seeker, browser):
    match = first_match(session, seeker)
    with transaction():
        session.add(UserTitle(user_id=seeker, title="溶接工"))
        session.commit()
    [work] = [
        row
        for row in explaining.explain_match(first_match(session, seeker)).rows
        if row.component == "skill_match"
    ]
    assert work.details == []
    assert match.job_score is not None


@pytest.fixture
def workshop(session, seeker):
    """Three jobs next door that fall short by a skill that the seeker has not.

    What was looked at does not count, so that looking at one of them changes nothing.
    """
    with transaction():
        session.get(User, seeker).profile.no_profiling = True
        welding = Skill(code="welding", name_en="Welding", name_ja="溶接", family="craft")
        session.add(welding)
        session.flush()
        place = session.scalar(select(Place.id))
        for _ in range(3):
            job = factories.job(session, title="溶接工", place_id=place, posted_date=NOON.date())
            session.add(JobSkill(job_id=job.id, skill_id=welding.id, is_required=True))
    return seeker


def welders_match(session, client):
    """Match anew and return a job next door whose skill the seeker has not."""
    client.post("/matches/refresh")
    session.expire_all()
    wanted = select(MatchingResult).join(Job).where(Job.title == "溶接工")
    return session.scalars(wanted.order_by(MatchingResult.id)).first()


def test_what_would_change_it_starts_from_the_total_that_is_shown(session, workshop, browser):
    client = browser(workshop)
    match = welders_match(session, client)
    page = client.get(f"/matches/{match.id}").text
    total = int(re.search(r"<strong>(\d+)</strong></td>", page).group(1))
    said = re.findall(r"<strong>(\d+) instead of (\d+)</strong>", page)
    assert 1 <= len(said) <= 3
    assert all(int(now) == total < int(after) for after, now in said)
    assert "If you have or learn Welding: add it at level “Good”" in page
    assert "Add “溶接工” to the work that you want" in page


def test_the_page_of_skills_counts_what_each_would_open_and_leads_to_the_form(
    session, workshop, browser
):
    client = browser(workshop)
    page = client.get("/me/skills").text
    assert "With it 3 more jobs within 10 km reach 70." in page
    assert "Now 45 jobs within 10 km of your home reach a score of 70." in page
    link = re.search(r'href="(/me\?skill=[^"#]+)#skills"', page).group(1)
    before = session.scalars(select(UserSkill.skill_id)).all()
    form = client.get(link).text
    assert "We wrote “Welding” below for you." in form
    assert 'value="Welding"' in form
    session.expire_all()
    assert session.scalars(select(UserSkill.skill_id)).all() == before


def test_without_a_skill_that_opens_more_the_page_says_so(session, seeker, browser):
    assert "No single skill would change much" in browser(seeker).get("/me/skills").text


def test_the_explanation_says_what_a_missing_skill_opens_as_the_page_does(
    session, workshop, browser
):
    client = browser(workshop)
    page = client.get(f"/matches/{welders_match(session, client).id}").text
    assert "With it 3 more jobs within 10 km reach 70." in page


def test_a_skill_that_the_profile_has_is_not_written_into_the_form_again(seeker, browser):
    page = browser(seeker).get("/me?skill=Nursing").text
    assert "We wrote" not in page
    assert page.count('value="Nursing"') == 1


def test_the_policy_page_is_made_from_the_live_policy(session, town, client):
    page = client.get("/policy/scoring").text
    for words in ("Policy 1.2", "35 %", "30 %", "less than 35 %", "counts 25 points"):
        assert words in page
    with transaction():
        stricter = {"coverage_floor": 50}
        one = policies.create_draft(scores.active_policy(), version="9", changes=stricter)
        policies.activate(one.id)
    assert "less than 50 %" in client.get("/policy/scoring").text


def test_a_row_of_the_explanation_does_not_say_two_things_of_one_way(session, seeker):
    explained = explaining.explain_match(first_match(session, seeker))
    for row in explained.rows:
        most = 2 if row.component in {"skill_match", "culture_fit"} else 1
        assert len(row.evidence) <= most
