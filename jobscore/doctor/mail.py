"""The mail part: settings, server, and what DNS says of the sender's domain."""

from collections.abc import Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

from jobscore.config import Config
from jobscore.doctor import dkim, dmarc, server, spf
from jobscore.doctor.dns import Dns, DnsError
from jobscore.doctor.examination import Context
from jobscore.doctor.findings import Finding, Level, Record
from jobscore.emails import dkim as signing


def examine(context: Context) -> Iterator[Finding]:
    """Look at everything that decides whether letters leave and arrive."""
    settings = context.settings
    yield from _settings(settings)
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        yield Finding("server", "server.folder", Level.ADVICE, {"server": parts.path})
    elif context.probe is not None:
        yield from server.judge(context.probe(settings.mail_url, parts), parts)
    if context.dns is None:
        yield Finding("dns", "dns.offline", Level.UNKNOWN)
    elif "@" in settings.mail_from:
        yield from _domain(context.dns, settings, parts, context.selectors)


def _settings(settings: Config) -> Iterator[Finding]:
    missing = settings.missing_for_mail
    if missing:
        values = {"names": ", ".join(missing)}
        yield Finding("settings", "settings.missing", Level.PROBLEM, values)
    else:
        yield Finding("settings", "settings.complete", Level.OK)
    if settings.is_loopback:
        yield Finding(
            "settings", "settings.loopback", Level.ADVICE, {"address": settings.public_url}
        )
    if settings.mail_from and settings.mail_bounce_to == settings.mail_from:
        values = {"address": settings.mail_from}
        yield Finding("settings", "settings.bounces_to_sender", Level.ADVICE, values)


def _domain(
    dns: Dns, settings: Config, parts: SplitResult, selectors: Sequence[str]
) -> Iterator[Finding]:
    """Ask about the sender's domain; the first question without an answer ends the asking."""
    domain = _domain_of(settings.mail_from)
    bounce = _domain_of(settings.mail_bounce_to) or domain
    host = server.host_of(parts)
    is_local = host in server.LOOPBACK
    try:
        addresses = [] if not host or is_local else list(dns.addresses(host))
        is_relay = bool(host) and server.port_of(parts) != 25
        named = "" if is_local else host
        yield from spf.examine(dns, bounce, named, addresses, is_relay=is_relay)
        signed = settings.mail_dkim_domain.strip().lower() or domain
        yield from dkim.examine(dns, signed, own_records(settings), selectors)
        yield from dmarc.examine(dns, domain, bounce)
        yield from _bounces(dns, bounce)
        yield from server.name_findings(dns, host, addresses)
    except DnsError as error:
        yield Finding("dns", "dns.silent", Level.UNKNOWN, {"error": str(error), "domain": domain})


def own_records(settings: Config) -> Sequence[Record]:
    """Return the records of the keys with which jobscore signs letters itself."""
    signer = signing.signer(settings)
    return [] if signer is None else [Record(one.name, one.text) for one in signer.records]


def _bounces(dns: Dns, domain: str) -> Iterator[Finding]:
    hosts = dns.mx(domain)
    values: dict[str, object] = {"domain": domain, "hosts": ", ".join(hosts)}
    if hosts == [""]:
        yield Finding("mx", "mx.refused", Level.PROBLEM, values)
    elif hosts:
        yield Finding("mx", "mx.ok", Level.OK, values)
    elif dns.addresses(domain):
        yield Finding("mx", "mx.implicit", Level.ADVICE, values)
    else:
        yield Finding("mx", "mx.none", Level.PROBLEM, values)


def _domain_of(address: str) -> str:
    domain = address.rpartition("@")[2].strip().lower()
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")
