"""One match explained, and which skills would open most jobs."""

from flask import render_template
from flask_login import current_user

from jobscore.database.transaction import transaction
from jobscore.jobs import cards
from jobscore.matching import answers, complaints, explaining, history, opening, wording
from jobscore.matching.views.blueprint import bp, own
from jobscore.matching.views.complaining import shown
from jobscore.matching.views.match_cards import card
from jobscore.web.access import signed_in


@bp.get("/me/skills")
@signed_in
def skills() -> str:
    """Show which skills would open most jobs for the reader."""
    return render_template("matching/skills.html", found=opening.skill_openings(current_user.id))


@bp.get("/matches/<int:match_id>")
@signed_in
def show(match_id: int) -> str | tuple[str, int]:
    """Explain one match: parts that add up, evidence, what would change it. Marks it as viewed."""
    match = own(match_id)
    if match.job.held_at is not None:
        return render_template("jobs/held.html", job=match.job), 410
    if not match.is_viewed:
        with transaction():
            answers.note_viewed(own(match_id))
        match = own(match_id)
    one = explaining.explain_match(match)
    return render_template(
        "matching/show.html",
        match=match,
        one=one,
        picture=wording.adding_up([(row.label, row.share) for row in one.rows if row.share]),
        history=history.history_of(match),
        complaints=[shown(said) for said in complaints.of_match(match)],
        card=card(match),
        is_blocked=answers.is_company_blocked(match),
        company=cards.company(match.job),
    )
