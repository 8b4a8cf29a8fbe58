"""Step 2: what we understood of a file; each point can be decided otherwise."""

from typing import Any

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.imports import messages, plans, service
from jobscore.imports.models import CsvImport
from jobscore.imports.pages import reading as page
from jobscore.imports.pages.steps import Step
from jobscore.imports.reader import FileRefusedError, ReadOptions
from jobscore.imports.views.blueprint import (
    Answer,
    bp,
    file_is_gone,
    import_or_404,
    plan_of,
    render_step,
    sent_version,
    somebody_was_faster,
)
from jobscore.web.access import admin_only

_CHOICES = ("encoding", "delimiter", "quote", "header_line")


@bp.get("/<int:import_id>/reading")
@admin_only
def reading(import_id: int) -> Answer:
    """Show how a file is read; choices in the address are tried, not kept."""
    csv_import = import_or_404(import_id)
    is_trial = any(name in request.args for name in _CHOICES)
    plan = plan_of(import_id)
    options = page.options_from(request.args.to_dict()) if is_trial else plans.options_of(plan)
    return _reading_page(csv_import, options, plans.version_of(plan))


@bp.post("/<int:import_id>/reading")
@admin_only
def save_reading(import_id: int) -> Answer:
    """Keep how a file is read and go on to its columns."""
    csv_import = import_or_404(import_id)
    options = page.options_from(request.form.to_dict())
    try:
        seen = service.preview(service.path_of(csv_import), options)
        options = page.complete(options, seen)
        with transaction() as session:
            plans.save_reading(session, import_id, sent_version(), options, current_user.id)
    except FileNotFoundError:
        return file_is_gone()
    except FileRefusedError:
        tried: dict[str, Any] = {name: request.form.get(name, "") for name in _CHOICES}
        return redirect(url_for("imports.reading", import_id=import_id, **tried), 303)
    except plans.StalePlanError as error:
        return somebody_was_faster(import_id, error)
    return redirect(url_for("imports.mapping", import_id=import_id), 303)


def _reading_page(csv_import: CsvImport, options: ReadOptions, version: int) -> str | Response:
    """Render the step; a file that cannot be read that way is shown as we found it."""
    path, problem = service.path_of(csv_import), ""
    try:
        seen = service.preview(path, options)
        if page.complete(options, seen) != options:
            seen = service.preview(path, page.complete(options, seen))
    except FileNotFoundError:
        return file_is_gone()
    except FileRefusedError as error:
        problem = " ".join(messages.refusal(error.code, error.params))
        seen, options = service.preview(path), ReadOptions()
    labels = [f"{column.letter} {column.name}".strip() for column in seen.columns]
    return render_step(
        "imports/reading.html",
        csv_import,
        Step.READING,
        seen=seen,
        understood=page.understood(seen, options),
        version=version,
        problem=problem,
        column_labels=labels,
        table_columns=[{"label": label} for label in labels],
    )
