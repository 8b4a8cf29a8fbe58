"""The admin looks at the database: all is well, then a hand has been in the tables."""

import pytest
from playwright.sync_api import expect

from jobscore.extensions import db
from tests.browser import furnish
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import NARROW, PHONE


def drop_an_index() -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX idx_jobs_open")


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_an_admin_sees_what_differs_and_takes_the_command_along(
    visit: Visit, site: Site, javascript: bool
) -> None:
    with visit(javascript=javascript) as admin:
        sign_in(admin, furnish.ADMIN)
        admin.open("/admin")
        admin.link("Data").first.click()
        admin.link("Database").first.click()
        expect(admin.page.get_by_role("heading", level=1)).to_have_text(admin.say("Database"))
        expect(admin.sees("The database equals the models.")).to_be_visible()
        site.inside(drop_an_index)
        admin.page.reload()
        expect(
            admin.sees(
                "Index %(name)s %(expected)s on %(table)s is missing.",
                name="idx_jobs_open",
                expected="(is_active, expires_at, posted_date)",
                table="jobs",
            )
        ).to_be_visible()
        problem = admin.page.locator("#problems .command")
        expect(problem).to_contain_text("flask db migrate")
        copy = problem.get_by_role("button")
        if javascript:
            admin.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            copy.click()
            expect(copy).to_have_text(admin.say("Copied"))
            taken = admin.page.evaluate("navigator.clipboard.readText()")
            assert taken == problem.locator("code").inner_text()
        else:
            expect(copy).to_have_count(0)
        for width, height in (PHONE, NARROW):
            admin.page.set_viewport_size({"width": width, "height": height})
            assert admin.is_as_wide_as_the_window()
