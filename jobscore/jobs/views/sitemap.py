"""The sitemap: an index, a part of pages, one of companies, one of each range of jobs."""

from collections.abc import Callable, Iterator, Mapping
from math import ceil
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from flask import Response, abort, current_app, stream_with_context

from jobscore import clock
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import sitemap as documents
from jobscore.jobs.companies import names
from jobscore.jobs.views.blueprint import bp
from jobscore.web.access import public
from jobscore.web.i18n import LOCALES

#: Pages for everybody that are worth finding, as far as they exist.
PAGES = (
    "dashboard.index",
    "jobs.index",
    "scoring.policy",
    "accounts.register",
    "web.accessibility",
)
#: Seconds for which search engines need not ask again.
FRESH = 3_600


@bp.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """Name the parts of the sitemap."""
    session = db.session()
    n_companies = documents.count_companies(session)
    parts = ["pages", *(f"jobs-{n}" for n in documents.job_parts(session, clock.now()))]
    parts += [f"companies-{n}" for n in range(ceil(n_companies / documents.PART))]
    addresses = [rendering.absolute_url("jobs.sitemap_part", part=name) for name in parts]
    return _xml(documents.index(addresses))


@bp.get("/sitemaps/<part>.xml")
@public
def sitemap_part(part: str) -> Response:
    """Answer with one part, written while it is read."""
    if part == "pages":
        return _xml(documents.pages(_pages()))
    kind, _, number = part.partition("-")
    rows = PARTS.get(kind)
    if rows is None or not (number.isascii() and number.isdigit() and len(number) < 9):
        abort(404)
    return _xml(stream_with_context(documents.part(rows(int(number)))))


def _xml(body: str | Iterator[str]) -> Response:
    response = Response(body, mimetype="application/xml")
    response.headers["Cache-Control"] = f"public, max-age={FRESH}"
    return response


def _pages() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the pages that exist, each with its address in every language."""
    for endpoint in PAGES:
        if endpoint in current_app.view_functions:
            plain = rendering.absolute_url(endpoint)
            others = {code: rendering.absolute_url(endpoint, lang=code) for code in LOCALES}
            yield plain, {**others, "x-default": plain}


def _jobs(part: int) -> Iterator[tuple[str, str]]:
    before = rendering.absolute_url("jobs.index") + "/"
    for job_id, changed in documents.open_jobs(db.session(), part, clock.now()):
        yield f"{before}{job_id}", changed


def _companies(part: int) -> Iterator[tuple[str, str]]:
    before = rendering.absolute_url("jobs.company", key="-").removesuffix("-")
    for name in documents.companies(db.session(), part):
        key = names.key_of(name)
        if key is not None:
            yield before + quote(key), ""


#: The parts that are written while they are read, by the word before their number.
PARTS: Final[Mapping[str, Callable[[int], Iterator[tuple[str, str]]]]] = MappingProxyType(
    {"jobs": _jobs, "companies": _companies}
)
