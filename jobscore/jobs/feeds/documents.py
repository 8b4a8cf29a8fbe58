"""A feed as plain values, and as the two formats. Pure.

Text of postings may hold characters that XML 1.0 does not know, not even escaped: they are left
out, of both formats alike.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

#: Everything that is no ``Char`` of XML 1.0 (section 2.2), lone surrogates included.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of a feed. ``key`` is an IRI that never changes, ``url`` the address of its page.

    ``html`` is markup of our own with everything else escaped; ``language`` is the posting's.
    """

    key: str
    url: str
    title: str
    updated: datetime
    published: datetime
    summary: str
    html: str
    author: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with its entries, newest first; ``key`` is an IRI that never changes."""

    key: str
    url: str
    page_url: str
    title: str
    subtitle: str
    author: str
    updated: datetime
    language: str
    icon_url: str = ""
    entries: tuple[Entry, ...] = field(default=())


def clean(text: str) -> str:
    """Return the text without what XML cannot carry."""
    return _NO_XML.sub("", text)


def instant(moment: datetime) -> str:
    """Return an instant as RFC 3339 writes it, in UTC with whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


# -- Atom --------------------------------------------------------------------------------------


def as_atom(feed: Feed) -> bytes:
    """Return the feed as an Atom document (RFC 4287) in UTF-8."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_quoted(feed.language)}>',
        _element("id", feed.key),
        _element("title", feed.title),
        _element("subtitle", feed.subtitle),
        _element("updated", instant(feed.updated)),
        f"<author>{_element('name', feed.author)}</author>",
        f'<link rel="self" type="{ATOM}" href={_quoted(feed.url)}/>',
        f'<link rel="alternate" type="text/html" href={_quoted(feed.page_url)}/>',
        _element("generator", "jobscore"),
    ]
    if feed.icon_url:
        lines.append(_element("icon", feed.icon_url))
    lines += [_atom_entry(entry) for entry in feed.entries]
    lines.append("</feed>")
    return ("\n".join(lines) + "\n").encode()


def _atom_entry(entry: Entry) -> str:
    language = f" xml:lang={_quoted(entry.language)}" if entry.language else ""
    parts = [
        f"<entry{language}>",
        _element("id", entry.key),
        _element("title", entry.title or "–"),
        _element("updated", instant(entry.updated)),
        _element("published", instant(entry.published)),
        f'<link rel="alternate" type="text/html" href={_quoted(entry.url)}/>',
        _element("summary", entry.summary),
        _element("content", entry.html, kind="html"),
    ]
    if entry.author:
        parts.append(f"<author>{_element('name', entry.author)}</author>")
    parts += [f"<category term={_quoted(tag)}/>" for tag in entry.tags]
    parts.append("</entry>")
    return "\n".join(parts)


def _element(name: str, text: str, *, kind: str = "") -> str:
    attribute = f' type="{kind}"' if kind else ""
    return f"<{name}{attribute}>{escape(clean(text))}</{name}>"


def _quoted(value: str) -> str:
    return quoteattr(clean(value))


# -- JSON Feed ---------------------------------------------------------------------------------


def as_json(feed: Feed) -> bytes:
    """Return the feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) in UTF-8."""
    data: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": clean(feed.title),
        "home_page_url": feed.page_url,
        "feed_url": feed.url,
        "description": clean(feed.subtitle),
        "language": feed.language,
        "authors": [{"name": clean(feed.author)}],
        "items": [_json_item(entry) for entry in feed.entries],
    }
    if feed.icon_url:
        data["icon"] = feed.icon_url
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _json_item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.key,
        "url": entry.url,
        "title": clean(entry.title) or "–",
        "summary": clean(entry.summary),
        "content_html": clean(entry.html),
        "date_published": instant(entry.published),
        "date_modified": instant(entry.updated),
    }
    if entry.author:
        item["authors"] = [{"name": clean(entry.author)}]
    if entry.language:
        item["language"] = entry.language
    if entry.tags:
        item["tags"] = [clean(tag) for tag in entry.tags]
    return item
