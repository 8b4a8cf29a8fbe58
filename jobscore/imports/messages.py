"""Sentences for everything that the reader and the drafter have to say, with a way out each."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.imports.drafting import Code
from jobscore.imports.models import ImportStatus
from jobscore.imports.people.words import HEADINGS as PEOPLE_HEADINGS
from jobscore.imports.people.words import ROWS as PEOPLE_ROWS
from jobscore.imports.reader import FileProblem, RowProblem

#: code -> (what is so, what to do about it). Placeholders are the message's params.
_ROWS: dict[str, tuple[Any, Any]] = {
    RowProblem.WIDTH: (
        _l("The row has %(found)s cells where the others have %(expected)s."),
        _l("Look for a missing or extra delimiter, or for a text that needs quotes around it."),
    ),
    RowProblem.QUOTE: (
        _l("A quotation mark opens or closes in the wrong place."),
        _l("Double the quotation marks inside a quoted text, and close each that you open."),
    ),
    RowProblem.BAD_BYTES: (
        _l("The row contains bytes that are no text in the file's encoding."),
        _l("Save the file again as UTF-8, or choose another encoding."),
    ),
    RowProblem.NUL: (
        _l("The row contains a NUL character."),
        _l("Export the file again: it was damaged on the way."),
    ),
    RowProblem.TOO_LONG: (
        _l("The row is longer than any row may be."),
        _l("Look for a quotation mark that is never closed."),
    ),
    RowProblem.NOT_DATA: (
        _l("The line repeats the header or is a title inside the file; it is no posting."),
        _l("Nothing needs to be done unless a posting is missing."),
    ),
    Code.NO_TITLE: (
        _l("The row has no job title."),
        _l("Fill the title, or check which column is mapped to it."),
    ),
    Code.NO_COMPANY: (
        _l("No company is stated; the job is kept without one."),
        _l("Fill the company if you know it."),
    ),
    Code.TITLE_CUT: (
        _l("The title has %(length)s characters; it is cut to 255 and kept whole in the text."),
        _l("Shorten the title."),
    ),
    Code.TEXT_CUT: (
        _l("The text has %(length)s characters and is cut to %(limit)s."),
        _l("Shorten the text, or move it to the description."),
    ),
    Code.COMPANY_SPLIT: (
        _l("What stands behind the company's name was moved to the description."),
        _l("Nothing needs to be done."),
    ),
    Code.PAY_UNREAD: (
        _l("The pay could not be read; it counts as not stated."),
        _l("Write it like “¥250,000 a month” or “月給25万円〜30万円”."),
    ),
    Code.PAY_NOT_STATED: (
        _l("The pay names no amount; it counts as not stated."),
        _l("Nothing needs to be done."),
    ),
    Code.PAY_TOO_LARGE: (
        _l("The pay is larger than any pay can be; it counts as not stated."),
        _l("Check the number and its unit."),
    ),
    Code.PAY_REVERSED: (
        _l("The lower end of the pay is above the upper end; they were swapped."),
        _l("Check both amounts."),
    ),
    Code.PERIOD_ASSUMED: (
        _l("Whether the pay is by hour, month or year was concluded from its size."),
        _l("Write the period beside the amount, or add a column for it."),
    ),
    Code.EMPLOYMENT_UNREAD: (
        _l("The kind of employment is not known; it was left out."),
        _l("Use words such as full-time, part-time, contract, temporary or intern."),
    ),
    Code.EXPERIENCE_UNREAD: (
        _l("The experience could not be read; it was left out."),
        _l("Write it like “3+ years” or “未経験OK”."),
    ),
    Code.REMOTE_UNREAD: (
        _l("What is said of remote work could not be read; it was left out."),
        _l("Use words such as remote, hybrid, on-site, yes or no."),
    ),
    Code.DATE_UNREAD: (
        _l("The date could not be read; it was left out."),
        _l("Write dates like 2026-04-01."),
    ),
    Code.DATE_RELATIVE: (
        _l("The date was counted from the day of the upload: %(date)s."),
        _l("Write the date itself, such as 2026-04-01."),
    ),
    Code.DATE_IN_FUTURE: (
        _l("The posting day %(date)s lies in the future."),
        _l("Check the date."),
    ),
    Code.URL_UNSAFE: (
        _l("The address is not an http or https address; it was left out."),
        _l("Give the full address of the posting, beginning with https://."),
    ),
    Code.DUPLICATE: (
        _l("Line %(winner)s is the same posting; its content was taken."),
        _l("Delete one of the two, or give them different ids."),
    ),
}

_FILES: dict[FileProblem, tuple[Any, Any]] = {
    FileProblem.EMPTY: (
        _l("The file is empty."),
        _l("Export it again and look at its size before you upload it."),
    ),
    FileProblem.NOT_TEXT: (
        _l("The file is no text: it cannot be a CSV file."),
        _l("Export the list as CSV and upload that file."),
    ),
    FileProblem.ZIP: (
        _l("This is a compressed archive, not a CSV file."),
        _l("Unpack it and upload the CSV file inside."),
    ),
    FileProblem.PDF: (
        _l("This is a PDF document, not a CSV file."),
        _l("Export the list as CSV from the program that made the PDF."),
    ),
    FileProblem.IMAGE: (
        _l("This is an image, not a CSV file."),
        _l("Choose the CSV file; it usually ends in .csv."),
    ),
    FileProblem.GZIP: (
        _l("This file is compressed (gzip)."),
        _l("Unpack it and upload the CSV file inside."),
    ),
    FileProblem.XLS: (
        _l("This is an old Excel workbook (.xls), which cannot be read."),
        _l("In Excel choose “Save as” and the type “CSV UTF-8”."),
    ),
    FileProblem.XLSX_UNSUPPORTED: (
        _l("Excel workbooks (.xlsx) cannot be read here: the extra “xlsx” is not installed."),
        _l("In Excel choose “Save as” and the type “CSV UTF-8”."),
    ),
    FileProblem.XLSX_BROKEN: (
        _l("The Excel workbook is damaged or too large."),
        _l("In Excel choose “Save as” and the type “CSV UTF-8”."),
    ),
    FileProblem.HTML: (
        _l("This is a web page, not a CSV file."),
        _l("The download may have led to a sign-in page: download the file again."),
    ),
    FileProblem.JSON: (
        _l("This is a JSON file, not a CSV file."),
        _l("Export the list as CSV and upload that file."),
    ),
    FileProblem.TOO_MANY_COLUMNS: (
        _l("The file has %(found)s columns; at most %(allowed)s can be read."),
        _l("Check the delimiter, or export only the columns that are needed."),
    ),
    FileProblem.UNKNOWN_ENCODING: (
        _l("The encoding %(encoding)s is not known."),
        _l("Choose one of the list."),
    ),
}

_FAILURES: dict[str, Any] = {
    "file_gone": _l("The uploaded file is no longer there. Upload it again."),
    "disk": _l("The uploaded file could not be read. Check the disk, then continue."),
    "database": _l(
        "The database refused a batch. What was written before stays; continue when it is back."
    ),
    "defect": _l(
        "jobscore met a row that it cannot handle: a mistake of ours. What was written before "
        "stays. The log of the server says more; please report it."
    ),
}

_STATUS: dict[ImportStatus, tuple[Any, str]] = {
    ImportStatus.PENDING: (_l("Received"), "neutral"),
    ImportStatus.INSPECTED: (_l("To be mapped"), "warning"),
    ImportStatus.MAPPING: (_l("To be mapped"), "warning"),
    ImportStatus.CHECKING: (_l("Being checked"), "accent"),
    ImportStatus.READY: (_l("Ready"), "accent"),
    ImportStatus.QUEUED: (_l("Waiting"), "accent"),
    ImportStatus.RUNNING: (_l("Running"), "accent"),
    ImportStatus.ASKING: (_l("Waits for your answer"), "warning"),
    ImportStatus.DONE: (_l("Done"), "success"),
    ImportStatus.DONE_WITH_ERRORS: (_l("Done, some rows rejected"), "warning"),
    ImportStatus.FAILED: (_l("Failed"), "danger"),
    ImportStatus.CANCELLED: (_l("Stopped"), "neutral"),
    ImportStatus.INTERRUPTED: (_l("Interrupted"), "danger"),
    ImportStatus.UNDOING: (_l("Being undone"), "accent"),
    ImportStatus.UNDONE: (_l("Undone"), "neutral"),
}

_FIELDS: dict[str, Any] = {
    "title": _l("Job title"),
    "company": _l("Company"),
    "description": _l("Description"),
    "requirements": _l("Requirements"),
    "location": _l("Place"),
    "salary": _l("Pay"),
    "salary_min": _l("Pay, lower end"),
    "salary_max": _l("Pay, upper end"),
    "salary_period": _l("Pay, period"),
    "salary_currency": _l("Pay, currency"),
    "pay_as_written": _l("Pay, as written (with both ends)"),
    "employment_type": _l("Kind of employment"),
    "experience": _l("Experience"),
    "industry": _l("Industry"),
    "skills": _l("Skills"),
    "benefits": _l("Benefits and features"),
    "url": _l("Address of the posting"),
    "external_id": _l("Id of the posting"),
    "posted_on": _l("Posting day"),
    "expires_on": _l("Last day"),
    "remote": _l("Remote work"),
    "is_sponsored": _l("Sponsored"),
}


def _filled(text: Any, params: Mapping[str, object]) -> str:
    plain = str(text)
    return plain % params if "%(" in plain else plain


_ROWS.update(PEOPLE_ROWS)


def sentence(code: str, params: Mapping[str, object]) -> str:
    """Return what a message about a row says, in the reader's language."""
    if code not in _ROWS:
        return code
    return _filled(_ROWS[code][0], params)


def hint(code: str) -> str:
    """Return what to do about a message, in the reader's language."""
    return str(_ROWS[code][1]) if code in _ROWS else ""


def general(code: str) -> str:
    """Return what the messages of a code have in common, for a heading over them."""
    headings: dict[str, Any] = {
        **PEOPLE_HEADINGS,
        RowProblem.WIDTH: gettext("The number of cells differs"),
        Code.TITLE_CUT: gettext("The title is too long"),
        Code.TEXT_CUT: gettext("A text is too long"),
        Code.DATE_RELATIVE: gettext("A date was counted from the day of the upload"),
        Code.DATE_IN_FUTURE: gettext("The posting day lies in the future"),
        Code.DUPLICATE: gettext("The same posting stands in the file twice"),
    }
    return str(headings[code]) if code in headings else sentence(code, {})


def refusal(code: FileProblem, params: Mapping[str, object]) -> tuple[str, str]:
    """Return why a file was refused and what to do, in the reader's language."""
    what, way_out = _FILES[code]
    return _filled(what, params), str(way_out)


def failure(code: str | None) -> str:
    """Return why a run failed and what to do, or an empty string."""
    if not code:
        return ""
    if code in _FAILURES:
        return str(_FAILURES[code])
    known = {problem.value: problem for problem in _FILES}
    return " ".join(refusal(known[code], {})) if code in known else code


def status_label(status: ImportStatus) -> str:
    """Return a status in the reader's language."""
    return str(_STATUS[status][0])


def status_kind(status: ImportStatus) -> str:
    """Return the kind of badge that a status is shown with."""
    return _STATUS[status][1]


def field_label(field: str) -> str:
    """Return the name of an importable field in the reader's language."""
    return str(_FIELDS[field])
