"""Why a job was chosen, and what would change it. Pure; everything comes from the engine's numbers.

Everything is message ids with numbers, so that page and letter say the same thing in the reader's
language; the words stand in `jobscore.matching.wording`.

`parts` adds up to the shown total, `evidence` holds what was compared, `sentences` chooses what is
said, `work` names the titles and the first lines, `small_changes` finds the three smallest changes
of the profile, `skill_openings` counts the jobs that one more skill would open.
"""

from jobscore.matching.reasons.evidence import (
    Evidence,
    confidence,
    evidence_json,
    gather_evidence,
    helpful_answers,
)
from jobscore.matching.reasons.parts import Part, parts_table, shown_points, shown_total
from jobscore.matching.reasons.sentences import (
    FAIR,
    NAMED,
    STRONG,
    WEAK,
    Message,
    from_text,
    messages,
    reason,
    to_text,
)
from jobscore.matching.reasons.skill_openings import Opening, Openings, Scope, openings
from jobscore.matching.reasons.small_changes import Change, Effort, changes
from jobscore.matching.reasons.work import Posting, Source, sources, work_messages

__all__ = [
    "FAIR",
    "NAMED",
    "STRONG",
    "WEAK",
    "Change",
    "Effort",
    "Evidence",
    "Message",
    "Opening",
    "Openings",
    "Part",
    "Posting",
    "Scope",
    "Source",
    "changes",
    "confidence",
    "evidence_json",
    "from_text",
    "gather_evidence",
    "helpful_answers",
    "messages",
    "openings",
    "parts_table",
    "reason",
    "shown_points",
    "shown_total",
    "sources",
    "to_text",
    "work_messages",
]
