"""Which tables hold rows of a person: read from the schema, so that a new table is known by itself.

A column that refers to a person is theirs, unless it says who acted (``…_by``, ``actor_id``): that
is what an administrator did, and stays in the operator's records when its author is gone.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast

from sqlalchemy import Column, ColumnElement, LargeBinary, MetaData, Table, or_, select

from jobscore.accounts.models import AuditLog, User
from jobscore.emails.models import EmailAttempt, EmailLog
from jobscore.extensions import Base
from jobscore.imports.people.models import Invitation, PersonFill

USERS: Final = cast(Table, User.__table__)
#: Tables without a column of their own for the person, and how their rows belong to one.
INDIRECT: Final = MappingProxyType(
    {
        PersonFill.__tablename__: "the invitation whose answer it was",
        EmailAttempt.__tablename__: "the letter that was tried",
    }
)
#: Tables whose rows stay, without the person, when somebody is erased; and why.
KEPT: Final = MappingProxyType(
    {
        "email_logs": "the fact of sending is kept, without address, subject and text",
        "audit_log": "what happened is kept for safety; a person stands there by number only",
        "invitations": "an import tells what became of its rows, not whose they were",
    }
)
#: Never shown, exported or asked for: they open something, and say nothing about the person.
SECRETS: Final = frozenset({"hashed_password", "nonce"})


@dataclass(frozen=True, slots=True)
class Held:
    """One table with rows of people."""

    table: Table
    #: Columns that refer to the person; none where the rows belong by another rule.
    columns: tuple[Column[object], ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def is_kept(self) -> bool:
        """Whether its rows stay when the person is erased."""
        return self.name in KEPT

    def belongs_to(self, user_id: int) -> ColumnElement[bool]:
        """Return the condition that a row is a person's."""
        if self.table is USERS:
            return USERS.c.id == user_id
        if self.name == AuditLog.__tablename__:
            columns = self.table.c
            return or_(columns.actor_id == user_id, columns.target == f"user:{user_id}")
        if self.name == PersonFill.__tablename__:
            mine = select(Invitation.id).where(Invitation.user_id == user_id)
            return self.table.c.invitation_id.in_(mine)
        if self.name == EmailAttempt.__tablename__:
            letters = select(EmailLog.id).where(EmailLog.user_id == user_id)
            return self.table.c.email_log_id.in_(letters)
        return or_(*(column == user_id for column in self.columns))

    def shown(self) -> list[Column[object]]:
        """Return the columns that a person sees: all but secrets and what is no text."""
        return [
            column
            for column in self.table.c
            if not is_secret(column) and not isinstance(column.type, LargeBinary)
        ]


def is_secret(column: Column[object]) -> bool:
    """Tell whether a column holds what opens something."""
    return column.name in SECRETS or column.name.endswith(("_hash", "token"))


def is_act(column: Column[object]) -> bool:
    """Tell whether a column that refers to a person says who acted."""
    return bool(column.nullable) and (column.name.endswith("_by") or column.name == "actor_id")


def refers_to_people(table: Table) -> list[Column[object]]:
    """Return the columns of a table that refer to a person, in any role."""
    return [
        column
        for column in table.c
        if any(key.column.table.name == USERS.name for key in column.foreign_keys)
    ]


def held(metadata: MetaData | None = None) -> list[Held]:
    """Return every table with rows of people: the account first, then by name."""
    tables = (metadata or Base.metadata).tables.values()
    found = [Held(USERS, ())]
    for table in sorted(tables, key=lambda one: one.name):
        own = tuple(column for column in refers_to_people(table) if not is_act(column))
        if own or table.name in INDIRECT or table.name == AuditLog.__tablename__:
            found.append(Held(table, own))
    return found


def by_name(name: str) -> Held | None:
    """Return the table of that name where it holds rows of people, else None."""
    return next((one for one in held() if one.name == name), None)


def unaccounted(metadata: MetaData) -> list[str]:
    """Return tables that hang on a person's rows and are known by no rule here.

    A table that refers to a person's own rows, and not to the person, would be neither exported
    nor looked at when they are erased.
    """
    own = {one.name for one in held(metadata)}
    return [
        table.name
        for table in metadata.tables.values()
        if table.name not in own and _leans_on(table, own)
    ]


def _leans_on(table: Table, names: set[str]) -> bool:
    return any(
        key.column.table.name in names - {USERS.name}
        for column in table.c
        for key in column.foreign_keys
    )
