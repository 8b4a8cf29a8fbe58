"""The switch that leaves behaviour unread: scores then stand on declared wishes alone."""

from jobscore.accounts import audit
from jobscore.accounts.models import User
from jobscore.extensions import db


def switch(user: User, *, is_off: bool) -> None:
    """Have what a person looked at not count in their scores (``is_off``), or count again. Flushes.

    What they saved, hid or applied to still decides what is shown.
    """
    user.profile.no_profiling = is_off
    audit.record("profiling.off" if is_off else "profiling.on", user, actor_id=user.id)
    db.session.flush()
