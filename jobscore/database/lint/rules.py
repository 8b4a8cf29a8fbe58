"""Every danger that the linter knows: its name, how bad it is, where, and the words for it.

``%(table)s`` and ``%(subject)s`` are filled in by the finding. ``docs/migrations.md`` shows these
rules as a table, which :func:`as_table` writes and a test keeps current.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """Whether an upgrade refuses the step, or only speaks of it."""

    DANGEROUS = "dangerous"
    WARNING = "warning"


BOTH = ("postgresql", "sqlite")
POSTGRESQL = ("postgresql",)
SQLITE = ("sqlite",)


@dataclass(frozen=True, slots=True)
class Rule:
    """One danger: ``message`` is what happens and why it hurts, ``advice`` the safe recipe."""

    name: str
    severity: Severity
    dialects: tuple[str, ...]
    title: str
    message: str
    advice: str


def _dangerous(
    name: str, title: str, message: str, advice: str, dialects: tuple[str, ...] = POSTGRESQL
) -> Rule:
    return Rule(name, Severity.DANGEROUS, dialects, title, message, advice)


def _warning(
    name: str, title: str, message: str, advice: str, dialects: tuple[str, ...] = POSTGRESQL
) -> Rule:
    return Rule(name, Severity.WARNING, dialects, title, message, advice)


_EXPAND = (
    "Expand and contract: add the new one, write both, copy with safe.backfill(…), read the new "
    "one, and drop the old one a release later (docs/migrations.md)."
)
_LOSES = (
    "Running code that still reads it fails, and a downgrade brings the shape back but not what "
    "was in it."
)

_DROPS = (
    _dangerous(
        "drop-column",
        "A column is dropped",
        "Dropping column %(table)s.%(subject)s loses what it holds. " + _LOSES,
        "Release code that no longer names the column; a release later call "
        "safe.drop_column(…) and say so: assured = {'drop-column': 'nothing reads it since …'}.",
        BOTH,
    ),
    _dangerous(
        "drop-table",
        "A table is dropped",
        "Dropping table %(table)s loses every row of it. " + _LOSES,
        "Release code that no longer names the table; a release later call safe.drop_table(…) "
        "and say so: assured = {'drop-table': 'nothing reads it since …'}.",
        BOTH,
    ),
    _dangerous(
        "replace-table",
        "A table is dropped and made anew in one revision",
        "Table %(table)s is dropped and created again: all its rows are gone, whatever the new "
        "shape has in common with the old one.",
        "Change the table in place, or create it under a new name, copy with safe.backfill(…), "
        "and drop the old one a release later.",
        BOTH,
    ),
    _dangerous(
        "drop-schema",
        "A schema or database is dropped",
        "%(subject)s is dropped with everything that stands in it.",
        "Drop table by table, each with its reason, after a dump.",
    ),
    _dangerous(
        "truncate",
        "A table is emptied",
        "TRUNCATE removes every row of %(table)s under an ACCESS EXCLUSIVE lock (with CASCADE "
        "those of other tables too), and a downgrade cannot bring them back.",
        "Delete in batches what is really meant, or say why: assured = {'truncate': '…'}.",
    ),
    _warning(
        "drop-constraint",
        "A constraint is dropped",
        "Without constraint %(subject)s table %(table)s takes rows that the constraint refused; "
        "a downgrade then fails on them.",
        "Be sure that code checks what the constraint checked, and that the downgrade says what "
        "becomes of such rows.",
        BOTH,
    ),
    _warning(
        "drop-not-null",
        "A column becomes nullable",
        "Code that relies on %(table)s.%(subject)s having a value meets NULL, and a downgrade "
        "fails once there is one.",
        "Release code that copes with NULL first.",
        BOTH,
    ),
)

_RENAMES = (
    _dangerous(
        "rename-column",
        "A column is renamed",
        "From the rename of %(table)s.%(subject)s until the last old process has gone, every "
        "query by one of the two names fails.",
        _EXPAND,
        BOTH,
    ),
    _dangerous(
        "rename-table",
        "A table is renamed or moved",
        "From the rename of %(table)s until the last old process has gone, every query by one of "
        "the two names fails.",
        "Create the new table, write both, copy with safe.backfill(…), read the new one, drop the "
        "old one a release later; or leave a view under the old name.",
        BOTH,
    ),
    _dangerous(
        "rename-schema",
        "A schema is renamed",
        "Every table of schema %(subject)s gets another name at once: all running code fails.",
        "Create the new schema and move table by table by expand and contract.",
    ),
)

_TYPES = (
    _dangerous(
        "change-type",
        "The type of a column changes",
        "Changing the type of %(table)s.%(subject)s rewrites the whole table and its indexes "
        "under an ACCESS EXCLUSIVE lock: nobody reads or writes until it is done.",
        _EXPAND + " Free of a rewrite are: a longer varchar, varchar to text, a numeric of higher "
        "precision and the same scale (give existing_type, so that it can be seen).",
    ),
    _dangerous(
        "narrow-type",
        "A column gets room for less",
        "Values of %(table)s.%(subject)s that no longer fit make the upgrade fail on PostgreSQL, "
        "after a scan or rewrite under an ACCESS EXCLUSIVE lock; SQLite keeps them, unseen.",
        "Leave the type, and hold the shorter length by safe.add_check(…).",
        BOTH,
    ),
    _warning(
        "timestamp-to-timestamptz",
        "A timestamp gets a time zone",
        "%(table)s.%(subject)s is taken over as it is only when the session's TimeZone is UTC; "
        "otherwise the whole table is rewritten under an ACCESS EXCLUSIVE lock, and every value "
        "shifts.",
        "Write op.execute(\"SET LOCAL TimeZone = 'UTC'\") before it, when the values are UTC.",
    ),
    _dangerous(
        "json-column",
        "A column of type json",
        "json has no equality: SELECT DISTINCT, UNION and GROUP BY over %(table)s.%(subject)s "
        "fail, also in queries that work today.",
        'Use JSONB: sa.JSON().with_variant(postgresql.JSONB(), "postgresql").',
    ),
    _warning(
        "integer-primary-key",
        "A primary key of 32 bits",
        "%(table)s.%(subject)s ends at 2,147,483,647, and widening it later rewrites the table "
        "and everything that points at it.",
        'Use sa.BigInteger().with_variant(sa.Integer(), "sqlite").',
    ),
    _warning(
        "timestamp-without-zone",
        "A timestamp without time zone",
        "%(table)s.%(subject)s does not say which moment it means.",
        "Use sa.DateTime(timezone=True).",
    ),
    _warning(
        "char-column",
        "A column of type char(n)",
        "char(n) pads %(table)s.%(subject)s with blanks and saves nothing.",
        "Use sa.String(n) or sa.Text().",
    ),
)

_COLUMNS = (
    _dangerous(
        "not-null-without-default",
        "A NOT NULL column is added without a default",
        "Column %(table)s.%(subject)s has no value for the rows that are there: the upgrade fails "
        "on every table that is not empty, and old code cannot insert.",
        "Give it a constant server_default with safe.add_column(…); or add it nullable, fill it "
        "with safe.backfill(…), then safe.set_not_null(…).",
        BOTH,
    ),
    _dangerous(
        "volatile-default",
        "A column is added with a default that differs by row",
        "The default of %(table)s.%(subject)s is computed for every row: the table is rewritten "
        "under an ACCESS EXCLUSIVE lock (5.3 s without any read or write on 1,000,000 rows).",
        "safe.add_column(…) without the default, op.alter_column(…, server_default=…) for new "
        "rows, then safe.backfill(…).",
    ),
    _dangerous(
        "serial-column",
        "A column that counts by itself is added",
        "Numbering the rows for %(table)s.%(subject)s rewrites the table under an ACCESS "
        "EXCLUSIVE lock.",
        "Create a new table with the column, or: safe.add_column(…) nullable, a sequence as "
        "default for new rows, safe.backfill(…).",
    ),
    _dangerous(
        "generated-column",
        "A stored generated column is added",
        "Computing %(table)s.%(subject)s for every row rewrites the table under an exclusive lock "
        "(SQLite cannot do it without copying the table).",
        "Use a plain column that code or a trigger writes and safe.backfill(…) fills; or a "
        "virtual one: sa.Computed(…, persisted=False).",
        BOTH,
    ),
    _dangerous(
        "add-column-foreign-key",
        "A column is added together with a foreign key",
        "Alembic adds the foreign key of %(table)s.%(subject)s at once: PostgreSQL checks every "
        "row while both tables are locked against writing; SQLite cannot do it by ALTER TABLE.",
        "safe.add_column(…) without it, safe.create_index(…) on the column, then "
        "safe.add_foreign_key(…).",
        BOTH,
    ),
    _dangerous(
        "add-column-unique",
        "A column is added together with a unique constraint",
        "PostgreSQL builds the index of %(table)s.%(subject)s while nobody may read or write; "
        "SQLite cannot add a UNIQUE or PRIMARY KEY column at all.",
        "safe.add_column(…) without it, safe.backfill(…), then safe.add_unique(…).",
        BOTH,
    ),
    _dangerous(
        "non-constant-default",
        "A column is added with a default that SQLite must compute",
        "SQLite refuses to add %(table)s.%(subject)s once the table has rows: ADD COLUMN takes a "
        "constant default only.",
        "safe.add_column(…), which knows the way for CURRENT_TIMESTAMP; else add it nullable and "
        "fill it with safe.backfill(…).",
        SQLITE,
    ),
    _dangerous(
        "reference-with-default",
        "A column with a foreign key and a default is added",
        "SQLite refuses a REFERENCES column whose default is not NULL (%(table)s.%(subject)s).",
        "safe.add_column(…) without the default, safe.backfill(…), safe.add_foreign_key(…).",
        SQLITE,
    ),
)

_CONSTRAINTS = (
    _dangerous(
        "set-not-null",
        "NOT NULL is set on a column that has rows",
        "PostgreSQL reads all of %(table)s to be sure of %(subject)s, and nobody reads or writes "
        "meanwhile.",
        "safe.set_not_null(…): a CHECK … NOT VALID, VALIDATE without a long lock, SET NOT NULL.",
    ),
    _dangerous(
        "check-without-not-valid",
        "A check is added and proven in one step",
        "PostgreSQL checks every row of %(table)s for %(subject)s under an ACCESS EXCLUSIVE lock.",
        "safe.add_check(…): NOT VALID first, then VALIDATE in its own transaction.",
    ),
    _dangerous(
        "foreign-key-without-not-valid",
        "A foreign key is added and proven in one step",
        "PostgreSQL checks every row of %(table)s for %(subject)s while both tables are locked "
        "against writing (about 2 s on 1,000,000 rows).",
        "safe.add_foreign_key(…): NOT VALID first, then VALIDATE in its own transaction.",
    ),
    _dangerous(
        "validate-in-same-transaction",
        "A constraint is validated in the transaction that added it",
        "The lock that ADD CONSTRAINT %(subject)s took on %(table)s is held while every row is "
        "read: NOT VALID has bought nothing.",
        "safe.add_check(…) or safe.add_foreign_key(…), which commit in between.",
    ),
    _dangerous(
        "unique-without-index",
        "A unique constraint builds its index itself",
        "PostgreSQL builds the index of %(subject)s while nobody may write to %(table)s (about "
        "2 s on 1,000,000 rows) or read it.",
        "safe.add_unique(…): a unique index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX.",
    ),
    _dangerous(
        "primary-key-without-index",
        "A primary key builds its index itself",
        "PostgreSQL builds the index of %(subject)s, and may set NOT NULL, while nobody may read "
        "or write %(table)s.",
        "safe.set_not_null(…) and safe.create_index(…, unique=True), then ADD CONSTRAINT … "
        "PRIMARY KEY USING INDEX.",
    ),
    _dangerous(
        "exclusion-constraint",
        "An exclusion constraint is added",
        "PostgreSQL builds the index of %(subject)s under an ACCESS EXCLUSIVE lock on %(table)s; "
        "there is no form in two steps.",
        "Create a new table with the constraint and move the rows by expand and contract.",
    ),
    _dangerous(
        "domain-constraint",
        "A domain gets a constraint",
        "Every table with a column of domain %(subject)s is read under a lock.",
        "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in another transaction.",
    ),
    _warning(
        "unnamed-constraint",
        "A constraint has no name",
        "A constraint of %(table)s (%(subject)s) has no name of ours: a later revision cannot "
        "name what it drops, and SQLite has no name for it at all.",
        "Give it a name.",
        BOTH,
    ),
    _dangerous(
        "constraint-outside-batch",
        "SQLite is asked to alter what it cannot",
        "SQLite has no ALTER TABLE for this (%(table)s, %(subject)s): the upgrade fails.",
        "Use the helpers of safe (add_check, add_foreign_key, add_unique, set_not_null, "
        "drop_constraint), which know both databases.",
        SQLITE,
    ),
    _warning(
        "rebuild-table",
        "A batch copies a whole table",
        "SQLite copies every row of %(table)s while it holds the write lock (cause: "
        "%(subject)s), and Alembic's copy leaves out triggers, indexes on expressions and checks "
        "without a name.",
        "The native forms outside a batch: safe.add_column, safe.drop_column, safe.create_index, "
        "op.alter_column(…, new_column_name=…). What needs a copy is copied word for word by "
        "safe.set_not_null, add_check, add_foreign_key, add_unique and drop_constraint.",
        SQLITE,
    ),
)

_INDEXES = (
    _dangerous(
        "index-not-concurrent",
        "An index is built while writers wait",
        "Building index %(subject)s blocks every write to %(table)s (about 2 s on 1,000,000 rows).",
        "safe.create_index(…).",
    ),
    _dangerous(
        "drop-index-not-concurrent",
        "An index is dropped while everyone waits",
        "Dropping index %(subject)s waits for running queries, and everybody else on the table "
        "waits behind it.",
        "safe.drop_index(…).",
    ),
    _dangerous(
        "reindex-not-concurrent",
        "An index is rebuilt while writers wait",
        "REINDEX of %(subject)s blocks writing, and reading by that index.",
        "REINDEX … CONCURRENTLY inside op.get_context().autocommit_block().",
    ),
    _dangerous(
        "concurrent-in-transaction",
        "CONCURRENTLY stands inside a transaction",
        "PostgreSQL refuses CONCURRENTLY (%(subject)s) in a transaction: the upgrade fails.",
        "safe.create_index(…) and safe.drop_index(…) leave the transaction by themselves; else "
        "use op.get_context().autocommit_block().",
    ),
    _warning(
        "wide-index",
        "An index on more than three columns",
        "Index %(subject)s on %(table)s has more than three columns: rarely faster than the three "
        "that narrow most, and every write pays for it.",
        "Begin with the columns that narrow most, and stop at three.",
        BOTH,
    ),
    _warning(
        "long-name",
        "A name longer than 63 bytes",
        "PostgreSQL cuts %(subject)s off after 63 bytes: it then has another name than here.",
        "Choose a shorter name.",
    ),
)

_STATEMENTS = (
    _dangerous(
        "backfill-in-one-statement",
        "All rows are changed by one statement",
        "One %(subject)s over %(table)s locks every row that it touches until the end of the "
        "transaction, doubles the table on the disk, and starts from nothing after an error.",
        "safe.backfill(…): by ranges of the key, each a commit of its own, resumed after a "
        "crash. A statement bounded by its id is left alone.",
        BOTH,
    ),
    _warning(
        "data-with-schema",
        "Rows and schema are changed in one transaction",
        "The locks of the schema change are held until the rows of %(table)s are changed too.",
        "Two revisions: the schema first, then the rows (safe.backfill(…) commits by itself).",
        BOTH,
    ),
    _dangerous(
        "rewrite-table",
        "A table is rewritten",
        "%(subject)s writes all of %(table)s anew under an ACCESS EXCLUSIVE lock.",
        "Leave it out of migrations; use pg_repack at a quiet hour.",
    ),
    _dangerous(
        "lock-table",
        "A table is locked by hand",
        "LOCK TABLE %(table)s makes everybody wait until the revision is done.",
        "Leave it out: each step takes the lock that it needs.",
    ),
    _dangerous(
        "detach-partition",
        "A partition is detached while everyone waits",
        "DETACH PARTITION %(subject)s takes an ACCESS EXCLUSIVE lock on %(table)s.",
        "DETACH PARTITION … CONCURRENTLY inside op.get_context().autocommit_block().",
    ),
    _dangerous(
        "transaction-statement",
        "A revision begins or ends a transaction itself",
        "%(subject)s ends the transaction that the upgrade relies on: what fails after it leaves "
        "half a revision.",
        "Leave it out; op.get_context().autocommit_block() leaves the transaction properly.",
        BOTH,
    ),
    _warning(
        "enum-value-in-transaction",
        "A value is added to an enum inside a transaction",
        "The new value of type %(subject)s cannot be used before the transaction has ended, and "
        "no downgrade takes it out again.",
        "Use op.get_context().autocommit_block(); or a varchar with a check, as this schema does.",
    ),
    _warning(
        "raw-sql",
        "SQL that the linter cannot judge",
        "Nobody has looked at what this does to a busy table: %(subject)s",
        "See for yourself which locks it takes, and say so: assured = {'raw-sql': '…'}.",
        BOTH,
    ),
)

_REVISIONS = (
    _warning(
        "missing-downgrade",
        "There is no way back",
        "The revision changes the database and its downgrade does nothing: after a bad release "
        "only a copy from before helps.",
        "Write the downgrade; where data would be lost, say so. If there is none on purpose: "
        "assured = {'missing-downgrade': '…'}.",
        BOTH,
    ),
    _warning(
        "unreadable",
        "The revision could not be read",
        "What stands after this line was not checked, as it %(subject)s.",
        "Ask the database in a step of its own, or see for yourself what the rest does.",
        BOTH,
    ),
    _warning(
        "assured-without-reason",
        "A danger is assured without a reason",
        "assured names %(subject)s but gives no reason, so it does not count.",
        "Write the reason as a sentence: the reviewer and the next reader need it.",
        BOTH,
    ),
    _warning(
        "assured-unknown-rule",
        "A danger is assured that does not exist",
        "assured names %(subject)s, which is no rule, so it does not count.",
        "Take the name from docs/migrations.md.",
        BOTH,
    ),
)

#: Every rule by its name, in the order in which people look for them.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for group in (
            _DROPS,
            _RENAMES,
            _TYPES,
            _COLUMNS,
            _CONSTRAINTS,
            _INDEXES,
            _STATEMENTS,
            _REVISIONS,
        )
        for rule in group
    }
)


def as_table() -> str:
    """Return the rules as a Markdown table."""
    names = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
    lines = ["| rule | what | where | |", "|---|---|---|---|"]
    lines += [
        f"| `{rule.name}` | {rule.title} | {', '.join(names[d] for d in rule.dialects)} "
        f"| {'refused' if rule.severity is Severity.DANGEROUS else 'warning'} |"
        for rule in RULES.values()
    ]
    return "\n".join(lines)
