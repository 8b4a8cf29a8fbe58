"""The log's states and kinds in the reader's language."""

from flask_babel import lazy_gettext as _l

from jobscore.emails.models import EmailStatus, EmailType

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
TYPE_WORDS = {
    EmailType.DIGEST: _l("Daily jobs"),
    EmailType.ALERT: _l("Search alert"),
    EmailType.VERIFY: _l("Confirm address"),
    EmailType.RESET: _l("New password"),
    EmailType.INVITATION: _l("Invitation"),
    EmailType.NOTICE: _l("Notice"),
}
