"""Name every dangerous step of a migration before it runs, with the safe way.

Each revision is read by running it against a recorder (:mod:`jobscore.database.lint.recorder`), so
that what counts is what it does, not how it is written. A danger that is wanted is assured in the
revision itself, where it is reviewed: ``assured = {"drop-column": "nothing reads it since 1.4"}``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.script import Script, ScriptDirectory

from jobscore.database.lint.checks import judge
from jobscore.database.lint.recorder import Batch, Recording, record
from jobscore.database.lint.rules import BOTH, RULES, Rule, Severity
from jobscore.database.lint.state import Hit, State

__all__ = ["BOTH", "RULES", "Finding", "Rule", "Severity", "lint", "lint_script"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A dangerous step: where it stands, what it is about, and whether its revision assures it.

    ``line`` is None when the step has none in the file, ``table`` when it is about no table.
    ``assured`` is the reason that the revision gives; None: it gives none.
    """

    rule: str
    severity: Severity
    revision: str
    path: str
    line: int | None
    table: str | None
    subject: str
    dialect: str
    assured: str | None

    @property
    def is_refused(self) -> bool:
        """Return whether an upgrade should not run this: dangerous, and nobody says why not."""
        return self.severity is Severity.DANGEROUS and self.assured is None

    @property
    def message(self) -> str:
        """Say what happens and why it hurts."""
        return RULES[self.rule].message % {"table": self.table or "?", "subject": self.subject}

    @property
    def advice(self) -> str:
        """Say how to do it safely."""
        return RULES[self.rule].advice

    def as_json(self) -> dict[str, Any]:
        """Return everything about it as plain values."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "revision": self.revision,
            "path": self.path,
            "line": self.line,
            "table": self.table,
            "subject": self.subject,
            "dialect": self.dialect,
            "assured": self.assured,
            "is_refused": self.is_refused,
            "message": self.message,
            "advice": self.advice,
        }


def lint(
    directory: ScriptDirectory,
    revisions: Sequence[str] | None = None,
    dialects: Sequence[str] = BOTH,
) -> list[Finding]:
    """Return the findings of the revisions named, or of all, oldest revision first.

    :raises alembic.util.exc.CommandError: when a revision is not known.
    """
    if revisions is None:
        scripts = list(directory.walk_revisions())[::-1]
    else:
        scripts = [found for name in revisions for found in directory.get_revisions(name)]
    return [finding for script in scripts for finding in lint_script(script, dialects)]


def lint_script(script: Script, dialects: Sequence[str] = BOTH) -> list[Finding]:
    """Return what is dangerous in one revision on each database, in the order of its lines.

    Assured dangers are listed too, with their reason. Nothing is run and nothing raises: a
    revision that cannot be read gets a finding that says so.
    """
    return [finding for dialect in dialects for finding in _lint_on(script, dialect)]


def _lint_on(script: Script, dialect: str) -> Iterator[Finding]:
    up = record(script, dialect)
    reasons = _reasons(script)
    seen: set[tuple[Hit, int | None]] = set()
    for hit, line in _hits(script, up, dialect):
        rule = RULES[hit.rule]
        if dialect in rule.dialects and (hit, line) not in seen:
            seen.add((hit, line))
            reason = reasons.get(rule.name)
            yield Finding(
                rule=rule.name,
                severity=rule.severity,
                revision=str(script.revision),
                path=script.path,
                line=line,
                table=hit.table,
                subject=hit.subject,
                dialect=dialect,
                assured=reason.strip() if isinstance(reason, str) and reason.strip() else None,
            )


def _hits(script: Script, up: Recording, dialect: str) -> Iterator[tuple[Hit, int | None]]:
    yield from ((hit, None) for hit in _judge_assured(script))
    state = State(up.dialect)
    for step in up.steps:
        for hit in judge(step, state):
            yield hit, step.line
    yield from ((hit, None) for hit in state.mixed())
    if up.failure is not None:
        yield Hit("unreadable", None, _why(up.failure)), up.failure_line
    if up.steps and not _has_downgrade(script, dialect):
        yield Hit("missing-downgrade", None, str(script.revision)), None


def _why(failure: Exception) -> str:
    """Say in one line what stopped the reading."""
    said = " ".join(str(failure).split())
    if type(failure).__name__ == "NeedsAnswerError":
        return said[:200]
    return f"raised {type(failure).__name__}: {said}"[:200].rstrip(": ")


def _has_downgrade(script: Script, dialect: str) -> bool:
    down = record(script, dialect, "downgrade")
    if isinstance(down.failure, NotImplementedError):
        return False
    return bool(down.failure or any(not _empty(step) for step in down.steps))


def _empty(step: object) -> bool:
    return isinstance(step, Batch) and not step.operations


def _reasons(script: Script) -> Mapping[str, object]:
    given = getattr(script.module, "assured", None)
    return given if isinstance(given, Mapping) else {}


def _judge_assured(script: Script) -> Iterator[Hit]:
    given = getattr(script.module, "assured", None)
    if given is not None and not isinstance(given, Mapping):
        yield Hit("assured-without-reason", None, "something that is not a dict of reasons")
    for name, reason in _reasons(script).items():
        if name not in RULES:
            yield Hit("assured-unknown-rule", None, str(name))
        elif not (isinstance(reason, str) and reason.strip()):
            yield Hit("assured-without-reason", None, name)
