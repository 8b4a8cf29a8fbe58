"""The digest letter: subject from the content, text and HTML that say the same.

Composing thousands of letters is mostly saying the same again around other names and numbers. So
the templates are made into moulds once a language (``digests.moulds``), what does not depend on
the reader (title, company, place, pay) is kept by job, and words are looked up once each.
"""

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import gettext

from jobscore import config
from jobscore.accounts.models import DigestFrequency
from jobscore.digests import links, pace, phrases
from jobscore.digests.contents import FAIR as FAIR
from jobscore.digests.contents import STRONG as STRONG
from jobscore.digests.contents import Home as Home
from jobscore.digests.contents import Pick as Pick
from jobscore.digests.contents import (
    Point,
    band_of,
    nearest_km,
    point_of,
    points_of,
    shown_score,
)
from jobscore.digests.contents import Posting as Posting
from jobscore.digests.contents import Reader as Reader
from jobscore.digests.moulds import Mould, hole, mould, mould_of
from jobscore.emails import rendering
from jobscore.emails.compose import clean_subject, one_line
from jobscore.emails.rendering import Rendered
from jobscore.matching import wording
from jobscore.web.i18n import speaking

#: Jobs kept in words during a run, for each language; about 300 bytes each beside their posting.
MOST_JOBS = 65_536

__all__ = [
    "FAIR",
    "STRONG",
    "Composer",
    "Home",
    "Pick",
    "Posting",
    "Reader",
    "job_digest",
    "shown_score",
]


class _Job(NamedTuple):
    """What of a posting is the same for all readers of one language.

    Where words are those of the posting they are the same object: tens of thousands are kept.
    """

    posting: Posting
    #: Around the words, for postings in its language, sponsored or not.
    row_html: Mould
    title_html: str
    company_html: str
    title: str
    #: With the word that it is sponsored.
    company: str
    place: str
    point: Point | None
    #: The pay by the reader's unit.
    pays: dict[str | None, str]


class _Score(NamedTuple):
    """A score as the cell of the HTML and as the words of the text."""

    html: str
    text: str


class _Part(NamedTuple):
    """The same in both bodies."""

    html: str
    text: str


class _Frame(NamedTuple):
    """Everything of a body around its sections, as moulds."""

    html: Mould
    text: Mould


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
        html: Any = env.get_template("emails/digest/_job.html").module
        text: Any = env.get_template("emails/digest/_job.txt").module
        self._html, self._text = html, text
        self._row_text = mould_of(text.row, 8)
        self._rows_html: dict[tuple[str | None, bool], Mould] = {}
        self._frame = _frame_of(locale)
        # ids only: who forwards a letter gives nothing of themselves away
        public = config.current().public_url
        self._job_url, self._match_url = f"{public}/jobs/", f"{public}/matches/"
        self._reason = phrases.reason_speaker(locale)
        self._reasons: dict[str | None, _Part] = {}
        self._next_best, self._sponsored = str(gettext("Next best")), str(gettext("Sponsored"))
        self._bands = phrases.band_words()
        self._jobs: dict[int, _Job] = {}
        # words are looked up once each: forty look-ups a letter cost more than its templates
        self._scores: dict[int, _Score] = {}
        self._distances: dict[int | None, str] = {}
        self._sections: dict[tuple[str, int, int], _Part] = {}
        self._headings: dict[int, str] = {}
        self._leads: dict[tuple[date, bool], Mould] = {}
        self._whys: dict[tuple[DigestFrequency, date | None, int], _Part] = {}

    def compose(
        self, reader: Reader, picks: Sequence[Pick], on: date, unsubscribe: str | None = None
    ) -> Rendered:
        """Return the letter; the subject's count is that of the jobs inside.

        :param unsubscribe: the reader's link that ends the letters, where it is made already.
        """
        if not picks:
            raise ValueError("a digest without jobs is no letter")
        subject = clean_subject(phrases.subject(picks, self.locale), self.locale)
        body = self._body(reader, picks)
        why = self._why(reader)
        heading, lead = self._heading(len(picks)), self._lead(reader, on)
        preheader = phrases.preheader(picks, self.locale)
        url = unsubscribe or links.unsubscribe_url(reader.user_id)
        return Rendered(
            subject,
            self._frame.text(body.text, why.text, subject, preheader, heading, lead, url),
            self._frame.html(
                body.html, why.html, *map(escape, (subject, preheader, heading, lead, url))
            ),
        )

    def _body(self, reader: Reader, picks: Sequence[Pick]) -> _Part:
        """Return all sections with their jobs."""
        sections: dict[str, list[tuple[int, Pick]]] = {}
        for number, pick in enumerate(picks, start=1):
            sections.setdefault(pick.section, []).append((number, pick))
        homes, unit = points_of(reader), reader.pay_period
        html, text = [], []
        for code, members in sections.items():
            fills = sum([pick.is_fill_up for _, pick in members])
            heading = self._section(code, len(members), fills)
            html.append(heading.html)
            text.append(heading.text)
            for number, pick in members:
                row_html, row_text = self._row(homes, unit, pick, number)
                html.append(row_html)
                text.append(row_text)
        return _Part("".join(html), "".join(text))

    def _row(
        self, homes: Sequence[tuple[int, Point]], unit: str | None, pick: Pick, number: int
    ) -> tuple[str, str]:
        """Return a job as HTML and as text."""
        posting = pick.posting
        job = self._jobs.get(posting.id)
        if job is None or (job.posting is not posting and job.posting != posting):
            job = self._jobs[posting.id] = self._make_job(posting)
            phrases.forget_some(self._jobs, MOST_JOBS)
        pay = job.pays.get(unit)
        if pay is None:
            pay = job.pays[unit] = phrases.pay_words(posting, unit, self.locale)
        score = shown_score(pick.total)
        said = self._scores.get(score) or self._make_score(score)
        km = nearest_km(homes, posting, job.point)
        distance = self._distances.get(km)
        if distance is None:
            distance = self._distances[km] = phrases.distance_words(km)
        tag = self._next_best if pick.is_fill_up else ""
        facts = " · ".join([fact for fact in (tag, job.place, distance, pay) if fact])
        reason = self._reasons.get(pick.reason) or self._make_reason(pick.reason)
        url, why_url = f"{self._job_url}{posting.id}", f"{self._match_url}{pick.match_id}"
        html = job.row_html(
            url, job.title_html, job.company_html, escape(facts), reason.html, why_url, said.html
        )
        text = self._row_text(
            str(number), job.title, said.text, job.company, facts, reason.text, url, why_url
        )
        return html, text if reason.text else text.replace("   \n", "", 1)

    def _make_reason(self, stored: str | None) -> _Part:
        text = self._reason(stored)
        made = self._reasons[stored] = _Part(_same(escape(text), text), text)
        phrases.forget_some(self._reasons, phrases.MOST_REASONS)
        return made

    def _make_job(self, posting: Posting) -> _Job:
        title, company = _same(one_line(posting.title), posting.title), one_line(posting.company)
        place = phrases.place_words(posting, self.locale)
        return _Job(
            posting=posting,
            row_html=self._row_of(posting),
            title_html=_same(escape(title), title),
            company_html=_same(escape(company), posting.company),
            title=title,
            company=f"{company} [{self._sponsored}]"
            if posting.is_sponsored
            else _same(company, posting.company),
            place=_same(place, posting.location or ""),
            point=point_of(posting),
            pays={},
        )

    def _row_of(self, posting: Posting) -> Mould:
        """Return the mould of the rows of postings of the same language and kind."""
        language = posting.language if posting.language != self.locale else None
        kind = (language, posting.is_sponsored)
        found = self._rows_html.get(kind)
        if found is None:
            about = {"url": hole(0), "title": hole(1), "company": hole(2)}
            job = about | {"language": language, "is_sponsored": posting.is_sponsored}
            row = str(self._html.row(job, *map(hole, range(3, 7))))
            found = self._rows_html[kind] = mould(row, 7)
        return found

    def _make_score(self, score: int) -> _Score:
        band = band_of(score)
        word = self._bands[band]
        cell = str(self._html.score(score, band, word))
        made = self._scores[score] = _Score(cell, phrases.score_words(score, word))
        return made

    def _section(self, code: str, n: int, fills: int) -> _Part:
        found = self._sections.get((code, n, fills))
        if found is None:
            about = (
                wording.section_title(code),
                wording.section_lead(code),
                phrases.count_words(n),
                phrases.fill_words(fills),
            )
            found = self._sections[code, n, fills] = _Part(
                str(self._html.section(*about)), str(self._text.section(*about))
            )
        return found

    def _heading(self, n: int) -> str:
        if n not in self._headings:
            self._headings[n] = phrases.heading(n)
        return self._headings[n]

    def _lead(self, reader: Reader, on: date) -> str:
        """Return the sentence that the letter begins with; all but the name is made once a day."""
        name = one_line(reader.name or "")
        found = self._leads.get((on, bool(name)))
        if found is None:
            said = phrases.lead(hole(0) if name else "", on)
            found = self._leads[on, bool(name)] = mould(said, 1, unused=() if name else (0,))
        return found(name)

    def _why(self, reader: Reader) -> _Part:
        """Return why somebody gets the letter, and whether there will be fewer, line by line."""
        key = (reader.frequency, reader.consented_on, reader.unvisited)
        found = self._whys.get(key)
        if found is None:
            note = pace.note(reader.frequency, reader.unvisited)
            lines = [phrases.why(reader.frequency, reader.consented_on), *([note] if note else [])]
            html = "<br>".join(map(escape, lines))
            found = self._whys[key] = _Part(html, "\n".join(lines))
        return found


def _same(text: str, given: str) -> str:
    """Return the given text where it is equal, so that it is kept once only."""
    return given if text == given else text


def _frame_of(locale: str) -> _Frame:
    """Return both bodies as moulds with the holes named here, in this order."""
    public = config.current().public_url
    names = ("sections", "why", "subject", "preheader", "heading", "lead", "unsubscribe_url")
    marks = {name: hole(number) for number, name in enumerate(names)}
    links_of_ours = {
        "list_url": f"{public}/matches",
        "preferences_url": rendering.absolute_url("digests.mine"),
    }
    made = rendering.render_here("digest", locale, **marks, **links_of_ours)
    in_html_only = (names.index("subject"), names.index("preheader"))
    return _Frame(mould(made.html, len(names)), mould(made.text, len(names), unused=in_html_only))
