"""What the tables of a person's data are called, in which group they stand, how long they stay."""

from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore import config

GROUPS: Final = MappingProxyType(
    {
        "account": _l("Account"),
        "profile": _l("Profile"),
        "consents": _l("Consents"),
        "scores": _l("Scores and matches"),
        "answers": _l("What you answered"),
        "letters": _l("Letters"),
        "searches": _l("Saved searches"),
        "security": _l("Security"),
        "other": _l("Other"),
    }
)
#: Table -> (group, what it is called, page that shows the same in full or None).
TABLES: Final[MappingProxyType[str, tuple[str, Any, str | None]]] = MappingProxyType(
    {
        "users": ("account", _l("Your account"), "accounts.account"),
        "user_sessions": ("security", _l("Where you are signed in"), "accounts.account"),
        "feed_tokens": ("account", _l("Private feed"), None),
        "profiles": ("profile", _l("Your answers"), "accounts.profile"),
        "user_skills": ("profile", _l("Skills"), "accounts.profile"),
        "user_titles": ("profile", _l("Job titles"), "accounts.profile"),
        "home_points": ("profile", _l("Homes"), "accounts.profile"),
        "consents": ("consents", _l("What you agreed to"), "digests.mine"),
        "invitations": ("consents", _l("Invitations"), None),
        "person_fills": ("consents", _l("Answers that a file filled in"), None),
        "job_scores": ("scores", _l("Scores"), None),
        "score_history": ("scores", _l("Earlier scores"), None),
        "matching_results": ("scores", _l("Matches"), "matching.index"),
        "feedback": ("answers", _l("Hidden jobs and companies"), "matching.hidden"),
        "score_complaints": ("answers", _l("What you said is wrong"), None),
        "email_logs": ("letters", _l("E-mails"), "digests.mine"),
        "email_attempts": ("letters", _l("Tries to deliver these e-mails"), None),
        "digests": ("letters", _l("Letters with matches"), "digests.mine"),
        "digest_items": ("letters", _l("Jobs in these letters"), None),
        "email_returns": ("letters", _l("Letters that came back"), None),
        "alerts": ("letters", _l("Search alerts"), None),
        "letter_paces": ("letters", _l("Letters since your last visit"), "digests.mine"),
        "alert_items": ("letters", _l("Jobs in search alerts"), None),
        "saved_searches": ("searches", _l("Saved searches"), "searches.index"),
        "audit_log": ("security", _l("Security events"), None),
    }
)
#: (what, how long) of the overview.
RETENTION: Final = (
    (_l("Account, profile, answers, saved searches"), _l("until you erase them")),
    (
        _l("Lists of jobs that nobody opened, and scores that no list shows"),
        _l("90 days, when the operator prunes"),
    ),
    (_l("Letters"), _l("until you erase your account; then only that one was sent, and when")),
    (_l("The text of letters"), _l("90 days, when the operator prunes")),
    (_l("Sign-ins"), _l("until they end, by themselves after some days without use")),
    (_l("Consents"), _l("until you erase your account, also after you withdrew them")),
    (_l("Wrong passwords and sign-ups, as keyed hashes"), _l("one hour")),
    (
        _l("After erasing"),
        _l(
            "a keyed hash of your address, so that you are not written to again and stay erased "
            "when a backup is restored"
        ),
    ),
)
#: What an administrator looked at.
LOOKS: Final = MappingProxyType(
    {
        "letter": _l("A letter to you"),
        "score": _l("One of your scores and its explanation"),
        "complaint": _l("What you said is wrong about a score"),
        "preview": _l("A preview of your letter"),
        "export": _l("An export of your data"),
        "person": _l("A page about you"),
    }
)


def look(row: Any) -> dict[str, Any]:
    """Return one of `looking.looks_at` in words: when, who, and what was looked at."""
    who = gettext("An administrator") if row.actor_id else gettext("The operator, by command")
    if config.current().show_admin_names and row.full_name:
        who = row.full_name
    what = LOOKS.get(str(row.details.get("what")), LOOKS["person"])
    return {"at": row.created_at, "who": who, "what": what}
