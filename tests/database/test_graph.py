"""The pages and pictures of the tables: current, readable, and drawn around the boxes."""

import re
import xml.etree.ElementTree as ET

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from jobscore.database import cli, graph
from jobscore.database.graph import GraphColumn, GraphTable, Relation, picture
from jobscore.extensions import Base
from scripts.schema_pages import pages


@pytest.fixture
def backend() -> str:
    """Models are drawn, no database is read: one of them is enough."""
    return "sqlite"


NS = "{http://www.w3.org/2000/svg}"


def test_the_committed_pages_are_what_the_models_say() -> None:
    stale = [
        path.name
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run: python scripts/schema_pages.py"


def test_the_same_models_give_the_same_text() -> None:
    for form in ("svg", "mermaid", "markdown"):
        assert cli.drawn(form) == cli.drawn(form)


def test_every_table_and_relation_is_told() -> None:
    page, diagram, drawing = (cli.drawn(form) for form in ("markdown", "mermaid", "svg"))
    for table in Base.metadata.tables.values():
        assert f"\n### {table.name}\n" in page
        assert f"\n    {table.name} {{\n" in diagram
        assert f">{table.name}</text>" in drawing
        for column in table.columns:
            assert re.search(rf"        \S+ {column.name}\b", diagram)
        for key in table.foreign_keys:
            line = rf"{key.column.table.name} (\|\||\|o)--(o\{{|o\|) {table.name} :"
            assert re.search(line, diagram)


def test_the_core_tables_stand_first() -> None:
    found = re.findall(r"^### (\w+)$", cli.drawn("markdown"), re.MULTILINE)
    assert tuple(found[:6]) == cli.CORE_TABLES


def test_every_word_of_the_diagram_is_one_that_mermaid_reads() -> None:
    lines = cli.drawn("mermaid").splitlines()
    relation = r'    \w+ (\|\||\|o)--o[{|] \w+ : "[\w, ]+"'
    column = r'        [a-z][a-z0-9_()\[\]]* \w+( (PK|FK|UK)(, (PK|FK|UK))*)?( "[^"]+")?'
    for line in lines[1:]:
        assert re.fullmatch(rf"{relation}|{column}|    \w+ \{{|    \}}", line), line


class Own(DeclarativeBase):
    """A registry of its own, so that the application's stays clean."""


class Team(Own):
    """People who work together.

    What follows the first paragraph is for programmers.
    """

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: As it stands on the door,
    #: in capitals.
    name: Mapped[str] = mapped_column(String(40), unique=True, server_default="A|B")
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))


class Room(Own):
    """Where a team sits."""

    __tablename__ = "rooms"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)


def test_a_table_is_told_by_its_docstring_and_the_words_above_its_columns() -> None:
    rooms, teams = graph.tables(Own.registry)
    assert teams.purpose == "People who work together."
    assert teams.columns[1].remark == "As it stands on the door, in capitals."
    assert (teams.columns[1].type, teams.columns[1].default) == ("varchar(40)", "'A|B'")
    assert teams.columns[1].is_unique
    assert rooms.relations == (Relation("rooms", "teams", ("team_id",), False, True),)
    assert "teams ||--o| rooms" in graph.mermaid([rooms, teams])
    assert "teams |o--o{ teams" in graph.mermaid([rooms, teams])


def test_a_model_without_a_docstring_is_refused() -> None:
    class Bare(DeclarativeBase):
        pass

    class Mute(Bare):
        __tablename__ = "mutes"
        id: Mapped[int] = mapped_column(primary_key=True)

    Mute.__doc__ = None
    with pytest.raises(graph.UntoldTableError, match="table mutes has no docstring"):
        graph.tables(Bare.registry)


def test_a_table_without_a_model_is_refused() -> None:
    class Bare(DeclarativeBase):
        pass

    from sqlalchemy import Column, Integer, Table

    Table("loose", Bare.metadata, Column("id", Integer, primary_key=True))
    with pytest.raises(graph.UntoldTableError, match="table loose"):
        graph.tables(Bare.registry)


def test_the_command_prints_and_writes(app: Flask, tmp_path: object) -> None:
    runner = app.test_cli_runner()
    printed = runner.invoke(args=["schema", "graph"])
    assert printed.exit_code == 0
    assert printed.output.startswith("erDiagram\n")
    target = f"{tmp_path}/schema.svg"
    written = runner.invoke(args=["schema", "graph", "--format", "svg", "--output", target])
    assert written.exit_code == 0
    with open(target, encoding="utf-8") as file:
        assert file.read().startswith("<svg ")
    refused = runner.invoke(args=["schema", "graph", "--output", f"{tmp_path}/no/such/x.md"])
    assert refused.exit_code == 1
    assert "x.md" in refused.output


# --- the picture --------------------------------------------------------------------------------


def column(name: str, target: str | None = None, *, is_primary: bool = False) -> GraphColumn:
    return GraphColumn(name, "bigint", False, "", "", is_primary, False, target)


def tables_of(edges: set[tuple[int, int]], count: int) -> list[GraphTable]:
    found = []
    for child in range(count):
        parents = sorted(parent for c, parent in edges if c == child)
        found.append(
            GraphTable(
                f"table_{child}",
                f"feature_{child % 3}",
                "One & more <things>.",
                (
                    column("id", is_primary=True),
                    column("word"),
                    *(column(f"t{p}_id", f"table_{p}") for p in parents),
                ),
                tuple(
                    Relation(f"table_{child}", f"table_{p}", (f"t{p}_id",), bool(p % 2), False)
                    for p in parents
                ),
            )
        )
    return found


def boxes_and_segments(
    text: str,
) -> tuple[dict[str, tuple[float, ...]], list[tuple[float, ...]]]:
    root = ET.fromstring(text)
    boxes = {}
    for group in root.iter(f"{NS}g"):
        rect = group.find(f"{NS}rect")
        if rect is not None:
            x, y, w, h = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
            boxes[group.attrib["id"]] = (x, y, x + w, y + h)
    segments = []
    for path in root.iter(f"{NS}path"):
        if not path.attrib["class"].startswith("line"):
            continue
        here = (0.0, 0.0)
        for step, numbers in re.findall(r"([MHVQ])([-\d. ]+)", path.attrib["d"]):
            values = [float(n) for n in numbers.split()]
            there = {
                "M": lambda v, _h: (v[0], v[1]),
                "H": lambda v, h: (v[0], h[1]),
                "V": lambda v, h: (h[0], v[0]),
                "Q": lambda v, _h: (v[2], v[3]),
            }[step](values, here)
            if step != "M":
                segments.append((*here, *there))
            here = there
    return boxes, segments


def crossings(text: str) -> list[str]:
    boxes, segments = boxes_and_segments(text)
    return [
        f"{name}: {segment}"
        for name, (left, top, right, bottom) in boxes.items()
        for segment in segments
        if max(segment[0], segment[2]) > left + 1
        and min(segment[0], segment[2]) < right - 1
        and max(segment[1], segment[3]) > top + 1
        and min(segment[1], segment[3]) < bottom - 1
    ]


def overlaps(text: str) -> list[tuple[str, str]]:
    boxes = sorted(boxes_and_segments(text)[0].items())
    return [
        (a, b)
        for i, (a, one) in enumerate(boxes)
        for b, other in boxes[i + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def test_no_line_crosses_a_box_and_no_box_another() -> None:
    text = cli.drawn("svg")
    boxes, segments = boxes_and_segments(text)
    assert set(boxes) == set(Base.metadata.tables)
    assert len(segments) > 40
    assert crossings(text) == []
    assert overlaps(text) == []


@given(st.data())
def test_any_tables_can_be_drawn(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 9))
    pairs = [(c, p) for c in range(count) for p in range(count)]
    edges = data.draw(st.sets(st.sampled_from(pairs), max_size=14)) if pairs else set()
    text = picture.svg(tables_of(edges, count))
    assert crossings(text) == []
    assert overlaps(text) == []
    ends = [e for e in ET.fromstring(text).iter(f"{NS}circle") if "dot" in e.attrib["class"]]
    # a line or a mark for each relation
    assert len(ends) + text.count("↺") == len(edges)


def test_the_picture_has_colours_for_light_and_dark() -> None:
    text = cli.drawn("svg")
    assert "prefers-color-scheme:dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
