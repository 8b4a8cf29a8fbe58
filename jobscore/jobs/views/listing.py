"""The job search, and what it suggests while somebody types."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy import Subquery, select

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs import cards, forms, search, wording
from jobscore.jobs.forms import Filters
from jobscore.jobs.search import NOT_STATED, Facets, Matches, Sort
from jobscore.jobs.views.blueprint import bp, today
from jobscore.matching.models import MatchingResult
from jobscore.scoring import pay
from jobscore.scoring.models import JobScore
from jobscore.vocabulary import tables
from jobscore.web.access import public
from jobscore.web.i18n import current_language
from jobscore.web.jinja import money

#: Work-style features that stand open; the others wait behind a click.
OPEN_FEATURES = 8
#: Ways out of a search without hits.
MOST_WAYS = 5


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another spelling of the words, and how many jobs it gives."""

    text: str
    href: str
    n: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The pay of what was found, for the histogram."""

    title: str
    summary: str
    bars: list[dict[str, Any]]


@bp.get("/jobs")
@public
def index() -> str:
    """Show open jobs, with the filters that stand in the address."""
    now = clock.now()
    language = current_language()
    filters = forms.read(request.args, "JPY-hour" if language == "ja" else "USD-year")
    found = search.match(db.session(), filters.criteria(today()), now, _own_scores())
    facets = search.facets(found, today(), forms.POSTED_DAYS)
    orders = forms.sort_choices(filters, has_scores=found.points is not None)
    known = [sort for sort, _ in orders]
    order = Sort(filters.sort) if filters.sort in known else known[0]
    page = search.page(
        db.session(),
        found,
        after=request.args.get("after"),
        sort=order,
        loaded=search.FOR_CARDS,
    )
    named = cards.skills_of(db.session(), [hit.job.id for hit in page.items], language)
    active = forms.active(filters, language)
    next_url = None
    if page.next_after:
        next_url = url_for("jobs.index", **filters.address(after=page.next_after))
    return render_template(
        "jobs/index.html",
        hits=[
            (cards.card(hit.job, today(), language, named[hit.job.id]), hit.score)
            for hit in page.items
        ],
        facets=_words_of(facets),
        filters=filters,
        active=active,
        choices=_choices(filters, facets, language, has_scores=found.points is not None),
        regions=_regions(filters, facets, language),
        orders=orders,
        order=order,
        next_url=next_url,
        first_url=None if page.is_first else url_for("jobs.index", **filters.address()),
        picture=_picture(found, filters) if page.is_first else None,
        spelling=_spelling(filters, now) if not facets.total and filters.text else None,
        ways_out=_ways_out(found, filters, language) if not facets.total else [],
    )


@bp.get("/jobs/suggest")
@public
def suggest() -> Response:
    """Return names that begin with what stands in the search box, as JSON."""
    text = request.args.get("q", "")[: forms.LONGEST_TEXT]
    return jsonify(search.complete(db.session(), text))


def _words_of(facets: Facets) -> dict[str, Any]:
    """Return the counts by the values that the form's choices have."""
    return {
        "total": facets.total,
        "employment": facets.employment,
        "remote": facets.remote,
        "levels": facets.levels,
        "features": facets.features,
        "days": {n or "": count for n, count in facets.days.items()},
        "pay": {"yes": facets.pay[True], "no": facets.pay[False], "": sum(facets.pay.values())},
    }


def _choices(
    filters: Filters, facets: Facets, language: str, *, has_scores: bool
) -> dict[str, Any]:
    """Return what the filters offer, as (value, words)."""
    features = forms.feature_choices(language)
    features.sort(key=lambda one: (one[0] not in filters.features, -facets.features[one[0]]))
    n_open = max(OPEN_FEATURES, len(filters.features))
    return {
        "suggest_url": url_for("jobs.suggest"),
        "types": _met(wording.EMPLOYMENT, filters.types, facets.employment),
        "remote": _brief(forms.remote_choices()),
        "stated": _brief(forms.stated_choices()),
        "pay_units": forms.pay_unit_choices(),
        "days": [(n or "", words) for n, words in forms.day_choices()],
        "features": features[:n_open],
        "more_features": features[n_open:],
        "levels": _met(wording.LEVEL, filters.levels, facets.levels),
        "scores": forms.score_choices() if has_scores else [],
        "distances": forms.distance_choices(),
        "places": forms.place_choices(language),
    }


def _met(
    names: Mapping[str, Any], chosen: Sequence[str], counts: Mapping[str, int]
) -> list[tuple[str, str]]:
    """Return the choices that give jobs, those chosen, and that nothing is stated."""
    met = [(word, str(name)) for word, name in names.items() if counts[word] or word in chosen]
    return [*met, (NOT_STATED, gettext("Not stated"))]


def _brief(choices: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return choices whose "not stated" needs no more words: the group's title says of what."""
    return [
        (value, gettext("Not stated") if value in (NOT_STATED, "no") else words)
        for value, words in choices
    ]


def _regions(filters: Filters, facets: Facets, language: str) -> list[tuple[str, str, int]]:
    """Return where most of the jobs are, with the address that looks only there."""
    if filters.place:
        return []
    places = tables.places_by_code()
    found = []
    for code, n in facets.regions:
        if place := places.get(code):
            name = (place.name_ja if language == "ja" else None) or place.name_en
            address = filters.address(place=place.label(language))
            found.append((name, url_for("jobs.index", **address), n))
    return found if len(found) > 1 else []


def _picture(found: Matches, filters: Filters) -> Picture | None:
    """Return how pay is spread, counted in the reader's unit."""
    currency, _, period = filters.pay_unit.partition("-")
    drawn = search.pay_picture(found, currency, 100 * pay.YEARLY[period])
    if drawn is None:
        return None

    def amount(yearly: int) -> str:
        return money(pay.in_period(yearly, period), currency)

    unit = dict(forms.pay_unit_choices())[filters.pay_unit]
    return Picture(
        title=gettext("Pay (%(unit)s)", unit=unit),
        summary=ngettext(
            "%(num)s job states it; half of them pay %(median)s or more.",
            "%(num)s jobs state it; half of them pay %(median)s or more.",
            drawn.stated,
            median=amount(drawn.median),
        ),
        bars=[{"label": amount(low), "value": n} for low, _, n in drawn.bars],
    )


def _spelling(filters: Filters, now: datetime) -> Spelling | None:
    other = search.other_spelling(db.session(), filters.text, now)
    if other is None:
        return None
    text, n = other
    return Spelling(text, url_for("jobs.index", q=text), n)


def _ways_out(
    found: Matches, filters: Filters, language: str
) -> list[tuple[forms.ActiveFilter, int]]:
    """Return the filters of which one alone, taken off, gives jobs; and how many."""
    return [
        (forms.taken_off(filters, key, language), n)
        for key, n in search.alternatives(found)[:MOST_WAYS]
    ]


def _own_scores() -> Subquery | None:
    """Return the reader's scores as rows to join, or None for nobody."""
    if not current_user.is_authenticated:
        return None
    return (
        select(JobScore.job_id, JobScore.rank_points, JobScore.total_score)
        .where(JobScore.id.in_(_current_score_ids(current_user.id)))
        .subquery()
    )


def _current_score_ids(user_id: int) -> Any:
    """Return the ids of the scores behind a person's matches: one a job, of the policy in force."""
    return select(MatchingResult.job_score_id).where(MatchingResult.user_id == user_id)
