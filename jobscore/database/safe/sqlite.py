"""How a safe step is carried out on SQLite: natively, else by copying the table."""

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateColumn

from jobscore.database.safe import rebuild as sqlite_rebuild
from jobscore.database.safe import steps as safe_steps
from jobscore.database.safe.running import Runner, in_batches
from jobscore.database.safe.steps import UnsafeStepError
from jobscore.database.sql_text import Default, default_of, tokens


class OnSqlite(Runner):
    """SQLite: natively where it can, else by copying the table; always in the one transaction."""

    def rebuild(self, table: str, change: sqlite_rebuild.Change) -> None:
        """Copy a table into a changed definition.

        :raises UnsafeStepError: with ``--sql``.
        """
        if self.offline:
            raise UnsafeStepError(
                f"SQLite must copy {table} for this step, and for that its definition must be "
                "read from the database: --sql cannot write it. Run flask db upgrade instead."
            )
        sqlite_rebuild.rebuild(self.connection, table, change)

    def columns(self, table: str) -> dict[str, bool]:
        """Return the columns, and whether each is NOT NULL; nothing is known with ``--sql``."""
        return {} if self.offline else sqlite_rebuild.columns_of(self.connection, table)

    def has_column(self, table: str, column: str) -> bool:
        """Return whether the table has the column."""
        return column.lower() in (name.lower() for name in self.columns(table))

    def constraint_names(self, table: str) -> set[str]:
        """Return the names of the table constraints; nothing is known with ``--sql``."""
        if self.offline:
            return set()
        items = sqlite_rebuild.items_of(sqlite_rebuild.definition(self.connection, table))
        return {item.constraint for item in items if item.constraint is not None}

    def add_column(self, step: safe_steps.AddColumn) -> None:
        """Add the column."""
        if self.has_column(step.table, step.column.name):
            return
        table = self.operations.schema_obj.table(step.table, step.column._copy())
        compiled = str(CreateColumn(table.c[step.column.name]).compile(dialect=self.dialect))
        computed = default_of(step.column.server_default, self.dialect) is Default.STABLE
        if computed or "DEFAULT (" in compiled:
            self.rebuild(step.table, sqlite_rebuild.add_item(compiled))
        else:
            self.run(f"ALTER TABLE {self.quote(step.table)} ADD COLUMN {compiled}")

    def drop_column(self, step: safe_steps.DropColumn) -> None:
        """Drop the column, and the indexes on it."""
        if not self.offline and not self.has_column(step.table, step.column):
            return
        for index in [] if self.offline else self._indexes_on(step.table, step.column):
            self.run(f"DROP INDEX {self.quote(index)}")
        if not self.offline and self._in_a_constraint(step.table, step.column):
            self.rebuild(step.table, sqlite_rebuild.drop_column(step.column))
        else:
            self.run(f"ALTER TABLE {self.quote(step.table)} DROP COLUMN {self.quote(step.column)}")

    def _indexes_on(self, table: str, column: str) -> list[str]:
        rows = self.connection.execute(
            text(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
                "AND lower(tbl_name) = lower(:name)"
            ),
            {"name": table},
        )
        return [
            name
            for name, sql in rows
            if any(t.name == column.lower() for t in tokens(sql.lower()) if t.kind != "string")
        ]

    def _in_a_constraint(self, table: str, column: str) -> bool:
        for item in sqlite_rebuild.items_of(sqlite_rebuild.definition(self.connection, table)):
            own = item.column is not None and item.column.lower() == column.lower()
            words = {token.keyword for token in item.pieces}
            if own and words & {"UNIQUE", "PRIMARY", "CHECK", "REFERENCES"}:
                return True
            if item.column is None and item.names(column):
                return True
        return False

    def drop_table(self, step: safe_steps.DropTable) -> None:
        """Drop the table."""
        self.run(f"DROP TABLE IF EXISTS {self.quote(step.table)}")

    def set_not_null(self, step: safe_steps.SetNotNull) -> None:
        """Have the column refuse NULL."""
        if not self.columns(step.table).get(step.column, False):
            self.rebuild(step.table, sqlite_rebuild.set_null(step.column, nullable=False))

    def drop_not_null(self, step: safe_steps.DropNotNull) -> None:
        """Let the column take NULL."""
        if self.offline or self.columns(step.table).get(step.column, True):
            self.rebuild(step.table, sqlite_rebuild.set_null(step.column, nullable=True))

    def add_constraint(self, step: safe_steps.AddConstraint) -> None:
        """Add the check or foreign key."""
        self._add(step.table, step.name, step.sql)

    def add_unique(self, step: safe_steps.AddUnique) -> None:
        """Add the unique constraint."""
        self._add(step.table, step.name, f"UNIQUE ({', '.join(map(self.quote, step.columns))})")

    def _add(self, table: str, name: str, sql: str) -> None:
        if name not in self.constraint_names(table):
            item = f"CONSTRAINT {self.quote(name)} {sql}"
            self.rebuild(table, sqlite_rebuild.add_item(item))
            if sql.startswith("FOREIGN KEY"):
                self._all_point_somewhere(table, item)

    def _all_point_somewhere(self, table: str, item: str) -> None:
        """Say at once what SQLite does not look at while foreign keys are off."""
        lost = self.value("SELECT count(*) FROM pragma_foreign_key_check(:table)", table=table)
        if lost:
            raise IntegrityError(item, None, ValueError(f"{lost} rows of {table} point nowhere"))

    def drop_constraint(self, step: safe_steps.DropConstraint) -> None:
        """Drop the constraint."""
        if self.offline or step.name in self.constraint_names(step.table):
            self.rebuild(step.table, sqlite_rebuild.drop_constraint(step.name))

    def create_index(self, step: safe_steps.CreateIndex) -> None:
        """Create the index."""
        if not self.offline:
            owner = self.value(
                "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = :name",
                name=step.name,
            )
            if owner is not None and owner != step.table:
                raise UnsafeStepError(f"An index {step.name} stands on table {owner} already.")
        self.index(step, if_not_exists=True)

    def drop_index(self, step: safe_steps.DropIndex) -> None:
        """Drop the index."""
        self.run(f"DROP INDEX IF EXISTS {self.quote(step.name)}")

    def backfill(self, step: safe_steps.Backfill) -> int:
        """Change the rows in batches; return how many."""
        if self.offline:
            self.run(f"UPDATE {self.quote(step.table)} SET {step.set_sql} WHERE {step.where_sql}")  # noqa: S608  a migration's own SQL
            return 0
        return in_batches(self, step)
