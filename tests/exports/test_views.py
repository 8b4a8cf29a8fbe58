"""The admin's page of exports and the commands: what is written, and what is left out."""

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import AuditLog
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.exports import forms, service
from jobscore.extensions import db
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportType
from jobscore.jobs.models import Job
from tests import factories
from tests.jobs.checks.test_views import Apart, match, sign_in

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(NOON):
        yield


@pytest.fixture(autouse=True)
def apart(app: Flask) -> None:
    app.test_client_class = Apart


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    return sign_in(app, factories.user(session, is_superuser=True))


@pytest.fixture
def world(session: Session) -> None:
    """Two jobs of two sources, a match, a letter and a rejected row."""
    day = NOON.date()
    first = factories.job(session, title="=1+1", source="a", posted_date=day)
    factories.job(session, title="寿司🍣", source="b", is_active=False, posted_date=day)
    match(session, factories.user(session), first.id)
    session.add(
        EmailLog(
            email_type=EmailType.DIGEST,
            recipient_email="hana@example.com",
            subject="Hello Hana",
            body="Dear Hana",
            status=EmailStatus.FAILED,
            error_message="550 <hana@example.com> unknown",
            created_at=NOON,
        )
    )
    file = CsvImport(filename="a.csv", file_size=1, file_hash="0" * 64, import_type=ImportType.JOBS)
    file.attempts.append(ImportAttempt(source="a"))
    session.add(file)
    session.flush()
    session.add(
        ImportMessage(
            attempt_id=file.attempts[0].id, severity="error", line=3, code="width",
            params={"found": 2, "expected": 3}, cells=["=cmd", "日本"],
        )
    )  # fmt: skip
    session.commit()


def download(client: FlaskClient, **values: str) -> Any:
    return client.post("/admin/exports/download", data=values)


def rows(data: bytes, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


def test_a_csv_is_marked_for_excel_and_its_formulas_are_guarded(
    admin: FlaskClient, world: None
) -> None:
    answer = download(admin, kind="jobs", file="csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "jobscore-jobs-2026-11-23.csv" in answer.headers["Content-Disposition"]
    assert [row["title"] for row in rows(answer.data)] == ["'=1+1", "寿司🍣"]
    assert [row["jobscore_state"] for row in rows(answer.data)] == ["open", "closed"]


def test_a_csv_in_cp932_marks_what_it_lacks(admin: FlaskClient, world: None) -> None:
    answer = download(admin, kind="jobs", file="cp932")
    assert [row["title"] for row in rows(answer.data, "cp932")] == ["'=1+1", "寿司〓"]
    assert "shift_jis" in answer.content_type


def test_json_lines_keep_null_and_numbers(admin: FlaskClient, world: None) -> None:
    answer = download(admin, kind="matches", file="jsonl")
    (line,) = answer.data.decode().splitlines()
    found = json.loads(line)
    assert found["title"] == "=1+1"
    assert (found["total_score"], found["sent_at"], found["is_viewed"]) == (80.0, None, False)


@pytest.mark.parametrize(
    ("values", "n"),
    [
        ({"kind": "jobs"}, 2),
        ({"kind": "jobs", "source": "a"}, 1),
        ({"kind": "jobs", "open": "1"}, 1),
        ({"kind": "jobs", "since": "2026-11-23", "until": "2026-11-23"}, 2),
        ({"kind": "jobs", "since": "2026-11-24"}, 0),
        ({"kind": "jobs", "until": "2026-11-22"}, 0),
        ({"kind": "jobs", "since": "9999-12-31", "until": "nonsense"}, 2),
        ({"kind": "matches", "policy": "1.2"}, 1),
        ({"kind": "matches", "policy": "9"}, 0),
        ({"kind": "matches", "source": "b"}, 0),
        ({"kind": "scores"}, 1),
        ({"kind": "scores", "open": "1", "source": "a"}, 1),
        ({"kind": "logs"}, 1),
        ({"kind": "logs", "until": "2026-11-22"}, 0),
        ({"kind": "rejected"}, 1),
        ({"kind": "rejected", "source": "b"}, 0),
        ({"kind": "nonsense"}, 2),
    ],
    ids=str,
)
def test_filters_choose_rows_and_the_page_counts_the_same(
    admin: FlaskClient, world: None, values: dict[str, str], n: int
) -> None:
    assert len(rows(download(admin, **values).data)) == n
    assert len(download(admin, file="jsonl", **values).data.decode().splitlines()) == n
    page = admin.get("/admin/exports", query_string=values).get_data(as_text=True)
    assert re.search(rf"<h2>{n} rows?</h2>", page)


def test_the_counting_button_keeps_the_choice_in_the_address(
    admin: FlaskClient, world: None, session: Session
) -> None:
    answer = download(admin, kind="logs", addresses="1", since="2026-11-01", file="count")
    assert answer.status_code == 302
    assert answer.location == "/admin/exports?kind=logs&since=2026-11-01&addresses=1"
    assert session.scalar(select(AuditLog.id)) is None


def test_addresses_and_texts_of_letters_are_left_out_unless_asked_for(
    admin: FlaskClient, world: None
) -> None:
    plain = download(admin, kind="logs").data.decode("utf-8-sig")
    assert "hana" not in plain.lower()
    assert "550 <[address]> unknown" in plain
    (row,) = rows(download(admin, kind="logs", addresses="1", bodies="1").data)
    assert (row["recipient_email"], row["body"]) == ("hana@example.com", "Dear Hana")
    assert (row["subject"], row["error_message"]) == (
        "Hello Hana",
        "550 <hana@example.com> unknown",
    )


def test_rejected_rows_have_their_cells_and_the_reason_in_the_readers_language(
    admin: FlaskClient, world: None
) -> None:
    admin.set_cookie("locale", "ja")
    (row,) = rows(download(admin, kind="rejected").data)
    assert json.loads(row["cells"]) == ["=cmd", "日本"]
    assert "セル" in row["reason"]


def test_each_download_is_noted(admin: FlaskClient, world: None, session: Session) -> None:
    download(admin, kind="jobs", source="a", file="jsonl")
    act = session.scalars(select(AuditLog)).one()
    assert (act.action, act.target) == ("export.downloaded", "jobs")
    assert act.details == {"kind": "jobs", "source": "a", "format": "jsonl"}


def test_nobody_but_admins_may_export(
    app: Flask, client: FlaskClient, session: Session, world: None
) -> None:
    seeker = sign_in(app, factories.user(session))
    assert seeker.get("/admin/exports").status_code == 403
    assert download(seeker, kind="jobs").status_code == 403
    assert download(client, kind="jobs").status_code == 302


def test_the_commands_write_the_same_files(
    app: Flask, admin: FlaskClient, world: None, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    path = tmp_path / "jobs.csv"
    done = runner.invoke(args=["export", "jobs", "--output", str(path), "--source", "a"])
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == download(admin, kind="jobs", source="a").data
    assert "1 rows" in done.stderr
    lines = runner.invoke(args=["export", "scores", "--format", "jsonl"]).stdout
    assert json.loads(lines)["total_score"] == 80.0
    sushi = runner.invoke(
        args=["export", "jobs", "--encoding", "cp932", "--output", str(path), "--open-only"]
    )
    assert "〓" not in sushi.stderr
    sushi = runner.invoke(args=["export", "jobs", "--encoding", "cp932", "--output", str(path)])
    assert "1 characters that cp932 lacks became 〓" in sushi.stderr
    logs = runner.invoke(args=["export", "logs", "--since", "2026-11-23", "--with-addresses"])
    assert "hana@example.com" in logs.stdout
    assert "Dear" not in logs.stdout
    assert runner.invoke(args=["export", "rejected"]).exit_code == 0
    nowhere = runner.invoke(args=["export", "matches", "--output", str(tmp_path / "no" / "x")])
    assert nowhere.exit_code == 1


def test_a_held_job_says_so_in_its_export(
    admin: FlaskClient, world: None, session: Session
) -> None:
    job = session.scalars(select(Job).where(Job.source == "a")).one()
    job.held_at = NOON
    session.commit()
    assert rows(download(admin, kind="jobs", source="a").data)[0]["jobscore_state"] == "held"


@pytest.mark.parametrize("file", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_rows(app: Flask, session: Session, file: str) -> None:
    text = "仕事の内容。" * 200
    session.execute(
        insert(Job),
        [
            {"title": f"Job {n}", "company_name": "A", "description": text, "source": "x"}
            for n in range(1_500)
        ],
    )
    session.commit()
    choice = forms.read({"kind": "jobs", "file": file})
    assert choice.format is not None
    peaks = []
    for days in ("", "2000-01-01"):  # all rows, and none
        chosen = forms.read({"kind": "jobs", "file": file, "until": days})
        tracemalloc.start()
        with Session(db.engine) as own:
            pieces = service.stream(
                own, chosen.kind, chosen.filters, choice.format, choice.encoding
            )
            size = sum(len(piece) for piece in pieces)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert size < 1_000  # the empty file: its header
    assert peaks[0] < 4 * 1024 * 1024  # of a file of more than 5 MB in UTF-8
