"""What people say is wrong: kept with the score's inputs, answered by admins, seen by no others."""

import re

import pytest
from sqlalchemy import select

from jobscore.accounts.models import AuditLog, User, UserTitle
from jobscore.database.transaction import transaction
from jobscore.matching import complaints, service
from jobscore.matching.complaint_inputs import differences
from jobscore.matching.complaints import Problem
from jobscore.matching.models import ComplaintStatus, ScoreComplaint
from jobscore.scoring import service as scores
from tests import factories
from tests.matching.test_runs import town
from tests.matching.test_views import first_match, seeker

__all__ = ["seeker", "town"]
SAID = {"part": "location", "problem": "place", "text": "It is in Osaka <b>really</b>."}

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database; the tables are tested on both elsewhere."""
    return request.param


class Admin:
    """An admin's browser; requests share this test's application context, so each signs in."""

    def __init__(self, browser, person):
        self.browser, self.person = browser, person

    def get(self, address):
        return self.browser(self.person).get(address)

    def post(self, address, data):
        return self.browser(self.person).post(address, data=data)


@pytest.fixture
def admin(session, browser, town):
    with transaction():
        person = factories.user(session, is_superuser=True, full_name="Ada").id
    return Admin(browser, person)


def only(session):
    session.expire_all()
    return session.scalars(select(ScoreComplaint)).one()


def send(session, browser, seeker, **values):
    match = first_match(session, seeker)
    return browser(seeker).post(f"/matches/{match.id}/wrong", data=SAID | values)


def test_it_is_kept_with_what_went_into_the_score(session, seeker, browser):
    match = first_match(session, seeker)
    shown = scores.total_units(match.job_score)
    page = browser(seeker).get(f"/matches/{match.id}/wrong?part=location").text
    assert '<option selected value="location">' in page
    answer = send(session, browser, seeker)
    assert answer.status_code == 303
    assert answer.location.endswith(f"/matches/{match.id}#wrong")
    kept = only(session)
    assert (kept.user_id, kept.job_id) == (seeker, match.job_id)
    assert (kept.part, kept.problem, kept.status) == ("location", "place", ComplaintStatus.OPEN)
    assert kept.policy_version == "1.2"
    assert kept.inputs["score"]["total"] == round(shown / 10_000)
    assert kept.inputs["person"]["wanted_titles"] == ["看護師"]
    assert kept.inputs["person"]["homes"] == ["JP-13104"]
    assert kept.inputs["job"]["skills"] == {"nursing": {"required": True, "quote": ""}}
    assert kept.inputs["compared"]["location"]["rule"] == "same_place"
    assert "@" not in str(kept.inputs)
    acts = set(session.scalars(select(AuditLog.action)))
    assert "complaint.sent" in acts


def test_the_person_sees_the_state_then_the_answer(session, seeker, browser, admin):
    send(session, browser, seeker)
    match = first_match(session, seeker)
    page = browser(seeker).get(f"/matches/{match.id}").text
    assert "Waits for an answer" in page
    assert "It is in Osaka &lt;b&gt;really&lt;/b&gt;." in page
    assert f'href="/matches/{match.id}/wrong"' not in page
    answered = admin.post(
        f"/admin/complaints/{only(session).id}",
        data={"outcome": "explained", "answer": "The posting says Shinjuku."},
    )
    assert answered.status_code == 303
    kept = only(session)
    assert kept.status is ComplaintStatus.EXPLAINED
    assert session.get(User, kept.answered_by).full_name == "Ada"
    page = browser(seeker).get(f"/matches/{match.id}").text
    assert "The posting says Shinjuku." in page
    assert f'href="/matches/{match.id}/wrong"' in page
    acts = list(session.scalars(select(AuditLog.action)))
    assert acts.count("complaint.answered") == 1


def test_the_admin_sees_the_inputs_of_then_and_now_side_by_side(session, seeker, browser, admin):
    send(session, browser, seeker)
    assert "Nothing waits" not in (page := admin.get("/admin/complaints").text)
    assert "The place or the distance is wrong" in page
    complaint = only(session).id
    page = admin.get(f"/admin/complaints/{complaint}").text
    assert "The total is the same today" in page
    assert "It is in Osaka &lt;b&gt;really&lt;/b&gt;." in page
    assert "differs" not in page
    with transaction():
        title = session.scalars(select(UserTitle).where(UserTitle.user_id == seeker)).one()
        title.title = "溶接工"
    page = admin.get(f"/admin/complaints/{complaint}").text
    assert re.search(r"The total was \d+; today it would be \d+", page)
    assert "溶接工" in page
    assert "differs" in page
    assert only(session).status is ComplaintStatus.OPEN


def test_nobody_complains_about_or_sees_what_is_of_others(session, seeker, town, browser):
    send(session, browser, seeker)
    with transaction():
        other = factories.user(session).id
    match = first_match(session, seeker)
    client = browser(other)
    assert client.get(f"/matches/{match.id}/wrong").status_code == 404
    assert client.post(f"/matches/{match.id}/wrong", data=SAID).status_code == 404
    assert client.get(f"/admin/complaints/{only(session).id}").status_code == 403
    assert client.get("/admin/complaints").status_code == 403


def test_one_about_a_job_waits_at_a_time_and_few_of_a_person(session, seeker, browser, monkeypatch):
    send(session, browser, seeker)
    again = send(session, browser, seeker)
    assert again.status_code == 422
    assert "it still waits for an answer" in again.text
    monkeypatch.setattr(complaints, "MOST_OPEN", 1)
    second = service.matches_on(seeker)[1].id
    full = browser(seeker).post(f"/matches/{second}/wrong", data=SAID)
    assert full.status_code == 422
    assert "Several of your messages wait" in full.text
    assert only(session)


@pytest.mark.parametrize(
    "values",
    [{"part": "secret"}, {"problem": ""}, {"problem": "nonsense"}, {"text": "x" * 1_001}],
    ids=["part", "no problem", "problem", "text"],
)
def test_what_is_unknown_or_too_long_is_refused_and_nothing_kept(session, seeker, browser, values):
    assert send(session, browser, seeker, **values).status_code == 422
    assert session.scalar(select(ScoreComplaint.id)) is None


def test_two_admins_do_not_answer_one_twice(session, seeker, browser, admin):
    send(session, browser, seeker)
    complaint = only(session).id
    values = {"outcome": "mended", "answer": "Mended."}
    admin.post(f"/admin/complaints/{complaint}", data=values)
    again = admin.post(f"/admin/complaints/{complaint}", data=values | {"answer": "No."})
    assert again.status_code == 303
    assert only(session).answer == "Mended."
    assert admin.post("/admin/complaints/999", data=values).status_code == 404
    assert admin.get("/admin/complaints?after=zzz").status_code == 404
    assert admin.post(f"/admin/complaints/{complaint}", data={"answer": ""}).status_code == 422


def test_a_complaint_about_a_job_that_closed_still_shows_its_inputs(
    session, seeker, browser, admin
):
    send(session, browser, seeker)
    with transaction():
        only(session).job.is_active = False
    page = admin.get(f"/admin/complaints/{only(session).id}")
    assert page.status_code == 200
    assert re.search(r"The total was \d+; today it would be –", page.text)


def test_the_command_lists_what_waits_and_what_was_answered(app, session, seeker, browser, admin):
    send(session, browser, seeker)
    run = app.test_cli_runner().invoke
    out = run(args=["matches", "complaints"]).output
    assert "location: place  It is in Osaka <b>really</b>." in out
    assert "1 waiting" in out
    admin.post(
        f"/admin/complaints/{only(session).id}", data={"outcome": "mended", "answer": "Mended."}
    )
    assert "0 waiting" in run(args=["matches", "complaints"]).output
    assert "mended" in run(args=["matches", "complaints", "--answered"]).output


def test_complaints_go_with_the_person(session, seeker, browser):
    send(session, browser, seeker)
    with transaction():
        session.delete(session.get(User, seeker))
    assert session.scalar(select(ScoreComplaint.id)) is None


def test_every_field_is_compared_those_that_only_one_has_included():
    then = {"job": {"title": "A", "old": 1}}
    now = {"job": {"title": "B"}, "score": {"total": 2}}
    assert differences(then, now) == [
        ("job", "title", "A", "B"),
        ("job", "old", 1, None),
        ("score", "total", None, 2),
    ]


def test_every_problem_and_state_has_words():
    from jobscore.matching import complaint_words

    assert set(complaint_words.PROBLEMS) == set(Problem)
    assert set(complaint_words.STATES) == set(ComplaintStatus)
