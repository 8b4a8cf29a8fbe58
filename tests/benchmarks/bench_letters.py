"""Digest letters: composing one against turning the same one into bytes."""

from email.message import EmailMessage
from itertools import groupby

from flask import Flask

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.digests import emails, links, reading
from jobscore.emails import compose, service
from jobscore.emails.compose import Letter
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.matching import runs
from jobscore.web.i18n import speaking
from tests.benchmarks.measuring import Results, least_seconds, seconds
from tests.emails import reference

Work = list[tuple[reading.Person, list[emails.Pick]]]


def matched_people() -> Work:
    """Score and match everybody; return people with their picks, one language after the other."""
    today = clock.today(config.current().timezone)
    with transaction():
        run_id = runs.request_run(run_on=today).id
    runs.execute(run_id)
    people = reading.people_of(reading.everyone())
    choices = reading.choices_of(people, today, is_preview=True)
    db.session.remove()
    work = [(p, [c.pick for c in choices.get(p.reader.user_id, ())]) for p in people]
    return sorted(((p, k) for p, k in work if k), key=lambda one: one[0].reader.locale)


def write_letters(work: Work, composers: dict[str, emails.Composer]) -> list[Rendered]:
    """Compose every letter, as a build does: language by language."""
    today = clock.today(config.current().timezone)
    written = []
    for locale, group in groupby(work, key=lambda one: one[0].reader.locale):
        with speaking(locale):
            if locale not in composers:
                composers[locale] = emails.Composer(locale)
            written += [composers[locale].compose(p.reader, picks, today) for p, picks in group]
    return written


def as_message(person: reading.Person, letter: Rendered) -> EmailMessage:
    """Return the letter as a sender builds it."""
    sender = service.sender()
    url = links.unsubscribe_url(person.reader.user_id)
    return reference.build_message(
        Letter(
            recipient=person.email,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            locale=person.reader.locale,
            message_id=f"{person.reader.user_id}@example.com",
            headers=compose.list_headers("digest", url, sender.public_url),
        ),
        sender,
        clock.now(),
    )


def test_composing_letters(world: Flask, results: Results) -> None:
    with world.app_context():
        work = matched_people()
        composers: dict[str, emails.Composer] = {}
        letters: list[Rendered] = []
        first = seconds(lambda: letters.extend(write_letters(work, composers)))
        pairs = [(person, letter) for (person, _), letter in zip(work, letters, strict=True)]
        messages = [as_message(person, letter) for person, letter in pairs]
        again, building, wire = least_seconds(
            3,
            lambda: write_letters(work, composers),
            lambda: [as_message(person, letter) for person, letter in pairs],
            lambda: [message.as_bytes() for message in messages],
        )
    n = len(letters)
    jobs = sum(len(picks) for _, picks in work)
    yardstick = f"EmailMessage.as_bytes of the same, {wire * 1e3 / n:.2f} ms"
    for name, spent in (
        ("composing letters, no job said before", first),
        ("composing letters, every job said before", again),
        ("headers and MIME parts of a letter", building),
    ):
        amount = f"{n:,} letters of {jobs / n:.0f} jobs"
        results.add(name, amount, f"{spent * 1e3 / n:.2f} ms a letter", yardstick, wire / spent)
    assert wire / again > 0.1
