"""Keep the Japanese catalogue true to the code.

``python scripts/translations.py update`` extracts every message from code and templates, merges
them into ``jobscore/translations/ja/LC_MESSAGES/messages.po`` and compiles it; ``check`` does the
same beside the tree and fails when the committed files differ, or when a message has no Japanese.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "jobscore" / "translations" / "ja" / "LC_MESSAGES"
METHODS = [("**/demo/words/**", "ignore"), ("**.py", "python")]
TEMPLATE_METHODS = [("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false"}}
#: The catalogue's dates: the same messages are the same bytes, whatever the day.
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
}


def extract() -> Catalog:
    """Return every message of the code and the templates."""
    catalog = Catalog(
        locale="ja",
        project="jobscore",
        charset="utf-8",
        fuzzy=False,
        creation_date=ALWAYS,
        revision_date=ALWAYS,
    )
    for folder, methods in (("jobscore", METHODS), ("templates", TEMPLATE_METHODS)):
        found = extract_from_dir(
            ROOT / folder, method_map=methods, options_map=OPTIONS, keywords=KEYWORDS
        )
        for filename, _line, message, _comments, context in sorted(found, key=lambda f: f[:2]):
            catalog.add(message, None, [(f"{folder}/{filename}", None)], context=context)
    return catalog


def merged() -> tuple[Catalog, list[str]]:
    """Return the up-to-date catalogue and the messages without Japanese."""
    catalog = extract()
    with (FOLDER / "messages.po").open("rb") as file:
        known = read_po(file, locale="ja")
    missing = []
    for message in catalog:
        if not message.id:
            continue
        singular = message.id[0] if isinstance(message.id, tuple) else message.id
        have = known.get(singular)
        text = have.string if have else None
        if isinstance(message.id, tuple):
            first = text[0] if isinstance(text, tuple | list) else text
            message.string = (first or "",)
        else:
            message.string = (text[0] if isinstance(text, tuple | list) else text) or ""
        if not any(message.string if isinstance(message.string, tuple) else [message.string]):
            missing.append(singular)
    return catalog, missing


def rendered(catalog: Catalog) -> tuple[bytes, bytes]:
    """Return the catalogue as .po and .mo, without anything that changes by the clock."""
    catalog.mime_headers = [
        (name, value)
        for name, value in catalog.mime_headers
        if name in {"Project-Id-Version", "Language", "Plural-Forms", "MIME-Version"}
        or name.startswith("Content-")
    ]
    po, mo = io.BytesIO(), io.BytesIO()
    catalog.header_comment = "# Japanese messages of jobscore."
    write_po(po, catalog, width=100, sort_output=True, omit_header=False, include_lineno=False)
    write_mo(mo, catalog)
    lines = [
        line
        for line in po.getvalue().split(b"\n")
        if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'))
        and not line.startswith((b'"Last-Translator', b'"Language-Team', b'"Report-Msgid'))
    ]
    return b"\n".join(lines), mo.getvalue()


def main(command: str) -> int:
    """Run ``update`` or ``check``; return the exit status."""
    catalog, missing = merged()
    po, mo = rendered(catalog)
    for message in missing:
        print(f"without Japanese: {message!r}")
    if command == "update":
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "messages.po").write_bytes(po)
        (FOLDER / "messages.mo").write_bytes(mo)
        print(f"{len(catalog)} messages, {len(missing)} without Japanese")
        return 0
    for name, wanted in (("messages.po", po), ("messages.mo", mo)):
        path = FOLDER / name
        if not path.exists() or path.read_bytes() != wanted:
            print(f"{name} is not what the code says: run python scripts/translations.py update")
            return 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
