"""The whole road of an import in the browser: each step, back, live parts, mending, undo."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from jobscore import clock
from jobscore.demo import sample
from tests.browser import furnish
from tests.browser.conftest import Visit
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import PHONE, Visitor

ROWS = 40


@pytest.fixture
def files(tmp_path: Path, locale: str) -> tuple[Path, Path]:
    """A file of postings under a line of words, and the same file with other companies."""
    folder = tmp_path / "files"
    folder.mkdir()
    first = folder / ("求人一覧.csv" if locale == "ja" else "jobs of today.csv")
    sample.write_jobs_csv(
        first, ROWS, 7, clock.today("Asia/Tokyo"), "ja" if locale == "ja" else "en"
    )
    text = first.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    rows = [rows[0], *(row for row in rows[1:] if len(row) == len(rows[0]))]
    titles = [n for n, name in enumerate(rows[0]) if name in ("title", "職種名")]
    rows.append([*rows[1]])
    rows[-1][0] = "X-1"
    rows[-1][titles[0]] = ""  # one row to mend
    first.write_text("2026\n" + _csv(rows), encoding="utf-8")
    company = next(n for n, name in enumerate(rows[0]) if name in ("company", "会社名"))
    for row in rows[1:6]:
        row[company] += " 2"
    second = folder / ("二回目.csv" if locale == "ja" else "second.csv")
    second.write_text(_csv(rows), encoding="utf-8")
    return first, second


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("javascript", [True, False], ids=["live", "without scripts"])
def test_the_whole_road_of_an_import(
    visit: Visit, site: Site, files: tuple[Path, Path], javascript: bool
) -> None:
    first, second = files
    with visit(javascript=javascript) as admin:
        sign_in(admin, furnish.ADMIN)
        _upload(admin, first)
        _decide_how_it_is_read(admin, javascript)
        _choose_columns(admin, javascript)
        _check(admin)
        _start(admin)
        _mend(admin)
        _see_what_a_second_file_changes(admin, second)
        _upload(admin, second)
        expect(admin.heading("This file is here already")).to_be_visible()
        _undo(admin)


def _upload(admin: Visitor, file: Path) -> None:
    admin.open("/admin/imports/new")
    admin.page.locator("input[type=file]").set_input_files(file)
    admin.button("Upload").click()


def _column(admin: Visitor, index: int) -> Locator:
    return admin.page.locator(f"select[name=column-{index}]")


def _decide_how_it_is_read(admin: Visitor, javascript: bool) -> None:
    expect(admin.heading("Is the file read correctly?")).to_be_visible()
    skipped = admin.main.get_by_text("2026", exact=False).first
    expect(skipped).to_be_visible()
    line = admin.main.get_by_label(re.compile("^" + admin.say("Line of the header")))
    line.fill("0")
    if javascript:
        line.press("Tab")
    else:
        admin.button("Show it like this").click()
    expect(admin.sees("none: the columns have no names")).to_be_visible()
    admin.main.get_by_label(re.compile("^" + admin.say("Line of the header"))).fill("")
    admin.button("Yes, go on to the columns").click()


def _choose_columns(admin: Visitor, javascript: bool) -> None:
    expect(admin.heading("Which column is what?")).to_be_visible()
    admin.page.wait_for_load_state("load")  # what shows the rows at once comes last
    guessed = _column(admin, 0).input_value()
    _column(admin, 0).select_option("title")
    if not javascript:
        admin.button("Show what it becomes").click()
    expect(admin.sees("Please look at the columns again.")).to_be_visible()
    admin.button("Check the whole file").click()
    expect(_column(admin, 0)).to_have_attribute("aria-invalid", "true")
    _column(admin, 0).select_option(guessed)
    admin.button("Check the whole file").click()
    expect(admin.heading("What would the import do?")).to_be_visible()
    admin.page.go_back()
    expect(admin.heading("Which column is what?")).to_be_visible()
    admin.page.go_forward()
    admin.link("Match columns").click()
    expect(_column(admin, 0)).to_have_value(guessed)
    admin.link("Check").click()


def _check(admin: Visitor) -> None:
    expect(admin.sees("The check waits for a worker.")).to_be_visible()
    admin.site.work()
    admin.page.reload()
    expect(admin.sees("Checked")).to_be_visible()
    expect(admin.heading("Whose list of forty would change")).to_be_visible()
    admin.page.reload()
    expect(admin.button("Start the import")).to_be_visible()


def _start(admin: Visitor) -> None:
    admin.button("Start the import").click()
    expect(admin.sees("The import waits for a worker.")).to_be_visible()
    admin.site.work()
    admin.page.reload()
    expect(admin.link("Mend them in the page")).to_be_visible()


def _mend(admin: Visitor) -> None:
    admin.link("Mend them in the page").click()
    expect(admin.heading("Mend the rejected rows")).to_be_visible()
    field = admin.page.locator("input[aria-invalid=true]").first
    admin.expected_statuses.add(422)
    admin.button("Check and import these rows").click()
    expect(admin.main.get_by_role("alert")).to_be_visible()
    field.fill("調理スタッフ" if admin.locale == "ja" else "Cook")
    admin.button("Check and import these rows").click()
    expect(admin.sees("The import waits for a worker.")).to_be_visible()
    admin.site.work()
    admin.page.reload()
    expect(admin.sees("The import is done. Every row was imported.")).to_be_visible()


def _see_what_a_second_file_changes(admin: Visitor, file: Path) -> None:
    _upload(admin, file)
    admin.button("Yes, go on to the columns").click()
    expect(
        admin.sees("This header was imported before: its columns are proposed again.")
    ).to_be_visible()
    admin.button("Check the whole file").click()
    admin.site.work()
    admin.page.reload()
    expect(admin.heading("Jobs that would change")).to_be_visible()
    expect(admin.page.locator("ins").first).to_contain_text(" 2")
    admin.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert admin.is_as_wide_as_the_window()
    admin.button("Start the import").click()
    admin.site.work()
    admin.page.reload()


def _undo(admin: Visitor) -> None:
    admin.link("Look at its result").click()
    admin.link("Undo").click()
    expect(admin.heading("Undo this import?")).to_be_visible()
    admin.button("Undo the import").click()
    expect(admin.sees("The import is being undone.")).to_be_visible()
    admin.site.work()
    admin.page.reload()
    expect(admin.heading("What undoing did")).to_be_visible()


def test_a_dropped_file_is_taken_and_one_beyond_the_limit_is_named(visit: Visit) -> None:
    with visit() as admin:
        sign_in(admin, furnish.ADMIN)
        admin.open("/admin/imports/new")
        drop = """async (name) => {
          const data = new DataTransfer();
          data.items.add(new File(['title\\nCook\\n'], name));
          const box = document.querySelector('[data-file-drop]');
          box.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}));
          return document.querySelector('input[type=file]').files[0].name;
        }"""
        assert admin.page.evaluate(drop, "dropped.csv") == "dropped.csv"
        admin.page.evaluate("document.querySelector('[data-file-drop]').dataset.limit = 3")
        admin.page.evaluate(drop, "large.csv")
        expect(admin.main.get_by_role("alert")).to_be_visible()
