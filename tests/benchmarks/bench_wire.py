"""A letter's bytes, its signature, and its row in the log, beside what each replaced."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import cycle, islice

import pytest
from flask import Flask
from sqlalchemy import select

from jobscore import clock, config
from jobscore.accounts.models import Profile
from jobscore.database.transaction import transaction
from jobscore.digests import service as digests
from jobscore.emails import compose, dkim, service
from jobscore.emails.compose import Letter
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.matching import runs
from tests.benchmarks.measuring import Results, least_seconds, scaled, seconds
from tests.emails import reference
from tests.emails.keys import ed25519_pem, rsa_pem

#: Letters whose bytes are made; letters put into the log.
LETTERS, LOGGED = 100, scaled(2_000)
#: CPU milliseconds that the bytes of one letter may take.
GOAL = 0.2


@pytest.fixture(scope="session")
def letters(world: Flask) -> list[Letter]:
    """Digests of the sample's people, in both languages, as the log keeps them."""
    with world.app_context():
        today = clock.today(config.current().timezone)
        with transaction():
            run_id = runs.request_run(run_on=today).id
        runs.execute(run_id)
        ids = select(Profile.user_id).order_by(Profile.user_id)
        found = [as_logged(user_id, today) for user_id in db.session.scalars(ids).all()]
        db.session.remove()
    return [letter for letter in found if letter is not None][:LETTERS]


def as_logged(user_id: int, today: date) -> Letter | None:
    """Return a person's digest as a sender finds it in the log; None for who has no matches."""
    written = digests.preview(user_id, today)
    if written is None:
        return None
    public_url = config.current().public_url
    return Letter(
        recipient=f"reader{user_id}@example.com",
        subject=written.subject,
        text=written.text,
        html=written.html,
        locale="ja" if 'lang="ja"' in written.html[:500] else "en",
        message_id=f"letter.{user_id}.20261123@example.com",
        headers=compose.list_headers("digest", f"{public_url}/u/{'x' * 60}", public_url),
    )


def test_the_bytes_of_a_letter(world: Flask, letters: list[Letter], results: Results) -> None:
    now = clock.now()
    with world.app_context():
        sender = service.sender()
    ours, theirs = least_seconds(
        3,
        lambda: [compose.payload(one, sender, now) for one in letters],
        lambda: [reference.build_message(one, sender, now).as_bytes() for one in letters],
    )
    n = len(letters)
    size = sum(len(compose.payload(one, sender, now)) for one in letters) / n
    results.add(
        "the bytes of a letter",
        f"{n:,} letters of {size / 1000:.0f} kB",
        f"{ours * 1e3 / n:.2f} ms a letter",
        f"the email package, {theirs * 1e3 / n:.2f} ms",
        theirs / ours,
    )
    results.bar("the bytes of a letter", f"{n:,} letters", GOAL, ours * 1e3 / n, "ms")
    assert theirs > 3 * ours


def test_signing(letters: list[Letter], results: Results) -> None:
    now = clock.now()
    sender = compose.Sender("jobs@example.com", "jobscore", "", "", "https://jobs.example.com")
    some = [compose.payload(one, sender, now) for one in letters[:20]]
    for name, key in (("RSA-2048", rsa_pem(2048)), ("Ed25519", ed25519_pem())):
        signer = dkim.signer(
            config.Config(mail_dkim_key=key, mail_dkim_selector="s", mail_from="jobs@example.com")
        )
        assert signer is not None
        sign = signer
        spent = min(least_seconds(3, lambda sign=sign: [sign(raw) for raw in some]))  # type: ignore[misc] # a lambda's default
        results.add(
            f"signing a letter, {name}", f"{len(some)} letters", f"{spent * 1e3 / len(some):.1f} ms"
        )


def drafts(letters: Sequence[Letter]) -> list[service.Draft]:
    """Return as many drafts as are to be logged."""
    return [
        service.Draft(
            email_type=EmailType.DIGEST,
            recipient=one.recipient,
            subject=one.subject,
            text=one.text,
            html=one.html or "",
            locale=one.locale,
            headers=one.headers,
            is_held=True,
        )
        for one in islice(cycle(letters), LOGGED)
    ]


def packed_form(draft: service.Draft) -> service.Draft:
    """Return a draft whose bodies are packed, as another process would hand it over."""
    return replace(draft, text=service.pack(str(draft.text)), html=service.pack(str(draft.html)))


def by_objects(work: Sequence[service.Draft]) -> None:
    """Log letters as objects of the ORM, as it was done before; they are taken back."""
    rows = [
        EmailLog(
            email_type=draft.email_type,
            recipient_email=draft.recipient,
            subject=draft.subject,
            body="",
            text_z=service.pack(str(draft.text)),
            html_z=service.pack(str(draft.html)),
            headers=dict(draft.headers),
            locale=draft.locale,
            status=EmailStatus.PENDING,
            is_held=True,
        )
        for draft in work
    ]
    db.session.add_all(rows)
    db.session.flush()
    db.session.rollback()


def by_rows(work: Sequence[service.Draft]) -> None:
    """Log letters as we do; they are taken back."""
    service.enqueue_all(work)
    db.session.rollback()


def test_putting_letters_into_the_log(
    world: Flask, letters: list[Letter], results: Results
) -> None:
    with world.app_context():
        work = drafts(letters)
        packing = seconds(lambda: [packed_form(one) for one in work])
        packed = [packed_form(one) for one in work]
        ours, theirs, rows = least_seconds(
            2, lambda: by_rows(work), lambda: by_objects(work), lambda: by_rows(packed)
        )
        db.session.remove()
    raw = sum(len(str(one.text).encode()) + len(str(one.html).encode()) for one in work)
    kept = sum(len(one.text) + len(one.html) for one in packed)
    results.add(
        "letters into the log, packed there",
        f"{LOGGED:,} letters",
        f"{LOGGED / ours:,.0f} letters/s",
        f"objects of the ORM, {LOGGED / theirs:,.0f} letters/s",
        theirs / ours,
    )
    results.add(
        "letters into the log, packed before",
        f"{LOGGED:,} letters",
        f"{LOGGED / rows:,.0f} letters/s",
    )
    best = seconds(lambda: [zlib.compress(str(one.html).encode(), 6) for one in work])
    results.add(
        "packing both bodies",
        f"{raw / 1e6:,.1f} MB become {kept / 1e6:,.1f} MB",
        f"{packing * 1e3 / LOGGED:.2f} ms a letter",
        f"HTML alone at zlib's level 6, {best * 1e3 / LOGGED:.2f} ms",
    )
