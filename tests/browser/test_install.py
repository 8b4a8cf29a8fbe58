"""Installed or not: one offline page that is nobody's, files of the look, and forms sent once."""

import re

from playwright.sync_api import Browser, Route, expect

from tests.browser import furnish
from tests.browser.live import Site
from tests.browser.roads import sign_in
from tests.browser.visitor import visiting

_READY = "() => navigator.serviceWorker.ready.then(() => true)"
_KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      kept.push(new URL(request.url).pathname);
  return kept;
}"""


def test_offline_shows_a_page_of_its_own_and_keeps_nothing_private(
    browser: Browser, furnished: Site, locale: str
) -> None:
    with visiting(browser, furnished, locale, worker=True) as visitor:
        sign_in(visitor, furnish.SEEKERS[locale])
        visitor.open("/matches")
        assert visitor.page.evaluate(_READY)
        visitor.open("/me")
        kept = visitor.page.evaluate(_KEPT)
        assert kept.count("/offline") == 1
        assert all(path == "/offline" or path.startswith("/static/") for path in kept)
        visitor.page.context.set_offline(True)
        visitor.open("/matches")
        expect(visitor.heading("You are offline")).to_be_visible()
        assert furnish.SEEKERS[locale] not in visitor.page.content()
        visitor.page.context.set_offline(False)
        visitor.link("Try again").click()
        expect(visitor.heading("You are offline")).to_have_count(0)
        assert visitor.path == "/matches"
        visitor.complaints.clear()  # the browser tells that it was offline


def test_a_form_that_is_sent_twice_arrives_once(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en") as visitor:
        visitor.open("/login")
        sent = []
        visitor.page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
        visitor.page.route("**/login", lambda route: None)  # never answered
        seen = visitor.page.evaluate(
            """async () => {
              const form = document.querySelector('main form');
              const button = form.querySelector('button');
              for (const field of form.querySelectorAll('input')) field.required = false;
              button.click(); button.click();
              await new Promise((later) => setTimeout(later, 400));
              return [form.ariaBusy, document.documentElement.hasAttribute('data-loading')];
            }"""
        )
        assert seen == ["true", True]
        assert len(sent) == 1
        visitor.expected_statuses.add(422)  # where the answer came after all
        visitor.page.unroute_all(behavior="ignoreErrors")
        visitor.open("/login")


def test_htmx_comes_only_to_pages_that_use_it(browser: Browser, furnished: Site) -> None:
    with visiting(browser, furnished, "en") as visitor:
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url))
        visitor.open("/jobs")
        visitor.page.wait_for_load_state("load")
        if not visitor.page.locator("[data-hx-get],[data-hx-post]").count():
            assert not [url for url in asked if "htmx" in url]
        with visitor.page.expect_request(re.compile("htmx-")):
            visitor.page.route(re.compile("live"), _with_a_live_part)
            visitor.open("/jobs?live")


def _with_a_live_part(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("<main", '<main data-hx-get="/x"', 1))
