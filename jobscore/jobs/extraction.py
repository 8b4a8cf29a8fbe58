"""What a posting's text says, as plain rows: skills, features, remote work. Pure.

The rows cross processes by the ten thousand, so they are tuples of plain values.
"""

from typing import NamedTuple

from jobscore.jobs.drafts import JobDraft
from jobscore.vocabulary import conditions
from jobscore.vocabulary.finder import Found, default_finder

#: Weight in percent of a skill that only the description names.
MENTIONED = 60
MAX_QUOTE = 255


class Extract(NamedTuple):
    """What one text says.

    :ivar skills: (code, is required, weight in percent, quote) each.
    :ivar features: (code, is stated, quote) each, conditions included.
    :ivar remote: full, hybrid or none; None where the text does not say.
    """

    skills: list[tuple[str, bool, int, str]]
    features: list[tuple[str, bool, str]]
    remote: str | None


def extract(title: str, requirements: str, description: str) -> Extract:
    """Return what a posting says; title and requirements ask, the description mentions."""
    found = default_finder().find(f"{title}\n{requirements}\n{description}")
    return Extract(
        _skills(found, len(title) + 1 + len(requirements)),
        _features(found, title),
        _remote(found),
    )


def extract_draft(draft: JobDraft) -> Extract:
    """Return what the text of a draft says."""
    return extract(draft.title, draft.requirements, draft.description)


def _skills(found: Found, described_from: int) -> list[tuple[str, bool, int, str]]:
    rows = []
    for skill in found.skills:
        is_asked = skill.start < described_from
        required = is_asked if skill.required is None else skill.required
        rows.append((skill.code, required, 100 if is_asked else MENTIONED, skill.quote[:MAX_QUOTE]))
    return rows


def _features(found: Found, title: str) -> list[tuple[str, bool, str]]:
    said = {
        one.code: (one.code, one.stated, one.quote[:MAX_QUOTE])
        for one in (*found.features, *found.conditions)
    }
    titled = [(s.start, s.end, s.code) for s in found.skills if s.end <= len(title)]
    for code in conditions.licences_in_title(title, titled):
        said.setdefault(code, (code, True, title[:MAX_QUOTE]))
    kept = conditions.settle({code for code, row in said.items() if row[1]})
    return [row for code, row in said.items() if code in kept or not row[1]]


def _remote(found: Found) -> str | None:
    stated = {feature.code: feature.stated for feature in found.features}
    if stated.get("full_remote"):
        return "full"
    if "remote" in stated:
        return "hybrid" if stated["remote"] else "none"
    return None
