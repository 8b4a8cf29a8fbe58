"""The sample's jobs and people as the engine reads them, without a database: up to a million.

Each posting is generated, read and understood as an import would (`demo.sample`, `Drafter`, the
gazetteer); skills and work-style features are found sentence by sentence, and what a sentence
says is remembered: postings repeat their sentences, so a million take minutes, not an hour. What
words say across sentences is lost by that. Beside a database with the same 1,500 postings, the
rows were equal, and of what they ask for and state 3 % differed.
"""

import re
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache, partial
from sys import intern

from jobscore.demo import people as seekers
from jobscore.demo import sample
from jobscore.demo.catalogue import Language
from jobscore.imports import mapping
from jobscore.imports.drafting import Drafter
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.extraction import MENTIONED
from jobscore.jobs.writing import identity_of
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import (
    NOWHERE,
    Ask,
    JobFrame,
    JobRow,
    Level,
    Point,
    Profile,
    Remote,
    RemoteWish,
    SkillLink,
    Statement,
)
from jobscore.scoring.loading import LARGEST_FAMILY, LICENCE_LEVEL, NO_EXPERIENCE
from jobscore.scoring.policy import Policy
from jobscore.scoring.rarity import Statistics
from jobscore.scoring.texts import LEAD
from jobscore.vocabulary import conditions, tables
from jobscore.vocabulary.finder import default_finder
from jobscore.vocabulary.gazetteer import PlaceGuess, resolve_place

SEED = 1
_SENTENCE = re.compile(r"[^。\n]+|(?<=[.!?]) ")
_COARSE = frozenset({"country", "state", "prefecture"})
#: What one sentence says: (skill, is required or None), (feature or condition, is stated).
Said = tuple[tuple[tuple[str, bool | None], ...], tuple[tuple[str, bool], ...]]


@dataclass(slots=True)
class Town:
    """Jobs and people of one size. Asks and statements are kept as numbers: they are millions."""

    today: date
    rows: list[JobRow] = field(default_factory=list)
    people: list[Profile] = field(default_factory=list)
    #: Codes of features and conditions, by number.
    features: list[str] = field(default_factory=lambda: _features())
    #: Job, skill, required (0, 1), percent, one after the other.
    _asks: "array[int]" = field(default_factory=partial(array, "i"))
    #: Job, number of the feature, stated (0, 1), one after the other.
    _said: "array[int]" = field(default_factory=partial(array, "i"))

    def asks(self) -> Iterator[Ask]:
        """Yield the skills that jobs ask for."""
        numbers = iter(self._asks)
        for job, skill, required, percent in zip(*[numbers] * 4, strict=True):
            yield Ask(job, skill, bool(required), percent)

    def statements(self) -> Iterator[Statement]:
        """Yield the work-style features that jobs state or deny."""
        numbers = iter(self._said)
        for job, feature, stated in zip(*[numbers] * 3, strict=True):
            yield Statement(job, self.features[feature], bool(stated))

    def frame(self, policy: Policy, statistics: Statistics | None = None) -> JobFrame:
        """Return the jobs as the engine's columns, weighed by statistics that are held."""
        return build_jobs(
            self.rows,
            asks=self.asks(),
            statements=self.statements(),
            links=links(),
            policy=policy,
            statistics=statistics,
        )

    def after(self, jobs: int) -> "Town":
        """Return a town of all but the first jobs."""
        rest = Town(self.today, self.rows[jobs:], self.people, self.features)
        rest._asks, rest._said = self._asks, self._said
        return rest

    def first(self, jobs: int) -> "Town":
        """Return a town of only the first jobs, which a smaller sample would have made."""
        last = self.rows[jobs - 1].id if jobs < len(self.rows) else self.rows[-1].id
        small = Town(self.today, self.rows[:jobs], self.people, self.features)
        small._asks = _upto(last, self._asks, 4)
        small._said = _upto(last, self._said, 3)
        return small

    def add_ask(self, ask: Ask) -> None:
        """Let a job ask for a skill."""
        self._asks.extend((ask.job_id, ask.skill_id, ask.required, ask.weight))

    def add_statement(self, said: Statement) -> None:
        """Let a job state or deny a feature."""
        self._said.extend((said.job_id, _feature_numbers()[said.feature], said.stated))

    def add(self, job_id: int, draft: JobDraft) -> None:
        """Put one posting in, as an import would write it and the loader read it."""
        asked, features = _found(draft)
        for skill, (required, percent) in asked.items():
            self.add_ask(Ask(job_id, skill, required, percent))
        for feature, stated in features.items():
            self.add_statement(Statement(job_id, feature, stated))
        self.rows.append(_job_row(job_id, draft, features, self.today))


def _upto(job: int, numbers: "array[int]", width: int) -> "array[int]":
    """Return the records of jobs up to a number; records stand in the order of jobs."""
    at = bisect_right(range(0, len(numbers), width), job, key=numbers.__getitem__)
    return numbers[: at * width]


def make(jobs: int, people: int, today: date) -> Town:
    """Generate so many postings, three fifths in Japanese, and so many people.

    Broken, repeated and expired records give no open job, so about 97 % of ``jobs`` come out.
    Languages take turns, so that the first jobs of a large town are a small one.
    """
    town = Town(today)
    sources = {language: _drafts(language, jobs, today) for language in ("ja", "en")}
    seen: set[str] = set()
    for number in range(jobs):
        language = "ja" if number % 5 < 3 else "en"
        draft = next(sources[language])
        if draft is None or (known := identity_of(draft)[:16]) in seen:
            continue
        seen.add(known)
        if draft.expires_on is not None and draft.expires_on < today:
            continue
        town.add(len(town.rows) + 1, draft)
    town.people = make_people(people)
    return town


def make_people(n: int) -> list[Profile]:
    """Return the demo's people as the loader gives them to the engine."""
    return [_profile(i, seeker) for i, seeker in enumerate(seekers.people(n, SEED), start=1)]


@cache
def links() -> tuple[SkillLink, ...]:
    """Return the relations of the shipped vocabulary, as the loader does from the database."""
    numbers = _skill_numbers()
    children: defaultdict[int, list[int]] = defaultdict(list)
    for skill in tables.skills():
        if skill.parent_code in numbers:
            children[numbers[skill.parent_code]].append(numbers[skill.code])
    found = [SkillLink(s, parent) for parent, skills in children.items() for s in skills]
    for skills in children.values():
        if len(skills) <= LARGEST_FAMILY:
            found += [SkillLink(a, b, True) for i, a in enumerate(skills) for b in skills[i + 1 :]]
    return tuple(found)


@cache
def _skill_numbers() -> dict[str, int]:
    return {skill.code: number for number, skill in enumerate(tables.skills(), start=1)}


@cache
def _features() -> list[str]:
    """Return the codes of features, then of conditions."""
    features = [feature.code for feature in tables.features()]
    asked = [entry.code for entry in tables.conditions()]
    return [*features, *asked, *(conditions.LICENCE + code for code in conditions.licences())]


@cache
def _feature_numbers() -> dict[str, int]:
    return {code: number for number, code in enumerate(_features())}


def _drafts(language: Language, n: int, today: date) -> Iterator[JobDraft | None]:
    header = sample.HEADERS[language]
    drafter = Drafter(mapping.columns_of(header), header, today)
    for line, cells in enumerate(sample.rows(n, SEED, today, language), start=2):
        narrow = len(cells) != len(header)
        yield None if narrow else drafter.draft(line, cells)[0]


@lru_cache(maxsize=200_000)
def _sentence(sentence: str) -> Said:
    found = default_finder().find(sentence)
    skills = tuple((s.code, s.required) for s in found.skills)
    return skills, tuple((f.code, f.stated) for f in (*found.features, *found.conditions))


def _found(draft: JobDraft) -> tuple[dict[int, tuple[bool, int]], dict[str, bool]]:
    """Return skills as (required, percent) by number, and features as stated or denied."""
    numbers = _skill_numbers()
    asked: dict[int, tuple[bool, int]] = {}
    features: dict[str, bool] = {}
    asks = f"{draft.title}\n{draft.requirements}"
    for text, percent in ((asks, 100), (draft.description, MENTIONED)):
        for sentence in _SENTENCE.findall(text):
            skills, stated = _sentence(sentence)
            for code, required in skills:
                is_required = percent == 100 if required is None else required
                known = asked.get(numbers[code], (False, 0))
                asked[numbers[code]] = (known[0] or is_required, max(known[1], percent))
            for feature, is_stated in stated:
                features[feature] = features.get(feature, True) and is_stated
    titled = [(s.start, s.end, s.code) for s in default_finder().find(draft.title).skills]
    for code in conditions.licences_in_title(draft.title, titled):
        features.setdefault(code, True)
    kept = conditions.settle({code for code, stated in features.items() if stated})
    return asked, {code: said for code, said in features.items() if code in kept or not said}


def _job_row(job_id: int, draft: JobDraft, features: dict[str, bool], today: date) -> JobRow:
    guess = resolve_place(draft.place_text) if draft.place_text else None
    return JobRow(
        id=job_id,
        title=intern(draft.title),
        text=draft.description[:LEAD],
        company=intern(draft.company_name),
        posted=(draft.posted_on or today).toordinal(),
        expires=None if draft.expires_on is None else draft.expires_on.toordinal() + 1,
        point=_point(guess),
        remote=_remote(draft, guess, features),
        pay_min=draft.salary_min,
        pay_max=draft.salary_max,
        pay_period=draft.salary_period,
        pay_currency=draft.salary_currency,
        years_min=draft.experience_min_years,
        years_max=draft.experience_max_years,
        level=_level(draft.experience_level),
        no_experience_ok=features.get(NO_EXPERIENCE, False),
        employment_type=draft.employment_type,
        industry=draft.industry or None,
    )


def _level(word: str | None) -> Level | None:
    return Level.__members__.get((word or "").upper())


@lru_cache(maxsize=65_536)
def _point(guess: PlaceGuess | None) -> Point:
    if guess is None or guess.place is None:
        return NOWHERE
    place = guess.place
    if place.kind in _COARSE:
        return Point(None, None, None, place.region_code)
    return Point(place.latitude, place.longitude, place.code, place.region_code)


def _remote(draft: JobDraft, guess: PlaceGuess | None, features: dict[str, bool]) -> Remote:
    said = draft.remote or (guess.remote if guess else None)
    if said:
        return {"none": Remote.NO, "hybrid": Remote.PARTLY, "full": Remote.FULLY}[said]
    if features.get("full_remote"):
        return Remote.FULLY
    if "remote" in features:
        return Remote.PARTLY if features["remote"] else Remote.NO
    return Remote.NOT_STATED


@lru_cache(maxsize=65_536)
def _skill(name: str) -> int | None:
    found: Sequence[tuple[str, bool | None]] = _sentence(name)[0]
    return _skill_numbers()[found[0][0]] if found else None


def _profile(user_id: int, seeker: seekers.Seeker) -> Profile:
    home = _point(resolve_place(seeker.home)) if seeker.home else NOWHERE
    homes = () if home is NOWHERE else (home,)
    wish = seeker.remote or ("ok" if homes else "no")
    numbers, licences = _skill_numbers(), conditions.licences()
    answers = dict(seeker.answers)
    skills: dict[int, int] = {}
    for name, level in seeker.skills:
        if (number := _skill(name)) is not None:
            skills.setdefault(number, level)
    has = {code for code in licences if numbers[code] in skills}
    held = {code for code in licences if answers.get(conditions.LICENCE + code)}
    answers = {**{conditions.LICENCE + code: True for code in sorted(has)}, **answers}
    skills = dict(sorted(({numbers[code]: LICENCE_LEVEL for code in held} | skills).items()))
    return Profile(
        user_id=user_id,
        homes=homes,
        half_distance_km=seeker.half_km,
        remote=RemoteWish(wish),
        pay_wish=None if seeker.pay_min is None else Decimal(seeker.pay_min),
        pay_period=seeker.pay_period,
        pay_currency=seeker.pay_currency,
        years=seeker.years,
        level=_level(seeker.level),
        employment_types=frozenset(seeker.employment_types),
        features=frozenset(seeker.features),
        wanted_titles=seeker.wanted_titles,
        held_titles=seeker.held_titles,
        skills=skills,
        answers=answers,
    )
