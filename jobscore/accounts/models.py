"""People: users, their sessions, profiles, wishes and consents; and who did what."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.database.types import (
    Id,
    Json,
    Money,
    Status,
    UtcDateTime,
    primary_key,
    set_on_change,
    set_on_insert,
)
from jobscore.extensions import Base
from jobscore.vocabulary.models import Place, Skill


class RemoteWish(StrEnum):
    """What a person wants of remote work."""

    NO = "no"
    OK = "ok"
    ONLY = "only"


class HomeKind(StrEnum):
    """What a home point is to a person."""

    HOME = "home"
    WORK = "work"
    SCHOOL = "school"


class DigestFrequency(StrEnum):
    """How often a person wants the letter."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class ConsentKind(StrEnum):
    """What a person agreed to."""

    TERMS = "terms"
    DIGEST = "digest"
    #: Letters about saved searches.
    ALERT = "alert"
    #: That somebody else keeps their data and may write to them; comes with an imported file.
    CONTACT = "contact"


class AttemptKind(StrEnum):
    """What is counted to keep guessing and mail bombing slow."""

    SIGN_IN_ACCOUNT = "sign_in_account"
    SIGN_IN_ADDRESS = "sign_in_address"
    SIGN_UP = "sign_up"
    RESET = "reset"
    #: A posting reported by anybody.
    REPORT = "report"


#: In place of a hash: no password fits.
UNUSABLE = "!"


class User(Base):
    """A person who can sign in."""

    __tablename__ = "users"
    __table_args__ = (Index("idx_users_email", "email"),)

    id: Mapped[int] = primary_key()
    #: Lower case; the sign-in name.
    email: Mapped[str] = mapped_column(String(255), unique=True)
    #: argon2id, in the PHC string format.
    hashed_password: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    #: The admin.
    is_superuser: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()
    updated_at: Mapped[datetime] = set_on_change()

    profile: Mapped["Profile"] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def is_awaited(self) -> bool:
        """Whether somebody else opened the account and its owner has not said yes yet."""
        is_closed = not self.is_active and self.email_verified_at is None
        return is_closed and self.hashed_password == UNUSABLE

    @property
    def is_authenticated(self) -> bool:
        """Tell Flask-Login and templates that this is somebody; nobody is another class."""
        return True

    @property
    def is_anonymous(self) -> bool:
        """Tell Flask-Login that this is somebody."""
        return False


class UserSession(Base):
    """One sign-in: revocable, opaque to the browser."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the token in the cookie, as hex.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(255), default="", server_default="")
    address: Mapped[str] = mapped_column(String(45), default="", server_default="")
    created_at: Mapped[datetime] = set_on_insert()
    last_seen_at: Mapped[datetime] = set_on_insert()
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    user: Mapped[User] = relationship()


class Attempt(Base):
    """One counted try (wrong password, sign-up, reset), by keyed hash of account or address."""

    __tablename__ = "attempts"
    __table_args__ = (Index("idx_attempts_kind_subject", "kind", "subject", "created_at"),)

    id: Mapped[int] = primary_key()
    kind: Mapped[AttemptKind] = mapped_column(Status(AttemptKind))
    subject: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = set_on_insert()


class Profile(Base):
    """What a person told about themselves and wishes. Null always means: not answered."""

    __tablename__ = "profiles"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    headline: Mapped[str | None] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(5), default="ja", server_default="ja")
    #: Distance at which the location part is worth half, in kilometres; 0: the live policy's.
    half_distance_km: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="20")
    remote_wish: Mapped[RemoteWish | None] = mapped_column(Status(RemoteWish))
    #: Prefecture or state codes that the person would move to.
    move_to: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    pay_min: Mapped[Decimal | None] = mapped_column(Money)
    #: hour, day, week, month or year.
    pay_period: Mapped[str | None] = mapped_column(String(10))
    pay_currency: Mapped[str | None] = mapped_column(String(3))
    years_experience: Mapped[int | None] = mapped_column(SmallInteger)
    #: none, junior, mid, senior or lead.
    level: Mapped[str | None] = mapped_column(String(50))
    #: schema.org words: FULL_TIME, PART_TIME, …
    employment_types: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    #: Codes of ticked work-style features.
    features: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]")
    #: Conditions of postings that the person meets (true) or does not (false), by code; what is
    #: not there was not said.
    conditions: Mapped[dict[str, bool]] = mapped_column(Json, default=dict, server_default="{}")
    #: “18 or over” ticked; the age itself is never kept.
    is_adult: Mapped[bool | None] = mapped_column(Boolean)
    no_profiling: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    #: Own weights of the parts, in percent; null: the policy's.
    weights: Mapped[dict[str, int] | None] = mapped_column(Json)
    digest_frequency: Mapped[DigestFrequency] = mapped_column(
        Status(DigestFrequency), default=DigestFrequency.OFF, server_default="off"
    )
    #: Least score (0..100) of a job in the letter.
    digest_min_score: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    snoozed_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = set_on_insert()
    updated_at: Mapped[datetime] = set_on_change()

    user: Mapped[User] = relationship(back_populates="profile")
    homes: Mapped[list["HomePoint"]] = relationship(
        primaryjoin="Profile.user_id == foreign(HomePoint.user_id)",
        order_by="HomePoint.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    titles: Mapped[list["UserTitle"]] = relationship(
        primaryjoin="Profile.user_id == foreign(UserTitle.user_id)",
        order_by="UserTitle.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    skills: Mapped[list["UserSkill"]] = relationship(
        primaryjoin="Profile.user_id == foreign(UserSkill.user_id)",
        order_by="UserSkill.skill_id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class HomePoint(Base):
    """A place from which a person would travel to work."""

    __tablename__ = "home_points"
    __table_args__ = (Index("uq_home_points_user_place", "user_id", "place_id", unique=True),)

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    place_id: Mapped[int] = mapped_column(
        Id, ForeignKey("places.id", ondelete="CASCADE"), index=True
    )
    #: The place in words. What was typed beyond it (a street, a number) is not kept.
    label: Mapped[str] = mapped_column(String(255), default="", server_default="")
    #: What the person calls it; null: not said.
    kind: Mapped[HomeKind | None] = mapped_column(Status(HomeKind))
    latitude: Mapped[float] = mapped_column(Float(53))
    longitude: Mapped[float] = mapped_column(Float(53))

    place: Mapped[Place] = relationship(lazy="joined", innerjoin=True)


class UserTitle(Base):
    """A job title that a person wants or has held."""

    __tablename__ = "user_titles"
    __table_args__ = (Index("uq_user_titles", "user_id", "is_wanted", "title", unique=True),)

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    is_wanted: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class UserSkill(Base):
    """A skill that a person has; level 1 (learning) to 5 (expert)."""

    __tablename__ = "user_skills"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[int] = mapped_column(
        Id, ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    level: Mapped[int] = mapped_column(SmallInteger, default=3, server_default="3")

    skill: Mapped[Skill] = relationship(lazy="joined", innerjoin=True)


class Consent(Base):
    """An entry of the ledger: who agreed to which text, when and how; never changed but ended."""

    __tablename__ = "consents"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ConsentKind] = mapped_column(Status(ConsentKind))
    text: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(5))
    #: form, confirmation link, import, …
    how: Mapped[str] = mapped_column(String(50))
    given_at: Mapped[datetime] = set_on_insert()
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: form, link, one-click, complaint; replaced (by a new wording) and unused were nobody's no.
    ended_how: Mapped[str | None] = mapped_column(String(20))
    #: When a letter asked to confirm it; it does not hold before that is done. Null: not needed.
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the owner of the address is known to have meant it.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: session (signed in, address confirmed before), address (confirmed after), letter (its link).
    confirmed_how: Mapped[str | None] = mapped_column(String(20))
    #: Of an imported consent: how it was obtained, in the words of who imported it.
    method: Mapped[str | None] = mapped_column(String(255))
    #: Of an imported consent: who imported it.
    recorded_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )


class LetterPace(Base):
    """How many digests a person was written since they were last on our pages."""

    __tablename__ = "letter_paces"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    unvisited: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    #: The person wants them as often as they said, whether they come by or not.
    is_steady: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    #: When a visit last set the count back.
    visited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SavedSearch(Base):
    """A search that a person keeps: a URL, a feed and an alert."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    #: The query string of ``/jobs``.
    query: Mapped[str] = mapped_column(Text)
    frequency: Mapped[DigestFrequency] = mapped_column(
        Status(DigestFrequency), default=DigestFrequency.OFF, server_default="off"
    )
    min_score: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    #: A letter is written when there are so many new jobs.
    min_new: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    #: When it last stood in a letter.
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Jobs added since are told in the next letter; null while there are no alerts.
    news_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Jobs added since are new to the person; null: since it was saved.
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Removed, and to be had back until it goes for good.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()


class AuditLog(Base):
    """One act of an admin or a security event; kept when the actor is gone."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("idx_audit_log_action", "action", "created_at"),
        # what was done to one person
        Index("idx_audit_log_target", "target", "created_at"),
    )

    id: Mapped[int] = primary_key()
    actor_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    #: A verb with its noun, such as ``import.started``.
    action: Mapped[str] = mapped_column(String(50))
    #: What was acted on, such as ``csv_import:12``.
    target: Mapped[str] = mapped_column(String(100), default="", server_default="")
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    created_at: Mapped[datetime] = set_on_insert()
