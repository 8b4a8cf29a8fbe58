"""The log's states and kinds in the reader's language."""

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from jobscore.emails.models import AttemptOutcome, EmailStatus, EmailType
from jobscore.web.jinja import number

STATUS_WORDS = {
    EmailStatus.PENDING: _l("Waiting"),
    EmailStatus.SENDING: _l("On its way"),
    EmailStatus.SENT: _l("Sent"),
    EmailStatus.FAILED: _l("Failed"),
    EmailStatus.BOUNCED: _l("Bounced"),
    EmailStatus.SUPPRESSED: _l("Suppressed"),
    EmailStatus.CANCELLED: _l("Cancelled"),
    EmailStatus.IN_DOUBT: _l("In doubt"),
}
#: Kinds of badges.
STATUS_KINDS = {
    EmailStatus.PENDING: "neutral",
    EmailStatus.SENDING: "accent",
    EmailStatus.SENT: "success",
    EmailStatus.FAILED: "danger",
    EmailStatus.BOUNCED: "danger",
    EmailStatus.SUPPRESSED: "neutral",
    EmailStatus.CANCELLED: "neutral",
    EmailStatus.IN_DOUBT: "warning",
}
STATUS_HELP = {
    EmailStatus.PENDING: _l("The letter waits for its turn."),
    EmailStatus.SENDING: _l("A sender has the letter at this moment."),
    EmailStatus.SENT: _l("The mail server took the letter."),
    EmailStatus.FAILED: _l("The mail server refused the letter for good, or too many times."),
    EmailStatus.BOUNCED: _l("The letter came back."),
    EmailStatus.SUPPRESSED: _l("The address must not be written to, so nothing was sent."),
    EmailStatus.CANCELLED: _l("Somebody stopped the letter before it left."),
    EmailStatus.IN_DOUBT: _l(
        "The letter was on its way when the connection or the sender stopped. Nobody can know "
        "whether it arrived, so it is not sent again by itself."
    ),
}
ATTEMPT_WORDS = {
    AttemptOutcome.SENT: (_l("Taken"), "success"),
    AttemptOutcome.DEFERRED: (_l("Refused for now"), "warning"),
    AttemptOutcome.FAILED: (_l("Refused"), "danger"),
    AttemptOutcome.IN_DOUBT: (_l("In doubt"), "warning"),
}
TYPE_WORDS = {
    EmailType.DIGEST: _l("Daily jobs"),
    EmailType.ALERT: _l("Search alert"),
    EmailType.VERIFY: _l("Confirm address"),
    EmailType.RESET: _l("New password"),
    EmailType.INVITATION: _l("Invitation"),
    EmailType.NOTICE: _l("Notice"),
}
#: What several states come to, for whoever looks at the chart.
CHART_WORDS = {
    "sent": _l("Sent"),
    "waiting": _l("Waiting"),
    "problems": _l("Problem"),
    "unsent": _l("Not sent on purpose"),
}
#: Buttons for many letters at once.
ACTION_WORDS = {
    "retry": _l("Try again"),
    "cancel": _l("Cancel"),
    "send-again": _l("Send again"),
    "count-as-sent": _l("Count as sent"),
}
CONSEQUENCES = {
    "retry": _l("They go to the front of the queue with all their tries."),
    "cancel": _l("Nobody gets them unless somebody tries them again by hand."),
    "send-again": _l(
        "Whoever got the letter already gets it a second time; with the same Message-ID, so that "
        "many mailboxes drop the repeat."
    ),
    "count-as-sent": _l("Nothing is sent; who did not get the letter does not get it any more."),
}


def question(action: str, n: int) -> str:
    """Return what is asked before something is done to ``n`` letters."""
    shown = number(n)
    said = {
        "retry": ngettext("Try %(num)s letter again?", "Try %(n)s letters again?", n, n=shown),
        "cancel": ngettext("Cancel %(num)s letter?", "Cancel %(n)s letters?", n, n=shown),
        "send-again": ngettext(
            "Send %(num)s letter once more?", "Send %(n)s letters once more?", n, n=shown
        ),
        "count-as-sent": ngettext(
            "Count %(num)s letter as sent?", "Count %(n)s letters as sent?", n, n=shown
        ),
    }
    return str(said[action])


def done(action: str, n: int) -> str:
    """Return what was done to ``n`` letters."""
    shown = number(n)
    said = {
        "retry": ngettext(
            "%(num)s letter is back in the queue.", "%(n)s letters are back in the queue.", n,
            n=shown,
        ),
        "cancel": ngettext(
            "%(num)s letter was cancelled.", "%(n)s letters were cancelled.", n, n=shown
        ),
        "send-again": ngettext(
            "%(num)s letter will be sent again.", "%(n)s letters will be sent again.", n, n=shown
        ),
        "count-as-sent": ngettext(
            "%(num)s letter counts as sent.", "%(n)s letters count as sent.", n, n=shown
        ),
    }  # fmt: skip
    return str(said[action])
