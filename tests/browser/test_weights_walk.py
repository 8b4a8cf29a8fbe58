"""My weights and “this is wrong”, as people use them: live, and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.test_seeker_walk import PEOPLE, answer_three_steps, register
from tests.browser.visitor import PHONE, Visitor


@pytest.mark.parametrize(
    ("locale", "javascript"), [("en", True), ("ja", False)], ids=["live", "without scripts"]
)
def test_a_seeker_weighs_the_parts_and_says_what_is_wrong(
    visit: Visit, site: Site, locale: str, javascript: bool
) -> None:
    with visit(javascript=javascript, size=PHONE) as seeker:
        register(seeker, PEOPLE[locale])
        answer_three_steps(seeker, PEOPLE[locale])
        _weigh(seeker, javascript)
        _say_what_is_wrong(seeker)


def _weigh(seeker: Visitor, javascript: bool) -> None:
    seeker.open("/me/weights")
    expect(seeker.sees("These weights count for you now.")).to_be_visible()
    number = seeker.page.locator("#weight-salary")
    slider = seeker.page.locator("input[type=range][data-for=weight-salary]")
    keep = seeker.button("Keep these weights")
    if javascript:
        slider.focus()
        seeker.page.keyboard.press("End")
        expect(number).to_have_value(slider.get_attribute("max") or "")
        expect(seeker.button("Try these weights")).to_be_hidden()
    else:
        expect(slider).to_be_hidden()
        number.fill("50")
        seeker.button("Try these weights").click()
    expect(keep).to_be_visible()
    expect(seeker.main.locator(".top__item")).to_have_count(10)
    assert seeker.is_as_wide_as_the_window()
    keep.click()
    expect(seeker.sees("Your weights are kept.")).to_be_visible()
    seeker.button("Use the weights of the rules").click()
    expect(seeker.sees("These weights count for you now.")).to_be_visible()


def _say_what_is_wrong(seeker: Visitor) -> None:
    seeker.open("/matches")
    seeker.link("Why this job?").first.click()
    mark = seeker.main.locator("mark[id] a").first
    expect(mark).to_be_visible()
    mark.click()
    assert "#because-" in seeker.page.url
    assert seeker.is_as_wide_as_the_window()
    seeker.link("This is wrong").click()
    seeker.fill("In your own words", "I do not live there.")
    seeker.button("Send").click()
    expect(seeker.sees("Waits for an answer")).to_be_visible()
    expect(seeker.main.get_by_text("I do not live there.")).to_be_visible()
