"""The demo's day: every leg through the same services that the product uses, timed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import flask_migrate
from sqlalchemy import func, select

from jobscore import clock, config
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.demo import environment, sample, seeding
from jobscore.demo.people import people
from jobscore.digests import day as whole_day
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.transport import open_transport
from jobscore.extensions import db
from jobscore.imports import running
from jobscore.imports import service as imports
from jobscore.imports.models import CsvImport, ImportStatus
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult
from jobscore.scoring import service as scoring
from jobscore.scoring.models import JobScore
from jobscore.vocabulary import service as vocabulary

SEED = 1
#: Where all jobs of the sample come from, in the words of ``jobs.source``.
SOURCE = "demo"
_FINISHED = (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS)


class ImportBusyError(Exception):
    """Another process, such as a demo that is serving, works on the sample right now."""


@dataclass(slots=True)
class Day:
    """One run of the demo over so many jobs and people; all of it may run again."""

    jobs: int
    people: int
    tell: Callable[[str], None]
    #: Seconds of each leg, in order.
    seconds: dict[str, float] = field(default_factory=dict)
    new_people: int = 0
    rejected_rows: int = 0
    #: On the monotonic clock.
    started: float = field(default_factory=time.monotonic)
    #: What the SMTP server said 250 to in this run.
    accepted: int = 0

    def prepare(self) -> None:
        """Make the schema, the vocabulary, the policy, the people and the jobs. Commits by leg.

        :raises ForeignDatabaseError: when the database is somebody's real one.
        :raises ImportBusyError: when another process imports the sample.
        """
        with self._leg("migrate"):
            flask_migrate.upgrade()
        seeding.refuse_foreign_database()
        with self._leg("vocabulary"), transaction():
            vocabulary.load()
            scoring.seed_policy()
        instance = config.current().instance
        with self._leg("people"):
            password = environment.own_secrets(instance).password
            self.new_people = seeding.add_people(people(self.people, SEED), password)
        with self._leg("sample"):
            files = self._files(instance / "sample")
        with self._leg("import"):
            for path in files:
                self._import(path)

    def run(self) -> None:
        """Score and match everybody, compose the letters of the day, and send them."""
        # The SMTP server comes with the extra `demo`; the commands must load without it.
        from jobscore.demo.outbox import Outbox

        today = clock.today(config.current().timezone)
        self.tell("score, match, write and send …")
        with Outbox(config.current().instance / "outbox") as outbox:
            url = outbox.url
            report = whole_day.run_day(today, transport=lambda: open_transport(url))
            self.accepted = outbox.accepted
        self.seconds["score and match"] = report.matching.timings.get("total", 0.0)
        self.seconds["compose"] = report.building.seconds
        self.seconds["send"] = report.sending.seconds if report.sending else 0.0
        db.session.remove()

    def summary(self) -> str:
        """Return a table of what is there now, and the seconds of each leg."""
        rows = [
            ("jobs imported", self._count(Job.id)),
            ("rows rejected", self.rejected_rows),
            ("people", self._count(User.id) - 1),
            ("scores", self._count(JobScore.id)),
            ("matches", self._count(MatchingResult.id)),
            ("letters accepted by the SMTP server now", self.accepted),
            ("letters sent in all, says the e-mail log", self._sent()),
        ]
        lines = ["", "The day"]
        lines += [f"  {name:<42}{count:>12,}" for name, count in rows]
        lines += ["", "Seconds"]
        lines += [f"  {name:<42}{spent:>12.1f}" for name, spent in self.seconds.items()]
        lines.append(f"  {'all':<42}{time.monotonic() - self.started:>12.1f}")
        return "\n".join(lines)

    @contextmanager
    def _leg(self, name: str) -> Iterator[None]:
        self.tell(f"{name} …")
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        db.session.remove()

    def _files(self, folder: Path) -> list[Path]:
        """Return the sample's files, written once for each size and kept: the same bytes again
        are the same import.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [folder / name for name in sample.file_names(self.jobs)]
        if not all(path.exists() for path in wanted):
            fresh = folder / "writing"
            today = clock.today(config.current().timezone)
            for file in sample.write_jobs(fresh, self.jobs, SEED, today):
                file.path.replace(folder / file.path.name)
            fresh.rmdir()
        return wanted

    def _import(self, path: Path) -> None:
        """Import one file, go on with it, or know it as done."""
        with transaction() as session:
            try:
                with path.open("rb") as stream:
                    import_id = imports.register_upload(session, stream, path.name).id
            except imports.DuplicateFileError as known:
                import_id = known.import_id
            csv_import = session.get_one(CsvImport, import_id)
            attempt = imports.last_attempt(session, import_id)
            if attempt is None:
                mapping = imports.preview(imports.path_of(csv_import)).mapping
                attempt = imports.start(
                    session, csv_import, mapping, imports.options_of({}), source=SOURCE
                )
            elif csv_import.status not in (*_FINISHED, ImportStatus.QUEUED, ImportStatus.RUNNING):
                imports.resume(session, attempt)
            is_finished = csv_import.status in _FINISHED
            attempt_id = attempt.id
        if not is_finished:
            worker = running.worker_name()
            if running.claim(worker, attempt_id) is None:
                raise ImportBusyError(f"{path.name} is being imported by another process")
            running.run(attempt_id, worker)
        db.session.expire_all()
        done = db.session.get_one(CsvImport, import_id)
        self.rejected_rows += done.error_rows
        words = "known" if is_finished else done.status.value
        counts = f"{done.success_rows:,} rows imported, {done.error_rows} rejected"
        self.tell(f"  {path.name}: {counts} ({words})")

    def _count(self, column: object) -> int:
        return db.session.scalar(select(func.count(column))) or 0  # type: ignore[arg-type]  # any column

    def _sent(self) -> int:
        query = select(func.count(EmailLog.id)).where(
            EmailLog.status == EmailStatus.SENT, EmailLog.email_type == EmailType.DIGEST
        )
        return db.session.scalar(query) or 0
