"""What a browser calls itself, in words that people know. Pure."""

import re

#: First match wins: many browsers name others for compatibility.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return browser and system, such as ``Firefox · Windows``; the first word where unknown.

    Empty when the browser said nothing.
    """
    names = [_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)]
    known = [name for name in names if name]
    if known:
        return " · ".join(known)
    return re.split(r"[\s/(]", user_agent.strip(), maxsplit=1)[0][:40]


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)
