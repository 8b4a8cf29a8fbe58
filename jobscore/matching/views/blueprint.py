"""What the pages of this feature share: the blueprint, and the reader's own matches."""

from flask import Blueprint, abort
from flask_login import current_user

from jobscore.matching import answers
from jobscore.matching.models import MatchingResult

bp = Blueprint("matching", __name__)


def own(match_id: int) -> MatchingResult:
    """Return a match of the reader; anybody else's is not found (404)."""
    try:
        return answers.get_match(current_user.id, match_id)
    except answers.MatchNotFoundError:
        abort(404)
