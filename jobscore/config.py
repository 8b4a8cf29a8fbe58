"""Settings: every ``JOBSCORE_…`` variable, typed, documented and checked at start-up.

A setting is a field of :class:`Config` with a ``#:`` comment. Its variable is ``JOBSCORE_`` and
the field's name in capitals; ``JOBSCORE_…_FILE`` names a file that holds the value instead (for
secrets mounted by an orchestrator).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jobscore import paths

if TYPE_CHECKING:
    from flask import Flask

PREFIX = "JOBSCORE_"
#: Shorter keys can be guessed (RFC 7518 asks HMAC-SHA256 keys for at least 32 bytes).
SHORTEST_SECRET = 32
FEWEST_CHARACTERS = 10
KNOWN_SECRETS = frozenset({"dev", "changeme", "secret", "insecure", "x" * 32, "change-me" * 4})


class ConfigError(Exception):
    """A setting is missing or wrong; the text names the variable and the way out."""


def _setting(default: object, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of one running application. Build it with :meth:`from_environ`."""

    instance_dir: str = _setting(
        "", "Folder for the embedded database, uploads and the outbox. Default: `instance/`."
    )
    database_url: str = _setting(
        "",
        "Database. Default: an SQLite file in the instance folder. "
        "`postgresql://user:password@host/name` for PostgreSQL (extra `postgres`).",
    )
    database_pool_size: int = _setting(5, "Open PostgreSQL connections kept by each process.")
    database_pool_overflow: int = _setting(10, "Further PostgreSQL connections under load.")
    schema_wait_seconds: int = _setting(
        0,
        "How long a server or worker that starts waits for the tables to be current, while "
        "another process upgrades them. Then a server answers 503 and a worker ends with status 1.",
    )
    secret_key: str = _setting(
        "", "Key that signs cookies and links; at least 32 characters. Required to serve."
    )
    secret_key_fallbacks: str = _setting(
        "",
        "Secret keys of before, newest first, separated by commas. They sign nothing; unsubscribe "
        "links, and hashes of addresses that are not written to, stay good when they were made "
        "with one of them before the database kept keys of its own for that.",
    )
    public_url: str = _setting(
        "http://127.0.0.1:5000",
        "Address that people use. Links in letters are made from it, never from a request.",
    )
    trusted_hosts: str = _setting(
        "", "Further host names that may be asked for, separated by commas. Default: public_url's."
    )
    proxy_count: int = _setting(
        0, "How many reverse proxies stand in front and set X-Forwarded-*; 0 trusts none."
    )
    timezone: str = _setting(
        "Asia/Tokyo", "Decides morning, the digest's date, “new” and posting days."
    )
    default_locale: Literal["en", "ja"] = _setting("ja", "Language where nothing else tells.")
    mail_url: str = _setting(
        "",
        "How letters leave: `smtp://user:password@host:587` (STARTTLS when offered), "
        "`smtps://…:465`, `file:///folder` (writes .eml files). Default: a folder `outbox` in the "
        "instance folder.",
    )
    mail_from: str = _setting("", "Sender address of every letter.")
    mail_from_name: str = _setting("jobscore", "Sender name of every letter.")
    mail_bounce_to: str = _setting("", "Envelope sender for bounces. Default: mail_from.")
    mail_bounce_tokens: bool = _setting(
        False,
        "Write each letter's own number into its envelope sender (`bounces+NUMBER@…`), so that "
        "reports without a copy of the letter are understood too. The mailbox must take such "
        "addresses.",
    )
    mail_bounce_box: str = _setting(
        "",
        "Where bounces and complaints arrive: a Maildir, a folder of .eml files, or an mbox file. "
        "`flask work` reads it every five minutes; `flask emails bounces` at once.",
    )
    mail_soft_bounces: int = _setting(
        5,
        "An address is not written to any more when so many letters in a row came back for now "
        "(mailbox full, …); 0 never ends that.",
    )
    run_budget_minutes: int = _setting(
        30,
        "A run that takes longer is over its budget: admins get a letter. 0 sets no budget.",
    )
    mail_unsubscribe_to: str = _setting(
        "",
        "Address that also takes unsubscribing by letter, beside the link. Only where somebody, or "
        "`flask digests unsubscribe-mail`, reads it.",
    )
    mail_dkim_key: str = _setting(
        "",
        "Private key that signs letters (extra `dkim`): RSA as PEM, Ed25519 as PEM, or both one "
        "after the other. Better a file: `JOBSCORE_MAIL_DKIM_KEY_FILE`.",
    )
    mail_dkim_selector: str = _setting(
        "", "Selector of that key in DNS; one for each key, separated by commas."
    )
    mail_dkim_domain: str = _setting("", "Domain that signs. Default: that of mail_from.")
    mail_per_minute: int = _setting(
        0, "Most letters a minute, of all senders together; 0 sets no limit."
    )
    mail_domain_rates: str = _setting(
        "",
        "Most letters a minute to single receiving domains, such as "
        "`docomo.ne.jp=60,ezweb.ne.jp=30,*=600`; `*` is each of all the others. "
        "Default: no limits. A new password never waits for these.",
    )
    mail_per_connection: int = _setting(
        500, "Letters after which a sender connects to the mail server anew; 0 sets no limit."
    )
    mail_in_doubt: Literal["ask", "send_again", "count_as_sent"] = _setting(
        "ask",
        "A letter of which nobody knows whether it arrived: `ask` an admin, `send_again` once, "
        "or `count_as_sent`.",
    )
    operator_name: str = _setting("", "Who runs the service; stands in every letter (the law).")
    operator_address: str = _setting("", "Postal address of the operator, in every letter.")
    operator_contact: str = _setting("", "Contact of the operator: URL or e-mail address.")
    upload_limit_mb: int = _setting(200, "Largest CSV that an admin may upload, in megabytes.")
    invitation_days: int = _setting(
        30,
        "Days after which people whom a file brought and who have not accepted are erased.",
    )
    invitation_reminder_days: int = _setting(
        7, "Days after an invitation until its one reminder; 0 sends none."
    )
    feeds_dir: str = _setting(
        "",
        "Folder whose subfolders sources may watch for files. Sources see nothing outside of it. "
        "Default: `feeds` in the instance folder.",
    )
    import_journal_days: int = _setting(
        90, "Days for which an import can be undone: what it changed is kept so long."
    )
    show_admin_names: bool = _setting(
        False,
        "People see by name which administrator looked at their data, not only that one did.",
    )
    session_days: int = _setting(14, "Days until a sign-in ends by itself.")
    log_format: Literal["console", "json"] = _setting(
        "console", "`console` for people, `json` for machines."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting("INFO", "Least level kept.")
    demo: bool = _setting(
        False,
        "The demo: loopback only, shows a banner and the outbox, admins need no second factor.",
    )
    workers: int = _setting(0, "Processes for scoring; 0 uses every core.")

    @classmethod
    def from_environ(
        cls,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
    ) -> "Config":
        """Read all settings from ``environ`` (default: the process's), then apply ``overrides``.

        :raises ConfigError: for an unknown ``JOBSCORE_`` name, a wrong type or a bad value.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        for name, raw in environ.items():
            if not name.startswith(PREFIX) or name.startswith("JOBSCORE_TEST_"):
                continue
            base = name.removesuffix("_FILE")
            setting = known.get(name) or known.get(base)
            if setting is None:
                raise ConfigError(
                    f"{name} is not a setting of jobscore; docs/settings.md lists them."
                )
            text = raw if name in known else _read_secret(name, raw)
            values[setting.name] = _convert(name, setting, text)
        config = cls(**cast(Any, {**values, **(overrides or {})}))
        return config._completed()

    def _completed(self) -> "Config":
        """Fill defaults that depend on others and refuse values that cannot work."""
        instance = Path(self.instance_dir or paths.default_instance()).absolute()
        changed: dict[str, object] = {"instance_dir": str(instance)}
        url = self.database_url or f"sqlite:///{instance / 'jobscore.sqlite3'}"
        changed["database_url"] = normalise_database_url(url)
        changed["mail_url"] = self.mail_url or f"file://{instance / 'outbox'}"
        changed["public_url"] = self.public_url.rstrip("/")
        changed["mail_bounce_to"] = self.mail_bounce_to or self.mail_from
        public = urlsplit(self.public_url)
        if public.scheme not in {"http", "https"} or not public.hostname:
            raise ConfigError(
                "JOBSCORE_PUBLIC_URL must be a full address such as https://jobs.example.com"
            )
        if public.scheme == "http" and not self.is_loopback:
            raise ConfigError(
                "JOBSCORE_PUBLIC_URL must be https: over http everybody on the way reads passwords."
            )
        if self.demo and not self.is_loopback:
            raise ConfigError(
                "JOBSCORE_DEMO=1 is for this machine only: JOBSCORE_PUBLIC_URL must be loopback."
            )
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(
                f"JOBSCORE_TIMEZONE: {self.timezone!r} is no IANA time zone; try Asia/Tokyo or UTC."
            ) from error
        if self.secret_key and (
            len(self.secret_key) < SHORTEST_SECRET
            or len(set(self.secret_key)) < FEWEST_CHARACTERS
            or self.secret_key in KNOWN_SECRETS
        ):
            raise ConfigError(
                "JOBSCORE_SECRET_KEY is too short or well known; make one with: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        if urlsplit(cast(str, changed["mail_url"])).scheme not in {"smtp", "smtps", "file", "null"}:
            raise ConfigError("JOBSCORE_MAIL_URL must start with smtp://, smtps:// or file://")
        self._check_mail()
        domain_rates(self.mail_domain_rates)
        return _replace(self, changed)

    def _check_mail(self) -> None:
        """Refuse what would stop every letter, or let it leave unsigned.

        :raises ConfigError: for an address that is none, half a DKIM setting, a missing extra.
        """
        to = self.mail_unsubscribe_to
        if to and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", to):
            raise ConfigError(f"JOBSCORE_MAIL_UNSUBSCRIBE_TO: {to!r} is no e-mail address.")
        if not self.mail_dkim_key:
            return
        if not self.mail_dkim_selector:
            raise ConfigError("JOBSCORE_MAIL_DKIM_KEY is set, JOBSCORE_MAIL_DKIM_SELECTOR is not.")
        if find_spec("dkim") is None:
            raise ConfigError(
                "JOBSCORE_MAIL_DKIM_KEY is set, but nothing here can sign: install the extra "
                "`dkim` (pip install 'jobscore[dkim]'), or unset the key."
            )

    def check_can_serve(self, *, is_debug: bool = False) -> None:
        """Refuse to serve people without a secret of their own; commands need none.

        :raises ConfigError: when ``JOBSCORE_SECRET_KEY`` is missing, or in debug mode in public.
        """
        if is_debug and not self.is_loopback:
            raise ConfigError("Debug mode is for this machine only: unset FLASK_DEBUG.")
        if not self.secret_key:
            raise ConfigError(
                "JOBSCORE_SECRET_KEY is missing: without it nobody stays signed in and links in "
                "letters break at each restart. Make one with: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )

    @property
    def former_secrets(self) -> list[str]:
        """Secret keys of before, newest first."""
        return [key.strip() for key in self.secret_key_fallbacks.split(",") if key.strip()]

    @property
    def instance(self) -> Path:
        """The instance folder as a path (absolute; it may not exist yet)."""
        return Path(self.instance_dir)

    @property
    def feeds(self) -> Path:
        """The folder whose subfolders sources may watch (absolute; it may not exist yet)."""
        return Path(self.feeds_dir or self.instance / "feeds").absolute()

    @property
    def is_loopback(self) -> bool:
        """Whether the site is for this machine only."""
        return urlsplit(self.public_url).hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def is_https(self) -> bool:
        """Whether people reach the site over https, so that cookies may be Secure."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """Host names that the app answers to."""
        own = urlsplit(self.public_url).hostname or ""
        further = [h.strip() for h in self.trusted_hosts.split(",") if h.strip()]
        loopback = ["127.0.0.1", "localhost"] if own in {"127.0.0.1", "localhost"} else []
        return list(dict.fromkeys([own, *loopback, *further]))

    @property
    def missing_for_mail(self) -> list[str]:
        """Variables without which no letter may leave (特定電子メール法, CAN-SPAM)."""
        wanted = ("mail_from", "operator_name", "operator_address", "operator_contact")
        return [PREFIX + name.upper() for name in wanted if not getattr(self, name)]


def _replace(config: Config, changed: Mapping[str, object]) -> Config:
    values = {f.name: getattr(config, f.name) for f in fields(config)}
    return Config(**cast(Any, {**values, **changed}))


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name}: cannot read {path}: {error.strerror}") from error


def _convert(name: str, setting: "Field[Any]", text: str) -> object:
    """Turn a variable's text into the field's type."""
    kind = setting.type
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in {"1", "0", "true", "false", "yes", "no", "on", "off", ""}:
            raise ConfigError(f"{name}: {text!r} is neither true nor false.")
        return lowered in {"1", "true", "yes", "on"}
    if kind is int:
        try:
            value = int(text)
        except ValueError as error:
            raise ConfigError(f"{name}: {text!r} is not a whole number.") from error
        if value < 0:
            raise ConfigError(f"{name}: {value} is below 0.")
        return value
    choices: tuple[str, ...] = getattr(kind, "__args__", ())
    if choices and text not in choices:
        raise ConfigError(f"{name}: {text!r} is none of {', '.join(choices)}.")
    return text


def domain_rates(text: str) -> dict[str, int]:
    """Return letters a minute by receiving domain, as ``mail_domain_rates`` names them.

    :raises ConfigError: for what is no list of ``domain=number``, a number below 1 included.
    """
    rates: dict[str, int] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        domain, _, number = entry.partition("=")
        domain = domain.strip().lower()
        if not domain or not number.strip().isdecimal() or not int(number):
            raise ConfigError(
                f"JOBSCORE_MAIL_DOMAIN_RATES: {entry!r} is not like docomo.ne.jp=60 (letters a "
                "minute, at least 1)."
            )
        rates[domain] = int(number)
    return rates


def normalise_database_url(url: str) -> str:
    """Return ``url`` with the driver that jobscore uses (psycopg 3 for PostgreSQL)."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def current(app: "Flask | None" = None) -> Config:
    """Return the settings of ``app`` (default: the current one)."""
    from flask import current_app

    return cast(Config, (app or current_app).config["JOBSCORE"])
