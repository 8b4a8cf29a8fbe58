"""What a person's letter of a day has in common with the one before, out of the database."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.digests import reading
from jobscore.digests.composing import above_minimum
from jobscore.digests.difference import Compared, Entry, Listed, Why, difference
from jobscore.digests.due import KIND
from jobscore.digests.models import Digest, DigestItem
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import days
from jobscore.matching.models import MatchingResult, MatchStatus

_ANSWERED = frozenset({MatchStatus.SAVED, MatchStatus.APPLIED, MatchStatus.DISMISSED})


def compare(user_id: int, on: date) -> Compared | None:
    """Hold the letter that a person's matches of a day make against their letter before it.

    Where no letter went out on the day of the list before, that list stands in for it: so the
    difference is that to what the person saw last. None where there is no letter of the day, or
    nothing before it.
    """
    today = entries_of(user_id, on)
    if not today:
        return None
    letter = _letter_before(user_id, on)
    listed_on = days.day_before(user_id, on)
    if letter is None and listed_on is None:
        return None
    if letter is not None and (listed_on is None or letter.digest_on >= listed_on):
        before = [_entry(item) for item in letter.items]
        on_before, is_letter = letter.digest_on, True
    else:
        on_before, is_letter = listed_on or on, False
        before = _list_before(user_id, on_before)
    why = _why(user_id, before, on)
    return Compared(on, on_before, is_letter, difference(today, before, why))


def entries_of(user_id: int, on: date) -> list[Entry]:
    """Return what stands in a person's letter of a day, or would, in its order."""
    people = reading.people_of(reading.everyone().where(User.id == user_id))
    if not people:
        return []
    found = reading.choices_of(people, on, is_preview=True).get(user_id, [])
    return [
        Entry(pick.posting.id, pick.posting.title, pick.posting.company, pick.section, pick.total)
        for pick in (choice.pick for choice in above_minimum(found, people[0].minimum))
    ]


def _letter_before(user_id: int, on: date) -> Digest | None:
    return db.session.scalars(
        select(Digest)
        .where(Digest.user_id == user_id, Digest.kind == KIND, Digest.digest_on < on)
        .where(Digest.items.any())
        .order_by(Digest.digest_on.desc())
        .limit(1)
        .options(selectinload(Digest.items))
    ).one_or_none()


def _entry(item: DigestItem) -> Entry:
    """Return a job of a letter that left; one deleted since has a number that no job has."""
    job_id = -item.id if item.job_id is None else item.job_id
    return Entry(job_id, item.title, item.company_name, item.section, item.total_score)


def _list_before(user_id: int, on: date) -> list[Entry]:
    return [
        Entry(
            match.job_id,
            match.job.title,
            match.job.company_name,
            match.section,
            match.job_score.total_score,
        )
        for match in days.list_of(user_id, on)
    ]


def _why(user_id: int, jobs: Sequence[Listed], on: date) -> Mapping[int, Why]:
    """Return why each of some jobs would not be in a letter of a day."""
    ids = [job.job_id for job in jobs]
    sent = set(
        db.session.scalars(
            select(DigestItem.job_id)
            .join(Digest, Digest.id == DigestItem.digest_id)
            .where(DigestItem.user_id == user_id, DigestItem.job_id.in_(ids))
            .where(Digest.digest_on < on)
        )
    )
    answered = set(
        db.session.scalars(
            select(MatchingResult.job_id).where(
                MatchingResult.user_id == user_id,
                MatchingResult.job_id.in_(ids),
                MatchingResult.match_status.in_(_ANSWERED),
            )
        )
    )
    now = clock.now()
    still_open = {
        job_id
        for job_id, expires_at in db.session.execute(
            select(Job.id, Job.expires_at).where(Job.id.in_(ids), Job.is_active)
        )
        if expires_at is None or expires_at > now
    }
    return {
        job_id: Why.SENT
        if job_id in sent
        else Why.ANSWERED
        if job_id in answered
        else Why.OUTRANKED
        if job_id in still_open
        else Why.CLOSED
        for job_id in ids
    }
