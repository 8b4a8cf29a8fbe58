"""What admins were told by letter: each event once."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import primary_key, set_on_insert
from jobscore.extensions import Base


class AdminNotice(Base):
    """An event that admins were told of, or would have been."""

    __tablename__ = "admin_notices"

    id: Mapped[int] = primary_key()
    #: The event, such as ``run_slow:12`` or ``bounces:2026-11-23``.
    event: Mapped[str] = mapped_column(String(150), unique=True)
    #: How many letters were written of it: none where there was nobody to tell, or too much.
    letters: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    created_at: Mapped[datetime] = set_on_insert()
