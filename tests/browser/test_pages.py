"""Every page, both languages, light and dark, wide and narrow: WCAG 2.2 AA has no complaint."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from jobscore.web.access import Access
from tests.browser import axe, furnish, pages
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import DESKTOP, NARROW, PHONE, Visitor, visiting


@pytest.fixture(scope="session")
def cookies(browser: Browser, furnished: Site) -> dict[str, Any]:
    """The cookies of a seeker of each language and of the admin, each signed in by the page."""
    found = {}
    for name, email in {**furnish.SEEKERS, "admin": furnish.ADMIN}.items():
        with visiting(browser, furnished, "en") as visitor:
            sign_in(visitor, email)
            found[name] = visitor.page.context.cookies()
    return found


@pytest.fixture
def reader(
    browser: Browser, furnished: Site, cookies: dict[str, Any], access: Access, locale: str
) -> Iterator[Visitor]:
    """Somebody who may open the pages of ``access``."""
    name = {Access.PUBLIC: "", Access.SIGNED_IN: locale, Access.ADMIN: "admin"}[access]
    language = {"name": "locale", "value": locale, "url": furnished.url}
    own = [c for c in cookies.get(name, []) if c["name"] != "locale"]
    with visiting(browser, furnished, locale, cookies=[*own, language]) as visitor:
        yield visitor


@pytest.mark.parametrize("access", list(Access), ids=str)
def test_axe_finds_nothing_on_any_page(
    reader: Visitor, furnished: Site, access: Access, locale: str
) -> None:
    found: list[str] = []
    for address in pages.addresses(furnished.app, furnish.SEEKERS[locale]):
        if address.access is access:
            found += [f"{address.path} {finding}" for finding in _findings(reader, address.path)]
    assert found == []


def _findings(reader: Visitor, path: str) -> Iterator[str]:
    """Look at one page in both schemes and at three widths."""
    page = reader.page
    reader.open(path)
    if page.evaluate("document.documentElement.lang") != reader.locale:
        yield f"is not in {reader.locale}"
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
            again = scheme == "dark"
            found = axe.findings(page, colours_only=again)
            yield from (f"({size[0]}, {scheme}): {finding}" for finding in found)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    if not reader.is_as_wide_as_the_window():
        yield f"scrolls sideways at {NARROW[0]} px: {_too_wide(page)}"
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


def _too_wide(page: Any) -> Any:
    return page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(
            e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
        ).slice(0, 4).map(e => e.outerHTML.slice(0, 120))"""
    )


def test_axe_reports_what_is_wrong(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en") as visitor:
        visitor.open("/")
        visitor.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<main><input><img src=\"data:,\"></main>')"
        )
        rules = {finding.partition(":")[0] for finding in axe.findings(visitor.page)}
        visitor.complaints.clear()
    assert {"label", "image-alt", "landmark-no-duplicate-main"} <= rules
