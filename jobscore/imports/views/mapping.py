"""Step 3: which column becomes what, with the first rows as they would be."""

import re
from typing import Any

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import checks, messages, plans, service
from jobscore.imports.models import CsvImport, ImportPlan
from jobscore.imports.pages import mapping as page
from jobscore.imports.pages import people
from jobscore.imports.pages.steps import Step
from jobscore.imports.reader import FileRefusedError
from jobscore.imports.sources import service as sources
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.imports.sources.models import Source
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

_COLUMN = re.compile(r"column-[0-9]{1,4}")


@bp.get("/<int:import_id>/mapping")
@admin_only
def mapping(import_id: int) -> Answer:
    """Show which column becomes what; choices in the address are tried, not kept."""
    csv_import = import_or_404(import_id)
    return _mapping_page(csv_import, request.args.to_dict())


@bp.post("/<int:import_id>/mapping")
@admin_only
def save_mapping(import_id: int) -> Answer:
    """Keep the columns and have the whole file checked; nothing is written yet."""
    csv_import = import_or_404(import_id)
    values = request.form.to_dict()
    plan = plan_of(import_id)
    try:
        columns = service.check_mapping(sorted(_chosen(values).items()))
        seen = service.preview(service.path_of(csv_import), plans.options_of(plan))
        with transaction() as session:
            plans.save_mapping(
                session,
                import_id,
                sent_version(),
                columns,
                current_user.id,
                header=seen.table.header,
                source=_source(values),
                mode=_mode(values),
            )
            checks.request(session, session.get_one(CsvImport, import_id), current_user.id)
    except service.MissingFieldError:  # or a repeated one: named at their columns
        return redirect(url_for("imports.mapping", import_id=import_id, **_tried(values)), 303)
    except FileNotFoundError:
        return file_is_gone()
    except FileRefusedError:
        return redirect(url_for("imports.reading", import_id=import_id), 303)
    except plans.StalePlanError as error:
        return somebody_was_faster(import_id, error)
    return redirect(url_for("imports.check", import_id=import_id), 303)


@bp.post("/<int:import_id>/leave")
@admin_only
def leave(import_id: int) -> Answer:
    """Give up preparing another run of a file that was run before."""
    with transaction() as session:
        csv_import = import_or_404(import_id)
        checks.cancel(session, import_id)
        plans.leave(session, csv_import)
    return redirect(url_for("imports.show", import_id=import_id), 303)


def _chosen(values: dict[str, str]) -> dict[int, str]:
    return {
        int(name.removeprefix("column-")): field
        for name, field in values.items()
        if _COLUMN.fullmatch(name)
    }


def _tried(values: dict[str, str]) -> dict[str, Any]:
    """Return a refused choice for the address: the page is then reached by GET, safe to reload."""
    kept = {name: word for name, word in values.items() if word and _COLUMN.fullmatch(name)}
    return {**kept, "source": _source(values), "mode": _mode(values).value, "sent": "1"}


def _source(values: dict[str, str]) -> str:
    name = " ".join(values.get("source", "").split())[: plans.MAX_SOURCE]
    return name or plans.DEFAULT_SOURCE


def _mode(values: dict[str, str]) -> Mode:
    return Mode.FULL_FEED if values.get("mode") == Mode.FULL_FEED else Mode.ADD_UPDATE


def _mapping_page(csv_import: CsvImport, values: dict[str, str]) -> str | Response:
    session = db.session()
    plan = plan_of(csv_import.id)
    try:
        seen = service.preview(service.path_of(csv_import), plans.options_of(plan))
    except FileNotFoundError:
        return file_is_gone()
    except FileRefusedError:
        return redirect(url_for("imports.reading", import_id=csv_import.id), 303)
    earlier = None
    is_trial = bool(_chosen(values)) or "sent" in values
    is_decided = plan is not None and plan.mapping is not None
    known = None if is_decided else plans.source_of(session, csv_import.id)
    of_source = _columns_of_source(known, seen)
    if not is_trial and not is_decided and of_source is None:
        earlier = plans.remembered(session, csv_import.id, seen.table.header)
    chosen = _chosen(values) if is_trial else _proposed(seen, plan, of_source, earlier)
    taken = plan if is_decided else earlier
    source = known.name if known else taken.source if taken else plans.DEFAULT_SOURCE
    mode = known.mode if known else taken.mode if taken else Mode.ADD_UPDATE
    return render_step(
        "imports/mapping.html",
        csv_import,
        Step.MAPPING,
        seen=seen,
        version=plans.version_of(plan),
        choices=page.choices(
            seen, chosen, is_remembered=bool(earlier or of_source), is_strict="sent" in values
        ),
        earlier=earlier,
        earlier_by=people.name(session, earlier.edited_by if earlier else None),
        has_title="title" in chosen.values(),
        source=_source(values) if "source" in values else source,
        sources=plans.sources(session),
        mode=_mode(values) if "mode" in values else mode,
        words=messages,
    )


def _columns_of_source(source: Source | None, seen: service.Preview) -> dict[int, str] | None:
    """Return column -> field as the source remembers it; None when it knows no such header."""
    if source is None or not source.mapping:
        return None
    try:
        columns = sources.columns_for(source, seen.table.header)
    except sources.ColumnsMissingError:
        return None
    return {column: field for field, column in columns.items()}


def _proposed(
    seen: service.Preview,
    plan: ImportPlan | None,
    of_source: dict[int, str] | None,
    earlier: ImportPlan | None,
) -> dict[int, str]:
    """Return what was confirmed, what the source remembers, what the header became, or guesses."""
    nothing = {column.index: "" for column in seen.columns}
    if plan is not None and plan.mapping is not None:
        return nothing | plans.columns_of(plan)
    if of_source is not None:
        return nothing | of_source
    if earlier is not None:
        return nothing | plans.columns_of(earlier)
    return {column.index: column.field or "" for column in seen.columns}
