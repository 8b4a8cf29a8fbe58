"""axe-core on the page that is open: what WCAG 2.2 AA says against it.

The source is evaluated through the browser's debugger, which the page's content policy does not
concern: the page under test keeps its policy.
"""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe" / "axe-4.14.1.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """([values, preload]) => axe.run(document, {
  runOnly: { type: 'tag', values }, resultTypes: ['violations'], iframes: false, preload,
})"""


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def findings(page: Page, *, with_style_sheets: bool = False) -> list[str]:
    """Return one line for each violation: rule, elements, and what is wrong.

    :param with_style_sheets: read the style sheets too (orientation lock); they are the same on all
        pages, and reading them costs a third of the time.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    result: dict[str, Any] = page.evaluate(_RUN, [TAGS, with_style_sheets])
    assert result["testEngine"]["version"] == "4.14.1"
    return [
        f"{violation['id']}: {node['target']} {node['html'][:160]} — {_why(node)}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
