"""Pages that belong to no feature: language, health, what makes the site installable, access."""

from flask import Blueprint, abort, redirect, render_template, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.web import accessibility as statement
from jobscore.web import i18n, install
from jobscore.web.access import public
from jobscore.web.forms import next_path

bp = Blueprint("web", __name__)


@bp.post("/language")
@public
def language() -> Response:
    """Remember the reader's language and go back to the page they were on."""
    locale = request.form.get("language", "")
    if locale not in i18n.LOCALES:
        abort(400)
    if current_user.is_authenticated:
        with transaction():
            current_user.profile.locale = locale  # letters speak it too
    return i18n.remember(redirect(next_path("/"), 303), locale)  # type: ignore[arg-type]


@bp.get("/healthz")
@public
def healthz() -> tuple[dict[str, str], int]:
    """Answer while the process lives; looks at nothing else."""
    return {"status": "ok"}, 200


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Describe the installed site in the reader's language."""
    return install.manifest()


@bp.get("/sw.js")
@public
def service_worker() -> Response:
    """Serve the service worker from the root, so that its scope is the whole site."""
    return install.service_worker()


@bp.get("/offline")
@public
def offline() -> str:
    """Show what the service worker shows while the network is gone; the same for everybody."""
    return render_template("web/offline.html")


@bp.get("/shortcuts")
@public
def shortcuts() -> str:
    """List the single keys and let people switch them off."""
    rows = (
        ("/", gettext("Search for jobs")),
        ("j", gettext("Next job in a list")),
        ("k", gettext("Previous job in a list")),
        ("o", gettext("Open the job")),
        ("s", gettext("Save the job, or take it from the saved ones")),
        ("h", gettext("Hide the job")),
        ("g m", gettext("Go to my matches")),
        ("g j", gettext("Go to jobs")),
        ("g p", gettext("Go to my profile")),
        ("?", gettext("Show this list")),
        ("Esc", gettext("Close this list")),
    )
    return render_template("web/shortcuts.html", rows=rows)


@bp.get("/accessibility")
@public
def accessibility() -> str:
    """Show the accessibility statement: every criterion, how it was tested, its state."""
    states = [criterion.state for criterion in statement.CRITERIA]
    contact = config.current().operator_contact
    is_mail = "@" in contact and "/" not in contact
    is_link = contact.startswith(("https://", "http://"))
    return render_template(
        "web/accessibility.html",
        criteria=statement.CRITERIA,
        states=statement.STATES,
        all_ways=statement.WAYS,
        ways=list(statement.WAYS.values()),
        counts={state.value: states.count(state) for state in statement.State},
        reviewed=statement.REVIEWED,
        contact=contact,
        contact_href=f"mailto:{contact}" if is_mail else contact if is_link else "",
    )
