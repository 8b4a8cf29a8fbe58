"""Single keys: they do what the list says, never while somebody types, and can be switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import furnish
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import Visitor, visiting


@pytest.fixture
def guest(browser: Browser, furnished: Site, locale: str) -> Iterator[Visitor]:
    with visiting(browser, furnished, locale) as visitor:
        yield visitor


@pytest.fixture
def seeker(browser: Browser, furnished: Site) -> Iterator[Visitor]:
    with visiting(browser, furnished, "en") as visitor:
        sign_in(visitor, furnish.SEEKERS["en"])
        yield visitor


def test_keys_move_through_the_list_and_open_a_job(guest: Visitor) -> None:
    guest.open("/jobs")
    titles = guest.page.locator(".job-card__title a")
    press = guest.page.keyboard.press
    press("j")
    expect(titles.nth(0)).to_be_focused()
    press("j")
    expect(titles.nth(1)).to_be_focused()
    press("k")
    press("k")
    expect(titles.nth(0)).to_be_focused()
    address = titles.nth(0).get_attribute("href")
    press("o")
    guest.page.wait_for_url(f"**{address}")
    press("g")
    press("j")
    guest.page.wait_for_url("**/jobs")


def test_the_slash_leads_to_the_search_box_and_keys_are_text_there(guest: Visitor) -> None:
    guest.open("/jobs")
    guest.page.keyboard.press("/")
    box = guest.main.locator("input[type=search]").first
    expect(box).to_be_focused()
    guest.page.keyboard.type("j?gm/")
    expect(box).to_have_value("j?gm/")
    expect(guest.page.get_by_role("dialog")).to_have_count(0)


def test_keys_are_not_heard_while_an_input_method_composes(guest: Visitor) -> None:
    guest.open("/jobs")
    guest.page.evaluate(
        """() => document.dispatchEvent(
            new KeyboardEvent('keydown', { key: 'j', isComposing: true, bubbles: true }))"""
    )
    guest.page.keyboard.press("Control+j")
    expect(guest.page.locator(".job-card a:focus")).to_have_count(0)


def test_the_list_opens_as_a_sheet_and_switches_the_keys_off(guest: Visitor) -> None:
    guest.open("/jobs")
    guest.page.keyboard.press("?")
    sheet = guest.page.get_by_role("dialog", name=guest.say("Single keys"))
    expect(sheet).to_be_visible()
    guest.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    guest.page.keyboard.press("?")
    sheet.get_by_role("checkbox").uncheck()
    expect(sheet.get_by_role("status")).to_have_text(
        guest.say("Single keys are off in this browser.")
    )
    guest.button("Close", sheet).click()
    guest.page.keyboard.press("j")
    expect(guest.page.locator(".job-card a:focus")).to_have_count(0)
    guest.link("Keyboard shortcuts").click()  # the way back needs no key
    guest.page.get_by_role("checkbox").check()
    guest.open("/jobs")
    guest.page.keyboard.press("j")
    expect(guest.page.locator(".job-card a:focus")).to_have_count(1)


def test_a_key_saves_the_job_and_takes_it_back(seeker: Visitor) -> None:
    seeker.open("/matches")
    pressed = seeker.page.locator(".job-card").first.locator("button[aria-pressed]").first
    expect(pressed).to_have_attribute("aria-pressed", "false")
    seeker.page.keyboard.press("j")
    for after in ("true", "false"):
        seeker.page.keyboard.press("s")
        expect(pressed).to_have_attribute("aria-pressed", after)
    seeker.page.wait_for_load_state("load")
    seeker.page.keyboard.press("g")
    seeker.page.keyboard.press("p")
    seeker.page.wait_for_url("**/me")


def test_without_scripts_the_list_is_a_page_that_says_so(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en", javascript=False) as visitor:
        visitor.open("/shortcuts")
        expect(
            visitor.sees("Your browser runs no scripts here, so these keys are off.")
        ).to_be_visible()
        expect(visitor.page.get_by_role("checkbox")).to_have_count(0)
