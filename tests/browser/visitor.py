"""One person at a browser, who complains about everything that a person should never meet."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from babel.messages.pofile import read_po
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Response,
    expect,
)

from jobscore import paths
from tests.browser.live import Site

LOCALES = ("en", "ja")
#: How long a page may take to show what a visitor waits for: busy machines run these too.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
#: What the console may say: answers are judged by their status, the worker is left out.
_EXPECTED = ("Failed to load resource", "Service Worker registration blocked by Playwright")
_CATALOGUE = paths.TRANSLATIONS / "ja" / "LC_MESSAGES" / "messages.po"


@cache
def _japanese() -> dict[str, str]:
    """Read every message of the pages and its Japanese."""
    found = {}
    with _CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="ja"):
            one = message.id[0] if isinstance(message.id, tuple) else message.id
            text = message.string[0] if isinstance(message.string, tuple) else message.string
            found[str(one)] = str(text or one)
    return found


def words(locale: str, message: str, **values: object) -> str:
    """Return a message of the catalogue in a language, as pages show it.

    The message must be in the catalogue: a sentence that the pages no longer say fails here.
    """
    catalogue = _japanese()
    assert message in catalogue, f"no page says {message!r}"
    text = catalogue[message] if locale == "ja" else message
    return text % values if values else text


@dataclass
class Visitor:
    """A browser tab with its own cookies, and the words of its language."""

    page: Page
    site: Site
    locale: str
    complaints: list[str] = field(default_factory=list)
    #: Answers of 400 and more that the test provokes on purpose.
    expected_statuses: set[int] = field(default_factory=set)

    def say(self, message: str, **values: object) -> str:
        """Return a message in the visitor's language."""
        return words(self.locale, message, **values)

    def open(self, path: str) -> None:
        """Go to a page of the site."""
        self.page.goto(self.site.url + path if path.startswith("/") else path)

    @property
    def main(self) -> Locator:
        """What the page is about, without header and footer."""
        return self.page.get_by_role("main")

    @property
    def path(self) -> str:
        """The path of the page that is open."""
        return urlsplit(self.page.url).path

    def button(self, message: str, within: Any = None, **values: object) -> Locator:
        """Return the button with that message."""
        root = within or self.page
        found: Locator = root.get_by_role("button", name=self.say(message, **values), exact=True)
        return found

    def link(self, message: str, within: Any = None, **values: object) -> Locator:
        """Return the link with that message."""
        root = within or self.page
        found: Locator = root.get_by_role("link", name=self.say(message, **values), exact=True)
        return found

    def fill(self, message: str, text: str) -> None:
        """Write into the field whose label begins with that message."""
        label = re.compile("^" + re.escape(self.say(message)))
        self.main.get_by_label(label).first.fill(text)

    def heading(self, message: str, **values: object) -> Locator:
        """Return the heading with that message."""
        return self.page.get_by_role("heading", name=self.say(message, **values), exact=True)

    def sees(self, message: str, **values: object) -> Locator:
        """Return where the page says that message."""
        return self.page.get_by_text(self.say(message, **values), exact=False).first

    def is_as_wide_as_the_window(self) -> bool:
        """Tell whether the page fits without scrolling sideways."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        )

    def check(self) -> None:
        """Fail with everything that went wrong behind the pages so far."""
        assert self.complaints == []


@contextmanager
def visiting(
    browser: Browser,
    site: Site,
    locale: str,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: str = "light",
    javascript: bool = True,
    cookies: Any = None,
    worker: bool = False,
) -> Iterator[Visitor]:
    """Open a fresh browser profile; at the end, fail with what it complained about.

    :param worker: whether the site may install its service worker.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ja-JP" if locale == "ja" else "en-US",
        timezone_id="Asia/Tokyo",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        java_script_enabled=javascript,
        service_workers="allow" if worker else "block",
    )
    context.set_default_timeout(PATIENCE_MS)
    if cookies:
        context.add_cookies(cookies)
    try:
        visitor = Visitor(context.new_page(), site, locale)
        _listen(context, visitor)
        yield visitor
        visitor.check()
    except (AssertionError, Error) as error:
        seen = visitor.page.inner_text("body")[:1500]
        error.add_note(f"{visitor.page.url} {visitor.complaints}\n{seen}")
        raise
    finally:
        context.close()


def _listen(context: BrowserContext, visitor: Visitor) -> None:
    """Note errors in the console (policy violations are there too), bad answers, other hosts."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(e in message.text for e in _EXPECTED):
            visitor.complaints.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 400 and response.status not in visitor.expected_statuses:
            visitor.complaints.append(f"{response.status} {response.request.method} {response.url}")

    def on_request(request: Any) -> None:
        if not re.match(r"(data|blob|about):", request.url) and not request.url.startswith(
            visitor.site.url + "/"
        ):
            visitor.complaints.append(f"asked another host: {request.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: visitor.complaints.append(f"script: {error.error}"))
    context.on("response", on_response)
    context.on("request", on_request)
