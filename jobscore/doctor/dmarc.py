"""DMARC: what receivers are told to do with letters that only claim to be from us.

Records are found by walking up the tree of names, as draft-ietf-dmarc-dmarcbis 4.10 says, so that
no list of public suffixes is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobscore.doctor.dns import Dns
from jobscore.doctor.findings import Finding, Level, Record
from jobscore.doctor.tags import tags_of

#: Names of which a walk up the tree asks at most (dmarcbis 4.10).
MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Policy:
    """A record and the domain where it stands."""

    domain: str
    tags: dict[str, str]


def records_of(texts: Sequence[str]) -> list[str]:
    """Return those texts that are DMARC records."""
    return [text for text in texts if tags_of(text).get("v", "").upper() == "DMARC1"]


def walk(domain: str) -> list[str]:
    """Return the domain and those above it of which is asked, the top level left out."""
    labels = domain.lower().rstrip(".").split(".")
    names = [".".join(labels)]
    shorter = labels[1:] if len(labels) <= MOST_LABELS else labels[-(MOST_LABELS - 1) :]
    while len(shorter) > 1:
        names.append(".".join(shorter))
        shorter = shorter[1:]
    return names


def examine(dns: Dns, domain: str, bounce_domain: str) -> list[Finding]:
    """Look at the record that holds for a domain, and whether the envelope sender fits to it.

    :param domain: of the address in ``From``.
    :param bounce_domain: of the envelope sender, which SPF is about.
    :raises DnsError: when DNS gives no answer.
    """
    names = walk(domain)
    policy = None
    for name in names:
        records = records_of(dns.txt(f"_dmarc.{name}"))
        if len(records) > 1:
            return [_finding("several", Level.PROBLEM, {"domain": name, "n": len(records)})]
        if records:
            policy = Policy(name, tags_of(records[0]))
            break
    if policy is None:
        record = Record(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
        return [_finding("none", Level.PROBLEM, {"domain": domain}, [record])]
    return _judge(policy, domain, bounce_domain)


def _judge(policy: Policy, domain: str, bounce_domain: str) -> list[Finding]:
    own = policy.tags.get("p", "")
    wanted = own if policy.domain == domain else policy.tags.get("sp", own)
    values: dict[str, object] = {"domain": policy.domain, "policy": wanted.lower()}
    found = []
    if wanted.lower() not in {"none", "quarantine", "reject"}:
        return [_finding("bad_policy", Level.PROBLEM, values)]
    if wanted.lower() == "none":
        found.append(_finding("only_watching", Level.ADVICE, values))
    if not policy.tags.get("rua"):
        found.append(_finding("no_reports", Level.ADVICE, values))
    if bounce_domain and not is_aligned(domain, bounce_domain, policy):
        found.append(_finding("unaligned", Level.ADVICE, {"from": domain, "bounce": bounce_domain}))
    return found or [_finding("ok", Level.OK, values)]


def is_aligned(domain: str, other: str, policy: Policy) -> bool:
    """Tell whether SPF of ``other`` speaks for ``domain``: the same, or below the policy's."""
    one, two = domain.lower(), other.lower()
    if policy.tags.get("aspf", "r").lower() == "s":
        return one == two
    above = policy.domain
    return one == two or two == above or two.endswith("." + above)


def _finding(
    code: str, level: Level, values: Mapping[str, object], records: Sequence[Record] = ()
) -> Finding:
    return Finding("dmarc", f"dmarc.{code}", level, values, records)
