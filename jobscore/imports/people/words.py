"""Sentences about people's rows and invitations, with a way out each."""

from typing import Any

from flask_babel import lazy_gettext as _l

from jobscore.imports.people.drafting import Code
from jobscore.imports.people.models import InvitationStatus

_NOTHING = _l("Nothing needs to be done.")
#: code -> (what is so, what to do about it). Placeholders are the message's params.
ROWS: dict[str, tuple[Any, Any]] = {
    Code.NO_EMAIL: (
        _l("The row has no e-mail address."),
        _l("Fill it, or check which column is mapped to it."),
    ),
    Code.EMAIL_INVALID: (
        _l("This is no e-mail address that a letter could be sent to."),
        _l("Write one address, such as hanako@example.com."),
    ),
    Code.CONSENT_MISSING: (
        _l("Nothing says what this person agreed to."),
        _l("Fill the words of the consent, or leave the person out."),
    ),
    Code.CONSENT_UNDATED: (
        _l("Nothing says when this person agreed."),
        _l("Fill the day of the consent, or leave the person out."),
    ),
    Code.CONSENT_REFUSED: (
        _l("This person has not agreed."),
        _l("Leave the person out."),
    ),
    Code.CONSENT_DATE_ODD: (
        _l("The day of the consent cannot be read, or cannot be."),
        _l("Write it like 2026-04-01; it may not lie in the future."),
    ),
    Code.NOT_INVITABLE: (
        _l("This address cannot be invited."),
        _l("Leave it out: no letter may be sent to it."),
    ),
    Code.ACCOUNT_KNOWN: (
        _l("The person has an account already; nothing was changed."),
        _NOTHING,
    ),
    Code.PERSON_REPEATED: (
        _l("The same person stands again on line %(winner)s; that row counts."),
        _l("Leave one of the rows out."),
    ),
    Code.NAME_LEFT_OUT: (
        _l("The name is too long or holds a link or an address; it was left out."),
        _l("Write the name only."),
    ),
    Code.PLACE_UNSURE: (
        _l("The place is not known, or several are called so; it was left out."),
        _l("Write prefecture and city, or city and state."),
    ),
    Code.SKILLS_UNKNOWN: (
        _l("These skills are not in our vocabulary and were left out: %(words)s"),
        _l("Use usual names, separated by commas."),
    ),
    Code.TOO_MANY: (
        _l("Only the first %(most)s were kept."),
        _l("Name the most important ones first."),
    ),
    Code.WISH_PAY_UNREAD: (
        _l("The pay wish could not be read; it was left out."),
        _l("Write it like “¥1,200 an hour” or “月給25万円”, with its currency."),
    ),
    Code.WISH_TYPE_UNREAD: (
        _l("A kind of employment is not known; it was left out."),
        _l("Use words such as full-time, part-time, contract, temporary or intern."),
    ),
    Code.WISH_REMOTE_UNREAD: (
        _l("The wish about working from home could not be read; it was left out."),
        _l("Use yes, no or only."),
    ),
    Code.YEARS_UNREAD: (
        _l("The years of experience could not be read; they were left out."),
        _l("Write a number of years."),
    ),
    Code.LEVEL_UNREAD: (
        _l("The level could not be read; it was left out."),
        _l("Use words such as junior, mid or senior."),
    ),
    Code.LANGUAGE_UNREAD: (
        _l("The language is neither English nor Japanese; letters come in the usual one."),
        _l("Write en or ja."),
    ),
}
#: code -> what its messages have in common, where the sentence itself names the row's own words.
HEADINGS: dict[str, Any] = {
    Code.PERSON_REPEATED: _l("The same person stands in the file twice"),
    Code.SKILLS_UNKNOWN: _l("Skills are not in our vocabulary; they were left out"),
    Code.TOO_MANY: _l("More titles or skills than can be kept"),
}
#: What the columns of a file can be.
FIELDS: dict[str, Any] = {
    "email": _l("E-mail address"),
    "name": _l("Name"),
    "place": _l("Place of residence"),
    "wanted_titles": _l("Wanted work"),
    "held_titles": _l("Earlier work"),
    "skills": _l("Skills and licences"),
    "pay": _l("Pay wish"),
    "employment_types": _l("Kinds of employment"),
    "remote": _l("Working from home"),
    "years": _l("Years of experience"),
    "level": _l("Level of experience"),
    "language": _l("Language of the letters"),
    "family_name": _l("Family name"),
    "given_name": _l("Given name"),
    "pay_period": _l("Unit of the pay"),
    "pay_currency": _l("Currency of the pay"),
    "consent_text": _l("Consent: its words"),
    "consent_version": _l("Consent: version of the words"),
    "consent_on": _l("Consent: when it was given"),
    "consent_method": _l("Consent: how it was given"),
}
#: status -> (word, kind of badge).
STATUS: dict[InvitationStatus, tuple[Any, str]] = {
    InvitationStatus.WAITING: (_l("Not invited yet"), "neutral"),
    InvitationStatus.QUEUED: (_l("Letter is being written"), "accent"),
    InvitationStatus.SENT: (_l("Invited"), "accent"),
    InvitationStatus.ACCEPTED: (_l("Accepted"), "success"),
    InvitationStatus.REFUSED: (_l("Refused"), "warning"),
    InvitationStatus.WITHDRAWN: (_l("Withdrawn"), "neutral"),
    InvitationStatus.EXPIRED: (_l("Expired"), "neutral"),
    InvitationStatus.UNDONE: (_l("Undone"), "neutral"),
}
