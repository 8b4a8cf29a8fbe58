"""What a person takes of a CV's proposals, and a profile as a résumé. Flushes; edges commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from jobscore.accounts import profiles
from jobscore.accounts.models import HomePoint, Profile, User, UserSkill, UserTitle
from jobscore.accounts.resume import writing
from jobscore.accounts.resume.proposals import Kind, Proposal
from jobscore.extensions import db
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary.models import Place, Skill

DEFAULT_LEVEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person ticked: skills by code with their level, titles, years, a place by code."""

    skills: Mapping[str, int] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    years: int | None = None
    place: str | None = None

    def __bool__(self) -> bool:
        return bool(self.skills or self.wanted or self.held or self.place) or self.years is not None


@dataclass(frozen=True, slots=True)
class Taken:
    """How many answers of the profile came or changed, and how many found no room any more."""

    changed: int
    left_out: int


def is_known(proposal: Proposal, profile: Profile) -> bool:
    """Tell whether the profile says so already (a skill: with this level, where one is stated)."""
    if proposal.kind is Kind.SKILL:
        own = {one.skill.code: one.level for one in profile.skills}
        return proposal.value in own and proposal.level in {0, own[proposal.value]}
    if proposal.kind is Kind.PLACE:
        return any(home.place.code == proposal.value for home in profile.homes)
    if proposal.kind is Kind.YEARS:
        return str(profile.years_experience) == proposal.value
    is_wanted = proposal.kind is Kind.WANTED
    return any(t.is_wanted is is_wanted and t.title == proposal.value for t in profile.titles)


def take(user: User, choice: Choice) -> Taken:
    """Add what was chosen to the profile: nothing is taken away, levels and years are replaced."""
    profile = user.profile
    counts = [
        _take_skills(profile, choice.skills),
        _take_titles(profile, choice.wanted, is_wanted=True),
        _take_titles(profile, choice.held, is_wanted=False),
        _take_place(profile, choice.place),
    ]
    changed = sum(came for came, _ in counts)
    if choice.years is not None and profile.years_experience != choice.years:
        profile.years_experience = choice.years
        changed += 1
    db.session.flush()
    return Taken(changed, sum(lost for _, lost in counts))


def _take_skills(profile: Profile, chosen: Mapping[str, int]) -> tuple[int, int]:
    if not chosen:
        return 0, 0
    query = select(Skill).where(Skill.code.in_(chosen)).order_by(Skill.id)
    own = {one.skill_id: one for one in profile.skills}
    came = lost = 0
    found = db.session.scalars(query).all()
    for skill in found:
        level = chosen[skill.code]
        if skill.id in own:
            came += own[skill.id].level != level
            own[skill.id].level = level
        elif len(own) < profiles.MOST_SKILLS:
            own[skill.id] = UserSkill(user_id=profile.user_id, skill=skill, level=level)
            profile.skills.append(own[skill.id])
            came += 1
        else:
            lost += 1
    return came, lost + len(chosen) - len(found)


def _take_titles(profile: Profile, chosen: tuple[str, ...], *, is_wanted: bool) -> tuple[int, int]:
    own = [title.title for title in profile.titles if title.is_wanted is is_wanted]
    new = [title for title in dict.fromkeys(chosen) if title not in own]
    room = max(0, profiles.MOST_TITLES - len(own))
    for title in new[:room]:
        profile.titles.append(UserTitle(user_id=profile.user_id, title=title, is_wanted=is_wanted))
    return len(new[:room]), len(new[room:])


def _take_place(profile: Profile, code: str | None) -> tuple[int, int]:
    if code is None or any(home.place.code == code for home in profile.homes):
        return 0, 0
    place = db.session.scalar(select(Place).where(Place.code == code))
    if place is None or len(profile.homes) >= profiles.MOST_HOMES:
        return 0, 1
    profile.homes.append(
        HomePoint(
            user_id=profile.user_id,
            place=place,
            latitude=place.latitude or 0.0,
            longitude=place.longitude or 0.0,
        )
    )
    return 1, 0


def as_json_resume(user: User, locale: str) -> dict[str, Any]:
    """Return the person's profile as JSON Resume, names in the language of ``locale``."""
    profile = user.profile
    home = profile.homes[0].place.code if profile.homes else ""
    person = writing.Person(
        name=user.full_name or "",
        email=user.email,
        place=gazetteer.place_by_code(home),
        wanted=[title.title for title in profile.titles if title.is_wanted],
        held=[title.title for title in profile.titles if not title.is_wanted],
        years=profile.years_experience,
        skills=[
            writing.OwnSkill(
                profiles.skill_name(own.skill, locale), own.skill.kind.value, own.level
            )
            for own in profile.skills
        ],
        changed_at=profile.updated_at,
    )
    return writing.write(person, locale)
