"""The plain loop over pairs: the specification, as it stands and with all that pairs share kept.

The specification works everything out anew for each pair. `remembering` keeps what a careful
person would keep in dictionaries: of titles and postings (words, terms, vectors), of jobs (shares
of skills), and of the person at hand (points by place, pay, demand, style and title). The
formulas are those of the specification, whatever they are.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from jobscore.scoring.frames import JobRow, Profile
from jobscore.scoring.policy import Policy
from tests.scoring import specification
from tests.scoring.specification import World

Parts = dict[tuple[int, int], tuple[int, ...]]


def of_one(world: World, person: Profile) -> World:
    """Return the world with only the skill relations that can matter to a person.

    The specification walks through all of them for each pair of skills; no one would do that.
    """
    own = World.__new__(World)
    own.__dict__.update(vars(world))
    own.links = [
        k for k in world.links if k.narrower in person.skills or k.broader in person.skills
    ]
    return own


def score(people: Sequence[Profile], rows: Sequence[JobRow], world: World, policy: Policy) -> Parts:
    """Score every pair of these by the specification: components, total, order, one by one."""
    scored: Parts = {}
    for person in people:
        own = of_one(world, person)
        for row in rows:
            parts = specification.components(person, row, own, policy)
            weights = person.weights or policy.weights
            specification.total(parts, weights)
            specification.rank_points(parts, weights, policy.neutral)
            scored[person.user_id, row.id] = parts
    return scored


def _kept(work: Callable[..., Any], key: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[Any, Any] = {}

    def remembered(*given: Any) -> Any:
        at = key(*given)
        if at not in known:
            known[at] = work(*given)
        return known[at]

    return remembered


@contextmanager
def remembering(*, only_vectors: bool = False) -> Iterator[None]:
    """Let the specification remember, until the block ends, what several pairs have in common."""
    keys: dict[str, Callable[..., Any]] = {
        "gram_vector": lambda words, world, *formula: (words, *formula)
    }
    if not only_vectors:
        keys |= {
            "tokens": lambda title: title,
            "terms": lambda words: words,
            "idf": lambda df, count: (df, count),
            "cosine": lambda mine, theirs, world, *formula: (mine, theirs, *formula),
            "skill_shares": lambda row, world, policy: row.id,
            "skill_credit": lambda person, asked, world, policy: (person.user_id, asked),
            "location": lambda person, row, policy: (person.user_id, row.point, row.remote),
            "salary": lambda person, row, policy: (
                person.user_id, row.pay_min, row.pay_max, row.pay_period, row.pay_currency
            ),
            "experience": lambda person, row, policy: (
                person.user_id, row.years_min, row.years_max, row.level, row.no_experience_ok
            ),
            "culture_fit": lambda person, row, world, policy: (
                person.user_id, frozenset(world.said[row.id].items())
            ),
        }  # fmt: skip
    kept = {
        name: _kept(work, key)
        for name, key in keys.items()
        if (work := getattr(specification, name, None)) is not None
    }
    words = {
        name: _kept(getattr(Profile, name), lambda person: person.user_id)
        for name in ("own_title_words", "seen_title_words")
    }
    with patch.multiple(specification, **kept), patch.multiple(Profile, **words):
        yield
