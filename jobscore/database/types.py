"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Numeric, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from jobscore import clock

E = TypeVar("E", bound=StrEnum)

#: Primary and foreign keys: 64 bits on PostgreSQL, rowid on SQLite.
Id = BigInteger().with_variant(Integer(), "sqlite")
#: JSON documents; binary (and searchable) on PostgreSQL.
Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware and in UTC in Python, whatever the database keeps.

    :raises ValueError: when a naive datetime is bound.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount of money: Decimal with two digits, exact on both databases.

    SQLite keeps a binary float, which is exact to the cent up to 9 × 10¹³; reading rounds to cents.
    """

    impl = Numeric(14, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use floats at SQLite's driver, which has no Decimal."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(14, 2, asdecimal=False))
        return dialect.type_descriptor(Numeric(14, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | float | None:
        """Hand the driver what it understands."""
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return a Decimal with two digits."""
        return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"))


class Status(TypeDecorator[E], Generic[E]):
    """A closed set of words kept as varchar: the member in Python, its value in the database."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[E], length: int = 20) -> None:
        self.members = members
        self.length = length
        super().__init__(length)

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        """Refuse words outside the set."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """Return the member."""
        return None if value is None else self.members(value)


def primary_key() -> Mapped[int]:
    """Declare the integer primary key of a table."""
    return mapped_column(Id, primary_key=True, autoincrement=True)


def set_on_insert() -> Mapped[datetime]:
    """Declare a not-null instant that defaults to now, in Python and in the database."""
    return mapped_column(UtcDateTime, server_default=func.current_timestamp(), default=clock.now)


def set_on_change() -> Mapped[datetime]:
    """Declare an instant that follows each change made through the ORM."""
    return mapped_column(
        UtcDateTime, server_default=func.current_timestamp(), default=clock.now, onupdate=clock.now
    )
