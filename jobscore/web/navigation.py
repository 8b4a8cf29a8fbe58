"""Which links stand in the header, by role; a link appears when its page exists."""

from dataclasses import dataclass
from typing import Any

import flask_babel
from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from jobscore import __version__, config
from jobscore.web.i18n import LOCALES, NATIVE_NAMES


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link of the header or of the admin's side."""

    endpoint: str
    label: Any
    icon: str
    href: str = ""
    is_current: bool = False


MAIN = (
    NavItem("jobs.index", _l("Jobs"), "search"),
    NavItem("matching.index", _l("My matches"), "sparkles"),
    NavItem("digests.mine", _l("My mail"), "mail"),
    NavItem("accounts.profile", _l("Profile"), "user"),
)
PUBLIC = (
    NavItem("jobs.index", _l("Jobs"), "search"),
    NavItem("scoring.policy", _l("How scores work"), "scale"),
)
ADMIN = (
    NavItem("dashboard.admin", _l("Today"), "layout-dashboard"),
    NavItem("imports.index", _l("Imports"), "upload"),
    NavItem("sources.index", _l("Sources"), "refresh-cw"),
    NavItem("jobs.admin_index", _l("Jobs"), "briefcase"),
    NavItem("duplicates.index", _l("Duplicates"), "list-checks"),
    NavItem("matching.runs", _l("Runs"), "activity"),
    NavItem("scoring.admin_scores", _l("Scores"), "gauge"),
    NavItem("scoring.policies", _l("Policies"), "scale"),
    NavItem("emails.index", _l("E-mail log"), "mail"),
    NavItem("accounts.admin_users", _l("People"), "users"),
    NavItem("dashboard.schema", _l("Database"), "database"),
)


def _resolve(items: tuple[NavItem, ...]) -> list[NavItem]:
    """Keep the links whose pages exist; mark the one that leads to this page."""
    known = [i for i in items if i.endpoint in current_app.view_functions]
    links = [(item, url_for(item.endpoint)) for item in known]
    here = [href for _, href in links if _leads_here(href)]
    nearest = max(here, key=len, default=None)
    return [
        NavItem(item.endpoint, item.label, item.icon, href, href == nearest) for item, href in links
    ]


def _leads_here(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")


def frame() -> dict[str, Any]:
    """Return what the layouts need on every page."""
    is_in = bool(current_user and current_user.is_authenticated)
    is_admin = is_in and bool(current_user.is_superuser)
    settings = config.current()
    locale = str(flask_babel.get_locale() or "en")
    return {
        "nav_items": _resolve(MAIN if is_in else PUBLIC),
        "admin_nav_items": _resolve(ADMIN) if is_admin else [],
        "is_admin": is_admin,
        "request_id": g.get("request_id", "-"),
        "languages": [
            {"code": code, "label": NATIVE_NAMES[code], "is_current": code == locale}
            for code in LOCALES
        ],
        "is_demo": settings.demo,
        "operator_name": settings.operator_name,
        "app_version": __version__,
        "home_url": _url("dashboard.index"),
        "policy_url": _url("scoring.policy"),
        "login_url": _url("accounts.login"),
        "logout_url": _url("accounts.logout"),
        "register_url": _url("accounts.register"),
        "profile_url": _url("accounts.profile"),
    }


def _url(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
