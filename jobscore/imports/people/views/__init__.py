"""Pages of people imports: for admins, and for who was invited."""

from jobscore.imports.people.views import admin, invited
from jobscore.imports.people.views.blueprint import bp

__all__ = ["admin", "bp", "invited"]
