"""The steps from a file to jobs, and where an import stands among them."""

from enum import IntEnum
from typing import Any

from flask import url_for
from flask_babel import gettext

from jobscore.imports import plans
from jobscore.imports.models import CsvImport, ImportStatus


class Step(IntEnum):
    """The pages of the road, in order; counted from 1."""

    UPLOAD = 1
    READING = 2
    MAPPING = 3
    CHECK = 4
    RUN = 5
    RESULT = 6


#: The page where an import goes on, by its status; all others go to its run.
_GOES_ON = {
    ImportStatus.PENDING: "imports.reading",
    ImportStatus.INSPECTED: "imports.reading",
    ImportStatus.MAPPING: "imports.mapping",
    ImportStatus.CHECKING: "imports.check",
    ImportStatus.READY: "imports.check",
}


def next_page(csv_import: CsvImport) -> str | None:
    """Return the endpoint where a file is prepared further; None when it was run already."""
    return _GOES_ON.get(csv_import.status)


def steps(csv_import: CsvImport | None, *, has_check: bool, has_run: bool) -> list[dict[str, Any]]:
    """Return the steps with a link to each that can be opened now."""
    labels = [
        gettext("Upload"),
        gettext("Reading"),
        gettext("Match columns"),
        gettext("Check"),
        gettext("Import"),
        gettext("Result"),
    ]
    hrefs: list[str | None] = [None] * len(labels)
    if csv_import is not None and csv_import.status not in plans.UNDER_WAY:
        values: dict[str, Any] = {"import_id": csv_import.id}
        hrefs[Step.READING - 1] = url_for("imports.reading", **values)
        hrefs[Step.MAPPING - 1] = url_for("imports.mapping", **values)
        if has_check:
            hrefs[Step.CHECK - 1] = url_for("imports.check", **values)
        if has_run:
            hrefs[Step.RESULT - 1] = url_for("imports.show", **values)
    return [{"label": label, "href": href} for label, href in zip(labels, hrefs, strict=True)]
