"""What a dry run found, in words: counts, messages, differences, whose lists would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext, ngettext

from jobscore import clock
from jobscore.imports import checks, messages
from jobscore.imports.drafting import Severity
from jobscore.imports.models import CheckStatus, ImportCheck, ImportDifference
from jobscore.imports.pages.mapping import experience_text, remote_text
from jobscore.imports.pages.run import (
    PATIENCE,
    Group,
    Said,
    column_name,
    number,
    progress_text,
)
from jobscore.imports.running import STALE
from jobscore.jobs import wording
from jobscore.web.jinja import day, pay


@dataclass(frozen=True, slots=True)
class CheckState:
    """How a check is, for its page."""

    is_running: bool
    is_done: bool
    label: str
    kind: str
    sentence: str
    failure: str
    progress_text: str
    is_waiting_long: bool
    asks: bool
    closing: str


@dataclass(frozen=True, slots=True)
class ChangedField:
    """One field of a job, before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangedJob:
    """One job that would change."""

    job_id: int
    title: str
    line: int
    fields: list[ChangedField]


@dataclass(frozen=True, slots=True)
class Effect:
    """For whom lists would change, and how far the figures can be trusted."""

    is_waiting: bool
    label: str
    kind: str
    sentences: list[str]
    people: list[tuple[int, str, str]]


_LABELS = {
    CheckStatus.QUEUED: "accent",
    CheckStatus.RUNNING: "accent",
    CheckStatus.DONE: "success",
    CheckStatus.FAILED: "danger",
    CheckStatus.CANCELLED: "neutral",
}


def state(check: ImportCheck) -> CheckState:
    """Return the state of a check in words."""
    now = clock.now()
    is_running = check.status in checks.ACTIVE
    is_stale = (
        check.status is CheckStatus.RUNNING
        and check.heartbeat_at is not None
        and now - check.heartbeat_at > STALE
    )
    words = {
        CheckStatus.QUEUED: gettext("Waiting"),
        CheckStatus.RUNNING: gettext("Being checked"),
        CheckStatus.DONE: gettext("Checked"),
        CheckStatus.FAILED: gettext("Failed"),
        CheckStatus.CANCELLED: gettext("Stopped"),
    }
    return CheckState(
        is_running=is_running,
        is_done=check.status is CheckStatus.DONE,
        label=words[check.status],
        kind=_LABELS[check.status],
        sentence=_sentence(check),
        failure=messages.failure(check.failure),
        progress_text=progress_text(
            check.processed_rows, check.total_rows, check.started_at if is_running else None
        ),
        is_waiting_long=is_stale
        or (check.status is CheckStatus.QUEUED and now - check.created_at > PATIENCE),
        asks=checks.asks_about_closing(check),
        closing=_closing(check),
    )


def _sentence(check: ImportCheck) -> str:
    if check.status is CheckStatus.QUEUED:
        return str(gettext("The check waits for a worker."))
    if check.status is CheckStatus.RUNNING:
        return str(gettext("The whole file is read. Nothing is written."))
    if check.status is CheckStatus.CANCELLED:
        return str(gettext("The check was stopped. Nothing was written."))
    if check.status is CheckStatus.FAILED:
        return str(gettext("The check failed. Nothing was written."))
    written = check.new_rows + check.changed_rows
    if not written and not check.closing_jobs:
        return str(gettext("An import would change nothing."))
    return str(
        ngettext(
            "An import would write %(n)s job. Nothing has been written yet.",
            "An import would write %(n)s jobs. Nothing has been written yet.",
            written,
            n=number(written),
        )
    )


def _closing(check: ImportCheck) -> str:
    """Return what a full feed would close, empty where it closes nothing."""
    if not check.closing_jobs or not check.open_jobs:
        return ""
    return str(
        gettext(
            "%(closing)s of the %(open)s open jobs of the source “%(source)s” (%(percent)s %%) "
            "are not in this file and would be closed. Those that a rejected row names, or "
            "that another source has too, stay open.",
            closing=number(check.closing_jobs),
            open=number(check.open_jobs),
            source=check.source,
            percent=round(100 * check.closing_jobs / check.open_jobs),
        )
    )


# -- messages --------------------------------------------------------------------------------


def groups(check: ImportCheck, header: Sequence[str]) -> list[Group]:
    """Return what was noticed: rejections first, then what is said most often, with examples."""
    labels = {
        Severity.ERROR.value: (gettext("Rejected"), "danger"),
        Severity.WARNING.value: (gettext("Warning"), "warning"),
        Severity.INFO.value: (gettext("Note"), "neutral"),
    }
    found = []
    for one in check.findings:
        label, kind = labels[one["severity"]]
        hint = messages.hint(one["code"])
        examples = tuple(
            Said(
                example["line"],
                column_name(example["column"], header),
                example["value"][:120],
                messages.sentence(one["code"], example["params"]),
                hint,
            )
            for example in one["examples"]
        )
        heading = messages.general(one["code"])
        found.append(Group(heading, hint, one["count"], label, kind, examples))
    return found


# -- differences -----------------------------------------------------------------------------


def changed_jobs(rows: Sequence[ImportDifference]) -> list[ChangedJob]:
    """Return differences in words."""
    return [
        ChangedJob(
            row.job_id,
            row.title,
            row.line,
            [
                ChangedField(field_label(name), field_text(name, before), field_text(name, after))
                for name, before, after in row.changes
            ],
        )
        for row in rows
    ]


def field_label(name: str) -> str:
    """Return the name of a job's field."""
    names = {
        "title": gettext("Job title"),
        "company_name": gettext("Company"),
        "location": gettext("Place"),
        "industry": gettext("Industry"),
        "external_id": gettext("Id of the posting"),
        "url": gettext("Address of the posting"),
        "pay": gettext("Pay"),
        "employment_type": gettext("Kind of employment"),
        "is_sponsored": gettext("Sponsored"),
        "experience": gettext("Experience"),
        "expires_on": gettext("Last day"),
        "posted_on": gettext("Posting day"),
        "remote": gettext("Remote work"),
        "description": gettext("Description"),
        "requirements": gettext("Requirements"),
    }
    return str(names.get(name, name))


def field_text(name: str, value: Any) -> str:
    """Return a stored value in words; empty where nothing is stated."""
    if value is None or value == "":
        return ""
    if name == "pay":
        return _pay(value)
    if name == "employment_type":
        return str(wording.EMPLOYMENT.get(value, value))
    if name == "experience":
        return experience_text(*value)
    if name == "remote":
        return remote_text(value)
    if name in ("expires_on", "posted_on"):
        return day(date.fromisoformat(value))
    if name == "is_sponsored":
        return str(gettext("yes"))
    return str(value)


def _pay(value: Sequence[Any]) -> str:
    if len(value) > 4:
        return str(value[4])
    low, high = (Decimal(amount) if amount else None for amount in value[:2])
    return pay(low, high, value[2], value[3])


# -- whose lists would change ------------------------------------------------------------------


def effect(check: ImportCheck, names: Mapping[int, str]) -> Effect | None:
    """Return in words for whom lists would change; None while the check itself goes on.

    :param names: of people, by id.
    """
    found = check.effect
    if found is None or check.status is not CheckStatus.DONE:
        return None
    kind = found["state"]
    if kind == "waiting":
        text = gettext("This is being computed for the people who have a profile.")
        return Effect(True, gettext("Being computed"), "accent", [text], [])
    if kind == "not_computed":
        return Effect(False, gettext("Not computed"), "neutral", [_why_not(found)], [])
    label, badge = (
        (gettext("Exact"), "success") if kind == "exact" else (gettext("Estimate"), "warning")
    )
    sentences = [_reach(found), *_amount(found)]
    people = [
        (
            user_id,
            names.get(user_id, str(gettext("Person %(number)s", number=user_id))),
            str(
                ngettext(
                    "%(n)s of %(slots)s jobs would be another",
                    "%(n)s of %(slots)s jobs would be others",
                    n_new,
                    n=n_new,
                    slots=slots,
                )
            ),
        )
        for user_id, n_new, slots in found["most"]
    ]
    return Effect(False, label, badge, sentences, people)


def _why_not(found: Mapping[str, Any]) -> str:
    reasons = {
        "nothing_changes": gettext("No list changes: an import would write no job."),
        "too_many": gettext(
            "More than %(n)s jobs would be written or closed: holding so many against every list "
            "would take longer than the import. The next matching run shows it.",
            n=number(found.get("most", 0)),
        ),
        "no_people": gettext("Nobody has a profile yet, so there is no list that could change."),
        "file_gone": gettext("The uploaded file is no longer there. Upload it again."),
        "meanings": gettext(
            "The live policy compares meanings; lists under it are compared by the next run only."
        ),
        "failed": gettext("Computing this failed; the import is not affected."),
    }
    return str(reasons.get(found.get("reason", ""), reasons["failed"]))


def _reach(found: Mapping[str, Any]) -> str:
    asked, people, changed = found["asked"], found["people"], found["changed"]
    if found["state"] == "exact":
        return str(
            ngettext(
                "Computed for all %(people)s people: the list of %(changed)s would change.",
                "Computed for all %(people)s people: the lists of %(changed)s would change.",
                changed,
                people=number(people),
                changed=number(changed),
            )
        )
    return str(
        gettext(
            "Computed for %(asked)s of %(people)s people, evenly spread: the lists of %(changed)s "
            "of them would change. For all people that is about %(percent)s %%.",
            asked=number(asked),
            people=number(people),
            changed=number(changed),
            percent=round(100 * changed / asked) if asked else 0,
        )
    )


def _amount(found: Mapping[str, Any]) -> list[str]:
    if not found["changed"]:
        return []
    sentences = [
        gettext(
            "On average %(mean)s of the %(slots)s jobs in such a list would be others; "
            "%(n)s lists would begin with another job.",
            mean=found["mean"],
            slots=found["slots"],
            n=number(found["first_changed"]),
        )
    ]
    return [str(one) for one in sentences]
