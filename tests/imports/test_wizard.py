"""The road of an import: each step keeps what was decided, for back, reload, and two admins."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.imports import checking, plans, service
from jobscore.imports.models import (
    CheckStatus,
    CsvImport,
    ImportAttempt,
    ImportCheck,
    ImportStatus,
)
from jobscore.jobs.models import Job
from tests import factories
from tests.imports.test_views import CSV, admin, choose, sign_in, start, upload, version

__all__ = ["admin"]

PATH = "/admin/imports/1"
Work = Callable[[], int]


@pytest.fixture
def backend() -> str:
    """SQLite: what pages say is the same on both; test_checking has both."""
    return "sqlite"


def read(client: FlaskClient, **values: str) -> Any:
    data = {"version": version(client, PATH, "reading"), **values}
    return client.post(f"{PATH}/reading", data=data)


def only(session: Session, model: Any) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def only_status(session: Session, import_id: int) -> ImportStatus:
    session.expire_all()
    return session.get_one(CsvImport, import_id).status


# -- reading ---------------------------------------------------------------------------------


def test_what_is_tried_is_shown_and_not_kept(admin: FlaskClient, session: Session) -> None:
    upload(admin, "title;company\nCook;A,B\nWaiter;C,D\n")
    assert "as found: semicolon" in admin.get(f"{PATH}/reading").text
    tried = admin.get(f"{PATH}/reading?delimiter=,&header_line=0&encoding=cp1252").text
    assert "none: the columns have no names" in tried
    assert "title;company" in tried
    assert plans.get(session, 1) is None
    assert session.get_one(CsvImport, 1).status is ImportStatus.INSPECTED


def test_what_is_decided_about_reading_is_kept(admin: FlaskClient, session: Session) -> None:
    upload(admin, "title;company\nCook;A,B\nWaiter;C,D\n")
    sent = read(admin, delimiter=",", header_line="0")
    assert sent.location == f"{PATH}/mapping"
    page = admin.get(f"{PATH}/reading").text
    assert '<option value="," selected>' in page
    assert "Cook;A" in admin.get(f"{PATH}/mapping").text
    assert only(session, CsvImport).status is ImportStatus.MAPPING


def test_quotes_can_be_ordinary_characters(admin: FlaskClient) -> None:
    upload(admin, 'title,company\n12" pizza cook,"Acme"\nWaiter,Bob\n')
    page = admin.get(f"{PATH}/reading?quote=none").text
    assert "12&#34; pizza cook" in page
    assert "&#34;Acme&#34;" in page


def test_a_reading_that_is_impossible_falls_back_and_says_so(
    admin: FlaskClient, session: Session
) -> None:
    wide = ",".join("x" * 3_000) + "\n"
    upload(admin, "title;company\n" + "Cook;Acme\n" * 40 + wide)
    page = admin.get(f"{PATH}/reading?delimiter=,&header_line=42").text
    assert "It cannot be read like that" in page
    refused = read(admin, delimiter=",", header_line="42")
    assert "It cannot be read like that" in admin.get(refused.location).text
    assert plans.get(session, 1) is None


# -- columns ---------------------------------------------------------------------------------


def test_the_preview_follows_the_choice_without_keeping_it(
    admin: FlaskClient, session: Session
) -> None:
    upload(admin, "a,b,c\nCook,時給1200円,2026-04-01\nChef,negotiable,soon\n")
    page = admin.get(f"{PATH}/mapping?column-0=title&column-1=salary&column-2=posted_on").text
    assert "¥1,200 an hour" in page
    assert "from “時給1200円”" in page
    assert "The date could not be read" in page
    assert plans.get(session, 1) is None


def test_columns_that_are_not_imported_are_said(admin: FlaskClient) -> None:
    upload(admin, "title,company,wibble\nCook,Acme,1\n")
    page = admin.get(f"{PATH}/mapping").text
    assert "Not imported: “C wibble”." in page
    assert "Not recognised" in page
    assert "Sure" in page


def test_the_same_header_again_is_proposed_the_same_columns(
    admin: FlaskClient, session: Session
) -> None:
    upload(admin, "title,wibble\nCook,Acme\n")
    choose(admin, PATH, **{"0": "title", "1": "company", "source": "board", "mode": "full_feed"})
    upload(admin, "Title,Wibble\nChef,Acme\n")
    page = admin.get("/admin/imports/2/mapping").text
    assert "This header was imported before" in page
    assert "chose them on" in page
    assert "As last time" in page
    assert re.search(r'name="source"[^>]*value="board"', page)
    assert re.search(r'value="full_feed" checked', page)
    assert plans.get(session, 2) is None, "a proposal is not a decision"


def test_a_confirmed_choice_is_there_again_after_back_and_reload(admin: FlaskClient) -> None:
    upload(admin, CSV)
    choose(admin, PATH, **{"0": "title", "2": "company"})
    page = admin.get(f"{PATH}/mapping").text
    chosen = re.findall(r'<option value="([a-z_]*)" selected', page)
    assert chosen == ["title", "", "company", ""]


# -- check -----------------------------------------------------------------------------------


def test_the_check_counts_and_names_changes_and_rejections(
    admin: FlaskClient, run_worker: Work, session: Session
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    upload(admin, CSV.replace("時給1200円", "時給1500円") + "新しい,会社,東京都,応相談\n")
    path = "/admin/imports/2"
    choose(admin, path)
    waiting = admin.get(f"{path}/check").text
    assert "The check waits for a worker." in waiting
    assert f'hx-get="{path}/check"' in waiting
    background.run_pending(admin.application)
    page = admin.get(f"{path}/check").text
    assert "An import would write 2 jobs." in page
    assert "<del>¥1,200 an hour</del>" in page
    assert "<ins>¥1,500 an hour</ins>" in page
    assert "The row has no job title." in page
    assert "hx-get" not in page.split('id="import-check"')[1].split(">")[0]
    assert session.scalar(select(Job).where(Job.title == "新しい")) is None


def test_differences_can_be_searched_by_title(admin: FlaskClient, run_worker: Work) -> None:
    rows = "".join(f"{n},Cook number {n},Acme,Tokyo\n" for n in range(30))
    upload(admin, "id,title,company,place\n" + rows)
    columns = {"0": "external_id", "1": "title", "2": "company", "3": "location"}
    start(admin, **columns)
    run_worker()
    upload(admin, "id,title,company,place\n" + rows.replace("Acme", "Bee"))
    path = "/admin/imports/2/check"
    choose(admin, "/admin/imports/2", **columns)
    run_worker()
    first = admin.get(path).text
    assert first.count("<del>Acme</del>") == 20
    following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)
    assert following
    assert admin.get(following[1].replace("&amp;", "&")).text.count("<del>Acme</del>") == 10
    found = admin.get(f"{path}?q=NUMBER 17").text
    assert found.count("<del>Acme</del>") == 1
    assert "No changed job has such a title." in admin.get(f"{path}?q=100%").text
    assert admin.get(f"{path}?after=nonsense").status_code == 404


def test_a_full_feed_that_closes_much_needs_a_tick(
    admin: FlaskClient, run_worker: Work, session: Session
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    upload(admin, CSV.split("=1+1")[0])
    path = "/admin/imports/2"
    all_columns = {"0": "title", "1": "company", "2": "location", "3": "salary"}
    choose(admin, path, **all_columns, mode="full_feed")
    background.run_pending(admin.application)
    page = admin.get(f"{path}/check").text
    assert "1 of the 2 open jobs of the source “upload” (50 %)" in page
    sent = {"version": version(admin, path, "check")}
    refused = admin.post(f"{path}/start", data=sent, follow_redirects=True).text
    assert "Please tick" in refused
    admin.post(f"{path}/start", data=sent | {"closing": "1"})
    attempt = service.last_attempt(session, 2)
    assert attempt is not None
    assert attempt.mode == "full_feed"
    run_worker()
    assert only_status(session, 2) is ImportStatus.DONE_WITH_ERRORS, "no question: the tick was one"
    assert session.scalars(select(Job.title).where(Job.is_active)).all() == ["ホールスタッフ"]


def test_a_check_can_be_stopped(admin: FlaskClient, session: Session, run_worker: Work) -> None:
    upload(admin, CSV)
    choose(admin, PATH)
    stopped = admin.post(f"{PATH}/check/stop")
    assert stopped.location == f"{PATH}/mapping"
    assert run_worker() == 0
    assert only(session, ImportCheck).status is CheckStatus.CANCELLED
    again = admin.post(f"{PATH}/check")
    assert again.location == f"{PATH}/check"


def test_who_is_in_a_hurry_starts_while_the_check_goes_on(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    choose(admin, PATH)
    admin.post(f"{PATH}/start", data={"version": version(admin, PATH, "check")})
    assert only(session, ImportCheck).status is CheckStatus.CANCELLED
    run_worker()
    assert only(session, CsvImport).status is ImportStatus.DONE_WITH_ERRORS


def test_a_check_of_other_columns_does_not_start_a_run(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    choose(admin, PATH)
    run_worker()
    old = version(admin, PATH, "check")
    with transaction() as own:
        mapping = {"title": 1}
        plans.save_mapping(own, 1, int(old), mapping, None, header=None)
    page = admin.get(f"{PATH}/check").text
    assert "The columns were changed after this check." in page
    assert "Start the import" not in page
    admin.post(f"{PATH}/start", data={"version": old})
    assert session.scalar(select(ImportAttempt)) is None


def test_a_file_that_is_gone_says_so(admin: FlaskClient, session: Session) -> None:
    upload(admin, CSV)
    service.path_of(session.get_one(CsvImport, 1)).unlink()
    for step in ("reading", "mapping"):
        answer = admin.get(f"{PATH}/{step}", follow_redirects=True)
        assert "The uploaded file is no longer there. Upload it again." in answer.text


# -- two admins ------------------------------------------------------------------------------


@pytest.fixture
def other(app: Flask, session: Session) -> FlaskClient:
    """A second admin with a browser of their own."""
    return sign_in(
        app,
        app.test_client(),
        session,
        is_superuser=True,
        email_verified_at=factories.LONG_AGO,
        full_name="Aiko Mori",
    )


def turn() -> None:
    """Let the next request find out anew who asks: in tests all share one application context."""
    g.pop("_login_user", None)


@pytest.mark.parametrize("n_earlier", [0, 1], ids=["nothing decided", "a plan there"])
def test_of_two_admins_the_second_is_told_who_was_first(
    admin: FlaskClient, other: FlaskClient, session: Session, n_earlier: int
) -> None:
    upload(admin, CSV)
    for _ in range(n_earlier):
        choose(admin, PATH, **{"0": "title"})
    seen = version(admin, PATH)
    turn()
    choose(other, PATH, **{"0": "title", "1": "company"})
    turn()
    answer = admin.post(
        f"{PATH}/mapping",
        data={"version": seen, "column-0": "title", "column-1": "industry"},
        follow_redirects=True,
    )
    assert "Aiko Mori changed this import while your page was open" in answer.text
    plan = plans.get(session, 1)
    assert plan is not None
    assert plan.mapping == {"title": 0, "company": 1}


def test_of_two_who_start_one_does(
    admin: FlaskClient, other: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    choose(admin, PATH)
    run_worker()
    sent = {"version": version(admin, PATH, "check")}
    turn()
    other.post(f"{PATH}/start", data=sent)
    turn()
    answer = admin.post(f"{PATH}/start", data=sent, follow_redirects=True)
    assert "Aiko Mori changed this import" in answer.text
    assert "started by Aiko Mori" in answer.text
    assert len(session.scalars(select(ImportAttempt)).all()) == 1


def test_nobody_changes_the_columns_of_a_run_that_is_under_way(
    admin: FlaskClient, session: Session
) -> None:
    upload(admin, CSV)
    start(admin)
    answer = choose(admin, PATH, **{"0": "title"})
    assert answer.location == PATH
    plan = plans.get(session, 1)
    assert plan is not None
    assert len(plan.mapping or {}) == 4


# -- running again ---------------------------------------------------------------------------


def test_another_run_can_be_prepared_and_left(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    choose(admin, PATH, **{"0": "title", "1": "industry"})
    assert "Another run of this file is being prepared" in admin.get(PATH).text
    left = admin.post(f"{PATH}/leave", follow_redirects=True)
    assert "Another run" not in left.text
    assert only(session, CsvImport).status is ImportStatus.DONE_WITH_ERRORS
    statuses = set(session.scalars(select(ImportCheck.status)))
    assert statuses == {CheckStatus.DONE, CheckStatus.CANCELLED}


# -- mending ---------------------------------------------------------------------------------


def rejected_form(client: FlaskClient) -> dict[str, str]:
    """Return the fields of the mending form as a browser would send them."""
    page = client.get(f"{PATH}/mend").text
    found = re.findall(r'name="(cell-\d+-\d+)" type="text" value="([^"]*)"', page)
    assert found
    return dict(found)


def test_few_rejected_rows_are_mended_in_the_page(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    form = rejected_form(admin)
    still = admin.post(f"{PATH}/mend", data=form)
    assert still.status_code == 422
    assert "2 rows still cannot be imported" in still.text
    form |= {"cell-3-0": "清掃", "cell-5-3": "時給1300円"}
    sent = admin.post(f"{PATH}/mend", data=form)
    assert sent.location == "/admin/imports/2"
    assert admin.post(f"{PATH}/mend", data=form).location == "/admin/imports/2", "sent twice"
    run_worker()
    titles = set(session.scalars(select(Job.title)))
    assert titles == {"ホールスタッフ", "=1+1", "清掃", "調理"}
    first = admin.get(PATH).text
    assert "Rows of this import were mended in" in first
    assert "These are mended rows of" in admin.get("/admin/imports/2").text


def test_a_torn_row_is_imported_only_after_somebody_looked(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, "title,company,place\nCook,Acme,Tokyo\nChef,Bee\n")
    start(admin, **{"0": "title", "1": "company", "2": "location"})
    run_worker()
    form = rejected_form(admin)
    assert form == {"cell-3-0": "Chef", "cell-3-1": "Bee", "cell-3-2": ""}
    refused = admin.post(f"{PATH}/mend", data=form)
    assert refused.status_code == 422
    assert "Look at these cells" in refused.text
    assert admin.post(f"{PATH}/mend", data=form | {"right-3": "1"}).status_code == 303
    run_worker()
    assert set(session.scalars(select(Job.title))) == {"Cook", "Chef"}


def test_rows_that_are_left_out_are_not_imported(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    form = rejected_form(admin) | {"cell-3-0": "清掃", "skip-5": "1"}
    assert admin.post(f"{PATH}/mend", data=form | {"skip-3": "1"}).status_code == 422
    assert admin.post(f"{PATH}/mend", data=form).status_code == 303
    run_worker()
    assert "調理" not in set(session.scalars(select(Job.title)))


def test_many_rejected_rows_are_for_a_spreadsheet(admin: FlaskClient, run_worker: Work) -> None:
    upload(admin, "title,company\nCook,Acme\n" + ",x\n" * 26)
    start(admin, **{"0": "title", "1": "company"})
    run_worker()
    page = admin.get(PATH).text
    assert "Mend them in the page" not in page
    assert "Download the rejected rows" in page
    answer = admin.get(f"{PATH}/mend", follow_redirects=True)
    assert "These rows cannot be mended here." in answer.text


# -- the list --------------------------------------------------------------------------------


def test_the_list_is_filtered_by_name_status_and_type(admin: FlaskClient, run_worker: Work) -> None:
    upload(admin, CSV, "spring.csv")
    start(admin)
    run_worker()
    upload(admin, CSV + "料理長,会社,東京都,応相談\n", "autumn_100%.csv")
    page = admin.get("/admin/imports").text
    assert "1 import waits for you." in page
    assert "spring.csv" in page
    for query, shown in (
        ("status=attention", "autumn"),
        ("status=done", "spring"),
        ("q=100%25", "autumn"),
        ("q=SPRING&type=jobs", "spring"),
    ):
        page = admin.get(f"/admin/imports?{query}").text
        assert [name in page for name in ("spring.csv", "autumn")] == [
            name == shown for name in ("spring", "autumn")
        ], query
    assert "No import looks like this" in admin.get("/admin/imports?type=people").text
    assert admin.get("/admin/imports?status=nonsense&after=!").status_code == 404


def test_the_list_goes_on_page_by_page(admin: FlaskClient, session: Session) -> None:
    with transaction() as own:
        for n in range(30):
            own.add(
                CsvImport(
                    filename=f"file-{n:02}.csv",
                    file_size=1,
                    file_hash=f"{n:064}",
                    import_type="jobs",
                    status=ImportStatus.DONE,
                )
            )
    first = admin.get("/admin/imports").text
    assert first.count("file-") == 25
    following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)
    assert following
    last = admin.get(following[1]).text
    assert last.count("file-") == 5
    assert "a command" in last


def test_a_long_check_shows_rows_and_speed(
    admin: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(admin, CSV)
    choose(admin, PATH)
    check_id = checking.claim("worker")
    with transaction() as own:
        check = own.get_one(ImportCheck, check_id)
        check.total_rows, check.processed_rows = 1_000, 500
    page = admin.get(f"{PATH}/check").text
    assert "500 of 1,000 rows" in page
    assert "a second" in page
    assert "The whole file is read. Nothing is written." in page


# -- undo ------------------------------------------------------------------------------------


def test_undo_says_what_will_happen_does_it_and_reports(
    admin: FlaskClient, session: Session, run_worker: Work
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    upload(admin, CSV.replace("時給1200円", "時給1500円") + "新しい,会社,東京都,応相談\n")
    start(admin, "/admin/imports/2")
    run_worker()
    path = "/admin/imports/2"
    assert f'href="{path}/undo"' in admin.get(path).text
    asked = admin.get(f"{path}/undo").text
    assert "1 job gets back what it was before." in asked
    assert "1 job that was new is deleted." in asked
    assert session.scalar(select(Job.title).where(Job.title == "新しい")) is not None
    admin.post(f"{path}/undo")
    waiting = admin.get(path).text
    assert "The import is being undone." in waiting
    assert f'hx-get="{path}"' in waiting
    run_worker()
    done = admin.get(path).text
    assert "1 job is again what it was before." in done
    assert "1 job that was new was deleted." in done
    assert session.scalar(select(Job.title).where(Job.title == "新しい")) is None
    again = admin.get(f"{path}/undo", follow_redirects=True).text
    assert "The import has been undone." in again


def test_what_a_later_import_changed_stays_and_is_named(
    admin: FlaskClient, run_worker: Work
) -> None:
    upload(admin, CSV)
    start(admin)
    run_worker()
    upload(admin, CSV.replace("時給1200円", "時給1500円"))
    start(admin, "/admin/imports/2")
    run_worker()
    asked = admin.get(f"{PATH}/undo").text
    assert "Kept: import 2 changed it later." in asked
    admin.post(f"{PATH}/undo")
    run_worker()
    page = admin.get(PATH).text
    assert "Jobs that stay as they are" in page
    assert "ホールスタッフ" in page
