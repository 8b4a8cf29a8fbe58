"""The life of policies: draft, edit, delete, activate, roll back; who did it and when.

A version that is or was live is never rewritten: scores and letters refer to it. Exactly one is
live, held by the index `uq_score_policies_one_active`. Services flush, never commit.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.accounts import audit
from jobscore.accounts.models import Profile, User
from jobscore.extensions import db
from jobscore.scoring import policy_fields, semantic
from jobscore.scoring.models import PolicyChange, PolicyChangeKind, PolicyStatus, ScorePolicy
from jobscore.scoring.policy import BUILT_IN, COMPONENTS, Policy, PolicyError, PolicyProblem

MOST_TEXT: Final = 2_000
"""Characters of what changes and why."""
RESERVED: Final = frozenset({"live"})
"""What commands call the version in force."""
MOST_JSON: Final = 100_000
"""Characters of a policy as JSON."""


class PolicyNotFoundError(LookupError):
    """There is no such version."""


class NotADraftError(RuntimeError):
    """Only a draft may be edited or deleted: this version is or was live."""


class DraftChangedError(RuntimeError):
    """Somebody else saved the draft since it was read."""


class AlreadyLiveError(RuntimeError):
    """The version is live already."""


class LiveChangedError(RuntimeError):
    """Another version than the one that was seen is live now."""


class NothingToRollBackError(RuntimeError):
    """No version was live before this one, as far as is known."""


def _session() -> Session:
    return cast(Session, db.session())


# ---- reading ---------------------------------------------------------------------------------


def get_policy(policy_id: int) -> ScorePolicy:
    """Return a version by its number; raises PolicyNotFoundError."""
    row = _session().get(ScorePolicy, policy_id)
    if row is None:
        raise PolicyNotFoundError(str(policy_id))
    return row


def find_version(version: str) -> ScorePolicy:
    """Return a version by its name; raises PolicyNotFoundError."""
    row = _session().scalar(select(ScorePolicy).where(ScorePolicy.version == version))
    if row is None:
        raise PolicyNotFoundError(version)
    return row


def rules_by_name(version: str) -> Policy:
    """Return a version as stored, else the built-in of that name; raises PolicyNotFoundError."""
    row = _session().scalar(select(ScorePolicy).where(ScorePolicy.version == version))
    if row is not None:
        return rules_of(row)
    for policy in BUILT_IN:
        if policy.version == version:
            return policy
    raise PolicyNotFoundError(version)


def rules_or_none(row: ScorePolicy) -> Policy | None:
    """Return a stored version as the engine reads it; None when the product does not know it."""
    try:
        return rules_of(row)
    except PolicyError:
        return None


def rules_of(row: ScorePolicy) -> Policy:
    """Return a stored version as the engine reads it; raises PolicyError when it is broken."""
    return Policy.from_json(row.definition)


def history() -> Sequence[PolicyChange]:
    """Return every change of the live version, newest first, versions and people loaded."""
    query = select(PolicyChange).options(
        joinedload(PolicyChange.policy),
        joinedload(PolicyChange.previous),
        joinedload(PolicyChange.user),
    )
    return _session().scalars(query.order_by(PolicyChange.id.desc())).all()


def version_before() -> ScorePolicy | None:
    """Return what a roll-back would make live again; None: there is nothing to go back to."""
    last = _session().scalar(select(PolicyChange).order_by(PolicyChange.id.desc()).limit(1))
    if last is None or last.policy.status is not PolicyStatus.ACTIVE:
        return None
    return last.previous


def fingerprint(row: ScorePolicy) -> str:
    """Return what tells two states of a draft apart."""
    state = json.dumps([row.version, row.text, row.definition], sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def suggested_version(source: str) -> str:
    """Return a free name for a version that follows another: 1.1 gives 1.1.1, then 1.1.2.

    The product's own versions have two numbers, so a later one of its does not meet this name.
    """
    taken = {*_session().scalars(select(ScorePolicy.version)), *(p.version for p in BUILT_IN)}
    stem, dot, last = source.rpartition(".")
    number = int(last) if dot and last.isdecimal() and "." in stem else 0
    stem = stem if number else source
    while True:
        number += 1
        name = f"{stem[: 19 - len(str(number))]}.{number}"
        if name not in taken:
            return name


def people_outside_bounds(policy: Policy) -> int:
    """Count people whose own weights a policy does not allow: they would get its weights."""
    found = 0
    rows = _session().scalars(
        select(Profile.weights)
        .join(User, User.id == Profile.user_id)
        .where(User.is_active, Profile.weights.is_not(None))
    )
    for own in rows:
        if own and set(own) == set(COMPONENTS):
            try:
                policy.with_own_weights([own[c] for c in COMPONENTS])
            except PolicyError:
                found += 1
    return found


# ---- drafts ----------------------------------------------------------------------------------


def create_draft(
    source: Policy,
    *,
    version: str,
    changes: Mapping[str, int] | None = None,
    text: str = "",
    created_by: int | None = None,
) -> ScorePolicy:
    """Add a draft: a copy of `source` under another name, with some numbers changed. Flushes.

    Raises PolicyError, which names everything that is wrong.
    """
    policy = _checked(source, version, changes or {}, text)
    session = _session()
    row = ScorePolicy(
        version=policy.version,
        status=PolicyStatus.DRAFT,
        definition=policy.to_json(),
        text=_plain(text),
        created_by=created_by,
    )
    _flush_named(row)
    audit.record("policy.drafted", f"policy:{row.version}", actor_id=created_by)
    session.flush()
    return row


def update_draft(
    policy_id: int,
    *,
    version: str,
    changes: Mapping[str, int],
    text: str,
    seen: str | None = None,
    changed_by: int | None = None,
) -> ScorePolicy:
    """Change a draft's name, numbers and text. Flushes.

    `seen` is its `fingerprint` as the caller read it; None: whatever it is now.

    Raises PolicyError, NotADraftError, DraftChangedError, PolicyNotFoundError.
    """
    row = _locked(policy_id)
    if row.status is not PolicyStatus.DRAFT:
        raise NotADraftError(row.version)
    if seen is not None and seen != fingerprint(row):
        raise DraftChangedError(row.version)
    policy = _checked(rules_of(row), version, changes, text, of=row)
    row.version, row.definition, row.text = policy.version, policy.to_json(), _plain(text)
    _flush_named(row)
    audit.record("policy.edited", f"policy:{row.version}", actor_id=changed_by)
    _session().flush()
    return row


def delete_draft(policy_id: int, *, deleted_by: int | None = None) -> None:
    """Delete a draft. Flushes. Raises NotADraftError, PolicyNotFoundError."""
    row = _locked(policy_id)
    if row.status is not PolicyStatus.DRAFT:
        raise NotADraftError(row.version)
    _session().delete(row)
    audit.record("policy.deleted", f"policy:{row.version}", actor_id=deleted_by)
    _session().flush()


def _checked(
    source: Policy,
    version: str,
    changes: Mapping[str, int],
    text: str,
    of: ScorePolicy | None = None,
) -> Policy:
    """Return the policy that a draft would hold; raise PolicyError with all that is wrong."""
    problems: list[PolicyProblem] = []
    policy = None
    try:
        policy = policy_fields.with_values(source, changes, version)
    except PolicyError as error:
        problems += error.problems
    if len(_plain(text)) > MOST_TEXT:
        problems.append(PolicyProblem("text", "text_too_long", {"most": MOST_TEXT}))
    if version.casefold() in RESERVED:
        problems.append(PolicyProblem("version", "version_reserved"))
    problems += _missing_extras(policy)
    is_name = not any(p.where == "version" for p in problems)  # the database knows no other
    query = select(ScorePolicy.id).where(ScorePolicy.version == version)
    taken = _session().scalar(query) if is_name else None
    if taken is not None and (of is None or taken != of.id):
        problems.append(PolicyProblem("version", "version_taken"))
    elif policy is not None and any(p.version == version and p != policy for p in BUILT_IN):
        problems.append(PolicyProblem("version", "version_built_in"))
    if policy is None or problems:
        raise PolicyError(problems)
    return policy


def _plain(text: str) -> str:
    """Return text without what no database column keeps: control characters and half ones."""
    kept = (c for c in text if c in "\n\t" or c.isprintable())
    return "".join(kept).strip()


def _missing_extras(policy: Policy | None) -> list[PolicyProblem]:
    """Return what a policy wants that is not installed: with it no score could be computed."""
    if policy is None or not policy.parameters.semantic_share or semantic.is_installed():
        return []
    return [PolicyProblem("parameters.semantic_share", "needs_extra", {"extra": "semantic"})]


def _flush_named(row: ScorePolicy) -> None:
    """Write a row; a name that another transaction took meanwhile is a problem like any other."""
    try:
        with _session().begin_nested():
            _session().add(row)
    except IntegrityError as error:
        raise PolicyError([PolicyProblem("version", "version_taken")]) from error


# ---- JSON ------------------------------------------------------------------------------------


def read_json(text: str) -> Policy:
    """Read a policy as `export_json` writes it. Raises PolicyError, for any text."""
    try:
        if len(text) > MOST_JSON:
            raise PolicyError([PolicyProblem("policy", "not_a_mapping")])
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError([PolicyProblem("policy", "not_a_mapping")]) from error
    return Policy.from_json(data)


def export_json(policy: Policy) -> str:
    """Write a policy as JSON that `read_json` understands."""
    return json.dumps(policy.to_json(), indent=2, ensure_ascii=False)


# ---- live ------------------------------------------------------------------------------------


def activate(
    policy_id: int,
    *,
    instead_of: int | None = None,
    seen: str | None = None,
    changed_by: int | None = None,
) -> PolicyChange:
    """Make a version live and retire the one that was. Flushes.

    `instead_of` is the number of the live version as the caller saw it, 0 when there was none,
    and `seen` the `fingerprint` of the version; None: whatever they are now.

    Raises AlreadyLiveError, LiveChangedError, DraftChangedError, PolicyNotFoundError, PolicyError.
    """
    return _make_live(policy_id, PolicyChangeKind.ACTIVATED, instead_of, changed_by, seen)


def roll_back(
    *, instead_of: int | None = None, to: int | None = None, changed_by: int | None = None
) -> PolicyChange:
    """Make the version live again that was live before this one. Flushes.

    `instead_of` and `to` are the numbers of the live version and of the one before it as the
    caller saw them; None: whatever they are now.

    Rolling back twice undoes the roll-back; to go further back, activate that version.

    Raises NothingToRollBackError, LiveChangedError.
    """
    _lock_all()
    before = version_before()
    if before is None:
        raise NothingToRollBackError
    if to is not None and to != before.id:
        raise LiveChangedError(before.version)
    return _make_live(before.id, PolicyChangeKind.ROLLED_BACK, instead_of, changed_by)


def _make_live(
    policy_id: int,
    kind: PolicyChangeKind,
    instead_of: int | None,
    changed_by: int | None,
    seen: str | None = None,
) -> PolicyChange:
    session = _session()
    rows = {row.id: row for row in _lock_all()}
    row = rows.get(policy_id)
    if row is None:
        raise PolicyNotFoundError(str(policy_id))
    live = next((r for r in rows.values() if r.status is PolicyStatus.ACTIVE), None)
    if instead_of is not None and instead_of != (live.id if live else 0):
        raise LiveChangedError(live.version if live else "")
    if row is live:
        raise AlreadyLiveError(row.version)
    if seen is not None and seen != fingerprint(row):
        raise DraftChangedError(row.version)
    if problems := _missing_extras(rules_of(row)):
        raise PolicyError(problems)
    now = clock.now()
    if live is not None:
        live.status, live.active_to = PolicyStatus.RETIRED, now
        session.flush()  # first: at no moment are two live
    row.status, row.active_from, row.active_to = PolicyStatus.ACTIVE, now, None
    change = PolicyChange(
        policy=row, previous=live, kind=kind, changed_by=changed_by, changed_at=now
    )
    session.add(change)
    audit.record(
        f"policy.{kind}",
        f"policy:{row.version}",
        actor_id=changed_by,
        previous=live.version if live else None,
    )
    session.flush()
    return change


def _lock_all() -> Sequence[ScorePolicy]:
    """Return all versions as they are now, locked: changes of the live one wait for each other.

    On SQLite the transaction itself is the lock (`BEGIN IMMEDIATE`).
    """
    query = select(ScorePolicy).order_by(ScorePolicy.id).with_for_update()
    return _session().scalars(query, execution_options={"populate_existing": True}).all()


def _locked(policy_id: int) -> ScorePolicy:
    query = select(ScorePolicy).where(ScorePolicy.id == policy_id).with_for_update()
    row = _session().scalar(query, execution_options={"populate_existing": True})
    if row is None:
        raise PolicyNotFoundError(str(policy_id))
    return row
