"""The pages about duplicates: review, decide, undo, split and merge; others are kept out."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobscore.jobs.duplicates.models import Decision
from tests import factories
from tests.imports.test_views import sign_in
from tests.jobs.test_duplicates import add, group, pair, search_all
from tests.jobs.test_similarity import TEXT


@pytest.fixture
def admin(app: Flask, client: FlaskClient, session: Session) -> FlaskClient:
    return sign_in(app, client, session, is_superuser=True, email_verified_at=factories.LONG_AGO)


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def unsure(session: Session) -> tuple[int, int]:
    first = add(session, "a", salary_min=1200)
    second = add(session, "b", title="カフェ<b>店員", salary_min=1300,
                 description=TEXT + "制服は無料で貸します。")  # fmt: skip
    search_all()
    return first, second


def test_seekers_may_not_see_or_decide(app: Flask, client: FlaskClient, session: Session) -> None:
    sign_in(app, client, session)
    assert client.get("/admin/duplicates").status_code == 403
    assert client.post("/admin/duplicates/1/decide").status_code == 403


def test_the_queue_is_empty_at_first(admin: FlaskClient) -> None:
    assert "Nothing waits for a decision" in text(admin, "/admin/duplicates")
    assert "Nobody has decided anything yet" in text(admin, "/admin/duplicates/decided")


def test_a_pair_is_shown_side_by_side_with_what_differs(
    admin: FlaskClient, session: Session
) -> None:
    unsure(session)
    queue = text(admin, "/admin/duplicates")
    assert f"/admin/duplicates/{pair(session).id}" in queue
    page = text(admin, f"/admin/duplicates/{pair(session).id}")
    assert "<mark>制服は無料で貸します。</mark>" in page
    assert "<mark>カフェ&lt;b&gt;店員</mark>" in page
    assert "<mark>株式会社あおぞら</mark>" not in page
    assert "almost equal" in page
    assert "Title, Pay, Text" in page


def test_a_decision_goes_on_to_the_next_pair_and_can_be_undone(
    admin: FlaskClient, session: Session
) -> None:
    first, second = unsure(session)
    number = pair(session).id
    answer = admin.post(f"/admin/duplicates/{number}/decide", data={"decision": "same"})
    assert answer.location == f"/admin/duplicates?decided={number}"
    assert group(session, second) == first
    page = text(admin, answer.location)
    assert "Remembered: the same job." in page
    assert f"/admin/duplicates/{number}/undo" in page
    assert "The same job" in text(admin, "/admin/duplicates/decided")
    undone = admin.post(f"/admin/duplicates/{number}/undo")
    assert undone.location == f"/admin/duplicates/{number}"
    assert pair(session).decision is None
    assert group(session, second) is None
    again = admin.post(f"/admin/duplicates/{number}/undo", follow_redirects=True)
    assert "taken back already" in again.get_data(as_text=True)


def test_different_is_remembered(admin: FlaskClient, session: Session) -> None:
    unsure(session)
    admin.post(f"/admin/duplicates/{pair(session).id}/decide", data={"decision": "different"})
    assert pair(session).decision is Decision.DIFFERENT
    assert pair(session).decided_by is not None
    assert "Nothing waits for a decision" in text(admin, "/admin/duplicates")


def test_a_decision_that_is_none_is_refused(admin: FlaskClient, session: Session) -> None:
    unsure(session)
    path = f"/admin/duplicates/{pair(session).id}/decide"
    assert admin.post(path, data={"decision": "perhaps"}).status_code == 400
    assert admin.post("/admin/duplicates/99/decide").status_code == 404


def test_a_group_is_split_and_merged_from_the_jobs_page(
    admin: FlaskClient, session: Session
) -> None:
    first, second = add(session, "a"), add(session, "b")
    search_all()
    assert f"/admin/duplicates/jobs/{first}" in text(admin, "/admin/jobs")
    page = text(admin, f"/admin/duplicates/jobs/{first}")
    assert "Shown in lists" in page
    assert page.count("Take out</span>") >= 2
    admin.post(f"/admin/duplicates/jobs/{second}/split")
    assert group(session, first) is None
    path = f"/admin/duplicates/jobs/{first}/merge"
    admin.post(path, data={"other": f" #{second} "})
    assert group(session, second) == first
    for other, said in (("x", "number of a job"), (str(first), "this very job"), ("999", "no job")):
        refused = admin.post(path, data={"other": other})
        assert refused.status_code == 422
        assert said in refused.get_data(as_text=True)


def test_a_search_can_be_asked_for(admin: FlaskClient, session: Session) -> None:
    assert admin.post("/admin/duplicates/search").status_code == 303
    assert "under way" in text(admin, "/admin/duplicates")
