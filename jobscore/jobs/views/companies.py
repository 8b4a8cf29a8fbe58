"""One company: what it has open, where, of which kind, for what pay."""

from decimal import Decimal
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import cards, posting, wording
from jobscore.jobs.companies import service
from jobscore.jobs.views.blueprint import bp, today
from jobscore.vocabulary import tables
from jobscore.web.access import public
from jobscore.web.i18n import current_language
from jobscore.web.jinja import money

#: Bars of the picture of pay.
BARS = 8


@bp.get("/companies/<key>")
@public
def company(key: str) -> str | Response:
    """Show a company with its open jobs; one that has none open now says so."""
    session, now, language = db.session(), clock.now(), current_language()
    found = service.find(session, key)
    if found is None:
        abort(404)
    after = request.args.get("after")
    if key != found.key:
        return redirect(url_for("jobs.company", key=found.key, after=after), 301)
    page = service.open_jobs(session, found, now, after=after)
    figures = service.overview(session, found, now)
    return render_template(
        "companies/show.html",
        company=found,
        cards=[cards.card(job, today(), language) for job in page.items],
        figures=figures,
        places=_places(figures, language),
        types=[
            {
                "label": str(wording.EMPLOYMENT.get(kind, kind)) if kind else gettext("Not stated"),
                "value": n,
            }
            for kind, n in figures.types
        ],
        pay_bars=pay_bars(figures.yearly, figures.currency),
        pay_summary=_pay_summary(figures),
        next_url=url_for("jobs.company", key=found.key, after=page.next_after)
        if page.next_after
        else None,
        first_url=None if page.is_first else url_for("jobs.company", key=found.key),
        address=rendering.absolute_url("jobs.company", key=found.key),
        preview_title=gettext("Jobs at %(company)s", company=found.name),
        summary=_summary(found, figures),
        og_locale=posting.og_locale(language),
        og_image=rendering.absolute_url("static", filename="img/icon-512.png"),
    )


def _places(figures: service.Overview, language: str) -> list[dict[str, Any]]:
    known = tables.places_by_code()
    rows = []
    for place, n in figures.places:
        entry = known.get(place.code) if place else None
        label = entry.label(language) if entry else gettext("Place not known")
        rows.append({"label": label, "value": n})
    return rows


def _summary(found: service.Company, figures: service.Overview) -> str:
    if not figures.n_open:
        return str(gettext("%(company)s has no open jobs here at the moment.", company=found.name))
    return posting.shorten(
        ngettext(
            "%(num)s open job at %(company)s, with place, pay and what is asked for.",
            "%(num)s open jobs at %(company)s, with place, pay and what is asked for.",
            figures.n_open,
            company=found.name,
        )
    )


def _pay_summary(figures: service.Overview) -> str:
    if not figures.yearly:
        return ""
    middle = figures.yearly[len(figures.yearly) // 2]
    said = ngettext(
        "The %(num)s job that states its pay offers %(amount)s for a full year.",
        "Of %(num)s jobs that state their pay, the middle one offers %(amount)s for a full year.",
        len(figures.yearly),
        amount=money(middle.quantize(Decimal(1)), figures.currency),
    )
    return str(said)


def pay_bars(yearly: Any, currency: str | None) -> list[dict[str, Any]]:
    """Return how many jobs pay how much, in at most :data:`BARS` steps of a round width.

    :param yearly: amounts for a full year, ascending; none makes no bars.
    """
    if not yearly:
        return []
    width = step_for(yearly[-1] - yearly[0])
    first = yearly[0] // width
    bars = []
    for n in range(int(first), int(yearly[-1] // width) + 1):
        low, high = n * width, (n + 1) * width
        inside = sum(low <= amount < high for amount in yearly)
        bars.append({"label": money(low, currency), "value": inside})
    return bars


def step_for(spread: Decimal) -> Decimal:
    """Return the smallest of 1, 2, 5 times a power of ten that makes few steps of ``spread``."""
    unit = Decimal(1)
    while True:
        for factor in (1, 2, 5):
            if spread / (unit * factor) <= BARS - 2:
                return unit * factor
        unit *= 10
