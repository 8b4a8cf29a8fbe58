"""Examine an installation part by part. A new part is one line in :data:`PARTS`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from jobscore import config
from jobscore.doctor import mail, server
from jobscore.doctor.dns import DnsError, Resolver
from jobscore.doctor.examination import Context
from jobscore.doctor.findings import Finding, Level, Report

Part = Callable[[Context], Iterable[Finding]]

#: What can be examined, in the order in which it is told.
PARTS: Final[Mapping[str, Part]] = MappingProxyType({"mail": mail.examine})


def examine(context: Context, parts: Sequence[str] = ()) -> Report:
    """Examine the named parts; without names, all of them."""
    findings: list[Finding] = []
    for name, part in PARTS.items():
        if not parts or name in parts:
            findings += part(context)
    return Report(findings)


def context(*, is_offline: bool, selectors: Sequence[str] = ()) -> Context:
    """Return what an examination of this application uses: DNS and the network, unless offline."""
    settings = config.current()
    if is_offline:
        return Context(settings, selectors=selectors)
    try:
        return Context(settings, Resolver(), server.probe, selectors)
    except DnsError:
        return Context(settings, None, server.probe, selectors)


#: Exit statuses: a problem; something could not be looked at.
EXIT_PROBLEM, EXIT_UNKNOWN = 1, 3


def exit_status(report: Report) -> int:
    """Return 0 when nothing is wrong (advice is allowed), else what is the matter."""
    if report.of(Level.PROBLEM):
        return EXIT_PROBLEM
    return EXIT_UNKNOWN if report.of(Level.UNKNOWN) else 0
