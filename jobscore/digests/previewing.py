"""The letter of a person's matches as it would be, beside the list before it. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from jobscore.accounts.models import DigestFrequency, Profile, User
from jobscore.digests import due, service
from jobscore.digests.difference import Compared, Entry, Why, difference
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import suppression
from jobscore.emails.models import EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import days
from jobscore.matching.models import MatchingResult, MatchStatus

_ANSWERED = frozenset({MatchStatus.SAVED, MatchStatus.APPLIED, MatchStatus.DISMISSED})


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter that may never leave; ``letter`` is None on a day without matches.

    :ivar is_due: the person wants a letter on that day and has none yet.
    :ivar is_suppressed: the address is on the suppression list.
    :ivar sent_log_id: the letter of that day in the log, where one was written.
    :ivar compared: held against the list before; None where there was none.
    """

    person: User
    frequency: DigestFrequency
    minimum: int
    locale: str
    letter: Rendered | None
    is_due: bool
    is_suppressed: bool
    sent_log_id: int | None
    compared: Compared | None


def preview_of(user_id: int, on: date) -> Preview | None:
    """Return the letter of a day as it would be for a person; None when there is nobody."""
    row = db.session.execute(
        select(User, Profile).join(Profile, Profile.user_id == User.id).where(User.id == user_id)
    ).one_or_none()
    if row is None:
        return None
    person, profile = row
    letter = service.preview(user_id, on)
    return Preview(
        person=person,
        frequency=profile.digest_frequency,
        minimum=profile.digest_min_score,
        locale=profile.locale,
        letter=letter,
        is_due=_is_due(user_id, on),
        is_suppressed=person.email in suppression.suppressed({person.email}, EmailType.DIGEST),
        sent_log_id=db.session.scalar(
            select(Digest.email_log_id).where(
                Digest.user_id == user_id, Digest.digest_on == on, Digest.kind == due.KIND
            )
        ),
        compared=compare(user_id, on) if letter else None,
    )


def _is_due(user_id: int, on: date) -> bool:
    wanted = select(User.id).join(Profile, Profile.user_id == User.id)
    wanted = wanted.where(User.id == user_id, due.is_due(on))
    return db.session.scalar(wanted) is not None


def compare(user_id: int, on: date) -> Compared | None:
    """Hold a day's list against the one before; None where there was none."""
    before_on = days.day_before(user_id, on)
    if before_on is None:
        return None
    today, yesterday = (_entries(days.list_of(user_id, day), day) for day in (on, before_on))
    gone = {one.job_id for one in yesterday} - {one.job_id for one in today}
    found = difference(today, yesterday, _why(user_id, gone))
    return Compared(on, before_on, _had_letter(user_id, before_on), found)


def _entries(matches: Sequence[MatchingResult], on: date) -> list[Entry]:
    return [
        Entry(
            match.job_id,
            match.job.title,
            match.job.company_name,
            match.section if match.match_on == on else "",
            match.job_score.total_score,
        )
        for match in matches
    ]


def _had_letter(user_id: int, on: date) -> bool:
    wanted = select(Digest.id).where(Digest.user_id == user_id, Digest.digest_on == on)
    return db.session.scalar(wanted.limit(1)) is not None


def _why(user_id: int, job_ids: set[int]) -> Mapping[int, Why]:
    """Return why each of these jobs stands in the list no more, the plainest reason first."""
    if not job_ids:
        return {}
    rows = db.session.execute(
        select(Job.id, Job.is_active, MatchingResult.match_status, DigestItem.id)
        .outerjoin(
            MatchingResult,
            (MatchingResult.job_id == Job.id) & (MatchingResult.user_id == user_id),
        )
        .outerjoin(DigestItem, (DigestItem.job_id == Job.id) & (DigestItem.user_id == user_id))
        .where(Job.id.in_(job_ids))
    )
    return {job: _reason(is_open, status, item) for job, is_open, status, item in rows}


def _reason(is_open: bool, status: MatchStatus | None, item: int | None) -> Why:
    if item is not None:
        return Why.SENT
    if status in _ANSWERED:
        return Why.ANSWERED
    return Why.OUTRANKED if is_open else Why.CLOSED
