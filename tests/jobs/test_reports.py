"""Reports of postings: by anybody, so many an hour, settled by an admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts import limits, sessions
from jobscore.accounts.models import AuditLog
from jobscore.extensions import db
from jobscore.jobs.reports.models import JobReport
from tests import factories
from tests.jobs.conftest import NOW

pytestmark = pytest.mark.usefixtures("fixed_clock")


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    with app.app_context():
        person = factories.user(db.session(), is_superuser=True)
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
        db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return browser


def send(client: FlaskClient, job_id: int, **values: str) -> Any:
    return client.post(f"/jobs/{job_id}/report", data={"reason": "fraud", "text": "x"} | values)


def reports(app: Flask) -> list[JobReport]:
    with app.app_context():
        return list(db.session.scalars(select(JobReport).order_by(JobReport.id)))


def test_anybody_may_report_and_is_thanked(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    number = add()
    assert f'href="/jobs/{number}/report"' in client.get(f"/jobs/{number}").text
    assert client.get(f"/jobs/{number}/report").status_code == 200
    response = send(client, number, text="They want money first.")
    assert response.status_code == 303
    assert "Thank you for your report" in client.get(response.location).text
    (row,) = reports(app)
    assert (row.job_id, row.reason, row.text) == (number, "fraud", "They want money first.")


@pytest.mark.parametrize(
    "values",
    [{"reason": ""}, {"reason": "nonsense"}, {"text": "x" * 1_001}],
    ids=["nothing chosen", "no reason of ours", "too long"],
)
def test_a_wrong_report_keeps_the_input(
    app: Flask, client: FlaskClient, add: Callable[..., int], values: dict[str, str]
) -> None:
    response = send(client, add(), **{"text": "kept words"} | values)
    assert response.status_code == 422
    assert (values.get("text") or "kept words") in response.text
    assert reports(app) == []


def test_one_address_reports_so_many_an_hour(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    number = add()
    for _ in range(limits.REPORTS_PER_ADDRESS):
        assert send(client, number).status_code == 303
    refused = send(client, number)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 3600
    assert len(reports(app)) == limits.REPORTS_PER_ADDRESS
    with clock.set_to(NOW + timedelta(hours=1, seconds=1)):
        assert send(client, number).status_code == 303


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_active": False, "held_at": NOW}])
def test_a_closed_or_held_job_leads_to_its_page(
    app: Flask, client: FlaskClient, add: Callable[..., int], values: dict[str, Any]
) -> None:
    number = add(title="Secret title", **values)
    for response in (client.get(f"/jobs/{number}/report"), send(client, number)):
        assert response.location.endswith(f"/jobs/{number}")
    assert client.get("/jobs/999/report").status_code == 404
    assert reports(app) == []


def test_the_queue_shows_what_waits_and_a_note_settles_all_of_a_job(
    app: Flask, client: FlaskClient, admin: FlaskClient, add: Callable[..., int]
) -> None:
    number, other = add(title="Bad one"), add(title="Other one")
    for text in ("<b>first</b>", "second"):
        send(client, number, text=text)
    send(client, other, reason="spam")
    queue = admin.get("/admin/reports").text
    assert "3 reports of postings wait" in queue
    assert "&lt;b&gt;first" in queue
    page = admin.get(f"/admin/reports/jobs/{number}").text
    assert f"/admin/postings/{number}" in page, "the job can be held from here"
    assert admin.post(f"/admin/reports/jobs/{number}", data={"note": ""}).status_code == 422
    done = admin.post(f"/admin/reports/jobs/{number}", data={"note": "Held."})
    assert done.status_code == 303
    queue = admin.get("/admin/reports").text
    assert "Bad one" not in queue
    assert "Other one" in queue
    assert "Settled: Held." in admin.get("/admin/reports?state=settled").text
    with app.app_context():
        entry = db.session.scalars(
            select(AuditLog).where(AuditLog.action == "report.settled")
        ).one()
        assert entry.target == f"job:{number}"
        assert entry.details == {"reports": 2, "note": "Held."}
    again = admin.post(f"/admin/reports/jobs/{number}", data={"note": "Again"})
    assert again.status_code == 303
    assert "somebody settled it already" in admin.get("/admin/reports").text


def test_the_command_lists_and_settles(app: Flask, client: FlaskClient, add: Any) -> None:
    number = add()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["jobs", "reports", "list"]).output == "no reports\n"
    send(client, number, text="one\nline")
    listed = runner.invoke(args=["jobs", "reports", "list"]).output
    assert f"job {number}  fraud  one line" in listed
    settle = ["jobs", "reports", "settle", str(number), "--note", "done"]
    assert runner.invoke(args=settle).output == f"1 reports of job {number} settled\n"
    refused = runner.invoke(args=settle)
    assert refused.exit_code == 1
    assert "No report" in refused.output
    assert "done" in runner.invoke(args=["jobs", "reports", "list", "--settled"]).output
