"""Roads that more than one walk takes: signing in, reading the newest letter."""

import re
from email.message import EmailMessage

from jobscore.web.i18n import NATIVE_NAMES
from tests.browser import furnish
from tests.browser.live import Site
from tests.browser.visitor import Visitor


def sign_in(visitor: Visitor, email: str) -> None:
    """Sign in by the page as one of the people of the site's folder."""
    visitor.open("/login")
    visitor.fill("E-mail address", email)
    visitor.fill("Password", furnish.password(visitor.site.folder))
    visitor.button("Sign in", visitor.main).click()
    visitor.page.wait_for_url(lambda url: "/login" not in url)
    if visitor.page.evaluate("document.documentElement.lang") != visitor.locale:
        # the profile speaks another language than this browser: the reader chooses
        visitor.page.get_by_role("button", name=NATIVE_NAMES[visitor.locale]).first.click()


def newest_letter(site: Site, address: str) -> EmailMessage:
    """Send what waits; return the newest letter that the mail server took for ``address``."""
    site.work()
    own = [m for m in site.mailbox.messages if address in str(m["To"])]
    assert own, f"no letter for {address}"
    return own[-1]


def text_of(letter: EmailMessage) -> str:
    """Return the text body."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letter: EmailMessage, path: str) -> str:
    """Return the link of the letter's text whose path begins with ``path``."""
    found = re.search(rf"http://127\.0\.0\.1:\d+{path}\S+", text_of(letter))
    assert found, text_of(letter)
    return found[0]
