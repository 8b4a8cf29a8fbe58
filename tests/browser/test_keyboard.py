"""The keyboard alone: skip link, order of fields, the way to the main action, visible focus."""

from playwright.sync_api import Page, expect

from tests.browser import furnish
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.visitor import Visitor

#: What the focused element looks like: its outline, and whether it lies within the window.
_FOCUS = """() => {
  const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
  return {
    name: e.innerText || e.name || e.getAttribute('aria-label') || e.tagName,
    outline: s.outlineStyle !== 'none' ? parseFloat(s.outlineWidth) : 0,
    seen: b.width > 0 && b.height > 0 && b.bottom > 0 && b.right > 0 && b.top < innerHeight,
  };
}"""


def test_the_keyboard_alone_reaches_the_main_action(visit: Visit, site: Site) -> None:
    with visit() as admin:
        admin.open("/login")
        _skip_to_content(admin)
        keyboard = admin.page.keyboard
        _tab_to(admin.page, "email")
        keyboard.type(furnish.ADMIN)
        _tab_to(admin.page, "password")
        keyboard.type(furnish.password(site.folder))
        keyboard.press("Enter")
        admin.page.wait_for_url("**/admin")
        admin.open(f"/admin?lang={admin.locale}")
        _skip_to_content(admin)
        _tab_to(admin.page, admin.say("Run the day now"))


def _skip_to_content(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Tab")
    link = visitor.page.get_by_role("link", name=visitor.say("Skip to content"))
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    visitor.page.keyboard.press("Enter")
    expect(visitor.main).to_be_focused()


def _tab_to(page: Page, name: str, most: int = 12) -> None:
    """Press Tab until something called ``name`` has the focus; each stop on the way is visible."""
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        assert focus["outline"] >= 2, f"no visible focus: {focus}"
        assert focus["seen"], f"focus outside of the window: {focus}"
        stops.append(focus["name"].strip())
        if stops[-1] == name:
            return
    raise AssertionError(f"{name!r} is not among the first stops: {stops}")
