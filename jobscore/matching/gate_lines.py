"""The gates of one person and one job, in words: what holds, what does not, what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import get_locale, gettext

from jobscore.jobs.models import Job
from jobscore.scoring import gating
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.gating import Finding, Gate, State
from jobscore.vocabulary import conditions


@dataclass(frozen=True, slots=True)
class GateLine:
    """Something apart from points that may keep a job out."""

    label: str
    passes: bool | None
    """None: not known, as the person has not said."""
    quotes: Sequence[str] = ()
    """The words of the posting that set the condition."""
    codes: Sequence[str] = ()
    """The conditions that decide, in the order of `quotes`."""
    ask: str = ""
    """Code of the condition whose answer settles it; empty where nothing is open."""


def lines(profile: Profile, jobs: JobFrame, position: int, job: Job) -> list[GateLine]:
    """Return a line for each condition that the posting sets; one alone where it sets none."""
    found = gating.findings(profile, jobs, position)
    if not found:
        label = gettext("The posting sets no condition of licence, permit, age or hours")
        return [GateLine(label, True)]
    quotes = {feature.feature: feature.quote for feature in job.features}
    return [_line(one, quotes) for one in found]


def _line(finding: Finding, quotes: dict[str, str]) -> GateLine:
    proof = (conditions.NIGHTS,) if finding.by_law else finding.conditions
    is_open = finding.state is State.UNKNOWN
    return GateLine(
        label=_label(finding),
        passes=None if is_open else finding.state is State.PASS,
        quotes=[quotes[code] for code in proof if quotes.get(code)],
        codes=[code for code in proof if quotes.get(code)],
        ask=finding.conditions[0] if is_open else "",
    )


def _label(finding: Finding) -> str:
    if finding.by_law:
        by_law: dict[State, str] = {
            State.PASS: gettext("Night work, which the law allows from 18: you are 18 or over"),
            State.FAIL: gettext("Night work, which the law does not allow under 18"),
            State.UNKNOWN: gettext("Night work, which the law allows from 18: are you 18 or over?"),
        }
        return by_law[finding.state]
    names = _names(finding)
    words = {
        (Gate.LICENCE, State.PASS): gettext("Licence needed, and you hold it: %(names)s"),
        (Gate.LICENCE, State.FAIL): gettext("Licence needed that you do not hold: %(names)s"),
        (Gate.LICENCE, State.UNKNOWN): gettext("Licence needed: do you hold it? %(names)s"),
        (Gate.WORK_PERMIT, State.PASS): gettext("No visa sponsored: you may work without one"),
        (Gate.WORK_PERMIT, State.FAIL): gettext("No visa sponsored: you need an employer who does"),
        (Gate.WORK_PERMIT, State.UNKNOWN): gettext("No visa sponsored: may you work without one?"),
        (Gate.AGE, State.PASS): gettext("For people of 18 or over: you are"),
        (Gate.AGE, State.FAIL): gettext("For people of 18 or over: you are younger"),
        (Gate.AGE, State.UNKNOWN): gettext("For people of 18 or over: are you?"),
        (Gate.HOURS, State.PASS): gettext("Hours that you can work: %(names)s"),
        (Gate.HOURS, State.FAIL): gettext("Hours that you cannot work: %(names)s"),
        (Gate.HOURS, State.UNKNOWN): gettext("Hours asked for: can you work them? %(names)s"),
    }
    return str(words[finding.gate, finding.state] % {"names": names})


def _names(finding: Finding) -> str:
    """Name what decides; of licences one is enough, so they read as alternatives."""
    language = str(get_locale() or "en")
    names = [conditions.name_of(code, language) for code in finding.conditions]
    if finding.gate is Gate.LICENCE and len(names) > 1:
        last = names.pop()
        first = gettext(", ").join(names)
        return str(gettext("%(first)s or %(last)s", first=first, last=last))
    return str(gettext(", ")).join(names)
