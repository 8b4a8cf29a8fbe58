"""One posting with the passages marked that its score, or a condition, was read from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext

from jobscore.jobs import cards
from jobscore.jobs.models import Job
from jobscore.matching import marking, wording
from jobscore.matching.marking import Kind, Mark, Words
from jobscore.matching.reasons import Evidence
from jobscore.scoring.loading import NO_EXPERIENCE
from jobscore.vocabulary import conditions
from jobscore.vocabulary.finder import Found, default_finder

#: Features that say from where the work is done, which is a matter of the location.
_WHERE = frozenset({"remote", "full_remote"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a posting as shown; `kind` is empty where nothing was read in it."""

    text: str
    kind: str = ""
    label: str = ""
    """What it was read as, in words."""
    id: str = ""
    """Anchor; only the first passage of an evidence has one."""
    back: str = ""
    """Where the page says what follows from it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One part of a posting: its name, its text in passages, whether it is running text."""

    label: str
    passages: Sequence[Passage]
    is_text: bool
    is_posting: bool = True
    """False where the words are ours (the pay as understood), not the posting's."""


@dataclass(frozen=True, slots=True)
class MarkedPosting:
    """A posting in its fields, and what the colours of its marks mean."""

    fields: Sequence[Field]
    legend: Sequence[tuple[str, str]]
    """(kind, label) of the kinds that occur."""
    anchors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Kind and key to the id of the first passage that shows it."""
    words: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Per kind the first passages of each evidence: (address within the page, words)."""

    def href(self, kind: str, key: str | int) -> str:
        """Return where in the page the evidence stands in the posting; empty if nowhere."""
        anchor = self.anchors.get((kind, str(key)))
        return f"#{anchor}" if anchor else ""

    @staticmethod
    def because(kind: str, key: str | int) -> str:
        """Return the id of what the page says of an evidence."""
        return because(kind, key)


def mark_posting(
    job: Job, evidence: Evidence | None = None, title_words: Sequence[str] = ()
) -> MarkedPosting:
    """Mark in a posting what was read from it.

    :param evidence: what was compared for the reader; without it only skills and conditions,
        which are the same for everybody, are marked.
    :param title_words: what the posting's title shares with the closest title of the reader.
    """
    texts = {
        "title": job.title,
        "requirements": job.requirements or "",
        "description": job.description or "",
    }
    marks = _read(job, texts, evidence)
    titled = Words(Kind.SKILL_MATCH, "title", title_words)
    marks["title"] += marking.find_words(job.title, titled)
    for name in ("requirements", "description"):
        marks[name] += _stated(job, texts[name], evidence)
    fields = [
        (gettext("Title"), texts["title"], marks["title"], False, True),
        (gettext("Place"), job.location or "", _whole_place(job, evidence), False, True),
        (gettext("Pay"), *_pay_field(job, evidence), False, bool(job.salary_text)),
        (gettext("What is asked for"), texts["requirements"], marks["requirements"], True, True),
        (gettext("The posting"), texts["description"], marks["description"], True, True),
    ]
    return _shown([one for one in fields if one[1]])


_Fields = Sequence[tuple[str, str, Sequence[Mark], bool, bool]]


def _shown(fields: _Fields) -> MarkedPosting:
    anchors: dict[tuple[str, str], str] = {}
    words: dict[str, list[tuple[str, str]]] = {}
    shown = []
    for label, text, marks, is_text, is_posting in fields:
        passages = []
        for piece in marking.pieces(text, marks):
            if piece.mark is None:
                passages.append(Passage(piece.text))
                continue
            kind, key = piece.mark.kind, piece.mark.key
            is_first = (kind, key) not in anchors
            if is_first:
                anchors[kind, key] = f"mark-{kind}-{_slug(key)}"
                words.setdefault(kind, []).append((f"#{anchors[kind, key]}", piece.text))
            passages.append(
                Passage(
                    text=piece.text,
                    kind=kind,
                    label=_label(kind),
                    id=anchors[kind, key] if is_first else "",
                    back=f"#{because(kind, key)}",
                )
            )
        shown.append(Field(label, passages, is_text, is_posting))
    legend = [(str(kind), _label(kind)) for kind in Kind if kind in words]
    return MarkedPosting(shown, legend, anchors, words)


def because(kind: str, key: str | int) -> str:
    """Return the id of what the page says of an evidence: a skill, a condition or a part's row."""
    if kind == Kind.CONDITION or (kind == Kind.SKILL_MATCH and str(key).isdecimal()):
        return f"because-{kind}-{_slug(str(key))}"
    return f"because-{kind}"


def _slug(key: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in key)


def _label(kind: Kind) -> str:
    if kind is Kind.CONDITION:
        return str(gettext("Condition"))
    return wording.component_label(kind)


def _read(job: Job, texts: Mapping[str, str], evidence: Evidence | None) -> dict[str, list[Mark]]:
    """Return what the vocabulary's finder reads, by the field in which it stands."""
    found = default_finder().find("\n".join(texts.values()))
    every = list(_meant(job, found, evidence))
    marks: dict[str, list[Mark]] = {}
    start = 0
    for name, text in texts.items():
        end = start + len(text)
        inside = [m for m in every if start <= m.start and m.end <= end]
        marks[name] = [m._replace(start=m.start - start, end=m.end - start) for m in inside]
        start = end + 1
    known = {m.key for m in every if m.kind is Kind.SKILL_MATCH}
    for skill in job.skills:  # from a column of the file, or from words that the text shortens
        if str(skill.skill_id) not in known and skill.quote:
            wanted = Words(Kind.SKILL_MATCH, str(skill.skill_id), [skill.quote])
            for name, text in texts.items():
                marks[name] += marking.find_words(text, wanted)
    return marks


def _meant(job: Job, found: Found, evidence: Evidence | None) -> Iterable[Mark]:
    """Yield what counts for the reader of all that a text says."""
    skills = {skill.skill.code: str(skill.skill_id) for skill in job.skills}
    for one in found.skills:
        if one.code in skills:
            yield Mark(one.start, one.end, Kind.SKILL_MATCH, skills[one.code])
    said = {feature.feature for feature in job.features}
    style = evidence.culture_fit if evidence else None
    ticked = {*style.stated, *style.denied} if style else set()
    for feature in (*found.conditions, *found.features):
        place = (feature.start, feature.end)
        if feature.code not in said:
            continue
        if conditions.is_condition(feature.code):
            yield Mark(*place, Kind.CONDITION, feature.code)
        elif feature.code in _WHERE:
            yield Mark(*place, Kind.LOCATION, feature.code)
        elif feature.code == NO_EXPERIENCE and feature.stated:
            yield Mark(*place, Kind.EXPERIENCE, feature.code)
        elif feature.code in ticked:
            yield Mark(*place, Kind.CULTURE_FIT, feature.code)


def _stated(job: Job, text: str, evidence: Evidence | None) -> list[Mark]:
    """Mark place, pay and years in running text, where they were compared."""
    if evidence is None:
        return []
    found: list[Mark] = []
    if evidence.location.rule != "unknown":
        names = [job.location, *((job.place.name_ja, job.place.name_en) if job.place else ())]
        wanted = Words(Kind.LOCATION, "place", [name for name in names if name and len(name) > 1])
        found += marking.find_words(text, wanted)
    if evidence.salary.comparable:
        found += marking.find_pay(text, [job.salary_min, job.salary_max])
    if evidence.experience.low_tenths >= 0 or evidence.experience.high_tenths >= 0:
        found += marking.find_years(text, [job.experience_min_years, job.experience_max_years])
    return found


def _whole_place(job: Job, evidence: Evidence | None) -> list[Mark]:
    if evidence is None or evidence.location.rule == "unknown" or not job.location:
        return []
    return [Mark(0, len(job.location), Kind.LOCATION, "place")]


def _pay_field(job: Job, evidence: Evidence | None) -> tuple[str, list[Mark]]:
    text = job.salary_text or cards.pay_text(job)
    if evidence is None or not evidence.salary.comparable:
        return text, []
    return text, [Mark(0, len(text), Kind.SALARY, "pay")]
