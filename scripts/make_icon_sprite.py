"""Make static/vendor/lucide/sprite.svg from the icons that the app names.

Run it after naming a new icon: ``npm pack lucide-static@1.62.0``, unpack the archive, then
``python scripts/make_icon_sprite.py path/to/package``. It also renews the sprite's sum in the list of files of others.
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPRITE = ROOT / "static" / "vendor" / "lucide" / "sprite.svg"
LIST = ROOT / "static" / "vendor" / "README.md"

ICONS = [
    "accessibility",
    "activity",
    "arrow-right",
    "banknote",
    "briefcase",
    "calendar",
    "check",
    "chevron-left",
    "chevron-right",
    "circle-alert",
    "circle-check",
    "circle-help",
    "clock",
    "database",
    "download",
    "external-link",
    "eye",
    "eye-off",
    "file-text",
    "filter",
    "gauge",
    "history",
    "house",
    "inbox",
    "info",
    "keyboard",
    "languages",
    "layout-dashboard",
    "list-checks",
    "lock",
    "log-in",
    "log-out",
    "mail",
    "map-pin",
    "menu",
    "pencil",
    "play",
    "plus",
    "refresh-cw",
    "rotate-ccw",
    "scale",
    "search",
    "send",
    "settings",
    "shield",
    "sliders-horizontal",
    "sparkles",
    "star",
    "trash-2",
    "triangle-alert",
    "upload",
    "user",
    "users",
    "wifi-off",
    "x",
]


def symbol(source: Path, name: str) -> str:
    """Return one icon of the package as an SVG symbol without colour or size of its own."""
    svg = (source / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if body is None:
        raise SystemExit(f"{name}.svg holds no drawing")
    drawing = re.sub(r"\s+", " ", body.group(1)).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def main() -> None:
    """Write the sprite, sorted by name, so that the same icons give the same bytes."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: make_icon_sprite.py PATH_TO_UNPACKED_LUCIDE_STATIC")
    source = Path(sys.argv[1])
    symbols = "\n".join(symbol(source, name) for name in sorted(set(ICONS)))
    SPRITE.write_text(
        "<!-- Lucide icons, ISC licence (LICENSE beside this file); "
        "made by scripts/make_icon_sprite.py -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n',
        encoding="utf-8",
    )
    listed = LIST.read_text(encoding="utf-8")
    digest = hashlib.sha256(SPRITE.read_bytes()).hexdigest()
    row = re.compile(r"^(\| lucide/sprite\.svg \|.*\| )[0-9a-f]{64}( \|)", re.MULTILINE)
    LIST.write_text(row.sub(rf"\g<1>{digest}\g<2>", listed), encoding="utf-8")
    print(f"{SPRITE.relative_to(ROOT)}: {len(set(ICONS))} icons, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
