"""Every page that a browser can open, from the routes themselves, with real ids filled in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from jobscore import config
from jobscore.accounts import optin, tokens
from jobscore.accounts.models import Consent, User
from jobscore.demo import mailbox
from jobscore.digests import links
from jobscore.emails.models import EmailLog
from jobscore.extensions import db
from jobscore.imports.models import CsvImport, ImportCheck, ImportType
from jobscore.imports.people import links as invitation_links
from jobscore.imports.people.models import Invitation, InvitationStatus
from jobscore.imports.sources.models import ClosingState, FeedClosing, Source
from jobscore.jobs.checks.models import JobFinding
from jobscore.jobs.companies import names
from jobscore.jobs.duplicates.models import DuplicatePair, Finding
from jobscore.jobs.models import Job
from jobscore.matching.models import Backtest, MatchingResult, MatchRun, RunKind, ScoreComplaint
from jobscore.scoring.models import ScorePolicy
from jobscore.web.access import Access, access_of

#: Routes that answer with something that is not a page, or send the browser elsewhere.
NO_PAGES = {
    "static": "files",
    "web.healthz": "JSON for load balancers",
    "web.manifest": "JSON for installing",
    "web.service_worker": "a script",
    "dashboard.readyz": "JSON for load balancers",
    "demo.letter_html": "a letter, shown in a frame",
    "demo.raw": "a file to download",
    "emails.html": "a letter, shown in a frame",
    "emails.preview_html": "a letter, shown in a frame",
    "digests.letter_html": "a letter, shown in a frame",
    "digests.next_letter_html": "a letter, shown in a frame",
    "searches.preview_html": "a letter, shown in a frame",
    "imports.rejected": "a file to download",
    "imports.template": "a file to download",
    "matching.reminder": "a file to download",
    "people.letter": "a letter, shown in a frame",
    "people.rejected": "a file to download",
    "people.template_csv": "a file to download",
    "accounts.suggest": "JSON for the suggestions of a field",
    "jobs.atom": "a feed",
    "jobs.json_feed": "a feed",
    "jobs.sitemap": "XML for search engines",
    "jobs.sitemap_part": "XML for search engines",
    "matching.feed": "a feed",
    "web.robots": "text for search engines",
    "accounts.export_resume": "a file to download",
    "jobs.suggest": "JSON for the suggestions of the search box",
}


@dataclass(frozen=True, slots=True)
class Address:
    """One page: its endpoint, the path with ids filled in, and who opens it."""

    endpoint: str
    path: str
    access: Access


def addresses(app: Flask, reader: str) -> list[Address]:
    """Return every page as ``reader`` (the seeker's address) can open it, in the routes' order.

    A route whose ids nobody here knows how to fill is an error: a new page comes with a line in
    :data:`FILL`.
    """
    with app.app_context():
        person = db.session.scalars(select(User).where(User.email == reader)).one()
        found = list(_addresses(app, person))
        db.session.remove()
    return found


def _addresses(app: Flask, person: User) -> Iterator[Address]:
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES:
            continue
        access = access_of(app.view_functions[rule.endpoint])
        assert access is not None
        yield Address(rule.endpoint, _fill(rule, person), access)


def _fill(rule: Rule, person: User) -> str:
    values = {name: FILL[rule.endpoint, name](person) for name in rule.arguments}
    built = rule.build(values)
    assert built is not None
    return built[1]


def _first(column: Any, *where: Any) -> Callable[[User], Any]:
    return lambda _person: db.session.scalars(select(column).where(*where).limit(1)).one()


def _import_of_jobs(*where: Any) -> Callable[[User], Any]:
    """Return an import that brought jobs."""
    return _first(CsvImport.id, CsvImport.import_type == ImportType.JOBS, *where)


def _own(column: Any, owner: Any) -> Callable[[User], Any]:
    return lambda person: db.session.scalars(
        select(column).where(owner == person.id).order_by(column).limit(1)
    ).one()


def _people_import(status: InvitationStatus) -> Callable[[User], Any]:
    """Return the import that has an invitation in this state."""
    return _first(Invitation.import_id, Invitation.status == status)


def _invitation_token() -> str:
    """Return the token of a link in an invitation that was sent."""
    query = select(Invitation).where(Invitation.status == InvitationStatus.SENT).limit(1)
    return invitation_links.token_of(db.session.scalars(query).one())


def _consent_token(person: User) -> str:
    """Return the token of a link that confirms something to which a person agreed."""
    query = select(Consent).where(Consent.user_id == person.id, Consent.withdrawn_at.is_(None))
    return optin.make_token(db.session.scalars(query.limit(1)).one())


#: (endpoint, argument) -> what to put there.
FILL: dict[tuple[str, str], Callable[[User], Any]] = {
    ("accounts.new_email", "token"): lambda person: tokens.make(
        tokens.Purpose.EMAIL, person, "new@example.com"
    ),
    ("accounts.reset", "token"): lambda person: tokens.make(tokens.Purpose.RESET, person),
    ("accounts.verify", "token"): lambda person: tokens.make(tokens.Purpose.VERIFY, person),
    ("checks.show", "job_id"): _first(JobFinding.job_id),
    ("demo.letter", "filename"): lambda _person: (
        mailbox.letters(config.current().instance / "outbox").entries[0].file
    ),
    ("digests.confirm", "token"): lambda person: _consent_token(person),
    ("digests.letter", "log_id"): _own(EmailLog.id, EmailLog.user_id),
    ("digests.unsubscribe_page", "token"): lambda person: links.unsubscribe_token(person.id),
    ("duplicates.group", "job_id"): _first(Job.id, Job.duplicate_group.is_not(None)),
    ("duplicates.show", "pair_id"): _first(
        DuplicatePair.id, DuplicatePair.found == Finding.UNSURE, DuplicatePair.decision.is_(None)
    ),
    ("emails.show", "log_id"): _own(EmailLog.id, EmailLog.user_id),
    ("emails.preview", "user_id"): lambda person: person.id,
    ("people.invitation", "token"): lambda _person: _invitation_token(),
    ("people.invite", "import_id"): _people_import(InvitationStatus.WAITING),
    ("people.mapping", "import_id"): _people_import(InvitationStatus.SENT),
    ("people.refuse", "token"): lambda _person: _invitation_token(),
    ("people.show", "import_id"): _people_import(InvitationStatus.WAITING),
    ("imports.again", "import_id"): _import_of_jobs(),
    ("imports.check", "import_id"): _first(ImportCheck.csv_import_id),
    ("imports.mapping", "import_id"): _import_of_jobs(),
    ("imports.mend", "import_id"): _import_of_jobs(CsvImport.error_rows > 0),
    ("imports.reading", "import_id"): _import_of_jobs(),
    ("imports.show", "import_id"): _import_of_jobs(),
    ("imports.undo", "import_id"): _import_of_jobs(CsvImport.success_rows > 0),
    ("jobs.company", "key"): lambda _person: names.key_of(
        db.session.scalars(
            select(Job.company_name).where(Job.is_active.is_(True), Job.held_at.is_(None)).limit(1)
        ).one()
    ),
    ("jobs.report", "job_id"): _own(MatchingResult.job_id, MatchingResult.user_id),
    ("jobs.reported", "job_id"): _own(MatchingResult.job_id, MatchingResult.user_id),
    ("jobs.thanks", "job_id"): _own(MatchingResult.job_id, MatchingResult.user_id),
    ("jobs.show", "job_id"): _own(MatchingResult.job_id, MatchingResult.user_id),
    ("matching.application", "match_id"): _own(MatchingResult.id, MatchingResult.user_id),
    ("matching.apply_page", "match_id"): _own(MatchingResult.id, MatchingResult.user_id),
    ("matching.complain", "match_id"): _own(MatchingResult.id, MatchingResult.user_id),
    ("matching.complaint", "complaint_id"): _first(ScoreComplaint.id),
    ("matching.run", "run_id"): _first(MatchRun.id, MatchRun.kind == RunKind.MATCH),
    ("matching.show", "match_id"): _own(MatchingResult.id, MatchingResult.user_id),
    ("privacy.rows", "table"): lambda _person: "consents",
    ("scoring.activate", "policy_id"): _first(ScorePolicy.id, ScorePolicy.status == "draft"),
    ("scoring.backtest", "run_id"): _first(Backtest.run_id),
    ("scoring.edit_draft", "policy_id"): _first(ScorePolicy.id, ScorePolicy.status == "draft"),
    ("scoring.policy_version", "policy_id"): _first(ScorePolicy.id, ScorePolicy.status == "draft"),
    ("sources.closing", "attempt_id"): _first(
        FeedClosing.attempt_id, FeedClosing.state == ClosingState.ASKED
    ),
    ("sources.edit", "source_id"): _first(Source.id),
    ("sources.show", "source_id"): _first(Source.id),
}
