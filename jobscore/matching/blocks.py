"""One block of people matched: a pure function of the job columns and the people.

Blocks are the unit of work, of restart and of distribution. The same block gives the same rows
in any process.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

from jobscore.matching import reasons, selection
from jobscore.matching.selection import Quotas
from jobscore.scoring import engine
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import MOST_SLOTS, Policy

SIZE = 250
"""People of one block."""


class Chosen(NamedTuple):
    """One job chosen for one person, ready to be written.

    A tuple: forty for each person come back from other processes, and tuples travel in half the
    time that dataclasses take.
    """

    job_id: int
    section: str
    is_fill_up: bool
    position: int
    """1-based place in the day's list."""
    total: int
    components: tuple[int, ...]
    rank_points: int
    judged: int
    reason: str
    """JSON text of message ids with numbers."""
    confidence: int
    """0..100."""


class Spent(NamedTuple):
    """Seconds by stage, of one person or of many."""

    score: float = 0.0
    select: float = 0.0
    explain: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonMatches:
    """What was chosen for one person, and where forty were not, what each reason left out."""

    user_id: int
    weights: tuple[int, ...] | None
    """The person's own weights; None: the policy's."""
    chosen: tuple[Chosen, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    spent: Spent = field(default=Spent(), compare=False)
    slots: int = MOST_SLOTS
    """How many jobs the policy's sections hold together."""

    def shortage(self) -> str | None:
        """Return the main reason why there are fewer than the slots; None when all are taken."""
        if len(self.chosen) >= self.slots:
            return None
        reasons_ = {k: n for k, n in self.left_out.items() if k != "eligible" and n}
        if rest := self.left_out.get("eligible", 0) - len(self.chosen):
            reasons_["same_company"] = rest
        return max(sorted(reasons_), key=reasons_.__getitem__, default="no_jobs")


def match_block(
    profiles: Sequence[Profile],
    gates: Mapping[int, Gates],
    jobs: JobFrame,
    policy: Policy,
    today: int,
) -> list[PersonMatches]:
    """Rank, choose and explain for each person; `today` is a day number."""
    plan = Quotas.of(policy), selection.sections_on(today, policy)
    return [
        _match_person(profile, jobs, policy, gates.get(profile.user_id, Gates(today=today)), *plan)
        for profile in profiles
    ]


def _match_person(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    gates: Gates,
    quotas: Quotas,
    sections: Mapping[str, engine.Section],
) -> PersonMatches:
    policy = policy.with_own_weights(profile.weights)
    began = perf_counter()
    ranked = engine.rank_one(profile, jobs, policy, gates, sections=sections)
    scored = perf_counter()
    choices = selection.choose(ranked, jobs, quotas)
    depth = engine.Depth()
    while selection.is_cut_short(choices, ranked, depth, quotas):
        depth = depth.deeper()
        ranked = engine.rank_one(
            profile, jobs, policy, gates, sections=sections, k=depth.k, section_k=depth.section_k
        )
        choices = selection.choose(ranked, jobs, quotas)
    selected = perf_counter()
    positions = [int(ranked.positions[choice.index]) for choice in choices]
    evidence = _evidence(profile, jobs, positions, policy)
    chosen = []
    for number, (choice, position, shown) in enumerate(
        zip(choices, positions, evidence, strict=True), start=1
    ):
        i = choice.index
        parts = ranked.components[i].tolist()
        chosen.append(
            Chosen(
                job_id=int(jobs.ids[position]),
                section=str(choice.section),
                is_fill_up=choice.is_fill_up,
                position=number,
                total=int(ranked.totals[i]),
                components=tuple(parts),
                rank_points=int(ranked.rank_points[i]),
                judged=int(ranked.judged[i]),
                reason=reasons.to_text(reasons.reason(shown, parts, policy.weights)),
                confidence=reasons.confidence(shown, parts, policy.weights),
            )
        )
    explained = perf_counter()
    short = len(chosen) < quotas.slots
    counts = engine.left_out(profile, jobs, policy, gates) if short else {}
    counted = perf_counter() - explained
    spent = Spent(scored - began, selected - scored + counted, explained - selected)
    own = profile.weights
    return PersonMatches(profile.user_id, own, tuple(chosen), counts, spent, quotas.slots)


def _evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[reasons.Evidence]:
    """Gather evidence on the frame of the chosen jobs alone, which is much smaller."""
    if not positions:
        return []
    few = narrow(jobs, positions)
    order = sorted(positions)
    at = [order.index(position) for position in positions]
    return reasons.gather_evidence(profile, few, at, policy)


def spent(people: Sequence[PersonMatches]) -> Spent:
    """Return the seconds that all these people took, in whichever process."""
    return Spent(*(sum(stage) for stage in zip(*(one.spent for one in people), strict=True)))


def summarise(people: Sequence[PersonMatches]) -> Counter[str]:
    """Count people, matches, and people with fewer than forty by main reason (`short:…`)."""
    counts: Counter[str] = Counter(people=len(people))
    for person in people:
        counts["matches"] += len(person.chosen)
        if not person.chosen:
            counts["without_any"] += 1
        if (why := person.shortage()) is not None:
            counts["short"] += 1
            counts[f"short:{why}"] += 1
    return counts
