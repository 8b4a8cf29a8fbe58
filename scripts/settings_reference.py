"""Write docs/settings.md from ``Config``: ``python scripts/settings_reference.py``."""

from dataclasses import fields
from pathlib import Path

from jobscore.config import PREFIX, Config

TARGET = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Every setting is an environment variable; `…_FILE` behind its name reads the value from a file.
A wrong value stops the start with a sentence that names the variable. The demo needs none of them.
This page is made from `jobscore/config.py` by `python scripts/settings_reference.py`.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    rows = [
        f"| `{PREFIX}{f.name.upper()}` | {f'`{f.default}`' if f.default not in ('', None) else '–'} "
        f"| {f.metadata['help']} |"
        for f in fields(Config)
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
