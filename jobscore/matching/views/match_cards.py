"""One match as a card of a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from jobscore import clock
from jobscore.jobs import cards, search
from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.matching import answer_words, answers, days, wording
from jobscore.matching.answers import Given
from jobscore.matching.days import Since
from jobscore.matching.models import HideReason, MatchingResult, MatchStatus
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
    is_viewed: bool = False
    is_new: bool = False
    """Not in the list before today's."""
    is_open: bool = True
    is_blocked: bool = False
    """Of a company that the person blocked."""
    can_block: bool = True
    """The posting names its company."""
    hidden_because: str = ""
    """Why it is hidden, in words; empty where nobody said so."""
    dislikes_company: bool = False
    reasons: list[tuple[str, str]] = field(default_factory=list)
    """What may be said about hiding, as (value, words)."""
    has_url: bool = False

    @property
    def is_folded(self) -> bool:
        """Tell whether the list shows one line in its place."""
        return self.is_hidden or self.is_blocked


def cards_of(user_id: int, matches: Sequence[MatchingResult]) -> list[MatchCard]:
    """Return a person's matches as cards, with what they answered and what is new."""
    given = answers.given(user_id, [match.job_id for match in matches])
    since = days.since(user_id)
    return [card(match, given, since) for match in matches]


def card(
    match: MatchingResult, given: Given | None = None, since: Since | None = None
) -> MatchCard:
    """Return a match as its card, in the reader's language."""
    score = match.job_score
    shown = cards.card(match.job, scores.today(), current_language())
    is_open = search.is_open_at(match.job, clock.now())
    is_new = since is not None and since.is_new(match.id)
    judged = round(score.coverage * 100)
    hiding = given.hidden.get(match.job_id) if given else None
    company = match.job.company_name
    return MatchCard(
        match_id=match.id,
        card=shown,
        badges=_badges(match, shown, is_new=is_new, is_open=is_open),
        score=shown_total(scores.total_units(score)),
        parts=parts_of(match),
        note=gettext("%(percent)s%% judged", percent=judged) if judged < 100 else "",
        reason=wording.reason_text(match.recommendation_reason),
        is_hidden=match.match_status is MatchStatus.DISMISSED,
        is_saved=match.saved_at is not None,
        is_applied=match.is_applied,
        is_viewed=match.is_viewed,
        is_new=is_new,
        is_open=is_open,
        is_blocked=given is not None and given.is_blocked(company),
        can_block=company != COMPANY_NOT_STATED,
        hidden_because=answer_words.reason_words(hiding.reason) if hiding else "",
        dislikes_company=hiding is not None and hiding.reason == HideReason.COMPANY,
        reasons=[(str(one), str(said)) for one, said in answer_words.HIDE_REASONS.items()],
        has_url=cards.source_url(match.job) is not None,
    )


def parts_of(match: MatchingResult) -> list[dict[str, Any]]:
    """Return the parts of a match's score as the bars of a card."""
    points = zip(COMPONENTS, scores.basis_points(match.job_score), strict=True)
    return [
        {
            "label": wording.component_label(component),
            "score": shown_points(value),
            "note": wording.unjudged_note(component),
        }
        for component, value in points
    ]


def _badges(
    match: MatchingResult, shown: cards.Card, *, is_new: bool, is_open: bool
) -> list[tuple[str, str]]:
    """Return the badges of a match: new is what the list before did not hold."""
    badges = [(text, kind) for text, kind in shown.badges if kind != "accent"]
    if is_new:
        badges.insert(0, (gettext("New today"), "accent"))
    if not is_open:
        badges.append((gettext("Closed"), "warning"))
    if match.is_applied:
        badges.append((gettext("Applied"), "success"))
    elif match.is_viewed:
        badges.append((gettext("Seen"), "neutral"))
    if match.is_fill_up:
        badges.append((gettext("Next best overall"), "neutral"))
    return badges
