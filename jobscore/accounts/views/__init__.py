"""Pages of the account: signing in, the start, the profile, the account, people for admins."""

from jobscore.accounts.views import (
    account,
    admin,
    preview,
    profile,
    recovery,
    resume,
    signing,
    start,
)
from jobscore.accounts.views.blueprint import bp

__all__ = ["account", "admin", "bp", "preview", "profile", "recovery", "resume", "signing", "start"]
