"""Find open jobs: words, place, pay and the rest, in several orders, page by page.

The database's word index says which postings hold the words (``word_index``); everything
else is computed from columns in memory (``columns``, ``matching``), which follow every write
(``indexing``).
"""

from jobscore.jobs.search.criteria import (
    NOT_STATED,
    Counts,
    Criteria,
    Hit,
    Sort,
    is_open,
    is_open_at,
)
from jobscore.jobs.search.facets import Facets, PayPicture, alternatives, facets, pay_picture
from jobscore.jobs.search.finding import (
    FOR_CARDS,
    LOADED,
    admin_list,
    best_of_group,
    count,
    count_each,
    counts,
    find,
    page,
)
from jobscore.jobs.search.likeness import similar
from jobscore.jobs.search.matching import Matches, match
from jobscore.jobs.search.suggesting import complete, other_spelling
from jobscore.jobs.search.tokens import MOST_WORDS, words

__all__ = [
    "FOR_CARDS",
    "LOADED",
    "MOST_WORDS",
    "NOT_STATED",
    "Counts",
    "Criteria",
    "Facets",
    "Hit",
    "Matches",
    "PayPicture",
    "Sort",
    "admin_list",
    "alternatives",
    "best_of_group",
    "complete",
    "count",
    "count_each",
    "counts",
    "facets",
    "find",
    "is_open",
    "is_open_at",
    "match",
    "other_spelling",
    "page",
    "pay_picture",
    "similar",
    "words",
]
