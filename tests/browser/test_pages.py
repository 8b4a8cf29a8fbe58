"""Every page, both languages, light and dark, wide and narrow: WCAG 2.2 AA has no complaint.

Each page is looked at four times, so that every pair of language, scheme and width occurs; the file
is cut into parts of equal size, so that all processes have something to do.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from jobscore.web.access import Access
from tests.browser import axe, furnish, pages
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import DESKTOP, LOCALES, NARROW, PHONE, Visitor, visiting

PARTS = 6
#: What each language is looked at in; every pair of language, scheme and size occurs.
VIEWS = {
    "en": (("light", DESKTOP), ("dark", PHONE)),
    "ja": (("dark", DESKTOP), ("light", PHONE)),
}


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
def readers(
    browser: Browser, furnished: Site, cookies: dict[str, Any], locale: str
) -> Iterator[dict[Access, Visitor]]:
    """Somebody for each kind of page who may open it."""
    names = {Access.PUBLIC: "", Access.SIGNED_IN: locale, Access.ADMIN: "admin"}
    language = {"name": "locale", "value": locale, "url": furnished.url}
    with ExitStack() as stack:
        yield {
            access: stack.enter_context(
                visiting(
                    browser,
                    furnished,
                    locale,
                    cookies=[
                        *(c for c in cookies.get(name, []) if c["name"] != "locale"),
                        language,
                    ],
                )
            )
            for access, name in names.items()
        }


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(
    readers: dict[Access, Visitor], furnished: Site, locale: str, part: int
) -> None:
    found: list[str] = []
    for address in pages.addresses(furnished.app, furnish.SEEKERS[locale])[part::PARTS]:
        reader = readers[address.access]
        found += [f"{address.path} {finding}" for finding in _findings(reader, address.path)]
    assert found == []


def _findings(reader: Visitor, path: str) -> Iterator[str]:
    """Look at one page in the views of its language, and at the narrowest width."""
    page = reader.page
    reader.open(path)
    if page.evaluate("document.documentElement.lang") != reader.locale:
        yield f"is not in {reader.locale}"
    for scheme, size in VIEWS[reader.locale]:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
        page.set_viewport_size({"width": size[0], "height": size[1]})
        yield from (f"({size[0]}, {scheme}): {finding}" for finding in axe.findings(page))
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


def test_every_pair_of_language_scheme_and_width_is_looked_at() -> None:
    assert set(VIEWS) == set(LOCALES)
    seen = {(locale, *view) for locale, views in VIEWS.items() for view in views}
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len({(view[one], view[other]) for view in seen}) == 4


def test_axe_reports_what_is_wrong(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en") as visitor:
        visitor.open("/")
        assert axe.findings(visitor.page, with_style_sheets=True) == []
        visitor.page.evaluate(
            """() => {
              const small = '<button class="x">.</button>'.repeat(3);
              document.body.insertAdjacentHTML('beforeend',
                `<main><input><img src="data:,">${small}<p class="y">pale</p></main>`);
              for (const e of document.querySelectorAll('.x'))
                Object.assign(e.style, { width: '10px', height: '10px', padding: 0, border: 0 });
              document.querySelector('.y').style.color = '#eee';
            }"""
        )
        rules = {finding.partition(":")[0] for finding in axe.findings(visitor.page)}
        visitor.complaints.clear()
    assert {
        "color-contrast",
        "image-alt",
        "label",
        "landmark-no-duplicate-main",
        "target-size",
    } <= rules
