"""What may be meant: names while somebody types, and another spelling where nothing is found.

The names are those of the open jobs (titles, companies) and of the vocabulary's skills. They are
put in order once, and again when names were added; how many jobs bear each is counted anew.
"""

from datetime import datetime
from functools import cache

import numpy as np
from sqlalchemy.orm import Session

from jobscore.jobs.search import columns as column_store
from jobscore.jobs.search.columns import Columns
from jobscore.jobs.search.columns import Names as Numbered
from jobscore.jobs.search.criteria import Criteria
from jobscore.jobs.search.matching import match
from jobscore.jobs.search.spelling import Names, Speller, pieces
from jobscore.jobs.search.tokens import normalise
from jobscore.vocabulary import tables

#: Names looked at to find the most frequent ones that begin with what was typed.
_LOOKED_AT = 400


def complete(session: Session, text: str, limit: int = 8) -> list[str]:
    """Return names that begin with ``text``: titles and companies of open jobs, then skills.

    The name that most jobs bear stands first.
    """
    columns = column_store.current(session)
    found: list[tuple[int, str]] = []
    for names, column in ((columns.titles, "title"), (columns.companies, "company")):
        known = _sorted(names).beginning(text, _LOOKED_AT)
        if known:
            jobs = np.bincount(columns[column], minlength=len(names.texts))
            found += [(int(jobs[number]), name) for name, number in known if jobs[number]]
    best = [name for _, name in sorted(found, key=lambda one: (-one[0], one[1]))]
    best += [name for name, _ in _skills().beginning(text, limit)]
    return list({normalise(name): name for name in reversed(best)}.values())[::-1][:limit]


@cache
def _skills() -> Names:
    names = {name for skill in tables.skills() for name in (skill.name_en, skill.name_ja) if name}
    return Names((name, 0) for name in names)


def _sorted(names: Numbered) -> Names:
    """Return the names in order: as put in order before, or anew when some were added."""
    size = len(names.texts)
    if names.in_order is None or names.in_order[0] != size:
        names.in_order = (size, Names(zip(names.texts[:size], range(size), strict=True)))
    return names.in_order[1]


def _speller(columns: Columns) -> Speller:
    size = len(columns.titles.texts), len(columns.companies.texts)
    known = columns.titles.speller
    if known is None or known[0] != size:
        skills = (name for s in tables.skills() for name in (s.name_en, s.name_ja or ""))
        texts = (*columns.titles.texts[: size[0]], *columns.companies.texts[: size[1]], *skills)
        known = columns.titles.speller = (size, Speller(texts))
    return known[1]


def other_spelling(session: Session, text: str, now: datetime) -> tuple[str, int] | None:
    """Return the words of a search spelt as the jobs spell them, and how many jobs that gives.

    None where every word is known, or where the other spelling finds nothing either.
    """
    columns = column_store.current(session)
    speller = _speller(columns)
    plain = normalise(text)
    better = plain
    for word in dict.fromkeys(pieces(text)):
        if not speller.knows(word) and (near := speller.nearest(word)):
            better = better.replace(word, near)
    if better == plain:
        return None
    n = match(session, Criteria(text=better), now).count()
    return (better, n) if n else None
