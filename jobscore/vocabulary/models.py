"""The vocabulary: skills with their aliases, and places. Loaded from the tables that ship."""

from enum import StrEnum

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.database.types import Id, Status, primary_key
from jobscore.extensions import Base


class SkillKind(StrEnum):
    """What a vocabulary entry is."""

    SKILL = "skill"
    LICENCE = "licence"
    LANGUAGE = "language"


class PlaceKind(StrEnum):
    """How large a place is."""

    COUNTRY = "country"
    STATE = "state"
    PREFECTURE = "prefecture"
    CITY = "city"
    WARD = "ward"


class Skill(Base):
    """One canonical skill, licence or language."""

    __tablename__ = "skills"

    id: Mapped[int] = primary_key()
    #: Stable and readable, such as ``python`` or ``forklift-licence``.
    code: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[SkillKind] = mapped_column(Status(SkillKind), default=SkillKind.SKILL)
    name_en: Mapped[str] = mapped_column(String(255))
    name_ja: Mapped[str | None] = mapped_column(String(255))
    family: Mapped[str] = mapped_column(String(50), index=True)
    #: The broader skill, where there is one.
    parent_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("skills.id", ondelete="SET NULL"), index=True
    )
    is_ambiguous: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    aliases: Mapped[list["SkillAlias"]] = relationship(
        back_populates="skill", cascade="all, delete-orphan", passive_deletes=True
    )


class SkillAlias(Base):
    """Another way to write a skill."""

    __tablename__ = "skill_aliases"
    __table_args__ = (Index("uq_skill_aliases_alias", "alias", "language", unique=True),)

    id: Mapped[int] = primary_key()
    skill_id: Mapped[int] = mapped_column(
        Id, ForeignKey("skills.id", ondelete="CASCADE"), index=True
    )
    alias: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(5))

    skill: Mapped[Skill] = relationship(back_populates="aliases")


class Place(Base):
    """A country, state, prefecture, city or ward, with where its centre lies."""

    __tablename__ = "places"
    __table_args__ = (
        Index("idx_places_name_ja", "name_ja"),
        Index("idx_places_name_en", "name_en"),
    )

    id: Mapped[int] = primary_key()
    #: ``JP-13`` (JIS X 0401), ``JP-13104`` (JIS X 0402), ``US-CA`` (ISO 3166-2), …
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[PlaceKind] = mapped_column(Status(PlaceKind))
    name_en: Mapped[str] = mapped_column(String(255))
    name_ja: Mapped[str | None] = mapped_column(String(255))
    #: Further names, separated by ``|``.
    aliases: Mapped[str] = mapped_column(Text, default="", server_default="")
    parent_code: Mapped[str | None] = mapped_column(String(64), index=True)
    #: The prefecture or state that holds it (itself for a prefecture or state).
    region_code: Mapped[str | None] = mapped_column(String(64), index=True)
    country: Mapped[str] = mapped_column(String(2))
    #: Degrees, WGS 84.
    latitude: Mapped[float | None] = mapped_column(Float(53))
    longitude: Mapped[float | None] = mapped_column(Float(53))
    population: Mapped[int | None] = mapped_column(BigInteger)
