"""What the word index has read of which job, and which jobs changed since somebody looked.

The index itself is the table ``job_words``: a virtual table on SQLite, so no model.
"""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, primary_key
from jobscore.extensions import Base


class JobDocument(Base):
    """The document of the word index that holds a job's words as they are now.

    A job without one waits to be read (again). Numbers are never used twice.
    """

    __tablename__ = "job_documents"
    __table_args__ = {"sqlite_autoincrement": True}

    doc: Mapped[int] = primary_key()
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)


class JobChange(Base):
    """One line for each time that a job was written: what processes hold in memory follows it.

    Only the latest lines are kept. A process that finds lines missing reads everything anew.
    """

    __tablename__ = "job_changes"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = primary_key()
    #: No foreign key: it outlives the job, to say that it is gone.
    job_id: Mapped[int] = mapped_column(Id)
    #: PostgreSQL: the number of the transaction, which tells late ones; SQLite: a random number,
    #: which tells a line from one that was rolled back.
    stamp: Mapped[int] = mapped_column(BigInteger, index=True)
