"""The difference between two letters in the reader's language, for a page or a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.digests.contents import shown_score
from jobscore.digests.difference import Both, Compared, Gone, Listed, Why
from jobscore.matching import wording
from jobscore.web.jinja import day

_WHY: Mapping[Why, Any] = MappingProxyType(
    {
        Why.SENT: _l("Gone: it was sent, and no job is sent twice"),
        Why.ANSWERED: _l("Gone: saved, hidden or applied to"),
        Why.CLOSED: _l("Gone: the posting has closed"),
        Why.OUTRANKED: _l("Gone: others suit better now"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One job of a difference in words; `kind` is new, moved, gone or kept."""

    kind: str
    change: str
    title: str
    company: str
    section: str
    score: str
    #: None: it has been deleted.
    job_id: int | None


def summary(compared: Compared) -> str:
    """Return the difference in one or two sentences."""
    found = compared.difference
    before = day(compared.before_on, "long")
    if found.is_empty:
        return str(gettext("The same as on %(day)s, in the same order.", day=before))
    counts = {
        "new": len(found.new),
        "gone": len(found.gone),
        "moved": len(found.moved),
        "kept": len(found.kept),
        "day": before,
    }
    if compared.is_letter:
        return str(
            gettext(
                "Compared with the letter of %(day)s: %(new)s new, %(gone)s gone, %(moved)s moved, "
                "%(kept)s as they were.",
                **counts,
            )
        )
    return str(
        gettext(
            "Compared with the list of %(day)s, of which no letter was written: %(new)s new, "
            "%(gone)s gone, %(moved)s moved, %(kept)s as they were.",
            **counts,
        )
    )


def rows(compared: Compared) -> list[Row]:
    """Return each job once: the new ones, those that moved, those that are gone, the rest."""
    found = compared.difference
    return [
        *(_row("new", gettext("New, at %(place)s", place=one.place), one.job) for one in found.new),
        *(_row("moved", _moved(one), one.job, one.before) for one in found.moved),
        *(_row("gone", _gone(one), one.job) for one in found.gone),
        *(_row("kept", gettext("As it was"), one.job, one.before) for one in found.kept),
    ]


def _row(kind: str, change: str, job: Listed, before: Listed | None = None) -> Row:
    now = str(shown_score(job.total))
    then = now if before is None else str(shown_score(before.total))
    return Row(
        kind=kind,
        change=change,
        title=job.title,
        company=job.company,
        section=wording.section_title(job.section),
        score=now if then == now else str(gettext("%(old)s → %(new)s", old=then, new=now)),
        job_id=job.job_id if job.job_id > 0 else None,
    )


def _moved(one: Both) -> str:
    if one.changed_section:
        return str(
            gettext(
                "Now at %(place)s, before under “%(section)s”",
                place=one.place,
                section=wording.section_title(one.before.section),
            )
        )
    return str(gettext("From %(before)s to %(place)s", before=one.place_before, place=one.place))


def _gone(one: Gone) -> str:
    return str(gettext("Gone") if one.why is None else _WHY[one.why])
