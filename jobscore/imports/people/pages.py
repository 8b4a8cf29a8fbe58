"""What the admin's pages about people show: values ready for the templates."""

from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock, config
from jobscore.imports import service as imports
from jobscore.imports.drafting import Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus
from jobscore.imports.pages import run
from jobscore.imports.people import inviting, service, words
from jobscore.imports.people.columns import COLUMNS
from jobscore.imports.people.drafting import ConsentProof, PersonDraft
from jobscore.imports.people.models import OPEN, Invitation, InvitationStatus
from jobscore.jobs import wording
from jobscore.vocabulary import gazetteer, tables
from jobscore.web import pagination
from jobscore.web.jinja import day, number, pay

PAGE_SIZE = 50
_SHOWN_MESSAGES = 50
#: States in which there is nothing more to undo.
_NOT_UNDONE = frozenset({ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS, *imports.RESUMABLE})


def field_options() -> list[tuple[str, str]]:
    """Return the choices for what a column holds."""
    named = [(column.field, str(words.FIELDS[column.field])) for column in COLUMNS]
    return [("", str(gettext("Do not import"))), *named]


def first_person(
    seen: imports.Preview, mapping: dict[str, int], statement: ConsentProof | None, locale: str
) -> list[tuple[str, str]]:
    """Return the first row as it would be kept, in words; empty when none of the first can be."""
    stand_in = statement or ConsentProof(text="…", given_on=clock.today(config.current().timezone))
    draft = service.first_person(seen, mapping, stand_in)
    return [] if draft is None else described(draft, locale)


def described(draft: PersonDraft, locale: str) -> list[tuple[str, str]]:
    """Return a draft as pairs of what it is and its value."""
    place = gazetteer.place_by_code(draft.place_code or "")
    values = {
        "email": draft.email,
        "name": draft.name or "",
        "place": place.label(locale) if place else "",
        "wanted_titles": ", ".join(draft.wanted_titles),
        "held_titles": ", ".join(draft.held_titles),
        "skills": ", ".join(_skill_name(code, locale) for code in draft.skills),
        "pay": pay(draft.pay_min, None, draft.pay_currency, draft.pay_period),
        "employment_types": ", ".join(
            str(wording.EMPLOYMENT.get(word, word)) for word in draft.employment_types
        ),
        "years": "" if draft.years is None else str(draft.years),
    }
    return [(str(words.FIELDS[name]), value) for name, value in values.items() if value]


def _skill_name(code: str, locale: str) -> str:
    found = next((skill for skill in tables.skills() if skill.code == code), None)
    if found is None:
        return code
    return (found.name_ja or found.name_en) if locale == "ja" else found.name_en


def report(
    session: Session, csv_import: CsvImport, attempt: ImportAttempt, after: str | None
) -> dict[str, Any]:
    """Return all that the page of a started import of people shows."""
    header = service.header_of(attempt)
    errors = imports.first_messages(session, attempt.id, Severity.ERROR, _SHOWN_MESSAGES)
    warnings = imports.first_messages(session, attempt.id, Severity.WARNING, _SHOWN_MESSAGES)
    counts = inviting.counts(session, csv_import.id)
    state = run.running(csv_import, attempt)
    listed = pagination.newest_first(
        session,
        select(Invitation)
        .where(
            Invitation.import_id == csv_import.id,
            or_(Invitation.status.in_(OPEN), Invitation.status == InvitationStatus.ACCEPTED),
        )
        .options(joinedload(Invitation.user)),
        Invitation.id,
        after=after,
        size=PAGE_SIZE,
    )
    return {
        "one": csv_import,
        "attempt": attempt,
        "state": state,
        "sentence": _sentence(attempt, counts[InvitationStatus.WAITING]) or state.sentence,
        "stats": _stats(attempt, counts),
        "counts": counts,
        "n_open": sum(counts[status] for status in OPEN),
        "can_undo": csv_import.status in _NOT_UNDONE,
        "groups": run.groups(csv_import),
        "errors": run.said(errors, header),
        "warnings": run.said(warnings, header),
        "statement": service.statement_of(session, attempt),
        "page": listed,
        "status_words": words.STATUS,
        "open_statuses": OPEN,
        "days": config.current().invitation_days,
        "missing": config.current().missing_for_mail,
        "now": clock.now(),
    }


def _sentence(attempt: ImportAttempt, waiting: int) -> str:
    """Return what to say of a run that is over: the general sentences speak of jobs."""
    if attempt.status is ImportStatus.UNDONE:
        return str(gettext("The import was undone. Who had accepted keeps the account."))
    if attempt.status not in (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS):
        return ""
    if attempt.new_rows and not waiting:
        return str(gettext("The import is done. Nobody waits for an invitation any more."))
    if waiting != attempt.new_rows:
        return str(
            ngettext(
                "The import is done. %(num)s person has not been written to yet.",
                "The import is done. %(num)s people have not been written to yet.",
                waiting,
            )
        )
    return str(
        ngettext(
            "The import is done. %(num)s person is new and has not been written to yet.",
            "The import is done. %(num)s people are new and have not been written to yet.",
            attempt.new_rows,
        )
    )


def _stats(
    attempt: ImportAttempt, counts: dict[InvitationStatus, int]
) -> list[tuple[str, str, str]]:
    """Return label, number and hint of each count."""
    invited = counts[InvitationStatus.QUEUED] + counts[InvitationStatus.SENT]
    gone = (InvitationStatus.EXPIRED, InvitationStatus.WITHDRAWN, InvitationStatus.UNDONE)
    rows: list[tuple[Any, int, Any]] = [
        (gettext("New people"), attempt.new_rows, ""),
        (
            gettext("Known already"),
            attempt.unchanged_rows + attempt.changed_rows,
            gettext("%(n)s of them filled up", n=number(attempt.changed_rows))
            if attempt.changed_rows
            else "",
        ),
        (gettext("Rejected"), attempt.rejected_rows, ""),
        (gettext("Not invited yet"), counts[InvitationStatus.WAITING], ""),
        (gettext("Invited"), invited, ""),
        (gettext("Accepted"), counts[InvitationStatus.ACCEPTED], ""),
        (gettext("Refused"), counts[InvitationStatus.REFUSED], ""),
        (gettext("Erased"), sum(counts[status] for status in gone), ""),
    ]
    return [(str(label), number(n), str(hint)) for label, n, hint in rows]


def statement_facts(statement: Any) -> list[tuple[str, str]]:
    """Return what an admin stated for the file."""
    facts = [
        (gettext("The words that they agreed to"), statement.text),
        (gettext("Day on which they agreed"), day(statement.given_on)),
        (gettext("How they agreed"), statement.method),
        (gettext("Version of the words"), statement.version),
    ]
    return [(str(label), value) for label, value in facts if value]


def refusal(columns: list[str]) -> str:
    """Return why a file with passwords is not taken."""
    return str(
        gettext(
            "This file has a column that looks like passwords: %(columns)s. Passwords are never "
            "imported. Nothing of the file was kept: take the column out and upload it again.",
            columns=gettext(", ").join(columns),
        )
    )
