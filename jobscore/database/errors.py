"""What can go wrong with a schema, each with its cause and the way out (English: for terminals).

Every error is a :class:`MigrationError` and a RuntimeError, which ``flask db`` prints as one line.
"""

import errno
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError


class MigrationError(RuntimeError):
    """Something kept a migration or a look at the schema from happening.

    ``cause`` says what was found, ``advice`` what to do about it; nothing was changed unless the
    cause says so.
    """

    def __init__(self, cause: str, advice: str) -> None:
        super().__init__(f"{cause}\n{advice}")
        self.cause = cause
        self.advice = advice


class BadUrlError(MigrationError):
    """The address of the database cannot be read, or its driver is not installed."""


class UnreachableDatabaseError(MigrationError):
    """Nobody answers at the address, or the file cannot be opened."""


class AccessDeniedError(MigrationError):
    """The database answers and refuses: password, role, or missing permission."""


class ReadOnlyDatabaseError(MigrationError):
    """The database can be read and not written."""


class LockedDatabaseError(MigrationError):
    """Somebody else holds the lock for longer than we wait."""


class UnknownRevisionError(MigrationError):
    """A revision that is asked for, or that the database names, is not among the scripts."""


class SeveralHeadsError(MigrationError):
    """The scripts (or the database) end in more than one revision."""


class BrokenScriptsError(MigrationError):
    """The migrations folder is missing, or one of its files cannot be used."""


class NoMetadataError(MigrationError):
    """The folder does not name the tables that a database could be compared with."""


class ForeignSchemaError(MigrationError):
    """The database holds tables that no migration of this folder made."""


class OutOfDateError(MigrationError):
    """The question needs a database at head, and this one is not."""


class NoChangesError(MigrationError):
    """A revision was to be written from the models, and they equal the database."""


class NotRunError(MigrationError):
    """Everything ran without an error, and yet the database is not where it should be."""


class CopyError(MigrationError):
    """The copy before an upgrade could not be made."""


class BrokenRowsError(MigrationError):
    """After the migration, rows would point at rows that do not exist."""


class FailedMigrationError(MigrationError):
    """A revision's own code failed; ``revision`` names it, ``statement`` is the SQL or None."""

    def __init__(
        self, cause: str, advice: str, *, revision: str | None, statement: str | None = None
    ) -> None:
        super().__init__(cause, advice)
        self.revision = revision
        self.statement = statement


class _Finding(Protocol):
    @property
    def rule(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def advice(self) -> str: ...


class DangerousMigrationError(MigrationError):
    """The linter found dangerous steps ahead, and nobody allowed them."""

    def __init__(self, findings: Sequence[_Finding]) -> None:
        self.findings = tuple(findings)
        lines = [f"\n  {f.revision} {f.rule}: {f.message} {f.advice}" for f in findings]
        rules = ",".join(dict.fromkeys(f.rule for f in findings))
        super().__init__(
            "Nothing was changed: dangerous steps lie ahead:" + "".join(lines) + "\n",
            f"Change the revision, or allow it: flask schema upgrade --allow {rules} "
            f"(flask db upgrade -x allow={rules}).",
        )


#: PostgreSQL's SQLSTATE of a lock that was not to be had in time.
LOCK_NOT_AVAILABLE = "55P03"


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's five-character code of a driver's error, or nothing."""
    origin = getattr(error, "orig", error)
    for name in ("sqlstate", "pgcode"):
        code = getattr(origin, name, None)
        if code:
            return str(code)
    cause = getattr(origin, "__cause__", None)  # asyncpg's own error stands behind the adapter's
    return str(getattr(cause, "sqlstate", "") or "")


def parse_url(url: str | URL) -> URL:
    """Return the address of a database.

    :raises BadUrlError: when it is no address, or names a database or driver that is not there.
    """
    try:
        parsed = make_url(url)
        parsed.get_dialect().import_dbapi()
    except (NoSuchModuleError, ImportError) as error:
        named = make_url(url).drivername
        raise BadUrlError(
            f"There is no driver for {named} here ({error}).",
            "Install it (PostgreSQL: pip install 'jobscore[postgres]'), or mend the address.",
        ) from error
    except (ArgumentError, ValueError) as error:  # ValueError: the port is no number
        raise BadUrlError(
            "The address of the database cannot be read.",
            "It looks like sqlite:///folder/file.sqlite3 or "
            "postgresql+psycopg://user:password@host/name.",
        ) from error
    if "@" in (parsed.host or ""):  # the driver's error would show the rest of the password
        raise BadUrlError(
            "The address of the database cannot be read: it has more than one @.",
            "Write special characters of the password as %40 (@), %2F (/), %3A (:), %23 (#).",
        )
    return parsed


#: Parameters of an address that are secrets.
_SECRETS = frozenset({"password", "passwd", "sslpassword", "sslkeypassword"})


def without_secrets(url: URL) -> URL:
    """Return the address without its password, wherever it stands."""
    return url.set(password=None).difference_update_query(_SECRETS)


def shown(url: URL) -> str:
    """Return the address to print: stars stand for the password."""
    hidden = {name: "***" for name in url.query if name in _SECRETS}
    text = url.difference_update_query(_SECRETS).render_as_string(hide_password=True)
    stars = "&".join(f"{name}={value}" for name, value in hidden.items())
    return f"{text}{'&' if '?' in text else '?'}{stars}" if stars else text


def translate(error: DBAPIError | OSError, url: URL) -> MigrationError | None:
    """Name what a driver reports about the database itself; None for errors of a statement."""
    if isinstance(error, OSError):
        return _of_system(error, url)
    text = str(error.orig or error).lower()
    if url.get_backend_name() == "sqlite":
        return _of_sqlite(text, url)
    if isinstance(error.orig, OSError):
        return _of_system(error.orig, url)
    return _of_postgresql(sqlstate(error), text, error, url)


def _of_system(error: OSError, url: URL) -> MigrationError:
    if error.errno == errno.ENOSPC:
        return ReadOnlyDatabaseError("The disk is full.", "Make room and run it again.")
    if url.get_backend_name() == "sqlite":
        return _cannot_be_opened(url)
    return UnreachableDatabaseError(
        f"The database cannot be reached at {shown(url)} ({error}).",
        "Check the address and that the server runs.",
    )


def _cannot_be_opened(url: URL) -> UnreachableDatabaseError:
    return UnreachableDatabaseError(
        f"The database {url.database} cannot be opened.",
        "Check that the folder exists and that this user may write in it.",
    )


def _of_sqlite(text: str, url: URL) -> MigrationError | None:
    file = url.database
    if "locked" in text or "busy" in text:
        return LockedDatabaseError(
            f"The database {file} is locked by another process.",
            "Stop what writes to it (flask work, an import, another upgrade), then run it again.",
        )
    if "readonly" in text or "read-only" in text:
        return ReadOnlyDatabaseError(
            f"The database {file} cannot be written.",
            "Give this user the right to write the file and its folder (chown, chmod), or mount "
            "the disk for writing.",
        )
    if "unable to open" in text:
        return _cannot_be_opened(url)
    if "not a database" in text or "malformed" in text:
        return UnreachableDatabaseError(
            f"{file} is no SQLite database, or it is damaged.",
            "Check the path; restore the file from a backup if it is the right one.",
        )
    if "disk is full" in text or "disk i/o" in text:
        return ReadOnlyDatabaseError(f"The disk of {file} is full.", "Make room, run it again.")
    return None


def _of_postgresql(code: str, text: str, error: DBAPIError, url: URL) -> MigrationError | None:
    if code == LOCK_NOT_AVAILABLE:
        return LockedDatabaseError(
            "Other transactions held a table for too long.",
            "Run it again when long reports or imports have ended; "
            "pg_stat_activity shows who holds it.",
        )
    if code in {"28P01", "28000"} or (not code and any(said in text for said in _REFUSALS)):
        return AccessDeniedError(
            f"The database server refused {url.username} ({_reason(error)}).",
            "Check user and password in the address, the role's right to connect, pg_hba.conf.",
        )
    if code == "3D000" or ("does not exist" in text and 'database "' in text):
        return UnreachableDatabaseError(
            f"There is no database {url.database} on {url.host or 'the server'}.",
            f"Create it: createdb {url.database}",
        )
    if code == "42501":
        grant = f", or grant it: GRANT CREATE ON SCHEMA public TO {url.username};"
        return AccessDeniedError(
            f"{url.username} may not do this: {_first_line(error)}.",
            "Run migrations as the owner of the tables" + (grant if "schema" in text else "."),
        )
    if code == "25006":
        return ReadOnlyDatabaseError(
            "This PostgreSQL server is read-only (a standby, or default_transaction_read_only).",
            "Connect to the primary.",
        )
    if code == "53100":
        return ReadOnlyDatabaseError("The server's disk is full.", "Make room, run it again.")
    unreachable = code[:2] in {"08", "57", "53"} or (
        not code
        and (isinstance(error, InterfaceError) or "connect" in text or "resolve host" in text)
    )
    if unreachable:
        return UnreachableDatabaseError(
            f"The database cannot be reached at {shown(url)} ({_first_line(error)}).",
            "Check the address and that the server runs.",
        )
    return None


#: What PostgreSQL says when it refuses a session; psycopg keeps no SQLSTATE of that.
_REFUSALS = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    'fatal:  role "',
    "permission denied for database",
)


def _reason(error: DBAPIError) -> str:
    """Return what the server said, without the driver's words before it."""
    return _first_line(error).rpartition("FATAL:")[2].strip()


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
