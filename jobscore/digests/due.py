"""Who is due a letter on a day: what a person decided, and what they had already."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from jobscore import config
from jobscore.accounts import consents
from jobscore.accounts.models import ConsentKind, LetterPace, Profile, User
from jobscore.digests import pace
from jobscore.digests.models import Digest
from jobscore.extensions import db

KIND = "digest"


def is_due(on: date) -> ColumnElement[bool]:
    """Return the condition under which a person wants a letter on that day and has none yet.

    It is for queries that join users with their profiles.
    """
    is_confirmed: ColumnElement[bool] = User.email_verified_at.is_not(None)
    if config.current().demo:
        is_confirmed = true()
    return and_(
        User.is_active.is_(True),
        consents.holds(ConsentKind.DIGEST),
        ~_had_letter(on, 1),
        _is_time(on),
        or_(Profile.snoozed_until.is_(None), Profile.snoozed_until <= on),
        is_confirmed,
    )


def unvisited() -> ColumnElement[int]:
    """Return how many letters a person was written since their last visit, as a column.

    0 for who wants letters as often as chosen in any case. For queries of users.
    """
    kept: ScalarSelect[Any] = (
        select(LetterPace.unvisited)
        .where(LetterPace.user_id == User.id, LetterPace.is_steady.is_(False))
        .scalar_subquery()
    )
    return func.coalesce(kept, 0)


def note_written(user_ids: Sequence[int]) -> None:
    """Count one more letter without a visit for each of these people. Flushes.

    :raises sqlalchemy.exc.IntegrityError: when another builder began somebody's count meanwhile.
    """
    if not user_ids:
        return
    mine = LetterPace.user_id.in_(user_ids)
    known = set(db.session.scalars(select(LetterPace.user_id).where(mine)))
    new = [{"user_id": user_id} for user_id in user_ids if user_id not in known]
    if new:
        db.session.execute(insert(LetterPace), new)
    db.session.execute(
        update(LetterPace)
        .where(mine)
        .values(unvisited=LetterPace.unvisited + 1)
        .execution_options(synchronize_session=False)
    )


def last_on(user_id: int) -> date | None:
    """Return the day of a person's last letter, or None."""
    query = select(func.max(Digest.digest_on))
    return db.session.scalar(query.where(Digest.user_id == user_id, Digest.kind == KIND))


def _is_time(on: date) -> ColumnElement[bool]:
    """Return the condition that by its pace the person's letter is due."""
    counted = unvisited()
    ways = []
    for chosen, steps in pace.STEPS.items():
        ends = [least for least, _ in steps[1:]]
        for (least, step), end in zip(steps, [*ends, None], strict=True):
            way: list[ColumnElement[bool]] = [Profile.digest_frequency == chosen]
            if least:
                way.append(counted >= least)
            if end is not None:
                way.append(counted < end)
            if pace.DAYS[step] > 1:
                way.append(~_had_letter(on, pace.DAYS[step]))
            ways.append(and_(*way))
    return or_(*ways)


def _had_letter(on: date, days: int) -> ColumnElement[bool]:
    """Return the condition that a letter was written on that day or the days before it."""
    return exists().where(
        Digest.user_id == User.id,
        Digest.digest_on > on - timedelta(days=days),
        Digest.digest_on <= on,
        Digest.kind == KIND,
    )
