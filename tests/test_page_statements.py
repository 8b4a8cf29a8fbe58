"""Every page sends a fixed number of statements, however many rows it shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts import sessions
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    HomePoint,
    User,
    UserSession,
    UserSkill,
    UserTitle,
)
from jobscore.database import queries, validation
from jobscore.database.transaction import transaction
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportMessage,
    ImportStatus,
    ImportType,
)
from jobscore.imports.people.models import Invitation
from jobscore.imports.sources.models import (
    ClosingState,
    FeedClosing,
    FileState,
    Source,
    SourceFile,
)
from jobscore.jobs.companies import keeping, names
from jobscore.jobs.duplicates.models import (
    Decision,
    DuplicatePair,
    DuplicatePass,
    Finding,
    PassStatus,
)
from jobscore.jobs.models import Job, JobFeature, JobSkill
from jobscore.jobs.reports.models import JobReport, ReportReason
from jobscore.matching import answers, backtesting, runs
from jobscore.matching.models import (
    ComplaintStatus,
    MatchingResult,
    MatchRun,
    RunKind,
    RunStatus,
    ScoreComplaint,
)
from jobscore.scoring import policies
from jobscore.scoring import service as scores
from jobscore.scoring.models import ScoreHistory, ScorePolicy
from jobscore.scoring.policy import COMPONENTS, LATEST
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from tests import factories
from tests.conftest import Client

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
#: Statements of one page at most. The costly ones read a person, a job and the policy to explain.
MOST = 32
#: A page that asks about every table sends a few statements for each of them, however many rows.
MOST_ABOUT_TABLES = 12
ABOUT_TABLES = {("dashboard.schema", "admin")}
#: Rows of each kind in the small and the large world; a loop over rows shows in between. Of jobs
#: there are five times as many, more than one page in either.
SMALL, LARGE = 5, 12
#: Their addresses hold what no row of the test has: they show one row at most.
WITHOUT_ROWS = {"token", "filename"}
FEATURES = ("meals", "weekends", "remote", "no_experience", "students", "daily_pay", "short_term")


@pytest.fixture
def backend() -> str:
    """The ORM sends the same statements to both databases."""
    return "sqlite"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same day for every row, and no second look at the schema in between."""
    monkeypatch.setattr(validation, "monotonic", lambda: 0.0)
    with clock.set_to(NOON):
        yield


@dataclass(frozen=True, slots=True)
class World:
    """Ids by the names of the arguments that addresses take."""

    ids: dict[str, Any]
    seeker: FlaskClient
    admin: FlaskClient


def add_vocabulary(session: Session, first: int, until: int) -> None:
    for n in range(first, until):
        session.add(Skill(code=f"s{n}", name_en=f"Skill {n}", name_ja=f"技能{n}", family="care"))
        session.add(
            Place(
                code=f"JP-131{n:02}",
                kind=PlaceKind.WARD,
                name_en=f"Ward {n}",
                name_ja=f"第{n}区",
                region_code="JP-13",
                country="JP",
                latitude=35.6 + n / 100,
                longitude=139.7,
            )
        )
    session.flush()


def add_jobs(session: Session, first: int, until: int) -> None:
    places = session.scalars(select(Place.id)).all()
    skills = session.scalars(select(Skill.id)).all()
    for n in range(first, until):
        job = factories.job(
            session,
            title="看護師",
            company_name="Company Shared" if n % 5 == 4 else f"Company {n}",
            place_id=places[n % len(places)],
            posted_date=NOON.date(),
        )
        keeping.note(session, [job.company_name])
        session.add(JobReport(job_id=job.id, reason=ReportReason.OTHER))
        session.add_all(JobSkill(job_id=job.id, skill_id=skill) for skill in skills)
        session.add_all(JobFeature(job_id=job.id, feature=each) for each in FEATURES[: len(skills)])
    session.flush()


def add_answers(session: Session, person: User, first: int, until: int) -> None:
    places = session.scalars(select(Place.id).order_by(Place.id)).all()
    skills = session.scalars(select(Skill.id).order_by(Skill.id)).all()
    for n in range(first, until):
        session.add_all(
            [
                HomePoint(
                    user_id=person.id, place_id=places[n], latitude=35.6 + n / 100, longitude=139.7
                ),
                UserTitle(user_id=person.id, title=f"看護師{n}"),
                UserSkill(user_id=person.id, skill_id=skills[n], level=3),
                UserSession(
                    user_id=person.id,
                    token_hash=f"hash {n}",
                    user_agent="Firefox",
                    address="::1",
                    expires_at=NOON + timedelta(days=9),
                ),
                Consent(
                    user_id=person.id,
                    kind=ConsentKind.DIGEST,
                    text="Send me letters.",
                    text_version="1",
                    locale="en",
                    how="form",
                    withdrawn_at=NOON if n else None,
                ),
            ]
        )
    session.flush()


def add_letters(session: Session, person: User, first: int, until: int) -> None:
    jobs = session.scalars(select(Job.id).order_by(Job.id)).all()
    for n in range(first, until):
        log = EmailLog(
            user_id=person.id,
            email_type=EmailType.DIGEST,
            recipient_email=person.email,
            subject=f"Letter {n}",
            body="x",
            status=EmailStatus.SENT,
            sent_at=NOON,
        )
        day = NOON.date() - timedelta(days=n)
        digest = Digest(user=person, email_log=log, digest_on=day, policy_version="1.0")
        # the first letter, which is opened, holds as many jobs as there are letters
        owner = digest if n == 0 else session.scalars(select(Digest).order_by(Digest.id)).first()
        assert owner is not None
        owner.items.append(
            DigestItem(
                user_id=person.id,
                job_id=jobs[n],
                section="best",
                position=n,
                title="x",
                company_name="y",
                total_score=50.0,
                components=dict.fromkeys(COMPONENTS, 50.0),
                weights={},
            )
        )
        session.add(digest)
        session.flush()


def add_runs_and_imports(session: Session, first: int, until: int) -> None:
    uploads = config.current().instance / "uploads"
    uploads.mkdir(exist_ok=True)
    for n in range(first, until):
        (uploads / f"{n}.csv").write_text("title,company\nNurse,A\n", encoding="utf-8")
        file = CsvImport(
            filename=f"{n}.csv",
            file_size=10,
            file_hash=f"{n:064}",
            import_type=ImportType.JOBS,
            status=ImportStatus.DONE_WITH_ERRORS,
            total_rows=3,
            stored_name=f"{n}.csv",
        )
        session.add(file)
        session.add(
            MatchRun(kind=RunKind.MATCH, status=RunStatus.DONE, run_on=NOON.date(), total=1)
        )
        session.flush()
        first_file = session.scalars(select(CsvImport).order_by(CsvImport.id)).first()
        assert first_file is not None
        for owner in {file, first_file}:
            owner.attempts.append(ImportAttempt(status=ImportStatus.DONE_WITH_ERRORS))
        session.flush()
        for attempt in first_file.attempts:
            session.add(
                ImportMessage(
                    attempt_id=attempt.id, severity="error", line=n + 2, code="empty_row", cells=[]
                )
            )
        factories.user(session)
    session.flush()


def add_invited(session: Session, first: int, until: int) -> None:
    """Add people of one import who wait for their invitation."""
    path = config.current().instance / "uploads" / "people.csv"
    path.write_text("email,name\na@example.com,A\n", encoding="utf-8")
    query = select(CsvImport).where(CsvImport.import_type == ImportType.PEOPLE)
    file = session.scalars(query).first()
    if file is None:
        file = CsvImport(
            filename="people.csv",
            file_size=10,
            file_hash="p" * 64,
            import_type=ImportType.PEOPLE,
            status=ImportStatus.DONE,
            stored_name="people.csv",
        )
        file.attempts.append(ImportAttempt(status=ImportStatus.DONE))
        session.add(file)
        session.flush()
    for n in range(first, until):
        person = factories.user(session, is_active=False)
        session.add(
            Invitation(
                import_id=file.id,
                line=n,
                user_id=person.id,
                nonce=str(n),
                expires_at=NOON + timedelta(days=9),
            )
        )


def add_sources_and_duplicates(session: Session, first: int, until: int) -> None:
    """Sources with files, imports and a feed that asks; pairs to review and decided; one group."""
    jobs = session.scalars(select(Job.id).order_by(Job.id)).all()
    session.execute(update(Job).where(Job.id.in_(jobs[:until])).values(duplicate_group=jobs[0]))
    session.add(DuplicatePass(status=PassStatus.DONE, completed_at=NOON))
    for n in range(first, until):
        session.add(Source(name=f"Source {n}", folder="board"))
        session.flush()
        board = session.scalars(select(Source.id).order_by(Source.id)).first()
        session.add(
            SourceFile(
                source_id=board, name=f"{n}.csv", size=1, changed_ns=1, state=FileState.BAD,
                problem="pdf",
            )
        )  # fmt: skip
        file = session.scalars(select(CsvImport).order_by(CsvImport.id.desc())).first()
        assert file is not None
        for name in (f"Source {n}", "Source 0"):
            attempt = ImportAttempt(
                csv_import_id=file.id, source=name, status=ImportStatus.ASKING, mode="full_feed"
            )
            session.add(attempt)
            session.flush()
            session.add(FeedClosing(attempt_id=attempt.id, state=ClosingState.ASKED))
        for other, decision in ((n + 1, None), (n + 20, Decision.SAME)):
            session.add(
                DuplicatePair(
                    job_a=jobs[0], job_b=jobs[other], found=Finding.UNSURE, similarity=0.9,
                    decision=decision, decided_at=NOON if decision else None,
                )
            )  # fmt: skip
    session.flush()


def add_said(session: Session, person: User, match: MatchingResult, first: int, until: int) -> None:
    """Complaints about scores, open and answered, and earlier scores of one job."""
    jobs = session.scalars(select(Job.id).order_by(Job.id)).all()
    for n in range(first, until):
        for status in (ComplaintStatus.OPEN, ComplaintStatus.MENDED):
            for job in (jobs[n], match.job_id):
                session.add(
                    ScoreComplaint(
                        user_id=person.id, job_id=job, part="whole", problem="other",
                        policy_version="1.0", inputs={}, status=status,
                    )
                )  # fmt: skip
        session.add(
            ScoreHistory(
                user_id=person.id, job_id=match.job_id, total_score=50.0, components={},
                scoring_algorithm_version="1.0", scored_at=NOON,
            )
        )  # fmt: skip
    session.flush()


def answer_some(session: Session, person: int, number: int) -> None:
    """Save, apply to and hide so many matches each; the first stays as it is."""
    mine = select(MatchingResult).where(MatchingResult.user_id == person)
    found = session.scalars(mine.order_by(MatchingResult.id)).all()[1:]
    acts = (answers.save, answers.mark_applied, answers.hide)
    for n, act in enumerate(acts):
        for match in found[n * number : (n + 1) * number]:
            act(match)
    session.flush()


def add_policies(first: int, until: int) -> None:
    """Versions that were live, one after the other; the newest is a draft with a backtest."""
    for n in range(first, until):
        live = scores.active_policy()
        draft = policies.create_draft(live, version=f"9.{n}", changes={"neutral": 2_000 + n})
        policies.activate(draft.id)
    draft = policies.create_draft(LATEST, version=f"draft-{until}")
    for people in range(first, until):
        backtesting.request_backtest(policies.rules_of(draft), LATEST, people=people + 1)


def sign_in(app: Flask, user_id: int) -> FlaskClient:
    with app.test_request_context(), transaction() as session:
        person = session.get(User, user_id)
        assert person is not None
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    client = Client(app, app.response_class, use_cookies=True)
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


@pytest.fixture
def grow(app: Flask) -> Callable[[int, int], World]:
    """Call it to add rows of every kind from number ``first`` to before ``until``."""
    people: dict[str, int] = {}

    def add(first: int, until: int) -> World:
        with app.app_context():
            with transaction() as session:
                if not people:
                    scores.seed_policy()
                    people["seeker"] = factories.user(session).id
                    people["admin"] = factories.user(session, is_superuser=True).id
                person = session.get(User, people["seeker"])
                assert person is not None
                add_vocabulary(session, first, until)
                add_jobs(session, first * 5, until * 5)
                add_answers(session, person, first, until)
                add_letters(session, person, first, until)
                add_runs_and_imports(session, first, until)
                add_invited(session, first, until)
                add_sources_and_duplicates(session, first, until)
                add_policies(first, until)
            with transaction():
                run_id = runs.request_run().id
            runs.execute(run_id)
            with transaction() as session:
                chosen = session.scalars(select(MatchingResult).order_by(MatchingResult.id)).first()
                assert chosen is not None
                answers.note_viewed(chosen)  # what was looked at is read in both worlds
                add_said(session, person, chosen, first, until)
                answer_some(session, people["seeker"], until)
                ids = {
                    "complaint_id": session.scalar(select(func.min(ScoreComplaint.id))),
                    "match_id": chosen.id,
                    "job_id": session.scalars(select(Job.id).order_by(Job.id)).first(),
                    "log_id": session.scalars(select(EmailLog.id).order_by(EmailLog.id)).first(),
                    "import_id": session.scalars(
                        select(CsvImport.id).order_by(CsvImport.id)
                    ).first(),
                    "people_import_id": session.scalars(
                        select(CsvImport.id).where(CsvImport.import_type == ImportType.PEOPLE)
                    ).first(),
                    "language": "ja",
                    "user_id": people["seeker"],
                    "source_id": session.scalars(select(Source.id).order_by(Source.id)).first(),
                    "attempt_id": session.scalar(select(func.min(FeedClosing.attempt_id))),
                    "pair_id": session.scalar(select(func.min(DuplicatePair.id))),
                    "run_id": run_id,
                    "policy_id": session.scalar(select(func.max(ScorePolicy.id))),
                    "kind": "skills",
                    "key": names.key_of("Company Shared"),
                    "part": "jobs-0",
                    "table": "email_logs",
                }
        return World(ids, sign_in(app, people["seeker"]), sign_in(app, people["admin"]))

    return add


def addresses(app: Flask, ids: dict[str, Any]) -> dict[str, str]:
    """Return an address of every page, by endpoint."""
    found = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not rule.arguments & WITHOUT_ROWS:
                values = {name: ids[name] for name in rule.arguments}  # a new kind of row: add it
                if rule.endpoint.startswith("people.") and "import_id" in values:
                    values["import_id"] = ids["people_import_id"]
                found[rule.endpoint] = app.url_map.bind("localhost").build(rule.endpoint, values)
    return found


def statements(client: FlaskClient, address: str) -> tuple[int, dict[str, int]]:
    """Return the answer's status and how often the page sent each statement, caches warm."""
    client.get(address)
    queries.start_over()
    status = client.get(address).status_code
    return status, {each.statement: each.calls for each in queries.own().statements}


def count_all(app: Flask, world: World) -> dict[tuple[str, str], tuple[int, dict[str, int]]]:
    readers = {"nobody": app.test_client(), "seeker": world.seeker, "admin": world.admin}
    return {
        (endpoint, name): statements(client, address)
        for endpoint, address in addresses(app, world.ids).items()
        for name, client in readers.items()
    }


def test_no_page_sends_more_statements_for_more_rows(
    app: Flask, grow: Callable[[int, int], World]
) -> None:
    few = count_all(app, grow(0, SMALL))
    many = count_all(app, grow(SMALL, LARGE))
    assert {page for page, (status, _) in many.items() if status >= 500} == set()
    shown = {endpoint for (endpoint, _), (status, _) in many.items() if status == 200}
    assert {"matching.show", "jobs.show", "imports.show", "digests.letter", "emails.show"} <= shown
    more = {
        page: {text: calls for text, calls in sent.items() if calls > few[page][1].get(text, 0)}
        for page, (_, sent) in many.items()
        if sum(sent.values()) > sum(few[page][1].values())
    }
    assert more == {}
    counts = {page: sum(sent.values()) for page, (_, sent) in many.items()}
    most = {page: MOST_ABOUT_TABLES * len(db.metadata.tables) for page in ABOUT_TABLES}
    assert {p: count for p, count in counts.items() if count > most.get(p, MOST)} == {}
    assert max(counts.values()) > 10


def test_a_loop_over_rows_would_be_seen(app: Flask, grow: Callable[[int, int], World]) -> None:
    @app.get("/looping")
    def looping() -> str:
        from jobscore.extensions import db

        return "".join(
            str(db.session.scalar(select(User.email).where(User.id == user_id)))
            for user_id in db.session.scalars(select(User.id)).all()
        )

    counts = []
    for first, until in ((0, SMALL), (SMALL, LARGE)):
        grow(first, until)
        counts.append(sum(statements(app.test_client(), "/looping")[1].values()))
    assert counts[1] >= counts[0] + LARGE - SMALL
