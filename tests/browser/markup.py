"""Reads a page as strictly as a validator would and names what is wrong with it.

Not the whole content model of HTML: the rules whose breach readers, screen readers or browsers
notice. ``test_markup.py`` puts the same pages before the Nu HTML checker where that is at hand.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
#: SVG elements may close themselves.
FOREIGN = frozenset(
    ["circle", "g", "line", "path", "polyline", "polygon", "rect", "text", "title", "use", "defs"]
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PHRASING = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "br",
        "button",
        "cite",
        "code",
        "data",
        "datalist",
        "del",
        "dfn",
        "em",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "mark",
        "meter",
        "output",
        "progress",
        "q",
        "s",
        "samp",
        "script",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "svg",
        "template",
        "textarea",
        "time",
        "u",
        "var",
        "wbr",
        "noscript",
        "iframe",
    ]
)
#: What may hold phrasing content only.
PHRASING_ONLY = frozenset(
    ["p", "span", "button", "label", "dt", "em", "strong", "small", "code", "kbd", "q", "time",
     "summary", "pre", "caption", "legend", *HEADINGS]
)  # fmt: skip
HEADINGS_INSIDE = frozenset({"summary", "legend", "dt", "caption"})
CHILDREN = {
    "ul": {"li", "script", "template"},
    "ol": {"li", "script", "template"},
    "dl": {"dt", "dd", "div"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot", "tr"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tfoot": {"tr"},
    "tr": {"td", "th"},
    "select": {"option", "optgroup", "hr"},
    "datalist": {"option"},
}
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"table", "thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "option": {"select", "optgroup", "datalist"},
    "summary": {"details"},
    "legend": {"fieldset"},
    "figcaption": {"figure"},
    "caption": {"table"},
}
INTERACTIVE = frozenset(["a", "button", "select", "textarea", "iframe"])
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?([+-]\d\d:\d\d|Z)?)?")
_LABELLED = frozenset(["input", "select", "textarea"])
_NO_LABEL = frozenset({"hidden", "submit", "button", "reset", "image"})


@dataclass
class Node:
    """One element with what it holds, text and elements in order."""

    tag: str
    attrs: dict[str, str]
    parent: "Node | None"
    line: int
    children: list["Node | str"] = field(default_factory=list)

    def up(self) -> Iterator["Node"]:
        """Yield the elements around this one, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator["Node"]:
        """Yield this element and all inside it, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def text(self) -> str:
        """Return what a screen reader reads of it: text and names of pictures."""
        if self.attrs.get("aria-hidden") == "true":
            return ""
        own = self.attrs.get("aria-label") or self.attrs.get("alt") or ""
        return own or "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def language(self) -> str:
        """Return the language that this element is in."""
        return next((n.attrs["lang"] for n in (self, *self.up()) if "lang" in n.attrs), "")


class Reader(HTMLParser):
    """Builds the tree; every tag must be closed by its own, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("#document", {}, None, 0)
        self.here = self.root
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs)
        if tag not in VOID:
            self.here = self.here.children[-1]  # type: ignore[assignment] # it was just put there

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open(tag, attrs)
        if tag not in FOREIGN and tag not in VOID:
            self.problems.append(f"line {self.getpos()[0]}: <{tag}/> closes nothing")

    def _open(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        twice = [name for name, n in Counter(name for name, _ in attrs).items() if n > 1]
        self.problems += [f"line {line}: <{tag}> has {name} twice" for name in twice]
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here, line)
        self.here.children.append(node)

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if self.here.tag != tag:
            self.problems.append(f"line {line}: </{tag}> within <{self.here.tag}>")
        elif self.here.parent is not None:
            self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def read(page: str) -> tuple[Node, list[str]]:
    """Return the tree of a page and what is wrong with its tags."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    if reader.here is not reader.root:
        reader.problems.append(f"<{reader.here.tag}> of line {reader.here.line} is never closed")
    return reader.root, reader.problems


def problems(page: str) -> list[str]:
    """Return one line for each thing that is wrong with a page."""
    root, found = read(page)
    nodes = list(root.walk())[1:]
    for rule in (_nesting, _attributes, _names, _page):
        found += rule(nodes)
    return found


def _nesting(nodes: list[Node]) -> list[str]:
    found = []
    for node in nodes:
        around = node.parent.tag if node.parent else ""
        in_svg = any(outer.tag == "svg" for outer in node.up())
        wrong = (
            (around in CHILDREN and node.tag not in CHILDREN[around])
            or (node.tag in PARENTS and around not in PARENTS[node.tag])
            or (
                around in PHRASING_ONLY
                and node.tag not in PHRASING
                and not (around in HEADINGS_INSIDE and node.tag in HEADINGS)
            )
            or (node.tag == "div" and around == "dl" and not _is_group(node))
        )
        if wrong and not in_svg:
            found.append(f"line {node.line}: <{node.tag}> within <{around}>")
        if node.tag in {*INTERACTIVE, "input"}:
            outer = next((o.tag for o in node.up() if o.tag in {"a", "button"}), None)
            if outer:
                found.append(f"line {node.line}: <{node.tag}> within a <{outer}>")
        if node.tag in {"form", "label"} and any(o.tag == node.tag for o in node.up()):
            found.append(f"line {node.line}: <{node.tag}> within a <{node.tag}>")
    return found


def _is_group(node: Node) -> bool:
    tags = {child.tag for child in node.children if isinstance(child, Node)}
    return bool(tags) and tags <= {"dt", "dd"}


def _attributes(nodes: list[Node]) -> list[str]:
    found = []
    ids = Counter(node.attrs["id"] for node in nodes if "id" in node.attrs)
    found += [f"id {name!r} stands {n} times" for name, n in ids.items() if n > 1]
    found += [f"id {name!r} is no id" for name in ids if not name or re.search(r"\s", name)]
    for node in nodes:
        at = f"line {node.line}: <{node.tag}>"
        for name in REFERENCES:
            missing = [one for one in node.attrs.get(name, "").split() if one not in ids]
            found += [f"{at} {name}={one!r} leads nowhere" for one in missing]
        href = node.attrs.get("href", "")
        if node.tag == "a" and href.startswith("#") and href[1:] not in ids:
            found.append(f"{at} href={href!r} leads nowhere")
        if any(
            re.search(r"\s", node.attrs.get(name, "").strip()) for name in ("href", "src", "action")
        ):
            found.append(f"{at} has white space in an address")
        found += [
            f"{at} {name} is no attribute of HTML" for name in node.attrs if name.startswith("hx-")
        ]
        if node.tag == "time" and not _TIME.fullmatch(node.attrs.get("datetime", "")):
            found.append(f"{at} datetime={node.attrs.get('datetime')!r}")
        if node.attrs.get("role") == {"td": "cell", "tr": "row", "table": "table"}.get(
            node.tag, "-"
        ):
            found.append(f"{at} says its own role")
        if node.attrs.get("action") == "":
            found.append(f"{at} has an empty action")
    return found


def _names(nodes: list[Node]) -> list[str]:
    """Everything that takes the keyboard, and every picture, has a name."""
    labels = {node.attrs["for"] for node in nodes if node.tag == "label" and "for" in node.attrs}
    found = []
    for node in nodes:
        named = any(node.attrs.get(n) for n in ("aria-label", "aria-labelledby", "title"))
        if node.tag in _LABELLED and node.attrs.get("type") not in _NO_LABEL:
            inside = any(outer.tag == "label" for outer in node.up())
            ok = named or inside or node.attrs.get("id") in labels
        elif node.tag in {"a", "button", "summary", *HEADINGS, "th", "legend", "label", "option"}:
            ok = named or bool(node.text().strip()) or (node.tag == "option")
        elif node.tag in {"img", "iframe"}:
            ok = named or "alt" in node.attrs
        elif node.tag == "nav":
            ok = named
        else:
            continue
        if not ok:
            found.append(f"line {node.line}: <{node.tag}> {node.attrs} has no name")
    return found


def _page(nodes: list[Node]) -> list[str]:
    found = []
    for tag in ("html", "title", "main", "h1"):
        count = sum(
            node.tag == tag and not any(o.tag == "svg" for o in node.up()) for node in nodes
        )
        if count != 1:
            found.append(f"{count} <{tag}>")
    level = 0
    for node in nodes:
        if node.tag in HEADINGS:
            now = int(node.tag[1])
            if now > level + 1:
                found.append(
                    f"line {node.line}: <{node.tag}> {node.text().strip()!r} after h{level}"
                )
            level = now
    return found
