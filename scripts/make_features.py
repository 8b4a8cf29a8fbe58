"""Make jobscore/vocabulary/data/features.tsv from the hand-written features.txt beside this file.

    python scripts/make_features.py

Each feature is one line ``code ; English name ; Japanese name`` followed by the words that prove
it (``+en:``, ``+ja:``) and the words that deny it (``-en:``, ``-ja:``), separated by `` | ``.
"""

from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parent / "jobscore" / "vocabulary" / "data" / "features.tsv"
COLUMNS = ("code", "name_en", "name_ja", "proves_en", "proves_ja", "denies_en", "denies_ja")
PLACES = {"+en": "proves_en", "+ja": "proves_ja", "-en": "denies_en", "-ja": "denies_ja"}


def main() -> None:
    """Write the table; a word that two features claim for the same meaning is an error."""
    table: list[dict[str, str]] = []
    for line in (HERE / "features.txt").read_text(encoding="utf-8").splitlines():
        if line[:3] in PLACES:
            words = [word.strip() for word in line[4:].split(" | ") if word.strip()]
            table[-1][PLACES[line[:3]]] = "|".join(dict.fromkeys(words))
        elif line.strip():
            code, name_en, name_ja = (part.strip() for part in line.split(" ; "))
            table.append({**dict.fromkeys(COLUMNS, ""), "code": code,
                          "name_en": name_en, "name_ja": name_ja})  # fmt: skip
    lines = ["\t".join(COLUMNS), *("\t".join(row[c] for c in COLUMNS) for row in table)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(table), "features,", TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
