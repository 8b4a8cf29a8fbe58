"""A seeker saves a search, asks for letters, looks at all that is kept, and has it erased."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.test_seeker_walk import PASSWORD, PEOPLE, register
from tests.browser.visitor import PHONE, Visitor


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_a_seeker_walks_from_a_saved_search_to_nothing_being_kept(
    visit: Visit, site: Site, locale: str, javascript: bool
) -> None:
    person = PEOPLE[locale]
    with visit(javascript=javascript, size=PHONE) as seeker:
        register(seeker, person)
        _save_a_search(seeker)
        _switch_the_alert_on(seeker)
        _remove_and_put_back(seeker)
        _look_at_what_is_kept(seeker)
        _be_erased(seeker, person.email)


def _save_a_search(seeker: Visitor) -> None:
    seeker.open("/jobs?remote=any")
    seeker.main.get_by_text(seeker.say("Save this search"), exact=True).click()
    seeker.main.locator("#save-search-name").fill("<b>いつもの検索</b>")
    seeker.main.locator(".save-search").get_by_role("button").click()
    seeker.page.wait_for_url("**/me/searches#search-*")
    link = seeker.main.get_by_role("link", name="<b>いつもの検索</b>", exact=True)
    expect(link).to_have_attribute("href", "/jobs?remote=any")


def _switch_the_alert_on(seeker: Visitor) -> None:
    seeker.main.get_by_text(seeker.say("Name and alert"), exact=True).click()
    seeker.main.get_by_label(seeker.say("Alert by e-mail")).select_option("daily")
    seeker.button("Save", seeker.main).click()
    expect(seeker.sees("Alert every morning")).to_be_visible()
    seeker.link("Preview of the next letter", seeker.main).click()
    expect(seeker.heading("Preview of the next letter")).to_be_visible()
    assert seeker.is_as_wide_as_the_window()


def _remove_and_put_back(seeker: Visitor) -> None:
    seeker.open("/me/searches")
    seeker.main.get_by_text(seeker.say("Name and alert"), exact=True).click()
    seeker.button("Remove this search", seeker.main).click()
    expect(seeker.heading("No saved search yet")).to_be_visible()
    seeker.button("Put back", seeker.main).click()
    expect(seeker.heading("No saved search yet")).to_have_count(0)


def _look_at_what_is_kept(seeker: Visitor) -> None:
    seeker.open("/me/account")
    seeker.link("My data", seeker.main).click()
    expect(seeker.heading("Who looked at my data")).to_be_visible()
    assert seeker.is_as_wide_as_the_window()
    with seeker.page.expect_download() as download:
        seeker.button("Download everything (ZIP)", seeker.main).click()
    assert download.value.suggested_filename.startswith("my-data-")
    seeker.button("Do not use what I look at", seeker.main).click()
    expect(seeker.button("Let what I look at count", seeker.main)).to_be_visible()


def _be_erased(seeker: Visitor, email: str) -> None:
    seeker.main.get_by_role("link", name=seeker.say("Erase everything about me …")).click()
    seeker.expected_statuses.add(422)
    seeker.fill("Type your e-mail address to confirm", "somebody@example.com")
    seeker.fill("Password", PASSWORD)
    seeker.button("Erase everything now", seeker.main).click()
    expect(seeker.sees("This is not the address of your account.")).to_be_visible()
    seeker.fill("Type your e-mail address to confirm", email)
    seeker.fill("Password", PASSWORD)
    seeker.button("Erase everything now", seeker.main).click()
    expect(seeker.heading("Everything is erased")).to_be_visible()
    seeker.open("/me/data")
    assert seeker.path == "/login"
