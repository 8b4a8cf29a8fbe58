"""Reasons and reports in the reader's language."""

from flask_babel import lazy_gettext as _l

from jobscore.emails.bounces.reports import ReturnKind
from jobscore.emails.suppression import Reason

REASON_WORDS = {
    Reason.BOUNCE: _l("Letters came back"),
    Reason.COMPLAINT: _l("Called it spam"),
    Reason.UNSUBSCRIBE: _l("Unsubscribed"),
    Reason.ERASED: _l("Had everything erased"),
    Reason.ADMIN: _l("By an administrator"),
}
#: Kinds of badges.
REASON_KINDS = {
    Reason.BOUNCE: "warning",
    Reason.COMPLAINT: "danger",
    Reason.UNSUBSCRIBE: "neutral",
    Reason.ERASED: "neutral",
    Reason.ADMIN: "accent",
}
RETURN_WORDS = {
    ReturnKind.HARD: _l("Came back for good"),
    ReturnKind.SOFT: _l("Came back for now"),
    ReturnKind.DELAYED: _l("Delayed on the way"),
    ReturnKind.COMPLAINT: _l("Called spam"),
}
RETURN_KINDS = {
    ReturnKind.HARD: "danger",
    ReturnKind.SOFT: "warning",
    ReturnKind.DELAYED: "neutral",
    ReturnKind.COMPLAINT: "danger",
}
