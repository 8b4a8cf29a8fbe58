"""The words of a digest in the reader's language: subject, pay, place, distance, score, reason.

Whoever calls speaks that language. Looking words up costs more than joining them, so what stands
around names and numbers is kept by language as a mould.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import gettext, ngettext
from sqlalchemy import select

from jobscore.accounts.models import DigestFrequency
from jobscore.digests.contents import Pick, Posting
from jobscore.digests.moulds import Mould, hole, mould
from jobscore.emails.compose import SUBJECT_LIMIT, cut, one_line
from jobscore.extensions import db
from jobscore.jobs.models import Remote
from jobscore.matching import wording
from jobscore.matching.reasons import Message, from_text
from jobscore.scoring.pay import YEARLY, in_period, yearly
from jobscore.vocabulary import tables
from jobscore.vocabulary.models import Skill
from jobscore.web.jinja import day as format_day
from jobscore.web.jinja import number, pay

#: Longest place and pay text that a line of the letter holds.
LONGEST_FACT = 60
#: A subject names at least so many characters of the title, or none.
SHORTEST_TITLE = 6
#: Titles behind the first that an inbox shows beside the subject, and the longest of them.
ALSO, LONGEST_ALSO = 3, 30
#: Reasons, and the sentences that they are made of, kept in words; about 200 bytes each.
MOST_REASONS = 32_768
#: Pays in words, of all languages and units.
MOST_PAYS = 16_384


def subject(picks: Sequence[Pick], locale: str) -> str:
    """Return the subject of a letter: as much of the best job's title and place as an inbox shows.

    The best is the first of the list, not the highest number: picks must fit the work wanted.
    """
    best, n = picks[0].posting, len(picks)
    limit = SUBJECT_LIMIT.get(locale, 78)
    where_to = "" if best.remote is Remote.FULL else best.location or ""
    title, place = one_line(best.title), cut(one_line(where_to), 12)
    for where in (place, "") if place else ("",):
        words = _subject_words(n, bool(where), locale)
        room = limit - len(words("", where))
        if room >= min(len(title), SHORTEST_TITLE):
            return words(cut(title, room), where)
    return _subject_words(n, False, locale)(cut(title, SHORTEST_TITLE), "")


@lru_cache(maxsize=256)
def _subject_words(n: int, has_place: bool, _locale: str) -> Mould:
    """Return the words around the best job's title and its place, for so many jobs.

    ``_locale``, here and below, is the reader's; it only tells results apart.
    """
    title, place = hole(0), hole(1)
    if n == 1 and has_place:
        words = gettext("A job for you: %(title)s in %(place)s", title=title, place=place)
    elif n == 1:
        words = gettext("A job for you: %(title)s", title=title)
    elif has_place:
        words = gettext(
            "%(n)s jobs for you: %(title)s in %(place)s and more", n=n, title=title, place=place
        )
    else:
        words = gettext("%(n)s jobs for you: %(title)s and more", n=n, title=title)
    return mould(words, 2, unused=() if has_place else (1,))


def heading(n: int) -> str:
    """Return the heading of a letter with so many jobs."""
    return str(ngettext("%(num)s job for you", "%(num)s jobs for you", n))


class _Frames(NamedTuple):
    """Words around a fact, in one language."""

    also: Mould
    roughly: Mould
    no_pay: str
    remote: str
    hybrid: str
    partly: Mould


@lru_cache(maxsize=16)
def _frames(_locale: str) -> _Frames:
    return _Frames(
        mould(gettext("Also inside: %(titles)s", titles=hole(0)), 1),
        mould(gettext("%(pay)s (roughly %(converted)s)", pay=hole(0), converted=hole(1)), 2),
        str(gettext("Pay not stated")),
        str(gettext("Fully remote")),
        str(gettext("Hybrid work")),
        mould(gettext("%(place)s, partly remote", place=hole(0)), 1),
    )


def preheader(picks: Sequence[Pick], locale: str) -> str:
    """Return what an inbox shows beside the subject: what else is inside; empty where nothing."""
    titles = [cut(one_line(p.posting.title), LONGEST_ALSO) for p in picks[1 : 1 + ALSO]]
    return _frames(locale).also(" · ".join(titles)) if titles else ""


def pay_words(posting: Posting, unit: str | None, locale: str) -> str:
    """Return the pay as posted, and roughly in the reader's unit where that is another one."""
    said = _pay_words(
        posting.pay_min, posting.pay_max, posting.pay_currency, posting.pay_period, unit, locale
    )
    return said or cut(one_line(posting.pay_text or ""), LONGEST_FACT) or _frames(locale).no_pay


@lru_cache(maxsize=MOST_PAYS)
def _pay_words(
    low: Decimal | None,
    high: Decimal | None,
    currency: str | None,
    period: str | None,
    unit: str | None,
    locale: str,
) -> str:
    """Return amounts as posted and in the reader's unit; empty where there are none."""
    posted = pay(low, high, currency, period, locale)
    if not posted or not unit or period is None or unit == period or unit not in YEARLY:
        return posted
    least, most = (
        None if amount is None else in_period(yearly(amount, period), unit)
        for amount in (low, high)
    )
    return _frames(locale).roughly(posted, pay(least, most, currency, unit, locale))


def place_words(posting: Posting, locale: str) -> str:
    """Return where the work is done, in words; empty where it is not known."""
    if posting.remote is Remote.FULL:
        return _frames(locale).remote
    place = cut(one_line(posting.location or ""), LONGEST_FACT)
    if posting.remote is Remote.HYBRID:
        return _frames(locale).partly(place) if place else _frames(locale).hybrid
    return place


def band_words() -> dict[str, str]:
    """Return the word of each band of scores."""
    return {
        "strong": str(gettext("Strong match")),
        "fair": str(gettext("Fair match")),
        "weak": str(gettext("Weak match")),
    }


def score_words(score: int, word: str) -> str:
    """Return a score with the word for its band, for the text part."""
    return str(gettext("Score %(score)s of 100: %(word)s", score=score, word=word))


def distance_words(km: int | None) -> str:
    """Return a distance of ``contents.nearest_km`` in words; nothing where it is None."""
    if km is None:
        return ""
    if km == 0:
        return str(gettext("in your city"))
    return str(gettext("about %(km)s km from home", km=number(km)))


def count_words(n: int) -> str:
    """Return how many jobs a section holds."""
    return str(ngettext("%(num)s job", "%(num)s jobs", n))


def fill_words(fills: int) -> str:
    """Say how many jobs of a section are not its own; nothing where all are."""
    if not fills:
        return ""
    return str(
        ngettext(
            "%(num)s of them fills this section up from your next best.",
            "%(num)s of them fill this section up from your next best.",
            fills,
        )
    )


def lead(name: str, on: date) -> str:
    """Return the sentence that a letter of a day begins with; ``name`` may be empty."""
    day = format_day(on, "long")
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


def why(frequency: DigestFrequency, consented_on: date | None) -> str:
    """Say why somebody gets the letter; where they have not agreed, that it is a preview."""
    if consented_on is None:
        return str(gettext("This is a preview: the letter goes only to who has agreed to it."))
    since = format_day(consented_on, "long")
    if frequency is DigestFrequency.WEEKLY:
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


def reason_speaker(locale: str) -> Callable[[str | None], str]:
    """Return what turns a match's reason into one line of ``locale``, names of skills included.

    Reads all names at once; the caller speaks ``locale``. Sentences that were said before are
    remembered: few of them make many reasons.
    """
    is_ja = locale == "ja"
    skills = {
        skill_id: (name_ja if is_ja and name_ja else name_en)
        for skill_id, name_en, name_ja in db.session.execute(
            select(Skill.id, Skill.name_en, Skill.name_ja)
        )
    }
    features = {f.code: f.name_ja if is_ja else f.name_en for f in tables.features()}
    both = mould(str(gettext("%(first)s %(second)s", first=hole(0), second=hole(1))), 2)
    sentences: dict[str, str] = {}

    def sentence(message: Message) -> str:
        known = f"{message.id}{message.numbers!r}"
        found = sentences.get(known)
        if found is None:
            words = wording.sentence(
                message,
                lambda skill_id: skills.get(skill_id, ""),
                lambda code: features.get(code, code),
            )
            found = sentences[known] = one_line(words)
            forget_some(sentences, MOST_REASONS)
        return found

    def say(reason: str | None) -> str:
        said = [words for message in from_text(reason) if (words := sentence(message))]
        return both(*said[:2]) if len(said) > 1 else said[0] if said else ""

    return say


def forget_some(known: dict[Any, Any], most: int) -> None:
    """Drop what was put in first while a dictionary holds more than ``most``."""
    while len(known) > most:
        del known[next(iter(known))]
