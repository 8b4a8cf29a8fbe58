"""The seeker's road: from registering to forty explained matches, a letter, and no more letters."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from jobscore import clock
from jobscore.digests import service as digests
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.roads import link_in, newest_letter
from tests.browser.visitor import PHONE, Visitor


@dataclass(frozen=True)
class Person:
    """What somebody answers in the three steps."""

    name: str
    email: str
    home: str
    work: str
    pay: str
    skill: str


PEOPLE = {
    "ja": Person("山田 花子", "hanako@example.jp", "石川県金沢市", "調理補助", "1200", "調理"),
    "en": Person("Hana Young", "hana@example.com", "Atlanta, GA", "Data Analyst", "90000", "SQL"),
}
PASSWORD = "a quiet river bends twice"


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_a_seeker_walks_from_registering_to_unsubscribing(
    visit: Visit, site: Site, locale: str, javascript: bool
) -> None:
    person = PEOPLE[locale]
    with visit(javascript=javascript, size=PHONE) as seeker:
        register(seeker, person)
        answer_three_steps(seeker, person)
        _look_at_the_matches(seeker)
        _read_the_explanation(seeker)
        _save_hide_and_undo(seeker)
        _say_why_compare_and_note_an_application(seeker)
        _read_the_letter_and_end_the_letters(seeker, person)
        _have_them_again_by_the_mailbox(seeker, person)


@pytest.mark.parametrize("locale", ["ja"])
@pytest.mark.parametrize("backend", ["postgresql"])
def test_the_road_is_the_same_on_postgresql(visit: Visit, site: Site, locale: str) -> None:
    with visit() as seeker:
        register(seeker, PEOPLE[locale])
        answer_three_steps(seeker, PEOPLE[locale])
        _look_at_the_matches(seeker)
        _read_the_explanation(seeker)


def register(seeker: Visitor, person: Person) -> None:
    """Sign up by the page and confirm the address; the first of the three steps is open then."""
    seeker.open("/")
    seeker.link("Sign up", seeker.main).first.click()
    seeker.fill("Name", person.name)
    seeker.fill("E-mail address", person.email)
    seeker.fill("Password", PASSWORD)
    seeker.button("Sign up", seeker.main).click()
    seeker.page.wait_for_url("**/register/sent")
    letter = newest_letter(seeker.site, person.email)
    assert letter["Content-Language"] == seeker.locale
    seeker.open(link_in(letter, "/verify/"))
    seeker.button("Yes, confirm").click()
    seeker.page.wait_for_url("**/me/start")


def answer_three_steps(seeker: Visitor, person: Person) -> None:
    page = seeker.page
    seeker.fill("Where you live", person.home)
    seeker.button("Save and go on").click()
    page.wait_for_url("**/me/start/work")
    seeker.fill("Work that you want", person.work)
    seeker.button("Save and go on").click()
    page.wait_for_url("**/me/start/pay")
    seeker.fill("I want to earn at least", person.pay)
    page.get_by_label(seeker.say("Skill %(n)s", n=1), exact=True).fill(person.skill)
    seeker.button("Save and go on").click()
    page.wait_for_url("**/me/start/done")
    seeker.main.get_by_role("checkbox").first.check()
    seeker.main.get_by_role("button").last.click()
    seeker.site.work()
    page.wait_for_url("**/matches")


def _cards(seeker: Visitor) -> Locator:
    return seeker.main.get_by_role("article")


def _look_at_the_matches(seeker: Visitor) -> None:
    expect(seeker.heading("My matches")).to_be_visible()
    cards = _cards(seeker)
    expect(cards).to_have_count(40)
    # each with a score in words and a reason
    first = cards.first
    expect(first.get_by_role("link", name=seeker.say("Why this job?"))).to_be_visible()


def _read_the_explanation(seeker: Visitor) -> None:
    seeker.link("Why this job?", _cards(seeker).first).click()
    expect(seeker.heading("How the score adds up")).to_be_visible()
    table = seeker.main.get_by_role("table").first
    pattern = seeker.say("%(points)s of %(most)s", points="(?P<points>\\d+)", most="(?P<most>\\d+)")
    shares = [
        int(found["points"])
        for row in table.get_by_role("row").all()
        if (found := re.search(pattern, row.inner_text()))
    ]
    total = table.get_by_role("row").last.locator("strong").inner_text()
    assert len(shares) >= 2
    assert sum(shares) == int(total)
    seeker.page.go_back()


def _save_hide_and_undo(seeker: Visitor) -> None:
    first = _cards(seeker).first
    title = first.get_by_role("heading").get_by_role("link").inner_text()
    seeker.button("Save", first).click()
    expect(seeker.button("Saved", _cards(seeker).first)).to_be_visible()
    seeker.button("Hide", _cards(seeker).first).click()
    hidden = seeker.main.get_by_text(seeker.say("Hidden: %(title)s", title=title))
    expect(hidden).to_be_visible()
    seeker.button("Undo").first.click()
    expect(hidden).to_have_count(0)
    expect(_cards(seeker)).to_have_count(40)


def _say_why_compare_and_note_an_application(seeker: Visitor) -> None:
    seeker.button("Hide", _cards(seeker).last).click()
    seeker.button("Too far").click()
    expect(seeker.main.get_by_text(seeker.say("Too far"))).to_be_visible()
    for n in (0, 1):
        _cards(seeker).nth(n).get_by_role("checkbox").check()
    seeker.button("Compare chosen").click()
    expect(seeker.heading("Compare jobs")).to_be_visible()
    assert seeker.is_as_wide_as_the_window()
    assert seeker.main.get_by_role("columnheader").count() == 3
    seeker.open("/matches")
    seeker.button("I applied", _cards(seeker).first).click()
    expect(seeker.button("Undo: I did not apply", _cards(seeker).first)).to_be_visible()
    seeker.open("/me/applied")
    seeker.link("Edit", seeker.main).click()
    seeker.fill("Next step on", str(clock.today("Asia/Tokyo")))
    seeker.fill("Notes", "10:00")
    seeker.button("Save", seeker.main).click()
    expect(seeker.sees("Next step: today")).to_be_visible()
    expect(seeker.main.get_by_text("10:00")).to_be_visible()
    expect(seeker.link("To my calendar")).to_be_visible()
    seeker.open("/me/hidden")
    seeker.button("Undo", seeker.main).first.click()
    expect(seeker.sees("Nothing hidden")).to_be_visible()


def _read_the_letter_and_end_the_letters(seeker: Visitor, person: Person) -> None:
    today = clock.today("Asia/Tokyo")
    seeker.site.inside(lambda: digests.build_digests(today))
    letter = newest_letter(seeker.site, person.email)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    seeker.link("My mail").first.click()
    expect(seeker.main.get_by_text(str(letter["Subject"])).first).to_be_visible()
    seeker.open(link_in(letter, "/u/"))
    # opening the link changes nothing; the button does
    sent_before = len(seeker.site.mailbox.messages)
    seeker.button("End the letters").click()
    expect(seeker.heading("The letters have ended")).to_be_visible()
    seeker.site.inside(lambda: digests.build_digests(today))
    seeker.site.work()
    assert len(seeker.site.mailbox.messages) == sent_before
    seeker.open("/me/mail")
    ended = "You get no letters with jobs. Your matches are here on the site all the same."
    expect(seeker.sees(ended)).to_be_visible()


def _have_them_again_by_the_mailbox(seeker: Visitor, person: Person) -> None:
    seeker.main.get_by_label(seeker.say("Once a week"), exact=True).check()
    seeker.button("Save letters").click()
    expect(seeker.sees("Waits for your yes")).to_be_visible()
    seeker.open(link_in(newest_letter(seeker.site, person.email), "/letters/confirm/"))
    seeker.button("Yes, send them to me").click()
    expect(seeker.heading("The letters are on")).to_be_visible()
    seeker.link("All about my letters").click()
    expect(seeker.sees("A letter comes when there are new matches for you.")).to_be_visible()
    seeker.main.get_by_role("button", name="14").click()
    expect(seeker.sees("No letter comes before the pause is over.")).to_be_visible()
    seeker.button("End the pause").click()
    expect(seeker.sees("The pause has ended.")).to_be_visible()
