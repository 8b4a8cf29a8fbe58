"""What the admin sees first: is today's work done, does anything need a hand, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import format_datetime, gettext, ngettext
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import Consent, ConsentKind, User
from jobscore.config import Config
from jobscore.dashboard import events
from jobscore.emails import pausing
from jobscore.emails import service as outbox
from jobscore.emails.bounces import service as bounces
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.imports import full_feed
from jobscore.imports.models import CsvImport, ImportStatus
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from jobscore.scoring.models import PolicyStatus, ScorePolicy
from jobscore.vocabulary.models import Skill
from jobscore.web.jinja import number

#: A run without a sign of life for this long is stuck.
STUCK_AFTER = timedelta(minutes=1)
#: A due letter that waits longer than this means that nobody sends.
QUEUE_LATE_AFTER = timedelta(hours=1)


class Leg(StrEnum):
    """The four legs of the day."""

    IMPORT = "import"
    MATCH = "match"
    DIGEST = "digest"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class LegState:
    """One leg today: its status word, one sentence, seconds, and where to look."""

    leg: Leg
    title: str
    status: str
    kind: str
    sentence: str
    endpoint: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a hand; ``values`` go into the page's address."""

    text: str
    action: str
    endpoint: str
    kind: str = "warning"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the first-run checklist."""

    text: str
    is_done: bool
    command: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the admin's first page."""

    today: date
    legs: Sequence[LegState]
    alarms: Sequence[Alarm]
    checklist: Sequence[Step]
    open_jobs: int
    people: int
    letters: dict[str, int]

    @property
    def is_set_up(self) -> bool:
        """Whether every line of the checklist is done."""
        return all(step.is_done for step in self.checklist)


def overview(session: Session, settings: Config) -> Overview:
    """Gather the admin's first page from the database; writes nothing."""
    today = clock.today(settings.timezone)
    open_jobs = _count(session, select(func.count()).select_from(Job).where(Job.is_active))
    people = _count(session, select(func.count()).select_from(User).where(User.is_active))
    letters = {
        str(status): n
        for status, n in session.execute(
            select(EmailLog.status, func.count()).group_by(EmailLog.status)
        )
    }
    return Overview(
        today=today,
        legs=[
            _import_leg(session),
            _run_leg(session, RunKind.MATCH, Leg.MATCH, gettext("Score and match"), today),
            _run_leg(session, RunKind.DIGEST, Leg.DIGEST, gettext("Write letters"), today),
            _run_leg(session, RunKind.SEND, Leg.SEND, gettext("Send letters"), today),
        ],
        alarms=_alarms(session, settings, letters),
        checklist=_checklist(session, settings, open_jobs, people),
        open_jobs=open_jobs,
        people=people,
        letters=letters,
    )


def newest_change(session: Session) -> datetime | None:
    """Return when a job was last written, or None when there is none."""
    return session.scalar(select(func.max(Job.updated_at)))


def _count(session: Session, query: Any) -> int:
    return int(session.scalar(query) or 0)


def _import_leg(session: Session) -> LegState:
    title = gettext("Import")
    last = session.scalar(select(CsvImport).order_by(CsvImport.id.desc()).limit(1))
    if last is None:
        return LegState(
            Leg.IMPORT,
            title,
            gettext("Nothing yet"),
            "neutral",
            gettext("No file has been uploaded."),
            "imports.index",
        )
    words = {
        ImportStatus.DONE: (gettext("Done"), "success"),
        ImportStatus.DONE_WITH_ERRORS: (gettext("Done, with rejected rows"), "warning"),
        ImportStatus.FAILED: (gettext("Failed"), "danger"),
        ImportStatus.RUNNING: (gettext("Running"), "accent"),
        ImportStatus.QUEUED: (gettext("Waiting"), "accent"),
        ImportStatus.INTERRUPTED: (gettext("Interrupted"), "warning"),
        ImportStatus.CANCELLED: (gettext("Cancelled"), "neutral"),
        ImportStatus.UNDOING: (gettext("Being undone"), "accent"),
        ImportStatus.UNDONE: (gettext("Undone"), "neutral"),
    }
    word, kind = words.get(last.status, (gettext("Waits for you"), "accent"))
    sentence = gettext(
        "%(name)s: %(good)s rows imported, %(bad)s rejected.",
        name=last.filename,
        good=last.success_rows,
        bad=last.error_rows,
    )
    return LegState(
        Leg.IMPORT,
        title,
        word,
        kind,
        sentence,
        "imports.index",
        _seconds(last.started_at, last.completed_at),
    )


def _run_leg(session: Session, kind: RunKind, leg: Leg, title: str, today: date) -> LegState:
    last = session.scalar(
        select(MatchRun).where(MatchRun.kind == kind).order_by(MatchRun.id.desc()).limit(1)
    )
    if last is None or (last.run_on != today and last.status is RunStatus.DONE):
        return LegState(
            leg,
            title,
            gettext("Not yet today"),
            "neutral",
            gettext("Runs with the day, or start it on the runs page."),
            "matching.runs",
        )
    words = {
        RunStatus.QUEUED: (gettext("Waiting"), "accent"),
        RunStatus.RUNNING: (gettext("Running"), "accent"),
        RunStatus.DONE: (gettext("Done"), "success"),
        RunStatus.FAILED: (gettext("Failed"), "danger"),
        RunStatus.CANCELLED: (gettext("Cancelled"), "neutral"),
    }
    word, badge = words[last.status]
    sentence = gettext("%(done)s of %(total)s", done=last.processed, total=last.total)
    seconds = _seconds(last.started_at, last.completed_at)
    return LegState(leg, title, word, badge, sentence, "matching.runs", seconds)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None


def _alarms(session: Session, settings: Config, letters: dict[str, int]) -> list[Alarm]:
    alarms = []
    if settings.missing_for_mail:
        names = ", ".join(settings.missing_for_mail)
        alarms.append(
            Alarm(
                gettext(
                    "No letter can leave: the law wants to know who sends it. Set %(names)s.",
                    names=names,
                ),
                gettext("E-mail log"),
                "emails.index",
            )
        )
    alarms += _road()
    for status, kind in ((EmailStatus.IN_DOUBT, "warning"), (EmailStatus.FAILED, "danger")):
        if n := letters.get(status, 0):
            text = (
                gettext(
                    "%(n)s letters may or may not have arrived: say which, or send them again.", n=n
                )
                if status is EmailStatus.IN_DOUBT
                else gettext("%(n)s letters could not be delivered.", n=n)
            )
            alarms.append(
                Alarm(text, gettext("Look"), "emails.index", kind, {"status": status.value})
            )
    alarms += _coming_back() + _late_queue(session) + _stuck(session) + _asking(session)
    return alarms


def _road() -> list[Alarm]:
    """Say that letters do not leave: somebody paused them, or the server is down; or are held."""
    alarms = []
    if (pause := pausing.current()) is not None:
        since = format_datetime(pause.started_at, "short")
        text = (
            gettext("Letters to many are paused since %(time)s.", time=since)
            if pause.is_only_many
            else gettext("All letters are paused since %(time)s.", time=since)
        )
        alarms.append(Alarm(text, gettext("Sending"), "emails.road"))
    if (outage := outbox.current_outage()) is not None:
        text = gettext(
            "The mail server cannot be used since %(time)s. Letters wait and nothing is lost.",
            time=format_datetime(outage.started_at, "short"),
        )
        alarms.append(Alarm(text, gettext("Sending"), "emails.road", "danger"))
    if n := outbox.count_held():
        text = ngettext(
            "%(num)s letter was built and waits for you to look.",
            "%(n)s letters were built and wait for you to look.",
            n,
            n=number(n),
        )
        alarms.append(Alarm(text, gettext("Held letters"), "emails.held", "info"))
    return alarms


def _coming_back() -> list[Alarm]:
    """Name the spikes of bounces and complaints."""
    rates = bounces.rates(clock.now() - events.WINDOW)
    alarms = []
    if events.is_bounce_spike(rates):
        text = gettext(
            "%(returned)s letters came back in the last 24 hours; %(sent)s left.",
            returned=rates.returned,
            sent=rates.sent,
        )
        alarms.append(Alarm(text, gettext("Look"), "emails.index", values={"status": "bounced"}))
    if events.is_complaint_spike(rates):
        text = gettext(
            "%(complaints)s readers called a letter spam in the last 24 hours; %(sent)s left.",
            complaints=rates.complaints,
            sent=rates.sent,
        )
        alarms.append(Alarm(text, gettext("Look"), "suppressions.index", "danger"))
    return alarms


def count_late(session: Session, settings: Config) -> int:
    """Return how many letters wait too long for no known reason: settings and server are well.

    Notices do not count: one about a queue would itself be a reason for the next.
    """
    if settings.missing_for_mail or outbox.current_outage() is not None or pausing.current():
        return 0
    return _count_late(session, EmailLog.email_type != EmailType.NOTICE)


def _count_late(session: Session, *where: ColumnElement[bool]) -> int:
    late = clock.now() - QUEUE_LATE_AFTER
    return _count(
        session,
        select(func.count())
        .select_from(EmailLog)
        .where(
            EmailLog.status == EmailStatus.PENDING,
            EmailLog.is_held.is_(False),
            EmailLog.created_at < late,
            EmailLog.next_attempt_at.is_(None) | (EmailLog.next_attempt_at < late),
            *where,
        ),
    )


def _late_queue(session: Session) -> list[Alarm]:
    waiting = 0 if pausing.current() else _count_late(session)
    if not waiting:
        return []
    text = gettext(
        "%(n)s letters have waited for more than an hour. Is a worker running (flask work)?",
        n=waiting,
    )
    return [Alarm(text, gettext("Look"), "emails.index", "warning", {"status": "pending"})]


def _asking(session: Session) -> list[Alarm]:
    """Name the full feeds that ask before they close jobs."""
    n = full_feed.count_asked(session)
    if not n:
        return []
    text = ngettext(
        "%(num)s full feed waits for your answer before it closes jobs.",
        "%(num)s full feeds wait for your answer before they close jobs.",
        n,
    )
    return [Alarm(text, gettext("Look"), "sources.index", "warning")]


def _stuck(session: Session) -> list[Alarm]:
    silent = clock.now() - STUCK_AFTER
    runs = _count(
        session,
        select(func.count())
        .select_from(MatchRun)
        .where(MatchRun.status == RunStatus.RUNNING, MatchRun.heartbeat_at < silent),
    )
    if not runs:
        return []
    text = gettext(
        "%(n)s runs show no sign of life. A worker takes them over by itself; "
        "start one with: flask work",
        n=runs,
    )
    return [Alarm(text, gettext("Look"), "matching.runs")]


def _checklist(session: Session, settings: Config, open_jobs: int, people: int) -> list[Step]:
    has_words = bool(session.scalar(select(Skill.id).limit(1)))
    has_policy = bool(
        session.scalar(
            select(ScorePolicy.id).where(ScorePolicy.status == PolicyStatus.ACTIVE).limit(1)
        )
    )
    consents = bool(
        session.scalar(
            select(Consent.id)
            .where(Consent.kind == ConsentKind.DIGEST, Consent.withdrawn_at.is_(None))
            .limit(1)
        )
    )
    return [
        Step(gettext("Skills and places are loaded"), has_words, "flask vocabulary load"),
        Step(
            gettext("A scoring policy is active"),
            has_policy,
            "flask policies seed",
            "scoring.policy",
        ),
        Step(
            gettext("Jobs have been imported"),
            open_jobs > 0,
            "flask imports run FILE.csv",
            "imports.index",
        ),
        Step(gettext("People have signed up"), people > 1, "flask users create EMAIL"),
        Step(gettext("Somebody agreed to get the letter"), consents, "flask users list"),
        Step(
            gettext("The sender is named"),
            not settings.missing_for_mail,
            "JOBSCORE_MAIL_FROM, JOBSCORE_OPERATOR_…",
        ),
    ]
