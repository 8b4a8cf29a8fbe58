"""The mail server: does it answer, does it speak TLS, does its address have a name?"""

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult

from jobscore.doctor.dns import Dns
from jobscore.doctor.findings import Finding, Level
from jobscore.emails.transport import TransportError, open_transport

#: Seconds for one answer of the server.
PATIENCE = 10
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Probe:
    """What a server showed of itself.

    :ivar error: why the sender cannot use it; None where it can.
    :ivar tls: the version that was agreed on; None where it offers none.
    :ivar certificate: what is wrong with its certificate; None where nothing is.
    """

    error: str | None = None
    tls: str | None = None
    certificate: str | None = None


Prober = Callable[[str, SplitResult], Probe]


def host_of(parts: SplitResult) -> str:
    """Return the server's host; empty where letters do not leave by SMTP."""
    return (parts.hostname or "") if parts.scheme in {"smtp", "smtps"} else ""


def port_of(parts: SplitResult) -> int:
    """Return the server's port."""
    return parts.port or (465 if parts.scheme == "smtps" else 25)


def probe(url: str, parts: SplitResult) -> Probe:
    """Connect as the sender does, password included, and then once more to look at TLS."""
    try:
        with open_transport(url):
            error = None
    except TransportError as refused:
        error = str(refused)
    if host_of(parts) in LOOPBACK:
        return Probe(error)
    try:
        return Probe(error, _tls(parts, ssl.create_default_context()))
    except ssl.SSLCertVerificationError as bad:
        return Probe(error, certificate=bad.verify_message)
    except (OSError, smtplib.SMTPException) as broken:
        return Probe(error or str(broken))


def _tls(parts: SplitResult, context: ssl.SSLContext) -> str | None:
    host, port = host_of(parts), port_of(parts)
    if parts.scheme == "smtps":
        with smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context) as smtp:
            return _version(smtp)
    with smtplib.SMTP(host, port, timeout=PATIENCE) as smtp:
        smtp.ehlo()
        if not smtp.has_extn("starttls"):
            return None
        smtp.starttls(context=context)
        return _version(smtp)


def _version(smtp: smtplib.SMTP) -> str | None:
    return smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None


def judge(found: Probe, parts: SplitResult) -> list[Finding]:
    """Return what a server's answers mean."""
    values: dict[str, object] = {"server": f"{host_of(parts)}:{port_of(parts)}"}
    if found.error:
        return [_finding("down", Level.PROBLEM, {**values, "error": found.error})]
    findings = [_finding("answers", Level.OK, values)]
    if host_of(parts) in LOOPBACK:
        return findings
    if found.certificate:
        bad = {**values, "error": found.certificate}
        findings.append(_finding("bad_certificate", Level.PROBLEM, bad))
    elif found.tls is None:
        findings.append(_finding("no_tls", Level.PROBLEM, values))
    else:
        findings.append(_finding("tls", Level.OK, {**values, "version": found.tls}))
    return findings


def name_findings(dns: Dns, host: str, addresses: Sequence[str]) -> list[Finding]:
    """Look at the names of the server's addresses; receivers refuse servers without one.

    :raises DnsError: when DNS gives no answer.
    """
    findings = []
    for address in addresses:
        values: dict[str, object] = {"address": address, "server": host}
        names = dns.names(address)
        if not names:
            findings.append(Finding("ptr", "ptr.none", Level.ADVICE, values))
        elif not any(_leads_to(dns, name, address) for name in names):
            wrong = {**values, "name": names[0]}
            findings.append(Finding("ptr", "ptr.unconfirmed", Level.ADVICE, wrong))
        else:
            findings.append(Finding("ptr", "ptr.ok", Level.OK, {**values, "name": names[0]}))
    return findings


def _leads_to(dns: Dns, name: str, address: str) -> bool:
    return ip_address(address) in {ip_address(one) for one in dns.addresses(name)}


def _finding(code: str, level: Level, values: Mapping[str, object]) -> Finding:
    return Finding("server", f"server.{code}", level, values)
