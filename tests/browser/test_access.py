"""What axe cannot see: focus behind a bar, large and spaced text, forced colours, motion, print."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import furnish
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import PHONE, Visitor, visiting

PAGES = ("/", "/jobs", "/matches", "/me", "/me/mail", "/me/account", "/accessibility")
STOPS = 30
#: Whether some part of the focused element can be seen, and its ring.
_FOCUS = """() => {
  const e = document.activeElement, b = e.getBoundingClientRect(), s = getComputedStyle(e);
  const label = e.labels?.[0];
  const seen = [0.1, 0.5, 0.9].some((x) => [0.1, 0.5, 0.9].some((y) => {
    const hit = document.elementFromPoint(b.left + b.width * x, b.top + b.height * y);
    if (!hit || hit === document.body) return false;
    return e.contains(hit) || hit.contains(e) || label?.contains(hit);
  }));
  const ring = s.outlineStyle === 'none' ? 0 : parseFloat(s.outlineWidth);
  return { name: e.outerHTML.slice(0, 120), seen, ring };
}"""
#: Text that is cut off: it is wider or higher than the box that hides what does not fit.
_CUT = """() => [...document.querySelectorAll('body *')].filter((e) => {
  const s = getComputedStyle(e);
  if (!e.innerText || e.closest('.visually-hidden,[aria-hidden=true],select,thead')) return false;
  if (s.position === 'absolute' && s.clipPath !== 'none') return false;
  const hides = (v) => v === 'hidden' || v === 'clip';
  return (hides(s.overflowX) && e.scrollWidth > e.clientWidth + 1)
    || (hides(s.overflowY) && e.scrollHeight > e.clientHeight + 1);
}).map((e) => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def seeker(browser: Browser, furnished: Site, locale: str) -> Iterator[Visitor]:
    with visiting(browser, furnished, locale) as visitor:
        sign_in(visitor, furnish.SEEKERS[locale])
        yield visitor


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def test_the_focus_is_never_hidden_behind_the_bar_of_a_phone(seeker: Visitor) -> None:
    _resize(seeker.page, PHONE)
    for path in ("/matches", "/me"):
        seeker.open(path)
        for _ in range(STOPS):
            seeker.page.keyboard.press("Tab")
            focus = seeker.page.evaluate(_FOCUS)
            assert focus["seen"], f"{path}: {focus}"
            assert focus["ring"] >= 2, f"{path}: {focus}"


def test_a_low_window_has_no_bar_over_the_page(seeker: Visitor) -> None:
    _resize(seeker.page, (640, 360))
    seeker.open("/matches")
    nav = seeker.page.locator("nav.nav")
    assert nav.evaluate("e => getComputedStyle(e).position") == "static"
    _resize(seeker.page, PHONE)
    assert nav.evaluate("e => getComputedStyle(e).position") == "fixed"


def test_text_of_twice_the_size_is_whole(seeker: Visitor) -> None:
    for path in PAGES:
        seeker.open(path)
        seeker.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert seeker.page.evaluate(_CUT) == [], path
        assert seeker.is_as_wide_as_the_window(), path


def test_text_with_wide_spacing_is_whole(seeker: Visitor) -> None:
    spacing = "line-height:1.5;letter-spacing:.12em;word-spacing:.16em"
    for size in (PHONE, (1280, 900)):
        _resize(seeker.page, size)
        for path in PAGES:
            seeker.open(path)
            seeker.page.evaluate(
                """words => {
                  for (const e of document.querySelectorAll('body *')) {
                    e.style.cssText += words;
                    if (e.matches('p')) e.style.marginBlockEnd = '2em';
                  }
                }""",
                spacing,
            )
            assert seeker.page.evaluate(_CUT) == [], path
            assert seeker.is_as_wide_as_the_window(), path


def test_nothing_moves_for_those_who_asked_for_less_motion(seeker: Visitor) -> None:
    seeker.open("/matches")
    seeker.page.evaluate("document.documentElement.setAttribute('data-loading', '')")
    seeker.page.locator(".button").first.hover()
    assert seeker.page.evaluate("document.getAnimations().length") == 0
    seeker.page.emulate_media(reduced_motion="no-preference")
    seeker.page.evaluate("document.documentElement.removeAttribute('data-loading')")
    seeker.page.evaluate("document.documentElement.setAttribute('data-loading', '')")
    assert seeker.page.evaluate("document.getAnimations().length") > 0  # the bar, else


def test_forced_colours_leave_buttons_and_the_current_page_marked(seeker: Visitor) -> None:
    seeker.page.emulate_media(forced_colors="active")
    seeker.open("/matches")
    borders = seeker.page.evaluate(
        """() => [...document.querySelectorAll('.button, .nav__link[aria-current]')].map(e => {
            const s = getComputedStyle(e);
            const width = parseFloat(s.borderTopWidth) + parseFloat(s.borderBottomWidth);
            return [width, s.borderBottomColor, getComputedStyle(e.parentElement).backgroundColor];
        })"""
    )
    assert borders
    for width, colour, background in borders:
        assert width >= 1
        assert colour != background
        assert colour != "rgba(0, 0, 0, 0)"


def test_paper_is_white_and_carries_neither_navigation_nor_buttons(seeker: Visitor) -> None:
    seeker.page.emulate_media(media="print", color_scheme="dark")
    for path in PAGES:
        seeker.open(path)
        seen = seeker.page.evaluate(
            """() => ({
              paper: getComputedStyle(document.body).backgroundColor,
              ink: getComputedStyle(document.querySelector('h1')).color,
              left: [...document.querySelectorAll('header, nav, footer, .button, form.post-button')]
                .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 100)),
            })"""
        )
        assert seen == {"paper": "rgb(255, 255, 255)", "ink": "rgb(0, 0, 0)", "left": []}, path
