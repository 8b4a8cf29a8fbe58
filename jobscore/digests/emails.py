"""The digest letter: subject from the content, text and HTML that say the same.

Composing thousands of letters is mostly saying the same job again, so what does not depend on the
reader (title, company, place, pay) is made once for a language and reused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import asin, cos, floor, radians, sin, sqrt
from typing import Any

from flask import current_app
from flask_babel import gettext, ngettext
from markupsafe import Markup
from sqlalchemy import select

from jobscore import config
from jobscore.accounts.models import DigestFrequency
from jobscore.digests import links, pace
from jobscore.emails import rendering
from jobscore.emails.compose import SUBJECT_LIMIT, cut, one_line
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.jobs.models import Remote
from jobscore.matching import reasons, wording
from jobscore.scoring.pay import YEARLY, in_period, yearly
from jobscore.vocabulary import tables
from jobscore.vocabulary.models import Skill
from jobscore.web.i18n import speaking
from jobscore.web.jinja import day as format_day
from jobscore.web.jinja import number, pay

#: Job fragments, and reasons, kept in memory during a run; about 2 kB each.
MOST_FRAGMENTS = 32_768
EARTH_KM = 6_371.0
#: Scores from which a match is called strong or fair, as on the pages.
STRONG, FAIR = 80, 50
#: Longest place and pay text that a line of the letter holds.
LONGEST_FACT = 60
#: A subject names at least so many characters of the title, or none.
SHORTEST_TITLE = 6


@dataclass(frozen=True, slots=True)
class Home:
    """Where a reader sets out from; degrees."""

    place_id: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Reader:
    """What a letter needs to know of the person it goes to."""

    user_id: int
    name: str | None
    locale: str
    pay_period: str | None
    homes: tuple[Home, ...]
    frequency: DigestFrequency
    #: When they agreed to get letters.
    consented_on: date | None
    #: Letters since they were last on our pages; 0 for who wants them as often as chosen anyway.
    unvisited: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """What a letter says of a job."""

    id: int
    title: str
    company: str
    location: str | None
    place_id: int | None
    latitude: float | None
    longitude: float | None
    pay_min: Decimal | None
    pay_max: Decimal | None
    pay_period: str | None
    pay_currency: str | None
    pay_text: str | None
    remote: Remote | None
    language: str | None
    is_sponsored: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """One match in a letter, in the order of the list."""

    match_id: int
    posting: Posting
    section: str
    is_fill_up: bool
    #: 0..100.
    total: float
    #: Message ids with numbers (``matching.reasons``).
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Fragment:
    """What of a posting is the same for all readers of one language and pay unit."""

    head_html: Markup
    title: str
    company: str
    place: str
    pay: str
    url: str


@dataclass(frozen=True, slots=True)
class _Score:
    """A score as the cell of the HTML and as the words of the text."""

    cell_html: Markup
    words: str


def shown_score(total: float) -> int:
    """Return a total as the whole number that pages show, rounded half up."""
    return floor(total + 0.5)


def kilometres(a: Home, latitude: float, longitude: float) -> float:
    """Return the great-circle distance (haversine formula)."""
    north, south = radians(a.latitude), radians(latitude)
    rise = sin((south - north) / 2) ** 2
    turn = sin(radians(longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(rise + cos(north) * cos(south) * turn)))


def job_digest(reader: Reader, picks: Sequence[Pick], on: date) -> Rendered:
    """Return one reader's letter of the day ``on``, in their language.

    :raises ValueError: without picks: there is no letter without a job.
    """
    with speaking(reader.locale):
        return Composer(reader.locale).compose(reader, picks, on)


class Composer:
    """Writes the letters of one language; use it inside a block that speaks that language."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        env = current_app.jinja_env
        macros: Any = env.get_template("emails/digest/_job.html").module
        self._head = macros.head
        self._score_cell = macros.score
        self._fragment = lru_cache(maxsize=MOST_FRAGMENTS)(self._make_fragment)
        # words are looked up once each: forty look-ups a letter cost more than its templates
        self._score = lru_cache(maxsize=256)(self._make_score)
        self._distance = lru_cache(maxsize=1_024)(distance_words)
        self._reason = lru_cache(maxsize=MOST_FRAGMENTS)(reason_speaker(locale))
        public = config.current().public_url
        self._base = {
            "list_url": f"{public}/matches",
            "preferences_url": rendering.absolute_url("digests.mine"),
            "why_label": gettext("Why this job?"),
        }
        # ids only: who forwards a letter gives nothing of themselves away
        self._job_url, self._match_url = f"{public}/jobs/", f"{public}/matches/"
        self._bands = {
            "strong": gettext("Strong match"),
            "fair": gettext("Fair match"),
            "weak": gettext("Weak match"),
        }

    def compose(self, reader: Reader, picks: Sequence[Pick], on: date) -> Rendered:
        """Return the letter; the subject's count is that of the jobs inside."""
        if not picks:
            raise ValueError("a digest without jobs is no letter")
        n = len(picks)
        unsubscribe = links.unsubscribe_url(reader.user_id)
        values = {
            "subject": self._subject(picks),
            "heading": ngettext("%(num)s job for you", "%(num)s jobs for you", n),
            "lead": _lead(reader, on),
            "sections": self._sections(reader, picks),
            "why": _why(reader),
            "pace_note": pace.note(reader.frequency, reader.unvisited),
            "unsubscribe_url": unsubscribe,
            **self._base,
        }
        return rendering.render_here("digest", self.locale, **values)

    def _subject(self, picks: Sequence[Pick]) -> str:
        # the first of the list, not the highest number: picks must fit the work that is wanted
        best = picks[0].posting
        limit = SUBJECT_LIMIT.get(self.locale, 78)
        where_to = "" if best.remote is Remote.FULL else best.location or ""
        title, place = one_line(best.title), cut(one_line(where_to), 12)
        for where in (place, ""):
            frame = len(subject_words(len(picks), "", where))
            if limit - frame >= min(len(title), SHORTEST_TITLE):
                return subject_words(len(picks), cut(title, limit - frame), where)
        return subject_words(len(picks), cut(title, SHORTEST_TITLE), "")

    def _sections(self, reader: Reader, picks: Sequence[Pick]) -> list[dict[str, Any]]:
        sections: dict[str, list[tuple[int, Pick]]] = {}
        for number_in_letter, pick in enumerate(picks, start=1):
            sections.setdefault(pick.section, []).append((number_in_letter, pick))
        found = []
        for code, members in sections.items():
            fills = sum(pick.is_fill_up for _, pick in members)
            note = ngettext(
                "%(num)s of them fills this section up from your next best.",
                "%(num)s of them fill this section up from your next best.",
                fills,
            )
            found.append(
                {
                    "title": wording.section_title(code),
                    "count_words": ngettext("%(num)s job", "%(num)s jobs", len(members)),
                    "note": note if fills else "",
                    "jobs": [self._job(reader, pick, i) for i, pick in members],
                }
            )
        return found

    def _job(self, reader: Reader, pick: Pick, number_in_letter: int) -> dict[str, Any]:
        posting = pick.posting
        fragment = self._fragment(posting, reader.pay_period)
        score = self._score(shown_score(pick.total))
        facts = (fragment.place, self._distance(nearest_km(reader, posting)), fragment.pay)
        return {
            "number": number_in_letter,
            "head_html": fragment.head_html,
            "title": fragment.title,
            "company": fragment.company,
            "is_sponsored": posting.is_sponsored,
            "url": fragment.url,
            "why_url": f"{self._match_url}{pick.match_id}",
            "facts": " · ".join(fact for fact in facts if fact),
            "reason": self._reason(pick.reason),
            "score_html": score.cell_html,
            "score_words": score.words,
        }

    def _make_score(self, score: int) -> _Score:
        band = "strong" if score >= STRONG else "fair" if score >= FAIR else "weak"
        word = self._bands[band]
        return _Score(self._score_cell(score, band, word), score_words(score, word))

    def _make_fragment(self, posting: Posting, unit: str | None) -> _Fragment:
        url = f"{self._job_url}{posting.id}"
        title, company = one_line(posting.title), one_line(posting.company)
        language = posting.language if posting.language != self.locale else None
        head = self._head(
            {
                "url": url,
                "title": title,
                "company": company,
                "language": language,
                "is_sponsored": posting.is_sponsored,
            }
        )
        return _Fragment(head, title, company, place_words(posting), pay_words(posting, unit), url)


def reason_speaker(locale: str) -> Callable[[str | None], str]:
    """Return what turns a match's reason into a sentence of ``locale``, names of skills included.

    Reads all names at once; the caller speaks ``locale``.
    """
    is_ja = locale == "ja"
    skills = {
        skill_id: (name_ja if is_ja and name_ja else name_en)
        for skill_id, name_en, name_ja in db.session.execute(
            select(Skill.id, Skill.name_en, Skill.name_ja)
        )
    }
    features = {f.code: f.name_ja if is_ja else f.name_en for f in tables.features()}

    def say(reason: str | None) -> str:
        return wording.say(
            reasons.from_text(reason),
            lambda skill_id: skills.get(skill_id, ""),
            lambda code: features.get(code, code),
        )

    return say


def subject_words(n: int, title: str, place: str) -> str:
    """Return a subject: how many jobs, the best one's title, and its place where known."""
    if n == 1 and place:
        return str(gettext("A job for you: %(title)s in %(place)s", title=title, place=place))
    if n == 1:
        return str(gettext("A job for you: %(title)s", title=title))
    if place:
        return str(
            gettext(
                "%(n)s jobs for you: %(title)s in %(place)s and more", n=n, title=title, place=place
            )
        )
    return str(gettext("%(n)s jobs for you: %(title)s and more", n=n, title=title))


def pay_words(posting: Posting, unit: str | None) -> str:
    """Return the pay as posted, and roughly in the reader's unit where that is another one."""
    period = posting.pay_period
    posted = pay(posting.pay_min, posting.pay_max, posting.pay_currency, period)
    if not posted:
        return cut(one_line(posting.pay_text or ""), LONGEST_FACT) or gettext("Pay not stated")
    if not unit or period is None or unit == period or unit not in YEARLY:
        return posted
    low, high = (
        None if amount is None else in_period(yearly(amount, period), unit)
        for amount in (posting.pay_min, posting.pay_max)
    )
    other = pay(low, high, posting.pay_currency, unit)
    return str(gettext("%(pay)s (roughly %(converted)s)", pay=posted, converted=other))


def place_words(posting: Posting) -> str:
    """Return where the work is done, in words; empty where it is not known."""
    place = cut(one_line(posting.location or ""), LONGEST_FACT)
    if posting.remote is Remote.FULL:
        return str(gettext("Fully remote"))
    if posting.remote is Remote.HYBRID:
        if not place:
            return str(gettext("Hybrid work"))
        return str(gettext("%(place)s, partly remote", place=place))
    return place


def score_words(score: int, word: str) -> str:
    """Return a score with the word for its band, for the text part."""
    return str(gettext("Score %(score)s of 100: %(word)s", score=score, word=word))


def nearest_km(reader: Reader, posting: Posting) -> int | None:
    """Return the whole kilometres from the nearest home: 0 in the same place, else 1 at least.

    None where the way does not matter (remote work) or is not known.
    """
    if posting.remote is Remote.FULL or not reader.homes:
        return None
    if any(home.place_id == posting.place_id for home in reader.homes):
        return 0
    if posting.latitude is None or posting.longitude is None:
        return None
    nearest = min(kilometres(h, posting.latitude, posting.longitude) for h in reader.homes)
    return max(1, floor(nearest + 0.5))


def distance_words(km: int | None) -> str:
    """Return what :func:`nearest_km` found, in words; nothing where there is nothing to say."""
    if km is None:
        return ""
    if km == 0:
        return str(gettext("in your city"))
    return str(gettext("about %(km)s km from home", km=number(km)))


def _lead(reader: Reader, on: date) -> str:
    day = format_day(on, "long")
    name = one_line(reader.name or "")
    if name:
        return str(
            gettext(
                "Hello %(name)s, these are your matches of %(day)s, each with its score out of 100 "
                "and the reason.",
                name=name,
                day=day,
            )
        )
    return str(
        gettext(
            "These are your matches of %(day)s, each with its score out of 100 and the reason.",
            day=day,
        )
    )


def _why(reader: Reader) -> str:
    if reader.consented_on is None:
        return str(gettext("This is a preview: the letter goes only to who has agreed to it."))
    since = format_day(reader.consented_on, "long")
    if reader.frequency is DigestFrequency.WEEKLY:
        return str(
            gettext(
                "You get this letter once a week because you agreed to it on %(day)s.", day=since
            )
        )
    return str(
        gettext(
            "You get this letter on days with new matches because you agreed to it on %(day)s.",
            day=since,
        )
    )
