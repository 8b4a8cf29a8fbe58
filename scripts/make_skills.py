"""Make jobscore/vocabulary/data/skills.tsv and blocked.tsv from the hand-written lists in skills/.

    python scripts/make_skills.py [--names skills.json]

``--names`` is the list of English names of the PyPI package skill-extractor; with it the script
reports how many of ours it knows too (a check of breadth, nothing is copied from it).

A list is made of these lines:

- ``## family [kind]`` begins a family; the kind is skill, licence or language
- ``> code`` makes that skill the broader one of all that follow; ``>`` ends it
- ``English name = Japanese name ; alias ; alias`` is one skill; aliases of either language
- ``Name~alias~alias, Name, …`` are skills with English names only
- ``names_ja.txt`` gives Japanese names to skills that the lists have in English only
- ``!`` after a name: only as written; ``?``: only as written and near words of its field
"""

import argparse
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent / "jobscore" / "vocabulary" / "data"
LISTS = ("tech.txt", "office.txt", "service.txt", "work.txt", "licences.txt", "more.txt")
COLUMNS = (
    "code", "kind", "name_en", "name_ja", "family", "parent_code", "ambiguous",
    "aliases_en", "aliases_ja",
)  # fmt: skip
MARKS = {"!": "case", "?": "context"}
#: Names whose plain spelling would say something else.
CODES = {"C++": "cpp", "C#": "csharp", "F#": "fsharp", "Q#": "qsharp", ".NET": "dotnet"}
JAPANESE = re.compile(r"[ぁ-ヿ一-龯々]")


def code_of(name: str) -> str:
    """Return the stable, readable code of an English name."""
    plain = CODES.get(name, name).replace("'", "").replace("&", " and ")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def strip_mark(name: str) -> tuple[str, str]:
    """Return the name without its mark, and what the mark means."""
    name = name.strip()
    return (name[:-1].strip(), MARKS[name[-1]]) if name[-1:] in MARKS else (name, "")


class Table:
    """The skills read so far; the first to claim a name keeps it."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}
        self.owner: dict[str, str] = {}
        self.seen: set[str] = set()
        self.lost: list[str] = []

    def add(self, names: list[str], kind: str, family: str, parent: str) -> None:
        """Add one skill: its English name, its Japanese name if it has one, its aliases."""
        name_en, ambiguous = strip_mark(names[0])
        code = code_of(name_en)
        if code in self.rows:
            self.lost.append(f"{name_en} (twice)")
            return
        english: list[str] = []
        japanese: list[str] = []
        for name in names:
            plain, mark = strip_mark(name)
            key = unicodedata.normalize("NFKC", plain).lower()
            owner = self.owner.setdefault(key, code)
            if owner != code:
                self.lost.append(f"{plain} ({code}: {owner})")
            elif key not in self.seen:
                self.seen.add(key)
                is_japanese = JAPANESE.search(plain) is not None
                is_exact = bool(mark) and plain != name_en
                (japanese if is_japanese else english).append(plain + ("!" if is_exact else ""))
        if not english or english[0] != name_en:
            self.lost.append(f"{name_en} (whole skill)")
            return
        name_ja = japanese[0] if japanese else ""
        self.rows[code] = {
            "code": code,
            "kind": kind,
            "name_en": name_en,
            "name_ja": name_ja,
            "family": family,
            "parent_code": parent if parent != code else "",
            "ambiguous": ambiguous,
            "aliases_en": "|".join(english[1:]),
            "aliases_ja": "|".join(japanese[1:]),
        }


def read(table: Table, text: str) -> None:
    """Read one list into the table."""
    kind, family, parent = "skill", "", ""
    for line in text.splitlines():
        if line.startswith("## "):
            words = line[3:].split()
            family, kind, parent = words[0], (words[1] if len(words) > 1 else "skill"), ""
        elif line.startswith(">"):
            parent = line[1:].strip()
        elif "=" in line:
            name, _, rest = line.partition(" = ")
            table.add([name, *rest.split(" ; ")], kind, family, parent)
        elif line.strip():
            for entry in line.split(", "):
                table.add(entry.split("~"), kind, family, parent)


def main() -> None:
    """Write both tables and say what they hold and which names were claimed twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=Path)
    options = parser.parse_args()
    table = Table()
    for name in LISTS:
        read(table, (HERE / "skills" / name).read_text(encoding="utf-8"))
    by_name = {row["name_en"]: row for row in table.rows.values()}
    for pair in (HERE / "skills" / "names_ja.txt").read_text(encoding="utf-8").strip().split("|"):
        name_en, _, name_ja = pair.partition("=")
        row = by_name.get(name_en)
        if row is None or row["name_ja"] or table.owner.setdefault(name_ja.lower(), "") != "":
            table.lost.append(f"{pair} (names_ja.txt)")
        else:
            row["name_ja"] = name_ja
            table.owner[name_ja.lower()] = row["code"]
    rows = list(table.rows.values())
    missing = {r["parent_code"] for r in rows} - table.rows.keys() - {""}
    if missing:
        raise SystemExit(f"unknown broader skills: {sorted(missing)}")
    write(DATA / "skills.tsv", COLUMNS, [tuple(r[c] for c in COLUMNS) for r in rows])
    japanese, _, english = (
        (HERE / "skills" / "blocked.txt").read_text(encoding="utf-8").partition("\n")
    )
    phrases = dict.fromkeys([*japanese.split(), *english.strip().split("|")])
    write(DATA / "blocked.tsv", ("phrase",), [(phrase,) for phrase in phrases])
    print(len(rows), "skills", Counter(r["kind"] for r in rows), "with Japanese:",
          sum(1 for r in rows if r["name_ja"] or r["aliases_ja"]), "names:", len(table.owner))  # fmt: skip
    print("claimed twice:", len(table.lost), table.lost[:60])
    if options.names:
        known = set(json.loads(options.names.read_text(encoding="utf-8")))
        print("known to skill-extractor:", sum(1 for n in table.owner if n in known))


def write(path: Path, head: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    """Write one tab-separated table."""
    text = "\n".join("\t".join(line) for line in [head, *lines])
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
