"""Pages for admins: the list of imports and the road of one, a module for each part of it."""

from jobscore.imports.views import (
    checking,
    listing,
    mapping,
    mending,
    reading,
    running,
    undo,
    uploading,
)
from jobscore.imports.views.blueprint import bp

__all__ = [
    "bp",
    "checking",
    "listing",
    "mapping",
    "mending",
    "reading",
    "running",
    "undo",
    "uploading",
]
