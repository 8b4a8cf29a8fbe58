"""Write drafts of people into accounts that wait for a yes. Flushes only; the run commits.

What a person typed always wins: an account of their own is never touched by a file. An account
that a file made and nobody has accepted yet is only filled where it is empty, and what was filled
is kept in mind, so that undoing the import can empty it again.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from jobscore import clock, config
from jobscore.accounts.models import (
    UNUSABLE,
    Consent,
    ConsentKind,
    HomePoint,
    Profile,
    RemoteWish,
    User,
    UserSkill,
    UserTitle,
)
from jobscore.emails import suppression
from jobscore.emails.models import EmailType
from jobscore.imports.people.drafting import PersonDraft
from jobscore.imports.people.models import OPEN, Invitation, PersonFill
from jobscore.vocabulary import service as vocabulary
from jobscore.vocabulary.models import Place


class Outcome(StrEnum):
    """What became of a draft."""

    NEW = "new"
    FILLED = "filled"  # an account that waits got answers that it did not have
    UNCHANGED = "unchanged"  # an account that waits has them all
    KNOWN = "known"  # an account of the person's own
    CLOSED = "closed"  # the address is on the suppression list


@dataclass(frozen=True, slots=True)
class Words:
    """Ids of the vocabulary as the database has them."""

    skills: Mapping[str, int]

    @classmethod
    def load(cls) -> "Words":
        """Read the ids of all skills."""
        return cls(vocabulary.skill_ids())


@dataclass(slots=True)
class _Batch:
    """What one batch needs to know."""

    session: Session
    import_id: int
    recorded_by: int | None
    words: Words
    places: dict[str, Place] = field(default_factory=dict)


def upsert(
    session: Session,
    drafts: Sequence[tuple[PersonDraft, bool]],
    *,
    import_id: int,
    recorded_by: int | None,
    words: Words,
) -> list[Outcome]:
    """Write drafts, each with whether an earlier row of the file was the same person.

    Then the row replaces what the earlier one brought; no two drafts are the same person.

    :param recorded_by: the admin who imports, for the ledger of consents.
    :raises sqlalchemy.exc.IntegrityError: when somebody signs up with one of the addresses at
        the same moment; tried again, that account is known.
    """
    batch = _Batch(session, import_id, recorded_by, words)
    codes = {draft.place_code for draft, _ in drafts if draft.place_code}
    batch.places = {p.code: p for p in session.scalars(select(Place).where(Place.code.in_(codes)))}
    known = _known(session, [draft for draft, _ in drafts])
    closed = closed_addresses([draft.email for draft, _ in drafts])
    outcomes = []
    created: list[tuple[User, PersonDraft]] = []
    with session.no_autoflush:
        for draft, was_before in drafts:
            user, invitation = known.get(draft.email, (None, None))
            if user is not None and (not user.is_awaited or invitation is None):
                outcomes.append(Outcome.KNOWN)
            elif draft.email in closed:
                outcomes.append(Outcome.CLOSED)
            elif user is None or invitation is None:
                created.append((_create(batch, draft), draft))
                outcomes.append(Outcome.NEW)
            elif was_before:
                outcomes.append(_replace(batch, user, invitation, draft))
            else:
                outcomes.append(_fill_up(batch, user, invitation, draft))
    session.flush()
    _invite_later(batch, created)
    session.flush()
    return outcomes


def compare(session: Session, drafts: Sequence[PersonDraft]) -> list[Outcome]:
    """Say what :func:`upsert` would do, without writing."""
    known = _known(session, drafts)
    closed = closed_addresses([draft.email for draft in drafts])
    outcomes = []
    for draft in drafts:
        user, invitation = known.get(draft.email, (None, None))
        if user is not None and (not user.is_awaited or invitation is None):
            outcomes.append(Outcome.KNOWN)
        elif draft.email in closed:
            outcomes.append(Outcome.CLOSED)
        elif user is None:
            outcomes.append(Outcome.NEW)
        else:
            would = any(one.says(draft) and one.is_empty(user) for one in FIELDS.values())
            outcomes.append(Outcome.FILLED if would else Outcome.UNCHANGED)
    return outcomes


def address_forms(address: str) -> tuple[str, ...]:
    """Return how one mailbox may be written: its domain in its own script, and in ASCII."""
    local, _, domain = address.rpartition("@")
    forms = [address]
    try:
        forms.append(f"{local}@{domain.encode('idna').decode('ascii')}")
        forms.append(f"{local}@{domain.encode('ascii').decode('idna')}")
    except UnicodeError:
        pass  # one of the two ways does not exist for every domain
    return tuple(dict.fromkeys(forms))


def key_of(address: str) -> str:
    """Return what two spellings of one mailbox share: the form with an ASCII domain."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def closed_addresses(addresses: Sequence[str]) -> set[str]:
    """Return those of ``addresses`` that must not be written to, in whatever form."""
    owner = {form: address for address in addresses for form in address_forms(address)}
    return {owner[form] for form in suppression.suppressed(list(owner), EmailType.INVITATION)}


def _known(
    session: Session, drafts: Sequence[PersonDraft]
) -> dict[str, tuple[User, Invitation | None]]:
    """Return the accounts that there are, by the drafts' addresses, with open invitations."""
    owner = {form: draft.email for draft in drafts for form in address_forms(draft.email)}
    found: dict[str, tuple[User, Invitation | None]] = {}
    forms = list(owner)
    loading = selectinload(User.profile)
    for start in range(0, len(forms), 500):
        rows = session.execute(
            select(User, Invitation)
            .outerjoin(
                Invitation,
                (Invitation.user_id == User.id) & Invitation.status.in_(OPEN),
            )
            .where(User.email.in_(forms[start : start + 500]))
            .options(
                loading.selectinload(Profile.homes),
                loading.selectinload(Profile.titles),
                loading.selectinload(Profile.skills),
            )
        )
        found.update({owner[user.email]: (user, invitation) for user, invitation in rows})
    return found


# -- one person ------------------------------------------------------------------------------


def _create(batch: _Batch, draft: PersonDraft) -> User:
    """Add a closed account with the draft's answers, unflushed: so no row is read back."""
    user = User(email=draft.email, hashed_password=UNUSABLE, is_active=False, full_name=None)
    user.profile = Profile(
        locale=draft.language or config.current().default_locale,
        employment_types=[],
        homes=[],
        titles=[],
        skills=[],
    )
    for one in FIELDS.values():
        if one.says(draft):
            one.fill(batch, user, draft)
    batch.session.add(user)
    return user


def _invite_later(batch: _Batch, created: Sequence[tuple[User, PersonDraft]]) -> None:
    """Record the consents of new people, and that they wait for their invitation."""
    now = clock.now()
    until = now + timedelta(days=config.current().invitation_days)
    for user, draft in created:
        _record_consent(batch, user, draft)
        batch.session.add(
            Invitation(
                import_id=batch.import_id,
                line=draft.line,
                user_id=user.id,
                nonce=secrets.token_hex(16),
                created_at=now,
                expires_at=until,
            )
        )


def _fill_up(batch: _Batch, user: User, invitation: Invitation, draft: PersonDraft) -> Outcome:
    filled = [name for name, one in FIELDS.items() if one.says(draft) and one.is_empty(user)]
    for name in filled:
        FIELDS[name].fill(batch, user, draft)
    batch.session.add_all(
        PersonFill(invitation_id=invitation.id, field=name, import_id=batch.import_id)
        for name in filled
    )
    batch.session.flush()
    return Outcome.FILLED if filled else Outcome.UNCHANGED


def _replace(batch: _Batch, user: User, invitation: Invitation, draft: PersonDraft) -> Outcome:
    """Put the last row of a person in the place of what an earlier row of this file brought."""
    if invitation.import_id != batch.import_id:
        unfill(batch.session, invitation, batch.import_id)
        return _fill_up(batch, user, invitation, draft)
    for one in FIELDS.values():
        one.empty(user)
    batch.session.flush()
    for one in FIELDS.values():
        if one.says(draft):
            one.fill(batch, user, draft)
    user.profile.locale = draft.language or user.profile.locale
    invitation.line = draft.line
    batch.session.execute(
        delete(Consent).where(Consent.user_id == user.id, Consent.how == _how(batch.import_id))
    )
    _record_consent(batch, user, draft)
    return Outcome.NEW


def unfill(session: Session, invitation: Invitation, import_id: int) -> int:
    """Empty again what import ``import_id`` filled in for an open invitation; return how much."""
    mine = (PersonFill.invitation_id == invitation.id, PersonFill.import_id == import_id)
    fields = session.scalars(select(PersonFill.field).where(*mine)).all()
    if invitation.user is not None and invitation.user.is_awaited:
        for name in fields:
            FIELDS[name].empty(invitation.user)
    session.execute(delete(PersonFill).where(*mine))
    session.flush()
    return len(fields)


def _how(import_id: int) -> str:
    return f"import {import_id}"


def _record_consent(batch: _Batch, user: User, draft: PersonDraft) -> None:
    proof = draft.consent
    zone = ZoneInfo(config.current().timezone)
    batch.session.add(
        Consent(
            user_id=user.id,
            kind=ConsentKind.CONTACT,
            text=proof.text,
            text_version=proof.version,
            locale=user.profile.locale,
            how=_how(batch.import_id),
            given_at=datetime.combine(proof.given_on, time(), zone),
            method=proof.method or None,
            recorded_by=batch.recorded_by,
        )
    )


# -- single answers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One answer of a person: whether a draft has it, an account lacks it, and how it moves."""

    says: Callable[[PersonDraft], Any]
    is_empty: Callable[[User], bool]
    fill: Callable[[_Batch, User, PersonDraft], None]
    empty: Callable[[User], None]


def _attribute(name: str, value: Callable[[PersonDraft], Any], blank: Any = None) -> Field:
    """Return the field that is one column of the profile."""

    def put(_batch: _Batch, user: User, draft: PersonDraft) -> None:
        setattr(user.profile, name, value(draft))

    def clear(user: User) -> None:
        setattr(user.profile, name, blank() if callable(blank) else blank)

    def is_empty(user: User) -> bool:
        return getattr(user.profile, name) in (None, [], "")

    return Field(lambda draft: value(draft) not in (None, []), is_empty, put, clear)


def _titles(is_wanted: bool) -> Field:
    def named(draft: PersonDraft) -> tuple[str, ...]:
        return draft.wanted_titles if is_wanted else draft.held_titles

    def put(_batch: _Batch, user: User, draft: PersonDraft) -> None:
        user.profile.titles = user.profile.titles + [
            UserTitle(user_id=user.id, title=title, is_wanted=is_wanted) for title in named(draft)
        ]

    def clear(user: User) -> None:
        user.profile.titles = [t for t in user.profile.titles if t.is_wanted is not is_wanted]

    def is_empty(user: User) -> bool:
        return all(title.is_wanted is not is_wanted for title in user.profile.titles)

    return Field(named, is_empty, put, clear)


def _put_name(_batch: _Batch, user: User, draft: PersonDraft) -> None:
    user.full_name = draft.name


def _clear_name(user: User) -> None:
    user.full_name = None


def _put_home(batch: _Batch, user: User, draft: PersonDraft) -> None:
    place = batch.places.get(draft.place_code or "")
    if place is not None:
        user.profile.homes = [
            HomePoint(
                user_id=user.id,
                place=place,
                label=draft.place_label,
                latitude=place.latitude or 0.0,
                longitude=place.longitude or 0.0,
            )
        ]


def _clear_homes(user: User) -> None:
    user.profile.homes = []


def _put_skills(batch: _Batch, user: User, draft: PersonDraft) -> None:
    ids = [batch.words.skills[code] for code in draft.skills if code in batch.words.skills]
    user.profile.skills = [UserSkill(user_id=user.id, skill_id=skill_id) for skill_id in ids]


def _clear_skills(user: User) -> None:
    user.profile.skills = []


def _put_pay(_batch: _Batch, user: User, draft: PersonDraft) -> None:
    profile = user.profile
    profile.pay_min, profile.pay_period = draft.pay_min, draft.pay_period
    profile.pay_currency = draft.pay_currency


def _clear_pay(user: User) -> None:
    profile = user.profile
    profile.pay_min = profile.pay_period = profile.pay_currency = None


#: All that a file can say of a person beside the address, by the name that the journal keeps.
FIELDS: dict[str, Field] = {
    "name": Field(lambda d: d.name, lambda u: not u.full_name, _put_name, _clear_name),
    "place": Field(lambda d: d.place_code, lambda u: not u.profile.homes, _put_home, _clear_homes),
    "wanted_titles": _titles(True),
    "held_titles": _titles(False),
    "skills": Field(lambda d: d.skills, lambda u: not u.profile.skills, _put_skills, _clear_skills),
    "pay": Field(
        lambda d: d.pay_min is not None, lambda u: u.profile.pay_min is None, _put_pay, _clear_pay
    ),
    "employment_types": _attribute(
        "employment_types", lambda draft: list(draft.employment_types), list
    ),
    "remote": _attribute(
        "remote_wish", lambda draft: RemoteWish(draft.remote) if draft.remote else None
    ),
    "years": _attribute("years_experience", lambda draft: draft.years),
    "level": _attribute("level", lambda draft: draft.level),
}
