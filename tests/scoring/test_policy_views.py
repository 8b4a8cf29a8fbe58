"""The admin's pages of policies: who may, what each says, what a click does, what garbage gets."""

import html
import re
from datetime import UTC, datetime

import flask
import flask_babel
import pytest
from sqlalchemy import select, update

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.matching import backtesting
from jobscore.matching.models import Backtest, MatchRun, RunStatus
from jobscore.scoring import policies, policy_fields, service
from jobscore.scoring.forms import input_name
from jobscore.scoring.models import PolicyStatus, ScorePolicy
from jobscore.scoring.policy import COMPONENTS, LATEST
from jobscore.scoring.policy_fields import FIELDS
from tests import factories
from tests.matching.test_runs import people_and_jobs, town

__all__ = ["town"]
LIVE = LATEST.version
LOCATION, SALARY = LATEST.weights[1], LATEST.weights[2]


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database; the services behind them are tested on both."""
    return request.param


@pytest.fixture(autouse=True)
def _fixed_clock():
    with clock.set_to(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def admin(app, session, town):
    """An admin's browser, with one live version and the draft 9.1 that weighs place more."""
    with transaction():
        person = factories.user(session, is_superuser=True, email="boss@example.com")
        policies.create_draft(
            LATEST,
            version="9.1",
            changes={"weights.location": LOCATION + 5, "weights.salary": SALARY - 5},
            text="Place <b>matters</b> more.",
        )
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    flask.g.pop("_login_user", None)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


def number(version):
    return policies.find_version(version).id


def text(response):
    return html.unescape(response.text)


def whole_form(policy=None, **changes):
    values = policy_fields.values(policy or policies.rules_by_name("9.1"))
    fields = {input_name(FIELDS[name]): str(n) for name, n in values.items()}
    row = policies.find_version("9.1")
    return (
        fields | {"version": "9.1", "text": row.text, "seen": policies.fingerprint(row)} | changes
    )


def test_the_list_says_what_is_in_force_and_what_differs(admin):
    page = text(admin.get("/admin/policies"))
    assert "Policy " + LIVE in page
    assert "In force" in page
    assert "Draft" in page
    assert "Roll back to" not in page
    assert f'href="/admin/policies/{number("9.1")}"' in page
    assert 'href="/admin/policies"' in text(admin.get("/admin/runs"))


def test_a_version_is_readable_with_meaning_range_and_what_differs(admin):
    page = text(admin.get(f"/admin/policies/{number('9.1')}"))
    assert "Weight: Location" in page
    assert f"now {LOCATION}" in page
    assert "1 to 500" in page
    assert "Share of the total, in whole percent." in page
    assert "flask policies backtest 9.1 --groups FILE.csv" in page
    raw = admin.get(f"/admin/policies/{number('9.1')}").text
    assert "Place &lt;b&gt;matters&lt;/b&gt; more." in raw
    assert "Delete the draft" in page
    live = text(admin.get(f"/admin/policies/{number(LIVE)}"))
    assert "Delete the draft" not in live
    assert "/activate" not in live
    assert admin.get("/admin/policies/987").status_code == 404


@pytest.mark.parametrize("path", ["", "/{id}", "/new", "/{id}/edit", "/{id}/activate"])
def test_every_page_speaks_japanese(admin, path):
    page = text(admin.get("/admin/policies" + path.format(id=number("9.1")) + "?lang=ja"))
    main = page[page.index("<main") : page.index("</main>")]
    words = re.sub(r"<[^>]+>", " ", main)
    assert re.search(r"[ぁ-ん]", words)
    assert not re.search(r"\b(the|of|is|and)\b", words.replace("Place <b>matters</b> more.", ""))


def test_a_draft_is_made_from_any_version_under_a_free_name(session, admin):
    page = text(admin.get("/admin/policies/new?source=9.1"))
    assert 'value="9.1.1"' in page
    answer = admin.post(
        "/admin/policies/new", data={"source": "9.1", "version": "9.2", "text": "Further."}
    )
    assert answer.status_code == 303
    assert answer.location.endswith(f"/admin/policies/{number('9.2')}/edit")
    row = policies.find_version("9.2")
    assert (row.text, row.status, policies.rules_of(row).weights[1]) == (
        "Further.",
        PolicyStatus.DRAFT,
        LOCATION + 5,
    )
    assert session.get(User, row.created_by).email == "boss@example.com"
    for data, wanted in (
        ({"source": "9.1", "version": "9.2"}, "There is a version of this name already."),
        ({"source": "9.1", "version": "a b"}, "Must be 1 to 20 letters"),
        ({"source": "7", "version": "x"}, "Not a valid choice"),
        ({}, "Must be 1 to 20 letters"),
    ):
        answer = admin.post("/admin/policies/new", data={"source": LIVE} | data)
        assert (answer.status_code, wanted in text(answer)) == (422, True), wanted


def test_every_number_of_a_draft_has_an_input_with_its_range(admin):
    page = text(admin.get(f"/admin/policies/{number('9.1')}/edit"))
    for name, value in policy_fields.values(policies.rules_by_name("9.1")).items():
        field = FIELDS[name]
        tag = re.search(rf'<input[^>]*id="{input_name(field)}"[^>]*>', page).group(0)
        for wanted in ("number", f'min="{field.low}"', f'max="{field.high}"', f'value="{value}"'):
            assert wanted in tag, tag


def test_a_draft_is_saved_as_a_plain_form(admin):
    here = f"/admin/policies/{number('9.1')}"
    data = whole_form(parameters__half_distance_km="25", version="9.5", text="Near.")
    answer = admin.post(f"{here}/edit", data=data)
    assert (answer.status_code, answer.location) == (303, here)
    row = policies.find_version("9.5")
    assert (row.text, policies.rules_of(row).parameters.half_distance_km) == ("Near.", 25)
    assert policies.rules_of(row).weights[1] == LOCATION + 5
    assert service.active_policy() == LATEST


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("weights__location", "99", "The five weights must add up to 100"),
        ("weights__location", "101", "Enter a whole number from 0 to 100."),
        ("weights__location", "", "Must be a whole number."),
        ("parameters__half_distance_km", "0", "Enter a whole number from 1 to 500."),
        ("parameters__half_distance_km", "2.5", "Enter a whole number from 1 to 500."),
        ("parameters__level_credit__4", "<script>", "Enter a whole number from 0 to 100."),
        ("bounds__salary__1", "60", "Must be from 60 to 100; it is 50."),
        ("neutral", "9" * 400, "Enter a whole number from 0 to 10000."),
        ("version", "", "Must be 1 to 20 letters"),
        ("version", LIVE, "There is a version of this name already."),
        ("text", "x" * 2_001, "Must be at most 2000 characters."),
        ("seen", "0123456789abcdef", "Somebody else changed this version meanwhile"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost_or_kept(admin, name, value, wanted):
    here = f"/admin/policies/{number('9.1')}/edit"
    before = policies.find_version("9.1").definition
    answer = admin.post(here, data=whole_form(**{"new_days": "9", name: value}))
    page = text(answer)
    assert answer.status_code == 422
    assert wanted in page
    assert "<script>" not in answer.text.replace('<script src="', "")
    assert policies.find_version("9.1").definition == before
    if name not in {"seen", "version"}:
        field = "weights__skill_match" if "five weights" in wanted else name
        field = "bounds__salary__2" if name == "bounds__salary__1" else field
        assert f'id="{field}-error"' in page


def test_a_form_without_some_numbers_changes_nothing(admin):
    here = f"/admin/policies/{number('9.1')}/edit"
    data = whole_form()
    del data["weights__location"]
    assert admin.post(here, data=data).status_code == 422
    assert admin.post(here, data={}).status_code == 422


def test_only_a_draft_can_be_edited_or_deleted(session, admin):
    live = number(LIVE)
    assert admin.get(f"/admin/policies/{live}/edit").status_code == 303
    assert admin.post(f"/admin/policies/{live}/edit", data=whole_form()).status_code == 303
    assert admin.post(f"/admin/policies/{live}/delete").status_code == 303
    assert service.active_policy() == LATEST
    assert session.get(ScorePolicy, live) is not None
    draft = number("9.1")
    assert admin.post(f"/admin/policies/{draft}/delete").location.endswith("/admin/policies")
    session.expire_all()
    assert session.get(ScorePolicy, draft) is None


def shown(page):
    """What the page to confirm on sends along: the live version, and this one, as shown."""
    return dict(re.findall(r'name="(instead_of|seen)" value="([^"]+)"', page))


def test_going_live_says_what_it_means_and_wants_the_name_typed(session, admin):
    factories.user(
        session,
        profile={"weights": dict.fromkeys(COMPONENTS, 10) | {"location": 60}},
    )
    with transaction():
        one = policies.create_draft(LATEST, version="9.3", changes={"bounds.location.2": 50}).id
    here = f"/admin/policies/{one}/activate"
    page = text(admin.get(here))
    assert "highest own weight" in page
    assert "1 person has set own weights that this version does not allow" in page
    assert "These very rules have not been backtested" in page
    assert "From the next run on, every list and letter is made by it" in page
    seen = shown(page)
    for typed in ("", "yes", "9.30"):
        answer = admin.post(here, data={"typed": typed, **seen})
        assert (answer.status_code, "Type 9.3 to confirm." in text(answer)) == (422, True)
    assert service.active_policy() == LATEST
    answer = admin.post(here, data={"typed": " 9.3 ", **seen})
    assert answer.status_code == 303
    assert service.active_policy().version == "9.3"
    assert policies.history()[0].user.email == "boss@example.com"
    assert admin.get(here).status_code == 303


def test_a_page_that_is_out_of_date_activates_nothing(admin):
    one = number("9.1")
    here = f"/admin/policies/{one}/activate"
    seen = shown(admin.get(here).text)
    with transaction():
        policies.activate(policies.create_draft(LATEST, version="9.9").id)
    answer = admin.post(here, data={"typed": "9.1", **seen})
    assert answer.status_code == 422
    assert "Another version came into force meanwhile." in text(answer)
    assert service.active_policy().version == "9.9"
    answer = admin.post(here, data={"typed": "9.1", "instead_of": "nonsense", "seen": "\x00"})
    assert answer.status_code == 422


def test_a_draft_that_was_edited_since_it_was_shown_does_not_go_live(admin):
    one = number("9.1")
    here = f"/admin/policies/{one}/activate"
    seen = shown(admin.get(here).text)
    with transaction():
        policies.update_draft(one, version="9.1", changes={"minimum_total": 99}, text="")
    answer = admin.post(here, data={"typed": "9.1", **seen})
    assert answer.status_code == 422
    assert "Somebody changed this draft meanwhile." in text(answer)
    assert service.active_policy() == LATEST


def test_a_roll_back_brings_what_its_page_named_or_nothing(admin):
    with transaction():
        policies.activate(number("9.1"))
    seen = shown(text(admin.get("/admin/policies/rollback")))
    with transaction():  # another one goes live and 9.1 again: before it stands another now
        policies.activate(policies.create_draft(LATEST, version="9.2").id)
        policies.activate(number("9.1"))
    answer = admin.post("/admin/policies/rollback", data={"typed": "9.2", **seen})
    assert answer.status_code == 422
    assert service.active_policy().version == "9.1"


def test_rules_that_need_what_is_not_installed_do_not_go_live(admin, monkeypatch):
    from jobscore.scoring import semantic

    monkeypatch.setattr(semantic, "is_installed", lambda: True)
    with transaction():
        one = policies.create_draft(
            LATEST, version="9.7", changes={"parameters.semantic_share": 50}
        ).id
    monkeypatch.setattr(semantic, "is_installed", lambda: False)
    here = f"/admin/policies/{one}/activate"
    answer = admin.post(here, data={"typed": "9.7", **shown(admin.get(here).text)})
    assert answer.status_code == 422
    assert "Needs the extra “semantic”" in text(answer)
    assert service.active_policy() == LATEST


@pytest.mark.parametrize("version", ["a\x00b", "live", "\ud800".encode("utf-16", "surrogatepass")])
def test_names_that_no_version_may_have_are_refused_in_words(admin, version):
    answer = admin.post(
        "/admin/policies/new",
        data={"source": LIVE, "version": version, "text": "a\x00b\nc"},
    )
    assert answer.status_code == 422
    answer = admin.post(
        "/admin/policies/new", data={"source": LIVE, "version": "9.8", "text": "a\x00b\nc"}
    )
    assert answer.status_code == 303
    assert policies.find_version("9.8").text == "ab\nc"


def test_a_roll_back_is_one_page_and_one_click(admin):
    assert admin.get("/admin/policies/rollback").status_code == 303
    with transaction():
        policies.activate(number("9.1"))
    assert f"Roll back to {LIVE}" in text(admin.get("/admin/policies"))
    page = text(admin.get("/admin/policies/rollback"))
    seen = shown(page)
    answer = admin.post("/admin/policies/rollback", data={"typed": LIVE, **seen})
    assert answer.status_code == 303
    assert service.active_policy() == LATEST
    again = admin.post("/admin/policies/rollback", data={"typed": "9.1", **seen})
    assert again.status_code == 422
    assert service.active_policy() == LATEST
    assert "Rolled back" in text(admin.get("/admin/policies"))


def test_a_backtest_runs_behind_the_page_and_shows_what_it_found(session, town, admin, run_worker):
    people_and_jobs(session, town, people=3, jobs=50)
    one = number("9.1")
    answer = admin.post(f"/admin/policies/{one}/backtests", data={"people": "all", "against": LIVE})
    assert answer.status_code == 303
    page = text(admin.get(answer.location))
    assert "Waiting" in page
    assert "hx-get" in page
    assert "Cancel the backtest" in page
    run_worker()
    page = text(admin.get(answer.location))
    assert "hx-get" not in page
    assert "Shared of forty" in page
    assert "100 %" in page
    assert "4 people, 50 open jobs." in page
    assert "How much of each list stays" in page
    assert "Too little known for a number" in page  # the admin has no answers, and gets nothing
    flask_babel.refresh()  # requests share this test's application context
    assert "一覧がどれだけ変わらないか" in text(admin.get(f"{answer.location}?lang=ja"))
    flask_babel.refresh()
    version = text(admin.get(f"/admin/policies/{one}"))
    assert "as they are now" in version
    confirm = text(admin.get(f"/admin/policies/{one}/activate"))
    assert "By the backtest of 4 people, 100 % of each list stay." in confirm
    with transaction():
        policies.update_draft(one, version="9.1", changes={"neutral": 1}, text="")
    assert "edited since" in text(admin.get(f"/admin/policies/{one}"))
    assert "have not been backtested" in text(admin.get(f"/admin/policies/{one}/activate"))
    run_id = session.scalar(select(Backtest.run_id))
    run_page = admin.get(f"/admin/runs/{run_id}")
    assert (run_page.status_code, run_page.location) == (302, answer.location)
    assert "Backtest of a policy" in text(admin.get("/admin/runs"))


def test_movers_are_named_and_those_who_are_gone_are_not(session, town, admin):
    users, jobs = people_and_jobs(session, town, people=2, jobs=60)
    with transaction():
        run_id = backtesting.request_backtest(LATEST, LATEST, is_own=True)
    backtesting.execute(run_id)
    with transaction():
        one = session.get(Backtest, run_id)
        side = {"jobs": 40, "first_job_id": jobs[0], "mean_total": 50.0}
        one.result = one.result | {
            "jobs": [
                {"job_id": jobs[0], "people": [2, 0], "ranks": [1, None]},
                {"job_id": 98_765, "people": [0, 1], "ranks": [None, 3]},
            ],
            "persons": [
                {
                    "user_id": user,
                    "overlap": 12.5,
                    "before": side,
                    "after": side | {"first_job_id": None, "mean_total": None},
                    "farthest": far,
                }
                for user, far in (
                    (users[0], {"job_id": jobs[0], "from": 31, "to": 2}),
                    (98_765, None),
                )
            ],
        }
        session.get(User, users[0]).full_name = "<i>Hanako</i>"
    raw = admin.get(f"/admin/policies/backtests/{run_id}").text
    page = html.unescape(raw)
    assert "&lt;i&gt;Hanako&lt;/i&gt;" in raw
    assert "31 → 2" in page
    assert page.count("No longer there") == 2
    assert "看護師" in page


def test_a_backtest_can_be_cancelled_and_nonsense_starts_none(session, admin):
    one = number("9.1")
    start = f"/admin/policies/{one}/backtests"
    for data in ({}, {"people": "3"}, {"people": "100", "against": "7"}, {"people": "-1"}):
        assert admin.post(start, data=data).status_code == 422
    assert session.scalars(select(MatchRun)).all() == []
    where = admin.post(start, data={"people": "100", "against": LIVE}).location
    assert admin.post(f"{where}/cancel").status_code == 303
    assert session.scalars(select(MatchRun)).one().status is RunStatus.CANCELLED
    page = text(admin.get(where))
    assert "Cancelled" in page
    assert "Cancel the backtest" not in page
    assert admin.post("/admin/policies/backtests/987/cancel").status_code == 404
    assert admin.get("/admin/policies/backtests/987").status_code == 404


def test_a_version_that_this_product_does_not_understand_is_shown_and_deleted(session, admin):
    one = number("9.1")
    with transaction():
        session.get(ScorePolicy, one).definition = {"luck": 7}
    page = text(admin.get(f"/admin/policies/{one}"))
    assert "written for other rules than this product knows" in page
    assert admin.get("/admin/policies").status_code == 200
    for path in ("edit", "activate"):
        assert admin.get(f"/admin/policies/{one}/{path}").status_code == 303
    assert (
        admin.post(f"/admin/policies/{one}/backtests", data={"people": "all", "against": LIVE})
    ).status_code == 409
    assert admin.post(f"/admin/policies/{one}/delete").status_code == 303


def test_a_retired_version_of_other_rules_stands_in_the_history_without_numbers(session, admin):
    with transaction():
        policies.activate(number("9.1"))
        broken = update(ScorePolicy).where(ScorePolicy.version == LIVE)
        session.execute(broken.values(definition={"luck": 7}))
    page = admin.get("/policy/scoring")
    assert page.status_code == 200
    assert f"instead of {LIVE}" in text(page)
    assert admin.get("/admin/policies").status_code == 200


def test_everybody_reads_what_changed_but_no_draft_and_no_name(app, admin):
    with transaction():
        policies.create_draft(LATEST, version="secret-draft", text="Not yet.")
        policies.activate(number("9.1"))
    nobody = app.test_client()
    flask.g.pop("_login_user", None)
    page = text(nobody.get("/policy/scoring"))
    assert "At most 40 jobs a day" in page
    assert "at most 3 of one company" in page
    assert f"instead of {LIVE}" in page
    assert f"Weight: Location: {LOCATION} → {LOCATION + 5}" in page
    assert "Place <b>matters</b> more." in page
    assert "secret-draft" not in page
    assert "boss@example.com" not in page
    assert "Change the rules" not in page
    flask.g.pop("_login_user", None)
    assert "Change the rules" in text(admin.get("/policy/scoring"))


def test_a_seeker_may_not(app, session, admin):
    with transaction():
        person = factories.user(session)
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    flask.g.pop("_login_user", None)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    one = number("9.1")
    for path in ("", "/new", f"/{one}", f"/{one}/edit", f"/{one}/activate", "/rollback"):
        assert client.get(f"/admin/policies{path}").status_code == 403
    for path in (f"/{one}/activate", f"/{one}/delete", f"/{one}/backtests", "/rollback"):
        assert client.post(f"/admin/policies{path}").status_code == 403
