"""What we export, we import again unchanged: through the real reader, mapping and writer."""

import csv
import io
import string
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jobscore.database.transaction import transaction
from jobscore.demo import sample
from jobscore.exports import service as exports
from jobscore.exports import tables
from jobscore.exports.files import Encoding, Format
from jobscore.exports.tables import Filters, Kind
from jobscore.extensions import db
from jobscore.imports import batches, running, values
from jobscore.imports import service as imports
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobSource

#: What an import writes of its own, and what a job was not told by its file.
OWN = {"id", "created_at", "updated_at", "import_id", "content_hash"}
DAY = date(2026, 3, 2)


def export(encoding: Encoding = Encoding.UTF8, **filters: Any) -> bytes:
    with Session(db.engine) as session:
        return b"".join(
            exports.stream(session, Kind.JOBS, Filters(**filters), Format.CSV, encoding)
        )


def run(path: Path, source: str) -> ImportAttempt:
    """Import a file as an admin would who changes nothing of what was understood."""
    with path.open("rb") as stream, transaction() as session:
        one = imports.register_upload(session, stream, path.name)
        import_id = one.id
    with transaction() as session:
        one = session.get_one(CsvImport, import_id)
        mapping = imports.preview(imports.path_of(one)).mapping
        attempt = imports.start(session, one, mapping, ReadOptions())
        attempt.source = source
        attempt_id = attempt.id
    worker = running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    running.run(attempt_id, worker)
    return db.session().get_one(ImportAttempt, attempt_id, populate_existing=True)


def contents(session: Session) -> list[dict[str, Any]]:
    session.expire_all()
    return [
        {
            c.key: getattr(job, c.key)
            for c in Job.__table__.columns
            if c.key not in OWN | {"duplicate_group"}
        }
        for job in session.scalars(select(Job).order_by(Job.id))
    ]


@pytest.mark.parametrize("encoding", list(Encoding))
def test_the_demos_jobs_come_back_unchanged(
    app: Flask, session: Session, tmp_path: Path, encoding: Encoding
) -> None:
    for file in sample.write_jobs(tmp_path, 400, 1, DAY):
        run(file.path, "demo")
    before = contents(session)
    assert len(before) > 300
    again = tmp_path / "again.csv"
    again.write_bytes(export(encoding, source="demo"))
    attempt = run(again, "demo")
    assert attempt.status is ImportStatus.DONE
    assert (attempt.new_rows, attempt.rejected_rows, attempt.duplicate_rows) == (0, 0, 0)
    changed = attempt.changed_rows
    if encoding is Encoding.UTF8:
        assert (changed, attempt.unchanged_rows) == (0, len(before))
        assert contents(session) == before
    else:  # cp932 has one wave dash where Unicode has two: those postings differ by it
        assert attempt.unchanged_rows + changed == len(before)


def test_an_empty_database_gets_the_same_jobs(app: Flask, session: Session, tmp_path: Path) -> None:
    for file in sample.write_jobs(tmp_path, 300, 2, DAY):
        run(file.path, "demo")
    before = contents(session)
    again = tmp_path / "again.csv"
    again.write_bytes(export())
    with transaction() as inner:
        inner.execute(delete(JobSource))
        inner.execute(delete(Job))
    attempt = run(again, "demo")
    assert (attempt.new_rows, attempt.rejected_rows) == (len(before), 0)
    assert contents(session) == before


def test_columns_of_an_export_are_understood_as_what_they_are(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "jobs.csv"
    path.write_bytes(export())
    header = next(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    seen = imports.preview(path)
    assert {field: header[index] for field, index in seen.mapping.items()} == {
        field: name
        for field, name in zip(
            ["external_id" if n == "job_id" else n for n in header], header, strict=True
        )
        if not name.startswith("jobscore_")
    }


# -- nasty values ----------------------------------------------------------------------------

NASTY = st.text(
    alphabet=list(
        "=+-@'\"\t\n\r,;| ｜＝＋＠－%〜～—🍣éß𠮷日本\u200b\u3000"
        + string.ascii_letters
        + string.digits
    ),
    max_size=24,
) | st.sampled_from(["null", "NaN", "None", "-", "n/a", "a | b ｜ c", "a ｜ b | c", "'", "''=1"])
WORDS = NASTY.map(values.one_line)
PAY = st.tuples(
    st.decimals(1, 10**9, places=2) | st.none(),
    st.decimals(0, 10**6, places=2) | st.none(),
    st.sampled_from(["hour", "day", "week", "month", "year", None]),
    st.sampled_from(["JPY", "USD", "EUR", "INR", "KWD", None]),
)
EXPERIENCE = st.one_of(
    st.just((None, None, None)),
    st.tuples(st.sampled_from(["junior", "mid", "senior", "lead"]), st.none(), st.none()),
    st.tuples(
        st.sampled_from(["none", "junior", "mid", "senior", "lead"]),
        st.integers(0, 40),
        st.none() | st.integers(40, 60),
    ),
)


@st.composite
def drafts(draw: st.DrawFn) -> JobDraft:
    """A posting with nasty values, as an import of it would hold it."""
    low, more, period, currency = draw(PAY)
    high = None if more is None else (low or Decimal(0)) + more
    level, years, most = draw(EXPERIENCE)
    cells = [
        draw(NASTY.filter(str.strip)), draw(WORDS), draw(NASTY), draw(NASTY), draw(WORDS),
        draw(WORDS), draw(WORDS),
    ]  # fmt: skip
    fields = ["title", "company", "description", "requirements", "location", "industry",
              "external_id"]  # fmt: skip
    mapping = {name: index for index, name in enumerate(fields)}
    plain, _ = Drafter(mapping, fields, DAY).draft(1, [f"x{cells[0]}", *cells[1:]])
    assert plain is not None
    return replace(
        plain,
        salary_min=low,
        salary_max=high,
        salary_period=None if low is high is None else period,
        salary_currency=None if low is high is None else currency,
        salary_text=draw(WORDS),
        employment_type=draw(st.sampled_from(["FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY",
                                              "INTERN", "OTHER", None])),
        experience_level=level,
        experience_min_years=years,
        experience_max_years=most,
        posted_on=draw(st.dates(date(2020, 1, 1), DAY) | st.none()),
        expires_on=draw(st.none() | st.dates(DAY, DAY + timedelta(days=400))),
        url=draw(st.sampled_from([None, "https://example.com/a?b=1,2&c='x'#d"])),
        remote=draw(st.sampled_from(["none", "hybrid", "full"])) if plain.remote is None
        else plain.remote,
        is_sponsored=draw(st.booleans()),
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=st.lists(drafts(), min_size=3, max_size=12))
def test_nasty_values_come_back_unchanged(
    app: Flask, session: Session, tmp_path: Path, found: list[JobDraft]
) -> None:
    unique = list({writing.identity_of(draft): draft for draft in found}.values())
    with transaction() as inner:
        inner.execute(delete(Job))
        writing.upsert(inner, unique, source="nasty", today=DAY, timezone="Asia/Tokyo")
    before = contents(session)
    path = tmp_path / "again.csv"
    path.write_bytes(export())
    seen = imports.preview(path)
    assert len(seen.mapping) == 19
    drafter = Drafter(seen.mapping, seen.table.header, DAY)
    with transaction() as inner:
        counts, codes = batches.check(inner, seen.table, drafter, "nasty")
        assert (counts.unchanged, counts.rejected) == (len(unique), 0), (codes, path.read_text())
    with transaction() as inner:
        inner.execute(delete(Job))
        batch = batches.read(drafter, list(seen.table.records()), {})
        writing.upsert(
            inner, [d for d, _ in batch.drafts], source="nasty", today=DAY, timezone="Asia/Tokyo"
        )
    assert contents(session) == before


def test_a_formula_is_guarded_in_the_file_and_itself_again_after_import(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    risky = ["=1+1", "+81", "-1", "@sum", "'=quoted", "＝1"]
    with transaction() as inner:
        writing.upsert(
            inner,
            [JobDraft(title=text, company_name="A", external_id=text) for text in risky],
            source="a",
            today=DAY,
            timezone="Asia/Tokyo",
        )
    text = export().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["title"] for row in rows] == [f"'{text}" for text in risky]
    path = tmp_path / "again.csv"
    path.write_bytes(export())
    assert run(path, "a").unchanged_rows == len(risky)


def test_a_cell_that_a_person_changed_is_a_change(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    with transaction() as inner:
        writing.upsert(
            inner,
            [
                JobDraft(title=f"Cook {n}", company_name="A", salary_min=Decimal(1200 + n),
                         salary_period="hour", salary_currency="JPY", salary_text="as agreed")
                for n in range(3)
            ],
            source="a", today=DAY, timezone="Asia/Tokyo",
        )  # fmt: skip
    path = tmp_path / "again.csv"
    path.write_bytes(export().replace(b'"1201.00"', b'"1300"'))
    attempt = run(path, "a")
    assert (attempt.changed_rows, attempt.unchanged_rows) == (1, 2)
    pay = session.scalars(select(Job.salary_min).order_by(Job.id)).all()
    assert pay == [1200, 1300, 1202]


def test_what_cp932_lacks_is_counted_and_marked(session: Session) -> None:
    from jobscore.exports.files import Tally, csv_file

    tally = Tally()
    data = b"".join(csv_file(["a"], [["寿司🍣〜é"], ["〓"]], Encoding.CP932, tally))
    assert data.decode("cp932").splitlines() == ['"a"', '"寿司〓～〓"', '"〓"']
    assert (tally.rows, tally.replaced) == (2, 2)


def test_levels_and_years_are_read_back_as_they_were() -> None:
    from jobscore.imports.values import Experience, read_experience

    for level in ("none", "junior", "mid", "senior", "lead"):
        for low, high in ((None, None), (0, None), (3, None), (3, 5), (0, 1)):
            if level == "none" and low is None:
                continue
            text = tables.experience_text(level, low, high)
            assert read_experience(text) == Experience(level, low, high), text
