"""Feeds of any search: the same filters as the page, newest first."""

from typing import Any

from flask import request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from jobscore import clock, config
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import forms, search
from jobscore.jobs.feeds import entries
from jobscore.jobs.feeds.answering import answer
from jobscore.jobs.feeds.documents import ATOM, JSON_FEED, Feed, as_atom, as_json
from jobscore.jobs.views.blueprint import bp, today
from jobscore.web.access import public
from jobscore.web.i18n import current_language

ENTRIES = 50


@bp.get("/feeds/jobs.atom")
@public
def atom() -> Response:
    """Answer with the newest jobs of a search as Atom."""
    feed = search_feed("jobs.atom")
    return answer(as_atom(feed), ATOM, feed.updated)


@bp.get("/feeds/jobs.json")
@public
def json_feed() -> Response:
    """Answer with the newest jobs of a search as JSON Feed."""
    feed = search_feed("jobs.json_feed")
    return answer(as_json(feed), JSON_FEED, feed.updated)


def search_feed(endpoint: str) -> Feed:
    """Return the feed of the search that the address asks for, in the reader's language."""
    now, language = clock.now(), current_language()
    filters = forms.read(request.args, "JPY-hour" if language == "ja" else "USD-year")
    page = search.find(db.session(), filters.criteria(today()), now, size=ENTRIES)
    words = filters.address(sort="")
    found = tuple(entries.entry(hit.job) for hit in page.items)
    return Feed(
        key=entries.tag(url_for(endpoint, lang=language, **words).lstrip("/")),
        url=rendering.absolute_url(endpoint, **words, lang=language),
        page_url=rendering.absolute_url("jobs.index", **words),
        title=_title(filters, language),
        subtitle=gettext("The newest open jobs of this search."),
        author=config.current().operator_name or "jobscore",
        updated=max((one.updated for one in found), default=entries.midnight(today())),
        language=language,
        icon_url=rendering.absolute_url("static", filename="img/icon-512.png"),
        entries=found,
    )


def _title(filters: Any, language: str) -> str:
    """Return the search in words."""
    labels = [str(one.label) for one in forms.active(filters, language)]
    if not labels:
        return str(gettext("Newest jobs"))
    return str(gettext("Jobs: %(words)s", words=" · ".join(labels)))
