"""The list of imports."""

from typing import Any

from flask import abort, render_template, request, url_for

from jobscore.extensions import db
from jobscore.imports import messages
from jobscore.imports.models import CsvImport
from jobscore.imports.pages import listing, people
from jobscore.imports.views.blueprint import Answer, bp
from jobscore.web import pagination
from jobscore.web.access import admin_only

PAGE_SIZE = 25


@bp.get("")
@admin_only
def index() -> Answer:
    """List imports, the newest first, with filters that stand in the address."""
    session = db.session()
    filters = listing.chosen(request.args.to_dict())
    try:
        page = pagination.newest_first(
            session,
            listing.query(filters),
            CsvImport.id,
            after=request.args.get("after"),
            size=PAGE_SIZE,
        )
    except pagination.BadCursorError:
        abort(404)
    kept: dict[str, Any] = dict(filters.values)
    next_url = url_for(".index", **kept, after=page.next_after) if page.next_after else None
    return render_template(
        "imports/index.html",
        page=page,
        next_url=next_url,
        first_url=None if page.is_first else url_for(".index", **kept),
        chosen=filters,
        is_filtered=bool(kept),
        shelves=listing.shelves(),
        kinds=listing.kinds(),
        kind_label=listing.kind_label,
        n_waiting=listing.count_waiting(session),
        waiting_url=url_for(".index", status=listing.Shelf.ATTENTION.value),
        names=people.names(session, [one.uploaded_by for one in page.items]),
        words=messages,
    )
