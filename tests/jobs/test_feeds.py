"""Feeds of searches: valid by RFC 4287 and JSON Feed 1.1, whatever a posting says."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs.feeds.documents import Entry, Feed, as_atom, as_json, clean
from tests import factories
from tests.jobs.conftest import NOW, TODAY

ATOM = "{http://www.w3.org/2005/Atom}"
#: RFC 3339, as RFC 4287 section 3.3 asks for it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
HORRORS = [
    "</script><script>alert(1)</script>",
    "]]> & <title> \"quoted\" 'single'",
    "bell \x07 null \x00 escape \x1b vertical \x0b",
    "not a character \ufffe \uffff",
    "&lt;b&gt; &#0; &amp;",
    "求人 🍣 𠮷野家",
]

pytestmark = pytest.mark.usefixtures("fixed_clock")


@pytest.fixture
def add(app: Flask) -> Callable[..., int]:
    def store(**values: Any) -> int:
        with app.app_context():
            defaults = {"posted_date": TODAY, "updated_at": NOW, "created_at": NOW}
            row = factories.job(db.session(), **defaults | values)
            db.session.commit()
            return row.id

    return store


def assert_is_atom(body: bytes) -> ElementTree.Element:
    """Hold a document against what RFC 4287 demands of a feed and of entries (section 4.1)."""
    root = ElementTree.fromstring(body)
    assert root.tag == f"{ATOM}feed"
    assert_has_once(root, "id", "title", "updated")
    assert_has_at_most_once(root, "subtitle", "icon", "logo", "rights", "generator")
    selves = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert len(selves) == 1, "SHOULD have a link to itself"
    entries = root.findall(f"{ATOM}entry")
    has_author = root.find(f"{ATOM}author") is not None
    keys = []
    for entry in entries:
        assert_has_once(entry, "id", "title", "updated")
        assert_has_at_most_once(entry, "published", "summary", "content", "rights", "source")
        assert has_author or entry.find(f"{ATOM}author") is not None
        alternates = [
            link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"
        ]
        assert len({(a.get("type"), a.get("hreflang")) for a in alternates}) == len(alternates)
        assert entry.find(f"{ATOM}content") is not None or alternates
        keys.append(entry.findtext(f"{ATOM}id"))
    assert len(set(keys)) == len(keys), "no two entries of the same id at the same time"
    for person in root.iter(f"{ATOM}author"):
        assert_has_once(person, "name")
    for link in root.iter(f"{ATOM}link"):
        assert IRI.fullmatch(link.get("href", ""))
    for name in ("updated", "published"):
        for moment in root.iter(f"{ATOM}{name}"):
            assert INSTANT.fullmatch(moment.text or "")
    for text in [*root.iter(f"{ATOM}content"), *root.iter(f"{ATOM}summary")]:
        assert text.get("type", "text") in {"text", "html"}
        assert len(text) == 0, "text and html hold no elements"
    for category in root.iter(f"{ATOM}category"):
        assert category.get("term") is not None
    for key in root.iter(f"{ATOM}id"):
        assert IRI.fullmatch(key.text or "")
    return root


def assert_has_once(element: ElementTree.Element, *names: str) -> None:
    for name in names:
        found = element.findall(f"{ATOM}{name}")
        assert len(found) == 1, (element.tag, name)
        assert (found[0].text or "").strip(), (element.tag, name)


def assert_has_at_most_once(element: ElementTree.Element, *names: str) -> None:
    for name in names:
        assert len(element.findall(f"{ATOM}{name}")) <= 1, (element.tag, name)


def assert_is_json_feed(body: bytes) -> dict[str, Any]:
    """Hold a document against https://www.jsonfeed.org/version/1.1/."""
    data: dict[str, Any] = json.loads(body)
    assert data["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(data["title"], str)
    for item in data["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        assert INSTANT.fullmatch(item["date_published"])
        assert INSTANT.fullmatch(item["date_modified"])
        assert all(isinstance(tag, str) for tag in item.get("tags", []))
        assert all(author["name"] for author in item.get("authors", []))
    assert len({item["id"] for item in data["items"]}) == len(data["items"])
    return data


def entry(**values: Any) -> Entry:
    return Entry(
        **{
            "key": "tag:example.com,2026:jobs/1", "url": "https://example.com/jobs/1",
            "title": "Cook", "updated": NOW, "published": NOW, "summary": "s", "html": "<p>s</p>",
        }
        | values
    )  # fmt: skip


def feed(*entries: Entry, **values: Any) -> Feed:
    return Feed(
        **{
            "key": "tag:example.com,2026:feed", "url": "https://example.com/feeds/jobs.atom",
            "page_url": "https://example.com/jobs", "title": "Jobs", "subtitle": "s",
            "author": "Example", "updated": NOW, "language": "en", "entries": entries,
        }
        | values
    )  # fmt: skip


@given(
    title=st.text(), summary=st.text(), html=st.text(), author=st.text(), tags=st.lists(st.text())
)
def test_any_text_makes_valid_documents(
    title: str, summary: str, html: str, author: str, tags: list[str]
) -> None:
    one = entry(
        title=title or "x", summary=summary, html=html or "x", author=author, tags=tuple(tags)
    )
    root = ElementTree.fromstring(as_atom(feed(one)))
    shown = root.findtext(f"{ATOM}entry/{ATOM}title")
    # a parser reads line ends as \n (XML 1.0, 2.11)
    assert shown == re.sub("\r\n?", "\n", clean(one.title)) or not clean(one.title)
    assert_is_json_feed(as_json(feed(entry(html="x", tags=tuple(tags), title=title))))


def test_the_check_of_atom_can_fail() -> None:
    body = as_atom(feed(entry()))
    for broken in (
        body.replace(b"<updated>", b"<updated>x", 1),
        body.replace(b"<id>tag", b"<id>no", 1).replace(b"<id>no:", b"<id>:", 1),
        re.sub(rb"<author>.*?</author>", b"", body),
        as_atom(feed(entry(), entry())),
    ):
        with pytest.raises(AssertionError):
            assert_is_atom(broken)
    assert_is_atom(body)


@pytest.mark.parametrize("text", HORRORS, ids=range(len(HORRORS)))
@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_posting_breaks_a_feed(
    client: FlaskClient, add: Callable[..., int], text: str, backend: str
) -> None:
    add(title=text, company_name=text, description=text, location=text, industry=text)
    root = assert_is_atom(client.get("/feeds/jobs.atom").data)
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == clean(text)
    content = root.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<script" not in content
    assert "<b>" not in content
    data = assert_is_json_feed(client.get("/feeds/jobs.json").data)
    assert data["items"][0]["title"] == clean(text)
    assert "<script" not in data["items"][0]["content_html"]


def test_a_feed_has_the_jobs_of_its_search_newest_first(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    for n in range(3):
        add(title=f"Cook {n}", posted_date=TODAY - timedelta(days=n))
    add(title="Nurse")
    add(title="Cook gone", is_active=False)
    root = assert_is_atom(client.get("/feeds/jobs.atom?q=cook&sort=best&lang=ja").data)
    titles = [e.findtext(f"{ATOM}title") for e in root.findall(f"{ATOM}entry")]
    assert titles == ["Cook 0", "Cook 1", "Cook 2"]
    assert root.findtext(f"{ATOM}title") == "求人：「cook」"
    selves = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert selves == ["http://localhost/feeds/jobs.atom?q=cook&lang=ja"]
    data = assert_is_json_feed(client.get("/feeds/jobs.json?q=cook").data)
    assert [item["title"] for item in data["items"]] == titles
    assert data["items"][0]["url"].startswith("http://localhost/jobs/")


def test_a_feed_ends_at_fifty(client: FlaskClient, add: Callable[..., int]) -> None:
    for _ in range(52):
        add()
    assert len(assert_is_atom(client.get("/feeds/jobs.atom").data).findall(f"{ATOM}entry")) == 50


def test_an_empty_feed_is_valid(client: FlaskClient) -> None:
    assert_is_atom(client.get("/feeds/jobs.atom?q=astronaut").data)
    assert assert_is_json_feed(client.get("/feeds/jobs.json?q=astronaut").data)["items"] == []


@pytest.mark.parametrize("path", ["/feeds/jobs.atom", "/feeds/jobs.json"])
def test_who_has_it_already_gets_nothing_again(
    client: FlaskClient, add: Callable[..., int], path: str
) -> None:
    add()
    first = client.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    for headers in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(path, headers=headers)
        assert again.status_code == 304
        assert again.data == b""
    with clock.set_to(NOW + timedelta(hours=1)):
        add(updated_at=clock.now())
        changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert changed.status_code == 200


def test_the_search_page_names_its_feeds(client: FlaskClient, add: Callable[..., int]) -> None:
    add(title="Cook")
    html = client.get("/jobs?q=cook").text
    found = re.findall(r'<link rel="alternate" type="([^"]*)" title="[^"]*" href="([^"]*)"', html)
    assert [kind for kind, _ in found] == ["application/atom+xml", "application/feed+json"]
    for _, address in found:
        assert "q=cook" in address
        assert client.get(address.replace("&amp;", "&")).status_code == 200
