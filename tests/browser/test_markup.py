"""Every page in both languages as its bytes are: valid, light, and in one language."""

import gzip
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from jobscore import paths
from jobscore.web import compression
from jobscore.web.access import Access
from tests.browser import furnish, markup, pages
from tests.browser.live import Site
from tests.browser.visitor import LOCALES

#: What one page may weigh on the wire at the first visit, without fonts.
MOST_BYTES = 60_000


@dataclass(frozen=True)
class Page:
    """One page as it came."""

    path: str
    locale: str
    html: str


@pytest.fixture(scope="session")
def rendered(furnished: Site) -> list[Page]:
    """Every page in every language, by those who may open it."""
    return [page for locale in LOCALES for page in _rendered(furnished, locale)]


def _rendered(site: Site, locale: str) -> Iterator[Page]:
    people = {
        Access.PUBLIC: "",
        Access.SIGNED_IN: furnish.SEEKERS[locale],
        Access.ADMIN: furnish.ADMIN,
    }
    clients = {access: _client(site, email, locale) for access, email in people.items()}
    for address in pages.addresses(site.app, furnish.SEEKERS[locale]):
        answer = clients[address.access].get(address.path)
        yield Page(address.path, locale, answer.text)


def _client(site: Site, email: str, locale: str) -> FlaskClient:
    client = site.app.test_client()
    if email:
        form = client.get("/login").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token
        sent = {"csrf_token": token[1], "email": email, "password": furnish.password(site.folder)}
        assert client.post("/login", data=sent).status_code in {302, 303}
    client.set_cookie("locale", locale)
    return client


def test_no_page_breaks_the_rules_of_html(rendered: list[Page]) -> None:
    found = [
        f"{page.path} ({page.locale}) {p}" for page in rendered for p in markup.problems(page.html)
    ]
    assert not found, "\n".join(found[:60])


def test_the_nu_html_checker_agrees_where_it_is_at_hand(
    rendered: list[Page], tmp_path: Path
) -> None:
    jar = os.environ.get("JOBSCORE_TEST_VNU")  # npm vnu-jar; it needs Java
    for n, page in enumerate(rendered):
        (tmp_path / f"{n}.html").write_text(page.html, encoding="utf-8")
    if not jar:
        return
    told = subprocess.run(
        ["java", "-jar", jar, "--errors-only", "--format", "gnu", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [f"{line} {_of(rendered, line)}" for line in told.stderr.splitlines()]
    assert not found, "\n".join(found[:60])


def _of(rendered: list[Page], line: str) -> str:
    number = re.search(r"/(\d+)\.html", line)
    return rendered[int(number[1])].path if number else ""


def test_every_page_says_which_language_it_is_in_and_has_a_title_of_its_own(
    rendered: list[Page],
) -> None:
    assert [p.path for p in rendered if f'<html lang="{p.locale}">' not in p.html] == []
    titles = [re.search(r"<title>\s*(.*?) – jobscore</title>", p.html, re.DOTALL) for p in rendered]
    assert [p.path for p, title in zip(rendered, titles, strict=True) if not title] == []


def test_every_page_is_light_on_the_first_visit(rendered: list[Page]) -> None:
    heavy = {f"{p.path} ({p.locale})": weight(p.html) for p in rendered}
    assert {path: w for path, w in heavy.items() if w > MOST_BYTES} == {}


def weight(html: str) -> int:
    """Return the bytes on the wire of a page and all that it names; fonts and app icons aside."""
    files = set(re.findall(r'(?:src|href|data-htmx)="/static/([^"?#]+)', html))
    if not re.search(r"\sdata-hx-(?:get|post|trigger)=", html):
        files = {file for file in files if "htmx" not in file}
    return _bytes(html.encode(), compression.PAGE_LEVEL) + sum(_file(file) for file in files)


@cache
def _file(name: str) -> int:
    content = (paths.STATIC / name).read_bytes()
    return 0 if name.endswith("icon-180.png") else _bytes(content, compression.FILE_LEVEL)


def _bytes(content: bytes, level: int) -> int:
    return len(gzip.compress(content, level)) + 600  # headers


@cache
def _catalogue() -> dict[str, str]:
    with (paths.TRANSLATIONS / "ja" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {
            str(m.id): str(m.string) for m in read_po(file, locale="ja") if isinstance(m.id, str)
        }


def test_no_page_says_a_sentence_of_ours_in_the_other_language(rendered: list[Page]) -> None:
    pairs = [(en, ja) for en, ja in _catalogue().items() if en != ja and "%(" not in en]
    # one word may be a title, a skill or a name of the data too
    foreign = {
        "ja": {en for en, _ in pairs if len(en.split()) > 2},
        "en": {ja for _, ja in pairs if len(ja) > 8 and re.search("[ぁ-ん]", ja)},
    }
    found = [
        f"{page.path} ({page.locale}): {text}"
        for page in rendered
        for text in spoken(page)
        if text in foreign[page.locale]
    ]
    assert not found, "\n".join(found)


def spoken(page: Page) -> Iterator[str]:
    """Yield what a page says in its own language: texts and names."""
    root, _ = markup.read(page.html)
    for node in root.walk():
        if (
            node.tag in {"script", "style", "code", "pre", "textarea"}
            or node.language() != page.locale
        ):
            continue
        for child in node.children:
            if isinstance(child, str) and child.strip():
                yield " ".join(child.split())
        for name in ("aria-label", "title", "placeholder", "alt"):
            if node.attrs.get(name):
                yield node.attrs[name]


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ("<p><div></div></p>", "<div> within <p>"),
        ('<input id="a"><label for="b">B</label>', "leads nowhere"),
        ('<p id="a"></p><p id="a"></p>', "2 times"),
        ('<p class="a" class="b"></p>', "twice"),
        ("<ul><p></p></ul>", "<p> within <ul>"),
        ('<a href="/"><button>B</button></a>', "within a <a>"),
        ("<button></button>", "has no name"),
        ("<h3>Three</h3>", "after h1"),
        ("<p><span></p></span>", "</p> within <span>"),
        ('<time datetime="2026-01-01T00:00:00.123456+00:00">x</time>', "datetime"),
        ('<form hx-get="/"></form>', "no attribute"),
        ("<section>", "within <section>"),
    ],
)
def test_the_reader_of_markup_sees_what_is_wrong(broken: str, word: str) -> None:
    page = (
        "<!doctype html><html lang='en'><head><title>T</title></head>"
        "<body><main><h1>T</h1>{}</main></body></html>"
    )
    assert markup.problems(page.format("")) == []
    assert any(word in problem for problem in markup.problems(page.format(broken)))
