"""Who did what to an import, by the name that other admins know them by."""

from collections.abc import Iterable

from flask_babel import format_datetime, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts.models import User
from jobscore.imports.plans import StalePlanError


def names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of people by id; who has none is called by their address."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.full_name, User.email).where(User.id.in_(wanted)))
    return {user_id: name or email for user_id, name, email in rows}


def name(session: Session, user_id: int | None) -> str:
    """Return one person's name; empty where nobody is known."""
    return names(session, [user_id]).get(user_id or 0, "")


def was_faster(session: Session, error: StalePlanError, reader: int) -> str:
    """Return who changed a plan or started the run while the reader's page was open."""
    when = format_datetime(error.when, "short") if error.when else ""
    if error.who == reader:
        return str(
            gettext(
                "You changed this import in another window (%(time)s). "
                "Here is how it stands; what you just sent was not saved.",
                time=when,
            )
        )
    who = name(session, error.who) or gettext("Somebody else")
    return str(
        gettext(
            "%(name)s changed this import while your page was open (%(time)s). "
            "Here is how it stands; what you just sent was not saved.",
            name=who,
            time=when,
        )
    )
