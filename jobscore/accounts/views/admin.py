"""People, for admins: find them, let them in or keep them out, make admins."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext

from jobscore.accounts import people
from jobscore.accounts.lines import clean_line
from jobscore.accounts.models import User
from jobscore.accounts.service import UnknownPersonError
from jobscore.accounts.views.blueprint import bp, me, say, see_other
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.web.access import admin_only
from jobscore.web.pagination import newest_first

PAGE_SIZE = 50


@bp.get("/admin/users")
@admin_only
def admin_users() -> Any:
    """List people, the newest first, with a search by address or name."""
    words = clean_line(request.args.get("q", ""))[:100]
    page = newest_first(
        db.session(),
        people.matching(words),
        User.id,
        after=request.args.get("after"),
        size=PAGE_SIZE,
    )
    following = url_for("accounts.admin_users", q=words or None, after=page.next_after)
    return render_template(
        "accounts/admin_users.html",
        people=page.items,
        q=words,
        me_id=me().id,
        next_url=following if page.next_after else None,
        first_url=None if page.is_first else url_for("accounts.admin_users", q=words or None),
    )


@bp.post("/admin/users/<int:user_id>/active")
@admin_only
def admin_set_active(user_id: int) -> Any:
    """Enable (``value=1``) or disable (``value=0``) a person; the disabled are out at once."""
    with transaction():
        is_active = _wanted()
        _change(lambda: people.set_active(user_id, is_active, actor_id=me().id))
    say(gettext("The account is open again.") if is_active else gettext("The account is closed."))
    return see_other(url_for("accounts.admin_users"))


@bp.post("/admin/users/<int:user_id>/admin")
@admin_only
def admin_set_admin(user_id: int) -> Any:
    """Make a person an admin (``value=1``), or an admin a seeker (``value=0``)."""
    with transaction():
        is_admin = _wanted()
        _change(lambda: people.set_admin(user_id, is_admin, actor_id=me().id))
    say(
        gettext("This person is an administrator now.")
        if is_admin
        else gettext("This person is no administrator any more.")
    )
    return see_other(url_for("accounts.admin_users"))


def _wanted() -> bool:
    value = request.form.get("value")
    if value not in {"0", "1"}:
        abort(400)
    return value == "1"


def _change(act: Any) -> None:
    try:
        act()
    except UnknownPersonError:
        abort(404)
    except (people.OwnAccountError, people.NotAcceptedError):
        abort(409)
