"""The three smallest changes of a profile that would raise one job's total, and to what.

Every change is judged by the engine with the changed profile, so the total that is said is the
total that saving it gives. Nobody is told to say what is not true: skills and years are offered
to those who have them or learn them, and years that were given are never touched.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Final

from jobscore.matching.reasons.evidence import Evidence, gather_evidence
from jobscore.matching.reasons.parts import shown_total
from jobscore.matching.reasons.sentences import Message
from jobscore.matching.reasons.work import Posting
from jobscore.scoring import engine, titles
from jobscore.scoring.components import location
from jobscore.scoring.frames import JobFrame, Level, Profile, Remote, RemoteWish
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.pay import YEARLY
from jobscore.scoring.policy import Policy

CHANGES: Final = 3
DISTANCES: Final = (3, 5, 10, 20, 30, 50, 80)
"""The distances in km that the profile offers (`accounts.profile_forms.DISTANCES`)."""
MOST_WANTED: Final = 5
"""So many wanted titles has the profile's form."""
SKILL_LEVEL: Final = 3
"""The level at which an added skill is judged: good, what the profile's form proposes."""
MONTH: Final = "month"


class Effort(IntEnum):
    """How large a change is: the order of the changes. Of each kind only the best is offered."""

    TICK = 1
    """Say what one likes about the job already: a feature, work from home."""
    ANSWER = 2
    """Answer a question that stands open: pay, years, level."""
    NAME = 3
    """Name the posting's work as wanted, or no longer insist on a feature."""
    BEND = 4
    """Wish for less pay, accept a longer way or work outside of one's home."""
    PRACTISE = 5
    """Become better at a skill that one has."""
    LEARN = 6
    """Have or learn a skill."""
    MOVE = 7
    """Move to another prefecture or state."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the profile that would raise this job's total, from what to what."""

    message: Message
    before: int | None
    """The total shown now, 0..100; None: too little is known for a number."""
    after: int
    """The total shown when the change is made, 0..100."""
    total: int
    """The same, 0..1,000,000."""
    effort: Effort
    edit: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the profile and their new values."""

    def apply(self, profile: Profile) -> Profile:
        """Return the profile with the change made."""
        return replace(profile, **self.edit)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One person and one job, and what a change would make of them."""

    profile: Profile
    job: JobFrame
    policy: Policy
    evidence: Evidence
    posting: Posting | None
    before: int | None
    rank_points: int

    def consider(self, effort: Effort, message: Message, **edit: Any) -> Change | None:
        """Judge a change; None unless it raises the shown total and not lowers the place.

        A number where too little was known for one is a rise, when the job does not fall.
        """
        judged = engine.judge(replace(self.profile, **edit), self.job, self.policy)
        total = int(judged.totals()[0])
        after = shown_total(total)
        rises = self.before is None or after > self.before
        if rises and bool(judged.shown()[0]) and int(judged.rank_points[0]) >= self.rank_points:
            return Change(message, self.before, after, total, effort, edit)
        return None


def changes(
    profile: Profile,
    jobs: JobFrame,
    position: int,
    policy: Policy,
    posting: Posting | None = None,
) -> list[Change]:
    """Return up to three changes, the smallest first: by effort, then by gain, then by name.

    Where a change has steps (pay, distance, level), it is the smallest step that helps. Without
    a `posting` its title is not offered, and pay is in the person's unit or by the month.
    """
    job = narrow(jobs, [position])
    now = engine.judge(profile, job, policy)
    pair = _Pair(
        profile=profile,
        job=job,
        policy=policy,
        evidence=gather_evidence(profile, job, [0], now.policy)[0],
        posting=posting,
        before=shown_total(int(now.totals()[0])) if bool(now.shown()[0]) else None,
        rank_points=int(now.rank_points[0]),
    )
    best = [change for kind in _KINDS if (change := _most(kind(pair))) is not None]
    return sorted(best, key=_order)[:CHANGES]


def _order(change: Change) -> tuple[int, int, str]:
    return change.effort, -change.total, change.message.id


def _most(found: Iterable[Change | None]) -> Change | None:
    """Return the change that gains most; the first of equal ones."""
    return max((c for c in found if c is not None), key=lambda c: c.total, default=None)


def _first(found: Iterable[Change | None]) -> Change | None:
    return next((c for c in found if c is not None), None)


# ---- what a person ticks or answers ----------------------------------------------------------


def _features(pair: _Pair) -> Iterable[Change | None]:
    styles, ticked = pair.job.styles, pair.profile.features
    stated = int(styles.stated[0])
    for feature, bit in sorted(styles.bits.items()):
        if stated >> bit & 1 and feature not in ticked:
            message = Message("tick_feature", {"features": [feature]})
            yield pair.consider(Effort.TICK, message, features=ticked | {feature})


def _unneeded(pair: _Pair) -> Iterable[Change | None]:
    style, ticked = pair.evidence.culture_fit, pair.profile.features
    for feature in (*style.denied, *style.unsaid):
        message = Message("untick_feature", {"features": [feature]})
        yield pair.consider(Effort.NAME, message, features=ticked - {feature})


def _remote(pair: _Pair) -> Iterable[Change | None]:
    fully = int(pair.job.sites.remote[0]) == Remote.FULLY
    if pair.profile.remote is RemoteWish.NO and fully:
        yield pair.consider(Effort.TICK, Message("accept_remote"), remote=RemoteWish.OK)


def _commute(pair: _Pair) -> Iterable[Change | None]:
    if pair.profile.remote is RemoteWish.ONLY:
        yield pair.consider(Effort.BEND, Message("accept_commute"), remote=RemoteWish.OK)


def _experience(pair: _Pair) -> Iterable[Change | None]:
    asked = pair.evidence.experience
    if pair.profile.years is not None or pair.profile.level is not None:
        return
    if asked.low_tenths >= 0:
        years = -(-asked.low_tenths // 10)
        yield pair.consider(Effort.ANSWER, Message("say_years", {"years": years}), years=years)
    if asked.asked_level >= 0:
        level = Level(asked.asked_level)
        message = Message("say_level", {"level": level.name.lower()})
        yield pair.consider(Effort.ANSWER, message, level=level)


def _title(pair: _Pair) -> Iterable[Change | None]:
    if pair.posting is None or not titles.tokens(pair.posting.title):
        return
    wanted, title = pair.profile.wanted_titles, pair.posting.title
    if len(wanted) < MOST_WANTED and title not in wanted:
        message = Message("want_title", {"title": title})
        yield pair.consider(Effort.NAME, message, wanted_titles=(*wanted, title))


# ---- pay -------------------------------------------------------------------------------------


def _say_pay(pair: _Pair) -> Iterable[Change | None]:
    """Offer the highest whole wish that the lower end of the pay meets in full."""
    pays = pair.job.pays
    low, number = int(pays.low[0]), int(pays.currency[0])
    currency = next((c for c, known in pays.currency_ids.items() if known == number), None)
    if pair.profile.pay_wish is not None or low < 0 or currency is None:
        return
    stated = pair.posting.pay_period if pair.posting else None
    period = stated if stated and stated in YEARLY else MONTH
    wish = low // (100 * YEARLY[period])
    if wish > 0:
        terms = {"amount": wish, "period": period, "currency": currency}
        yield pair.consider(
            Effort.ANSWER,
            Message("say_pay", terms),
            pay_wish=wish,
            pay_period=period,
            pay_currency=currency,
        )


def pay_step(wish: int) -> int:
    """Return the step in which a wish is lowered: the power of ten next below 1 % of it, or 1."""
    return int(10 ** max(0, len(str(wish)) - 3))


def _lower_pay(pair: _Pair) -> Iterable[Change | None]:
    """Offer the highest lower wish, in steps, that raises the total: found by halving."""
    pay, period = pair.evidence.salary, pair.profile.pay_period
    wish = int(pair.profile.pay_wish or 0)
    if not pay.comparable or period is None or pay.low >= pay.wish:
        return
    step = pay_step(wish)

    def at(steps: int) -> Change | None:
        terms = {"amount": steps * step, "period": period, "currency": pay.currency}
        return pair.consider(Effort.BEND, Message("lower_wish", terms), pay_wish=steps * step)

    enough, too_few = max(1, pay.low // (100 * YEARLY[period] * step)), -(-wish // step)
    if enough >= too_few or (best := at(enough)) is None:
        return
    while too_few - enough > 1:
        middle = (enough + too_few) // 2
        if (found := at(middle)) is not None:
            enough, best = middle, found
        else:
            too_few = middle
    yield best


# ---- place -----------------------------------------------------------------------------------


def _further(pair: _Pair) -> Iterable[Change | None]:
    half = location.half_distance(pair.profile, pair.policy)
    yield _first(
        pair.consider(Effort.BEND, Message("go_further", {"km": km}), half_distance_km=km)
        for km in DISTANCES
        if km > half and pair.evidence.location.metres is not None
    )


def _move(pair: _Pair) -> Iterable[Change | None]:
    """Offer the job's prefecture or state, where the profile lets one choose it."""
    sites, profile = pair.job.sites, pair.profile
    number = int(sites.region[0])
    code = next((c for c, known in sites.region_ids.items() if known == number), None)
    own = {home.region for home in profile.homes if home.region}
    if code is None or code in own | profile.move_to:
        return
    if code[:2] in {"JP", *(region[:2] for region in own)}:
        message = Message("would_move", {"region": code})
        yield pair.consider(Effort.MOVE, message, move_to=profile.move_to | {code})


# ---- skills ----------------------------------------------------------------------------------


def _practise(pair: _Pair) -> Iterable[Change | None]:
    own = pair.profile.skills
    for asked in pair.evidence.skill_match.skills:
        skill = asked.skill_id
        if skill in own and asked.credit < 100:
            yield _first(
                pair.consider(
                    Effort.PRACTISE,
                    Message("practise_skill", {"skills": [skill], "level": level}),
                    skills={**own, skill: level},
                )
                for level in range(own[skill] + 1, 6)
            )


def _learn(pair: _Pair) -> Iterable[Change | None]:
    own = pair.profile.skills
    for asked in pair.evidence.skill_match.skills:
        if asked.skill_id not in own and asked.credit < 100:
            message = Message("add_skill", {"skills": [asked.skill_id], "level": SKILL_LEVEL})
            skills = {**own, asked.skill_id: SKILL_LEVEL}
            yield pair.consider(Effort.LEARN, message, skills=skills)


_KINDS: Final[tuple[Callable[[_Pair], Iterable[Change | None]], ...]] = (
    _features,
    _remote,
    _say_pay,
    _experience,
    _title,
    _unneeded,
    _lower_pay,
    _further,
    _commute,
    _practise,
    _learn,
    _move,
)
