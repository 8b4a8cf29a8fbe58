"""Where templates, static files and migrations lie: beside the package, or inside a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_ASSETS = PACKAGE / "_assets"
#: A checkout keeps the three folders beside the package; a wheel carries them inside it.
ROOT = _ASSETS if _ASSETS.is_dir() else PACKAGE.parent

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"
TRANSLATIONS = PACKAGE / "translations"


def default_instance() -> Path:
    """Return the folder for the embedded database, uploads and the outbox.

    A checkout uses its own ``instance/``; an installed package uses ``instance/`` of the folder
    that the process was started in, so that nothing is ever written into site-packages.
    """
    return (Path.cwd() if ROOT == _ASSETS else ROOT) / "instance"
