"""What a file brought about a person, in words: for the page that asks for their yes."""

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from jobscore.accounts import profiles
from jobscore.accounts.models import Consent, ConsentKind, RemoteWish, User
from jobscore.extensions import db
from jobscore.jobs import wording
from jobscore.web.i18n import NATIVE_NAMES
from jobscore.web.jinja import pay

#: What each kind of answer is called.
LABELS: dict[str, Any] = {
    "email": _l("E-mail address"),
    "name": _l("Name"),
    "place": _l("Where you live"),
    "wanted_titles": _l("Work that you want"),
    "held_titles": _l("Work that you have done"),
    "skills": _l("Skills and licences"),
    "pay": _l("Pay that you want"),
    "employment_types": _l("Kinds of employment"),
    "remote": _l("Working from home"),
    "years": _l("Years of experience"),
    "level": _l("How experienced you are"),
    "language": _l("Language of the letters"),
}
_LEVELS = {
    "none": _l("No experience yet"),
    "junior": _l("Junior"),
    "mid": _l("Experienced"),
    "senior": _l("Senior"),
    "lead": _l("Leading others"),
}
_REMOTE = {
    RemoteWish.NO: _l("Not from home"),
    RemoteWish.OK: _l("From home is welcome"),
    RemoteWish.ONLY: _l("Only from home"),
}


def kept(user: User, locale: str) -> list[tuple[str, str]]:
    """Return everything that is kept about an invited person: what it is, and its value."""
    profile = user.profile
    values: dict[str, str] = {
        "email": user.email,
        "name": user.full_name or "",
        "place": ", ".join(home.label or "" for home in profile.homes),
        "wanted_titles": _joined([t.title for t in profile.titles if t.is_wanted]),
        "held_titles": _joined([t.title for t in profile.titles if not t.is_wanted]),
        "skills": _joined([profiles.skill_name(own.skill, locale) for own in profile.skills]),
        "pay": pay(profile.pay_min, None, profile.pay_currency, profile.pay_period),
        "employment_types": _joined(
            [str(wording.EMPLOYMENT.get(word, word)) for word in profile.employment_types]
        ),
        "remote": str(_REMOTE[profile.remote_wish]) if profile.remote_wish else "",
        "years": "" if profile.years_experience is None else _years(profile.years_experience),
        "level": str(_LEVELS.get(profile.level or "", "")),
        "language": NATIVE_NAMES.get(profile.locale, profile.locale),
    }
    return [(str(LABELS[name]), value) for name, value in values.items() if value]


def _joined(words: list[str]) -> str:
    return str(gettext(", ")).join(words)


def _years(number: int) -> str:
    return str(ngettext("%(num)s year", "%(num)s years", number))


def consent_of(user: User) -> Consent | None:
    """Return the consent that came with the person; None when it is not there."""
    return db.session.scalar(
        select(Consent)
        .where(Consent.user_id == user.id, Consent.kind == ConsentKind.CONTACT)
        .order_by(Consent.id.desc())
        .limit(1)
    )
