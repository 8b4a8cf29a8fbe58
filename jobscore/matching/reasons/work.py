"""What the skills part is made of: the skills, the titles, and the posting's first lines.

The columns keep neither the title nor the text as written; a `Posting` brings them, so that what
is said can be quoted. The numbers are those of `scoring.components.skill_match`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Literal

from jobscore.matching.reasons.parts import share_out
from jobscore.matching.reasons.sentences import Message
from jobscore.scoring import popularity, titles
from jobscore.scoring.components import skill_match
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import Policy
from jobscore.scoring.texts import LEAD

WORDS: Final = 4
"""At most so many words are quoted in one sentence."""
STEM: Final = 4
"""Words of alphabets that begin with so many equal letters are forms of one word."""
ENDING: Final = 3
"""… where what follows is at most so many letters in each."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting as written, as far as an explanation quotes it."""

    title: str
    text: str = ""
    pay_period: str | None = None
    """The unit of its pay."""

    @property
    def lead(self) -> str:
        """The first lines, which are all of the text that a score reads."""
        return self.text[:LEAD]


class Source(StrEnum):
    """Where the points of the skills part come from."""

    SKILLS = "skills"
    TITLES = "titles"
    LEAD = "lead"
    OWN_TEXT = "own_text"
    POPULARITY = "popularity"
    """The declared help for people of whom little is known."""


def sources(
    profile: Profile, jobs: JobFrame, position: int, policy: Policy, share: int
) -> dict[Source, int]:
    """Share out the whole points of the skills part among its sources; they add up exactly.

    What the first lines, or the person's own text, give is the difference to the same posting
    without them; popularity gives its share of its points; what nothing else gives is the
    titles'. An empty mapping when the part gives nothing.
    """
    points = int(skill_match.points(profile, jobs, policy)[position])
    if points <= 0:
        return {}
    whole, p = points * 100, policy.parameters
    helped = popularity.helps(profile, policy)
    popular = popularity.evidence(profile, jobs, [position], policy)[0][1] if helped else 0
    parts = {Source.POPULARITY: min(popular * p.popularity_share, whole)}
    left, rest = 100 - p.popularity_share * helped, whole - parts[Source.POPULARITY]
    covered = int(skill_match.coverage(profile, jobs, policy)[position])
    plain = int(skill_match.points(profile, jobs, _without(policy, cv_share=0))[position])
    is_close = bool(profile.title_words()) or plain != points
    percent = p.title_share if is_close else 0
    parts[Source.SKILLS] = 0 if covered < 0 else min(covered * (100 - percent) * left // 100, rest)
    rest -= parts[Source.SKILLS]
    parts[Source.OWN_TEXT] = min(max(points - max(plain, 0), 0) * 100, rest)
    rest -= parts[Source.OWN_TEXT]
    alone = int(skill_match.points(profile, jobs, _without(policy, text_share=0))[position])
    parts[Source.LEAD] = min(max(points - alone, 0) * 100, rest)
    rest -= parts[Source.LEAD]
    parts[Source.TITLES] = 0
    parts[_main(profile, is_text=is_close)] += rest
    known = {source: parts[source] for source in Source if parts[source]}
    return dict(zip(known, share_out(list(known.values()), share), strict=True))


def _main(profile: Profile, *, is_text: bool) -> Source:
    """Return to which source belongs what no other gives."""
    if profile.title_words():
        return Source.TITLES
    return Source.OWN_TEXT if is_text else Source.SKILLS


def _without(policy: Policy, **shares: Literal[0]) -> Policy:
    changed: dict[str, Any] = dict(shares)
    return replace(policy, parameters=replace(policy.parameters, **changed))


def is_closer_by_text(profile: Profile, jobs: JobFrame, position: int, policy: Policy) -> bool:
    """Tell whether the first lines bring a job closer than its title alone."""
    close = skill_match.closeness(profile, jobs, policy)
    alone = skill_match.closeness(profile, jobs, _without(policy, text_share=0))
    return close is not None and alone is not None and bool(close[position] > alone[position])


def work_messages(
    profile: Profile, jobs: JobFrame, position: int, policy: Policy, posting: Posting
) -> list[Message]:
    """Return which of the person's titles is closest and by which words, and what the text adds.

    The text is named only where it makes the job closer than its title alone.
    """
    found = []
    if closest := _closest(profile, jobs, position):
        kind, title, words = closest
        common = shared_words(words, posting.title, stems=True)
        name = f"title_{kind}" if common else f"title_{kind}_parts"
        found.append(Message(name, {"title": title, "words": common[:WORDS]}))
    if is_closer_by_text(profile, jobs, position, policy):
        every = [word for words in profile.title_words() for word in words]
        named = shared_words(every, posting.lead)
        if named:
            found.append(Message("lead_names", {"words": named[:WORDS]}))
    if viewers := popularity.evidence(profile, jobs, [position], policy)[0][0]:
        found.append(Message("popular", {"num": viewers}))
    return found


def _closest(
    profile: Profile, jobs: JobFrame, position: int
) -> tuple[str, str, tuple[str, ...]] | None:
    """Return the closest title: wanted, held or seen; as written; as words. None without any."""
    written = (
        *(("wanted", title) for title in profile.wanted_titles),
        *(("held", title) for title in profile.held_titles),
        *(("seen", title) for title in reversed(profile.seen_titles)),
    )
    known = set(profile.title_words())
    number = int(jobs.title[position])
    best, likeness = None, 0
    for kind, title in written:
        words = titles.tokens(title)
        if words in known and (found := int(jobs.titles.cosines(words)[number])) > likeness:
            best, likeness = (kind, title, words), found
    return best


def shared_words(words: Sequence[str], text: str, *, stems: bool = False) -> list[str]:
    """Return what of `text` the words share, as it is written there, in its order, each once.

    Of runs of Chinese, Japanese and Korean characters the longest common pieces of two characters
    and more. With `stems` a word of an alphabet may end differently (nurse, nurses).
    """
    plain = unicodedata.normalize("NFKC", text)
    runs = [word for word in words if titles.is_run(word)]
    others = {word for word in words if not titles.is_run(word)}
    found: list[str] = []
    for token in titles.tokens(plain):
        if titles.is_run(token):
            found += _common_pieces(runs, token)
        elif token in others or (stems and any(_same_stem(token, own) for own in others)):
            found.append(_as_written(token, plain))
    return list(dict.fromkeys(found))


def _common_pieces(runs: Sequence[str], token: str) -> list[str]:
    found, start = [], 0
    while start < len(token) - 1:
        end = start + 1
        while end < len(token) and any(token[start : end + 1] in run for run in runs):
            end += 1
        if end - start >= 2:
            found.append(token[start:end])
        start = end if end - start >= 2 else start + 1
    return found


def _same_stem(one: str, other: str) -> bool:
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same >= STEM and max(len(one), len(other)) - same <= ENDING


def _as_written(token: str, text: str) -> str:
    found = re.search(rf"(?<!\w){re.escape(token)}", text, re.IGNORECASE)
    return found.group(0) if found else token
