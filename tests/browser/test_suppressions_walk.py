"""An admin asks about an address by keyboard alone, on a telephone, and takes it from the list."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import axe, furnish
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import PHONE, Visitor


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_an_address_is_looked_up_closed_and_opened_again(
    visit: Visit, site: Site, javascript: bool
) -> None:
    with visit(javascript=javascript, size=PHONE) as admin:
        sign_in(admin, furnish.ADMIN)
        admin.open("/admin/suppressions")
        _look_up(admin)
        expect(admin.main).to_contain_text(
            admin.say("The address is not on the list: letters may go there.")
        )
        _is_well(admin, javascript)
        _give_a_reason(admin, "Write there no more")
        expect(admin.heading("Addresses that are not written to")).to_be_visible()
        expect(admin.main).not_to_contain_text("somebody@example.com")
        _look_up(admin)
        expect(admin.main).to_contain_text(
            admin.say("The address is on the list: no letter goes there")
        )
        _is_well(admin, javascript)
        _give_a_reason(admin, "Take from the list")
        _look_up(admin)
        expect(admin.button("Write there no more", admin.main)).to_be_visible()


def _look_up(admin: Visitor) -> None:
    admin.main.get_by_label(admin.say("E-mail address")).focus()
    admin.page.keyboard.type("somebody@example.com")
    admin.page.keyboard.press("Enter")
    expect(_found(admin)).to_be_visible()
    assert "somebody" not in admin.page.url


def _give_a_reason(admin: Visitor, button: str) -> None:
    admin.main.get_by_label(admin.say("Reason"), exact=True).focus()
    admin.page.keyboard.type("Asked by telephone")
    admin.page.keyboard.press("Tab")
    expect(admin.button(button, admin.main)).to_be_focused()
    admin.page.keyboard.press("Enter")
    expect(_found(admin)).to_have_count(0)


def _is_well(admin: Visitor, javascript: bool) -> None:
    assert admin.is_as_wide_as_the_window()
    if javascript:
        assert axe.findings(admin.page) == []


def _found(admin: Visitor) -> Locator:
    """Return the heading over what is known of the address."""
    return admin.page.get_by_role("heading", name="somebody@example.com", exact=True)
