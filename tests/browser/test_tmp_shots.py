from typing import Any
import pytest
from playwright.sync_api import Browser
from jobscore.web.access import Access
from tests.browser import furnish, pages
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.test_pages import _findings
from tests.browser.visitor import visiting


def test_shots(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en") as v:
        sign_in(v, furnish.ADMIN)
        cookies = v.page.context.cookies()
    bad = []
    for locale in ("en", "ja"):
        language = {"name": "locale", "value": locale, "url": furnished.url}
        with visiting(
            browser,
            furnished,
            locale,
            cookies=[*[c for c in cookies if c["name"] != "locale"], language],
        ) as v:
            for a in [*pages.addresses(furnished.app, furnish.SEEKERS["en"])]:
                if not (
                    a.endpoint.startswith(("sources.", "duplicates."))
                    or a.endpoint in ("jobs.admin_index", "imports.show")
                ):
                    continue
                bad += [f"{a.path} {x}" for x in _findings(v, a.path)]
                name = a.endpoint.replace(".", "_")
                for w in (1280, 390):
                    v.page.set_viewport_size({"width": w, "height": 900})
                    for scheme in ("light", "dark"):
                        v.page.emulate_media(color_scheme=scheme)
                        v.page.screenshot(
                            path=f"/tmp/shots/{name}_{locale}_{w}_{scheme}.png", full_page=True
                        )
                v.page.set_viewport_size({"width": 1280, "height": 900})
                v.page.emulate_media(color_scheme="light")
    print("\n".join(bad))
    assert not bad
