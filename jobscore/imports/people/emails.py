"""The letter of invitation: who writes, what is kept, how it was obtained, and both ways out."""

from flask_babel import gettext

from jobscore import config
from jobscore.accounts.models import Consent, User
from jobscore.emails import rendering
from jobscore.emails.models import EmailType
from jobscore.emails.service import Draft
from jobscore.imports.people import answers, links
from jobscore.imports.people.models import Invitation
from jobscore.web.i18n import speaking
from jobscore.web.jinja import day

TEMPLATE = "invitation"


class NoOwnerError(LookupError):
    """The invitation is closed and its account erased: there is nobody to write to."""


def owner(invitation: Invitation) -> User:
    """Return whom an invitation is for.

    :raises NoOwnerError: when the account is erased.
    """
    if invitation.user is None:
        raise NoOwnerError(invitation.id)
    return invitation.user


def draft(invitation: Invitation, *, is_reminder: bool = False) -> Draft:
    """Return the letter for an open invitation, in the person's language."""
    user = owner(invitation)
    accept, refuse = links.accept_url(invitation), links.refuse_url(invitation)
    locale = user.profile.locale
    letter = compose(invitation, user, locale, accept, refuse, is_reminder=is_reminder)
    return Draft(
        email_type=EmailType.INVITATION,
        recipient=user.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        locale=locale,
        user_id=user.id,
        # leads to a page with a button: one click in a mail program must not erase anybody
        headers={"List-Unsubscribe": f"<{refuse}>"},
    )


def preview(invitation: Invitation, locale: str) -> rendering.Rendered:
    """Return the letter as it would be in ``locale``, with links that lead nowhere."""
    user = owner(invitation)
    stand_in = config.current().public_url + "/invitation/…"
    return compose(invitation, user, locale, stand_in, f"{stand_in}/delete", is_reminder=False)


def compose(
    invitation: Invitation,
    user: User,
    locale: str,
    accept_url: str,
    refuse_url: str,
    *,
    is_reminder: bool,
) -> rendering.Rendered:
    """Render the letter with these links."""
    settings = config.current()
    consent = answers.consent_of(user)
    with speaking(locale):
        kinds = gettext(", ").join(label for label, _ in answers.kept(user, locale))
        return rendering.render_here(
            TEMPLATE,
            locale,
            full_name=user.full_name,
            operator=settings.operator_name,
            is_reminder=is_reminder,
            kinds=kinds,
            basis=basis(consent, settings.operator_name),
            consent_text=consent.text if consent else "",
            accept_url=accept_url,
            refuse_url=refuse_url,
            until=day(invitation.expires_at, "long"),
            why=gettext("You get this letter because of the consent named in it."),
        )


def basis(consent: Consent | None, operator: str) -> str:
    """Return in one sentence when, how and to whom the person agreed."""
    if consent is None:
        return ""
    values = {"date": day(consent.given_at, "long"), "operator": operator}
    if consent.method and consent.text_version:
        return str(
            gettext(
                "On %(date)s you agreed to this (%(method)s, version %(version)s), "
                "as %(operator)s has on record:",
                method=consent.method,
                version=consent.text_version,
                **values,
            )
        )
    if consent.method:
        return str(
            gettext(
                "On %(date)s you agreed to this (%(method)s), as %(operator)s has on record:",
                method=consent.method,
                **values,
            )
        )
    return str(gettext("On %(date)s you agreed to this, as %(operator)s has on record:", **values))
