"""One match as a card of a list."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from jobscore.jobs import cards
from jobscore.matching import wording
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.matching.reasons import shown_points, shown_total
from jobscore.scoring import service as scores
from jobscore.scoring.policy import COMPONENTS
from jobscore.web.i18n import current_language


@dataclass(frozen=True, slots=True)
class MatchCard:
    """One match in the list: the job's card, its score, and what may be answered."""

    match_id: int
    card: cards.Card
    badges: list[tuple[str, str]]
    score: int
    parts: list[dict[str, Any]]
    note: str
    reason: str
    is_hidden: bool
    is_saved: bool
    is_applied: bool


def card(match: MatchingResult) -> MatchCard:
    """Return a match as its card, in the reader's language."""
    score = match.job_score
    shown = cards.card(match.job, scores.today(), current_language())
    badges = list(shown.badges)
    if match.is_applied:
        badges.append((gettext("Applied"), "success"))
    elif match.is_viewed:
        badges.append((gettext("Seen"), "neutral"))
    if match.is_fill_up:
        badges.append((gettext("Next best overall"), "neutral"))
    points = zip(COMPONENTS, scores.basis_points(score), strict=True)
    judged = round(score.coverage * 100)
    return MatchCard(
        match_id=match.id,
        card=shown,
        badges=badges,
        score=shown_total(scores.total_units(score)),
        parts=[
            {
                "label": wording.component_label(component),
                "score": shown_points(value),
                "note": wording.unjudged_note(component),
            }
            for component, value in points
        ],
        note=gettext("%(percent)s%% judged", percent=judged) if judged < 100 else "",
        reason=wording.reason_text(match.recommendation_reason),
        is_hidden=match.match_status is MatchStatus.DISMISSED,
        is_saved=match.saved_at is not None,
        is_applied=match.is_applied,
    )
