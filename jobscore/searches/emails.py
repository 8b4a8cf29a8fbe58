"""The alert letter: new jobs of a person's saved searches, in text and HTML that say the same."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import current_app
from flask_babel import gettext, ngettext

from jobscore import config
from jobscore.digests import links
from jobscore.digests.contents import Reader, band_of, nearest_km, point_of, points_of, shown_score
from jobscore.digests.phrases import band_words, distance_words, pay_words, place_words, score_words
from jobscore.emails import rendering
from jobscore.emails.compose import one_line
from jobscore.emails.rendering import Rendered
from jobscore.searches.finding import NewJob, News
from jobscore.web.i18n import speaking
from jobscore.web.jinja import day as format_day


def alert(reader: Reader, news: Sequence[News]) -> Rendered:
    """Return the letter about what is new, in the reader's language.

    :raises ValueError: without news: there is no letter without a job.
    """
    if not news:
        raise ValueError("an alert without jobs is no letter")
    with speaking(reader.locale):
        count = sum(one.count for one in news)
        values = {
            "subject": _subject(news, count),
            "heading": ngettext("%(num)s new job", "%(num)s new jobs", count),
            "lead": _lead(reader),
            "sections": _sections(reader, news),
            "searches_url": rendering.absolute_url("searches.index"),
            "why": _why(reader.consented_on),
            "unsubscribe_url": links.unsubscribe_url(reader.user_id),
            "preferences_url": rendering.absolute_url("searches.index"),
        }
        return rendering.render_here("alert", reader.locale, **values)


def jobs_url(query: str) -> str:
    """Return the full address of a search's page."""
    return rendering.absolute_url("jobs.index") + (f"?{query}" if query else "")


def _subject(news: Sequence[News], count: int) -> str:
    if len(news) == 1:
        return str(
            ngettext(
                "%(num)s new job: %(name)s",
                "%(num)s new jobs: %(name)s",
                count,
                name=one_line(news[0].name),
            )
        )
    return str(
        gettext(
            "%(n)s new jobs in %(searches)s of your searches: %(name)s and more",
            n=count,
            searches=len(news),
            name=one_line(news[0].name),
        )
    )


def _lead(reader: Reader) -> str:
    name = one_line(reader.name or "")
    if name:
        return str(
            gettext("Hello %(name)s, this is new in the searches that you saved.", name=name)
        )
    return str(gettext("This is new in the searches that you saved."))


def _why(consented_on: date | None) -> str:
    return str(
        gettext(
            "You get this letter because you switched on alerts on %(day)s. No job comes in two "
            "alerts; it may stand in the letter with your matches too.",
            day=format_day(consented_on, "long"),
        )
    )


def _sections(reader: Reader, news: Sequence[News]) -> list[dict[str, Any]]:
    head = current_app.jinja_env.get_template("emails/digest/_job.html").module.head  # type: ignore[attr-defined] # macros are attributes
    number = 0
    found = []
    for one in news:
        jobs = []
        for new in one.jobs:
            number += 1
            jobs.append(_job(reader, new, number, head))
        more = one.count - len(one.jobs)
        found.append(
            {
                "title": one_line(one.name),
                "count_words": ngettext("%(num)s new job", "%(num)s new jobs", one.count),
                "jobs": jobs,
                "more": ngettext("and %(num)s more", "and %(num)s more", more) if more > 0 else "",
                "url": jobs_url(one.query),
            }
        )
    return found


def _job(reader: Reader, new: NewJob, number: int, head: Any) -> dict[str, Any]:
    posting = new.posting
    title, company = one_line(posting.title), one_line(posting.company)
    url = f"{config.current().public_url}{rendering.path('jobs.show', job_id=posting.id)}"
    language = posting.language if posting.language != reader.locale else None
    distance = distance_words(nearest_km(points_of(reader), posting, point_of(posting)))
    facts = (
        place_words(posting, reader.locale),
        distance,
        pay_words(posting, reader.pay_period, reader.locale),
    )
    about = {
        "number": number,
        "title": title,
        "company": company,
        "url": url,
        "language": language,
        "is_sponsored": posting.is_sponsored,
        "facts": " · ".join(fact for fact in facts if fact),
    }
    return about | {"head_html": head(about)} | _score(new.total)


def _score(total: float | None) -> dict[str, Any]:
    """Return a score with the word for its band; nothing where there is no number."""
    if total is None:
        return {"score": None, "band": "", "band_word": "", "score_words": ""}
    score = shown_score(total)
    band = band_of(score)
    word = band_words()[band]
    return {
        "score": score,
        "band": band,
        "band_word": word,
        "score_words": score_words(score, word),
    }
