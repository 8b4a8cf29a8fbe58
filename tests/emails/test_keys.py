"""A person's no outlives the secret key that was in force when it was said."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.digests import links
from jobscore.emails import keys, suppression
from jobscore.emails.models import EmailType, KeptKey, Suppression
from jobscore.extensions import db
from tests.conftest import SECRET, SETTINGS
from tests.emails.conftest import put

NEW = "quite-another-secret-for-tests-0123456789"


@contextmanager
def restarted(app: Flask, **changes: object) -> Iterator[Flask]:
    """Yield the same application after a restart with other settings."""
    settings = config.current(app)
    overrides = {
        **SETTINGS,
        "database_url": settings.database_url,
        "instance_dir": settings.instance_dir,
        **changes,
    }
    later = create_app(overrides)
    with later.app_context():
        yield later
        db.session.remove()
        db.engine.dispose()


def is_closed(address: str) -> bool:
    return bool(suppression.suppressed({address}, EmailType.DIGEST))


def test_a_new_secret_key_forgets_nobody_and_ends_no_link(app: Flask) -> None:
    with app.app_context():
        with transaction():
            suppression.suppress("Taro@example.com", suppression.Reason.COMPLAINT)
        put()  # a letter is written: from now on all keys are kept
        token = links.unsubscribe_token(7)
        hashed = suppression.address_hash("taro@example.com")
    with restarted(app, secret_key=NEW):
        assert is_closed("taro@example.com")
        assert not is_closed("hanako@example.com")
        assert links.read_token(token) == 7
        assert links.unsubscribe_token(7) == token
        assert suppression.address_hash("TARO@example.com") == hashed
        with transaction():
            assert not suppression.suppress("taro@example.com", suppression.Reason.BOUNCE)
        assert db.session.scalar(select(func.count(Suppression.id))) == 1


def test_hashes_and_links_of_before_the_keys_were_kept_stay_good(app: Flask) -> None:
    # exactly as the versions before this one made them
    old_key = hashlib.sha256(b"jobscore.suppression\0" + SECRET.encode()).digest()
    hashed = hmac.new(old_key, b"taro@example.com", hashlib.sha256).hexdigest()
    old_link = str(URLSafeSerializer(SECRET, salt="jobscore.digests.unsubscribe").dumps([7]))
    with app.app_context():
        with transaction():
            db.session.add(Suppression(address_hash=hashed, reason="bounce"))
        assert is_closed("taro@example.com")
        assert links.read_token(old_link) == 7
        put()
    with restarted(app, secret_key=NEW):
        assert is_closed("taro@example.com")
        assert links.read_token(old_link) == 7


def test_a_key_that_changed_with_the_upgrade_is_named_as_a_fallback(app: Flask) -> None:
    with restarted(app, secret_key=NEW) as before:
        old_link = links.unsubscribe_token(7)
        hashed = suppression.address_hash("taro@example.com")
        with transaction():
            db.session.add(Suppression(address_hash=hashed, reason="bounce"))
        assert db.session.scalar(select(func.count(KeptKey.purpose))) == 0, before
    with restarted(app):
        assert not is_closed("taro@example.com")
        with pytest.raises(links.BadLinkError):
            links.read_token(old_link)
    with restarted(app, secret_key_fallbacks=f" x, {NEW}"):
        put()
        assert is_closed("taro@example.com")
        assert links.read_token(old_link) == 7
        assert links.unsubscribe_token(7) != old_link, "fallbacks sign nothing"
        with transaction():
            suppression.lift("taro@example.com")
        assert not is_closed("taro@example.com")


def test_commands_without_a_secret_key_use_the_kept_ones(app: Flask) -> None:
    with restarted(app, secret_key=""), pytest.raises(config.ConfigError):
        suppression.address_hash("taro@example.com")
    with app.app_context():
        put()
        hashed = suppression.address_hash("taro@example.com")
    with restarted(app, secret_key=""):
        assert suppression.address_hash("taro@example.com") == hashed


def test_each_purpose_has_a_key_of_its_own(session: Session) -> None:
    with transaction():
        keys.keep()
        keys.keep()
    assert len({keys.signing(purpose) for purpose in keys.Purpose}) == len(keys.Purpose)
    assert set(session.scalars(select(KeptKey.purpose))) == set(keys.Purpose)


def test_a_link_of_another_key_or_purpose_is_refused(app: Flask, session: Session) -> None:
    token = links.unsubscribe_token(7)
    forged = links._serializer([b"guessed" * 4]).dumps([7])
    for bad in (token[:-2], forged, "", "x", "W10.x"):
        with pytest.raises(links.BadLinkError):
            links.read_token(str(bad))


def test_notes_keep_no_address(session: Session) -> None:
    note = "550 5.1.1 <taro@example.com>: unknown;\r\nBcc: a..b.@docomo.ne.jp " + "x" * 900
    with transaction():
        suppression.suppress("taro@example.com", suppression.Reason.BOUNCE, note)
    [entry] = suppression.newest(5)
    assert entry.note is not None
    assert entry.note.startswith("550 5.1.1 …@…: unknown; Bcc: …@… xxx")
    assert len(entry.note) == suppression.LONGEST_NOTE


def test_what_an_admin_may_lift(session: Session) -> None:
    with transaction():
        suppression.suppress("taro@example.com", suppression.Reason.COMPLAINT)
        suppression.suppress("hanako@example.com", suppression.Reason.ERASED)
    with transaction():
        [entry] = suppression.lift("TARO@example.com")
    assert entry.reason == suppression.Reason.COMPLAINT
    with pytest.raises(suppression.NotListedError), transaction():
        suppression.lift("taro@example.com")
    with pytest.raises(suppression.ErasedError), transaction():
        suppression.lift("hanako@example.com")
    assert is_closed("hanako@example.com")
