"""Put the demo's people into the database: an admin, and seekers who agreed to letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select

from jobscore import clock
from jobscore.accounts import consents, passwords
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    DigestFrequency,
    HomePoint,
    Profile,
    RemoteWish,
    User,
    UserSkill,
    UserTitle,
)
from jobscore.database.transaction import transaction
from jobscore.demo.people import Seeker
from jobscore.extensions import Base, db
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary import service as vocabulary
from jobscore.vocabulary.conditions import ADULTS_ONLY
from jobscore.web.i18n import speaking

ADMIN = "admin@example.jp"
#: People of one transaction.
BATCH = 500


class ForeignDatabaseError(Exception):
    """The database holds people who are not the demo's: it is somebody's real installation."""


def refuse_foreign_database() -> None:
    """Check that the demo may write here.

    :raises ForeignDatabaseError: when there are people and the demo's admin is none of them.
    """
    people = db.session.scalar(select(func.count()).select_from(User))
    own = db.session.scalar(select(User.id).where(User.email == ADMIN))
    if people and own is None:
        raise ForeignDatabaseError(
            f"this database holds {people} people who are not the demo's; "
            "name another one by JOBSCORE_DATABASE_URL or JOBSCORE_INSTANCE_DIR"
        )


@dataclass(slots=True)
class _Vocabulary:
    """Ids by what people type, each looked up once."""

    places: dict[str, int] = field(default_factory=vocabulary.place_ids)
    skills: dict[str, int | None] = field(default_factory=dict)

    def skill(self, name: str) -> int | None:
        """Return the id of a skill, or None when the vocabulary does not know the name."""
        if name not in self.skills:
            found = vocabulary.find_skill(name)
            self.skills[name] = found.id if found else None
        return self.skills[name]


def add_people(seekers: Sequence[Seeker], password: str) -> int:
    """Add the admin and those seekers who are not there yet; return how many were new.

    All share one password, hashed once: argon2id takes a thirtieth of a second on purpose, which
    for ten thousand people would be five minutes. Commits per batch of ``BATCH`` people.
    """
    known = set(db.session.scalars(select(User.email)))
    hashed = passwords.hash_password(password)
    new = [seeker for seeker in seekers if seeker.email not in known]
    if ADMIN not in known:
        with transaction():
            (admin_id,) = _accounts([(ADMIN, "Demo Admin")], hashed, is_superuser=True)
            _insert(Profile, [{"user_id": admin_id, "locale": "en"}])
    words, texts = _Vocabulary(), _consent_texts()
    for start in range(0, len(new), BATCH):
        group = new[start : start + BATCH]
        with transaction():
            ids = _accounts([(s.email, s.name) for s in group], hashed)
            _add_answers(list(zip(ids, group, strict=True)), words, texts)
    return len(new)


def _insert(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(model), rows)


def _accounts(
    people: Sequence[tuple[str, str]], hashed: str, *, is_superuser: bool = False
) -> Sequence[int]:
    """Insert users of these addresses and names; return their ids in the same order."""
    now = clock.now()
    rows = [
        {
            "email": email,
            "full_name": name,
            "hashed_password": hashed,
            "is_superuser": is_superuser,
            "email_verified_at": now,
            "password_changed_at": now,
        }
        for email, name in people
    ]
    adding = insert(User).returning(User.id, sort_by_parameter_order=True)
    return db.session.scalars(adding, rows).all()


def _add_answers(
    group: Sequence[tuple[int, Seeker]],
    words: _Vocabulary,
    texts: Mapping[tuple[ConsentKind, str], str],
) -> None:
    """Insert what each person would have answered in the three short steps, and agreed to."""
    _insert(Profile, [_profile(user_id, seeker) for user_id, seeker in group])
    homes = [_home(user_id, seeker.home, words) for user_id, seeker in group]
    _insert(HomePoint, [home for home in homes if home])
    titles = [
        {"user_id": user_id, "title": title, "is_wanted": is_wanted}
        for user_id, seeker in group
        for is_wanted, found in ((True, seeker.wanted_titles), (False, seeker.held_titles))
        for title in found
    ]
    _insert(UserTitle, titles)
    levels: dict[tuple[int, int], int] = {}
    for user_id, seeker in group:
        for name, level in seeker.skills:
            if (skill_id := words.skill(name)) is not None:
                levels.setdefault((user_id, skill_id), level)
    _insert(
        UserSkill,
        [
            {"user_id": user_id, "skill_id": skill_id, "level": level}
            for (user_id, skill_id), level in levels.items()
        ],
    )
    agreed = [
        {
            "user_id": user_id,
            "kind": kind,
            "text": texts[kind, seeker.locale],
            "text_version": text.version,
            "locale": seeker.locale,
            "how": "demo",
        }
        for user_id, seeker in group
        for kind, text in consents.TEXTS.items()
    ]
    _insert(Consent, agreed)


def _profile(user_id: int, seeker: Seeker) -> dict[str, Any]:
    answers = dict(seeker.answers)
    return {
        "user_id": user_id,
        "locale": seeker.locale,
        "digest_frequency": DigestFrequency.DAILY,
        "half_distance_km": seeker.half_km,
        "remote_wish": RemoteWish(seeker.remote) if seeker.remote else None,
        "pay_min": None if seeker.pay_min is None else Decimal(seeker.pay_min),
        "pay_period": seeker.pay_period,
        "pay_currency": seeker.pay_currency,
        "years_experience": seeker.years,
        "level": seeker.level,
        "employment_types": list(seeker.employment_types),
        "features": list(seeker.features),
        "is_adult": answers.pop(ADULTS_ONLY, None),
        "conditions": answers,
    }


def _home(user_id: int, text: str, words: _Vocabulary) -> dict[str, Any] | None:
    """Return the home point that ``text`` means; None where it means no one place."""
    guess = gazetteer.resolve_place(text) if text else None
    place = guess.place if guess else None
    if place is None:
        return None
    return {
        "user_id": user_id,
        "place_id": words.places[place.code],
        "label": text,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _consent_texts() -> dict[tuple[ConsentKind, str], str]:
    """Return what people agree to, as each language shows it."""
    found = {}
    for locale in ("ja", "en"):
        with speaking(locale):
            for kind, text in consents.TEXTS.items():
                found[kind, locale] = str(text.text)
    return found


def some_seekers() -> list[str]:
    """Return the addresses of a first Japanese and a first English seeker with answers."""
    found = []
    for locale in ("ja", "en"):
        email = db.session.scalar(
            select(User.email)
            .join(Profile)
            .where(Profile.locale == locale, User.is_superuser.is_(False), Profile.homes.any())
            .order_by(User.id)
            .limit(1)
        )
        if email is not None:
            found.append(email)
    return found
