"""The pages of what people do with their matches: who sees what, what a click does and undoes."""

import re

import pytest
from sqlalchemy import select

from jobscore import clock
from jobscore.database import queries
from jobscore.database.transaction import transaction
from jobscore.matching import answers
from jobscore.matching.models import Feedback, MatchingResult, MatchStatus, Outcome
from tests import factories
from tests.matching.matches import NOON, TODAY, match
from tests.matching.test_reminder import parse

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database; the services behind them are tested on both."""
    return request.param


@pytest.fixture
def three(session, person):
    with transaction():
        return [
            match(
                session,
                person,
                total=50.0 + 15 * n,
                position=n + 1,
                section=section,
                job=factories.job(session, title=title, posted_date=TODAY, url=url),
            ).id
            for n, (title, section, url) in enumerate(
                [
                    ("Cook", "picks", "https://board.example/1?q=a b&c=寿司"),
                    ("Baker", "near", None),
                    ("Waiter", "near", "javascript:alert(1)"),
                ]
            )
        ]


def shown(page):
    return {title for title in ("Cook", "Baker", "Waiter") if f">{title}</a>" in page}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Cook", "Baker", "Waiter"}),
        ("section=near", {"Baker", "Waiter"}),
        ("score=60", {"Baker", "Waiter"}),
        ("score=80", {"Waiter"}),
        ("q=bak", {"Baker"}),
        ("show=unseen", {"Baker", "Waiter"}),
        ("section=nowhere&score=7&show=all", {"Cook", "Baker", "Waiter"}),
        ("section=near&q=cook", set()),
    ],
)
def test_the_list_is_filtered_by_the_address(session, person, three, browser, query, titles):
    with transaction():
        answers.note_viewed(session.get(MatchingResult, three[0]))
    page = browser(person).get(f"/matches?{query}").text
    assert shown(page) == titles
    if not titles:
        assert "No match fits these filters" in page


def test_each_active_filter_is_a_link_to_the_list_without_it(person, three, browser):
    page = browser(person).get("/matches?section=near&score=60").text
    chips = re.findall(r'class="chip chip--filter" href="([^"]+)"', page)
    assert chips == ["/matches?score=60", "/matches?section=near"]


def test_the_list_says_what_is_new_and_shows_the_one_before(session, person, three, browser):
    with transaction():
        old = session.get(MatchingResult, three[0])
        old.previous_on, old.previous_position = TODAY.replace(day=1), 3
        gone = match(session, person, match_on=TODAY.replace(day=1), match_status="expired")
        title = gone.job.title
    client = browser(person)
    page = client.get("/matches").text
    line = re.search(r'<ul class="figures since".*?</ul>', page, re.DOTALL).group()
    words = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", line)).strip()
    assert words == "Since yesterday 2 new 1 went 1 moved up The list before"
    assert page.count(">New today<") == 2
    assert shown(client.get("/matches?show=new").text) == {"Baker", "Waiter"}
    before = client.get("/matches/previous").text
    assert title in before
    assert "Others suit you better today" in before
    assert "In today&#39;s list too" in before


def test_an_answer_comes_with_its_undo_and_the_undo_restores(session, person, three, browser):
    client = browser(person)
    client.post(f"/matches/{three[0]}/save")
    page = client.post(f"/matches/{three[0]}/hide", follow_redirects=True).text
    undo = re.search(r'<form class="post-button" action="(/matches/\d+/unhide)"', page).group(1)
    client.post(undo)
    session.expire_all()
    assert session.get(MatchingResult, three[0]).match_status is MatchStatus.SAVED


def test_a_hidden_job_asks_why_and_keeps_the_answer(session, person, three, browser):
    client = browser(person)
    client.post(f"/matches/{three[0]}/hide")
    assert "Why? Your answer hides no other job." in client.get("/matches").text
    client.post(f"/matches/{three[0]}/hide", data={"note": "  the kitchen\nis <b>cold</b> "})
    page = client.get("/me/hidden").text
    assert "Another reason" in page
    assert "the kitchen is &lt;b&gt;cold&lt;/b&gt;" in page


def test_a_reason_that_nobody_offered_is_refused_and_a_long_note_is_said(
    session, person, three, browser
):
    client = browser(person)
    assert client.post(f"/matches/{three[0]}/hide", data={"reason": "x"}).status_code == 400
    said = client.post(f"/matches/{three[0]}/hide", data={"note": "x" * 201}, follow_redirects=True)
    assert "Use at most 200 characters" in said.text
    assert session.scalar(select(Feedback.id)) is None


def test_scripts_get_the_card_alone(person, three, browser):
    client = browser(person)
    answer = client.post(f"/matches/{three[0]}/hide", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.strip().startswith(f'<div class="card folded" id="match-{three[0]}">')
    assert "<html" not in answer.text
    again = client.post(f"/matches/{three[0]}/unhide", headers={"HX-Request": "true"})
    assert 'class="card job-card"' in again.text


def test_jobs_of_a_blocked_company_fold_at_once(session, person, three, browser):
    client = browser(person)
    client.post(f"/matches/{three[0]}/block-company")
    page = client.get("/matches").text
    assert "Cook: you blocked this company" in page
    assert shown(page) == {"Baker", "Waiter"}


def test_the_way_to_apply_leads_out_and_is_asked_about(session, person, three, browser):
    client = browser(person)
    sent = client.post(f"/matches/{three[0]}/apply")
    assert (sent.status_code, sent.location) == (303, f"/matches/{three[0]}/apply?go=1")
    page = client.get(sent.location)
    assert page.headers["Refresh"] == (
        "0; url=https://board.example/1?q=a%20b&c=%E5%AF%BF%E5%8F%B8"
    )
    assert "Refresh" not in client.get(f"/matches/{three[0]}/apply").headers
    assert "Did you apply to “Cook”?" in client.get("/matches").text
    assert "Did you apply to “Cook”?" in client.get(f"/matches/{three[1]}").text
    client.post(f"/matches/{three[0]}/not-yet")
    assert "Did you apply to" not in client.get("/matches").text
    with clock.set_to(NOON.replace(day=3)):
        assert "Did you apply to" in client.get("/matches").text
    client.post(f"/matches/{three[0]}/applied")
    assert "Did you apply to" not in client.get("/matches").text
    assert ">Cook</a>" in client.get("/me/applied").text


@pytest.mark.parametrize("number", [1, 2], ids=["no address", "no web address"])
def test_without_a_web_address_it_says_how_to_apply(person, three, browser, number):
    client = browser(person)
    page = client.post(f"/matches/{three[number]}/apply", follow_redirects=True)
    assert "Refresh" not in page.headers
    assert "The source gives no address to apply at" in page.text
    assert "javascript:" not in page.text


def test_looking_at_the_way_out_notes_nothing(session, person, three, browser):
    browser(person).get(f"/matches/{three[0]}/apply?go=1")
    session.expire_all()
    assert session.get(MatchingResult, three[0]).apply_clicked_at is None


APPLICATION = {
    "applied_on": "2026-02-27",
    "outcome": "interview",
    "next_step_on": "2026-03-09",
    "notes": "一次面接\r\n田中さん",
}


def test_what_is_noted_of_an_application_is_shown_and_reminded_of(session, person, three, browser):
    client = browser(person)
    sent = client.post(f"/me/applied/{three[0]}", data=APPLICATION)
    assert sent.location == f"/me/applied#match-{three[0]}"
    session.expire_all()
    kept = session.get(MatchingResult, three[0])
    assert kept.match_status is MatchStatus.APPLIED
    assert kept.application_outcome is Outcome.INTERVIEW
    assert kept.application_notes == "一次面接\n田中さん"
    page = client.get("/me/applied").text
    assert "Applied on Feb 27, 2026" in page
    assert "Monday, March 9, 2026" in page
    file = client.get(f"/me/applied/{three[0]}/reminder.ics")
    assert file.content_type == "text/calendar; charset=utf-8"
    found = {name: value for name, _, value in parse(file.data)}
    assert found["DTSTART"] == "20260309"
    assert found["SUMMARY"].startswith("Next step: Cook (")
    assert "田中" not in file.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"applied_on": ""},
        {"applied_on": "2026-03-03"},
        {"applied_on": "0001-01-01"},
        {"next_step_on": "2062-03-09"},
        {"next_step_on": "tomorrow"},
        {"outcome": "promoted"},
        {"notes": "x" * 2_001},
    ],
    ids=str,
)
def test_a_wrong_note_is_refused_and_kept_in_the_form(session, person, three, browser, wrong):
    answer = browser(person).post(f"/me/applied/{three[0]}", data=APPLICATION | wrong)
    assert answer.status_code == 422
    session.expire_all()
    assert not session.get(MatchingResult, three[0]).is_applied


def test_there_is_no_reminder_without_a_next_step(person, three, browser):
    assert browser(person).get(f"/me/applied/{three[0]}/reminder.ics").status_code == 404


def test_saved_jobs_stay_and_closed_ones_are_marked(session, person, three, browser):
    client = browser(person)
    for one in three[:2]:
        client.post(f"/matches/{one}/save")
    with transaction():
        session.get(MatchingResult, three[0]).job.is_active = False
    page = client.get("/me/saved?sort=score").text
    assert page.index(">Baker</a>") < page.index(">Cook</a>")
    assert page.count(">Closed<") == 1
    assert shown(page) == {"Cook", "Baker"}


def test_two_to_four_jobs_stand_side_by_side(person, three, browser):
    client = browser(person)
    page = client.get("/matches/compare", query_string={"id": three}).text
    assert page.count('<th scope="col">') == 4
    for label in ("Score", "Location: points", "Posted", "Conditions"):
        assert re.search(rf'<th scope="row">{label}', page) or label == "Conditions"
    rows = re.findall(r"<tr.*?</tr>", page, re.DOTALL)
    (score,) = [row for row in rows if '<th scope="row">Score' in row]
    assert "Not the same" in score
    assert score.index("80") < score.index("Best")
    (posted,) = [row for row in rows if '<th scope="row">Posted' in row]
    assert "Not the same" not in posted


@pytest.mark.parametrize("ids", [[], [0]], ids=["none", "one"])
def test_fewer_than_two_are_told_how_to_choose(person, three, browser, ids):
    query = {"id": [three[n] for n in ids]}
    page = browser(person).get("/matches/compare", query_string=query)
    assert page.status_code == 200
    assert "Choose two to four jobs" in page.text


def test_of_more_than_four_the_first_four_are_compared(session, person, three, browser):
    with transaction():
        more = [match(session, person).id for _ in range(3)]
    page = browser(person).get("/matches/compare", query_string={"id": [*three, *more]}).text
    assert page.count('<th scope="col">') == 5
    assert "2 more that you chose are left out" in page


def test_comparing_sends_as_many_statements_for_four_as_for_two(session, person, three, browser):
    with transaction():
        ids = [*three, match(session, person).id]
    client = browser(person)
    counts = []
    for number in (2, 2, 4):
        queries.start_over()
        assert client.get("/matches/compare", query_string={"id": ids[:number]}).status_code == 200
        counts.append(sum(each.calls for each in queries.own().statements))
    assert counts[2] == counts[1]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/matches/{id}/save"),
        ("POST", "/matches/{id}/apply"),
        ("GET", "/matches/{id}/apply"),
        ("GET", "/me/applied/{id}"),
        ("POST", "/me/applied/{id}"),
        ("GET", "/me/applied/{id}/reminder.ics"),
        ("GET", "/matches/compare?id={id}&id={mine}"),
        ("GET", "/matches/compare?id={id}"),
        ("GET", "/matches/compare?id=x"),
        ("GET", "/matches/compare?id=99999999999999999999"),
        ("POST", "/me/hidden/{feedback}/undo"),
        ("POST", "/me/hidden/{feedback}/redo"),
        ("GET", "/me/saved?after=x"),
    ],
)
def test_what_belongs_to_others_is_not_found(session, person, three, browser, method, path):
    with transaction():
        stranger = factories.user(session).id
        mine = match(session, stranger).id
        feedback = answers.hide(session.get(MatchingResult, three[0])).id
    address = path.format(id=three[0], mine=mine, feedback=feedback)
    assert browser(stranger).open(address, method=method, data=APPLICATION).status_code == 404
    session.expire_all()
    assert session.get(Feedback, feedback).undone_at is None
    assert session.get(MatchingResult, three[0]).match_status is MatchStatus.DISMISSED


def test_hidden_things_are_taken_back_and_hidden_again(session, person, three, browser):
    client = browser(person)
    client.post(f"/matches/{three[0]}/hide", data={"reason": "too_far"})
    page = client.get("/me/hidden").text
    assert "Too far" in page
    undo = re.search(r'action="(/me/hidden/\d+/undo)"', page).group(1)
    after = client.post(undo, follow_redirects=True).text
    assert "Nothing hidden" in after
    redo = re.search(r'action="(/me/hidden/\d+/redo)"', after).group(1)
    assert "Too far" in client.post(redo, follow_redirects=True).text


@pytest.mark.parametrize("path", ["/me/saved", "/me/applied", "/me/hidden", "/matches/previous"])
def test_an_empty_page_has_one_next_action(person, browser, path):
    page = browser(person).get(path).text
    assert page.count('class="card empty"') == 1
    assert "To my matches" in page


def test_a_job_page_offers_its_reader_to_apply_and_save(session, person, three, browser):
    job = session.get(MatchingResult, three[0]).job_id
    page = browser(person).get(f"/jobs/{job}").text
    assert f'action="/matches/{three[0]}/apply"' in page
    assert f'action="/matches/{three[0]}/save"' in page


def test_a_stranger_gets_the_link_to_the_source(app, session, three):
    job = session.get(MatchingResult, three[0]).job_id
    page = app.test_client().get(f"/jobs/{job}").text
    assert "Apply at the source" in page
    assert "/matches/" not in page
