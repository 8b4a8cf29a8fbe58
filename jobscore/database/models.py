"""The one table of the schema itself."""

from jobscore.database import records
from jobscore.extensions import Base


class SchemaRevision(Base):
    """A revision as it was applied here: when, how long it took, and its file's fingerprint."""

    __table__ = records.TABLE.to_metadata(Base.metadata)
