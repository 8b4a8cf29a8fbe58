"""Which links stand in the header, by role; a link appears when its page exists."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import flask_babel
from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from jobscore import __version__, config
from jobscore.web.i18n import LOCALES, NATIVE_NAMES


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link of the navigation: a page."""

    endpoint: str
    label: Any
    icon: str
    href: str = ""
    is_current: bool = False
    #: Where further pages that belong to it begin, when that is not below its own address.
    also: str = ""


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Pages that belong together; the group's own link leads to the first that exists."""

    label: Any
    icon: str
    items: tuple[NavItem, ...]
    #: The key that leads here after "g" (static/js/shortcuts.js).
    key: str = ""
    href: str = ""
    is_current: bool = False


#: What a seeker does here, then the pages of each; a group of one page needs no second row.
MAIN = (
    NavGroup(
        _l("Jobs"),
        "search",
        (
            NavItem("jobs.index", _l("Find jobs"), "search"),
            NavItem("searches.index", _l("Saved searches"), "filter"),
        ),
        key="j",
    ),
    NavGroup(
        _l("My matches"),
        "sparkles",
        (
            NavItem("matching.index", _l("Today"), "sparkles"),
            NavItem("matching.saved", _l("Saved"), "star"),
            NavItem("matching.applied", _l("Applied"), "send"),
            NavItem("matching.hidden", _l("Hidden"), "eye-off"),
            NavItem("matching.skills", _l("Skills to learn"), "gauge"),
        ),
        key="m",
    ),
    NavGroup(_l("My mail"), "mail", (NavItem("digests.mine", _l("My mail"), "mail"),)),
    NavGroup(
        _l("Profile"),
        "user",
        (
            NavItem("accounts.profile", _l("About me"), "user"),
            NavItem("matching.weights", _l("My weights"), "sliders-horizontal"),
            NavItem("accounts.import_resume", _l("Bring a résumé"), "upload"),
            NavItem("privacy.index", _l("My data"), "shield"),
            NavItem("accounts.account", _l("Account"), "settings"),
        ),
        key="p",
    ),
)
PUBLIC = (
    NavGroup(_l("Jobs"), "search", (NavItem("jobs.index", _l("Jobs"), "search"),), key="j"),
    NavGroup(
        _l("How scores work"),
        "scale",
        (NavItem("scoring.policy", _l("How scores work"), "scale"),),
    ),
)
#: What stands in the account menu, after who is signed in.
ACCOUNT = (
    NavItem("accounts.profile", _l("Profile"), "user"),
    NavItem("privacy.index", _l("My data"), "shield"),
    NavItem("accounts.account", _l("Account"), "settings"),
)
ADMINISTRATION = NavItem("dashboard.admin", _l("Administration"), "layout-dashboard")
FOOTER = (
    NavItem("web.accessibility", _l("Accessibility"), "accessibility"),
    NavItem("web.shortcuts", _l("Keyboard shortcuts"), "keyboard"),
)
#: What the admin works on, then the pages of each; a group of one page needs no second row.
ADMIN = (
    NavGroup(
        _l("Today"),
        "layout-dashboard",
        (NavItem("dashboard.admin", _l("Today"), "layout-dashboard"),),
    ),
    NavGroup(
        _l("Imports"),
        "upload",
        (
            NavItem("imports.index", _l("Files"), "file-text"),
            NavItem("sources.index", _l("Sources"), "refresh-cw"),
        ),
    ),
    NavGroup(
        _l("Jobs"),
        "briefcase",
        (
            NavItem("jobs.admin_index", _l("All jobs"), "briefcase"),
            NavItem("checks.index", _l("Posting checks"), "shield"),
            NavItem("duplicates.index", _l("Duplicates"), "list-checks"),
            NavItem("jobs.reports", _l("Reports"), "triangle-alert"),
        ),
    ),
    NavGroup(
        _l("Matching"),
        "sparkles",
        (
            NavItem("matching.runs", _l("Runs"), "activity"),
            NavItem("scoring.admin_scores", _l("Scores"), "gauge"),
            NavItem("scoring.policies", _l("Policies"), "scale"),
            NavItem("matching.complaints", _l("Complaints"), "circle-alert"),
        ),
    ),
    NavGroup(
        _l("People"),
        "users",
        (NavItem("accounts.admin_users", _l("All people"), "users", also="/admin/people"),),
    ),
    NavGroup(
        _l("Mailing"),
        "mail",
        (
            NavItem("emails.index", _l("E-mail log"), "mail"),
            NavItem("emails.held", _l("Held letters"), "clock"),
            NavItem("suppressions.index", _l("Not written to"), "lock"),
            NavItem("emails.road", _l("Sending"), "send"),
            NavItem("doctor.index", _l("Doctor"), "list-checks"),
        ),
    ),
    NavGroup(
        _l("Data"),
        "database",
        (
            NavItem("exports.index", _l("Exports"), "download"),
            NavItem("dashboard.schema", _l("Database"), "database"),
        ),
    ),
)


def _resolve(items: Sequence[NavItem]) -> list[NavItem]:
    """Keep the links whose pages exist; mark the one that leads to this page."""
    known = [i for i in items if i.endpoint in current_app.view_functions]
    links = [(item, url_for(item.endpoint)) for item in known]
    here = [
        (len(start), href)
        for item, href in links
        for start in (href, item.also)
        if start and _leads_here(start)
    ]
    nearest = max(here, default=(0, None))[1]
    return [replace(item, href=href, is_current=href == nearest) for item, href in links]


def _resolve_groups(groups: Sequence[NavGroup]) -> list[NavGroup]:
    """Keep the groups that have pages; the nearest page of all groups marks itself and its own."""
    resolved = _resolve([item for group in groups for item in group.items])
    by_endpoint = {item.endpoint: item for item in resolved}
    found = []
    for group in groups:
        items = tuple(by_endpoint[i.endpoint] for i in group.items if i.endpoint in by_endpoint)
        if items:
            is_current = any(item.is_current for item in items)
            found.append(replace(group, items=items, href=items[0].href, is_current=is_current))
    return found


def _leads_here(href: str) -> bool:
    return request.path == href or request.path.startswith(href.rstrip("/") + "/")


def frame() -> dict[str, Any]:
    """Return what the layouts need on every page."""
    is_in = bool(current_user and current_user.is_authenticated)
    is_admin = is_in and bool(current_user.is_superuser)
    settings = config.current()
    locale = str(flask_babel.get_locale() or "en")
    return {
        "nav_groups": _resolve_groups(MAIN if is_in else PUBLIC),
        "account_items": _resolve([*ACCOUNT, ADMINISTRATION] if is_admin else ACCOUNT),
        "footer_items": _resolve(FOOTER),
        "admin_nav_groups": _resolve_groups(ADMIN) if is_admin else [],
        "is_admin": is_admin,
        "manifest_url": url_for("web.manifest", lang=locale[:2]),
        "worker_url": url_for("web.service_worker", lang=locale[:2]),
        "shortcuts_url": url_for("web.shortcuts"),
        "here_url": request.full_path.removesuffix("?"),
        "request_id": g.get("request_id", "-"),
        "languages": [
            {"code": code, "label": NATIVE_NAMES[code], "is_current": code == locale}
            for code in LOCALES
        ],
        "is_demo": settings.demo,
        "outbox_url": _url("demo.outbox") if settings.demo else None,
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
