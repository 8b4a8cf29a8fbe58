"""My saved searches: what is new in each, feeds, alerts, and the next letter as it would be."""

from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from jobscore.accounts import consents
from jobscore.accounts.lines import clean_line
from jobscore.accounts.models import ConsentKind, DigestFrequency, SavedSearch
from jobscore.database.transaction import transaction
from jobscore.emails import framed
from jobscore.searches import alerts, forms, service
from jobscore.web.access import signed_in
from jobscore.web.i18n import current_language

bp = Blueprint("searches", __name__)
#: Where a search's address can be followed by programs, once there are such pages.
FEEDS = ("jobs.atom", "jobs.json_feed")


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved search as the page shows it."""

    row: SavedSearch
    #: Its filters in words.
    words: str
    url: str
    #: (name, address) of its feeds.
    feeds: list[tuple[str, str]]
    new: int
    form: forms.SearchForm

    @property
    def new_words(self) -> str:
        """How many are new."""
        return f"{self.new:,}"

    @property
    def has_alert(self) -> bool:
        """Whether letters are wanted."""
        return self.row.frequency is not DigestFrequency.OFF


@bp.get("/me/searches")
@signed_in
def index() -> str:
    """Show my searches with what is new in each."""
    return _page()


def _page(refused: tuple[int, forms.SearchForm] | None = None) -> str:
    language = current_language()
    rows = service.all_of(current_user.id)
    counts = service.new_counts(rows, language)
    found = [_shown(row, n, language) for row, n in zip(rows, counts, strict=True)]
    if refused is not None:
        for one in found:
            if one.row.id == refused[0]:
                object.__setattr__(one, "form", refused[1])
    return render_template(
        "searches/index.html",
        searches=found,
        removed=service.removed_of(current_user.id),
        most=service.MOST,
        consent_text=consents.TEXTS[ConsentKind.ALERT].text,
        has_alerts=any(one.has_alert for one in found),
        is_confirmed=current_user.email_verified_at is not None,
        changed=refused[0] if refused else None,
    )


def _shown(row: SavedSearch, new: int, language: str) -> Shown:
    tail = f"?{row.query}" if row.query else ""
    names = {"jobs.atom": "Atom", "jobs.json_feed": "JSON"}
    return Shown(
        row=row,
        words=service.words(row.query, language),
        url=url_for("jobs.index") + tail,
        feeds=[
            (names[endpoint], url_for(endpoint) + tail)
            for endpoint in FEEDS
            if endpoint in current_app.view_functions
        ],
        new=new,
        form=forms.form_of(row),
    )


@bp.post("/me/searches")
@signed_in
def create() -> AnyResponse:
    """Keep a search of ``/jobs``; the same one is kept once."""
    query = request.form.get("query", "")
    name = clean_line(request.form.get("name", ""))[: service.LONGEST_NAME]
    try:
        with transaction():
            row, is_new = service.save(current_user.id, query, name, current_language())
            search_id = row.id
    except service.TooManySearchesError:
        flash(
            gettext(
                "You have %(most)s searches, and more cannot be kept. Remove one that you do not "
                "need any more.",
                most=service.MOST,
            ),
            "warning",
        )
        return redirect(url_for(".index"), 303)
    flash(
        gettext("The search is saved.")
        if is_new
        else gettext("You have saved this search before."),
        "success" if is_new else "info",
    )
    return redirect(url_for(".index") + f"#search-{search_id}", 303)


@bp.post("/me/searches/<int:search_id>")
@signed_in
def update(search_id: int) -> Any:
    """Save the name and the alert of a search."""
    form = forms.SearchForm(prefix=f"s{search_id}-")
    _own(search_id)
    if not form.validate_on_submit():
        return _page((search_id, form)), 422
    with transaction():
        row = _own(search_id)
        service.rename(row, form.name.data or "", current_language())
        service.set_alert(row, form.choice, current_user, current_language())
    flash(gettext("The search is saved."), "success")
    if form.choice.frequency is not DigestFrequency.OFF and not current_user.email_verified_at:
        flash(gettext("Confirm your address by the link in our letter; then they begin."), "info")
    return redirect(url_for(".index") + f"#search-{search_id}", 303)


@bp.post("/me/searches/<int:search_id>/look")
@signed_in
def look(search_id: int) -> AnyResponse:
    """Lead to the jobs of a search, the newest first, and count what is new from now on."""
    with transaction():
        row = _own(search_id)
        service.look(row)
        filters = service.filters_of(row.query, current_language())
        target = url_for("jobs.index", **filters.address(sort="new"))
    return redirect(target, 303)


@bp.post("/me/searches/<int:search_id>/remove")
@signed_in
def remove(search_id: int) -> AnyResponse:
    """Remove a search; it can be put back for a while."""
    with transaction():
        service.remove(_own(search_id))
    flash(gettext("The search is removed. You can put it back below."), "success")
    return redirect(url_for(".index") + "#removed", 303)


@bp.post("/me/searches/<int:search_id>/put-back")
@signed_in
def put_back(search_id: int) -> AnyResponse:
    """Take back that a search was removed."""
    try:
        with transaction():
            service.put_back(_own(search_id, is_removed=True))
    except service.TooManySearchesError:
        flash(gettext("Remove another search first."), "warning")
    else:
        flash(gettext("The search is back. Its alert is off."), "success")
    return redirect(url_for(".index"), 303)


@bp.get("/me/searches/preview")
@signed_in
def preview() -> str:
    """Show the letter that would be sent if it were written now."""
    return render_template(
        "searches/preview.html",
        letter=alerts.preview(current_user.id),
        on=alerts.next_day(current_user.id),
    )


@bp.get("/me/searches/preview/html")
@signed_in
def preview_html() -> Response:
    """Answer with the HTML of the next letter alone, for the frame on its page."""
    letter = alerts.preview(current_user.id)
    if letter is None:
        abort(404)
    return framed.framed(letter.html)


def _own(search_id: int, *, is_removed: bool = False) -> SavedSearch:
    """Return my search, or 404: another's does not exist for me."""
    try:
        return service.get(current_user.id, search_id, is_removed=is_removed)
    except service.SearchNotFoundError:
        abort(404)
