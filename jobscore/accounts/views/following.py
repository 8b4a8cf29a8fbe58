"""What follows from saved answers: new matches, the share that can be judged, the letters."""

from typing import Any

from flask import current_app, url_for

from jobscore.accounts import consents
from jobscore.accounts.forms import DigestForm
from jobscore.accounts.models import ConsentKind, DigestFrequency, Profile, User
from jobscore.database.transaction import transaction
from jobscore.digests import wishes
from jobscore.matching import service as matching
from jobscore.scoring import service as scoring
from jobscore.scoring.policy import COMPONENTS


def weights(profile: Profile) -> dict[str, int]:
    """Return the weight of each part of the score for a person: their own, or the policy's."""
    policy = scoring.active_policy()
    shares = {part.value: weight for part, weight in zip(COMPONENTS, policy.weights, strict=True)}
    return {**shares, **(profile.weights or {})}


def matches_follow(user_id: int) -> None:
    """Have the person's matches follow what was just saved. Commits on its own."""
    matching.prepare()
    with transaction():
        matching.match_person(user_id)


def digest_data(user: User) -> dict[str, Any]:
    """Return what the form about letters shows for a person."""
    has_consent = consents.current(user.id, ConsentKind.DIGEST) is not None
    return DigestForm.data_of(user.profile, has_consent)


def save_digest(user: User, form: DigestForm) -> None:
    """Keep the wish for letters, and the consent or its end with the text that was shown."""
    frequency = DigestFrequency(form.frequency.data or "daily")
    wish = wishes.Wish(
        frequency=frequency if form.wants.data else DigestFrequency.OFF,
        min_score=int(form.min_score.data or 0),
    )
    wishes.keep(user, wish, locale=consents.reader_locale())


def matches_url() -> str:
    """Return the address of the person's matches, or of the profile while there is no such page."""
    known = "matching.index" in current_app.view_functions
    return url_for("matching.index" if known else "accounts.profile")
