"""SPF (RFC 7208): which servers may send for a domain, and whether ours is among them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from jobscore.doctor.dns import Dns
from jobscore.doctor.findings import Finding, Level, Record

#: Questions to DNS that one evaluation may cost (RFC 7208 4.6.4).
MOST_QUESTIONS = 10
_TERM = re.compile(
    r"(?P<name>[A-Za-z0-9]+)(?::(?P<value>[^/\s]+))?(?:/(?P<v4>\d{1,3}))?(?://(?P<v6>\d{1,3}))?"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "exists"})
_COSTLY = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_MODIFIERS = frozenset({"redirect", "exp"})


class Verdict(StrEnum):
    """What a record says of an address."""

    PASS = "pass"  # noqa: S105  # SPF's word, no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"


_VERDICTS = {
    "": Verdict.PASS,
    "+": Verdict.PASS,
    "-": Verdict.FAIL,
    "~": Verdict.SOFTFAIL,
    "?": Verdict.NEUTRAL,
}


class SpfError(Exception):
    """A record that no receiver can evaluate; ``code`` names what is wrong."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism or modifier of a record."""

    sign: str
    name: str
    value: str
    v4: int
    v6: int
    text: str


def records_of(texts: Sequence[str]) -> list[str]:
    """Return those texts of a domain that are SPF records."""
    return [t for t in texts if t.lower() == "v=spf1" or t.lower().startswith("v=spf1 ")]


def terms_of(record: str) -> list[Term]:
    """Take a record apart.

    :raises SpfError: ``syntax`` where a term is none.
    """
    found = []
    for text in record.split()[1:]:
        name, sign, value = text.partition("=")
        if sign and name.lower() in _MODIFIERS:
            found.append(Term("", name.lower(), value, 32, 128, text))
        elif not (sign and _NAME.fullmatch(name)):  # unknown modifiers are passed over (RFC 7208 6)
            found.append(_mechanism(text))
    return found


def _mechanism(text: str) -> Term:
    bare = text.lstrip("+-?~")
    sign = text[: len(text) - len(bare)]
    name, _, value = bare.partition(":")
    if name.lower() in {"ip4", "ip6"} and len(sign) <= 1:
        return Term(sign, name.lower(), value, 32, 128, text)
    match = _TERM.fullmatch(bare)
    if match is None or len(sign) > 1:
        raise SpfError("syntax", text)
    v4, v6 = int(match["v4"] or 32), int(match["v6"] or 128)
    if v4 > 32 or v6 > 128 or match["name"].lower() not in _MECHANISMS:
        raise SpfError("syntax", text)
    return Term(sign, match["name"].lower(), match["value"] or "", v4, v6, text)


class Evaluation:
    """One evaluation of a domain's record for one address, with its count of questions."""

    def __init__(self, dns: Dns, address: str) -> None:
        self.dns = dns
        self.address = ip_address(address)
        self.questions = 0
        #: Terms with macros depend on the letter; they count as matching nothing.
        self.has_macros = False

    def verdict(self, domain: str) -> Verdict | None:
        """Return what the record of ``domain`` says; None where there is no record.

        :raises SpfError: when it cannot be evaluated.
        :raises DnsError: when DNS gives no answer.
        """
        records = records_of(self.dns.txt(domain))
        if not records:
            return None
        if len(records) > 1:
            raise SpfError("several", domain)
        redirect = ""
        for term in terms_of(records[0]):
            self._count(term)
            if term.name == "redirect":
                redirect = term.value
            elif term.name != "exp" and self._matches(term, domain):
                return _VERDICTS[term.sign]
        if not redirect:
            return Verdict.NEUTRAL
        found = self.verdict(redirect)
        if found is None:
            raise SpfError("include", redirect)
        return found

    def _count(self, term: Term) -> None:
        if term.name in _COSTLY:
            self.questions += 1
            if self.questions > MOST_QUESTIONS:
                raise SpfError("too_many", str(self.questions))

    def _matches(self, term: Term, domain: str) -> bool:
        if "%" in term.value:
            self.has_macros = True
            return False
        where = term.value or domain
        if term.name == "all":
            return True
        if term.name in {"ip4", "ip6"}:
            return self._in_network(term)
        if term.name == "include":
            found = self.verdict(where)
            if found is None:
                raise SpfError("include", where)
            return found is Verdict.PASS
        if term.name == "a":
            return self._in_hosts([where], term)
        if term.name == "mx":
            return self._in_hosts([host for host in self.dns.mx(where) if host], term)
        if term.name == "exists":
            return bool(self.dns.addresses(where))
        return False  # ptr, which is not to be used (RFC 7208 5.5)

    def _in_network(self, term: Term) -> bool:
        try:
            network: IPv4Network | IPv6Network = ip_network(term.value, strict=False)
        except ValueError as error:
            raise SpfError("syntax", term.text) from error
        if network.version != (4 if term.name == "ip4" else 6):
            raise SpfError("syntax", term.text)
        return network.version == self.address.version and self.address in network

    def _in_hosts(self, hosts: Sequence[str], term: Term) -> bool:
        length = term.v4 if self.address.version == 4 else term.v6
        networks = (
            ip_network(f"{address}/{length}", strict=False)
            for host in hosts
            for address in self.dns.addresses(host)
            if ip_address(address).version == self.address.version
        )
        return any(self.address in network for network in networks)


def examine(
    dns: Dns, domain: str, server: str, addresses: Sequence[str], *, is_relay: bool = False
) -> list[Finding]:
    """Look at a domain's record, and whether it lets the mail server's addresses send.

    :param server: host name of the mail server; ``""`` where letters do not leave by SMTP.
    :param addresses: the server's; without any, only the record itself is judged.
    :param is_relay: the server hands letters on to others, which may send from elsewhere.
    :raises DnsError: when DNS gives no answer.
    """
    records = records_of(dns.txt(domain))
    proposal = Record(domain, f"v=spf1 {f'a:{server}' if server else 'mx'} ~all")
    if not records:
        return [_finding("none", Level.PROBLEM, {"domain": domain}, [proposal])]
    if len(records) > 1:
        return [_finding("several", Level.PROBLEM, {"domain": domain, "n": len(records)})]
    found: list[Finding] = []
    try:
        end = _end_of(terms_of(records[0]))
        outside = [a for a in addresses if _judge(dns, domain, a) is not Verdict.PASS]
    except SpfError as error:
        values = {"domain": domain, "detail": error.detail}
        return [_finding(error.code, Level.PROBLEM, values)]
    if end == "+":
        found.append(_finding("open", Level.PROBLEM, {"domain": domain}))
    elif end == "?":
        found.append(_finding("no_end", Level.ADVICE, {"domain": domain}))
    if outside:
        values = {"domain": domain, "server": server, "addresses": ", ".join(outside)}
        level = Level.ADVICE if is_relay else Level.PROBLEM
        found.append(_finding("relay_not_covered" if is_relay else "not_covered", level, values))
    if not found:
        code = "covered" if addresses else "ok"
        values = {"domain": domain, "server": server, "record": records[0]}
        found.append(_finding(code, Level.OK, values))
    return found


def _judge(dns: Dns, domain: str, address: str) -> Verdict | None:
    return Evaluation(dns, address).verdict(domain)


def _end_of(terms: Sequence[Term]) -> str:
    """Return the sign of what a record says of everybody else; "?" where it says nothing."""
    for term in terms:
        if term.name == "all":
            return term.sign or "+"
    return "~" if any(term.name == "redirect" for term in terms) else "?"


def _finding(
    code: str, level: Level, values: Mapping[str, object], records: Sequence[Record] = ()
) -> Finding:
    return Finding("spf", f"spf.{code}", level, values, records)
