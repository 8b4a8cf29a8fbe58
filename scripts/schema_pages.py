"""Write docs/schema.md and docs/images/schema.svg from the models.

``python scripts/schema_pages.py`` writes them; ``check`` fails when the committed files differ.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def pages() -> dict[Path, str]:
    """Return each file with the text that it should have."""
    from jobscore.app import create_app
    from jobscore.database import cli

    with create_app({"database_url": "sqlite://"}).app_context():
        return {
            ROOT / "docs" / "schema.md": cli.drawn("markdown"),
            ROOT / "docs" / "images" / "schema.svg": cli.drawn("svg"),
        }


def main(command: str) -> int:
    """Run ``write`` or ``check``; return the exit status."""
    stale = 0
    for path, text in pages().items():
        if command == "write":
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} is not what the models say: run python scripts/schema_pages.py")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "write"))
