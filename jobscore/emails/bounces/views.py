"""The admin's page of addresses that are not written to. It never lists an address."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.emails.bounces import service, words
from jobscore.emails.bounces.forms import AddressForm, ChangeForm
from jobscore.emails.suppression import Entry, ErasedError, NotListedError, Reason
from jobscore.web.access import admin_only

bp = Blueprint("suppressions", __name__, url_prefix="/admin/suppressions")

Answer = str | tuple[str, int] | Response
#: Entries that the page shows.
NEWEST = 50


@bp.get("")
@admin_only
def index() -> Answer:
    """Show how many addresses are on the list and why, and look one up."""
    return _page(AddressForm(formdata=None))


@bp.post("/look")
@admin_only
def look() -> Answer:
    """Tell whether one address is on the list. It stands in no address bar and in no log."""
    form = AddressForm()
    if not form.validate_on_submit():
        return _page(form), form.status()
    address = form.address.data
    entry = suppression.find(address)
    with transaction():
        audit.record("suppression.looked_up", actor_id=current_user.id, found=entry is not None)
    change = ChangeForm(formdata=None, address=address)
    return _page(form, address=address, entry=entry, change=change)


@bp.post("/add")
@admin_only
def add() -> Answer:
    """Put an address on the list."""
    change = ChangeForm()
    if not change.validate_on_submit():
        return _again(change)
    with transaction():
        is_new = suppression.suppress(change.address.data, Reason.ADMIN, change.reason.data)
        if is_new:
            audit.record(
                "suppression.added",
                actor_id=current_user.id,
                reason=Reason.ADMIN.value,
                why=suppression.without_addresses(change.reason.data),
            )
    if is_new:
        flash(gettext("The address is on the list: no letter goes there any more."), "success")
    else:
        flash(gettext("The address was on the list already; nothing was changed."), "warning")
    return redirect(url_for(".index"), 303)


@bp.post("/lift")
@admin_only
def lift() -> Answer:
    """Take an address from the list; its bounces count from zero again."""
    change = ChangeForm()
    if not change.validate_on_submit():
        return _again(change)
    try:
        with transaction():
            entries = suppression.lift(change.address.data)
            service.forgive(change.address.data)
            audit.record(
                "suppression.lifted",
                f"suppression:{entries[0].id}",
                actor_id=current_user.id,
                reason=entries[0].reason,
                why=suppression.without_addresses(change.reason.data),
            )
    except NotListedError:
        flash(gettext("The address is not on the list any more."), "warning")
    except ErasedError:
        flash(_erased(), "warning")
    else:
        flash(gettext("The address was taken from the list: letters may go there."), "success")
    return redirect(url_for(".index"), 303)


def _again(change: ChangeForm) -> Answer:
    """Show a refused form with its input; a broken address goes back to the first step."""
    if change.address.errors:
        form = AddressForm(formdata=None, address=change.address.data)
        form.address.errors = change.address.errors
        return _page(form), change.status()
    address = change.address.data
    form = AddressForm(formdata=None, address=address)
    entry = suppression.find(address)
    return _page(form, address=address, entry=entry, change=change), change.status()


def _page(
    form: AddressForm,
    *,
    address: str | None = None,
    entry: Entry | None = None,
    change: ChangeForm | None = None,
) -> str:
    counts = suppression.counts()
    chosen = request.args.get("reason", "")
    reason = Reason(chosen) if chosen in set(Reason) else None
    return render_template(
        "suppressions/index.html",
        form=form,
        address=address,
        entry=entry,
        change=change,
        erased_text=_erased(),
        total=sum(counts.values()),
        counts=[(one, counts[one]) for one in Reason if one in counts],
        newest=suppression.newest(NEWEST, reason=reason),
        reason=reason,
        day=_last_day(),
        words=words,
    )


def _last_day() -> dict[str, Any]:
    """Return the figures of the last 24 hours; shares of the letters that left, 0..1."""
    rates = service.rates(clock.now() - timedelta(days=1))
    return {
        "sent": rates.sent,
        "returned": rates.returned,
        "returned_share": rates.returned / rates.sent if rates.sent else None,
        "complaints": rates.complaints,
        "complaints_share": rates.complaints / rates.sent if rates.sent else None,
    }


def _erased() -> str:
    return str(
        gettext(
            "Its owner had everything erased. Only they can come back, by signing up themselves."
        )
    )
