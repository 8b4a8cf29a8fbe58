"""The admin's road: a file becomes jobs, matches, and letters that one can read."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from jobscore import clock
from jobscore.demo import sample
from jobscore.demo.people import people
from jobscore.demo.seeding import add_people
from jobscore.digests import service as digests
from tests.browser import furnish
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import Visitor

ROWS = 260


@pytest.fixture
def upload(tmp_path: Path, locale: str) -> Path:
    """A file of new postings, some rows broken, in the language of the walk."""
    day: date = clock.today("Asia/Tokyo")
    # another seed than the jobs that are there already
    name = "求人一覧.csv" if locale == "ja" else "jobs of today.csv"
    sample.write_jobs_csv(tmp_path / name, ROWS, 7, day, "ja" if locale == "ja" else "en")
    return tmp_path / name


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_an_admin_walks_from_the_file_to_the_letters(
    visit: Visit, site: Site, upload: Path, javascript: bool
) -> None:
    site.inside(lambda: add_people(people(3, 1), furnish.password(site.folder)))
    with visit(javascript=javascript) as admin:
        sign_in(admin, furnish.ADMIN)
        _send_the_file(admin, upload)
        _watch_the_import(admin, javascript)
        _fetch_the_rejected_rows(admin)
        _run_the_matching(admin, javascript)
        _read_a_letter(admin, javascript)


def _send_the_file(admin: Visitor, upload: Path) -> None:
    admin.link("Imports").first.click()
    admin.link("Upload a file").first.click()
    admin.page.locator("input[type=file]").set_input_files(upload)
    admin.button("Upload").click()
    expect(admin.heading("Is the file read correctly?")).to_be_visible()
    admin.button("Yes, go on to the columns").click()
    # the columns are guessed, the first jobs are shown as they would be
    expect(admin.heading("Which column is what?")).to_be_visible()
    expect(admin.sees("The first rows, as they would be imported")).to_be_visible()
    admin.button("Check the whole file").click()
    start = admin.button("Start the import")
    admin.site.work()
    admin.page.reload()
    expect(start).to_be_visible()
    start.click()


def _watch_the_import(admin: Visitor, javascript: bool) -> None:
    page = admin.page
    done = admin.link("Download the rejected rows")
    expect(done).to_have_count(0)
    if not javascript:
        admin.site.work()
        page.reload()
        expect(done).to_be_visible()
        return
    page.evaluate("() => { window.isSameDocument = true; }")
    admin.site.start_worker()
    expect(done).to_be_visible(timeout=30_000)
    assert page.evaluate("() => window.isSameDocument"), "the page changed by itself, no reload"


def _fetch_the_rejected_rows(admin: Visitor) -> None:
    with admin.page.expect_download() as coming:
        admin.link("Download the rejected rows").click()
    content = Path(coming.value.path()).read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    rejected = rows[1:]
    assert 1 <= len(rejected) < ROWS // 20
    assert all(row[-1] for row in rejected), "every rejected row says why"


def _run_the_matching(admin: Visitor, javascript: bool) -> None:
    admin.link("Matching").first.click()  # its first page is that of the runs
    admin.button("Score and match now").first.click()
    if not javascript:
        admin.site.work()
        admin.page.reload()
    done = admin.main.get_by_text(admin.say("Done"), exact=True).first
    expect(done).to_be_visible(timeout=60_000)
    expect(admin.main).to_contain_text(admin.say("%(done)s of %(total)s", done=4, total=4))


def _read_a_letter(admin: Visitor, javascript: bool) -> None:
    today = clock.today("Asia/Tokyo")
    admin.site.inside(lambda: digests.build_digests(today))
    admin.site.work()
    admin.open("/admin")
    admin.link("Mailing").first.click()  # its first page is the log
    letters = admin.main.get_by_role("row").filter(has_text="seeker")
    expect(letters).to_have_count(3)
    letters.filter(has_text=furnish.SEEKERS[admin.locale]).get_by_role("link").first.click()
    expect(admin.main.get_by_text(admin.say("Sent"), exact=True).first).to_be_visible()
    text = admin.main.locator("pre")
    expect(text).to_contain_text(re.compile(r"http://127\.0\.0\.1:\d+/"))
    frame = admin.page.frame_locator("iframe")
    jobs = admin.main.get_by_role("table", name=admin.say("Jobs in this letter"))
    title = jobs.get_by_role("rowheader").first.inner_text()
    expect(frame.get_by_text(title, exact=False).first).to_be_visible()
    assert title in text.inner_text()
