"""A block of composed letters goes into the database: log, contents, marks, in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import Table, insert, update

from jobscore import clock, config
from jobscore.accounts.models import User
from jobscore.database.bulk import insert_plain
from jobscore.digests import reading
from jobscore.digests.composing import Letter
from jobscore.digests.due import KIND, note_written
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import service as outbox
from jobscore.emails.compose import list_headers
from jobscore.emails.models import EmailType
from jobscore.extensions import db
from jobscore.matching.models import MatchingResult, MatchStatus

_DIGESTS = cast(Table, Digest.__table__)
_ITEMS = cast(Table, DigestItem.__table__)
_MATCHES = cast(Table, MatchingResult.__table__)
#: Columns of ``digest_items`` in the order in which they are written.
_COLUMNS = (
    "digest_id",
    "user_id",
    "job_id",
    "section",
    "position",
    "title",
    "company_name",
    "total_score",
    "components",
    "weights",
)
#: Ids in one IN list.
_CHUNK = 1_000


def write(on: date, letters: Sequence[Letter], *, is_held: bool) -> tuple[int, int]:
    """Log letters, keep what is in them, mark their matches; return letters and jobs. Flushes.

    Who is not due any more (a consent withdrawn, a letter by another builder) gets none.

    :raises IntegrityError: when another builder wrote one of them at the same moment, or a job
        was deleted since.
    """
    ids = [letter.user_id for letter in letters]
    due = reading.due(on).with_only_columns(User.id).where(User.id.in_(ids))
    still = set(db.session.scalars(due))
    letters = [letter for letter in letters if letter.user_id in still]
    if not letters:
        return 0, 0
    now = clock.now()
    digest_ids = _write_digests(on, letters, now, is_held=is_held)
    rows = [
        (
            digest_ids[letter.user_id],
            letter.user_id,
            item.job_id,
            item.section,
            position,
            item.title,
            item.company,
            item.total,
            item.components,
            item.weights,
        )
        for letter in letters
        for position, item in enumerate(letter.items, start=1)
    ]
    insert_plain(db.session(), _ITEMS, _COLUMNS, rows)
    _mark_sent([item.match_id for letter in letters for item in letter.items], now)
    note_written([letter.user_id for letter in letters])
    return len(letters), len(rows)


def _write_digests(
    on: date, letters: Sequence[Letter], now: datetime, *, is_held: bool
) -> dict[int, int]:
    """Put letters into the outbox with their digests; return the digests' ids by person."""
    logged = outbox.enqueue_all([_draft(letter, is_held=is_held) for letter in letters])
    rows = [
        {
            "user_id": letter.user_id,
            "digest_on": on,
            "kind": KIND,
            "email_log_id": row.id,
            "policy_version": letter.policy_version,
            "created_at": now,
        }
        for letter, row in zip(letters, logged, strict=True)
    ]
    statement = insert(_DIGESTS).returning(_DIGESTS.c.user_id, _DIGESTS.c.id)
    return {row.user_id: row.id for row in db.session.execute(statement, rows)}


def _draft(letter: Letter, *, is_held: bool) -> outbox.Draft:
    return outbox.Draft(
        email_type=EmailType.DIGEST,
        recipient=letter.email,
        subject=letter.subject,
        text=letter.text_z,
        html=letter.html_z,
        locale=letter.locale,
        user_id=letter.user_id,
        headers=list_headers(KIND, letter.unsubscribe_url, config.current().public_url),
        is_held=is_held,
    )


def _mark_sent(match_ids: Sequence[int], now: datetime) -> None:
    for start in range(0, len(match_ids), _CHUNK):
        db.session.execute(
            update(_MATCHES)
            .where(
                _MATCHES.c.id.in_(match_ids[start : start + _CHUNK]),
                _MATCHES.c.match_status == MatchStatus.PENDING,
            )
            .values(match_status=MatchStatus.SENT, sent_at=now)
        )
