"""What the linter remembers while it reads a revision from top to bottom."""

from dataclasses import dataclass, field

from sqlalchemy.engine import Dialect


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a step breaks, with the names that fill its message."""

    rule: str
    table: str | None
    subject: str


@dataclass(slots=True)
class State:
    """The revision so far.

    ``transaction`` is that of the step in hand (None: autocommit). ``unproven`` maps constraints
    added NOT VALID to the transaction that added them; ``not_null`` maps checks that say "this
    column is not null" to their table and column, ``proven`` holds those that were validated.
    """

    dialect: Dialect
    transaction: int | None = 0
    in_batch: bool = False
    created: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)
    constraints: set[str] = field(default_factory=set)
    unproven: dict[str, int | None] = field(default_factory=dict)
    not_null: dict[str, tuple[str, str]] = field(default_factory=dict)
    proven: set[tuple[str, str]] = field(default_factory=set)
    altered_in: set[int | None] = field(default_factory=set)
    rows_in: dict[int | None, str] = field(default_factory=dict)

    @property
    def sqlite(self) -> bool:
        """Return whether the revision is read for SQLite."""
        return self.dialect.name == "sqlite"

    def fresh(self, table: str | None) -> bool:
        """Return whether ``table`` was created in this revision: it has no rows to hurt."""
        return table in self.created

    def create(self, table: str) -> list[Hit]:
        """Note a new table."""
        self.created.add(table)
        return [Hit("replace-table", table, table)] if table in self.dropped else []

    def drop(self, table: str) -> list[Hit]:
        """Note that a table is gone."""
        if self.fresh(table):
            self.created.discard(table)
            return []
        self.dropped.add(table)
        return [Hit("drop-table", table, table)]

    def rename(self, table: str, new: str) -> list[Hit]:
        """Note another name of a table."""
        if self.fresh(table):
            self.created.discard(table)
            return self.create(new)
        return [Hit("rename-table", table, new)]

    def altered(self, table: str | None) -> None:
        """Note that a table with rows changes its shape in this transaction."""
        if self.transaction is not None and not self.fresh(table):
            self.altered_in.add(self.transaction)

    def changes_rows(self, table: str) -> None:
        """Note that rows of a table change in this transaction."""
        if self.transaction is not None and not self.fresh(table):
            self.rows_in.setdefault(self.transaction, table)

    def mixed(self) -> list[Hit]:
        """Return the transactions in which both shape and rows changed."""
        return [
            Hit("data-with-schema", table, table)
            for transaction, table in self.rows_in.items()
            if transaction in self.altered_in
        ]

    def add_unproven(self, name: str, not_null: tuple[str, str] | None) -> None:
        """Note a constraint added NOT VALID."""
        self.unproven[name] = self.transaction
        if not_null is not None:
            self.not_null[name] = not_null

    def validate(self, table: str, name: str) -> list[Hit]:
        """Note that a constraint is proven: where that is harmless, NOT NULL may follow."""
        if name in self.not_null:
            self.proven.add(self.not_null[name])
        same = name in self.unproven and self.unproven[name] == self.transaction
        if same and self.transaction is not None:
            return [Hit("validate-in-same-transaction", table, name)]
        return []
