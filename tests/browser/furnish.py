"""A site as it looks after some days of use: every page has something to show."""

import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import select

from jobscore.accounts.models import User
from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.demo.day import SOURCE, Day
from jobscore.demo.environment import own_secrets
from jobscore.demo.seeding import ADMIN
from jobscore.emails import suppression
from jobscore.emails.bounces import service as bounces
from jobscore.emails.bounces.reports import Report, ReturnKind
from jobscore.emails.models import EmailLog
from jobscore.extensions import db
from jobscore.imports import checks, plans, running, tasks
from jobscore.imports import service as imports
from jobscore.imports.models import CsvImport, ImportType
from jobscore.imports.people import inviting
from jobscore.imports.people import running as people_running
from jobscore.imports.people import service as people
from jobscore.imports.people.drafting import ConsentProof
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import service as sources
from jobscore.imports.sources import taking
from jobscore.imports.sources.models import FeedMode, Schedule
from jobscore.imports.sources.service import Settings
from jobscore.jobs.duplicates import passes
from jobscore.jobs.models import Job
from jobscore.matching import backtesting, complaints
from jobscore.matching import service as matches
from jobscore.matching.complaints import Problem
from jobscore.matching.models import MatchingResult
from jobscore.matching.tasks import import_effect_waiting
from jobscore.scoring import policies, service
from jobscore.scoring.models import ScoreHistory
from tests.conftest import SETTINGS

JOBS, PEOPLE = 400, 20
#: Who has answered everything in the furnished site, by language.
#: The last of the twenty has told nothing yet.
SEEKERS = {"ja": "seeker1@example.jp", "en": "seeker2@example.com"}


def stock(database_url: str, folder: Path) -> None:
    """Write vocabulary, policy, the admin and the sample's jobs."""
    with _demo(database_url, folder):
        Day(JOBS, 0, _silent).prepare()


def a_day(database_url: str, folder: Path) -> None:
    """Let the demo have its first day in ``folder``."""
    with _demo(database_url, folder):
        day = Day(JOBS, PEOPLE, _silent)
        day.prepare()
        day.run()
        _try_policies()
        _say_what_is_wrong()
        _bring_people(folder)
        _check_an_import()
        _add_source(folder)
        _let_letters_come_back()


def _let_letters_come_back() -> None:
    """Have a letter of each seeker delayed on its way, and addresses that are not written to."""
    with transaction():
        suppression.suppress("gone@example.com", suppression.Reason.BOUNCE, "5.1.1 user unknown")
        suppression.suppress("tired@example.com", suppression.Reason.COMPLAINT, "abuse")
        for email in SEEKERS.values():
            name = db.session.scalars(
                select(EmailLog.message_id)
                .where(EmailLog.recipient_email == email)
                .order_by(EmailLog.id)
            ).first()
            if name is not None:
                said = "connection timed out"
                bounces.take(Report(ReturnKind.DELAYED, "4.4.1", said, (name,), (), "1"))


def _check_an_import() -> None:
    """Have a second file checked that would change jobs of the first, and whose lists it would."""
    first = db.session.scalars(select(CsvImport).order_by(CsvImport.id)).first()
    assert first is not None
    with imports.path_of(first).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[:60]
    column = imports.preview(imports.path_of(first)).mapping["company"]
    out = io.StringIO(newline="")
    changed = [[*r[:column], f"{r[column]} 2", *r[column + 1 :]] for r in rows[1:]]
    csv.writer(out).writerows([rows[0], *changed])
    with transaction() as session:
        new = imports.register_upload(session, io.BytesIO(out.getvalue().encode()), "again.csv")
        seen = imports.preview(imports.path_of(new))
        plans.save_mapping(
            session, new.id, 0, seen.mapping, None, header=seen.table.header, source=SOURCE
        )
        checks.request(session, new, None)
    tasks.check_one()
    import_effect_waiting()


def _add_source(folder: Path) -> None:
    """Have a source whose feed carries some of the jobs too, and whose next one lacks many."""
    feeds = folder / "feeds" / "board"
    feeds.mkdir(parents=True, exist_ok=True)
    session = db.session()
    jobs = session.scalars(select(Job).where(Job.location.is_not(None)).order_by(Job.id).limit(8))
    rows = [
        [f"{job.title}（夜間）" if n % 2 else job.title, job.company_name, job.location or "",
         f"{job.description or ''} Apply through our board.", job.requirements or "", f"b-{n}"]
        for n, job in enumerate(jobs)
    ]  # fmt: skip
    session.rollback()
    for name, kept in (("monday.csv", rows), ("tuesday.csv", rows[:2])):
        with (feeds / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("title", "company", "location", "description", "requirements", "id"))
            writer.writerows(kept)
        os.utime(feeds / name, (len(kept) * -1 + 100, len(kept) * -1 + 100))
    (feeds / "wednesday.csv").write_bytes(b"%PDF-1.7")
    os.utime(feeds / "wednesday.csv", (200, 200))
    with transaction() as writing:
        settings = Settings(
            name="Board", folder="board", mode=FeedMode.FULL_FEED, schedule=Schedule.HOURLY,
            mapping={"title": "title", "company": "company", "location": "location",
                     "description": "description", "requirements": "requirements",
                     "external_id": "id"},
        )  # fmt: skip
        source_id = sources.create(writing, settings).id
    for attempt_id in taking.take_files(source_id).attempts:
        worker = running.worker_name()
        if running.claim(worker, attempt_id) is not None:
            running.run(attempt_id, worker)
    while (found := passes.claim("furnish")) is not None:
        passes.run(found, "furnish")


def _try_policies() -> None:
    """Have a second version live, so that there is one to go back to, and a backtested draft."""
    with transaction():
        near = {"weights.location": 40, "weights.salary": 10}
        second = policies.create_draft(
            service.active_policy(), version="9.1", changes=near, text="Place matters more."
        )
        policies.activate(second.id)
    with transaction():
        draft = policies.create_draft(
            service.active_policy(), version="9.2", changes={"coverage_floor": 60}
        )
        run_id = backtesting.request_backtest(
            policies.rules_of(draft), service.active_policy(), people=None, is_own=True
        )
    backtesting.execute(run_id)


def _say_what_is_wrong() -> None:
    """Have the first score of each seeker of the tests changed before, and complained about."""
    for email in SEEKERS.values():
        match = db.session.scalars(
            select(MatchingResult)
            .join(User, User.id == MatchingResult.user_id)
            .where(User.email == email)
            .order_by(MatchingResult.id)
        ).first()
        if match is None:
            continue
        matches.prepare()
        with transaction() as session:
            session.add(
                ScoreHistory(
                    user_id=match.user_id,
                    job_id=match.job_id,
                    total_score=44.4,
                    components={},
                    scoring_algorithm_version="1.1",
                    scored_at=match.matched_at,
                    causes="policy profile ",
                )
            )
            complaints.complain(
                match, part="location", problem=Problem.PLACE, text="I live elsewhere now."
            )


def _bring_people(folder: Path) -> None:
    """Import two files of people: one is invited, the other waits; one row is rejected."""
    stated = ConsentProof(
        text="求人のご案内のために登録内容を保存し、メールで連絡することに同意します。",
        given_on=date(2026, 4, 1),
        version="2026-04",
        method="窓口での書面",
    )
    for name, is_invited in (("invited", True), ("waiting", False)):
        path = folder / f"{name}.csv"
        path.write_text(
            "email,name,place,desired job,skills,desired pay,pay period,years,language\n"
            f"hanako.{name}@example.jp,山田 花子,東京都渋谷区,ホールスタッフ、調理,接客,1200円,"
            "時給,2,ja\n"
            f'taylor.{name}@example.com,Taylor Example,"Boston, MA",Web developer,'
            '"Python, underwater weaving","$80,000",year,5,en\n'
            "nobody at home,No Address,,,,,,,\n",
            encoding="utf-8",
        )
        with transaction() as session, path.open("rb") as stream:
            one = people.register(session, stream, path.name, None)
            mapping = people.preview(path).mapping
            import_id = one.id
            attempt = people.start(session, one, mapping, ReadOptions(), stated, None)
            attempt_id = attempt.id
        running.claim("furnish", attempt_id, ImportType.PEOPLE)
        people_running.run(attempt_id, "furnish")
        if is_invited:
            with transaction() as session:
                inviting.request_all(session, import_id, None)
            inviting.tend()
            with transaction() as session, path.open("rb") as stream:
                people.register(session, stream, path.name, None)  # its file is there to be mapped


@contextmanager
def _demo(database_url: str, folder: Path) -> Iterator[None]:
    app = create_app(
        {
            **SETTINGS,
            "database_url": database_url,
            "instance_dir": str(folder),
            "public_url": "http://127.0.0.1:5000",
            "demo": True,
        }
    )
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def _silent(_text: str) -> None:
    """Say nothing."""


def password(folder: Path) -> str:
    """Return the password that everybody in ``folder`` has."""
    return own_secrets(folder).password


__all__ = ["ADMIN", "SEEKERS", "a_day", "password"]
