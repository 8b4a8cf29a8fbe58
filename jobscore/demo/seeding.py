"""Put the demo's people into the database: an admin, and seekers who agreed to letters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from sqlalchemy import func, select

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
from jobscore.extensions import db
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary import service as vocabulary
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
            admin = _account(ADMIN, "Demo Admin", "en", hashed)
            admin.is_superuser = True
            db.session.add(admin)
    if not new:
        return 0
    words, ledger = _Vocabulary(), _Ledger()
    for group in _batches(new):
        with transaction():
            accounts = [_account(s.email, s.name, s.locale, hashed) for s in group]
            db.session.add_all(accounts)
            db.session.flush()
            for seeker, user in zip(group, accounts, strict=True):
                _answer(user, seeker, words)
                db.session.add_all(ledger.entries(user.id, seeker.locale))
        db.session.expunge_all()
    return len(new)


def _batches(seekers: Sequence[Seeker]) -> Iterator[Sequence[Seeker]]:
    for start in range(0, len(seekers), BATCH):
        yield seekers[start : start + BATCH]


def _account(email: str, name: str, locale: str, hashed: str) -> User:
    now = clock.now()
    return User(
        email=email,
        hashed_password=hashed,
        full_name=name,
        email_verified_at=now,
        password_changed_at=now,
        profile=Profile(locale=locale),
    )


def _answer(user: User, seeker: Seeker, words: _Vocabulary) -> None:
    """Fill the profile the way the person would in the three short steps."""
    profile = user.profile
    profile.digest_frequency = DigestFrequency.DAILY
    profile.half_distance_km = seeker.half_km
    profile.remote_wish = RemoteWish(seeker.remote) if seeker.remote else None
    profile.pay_min = None if seeker.pay_min is None else Decimal(seeker.pay_min)
    profile.pay_period, profile.pay_currency = seeker.pay_period, seeker.pay_currency
    profile.years_experience, profile.level = seeker.years, seeker.level
    profile.employment_types = list(seeker.employment_types)
    profile.features = list(seeker.features)
    if home := _home(user.id, seeker.home, words):
        profile.homes = [home]
    profile.titles = [
        UserTitle(user_id=user.id, title=title, is_wanted=is_wanted)
        for is_wanted, titles in ((True, seeker.wanted_titles), (False, seeker.held_titles))
        for title in titles
    ]
    levels = {words.skill(name): level for name, level in seeker.skills}
    profile.skills = [
        UserSkill(user_id=user.id, skill_id=skill_id, level=level)
        for skill_id, level in levels.items()
        if skill_id is not None
    ]


def _home(user_id: int, text: str, words: _Vocabulary) -> HomePoint | None:
    guess = gazetteer.resolve_place(text) if text else None
    place = guess.place if guess else None
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return HomePoint(
        user_id=user_id,
        place_id=words.places[place.code],
        label=text,
        latitude=place.latitude,
        longitude=place.longitude,
    )


class _Ledger:
    """The consents of everybody, with the text as each language shows it."""

    @cached_property
    def _texts(self) -> dict[tuple[ConsentKind, str], str]:
        found = {}
        for locale in ("ja", "en"):
            with speaking(locale):
                for kind, text in consents.TEXTS.items():
                    found[kind, locale] = str(text.text)
        return found

    def entries(self, user_id: int, locale: str) -> list[Consent]:
        """Return one person's entries."""
        return [
            Consent(
                user_id=user_id,
                kind=kind,
                text=self._texts[kind, locale],
                text_version=text.version,
                locale=locale,
                how="demo",
            )
            for kind, text in consents.TEXTS.items()
        ]


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
