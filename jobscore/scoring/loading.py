"""The database becomes what the engine reads: all open jobs as columns, people as profiles."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.accounts.models import HomePoint, Profile, UserSkill, UserTitle
from jobscore.extensions import db
from jobscore.jobs.models import Job, JobFeature, JobSkill, Remote
from jobscore.scoring import attention, frames
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobFrame, JobRow, Level, Point, SkillLink, Statement
from jobscore.scoring.policy import COMPONENTS, Policy, PolicyError
from jobscore.scoring.rarity import Statistics
from jobscore.scoring.texts import LEAD
from jobscore.vocabulary import conditions
from jobscore.vocabulary.models import Place, PlaceKind, Skill

log = structlog.get_logger(__name__)

#: The feature that means: everybody is welcome, whatever the experience.
NO_EXPERIENCE = "no_experience_needed"
#: Children of one parent count as a family up to so many; more have little in common.
LARGEST_FAMILY = 30
_REMOTE = {
    None: frames.Remote.NOT_STATED,
    Remote.NONE: frames.Remote.NO,
    Remote.HYBRID: frames.Remote.PARTLY,
    Remote.FULL: frames.Remote.FULLY,
}
_COARSE = frozenset({PlaceKind.COUNTRY, PlaceKind.STATE, PlaceKind.PREFECTURE})
#: Level of a licence that a person holds and does not list among the skills.
LICENCE_LEVEL = 3
#: People (or places) asked for in one statement.
CHUNK = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SeenJobs = Mapping[int, Sequence[tuple[str, str, Point]]]
"""Per user id the titles, employers and places of jobs viewed, saved or applied to, newest last."""


def _session() -> Session:
    return cast(Session, db.session())


def load_jobs(
    policy: Policy, statistics: Statistics | None = None, only: Collection[int] | None = None
) -> JobFrame:
    """Read open jobs from the database into columns: all, or those of some ids.

    Rarity and usual pay are those of `statistics`; without them they are counted among these jobs.
    """
    reads_text = policy.parameters.text_share > 0
    lead = func.substr(Job.description, 1, LEAD) if reads_text else literal("")
    connection = _session().connection()  # plain rows: the ORM would double the time

    def read(query: Any, job: Any) -> list[Any]:
        """Return the rows of a query about open jobs, asked in parts where only some are wanted."""
        if only is None:
            return list(connection.execute(query))
        ids = sorted(only)
        parts = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
        return [row for part in parts for row in connection.execute(query.where(job.in_(part)))]

    rows = read(
        select(
            Job.id,
            Job.title,
            Job.company_name,
            Job.posted_date,
            Job.expires_at,
            Job.place_id,
            Job.remote,
            Job.salary_min,
            Job.salary_max,
            Job.salary_period,
            Job.salary_currency,
            Job.experience_min_years,
            Job.experience_max_years,
            Job.experience_level,
            Job.employment_type,
            Job.industry,
            Job.duplicate_group,
            lead.label("lead"),
            Job.updated_at,
        ).where(Job.is_active),
        Job.id,
    )
    open_jobs = select(Job.id).where(Job.is_active)
    asks = read(
        select(JobSkill.job_id, JobSkill.skill_id, JobSkill.is_required, JobSkill.weight).where(
            JobSkill.job_id.in_(open_jobs)
        ),
        JobSkill.job_id,
    )
    said = read(
        select(JobFeature.job_id, JobFeature.feature, JobFeature.is_stated).where(
            JobFeature.job_id.in_(open_jobs)
        ),
        JobFeature.job_id,
    )
    welcome = {job for job, feature, stated in said if feature == NO_EXPERIENCE and stated}
    points = place_points({row[5] for row in rows if row[5] is not None})
    zone = ZoneInfo(config.current().timezone)
    p = policy.parameters
    viewers = attention.viewers(p.popularity_days) if p.popularity_share else {}
    return build_jobs(
        [job_row(row, points, welcome, zone, viewers.get(row[0], 0)) for row in rows],
        asks=(Ask(*row) for row in asks),
        statements=(Statement(*row) for row in said),
        links=skill_links(),
        policy=policy,
        statistics=statistics,
    )


def version_of(updated_at: datetime) -> int:
    """Return the version of a job that was last changed at a time: microseconds since 1970."""
    return (updated_at - _EPOCH) // _MICROSECOND


def job_row(
    row: Any, points: Mapping[int, Point], welcome: set[int], zone: ZoneInfo, viewers: int
) -> JobRow:
    """Return one job, its columns in the order in which :func:`load_jobs` selects them."""
    return JobRow(
        id=row[0],
        title=row[1],
        company=row[2],
        posted=row[3].toordinal(),
        expires=None if row[4] is None else _last_day(row[4], zone),
        point=points.get(row[5], frames.NOWHERE),
        remote=_REMOTE[row[6]],
        pay_min=row[7],
        pay_max=row[8],
        pay_period=None if row[9] is None else str(row[9]),
        pay_currency=row[10],
        years_min=row[11],
        years_max=row[12],
        level=_level(row[13]),
        no_experience_ok=row[0] in welcome,
        employment_type=row[14],
        industry=row[15],
        duplicate_group=row[16],
        text=row[17] or "",
        version=version_of(row[18]),
        viewers=viewers,
    )


def _last_day(end: datetime, zone: ZoneInfo) -> int:
    """Return the last day on which a job is open, given the moment from which it is not."""
    return (end - timedelta(microseconds=1)).astimezone(zone).toordinal()


def _level(word: str | None) -> Level | None:
    return Level.__members__.get((word or "").upper())


def place_points(ids: Iterable[int]) -> dict[int, Point]:
    """Return places as points, by id.

    A prefecture or state has no point of its own: its centre says little about a way to work.
    """
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(
        Place.id, Place.code, Place.kind, Place.region_code, Place.latitude, Place.longitude
    )
    if len(wanted) <= CHUNK:
        query = query.where(Place.id.in_(wanted))
    rows = _session().execute(query)
    return {
        row[0]: _point(row[1], row[2], row[3], row[4], row[5])
        for row in rows.fetchall()
        if row[0] in wanted
    }


def _point(
    code: str, kind: PlaceKind, region: str | None, lat: float | None, lon: float | None
) -> Point:
    if kind in _COARSE:
        return Point(None, None, None, region)
    return Point(lat, lon, code, region)


def skill_links() -> list[SkillLink]:
    """Return the relations of the vocabulary: parents, and children of one parent as family."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    rows = _session().execute(
        select(Skill.id, Skill.parent_id).where(Skill.parent_id.is_not(None)).order_by(Skill.id)
    )
    for skill, parent in rows.fetchall():
        if parent is not None:
            children[parent].append(skill)
    links = [SkillLink(s, parent) for parent, skills in children.items() for s in skills]
    for skills in children.values():
        if len(skills) <= LARGEST_FAMILY:
            links += [SkillLink(a, b, True) for i, a in enumerate(skills) for b in skills[i + 1 :]]
    return links


# ---- people --------------------------------------------------------------------------------


def load_profiles(
    user_ids: Sequence[int], policy: Policy, seen: SeenJobs | None = None
) -> list[frames.Profile]:
    """Return people as the engine reads them, in the order of `user_ids`.

    People without a profile row are left out. What was seen counts only where the person has
    not said "no profiling". Own weights that the policy no longer allows are not used.
    """
    rows: dict[int, Profile] = {}
    homes, titles, skills = _many(), _many(), _many()
    session = _session()
    for start in range(0, len(user_ids), CHUNK):
        ids = user_ids[start : start + CHUNK]
        for profile in session.scalars(select(Profile).where(Profile.user_id.in_(ids))):
            rows[profile.user_id] = profile
        for user, point in session.execute(_homes(ids)):
            homes[user].append(point)
        found = select(UserTitle.user_id, UserTitle.is_wanted, UserTitle.title)
        for user, *title in session.execute(
            found.where(UserTitle.user_id.in_(ids)).order_by(UserTitle.id)
        ):
            titles[user].append(title)
        known = select(UserSkill.user_id, UserSkill.skill_id, UserSkill.level)
        for user, *skill in session.execute(
            known.where(UserSkill.user_id.in_(ids)).order_by(UserSkill.skill_id)
        ):
            skills[user].append(skill)
    places = place_points({home.place_id for points in homes.values() for home in points})
    licence_ids = _licence_ids()
    found_profiles = []
    for user_id in user_ids:
        if user_id in rows:
            person = _profile(
                rows[user_id],
                [_home(home, places) for home in homes[user_id]],
                titles[user_id],
                skills[user_id],
                policy,
                licence_ids,
            )
            history = () if rows[user_id].no_profiling or seen is None else seen.get(user_id, ())
            found_profiles.append(
                replace(
                    person,
                    seen_titles=tuple(title for title, _, _ in history),
                    seen_employers=tuple(employer for _, employer, _ in history),
                    seen_places=tuple(point for _, _, point in history),
                )
            )
    return found_profiles


def _many() -> defaultdict[int, list[Any]]:
    return defaultdict(list)


def _homes(ids: Sequence[int]) -> Any:
    return (
        select(HomePoint.user_id, HomePoint)
        .where(HomePoint.user_id.in_(ids))
        .order_by(HomePoint.id)
    )


def _home(home: HomePoint, places: Mapping[int, Point]) -> Point:
    place = places.get(home.place_id, frames.NOWHERE)
    if place.place is None:
        return place
    return Point(home.latitude, home.longitude, place.place, place.region)


def _profile(
    row: Profile,
    homes: Sequence[Point],
    titles: Sequence[Sequence[Any]],
    skills: Sequence[Sequence[Any]],
    policy: Policy,
    licence_ids: Mapping[int, str],
) -> frames.Profile:
    return frames.Profile(
        user_id=row.user_id,
        homes=tuple(homes),
        half_distance_km=row.half_distance_km or None,
        remote=_remote_wish(row, homes),
        move_to=frozenset(row.move_to or ()),
        pay_wish=row.pay_min,
        pay_period=row.pay_period,
        pay_currency=row.pay_currency,
        years=row.years_experience,
        level=_level(row.level),
        employment_types=frozenset(row.employment_types or ()),
        features=frozenset(row.features or ()),
        wanted_titles=tuple(title for is_wanted, title in titles if is_wanted),
        held_titles=tuple(title for is_wanted, title in titles if not is_wanted),
        skills=_skills(row, skills, licence_ids),
        weights=_own_weights(row, policy),
        answers=_answers(row, skills, licence_ids),
    )


def _licence_ids() -> dict[int, str]:
    """Return the licences that the law asks for, by the id of the skill."""
    query = select(Skill.id, Skill.code).where(Skill.code.in_(conditions.licences()))
    return {row.id: row.code for row in _session().execute(query)}


def _skills(
    row: Profile, skills: Iterable[Sequence[Any]], licence_ids: Mapping[int, str]
) -> dict[int, int]:
    """Return the person's skills with their levels; a licence held is one of them."""
    held = {
        skill: LICENCE_LEVEL
        for skill, code in licence_ids.items()
        if row.conditions.get(conditions.LICENCE + code)
    }
    return dict(sorted((held | {int(skill): int(level) for skill, level in skills}).items()))


def _answers(
    row: Profile, skills: Iterable[Sequence[Any]], licence_ids: Mapping[int, str]
) -> dict[str, bool]:
    """Return which conditions the person meets; a licence among the skills is one held."""
    held = {conditions.LICENCE + licence_ids[s] for s, _ in skills if s in licence_ids}
    adult = {} if row.is_adult is None else {conditions.ADULTS_ONLY: row.is_adult}
    return {**dict.fromkeys(sorted(held), True), **row.conditions, **adult}


def _remote_wish(row: Profile, homes: Sequence[Point]) -> frames.RemoteWish:
    """Return what was answered. Unanswered: work from home is near to a home that is known.

    Who said nothing of place at all gets no points for remote work: that would invent a score.
    """
    if row.remote_wish:
        return frames.RemoteWish(row.remote_wish)
    return frames.RemoteWish.OK if homes else frames.RemoteWish.NO


def _own_weights(row: Profile, policy: Policy) -> tuple[int, int, int, int, int] | None:
    if not row.weights or set(row.weights) != set(COMPONENTS):
        return None
    own = tuple(row.weights[c] for c in COMPONENTS)
    try:
        return policy.with_own_weights(own).weights
    except PolicyError as error:
        log.info("own weights not used", user_id=row.user_id, problems=str(error))
        return None
