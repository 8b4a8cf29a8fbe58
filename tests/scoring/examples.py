"""Worked examples of docs/scoring: blocks of TOML become a person, jobs and what is expected.

A block begins with ```` ```toml example ````. `policy` names a version; `[policy_changes]` and
`[parameters]` change single fields of it. `[person]` has the fields of a `Profile`, each `[[job]]`
those of a `JobRow` and `asks`, `says` (feature = true or false). `[[link]]` relates two skills.
What is expected stands in `[[expected]]` by job, `[arithmetic]`, `[[change]]` and `[openings]`.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import (
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
from jobscore.scoring.policy import BUILT_IN, Policy

PAGES = Path(__file__).resolve().parents[2] / "docs" / "scoring"
_BLOCK = re.compile(r"^```toml example\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One block of one page."""

    page: str
    number: int
    data: dict[str, Any]
    #: The page's words, without its blocks.
    words: str

    @property
    def id(self) -> str:
        """Return the name of the test."""
        return f"{self.page}-{self.number}"

    @property
    def policy(self) -> Policy:
        """Return the policy that the block names, with its changes."""
        version = self.data["policy"]
        policy = next(policy for policy in BUILT_IN if policy.version == version)
        parameters = replace(policy.parameters, **self.data.get("parameters", {}))
        return replace(policy, parameters=parameters, **self.data.get("policy_changes", {}))

    @property
    def person(self) -> Profile:
        """Return the person of the block."""
        known = dict(self.data.get("person", {}))
        for name in ("homes", "seen_places"):
            if name in known:
                known[name] = tuple(_point(place) for place in known[name])
        for name in ("wanted_titles", "held_titles", "seen_titles"):
            if name in known:
                known[name] = tuple(known[name])
        for name in ("features", "move_to", "employment_types"):
            if name in known:
                known[name] = frozenset(known[name])
        if "skills" in known:
            known["skills"] = {int(skill): level for skill, level in known["skills"].items()}
        if "remote" in known:
            known["remote"] = RemoteWish(known["remote"])
        if "level" in known:
            known["level"] = Level[known["level"].upper()]
        return Profile(user_id=1, **known)

    @property
    def rows(self) -> list[JobRow]:
        """Return the jobs of the block as rows."""
        return [_row(job) for job in self.data.get("job", ())]

    @property
    def jobs(self) -> JobFrame:
        """Return the jobs of the block as columns."""
        jobs = self.data.get("job", ())
        return build_jobs(
            self.rows,
            asks=[
                Ask(job["id"], ask["skill"], ask.get("required", True), ask.get("weight", 100))
                for job in jobs
                for ask in job.get("asks", ())
            ],
            statements=[
                Statement(job["id"], feature, stated)
                for job in jobs
                for feature, stated in job.get("says", {}).items()
            ],
            links=[
                SkillLink(link["narrower"], link["broader"], link.get("family", False))
                for link in self.data.get("link", ())
            ],
            policy=self.policy,
        )


def _point(place: dict[str, Any]) -> Point:
    return Point(place.get("lat"), place.get("lon"), place.get("place"), place.get("region"))


def _row(job: dict[str, Any]) -> JobRow:
    fields = {name: value for name, value in job.items() if name not in {"asks", "says"}}
    fields.setdefault("title", "")
    if "point" in fields:
        fields["point"] = _point(fields["point"])
    if "remote" in fields:
        fields["remote"] = Remote[fields["remote"].upper()]
    if "level" in fields:
        fields["level"] = Level[fields["level"].upper()]
    return JobRow(**fields)


def pages() -> dict[str, str]:
    """Return the text of every page, by name without ending."""
    return {path.stem: path.read_text("utf-8") for path in sorted(PAGES.glob("*.md"))}


def examples() -> list[Example]:
    """Return every block of every page."""
    return [
        Example(page, number, tomllib.loads(block), _BLOCK.sub("", text))
        for page, text in pages().items()
        for number, block in enumerate(_BLOCK.findall(text), start=1)
    ]
