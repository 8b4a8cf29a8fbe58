"""How much of a score can be judged with the answers that a person has given. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobscore.accounts.models import Profile, RemoteWish

#: Part of the score -> whether these answers let it be judged (where the posting says enough).
JUDGED_BY: dict[str, Callable[[Profile], bool]] = {
    "skill_match": lambda p: bool(p.skills or p.titles),
    "location": lambda p: bool(p.homes or p.move_to) or p.remote_wish is RemoteWish.ONLY,
    "salary": lambda p: p.pay_min is not None and bool(p.pay_period),
    "experience": lambda p: p.years_experience is not None or p.level is not None,
    "culture_fit": lambda p: bool(p.features),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """An answer that is not there: the part that it would let judge, and that part's percent."""

    part: str
    percent: int


def judged_percent(profile: Profile, weights: Mapping[str, int]) -> int:
    """Return which percent of the weights can be judged with the answers of ``profile``.

    :param weights: part of the score to its weight.
    """
    judged = sum(w for part, w in weights.items() if _is_judged(profile, part))
    return round(100 * judged / (sum(weights.values()) or 1))


def missing(profile: Profile, weights: Mapping[str, int]) -> list[Missing]:
    """Return what is not answered, the most helpful first, with the percent that it would add."""
    total = sum(weights.values()) or 1
    gaps = [
        Missing(part, round(100 * weight / total))
        for part, weight in weights.items()
        if not _is_judged(profile, part)
    ]
    return sorted(gaps, key=lambda gap: -gap.percent)


def _is_judged(profile: Profile, part: str) -> bool:
    judge = JUDGED_BY.get(part)
    return judge is not None and judge(profile)
