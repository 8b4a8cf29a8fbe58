"""The database becomes what the engine reads: all open jobs as columns, people as profiles."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from shutil import rmtree
from threading import Lock
from typing import Any, cast
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, Integer, func, literal, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from jobscore import __version__, clock, config
from jobscore.accounts.models import HomePoint, Profile, UserSkill, UserTitle
from jobscore.extensions import db
from jobscore.jobs.models import Job, JobFeature, JobSkill, Remote
from jobscore.scoring import attention, frames, snapshots
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobFrame, JobRow, Level, Point, SkillLink, Statement
from jobscore.scoring.policy import COMPONENTS, Policy, PolicyError
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
#: Columns of fewer jobs are read from the database as fast.
WORTH_KEEPING = 500

SeenJobs = Mapping[int, Sequence[tuple[str, str, Point]]]
"""Per user id the titles, employers and places of jobs viewed, saved or applied to, newest last."""


def _session() -> Session:
    return cast(Session, db.session())


_Key = tuple[Any, ...]
_frames: "WeakKeyDictionary[Engine, OrderedDict[_Key, JobFrame]]" = WeakKeyDictionary()
_frames_lock = Lock()
#: Frames that a process keeps: those of the live policy and of an older one that is explained.
FRAMES_KEPT = 2


def job_frame(policy: Policy) -> JobFrame:
    """Return the columns of all open jobs, rebuilt only when jobs or policy have changed.

    They are built once a machine: what one process has built, the others map into memory. The
    stamp that tells changes costs one aggregate query.
    """
    p = policy.parameters
    key = (
        *_stamp(),
        config.current().timezone,
        __version__,
        p,
        clock.now().date() if p.popularity_share else None,
    )
    with _frames_lock:
        kept = _frames.setdefault(db.engine, OrderedDict())
        if (frame := kept.get(key)) is None:
            frame = kept[key] = _snapshot(key, policy)
        kept.move_to_end(key)
        while len(kept) > FRAMES_KEPT:
            kept.popitem(last=False)
        return frame


def _snapshot(key: _Key, policy: Policy) -> JobFrame:
    """Return the columns from the machine's snapshot; else build them, and leave one."""
    p = policy.parameters
    if p.semantic_share or p.popularity_share:  # read more than jobs: kept in this process only
        return load_jobs(policy)
    url = db.engine.url.render_as_string(hide_password=True)
    name = sha256(repr((url, snapshots.FORMAT, key)).encode()).hexdigest()[:24]
    folder = config.current().instance / "columns" / name
    try:
        if (found := snapshots.load(folder)) is not None:
            return found
    except snapshots.SnapshotUnreadableError as error:
        log.warning("snapshot built anew", reason=str(error))
        rmtree(folder, ignore_errors=True)
    frame = load_jobs(policy)
    if len(frame) >= WORTH_KEEPING:
        try:
            snapshots.save(frame, folder)
            snapshots.prune(folder.parent, keep=[folder])
        except OSError as error:  # a full disk must not stop a run
            log.warning("snapshot not kept", reason=str(error))
    return frame


def _stamp() -> tuple[Any, ...]:
    """Return what changes whenever an open job or the vocabulary's relations do."""
    jobs = _session().execute(
        select(func.count(), func.max(Job.updated_at), func.max(Job.id)).where(Job.is_active)
    )
    thousandths = [func.sum(cast_to(c * 1_000, Integer)) for c in (Place.latitude, Place.longitude)]
    found = (
        select(func.count(Skill.id)),
        select(func.sum(Skill.id * Skill.parent_id)),
        select(func.count(Place.id)),
        *map(select, thousandths),
    )
    vocabulary = _session().execute(select(*(one.scalar_subquery() for one in found)))
    return tuple(map(str, (*jobs.one(), *vocabulary.one())))


@dataclass(frozen=True, slots=True)
class OpenJobs:
    """All open jobs as plain values: what their columns are built from."""

    rows: list[JobRow]
    asks: list[Ask]
    statements: list[Statement]


def load_jobs(policy: Policy) -> JobFrame:
    """Read all open jobs from the database into columns."""
    found = read_jobs(policy)
    return build_jobs(
        found.rows,
        asks=found.asks,
        statements=found.statements,
        links=skill_links(),
        policy=policy,
    )


def read_jobs(policy: Policy) -> OpenJobs:
    """Read all open jobs from the database as plain values."""
    reads_text = policy.parameters.text_share > 0
    lead = func.substr(Job.description, 1, LEAD) if reads_text else literal("")
    connection = _session().connection()  # plain rows: the ORM would double the time
    rows = connection.execute(
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
        ).where(Job.is_active)
    ).fetchall()
    open_jobs = select(Job.id).where(Job.is_active)
    asks = connection.execute(
        select(JobSkill.job_id, JobSkill.skill_id, JobSkill.is_required, JobSkill.weight).where(
            JobSkill.job_id.in_(open_jobs)
        )
    ).fetchall()
    said = connection.execute(
        select(JobFeature.job_id, JobFeature.feature, JobFeature.is_stated).where(
            JobFeature.job_id.in_(open_jobs)
        )
    ).fetchall()
    welcome = {job for job, feature, stated in said if feature == NO_EXPERIENCE and stated}
    points = place_points({row[5] for row in rows if row[5] is not None})
    zone = ZoneInfo(config.current().timezone)
    p = policy.parameters
    viewers = attention.viewers(p.popularity_days) if p.popularity_share else {}
    return OpenJobs(
        [job_row(row, points, welcome, zone, viewers.get(row[0], 0)) for row in rows],
        [Ask(*row) for row in asks],
        [Statement(*row) for row in said],
    )


def job_row(
    row: Any, points: Mapping[int, Point], welcome: set[int], zone: ZoneInfo, viewers: int
) -> JobRow:
    """Return one job's columns, in the order in which :func:`read_jobs` selects them."""
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
