"""A reader's road around one posting: to its company, to a report, without and with scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE


@pytest.mark.parametrize("locale", ["ja"])
@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_a_reader_looks_at_a_company_and_reports_a_posting(
    visit: Visit, locale: str, javascript: bool
) -> None:
    with visit(javascript=javascript, size=PHONE) as reader:
        reader.open("/jobs")
        reader.main.locator(".job-card__title a").first.click()
        reader.page.wait_for_url(re.compile(r"/jobs/\d+$"))
        posting = reader.path
        reader.main.locator(".page-header__lead a").click()
        reader.page.wait_for_url(re.compile("/companies/"))
        expect(reader.main.locator(f'.job-card__title a[href="{posting}"]')).to_be_visible()
        reader.page.go_back()
        reader.link("Something is wrong with this posting", reader.main).click()
        reader.main.get_by_label(reader.say("The job is taken already")).check()
        reader.button("Send the report", reader.main).click()
        expect(reader.heading("Thank you for your report")).to_be_visible()
        reader.check()
