"""A picture of the tables: boxes in layers by foreign key, lines that go around the boxes.

The layout is our own and depends on nothing but the tables. Tables that nothing refers to and that
refer to nothing stand in a row below. All lines to one table leave it as one lane; a lane that has
further to go runs through its own gap between the boxes of each layer (a layered drawing after
Sugiyama, Tagawa and Toda, 1981), so no line crosses a box.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from jobscore.database.graph import GraphTable, Relation

HEAD = 26
ROW = 17
FOOT = 6
GAP = 16
#: The height that a passing lane takes, and the distance of two vertical lines.
LANE = 8
CHANNEL = 7
MARGIN = 24
#: The width of a letter in the widest of the fonts named below, bold.
LETTER = 8.2
ROUND = 5
_SWEEPS = 24

#: Hues of the features, in their order; each works on light and on dark.
HUES = (262, 205, 335, 20, 150, 45, 235, 180, 300, 95)


@dataclass(eq=False, slots=True)
class _Item:
    """A box, or a lane that passes through a layer (``table`` is None)."""

    name: str
    layer: int
    height: float
    table: GraphTable | None = None
    y: float = 0.0
    before: list["_Item"] = field(default_factory=list)
    after: list["_Item"] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return self.y + (HEAD / 2 if self.table else self.height / 2)


def svg(
    tables: Sequence[GraphTable],
    first: Sequence[str] = (),
    title: str = "The tables and their relations",
) -> str:
    """Return the picture as one SVG file that is readable on light and dark ground.

    :param first: tables whose boxes stand out.
    """
    linked = _linked(tables)
    alone = [table for table in tables if table.name not in linked]
    drawing = _Drawing([table for table in tables if table.name in linked])
    body, width, height = drawing.drawn()
    x = float(MARGIN)
    row = height
    for table in sorted(alone, key=lambda t: t.name):
        box_width = _width([table])
        if x + box_width + MARGIN > max(width, 600):
            x, row = float(MARGIN), height + GAP + HEAD + ROW + FOOT
        body.append(_box(table, x, row, box_width))
        height = max(height, row + _height(table) + GAP)
        x += box_width + GAP
    features = list(dict.fromkeys(table.feature for table in tables))
    order = sorted(features)
    legend, legend_height = _legend(order, width, height + GAP / 2)
    whole = height + legend_height + MARGIN
    names = ", ".join(table.name for table in tables)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(whole)}" '
            f'width="{_n(width)}" height="{_n(whole)}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(names)}</desc>',
            _style(order, first),
            f'<rect class="ground" width="{_n(width)}" height="{_n(whole)}" rx="12"/>',
            *body,
            *legend,
            "</svg>",
            "",
        ]
    )


def _linked(tables: Iterable[GraphTable]) -> set[str]:
    relations = [relation for table in tables for relation in table.relations]
    return {name for r in relations if r.child != r.parent for name in (r.child, r.parent)}


def _keys(table: GraphTable) -> list[str]:
    """Return the columns that are shown: the primary key, then what points elsewhere."""
    primary = [c.name for c in table.columns if c.is_primary]
    return primary + [c.name for c in table.columns if c.target and not c.is_primary]


def _height(table: GraphTable) -> float:
    return HEAD + ROW * len(_keys(table)) + FOOT


def _width(tables: Sequence[GraphTable]) -> float:
    names = max((len(t.name) for t in tables), default=0) * LETTER + 48
    keys = max((len(key) for t in tables for key in _keys(t)), default=0) * LETTER + 24
    return round(max(names, keys))


class _Drawing:
    """The tables that are linked, laid out in layers."""

    def __init__(self, tables: Sequence[GraphTable]) -> None:
        self.tables = {table.name: table for table in tables}
        self.relations = [
            relation
            for table in tables
            for relation in table.relations
            if relation.child != relation.parent and relation.parent in self.tables
        ]
        self.boxes = {n: _Item(n, 0, _height(t), t) for n, t in sorted(self.tables.items())}
        self._choose_layers()
        self.layers: list[list[_Item]] = [
            [] for _ in range(1 + max((b.layer for b in self.boxes.values()), default=0))
        ]
        for box in self.boxes.values():
            self.layers[box.layer].append(box)
        #: (parent, layer) to the item from which the lane goes on to the next layer.
        self.lanes: dict[tuple[str, int], _Item] = {}
        self._lay_lanes()
        self._order()
        self._place()

    def _choose_layers(self) -> None:
        """Put each table right of all that it points at; move lone leaves to emptier layers."""
        parents = {n: {r.parent for r in self.relations if r.child == n} for n in self.boxes}
        depth: dict[str, int] = {}

        def deep(name: str, seen: tuple[str, ...]) -> int:
            if name not in depth:
                above = [p for p in sorted(parents[name]) if p not in seen]
                depth[name] = 1 + max((deep(p, (*seen, name)) for p in above), default=-1)
            return depth[name]

        for name in self.boxes:
            self.boxes[name].layer = deep(name, (name,))
        # what would close a circle is told in the box, not drawn
        self.relations = [r for r in self.relations if depth[r.parent] < depth[r.child]]
        most = max(depth.values(), default=0)
        heights = [0.0] * (most + 1)
        has_children = {r.parent for r in self.relations}
        leaves = [n for n in self.boxes if n not in has_children]
        for name, box in self.boxes.items():
            if name in has_children:
                heights[box.layer] += box.height + GAP
        for name in sorted(leaves, key=lambda n: (-depth[n], -self.boxes[n].height, n)):
            box = self.boxes[name]
            box.layer = min(range(depth[name], most + 1), key=lambda i: (heights[i], i))
            heights[box.layer] += box.height + GAP

    def _lay_lanes(self) -> None:
        furthest: dict[str, int] = {}
        for relation in self.relations:
            layer = self.boxes[relation.child].layer
            furthest[relation.parent] = max(furthest.get(relation.parent, 0), layer)
        for parent, last in sorted(furthest.items()):
            item = self.boxes[parent]
            self.lanes[parent, item.layer] = item
            for layer in range(item.layer + 1, last):
                lane = _Item(parent, layer, LANE)
                item.after.append(lane)
                lane.before.append(item)
                self.layers[layer].append(lane)
                self.lanes[parent, layer] = item = lane
        for relation in self.relations:
            child = self.boxes[relation.child]
            origin = self.lanes[relation.parent, child.layer - 1]
            if child not in origin.after:
                origin.after.append(child)
                child.before.append(origin)

    def _order(self) -> None:
        """Order each layer so that its items stand beside what they are linked to; keep the best.

        Sweeps by the mean place of the neighbours, forth and back.
        """
        best, fewest = [list(layer) for layer in self.layers], self._crossings()
        for sweep in range(_SWEEPS):
            forth = sweep % 2 == 0
            layers = self.layers if forth else self.layers[::-1]
            for layer in layers:
                places = {
                    id(item): i / len(other)
                    for other in self.layers
                    for i, item in enumerate(other)
                }
                means = {
                    id(item): _mean(
                        [places[id(n)] for n in (item.before if forth else item.after)],
                        places[id(item)],
                    )
                    for item in layer
                }
                layer.sort(key=lambda item: (means[id(item)], item.table is None, item.name))
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self.layers], crossings
        self.layers = best

    def _crossings(self) -> int:
        total = 0
        for layer, following in zip(self.layers, self.layers[1:], strict=False):
            place = {id(item): i for i, item in enumerate(following)}
            ends = [(i, place[id(n)]) for i, item in enumerate(layer) for n in item.after]
            total += sum(
                (a[0] - b[0]) * (a[1] - b[1]) < 0 for k, a in enumerate(ends) for b in ends[k + 1 :]
            )
        return total

    def _place(self) -> None:
        """Give heights: stack each layer, then pull items towards their neighbours."""
        for layer in self.layers:
            y = 0.0
            for item in layer:
                item.y = y
                y += item.height + GAP
        for sweep in range(_SWEEPS * 2):
            layers = self.layers if sweep % 2 == 0 else self.layers[::-1]
            for layer in layers:
                wanted = [self._wish(item) for item in layer]
                for item, y in zip(layer, _spread(layer, wanted), strict=True):
                    item.y = y
        lowest = min((item.y for layer in self.layers for item in layer), default=0.0)
        for layer in self.layers:
            for item in layer:
                item.y = round(item.y - lowest + MARGIN)

    def _wish(self, item: _Item) -> float:
        near = [n.middle for n in item.before + item.after]
        return _mean(near, item.middle) - (HEAD / 2 if item.table else item.height / 2)

    def drawn(self) -> tuple[list[str], float, float]:
        """Return the elements, lines first, with width and height."""
        widths = [_width([i.table for i in layer if i.table]) for layer in self.layers]
        gaps = [self._channels(index) for index in range(len(self.layers))]
        lefts: list[float] = []
        x = float(MARGIN)
        for width, channels in zip(widths, gaps, strict=True):
            lefts.append(x)
            x += width + (CHANNEL * (len(channels) + 1) + 14 if channels else 0)
        paths: dict[str, list[str]] = {}
        dots: list[str] = []
        for index, channels in enumerate(gaps):
            for place, origin in enumerate(channels):
                right = lefts[index] + widths[index]
                channel = right + CHANNEL * (place + 1)
                along, ends = self._lane(origin, right, channel, lefts, widths)
                paths.setdefault(origin.name, []).extend(along)
                dots += ends
        lines = [
            f'<path class="line {_class(self.tables[name].feature)}" d="{"".join(along)}"/>'
            for name, along in sorted(paths.items())
        ]
        boxes = [
            _box(item.table, lefts[item.layer], item.y, widths[item.layer], self.relations)
            for layer in self.layers
            for item in sorted(layer, key=lambda i: i.y)
            if item.table
        ]
        height = max((i.y + i.height for layer in self.layers for i in layer), default=0.0)
        return [*lines, *boxes, *dots], x + MARGIN, height + GAP * 1.5

    def _channels(self, index: int) -> list[_Item]:
        """Return the items of a layer that lines leave, in the order of their vertical lines."""
        origins = [item for item in self.layers[index] if item.after]
        return sorted(origins, key=lambda i: (-_mean([n.y for n in i.after], i.y) + i.y, i.y))

    def _lane(
        self, origin: _Item, right: float, channel: float, lefts: list[float], widths: list[float]
    ) -> tuple[list[str], list[str]]:
        """Return the lines from an item to the next layer, and the dots at their ends."""
        feature = self.tables[origin.name].feature
        paths, dots = [], []
        for item in origin.after:
            left = lefts[item.layer]
            if item.table is None:
                end = left + widths[item.layer]
                paths.append(_path(right, origin.middle, channel, end, item.middle))
                continue
            for relation in self.relations:
                if relation.child == item.name and relation.parent == origin.name:
                    y = item.y + HEAD + ROW * (_keys(item.table).index(relation.columns[0]) + 0.5)
                    paths.append(_path(right, origin.middle, channel, left - 6, y))
                    dots.append(_dot(left, y, feature, is_open=relation.is_optional))
        return paths, dots


def _dot(x: float, y: float, feature: str, *, is_open: bool) -> str:
    """Return the end of a line: filled where the child cannot be without its parent."""
    kind = "dot open" if is_open else "dot"
    return f'<circle class="{kind} {_class(feature)}" cx="{_n(x - 4)}" cy="{_n(y)}" r="2.6"/>'


def _path(x1: float, y1: float, channel: float, x2: float, y2: float) -> str:
    """Return an orthogonal path with round corners: along, up or down at ``channel``, along."""
    if abs(y2 - y1) < 1:
        return f"M{_n(x1)} {_n(y1)}H{_n(x2)}"
    bend = min(ROUND, abs(y2 - y1) / 2)
    step = bend if y2 > y1 else -bend
    return (
        f"M{_n(x1)} {_n(y1)}H{_n(channel - bend)}"
        f"Q{_n(channel)} {_n(y1)} {_n(channel)} {_n(y1 + step)}V{_n(y2 - step)}"
        f"Q{_n(channel)} {_n(y2)} {_n(channel + bend)} {_n(y2)}H{_n(x2)}"
    )


def _spread(layer: Sequence[_Item], wanted: Sequence[float]) -> list[float]:
    """Return heights nearest to the wanted ones that keep the order and the distances.

    Neighbours that would overlap are joined to a block that stands at the mean of its wishes (pool
    adjacent violators).
    """
    blocks: list[tuple[float, int, list[float]]] = []
    offset = 0.0
    for item, wish in zip(layer, wanted, strict=True):
        blocks.append((wish - offset, 1, [offset]))
        offset += item.height + (GAP if item.table else LANE)
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count, offsets = blocks.pop()
            other, many, others = blocks.pop()
            together = (mean * count + other * many) / (count + many)
            blocks.append((together, count + many, others + offsets))
    return [mean + offset for mean, _, offsets in blocks for offset in offsets]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _box(
    table: GraphTable, x: float, y: float, width: float, drawn: Sequence[Relation] = ()
) -> str:
    keys, height = _keys(table), _height(table)
    kind = _class(table.feature)
    more = len(table.columns) - len(keys)
    frame = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="7"'
    parts = [
        f'<g class="{kind}" id="{table.name}">',
        f"<title>{escape(table.name)}: {escape(table.purpose)}</title>",
        f'<rect class="card" {frame}/>',
        f'<path class="head" d="M{_n(x)} {_n(y + HEAD)}v{_n(7 - HEAD)}a7 7 0 0 1 7-7'
        f'h{_n(width - 14)}a7 7 0 0 1 7 7v{_n(HEAD - 7)}z"/>',
        f'<rect class="edge" {frame}/>',
        f'<text class="name" x="{_n(x + 10)}" y="{_n(y + 17.5)}">{escape(table.name)}</text>',
    ]
    if more:
        parts.append(
            f'<text class="more" x="{_n(x + width - 8)}" y="{_n(y + 17.5)}">+{more}</text>'
        )
    by_name = {column.name: column for column in table.columns}
    for place, key in enumerate(keys):
        column = by_name[key]
        line = y + HEAD + ROW * (place + 0.5) + 4
        is_drawn = any(key in relation.columns for relation in drawn if relation in table.relations)
        loop = " ↺" if column.target and not is_drawn else ""
        style = "key" if column.is_primary else "link"
        parts.append(
            f'<text class="{style}" x="{_n(x + 10)}" y="{_n(line)}">{escape(key)}{loop}</text>'
        )
    return "".join([*parts, "</g>"])


def _legend(features: Sequence[str], width: float, y: float) -> tuple[list[str], float]:
    """Return the colours' names, and the height that they take."""
    parts = []
    x, height = float(MARGIN), 18.0
    for feature in features:
        length = len(feature) * LETTER + 30
        if x + length > width - MARGIN:
            x, y, height = float(MARGIN), y + 20, height + 20
        parts.append(
            f'<g class="{_class(feature)}"><circle class="swatch" cx="{_n(x + 5)}" '
            f'cy="{_n(y + 8)}" r="5"/><text class="legend" x="{_n(x + 16)}" y="{_n(y + 12)}">'
            f"{escape(feature)}</text></g>"
        )
        x += length
    return parts, height


def _class(feature: str) -> str:
    return f"f-{feature}"


def _style(features: Sequence[str], first: Sequence[str]) -> str:
    hues = {name: HUES[place % len(HUES)] for place, name in enumerate(features)}
    rules = "".join(f".{_class(name)}{{--hue:{hue}}}" for name, hue in hues.items())
    core = ",".join(f"#{name} .edge" for name in first)
    strong = f"{core}{{stroke:hsl(var(--hue),var(--s),var(--l));stroke-width:2}}" if core else ""
    return (
        "<style>"
        ":root{--ground:#fff;--card:#fff;--edge:#d5d8e2;--text:#1b1e2b;--muted:#5d6378;"
        "--s:62%;--l:34%;--head-l:95%}"
        "@media (prefers-color-scheme:dark){:root{--ground:#14161f;--card:#1c1f2b;--edge:#363b4d;"
        "--text:#eceef5;--muted:#a4aabd;--s:60%;--l:68%;--head-l:21%}}"
        "text{font-family:Inter,ui-sans-serif,system-ui,'Segoe UI',Roboto,sans-serif;"
        "font-size:12px;fill:var(--text)}"
        f"{rules}"
        ".ground{fill:var(--ground)}"
        f".card{{fill:var(--card)}}.edge{{fill:none;stroke:var(--edge)}}{strong}"
        ".head{fill:hsl(var(--hue),55%,var(--head-l))}"
        ".name{font-weight:600;fill:hsl(var(--hue),var(--s),var(--l))}"
        ".more{fill:var(--muted);text-anchor:end;font-size:10.5px}"
        ".key{font-weight:600}.link,.legend{fill:var(--muted)}"
        ".line{fill:none;stroke:hsl(var(--hue),var(--s),var(--l));stroke-width:1.25;opacity:.62}"
        ".dot,.swatch{fill:hsl(var(--hue),var(--s),var(--l))}"
        ".dot{stroke:hsl(var(--hue),var(--s),var(--l));stroke-width:1.25}"
        ".open{fill:var(--ground)}"
        "</style>"
    )


def _n(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
