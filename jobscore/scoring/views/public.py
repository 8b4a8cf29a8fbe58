"""The public policy page, made from the live policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import gettext

from jobscore.matching import wording
from jobscore.matching.selection import Quotas
from jobscore.scoring import policies, policy_fields, policy_words, service
from jobscore.scoring.frames import SEEN_LIMIT
from jobscore.scoring.models import PolicyChange, PolicyChangeKind, PolicyStatus
from jobscore.scoring.pay import YEARLY
from jobscore.scoring.policy import COMPONENTS, Component, Policy
from jobscore.scoring.popularity import LEAST
from jobscore.scoring.views.blueprint import bp
from jobscore.web.access import public

#: So many changes of the live version are shown, the newest.
MOST_HISTORY = 30


@dataclass(frozen=True, slots=True)
class PartOfPolicy:
    """One part of the score as the policy page tells it."""

    label: str
    weight: int
    bounds: tuple[int, ...]
    rules: tuple[str, ...]
    reads: str


@dataclass(frozen=True, slots=True)
class SectionOfList:
    """One section of the list as the policy page tells it."""

    title: str
    lead: str
    slots: int


@dataclass(frozen=True, slots=True)
class PublishedChange:
    """One change of the live version as everybody may read it; drafts and names stay inside."""

    version: str
    instead_of: str | None
    at: datetime
    is_live: bool
    is_roll_back: bool
    text: str
    changes: Sequence[str]


@bp.get("/policy/scoring")
@public
def policy() -> str:
    """Show how scores are made, from the policy that makes them."""
    live = service.active_policy()
    quotas = Quotas.of(live)
    return render_template(
        "scoring/policy.html",
        policy=live,
        slots=quotas.slots,
        sections=[
            SectionOfList(
                wording.section_title(rule.section), wording.section_lead(rule.section), rule.slots
            )
            for rule in quotas.rules
        ],
        parts=[_part(component, live) for component in COMPONENTS],
        history=[_published(change) for change in policies.history()[:MOST_HISTORY]],
        yearly=[(_period(name), factor) for name, factor in YEARLY.items()],
    )


def _published(change: PolicyChange) -> PublishedChange:
    before, after = change.previous, change.policy
    old = policies.rules_or_none(before) if before else None
    new = policies.rules_or_none(after)
    differences = policy_fields.differences(old, new) if old and new else []
    return PublishedChange(
        version=after.version,
        instead_of=before.version if before else None,
        at=change.changed_at,
        is_live=after.status is PolicyStatus.ACTIVE and after.active_from == change.changed_at,
        is_roll_back=change.kind is PolicyChangeKind.ROLLED_BACK,
        text=after.text,
        changes=[policy_words.change(difference) for difference in differences],
    )


def _part(component: Component, policy: Policy) -> PartOfPolicy:
    return PartOfPolicy(
        label=policy_words.component_label(component),
        weight=policy.weight(component),
        bounds=policy.bounds[COMPONENTS.index(component)],
        rules=(_rule(component, policy), *_details(component, policy)),
        reads=_reads(component),
    )


def _rule(component: Component, policy: Policy) -> str:
    p = policy.parameters
    texts: dict[Component, str] = {
        Component.SKILL_MATCH: gettext(
            "Each skill that a posting asks for is worth a share of 100, more when few postings "
            "ask for it and %(times)s times as much when it is required. You get the share of "
            "each skill you have; a narrower one gives %(narrower)s%%, a broader one "
            "%(broader)s%%, a sibling %(family)s%%. How close the title is to the work that you "
            "want or did makes up %(title)s%%; where no skills are known, all.",
            times=p.required_weight,
            narrower=p.narrower_credit,
            broader=p.broader_credit,
            family=p.family_credit,
            title=p.title_share,
        ),
        Component.LOCATION: gettext(
            "100 at your door or in your city, 50 at the distance that you set (%(half)s km "
            "unless you change it), 20 at twice that. Remote work is 100 when you accept it. "
            "Where only the prefecture or state is known, yours gives %(region)s; a region that "
            "you would move to gives at least %(move)s.",
            half=p.half_distance_km,
            region=p.region_points // 100,
            move=p.move_points // 100,
        ),
        Component.SALARY: gettext(
            "100 when the pay reaches your wish, falling to 0 at %(percent)s%% below it; of a "
            "range, the mean of both ends. Pay that is not stated, or in another currency, is "
            "not judged.",
            percent=p.salary_zero_shortfall,
        ),
        Component.EXPERIENCE: gettext(
            "100 within what is asked. Each year too few costs %(short)s points, each year too "
            "many %(over)s, never below %(floor)s. Where no experience is needed, 100 for all.",
            short=p.year_short_loss // 100,
            over=p.year_over_loss // 100,
            floor=p.over_floor // 100,
        ),
        Component.CULTURE_FIT: gettext(
            "The mean over what you ticked: 100 for what the posting offers, 0 for what it rules "
            "out, %(neutral)s for what it does not mention. Where it mentions none of it, or you "
            "ticked nothing, it is not judged.",
            neutral=policy.neutral // 100,
        ),
    }
    return texts[component]


def _details(component: Component, policy: Policy) -> list[str]:
    """Say what newer formulas add; nothing for a policy that does not use them."""
    p = policy.parameters
    details = []
    if component is Component.SKILL_MATCH and p.text_share:
        details.append(
            gettext(
                "The first lines of the posting count too: the words of your titles that stand "
                "there can give up to %(share)s%% of the title's part, and never lower it.",
                share=p.text_share,
            )
        )
    if component is Component.SKILL_MATCH and p.employer_share:
        details.append(
            gettext(
                "The employer's name is read beside the title: both together make up %(share)s%% "
                "of the title's part. Jobs that you looked at are compared by both.",
                share=p.employer_share,
            )
        )
    if component is Component.SKILL_MATCH and p.seen_alone_percent < 100:
        details.append(
            gettext(
                "Where you named no title, only jobs that you looked at speak for you: they count "
                "%(percent)s%%, and the rest is taken as %(neutral)s points.",
                percent=p.seen_alone_percent,
                neutral=policy.neutral // 100,
            )
        )
    if component is Component.SKILL_MATCH and p.semantic_share:
        details.append(
            gettext(
                "Titles are compared by their meaning too, which makes up %(share)s%% of their "
                "likeness.",
                share=p.semantic_share,
            )
        )
    if component is Component.SKILL_MATCH and p.popularity_share:
        details.append(
            gettext(
                "While you have looked at no job and named at most %(wishes)s titles and skills, "
                "how many people looked at a job within %(days)s days makes up %(share)s%%; fewer "
                "than %(least)s people count as none.",
                wishes=p.popularity_wishes,
                days=p.popularity_days,
                share=p.popularity_share,
                least=LEAST,
            )
        )
    if component is Component.SKILL_MATCH and p.seen_title_percent < 100:
        details.append(
            gettext(
                "The title of a job that you only looked at counts %(percent)s%%.",
                percent=p.seen_title_percent,
            )
        )
    if component is Component.LOCATION and p.seen_places_averaged:
        details.append(
            gettext(
                "The places of the last %(seen)s jobs that you looked at are averaged with your "
                "nearest home: when you look elsewhere, a job at your door stands below 100.",
                seen=SEEN_LIMIT,
            )
        )
    return details


def _reads(component: Component) -> str:
    texts: dict[Component, str] = {
        Component.SKILL_MATCH: gettext(
            "Your skills and their levels, wanted and held titles, and, unless you said “no "
            "profiling”, titles and employers of jobs that you looked at; the posting's skills, "
            "title, employer and text."
        ),
        Component.LOCATION: gettext(
            "Your homes, distance, remote wish and regions to move to, and, unless you said “no "
            "profiling”, places of jobs that you looked at; the posting's place and remote work."
        ),
        Component.SALARY: gettext("Your pay wish; the posting's pay."),
        Component.EXPERIENCE: gettext(
            "Your years and level; the years and level that the posting asks for."
        ),
        Component.CULTURE_FIT: gettext(
            "What you ticked; the work-style features that the posting states or rules out."
        ),
    }
    return texts[component]


def _period(name: str) -> str:
    labels: dict[str, str] = {
        "hour": gettext("an hour"),
        "day": gettext("a day"),
        "week": gettext("a week"),
        "month": gettext("a month"),
        "year": gettext("a year"),
    }
    return labels[name]
