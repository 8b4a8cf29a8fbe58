"""Which column becomes what: choices with how sure we are, and the first rows as they would be."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import get_locale, gettext

from jobscore import clock, config
from jobscore.imports import messages, service
from jobscore.imports.columns import COLUMNS
from jobscore.imports.drafting import Drafter, Message, Severity
from jobscore.jobs import wording
from jobscore.jobs.drafts import COMPANY_NOT_STATED, JobDraft
from jobscore.vocabulary.gazetteer import resolve_place
from jobscore.web.jinja import day, pay

#: A guess from this score on is sure; from ``LIKELY`` on it is worth a look.
SURE, LIKELY = 0.9, 0.5
#: Rows shown as they would become.
SHOWN_ROWS = 5
_SHOWN_CHARS = 120


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column of the file with what it may become."""

    index: int
    label: str
    samples: list[str]
    field: str
    note: str
    note_kind: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class BecameCell:
    """One value of a job as it would be, the cell it comes from, and what is to be said of it."""

    label: str
    text: str
    raw: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BecameRow:
    """One row of the file as the job it would become; an error says why it would become none."""

    line: int
    title: str
    cells: list[BecameCell]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that the page of the columns shows."""

    columns: list[ColumnChoice]
    options: list[tuple[str, str]]
    rows: list[BecameRow]
    headings: list[dict[str, str]]
    left_out: str
    problems: list[str]
    is_remembered: bool


def field_options() -> list[tuple[str, str]]:
    """Return the choices for what a column holds."""
    fields = [(column.field, messages.field_label(column.field)) for column in COLUMNS]
    return [("", gettext("Do not import")), *fields]


def choices(
    seen: service.Preview, chosen: Mapping[int, str], *, is_remembered: bool, is_strict: bool
) -> Choices:
    """Return the page's content.

    :param chosen: column -> field, as a person or we chose.
    :param is_remembered: the choice is that of an earlier file with the same header.
    :param is_strict: the choice was sent: what is missing is an error, not a hint.
    """
    by_field: defaultdict[str, list[int]] = defaultdict(list)
    for index, name in sorted(chosen.items()):
        if name:
            by_field[name].append(index)
    problems, errors = _problems(seen, by_field, is_strict)
    columns = [_column(column, chosen, is_remembered, errors) for column in seen.columns]
    left = [_label(c) for c in seen.columns if not chosen.get(c.index)]
    mapping = {name: indexes[0] for name, indexes in by_field.items()}
    rows = _became(seen, mapping)
    return Choices(
        columns=columns,
        options=field_options(),
        rows=rows,
        headings=[
            {"label": label}
            for label in (gettext("Job"), *(c.label for row in rows[:1] for c in row.cells))
        ],
        left_out=_left_out(left),
        problems=problems,
        is_remembered=is_remembered,
    )


def _problems(
    seen: service.Preview, by_field: Mapping[str, Sequence[int]], is_strict: bool
) -> tuple[list[str], dict[int, str]]:
    """Return what is wrong with the choice: in all, and at each column."""
    names = {column.index: _label(column) for column in seen.columns}
    problems, errors = [], {}
    for name, indexes in by_field.items():
        if len(indexes) > 1:
            label = messages.field_label(name)
            where = _joined([names.get(index, "") for index in indexes])
            problems.append(
                gettext(
                    "“%(field)s” is chosen for several columns: %(columns)s. Keep one of them.",
                    field=label,
                    columns=where,
                )
            )
            for index in indexes:
                others = _joined([names.get(i, "") for i in indexes if i != index])
                errors[index] = gettext(
                    "“%(field)s” is also chosen for %(columns)s.", field=label, columns=others
                )
    if "title" not in by_field and is_strict:
        problems.append(
            gettext("No column is the job title. Without it no row can be imported: choose one.")
        )
    return problems, errors


def _column(
    column: service.ColumnView,
    chosen: Mapping[int, str],
    is_remembered: bool,
    errors: Mapping[int, str],
) -> ColumnChoice:
    now = chosen.get(column.index, "")
    note, kind = _sureness(column, now, is_remembered)
    return ColumnChoice(
        column.index,
        _label(column),
        column.samples,
        now,
        note,
        kind,
        errors.get(column.index, ""),
    )


def _sureness(column: service.ColumnView, now: str, is_remembered: bool) -> tuple[str, str]:
    """Return how sure the choice of a column is, in words, and the kind of its badge."""
    if is_remembered:
        return (gettext("As last time"), "accent") if now else (gettext("Left out last time"), "")
    if now and now != (column.field or ""):
        return gettext("Your choice"), "accent"
    if not now:
        return gettext("Not recognised") if column.field is None else gettext("Your choice"), ""
    if column.score >= SURE:
        return gettext("Sure"), "success"
    if column.score >= LIKELY:
        return gettext("Probable: please look"), "warning"
    return gettext("Unsure: please look"), "warning"


def _label(column: service.ColumnView) -> str:
    return f"{column.letter} {column.name}".strip()


def _joined(names: Sequence[str]) -> str:
    return str(gettext(", ")).join(gettext("“%(text)s”", text=name) for name in names)


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return str(gettext("Every column is imported."))
    shown = _joined(names[:12])
    if len(names) > 12:
        return str(
            gettext("Not imported: %(columns)s and %(n)s more.", columns=shown, n=len(names) - 12)
        )
    return str(gettext("Not imported: %(columns)s.", columns=shown))


# -- the first rows as they would become ------------------------------------------------------


def _became(seen: service.Preview, mapping: dict[str, int]) -> list[BecameRow]:
    if "title" not in mapping:
        return []
    today = clock.today(config.current().timezone)
    drafter = Drafter(mapping, seen.table.header, today)
    rows = []
    for row in seen.rows[:SHOWN_ROWS]:
        draft, said = drafter.draft(row.line, row.cells)
        rows.append(_row(row.line, row.cells, draft, said, mapping))
    return rows


def _row(
    line: int,
    cells: Sequence[str],
    draft: JobDraft | None,
    said: Sequence[Message],
    mapping: dict[str, int],
) -> BecameRow:
    notes: defaultdict[int | None, list[str]] = defaultdict(list)
    for message in said:
        if message.severity is not Severity.INFO:
            notes[message.column].append(messages.sentence(message.code, message.params))
    errors = [
        messages.sentence(message.code, message.params)
        for message in said
        if message.severity is Severity.ERROR
    ]
    found = []
    for label, names, text in _values(draft):
        used = [name for name in names if name in mapping]
        if not used:
            continue
        raw = " / ".join(
            cells[mapping[name]].strip()[:_SHOWN_CHARS]
            for name in used
            if mapping[name] < len(cells) and cells[mapping[name]].strip()
        )
        own = [note for name in used for note in notes.get(mapping[name], [])]
        shown = text[:_SHOWN_CHARS] if draft else ""
        is_said = raw == shown or _is_plain_day(raw)
        found.append(BecameCell(label, shown, "" if is_said else raw, own if draft else []))
    return BecameRow(line, draft.title if draft else "", found, " ".join(errors))


def _is_plain_day(text: str) -> bool:
    """Tell whether a cell is a day as we write it: there is no doubt about what it means."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _values(draft: JobDraft | None) -> list[tuple[str, tuple[str, ...], str]]:
    """Return (label, the fields it comes from, the value in words) of what is worth a look."""
    d = draft
    pay_fields = ("salary", "salary_min", "salary_max", "salary_period", "salary_currency")
    return [
        (gettext("Company"), ("company",), _company(d) if d else ""),
        (gettext("Place"), ("location",), _place(d) if d else ""),
        (gettext("Pay"), pay_fields, _pay(d) if d else ""),
        (gettext("Kind of employment"), ("employment_type",), _employment(d) if d else ""),
        (gettext("Experience"), ("experience",), _experience(d) if d else ""),
        (gettext("Remote work"), ("remote",), _remote(d) if d else ""),
        (gettext("Posting day"), ("posted_on",), day(d.posted_on) if d else ""),
        (gettext("Last day"), ("expires_on",), day(d.expires_on) if d else ""),
    ]


def _company(draft: JobDraft) -> str:
    return "" if draft.company_name == COMPANY_NOT_STATED else draft.company_name


def _place(draft: JobDraft) -> str:
    """Return the place that was recognised, else the text of the cell."""
    guess = resolve_place(draft.place_text) if draft.place_text else None
    if guess is None or guess.place is None:
        return draft.location
    return guess.place.label("ja" if str(get_locale()) == "ja" else "en")


def _pay(draft: JobDraft) -> str:
    return pay(draft.salary_min, draft.salary_max, draft.salary_currency, draft.salary_period)


def _employment(draft: JobDraft) -> str:
    return str(wording.EMPLOYMENT.get(draft.employment_type or "", draft.employment_type or ""))


def _experience(draft: JobDraft) -> str:
    return experience_text(
        draft.experience_level, draft.experience_min_years, draft.experience_max_years
    )


def _remote(draft: JobDraft) -> str:
    return remote_text(draft.remote)


def experience_text(level: Any, low: int | None, high: int | None) -> str:
    """Return an asked experience in words, empty where nothing is asked."""
    parts = [str(wording.LEVEL.get(level or "", ""))]
    if low and high and low != high:
        parts.append(gettext("%(low)s to %(high)s years", low=low, high=high))
    elif low:
        parts.append(gettext("%(n)s years or more", n=low))
    elif high:
        parts.append(gettext("up to %(n)s years", n=high))
    return ", ".join(part for part in parts if part)


def remote_text(word: Any) -> str:
    """Return what a posting says of remote work in words, empty where it says nothing."""
    return next((str(text) for one, text in wording.REMOTE.items() if one == word), "")
