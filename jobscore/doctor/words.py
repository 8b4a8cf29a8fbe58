"""The findings as sentences: what is the case, and what to do."""

from types import MappingProxyType
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from jobscore.doctor.findings import Finding, Level

PARTS: Final = MappingProxyType(
    {
        "settings": _l("Settings"),
        "server": _l("Mail server"),
        "dns": _l("DNS"),
        "spf": _l("SPF: who may send"),
        "dkim": _l("DKIM: signatures"),
        "dmarc": _l("DMARC: what holds for forgeries"),
        "mx": _l("Way back for bounces"),
        "ptr": _l("Name of the server's address"),
    }
)
#: Words of a level, kind of its badge, icon.
LEVELS: Final = MappingProxyType(
    {
        Level.OK: (_l("Well"), "success", "circle-check"),
        Level.ADVICE: (_l("Could be better"), "warning", "circle-alert"),
        Level.UNKNOWN: (_l("Not known"), "neutral", "circle-help"),
        Level.PROBLEM: (_l("Problem"), "danger", "triangle-alert"),
    }
)
#: Code -> (what is the case, what to do or None).
_SENTENCES: Final[MappingProxyType[str, tuple[Any, Any]]] = MappingProxyType(
    {
        "settings.complete": (_l("Sender and operator are named."), None),
        "settings.missing": (
            _l("No letter leaves: %(names)s are not set."),
            _l("Set them; the law wants to know who sends (特定電子メール法, CAN-SPAM)."),
        ),
        "settings.loopback": (
            _l("Links in letters lead to %(address)s: this machine only."),
            _l("Set JOBSCORE_PUBLIC_URL to the address that people use."),
        ),
        "settings.bounces_to_sender": (
            _l("Bounces go to the sender's own address %(address)s."),
            _l(
                "Give them a mailbox of their own with JOBSCORE_MAIL_BOUNCE_TO, so that they can "
                "be read by: flask emails bounces"
            ),
        ),
        "server.folder": (
            _l("Letters are written to a folder (%(server)s); nobody gets them."),
            _l("Set JOBSCORE_MAIL_URL to a mail server when you go live."),
        ),
        "server.answers": (_l("%(server)s takes letters from us."), None),
        "server.down": (
            _l("%(server)s cannot be used: %(error)s"),
            _l("Check host, port, user and password in JOBSCORE_MAIL_URL."),
        ),
        "server.tls": (_l("The way to %(server)s is encrypted (%(version)s)."), None),
        "server.no_tls": (
            _l("%(server)s offers no encryption."),
            _l("Use a server with STARTTLS, or smtps://, and insist on it with ?tls=require."),
        ),
        "server.bad_certificate": (
            _l("The certificate of %(server)s is not valid: %(error)s"),
            _l("Name the server as its certificate does, or have the certificate renewed."),
        ),
        "dns.offline": (
            _l("DNS was not asked: nothing is known of SPF, DKIM, DMARC and bounces."),
            None,
        ),
        "dns.silent": (
            _l(
                "DNS gave no answer (%(error)s): what is missing here about %(domain)s is not "
                "known."
            ),
            _l("Try again where the network can be reached."),
        ),
        "spf.none": (
            _l("%(domain)s does not say which servers may send for it."),
            _l(
                "Add this record; where a provider sends for you, put its include: in front of "
                "~all."
            ),
        ),
        "spf.several": (
            _l("%(domain)s has more than one SPF record; receivers then take none."),
            _l("Put them together into one."),
        ),
        "spf.syntax": (
            _l("The SPF record of %(domain)s cannot be read at “%(detail)s”."),
            _l("Mend this term."),
        ),
        "spf.include": (
            _l("The SPF record of %(domain)s includes %(detail)s, which has none."),
            _l("Take it out, or mend its name."),
        ),
        "spf.too_many": (
            _l("The SPF record of %(domain)s costs more than ten questions; receivers give up."),
            _l("Take out includes that nobody needs, or write their networks as ip4: and ip6:."),
        ),
        "spf.open": (
            _l("The SPF record of %(domain)s lets everybody send (+all)."),
            _l("End it with ~all or -all."),
        ),
        "spf.no_end": (
            _l("The SPF record of %(domain)s says nothing of other servers."),
            _l("End it with ~all, later with -all."),
        ),
        "spf.not_covered": (
            _l("%(server)s (%(addresses)s) may not send for %(domain)s."),
            _l("Add its address to the record as ip4: or ip6:, or its name as a:."),
        ),
        "spf.relay_not_covered": (
            _l("%(server)s (%(addresses)s) itself may not send for %(domain)s."),
            _l(
                "All is well where it hands letters on to servers that may; its provider names the "
                "include: for them."
            ),
        ),
        "spf.covered": (_l("%(server)s may send for %(domain)s."), None),
        "spf.ok": (_l("%(domain)s has a good record."), None),
        "dkim.not_ours": (
            _l(
                "jobscore does not sign by itself, and which key the mail server uses is not known."
            ),
            _l(
                "Let the server sign for %(domain)s, then look with: flask doctor --selector NAME. "
                "Or let jobscore sign: JOBSCORE_MAIL_DKIM_KEY."
            ),
        ),
        "dkim.none": (
            _l("%(name)s has no key: signatures cannot be checked."),
            _l("Publish the public key there."),
        ),
        "dkim.several": (
            _l("%(name)s has %(n)s keys; receivers then take any or none."),
            _l("Leave one; a second key gets a selector of its own."),
        ),
        "dkim.revoked": (
            _l("The key at %(name)s has been revoked (p= is empty)."),
            _l("Publish the public key, or sign with another one."),
        ),
        "dkim.other_key": (
            _l("The key at %(name)s is not the one that signs."),
            _l("Publish this one."),
        ),
        "dkim.testing": (
            _l("The key at %(name)s is marked as a test (t=y); signatures count for nothing."),
            _l("Take t=y out of the record."),
        ),
        "dkim.unreadable": (
            _l("The key at %(name)s cannot be read."),
            _l("Publish it anew: pieces of a long record belong together without spaces lost."),
        ),
        "dkim.short": (
            _l("The key at %(name)s has %(bits)s bits only."),
            _l("Make a new one of 2,048 bits under a new selector."),
        ),
        "dkim.ok": (_l("The key at %(name)s is good (%(kind)s, %(bits)s bits)."), None),
        "dmarc.none": (
            _l("%(domain)s has no DMARC record; large providers ask for one."),
            _l("Add this record; read the reports for some weeks, then ask for more."),
        ),
        "dmarc.several": (
            _l("%(domain)s has more than one DMARC record; receivers then take none."),
            _l("Leave one."),
        ),
        "dmarc.bad_policy": (
            _l("The DMARC record of %(domain)s has no policy that anybody knows (%(policy)s)."),
            _l("Write p=none, p=quarantine or p=reject."),
        ),
        "dmarc.only_watching": (
            _l("%(domain)s only watches (p=none): forged letters arrive."),
            _l("When the reports show nothing but your own servers, go on to p=quarantine."),
        ),
        "dmarc.no_reports": (
            _l("%(domain)s asks for no reports: nobody sees who sends in its name."),
            _l("Add rua=mailto:… with a mailbox that somebody reads."),
        ),
        "dmarc.unaligned": (
            _l(
                "Bounces go to %(bounce)s, letters come from %(from)s: SPF does not speak for them."
            ),
            _l("DKIM alone has to; or let bounces go to an address of %(from)s."),
        ),
        "dmarc.ok": (_l("Forged letters of %(domain)s are met with: %(policy)s."), None),
        "mx.ok": (_l("Bounces to %(domain)s are taken by %(hosts)s."), None),
        "mx.implicit": (
            _l("%(domain)s has no MX record; bounces go to the host of that name."),
            _l("Add an MX record, so that bounces surely arrive."),
        ),
        "mx.none": (
            _l("%(domain)s takes no letters: bounces are lost, and some receivers refuse us."),
            _l("Add an MX record, or let bounces go elsewhere with JOBSCORE_MAIL_BOUNCE_TO."),
        ),
        "mx.refused": (
            _l("%(domain)s says that it takes no letters (null MX); bounces are lost."),
            _l("Let bounces go elsewhere with JOBSCORE_MAIL_BOUNCE_TO."),
        ),
        "ptr.none": (
            _l("%(address)s of %(server)s has no name (PTR)."),
            _l("Whoever owns the address sets it; large providers refuse servers without one."),
        ),
        "ptr.unconfirmed": (
            _l("%(address)s is called %(name)s, and that name does not lead back to it."),
            _l("Make the name and its address point to each other."),
        ),
        "ptr.ok": (_l("%(address)s is called %(name)s, and both lead to each other."), None),
    }
)


def codes() -> frozenset[str]:
    """Return every code that has sentences."""
    return frozenset(_SENTENCES)


def text(finding: Finding) -> str:
    """Return what is the case."""
    return str(_SENTENCES[finding.code][0]) % dict(finding.values)


def advice(finding: Finding) -> str:
    """Return what to do; empty where nothing is to be done."""
    said = _SENTENCES[finding.code][1]
    return "" if said is None else str(said) % dict(finding.values)
