"""The demo's own settings: made once, kept in the instance folder, good for this machine only."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jobscore.config import PREFIX

#: Settings of the caller that the demo keeps; the others are its own, so that it never mails or
#: signs with those of a real installation.
KEPT = frozenset(
    {
        "INSTANCE_DIR",
        "DATABASE_URL",
        "TIMEZONE",
        "DEFAULT_LOCALE",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "WORKERS",
    }
)
_WORDS = ("amber", "birch", "cedar", "coral", "ember", "grove", "hazel", "jade", "lemon", "maple")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the demo makes up once and keeps readable by its owner only."""

    #: Signs cookies and links.
    key: str
    #: Opens every account of the demo.
    password: str


def own_secrets(instance: Path) -> Secrets:
    """Return the secrets of the demo in ``instance``, made on the first call."""
    file = instance / "demo.json"
    try:
        return Secrets(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        pass
    words = [secrets.choice(_WORDS) for _ in range(3)]
    made = Secrets(
        key=secrets.token_urlsafe(48),
        password="-".join([*words, str(1000 + secrets.randbelow(9000))]),
    )
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another start of the demo was quicker
        return own_secrets(instance)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(asdict(made), opened)
    return made


def foreign(environ: Mapping[str, str]) -> set[str]:
    """Return the names of settings in ``environ`` that the demo does not take over."""
    own = {name for name in environ if name.startswith(PREFIX)}
    return {name for name in own if name.removeprefix(PREFIX) not in KEPT}


def variables(environ: Mapping[str, str], instance: Path, port: int) -> dict[str, str]:
    """Return ``environ`` with the settings of a demo that serves on ``port`` of this machine."""
    left_out = foreign(environ)
    kept = {name: value for name, value in environ.items() if name not in left_out}
    own = {
        "DEMO": "1",
        "SECRET_KEY": own_secrets(instance).key,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        # a million postings are a file of a gigabyte
        "UPLOAD_LIMIT_MB": "4000",
        "MAIL_FROM": "matches@example.jp",
        "MAIL_FROM_NAME": "jobscore demo",
        "OPERATOR_NAME": "jobscore demo",
        "OPERATOR_ADDRESS": "1-1 Chiyoda, Chiyoda-ku, Tokyo 100-0001",
        "OPERATOR_CONTACT": f"http://127.0.0.1:{port}/",
    }
    quiet = {"LOG_LEVEL": "WARNING"}
    named = {PREFIX + name: value for name, value in {**quiet, **own}.items()}
    for name in quiet:
        named[PREFIX + name] = kept.get(PREFIX + name, named[PREFIX + name])
    return {**kept, **named}
