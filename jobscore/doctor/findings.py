"""What an examination finds: a code, a level, the values of its sentence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding matters, the least first."""

    OK = "ok"
    #: Works, and could be better.
    ADVICE = "advice"
    #: Could not be looked at (no network, no answer): nothing is known.
    UNKNOWN = "unknown"
    #: Letters are lost, refused or taken for spam, or none leaves.
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record to add to DNS."""

    name: str
    text: str

    def __str__(self) -> str:
        return f'{self.name}. TXT "{self.text}"'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``words`` has its sentences by ``code``.

    :ivar part: what it belongs to, such as ``spf``.
    :ivar records: what to add to DNS.
    """

    part: str
    code: str
    level: Level
    values: Mapping[str, Any] = field(default_factory=dict)
    records: Sequence[Record] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of the parts that were examined."""

    findings: Sequence[Finding]

    def of(self, *levels: Level) -> Sequence[Finding]:
        """Return the findings of these levels, in order."""
        return [one for one in self.findings if one.level in levels]

    @property
    def level(self) -> Level:
        """The worst level; well when there is nothing to say."""
        order = list(Level)
        return max((one.level for one in self.findings), key=order.index, default=Level.OK)
