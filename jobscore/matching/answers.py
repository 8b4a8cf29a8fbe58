"""What people answer to a job: save, hide, applied, block the company, and undo each.

Hidden is one thing, whatever was said about it: a row of `feedback` of the kind hide, or, once a
reason is told, not interested (docs/decisions/0037). Undoing any answer brings back the state that
the remaining ones make, so that nothing has to be remembered for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import (
    Feedback,
    FeedbackKind,
    HideReason,
    MatchingResult,
    MatchStatus,
    Outcome,
)
from jobscore.scoring import service
from jobscore.scoring.frames import company_key

LONGEST_NOTE: Final = 200
"""Characters of what people write beside a reason."""
_HIDING: Final = (FeedbackKind.HIDE, FeedbackKind.NOT_INTERESTED)


class MatchNotFoundError(LookupError):
    """A person has no such match."""


class FeedbackNotFoundError(LookupError):
    """A person has given no such answer."""


class NoteTooLongError(ValueError):
    """What somebody wrote beside a reason has more than `LONGEST_NOTE` characters."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a person's lists have to know of their answers."""

    hidden: Mapping[int, Feedback]
    """By job."""
    companies: frozenset[str]
    """`company_key` of the blocked ones."""

    def is_blocked(self, company: str) -> bool:
        """Tell whether jobs of a company, by its name, are blocked."""
        return bool(self.companies) and company_key(company) in self.companies


def _session() -> Session:
    return cast(Session, db.session())


def given(user_id: int, job_ids: Iterable[int]) -> Given:
    """Return what a person answered that holds: which of some jobs are hidden, whom they block."""
    query = select(Feedback).where(
        Feedback.user_id == user_id,
        Feedback.undone_at.is_(None),
        or_(
            Feedback.kind == FeedbackKind.BLOCK_COMPANY,
            and_(Feedback.kind.in_(_HIDING), Feedback.job_id.in_(sorted(job_ids))),
        ),
    )
    found = _session().scalars(query).all()
    keys = {company_key(a.company_name or "") for a in found if a.job_id is None}
    return Given(
        hidden={a.job_id: a for a in found if a.job_id is not None},
        companies=frozenset(keys - {""}),
    )


def get_match(user_id: int, match_id: int) -> MatchingResult:
    """Return a person's own match; raises MatchNotFoundError for anybody else's."""
    match = _session().get(MatchingResult, match_id)
    if match is None or match.user_id != user_id:
        raise MatchNotFoundError(match_id)
    return match


def match_of_job(user_id: int, job_id: int) -> MatchingResult | None:
    """Return a person's match of a job; None where it was never chosen for them."""
    return _session().scalar(
        select(MatchingResult).where(
            MatchingResult.user_id == user_id, MatchingResult.job_id == job_id
        )
    )


def note_viewed(match: MatchingResult) -> None:
    """Mark a match as viewed, the first time only. Flushes."""
    if not match.is_viewed:
        match.is_viewed, match.viewed_at = True, clock.now()
        _session().flush()


def save(match: MatchingResult) -> None:
    """Keep a match in the person's saved list. Flushes."""
    match.saved_at = match.saved_at or clock.now()
    _settle(match)


def unsave(match: MatchingResult) -> None:
    """Take a match out of the saved list. Flushes."""
    match.saved_at = None
    _settle(match)


def mark_applied(match: MatchingResult) -> None:
    """Note that the person applied to the job; it is not chosen again. Flushes.

    What they noted of an earlier application stays.
    """
    match.is_applied, match.applied_at = True, match.applied_at or clock.now()
    match.applied_on = match.applied_on or service.today()
    match.application_outcome = match.application_outcome or Outcome.WAITING
    match.apply_ask_on = None
    _settle(match)


def unmark_applied(match: MatchingResult) -> None:
    """Take back that the person applied; their notes are kept for the case of an error. Flushes."""
    match.is_applied, match.applied_at = False, None
    _settle(match)


def note_apply_click(match: MatchingResult) -> None:
    """Note that the person goes to the posting's own page, to be asked later. Flushes."""
    match.apply_clicked_at = clock.now()
    match.apply_ask_on = None if match.is_applied else service.today()
    _session().flush()


def ask_later(match: MatchingResult) -> None:
    """Ask again tomorrow whether the person applied. Flushes."""
    match.apply_ask_on = service.today() + timedelta(days=1)
    _session().flush()


def ask_no_more(match: MatchingResult) -> None:
    """Take no as the answer to whether the person applied. Flushes."""
    match.apply_ask_on = None
    _session().flush()


def ask_again(match: MatchingResult) -> None:
    """Take back an answer to whether the person applied. Flushes."""
    match.apply_ask_on = None if match.is_applied else service.today()
    _session().flush()


def to_ask(user_id: int) -> MatchingResult | None:
    """Return the newest match of which a person is to be asked whether they applied."""
    query = (
        select(MatchingResult)
        .where(
            MatchingResult.user_id == user_id,
            MatchingResult.apply_ask_on <= service.today(),
            MatchingResult.is_applied.is_(False),
        )
        .options(joinedload(MatchingResult.job))
        .order_by(MatchingResult.apply_clicked_at.desc(), MatchingResult.id.desc())
        .limit(1)
    )
    return _session().scalar(query)


def hide(
    match: MatchingResult, reason: HideReason | None = None, note: str | None = None
) -> Feedback:
    """Never choose this job for the person again, until undone. Flushes.

    Said again with a reason, the answer gets it: a hidden job becomes one of no interest.

    :raises NoteTooLongError: for a longer note than fits.
    """
    if note and len(note) > LONGEST_NOTE:
        raise NoteTooLongError(len(note))
    answers = _hiding(match.user_id, match.job_id)
    answer = answers[0] if answers else Feedback(user_id=match.user_id, job_id=match.job_id)
    if reason is not None or not answers:
        answer.kind = FeedbackKind.HIDE if reason is None else FeedbackKind.NOT_INTERESTED
        answer.reason, answer.note = reason, note or None
    _session().add(answer)
    _session().flush()
    _settle(match)
    return answer


def unhide(match: MatchingResult) -> None:
    """Take back a hidden job. Flushes."""
    for answer in _hiding(match.user_id, match.job_id):
        answer.undone_at = clock.now()
    _session().flush()
    _settle(match)


def get_feedback(user_id: int, feedback_id: int) -> Feedback:
    """Return a person's own answer; raises FeedbackNotFoundError for anybody else's."""
    answer = _session().get(Feedback, feedback_id)
    if answer is None or answer.user_id != user_id:
        raise FeedbackNotFoundError(feedback_id)
    return answer


def undo(answer: Feedback) -> None:
    """Take back an answer, and every other that says the same. Flushes."""
    same = [answer]
    if answer.kind is FeedbackKind.BLOCK_COMPANY:
        same += _blocks(answer.user_id, answer.company_name or "")
    elif answer.job_id is not None:
        same += _hiding(answer.user_id, answer.job_id)
    for one in same:
        one.undone_at = one.undone_at or clock.now()
    _session().flush()
    _settle_of(answer)


def redo(answer: Feedback) -> Feedback:
    """Let an undone answer hold again, as a new one of now: runs look at what was said since.

    One that holds is returned as it is. Flushes.
    """
    if answer.undone_at is None:
        return answer
    again = Feedback(
        user_id=answer.user_id,
        job_id=answer.job_id,
        company_name=answer.company_name,
        kind=answer.kind,
        reason=answer.reason,
        note=answer.note,
    )
    _session().add(again)
    _session().flush()
    _settle_of(again)
    return again


def _settle_of(answer: Feedback) -> None:
    """Set the status of the match that an answer is about, where there is one."""
    if answer.job_id is None:
        return
    match = match_of_job(answer.user_id, answer.job_id)
    if match is not None:
        _settle(match)


def block_company(match: MatchingResult) -> None:
    """Never choose jobs of this job's company for the person again, until undone. Flushes."""
    company = _company(match)
    if not _blocks(match.user_id, company):
        _session().add(
            Feedback(user_id=match.user_id, company_name=company, kind=FeedbackKind.BLOCK_COMPANY)
        )
        _session().flush()


def unblock_company(match: MatchingResult) -> None:
    """Take back a blocked company. Flushes."""
    for answer in _blocks(match.user_id, _company(match)):
        answer.undone_at = clock.now()
    _session().flush()


def is_company_blocked(match: MatchingResult) -> bool:
    """Tell whether the person blocked the company of this job."""
    return bool(_blocks(match.user_id, _company(match)))


def _company(match: MatchingResult) -> str:
    return str(_session().scalar(select(Job.company_name).where(Job.id == match.job_id)) or "")


def _blocks(user_id: int, company: str) -> list[Feedback]:
    """Return what blocks a company, however its name was written then."""
    query = select(Feedback).where(
        Feedback.user_id == user_id,
        Feedback.kind == FeedbackKind.BLOCK_COMPANY,
        Feedback.undone_at.is_(None),
    )
    key = company_key(company)
    return [a for a in _session().scalars(query) if company_key(a.company_name or "") == key]


def _hiding(user_id: int, job_id: int) -> list[Feedback]:
    query = select(Feedback).where(
        Feedback.user_id == user_id,
        Feedback.kind.in_(_HIDING),
        Feedback.job_id == job_id,
        Feedback.undone_at.is_(None),
    )
    return list(_session().scalars(query))


def _settle(match: MatchingResult) -> None:
    """Set the status that follows from what was answered: the strongest answer counts."""
    if match.is_applied:
        status = MatchStatus.APPLIED
    elif _hiding(match.user_id, match.job_id):
        status = MatchStatus.DISMISSED
    elif match.saved_at is not None:
        status = MatchStatus.SAVED
    elif match.sent_at is not None:
        status = MatchStatus.SENT
    else:
        is_current = match.match_on >= service.today()
        status = MatchStatus.PENDING if is_current else MatchStatus.EXPIRED
    match.match_status = status
    _session().flush()
