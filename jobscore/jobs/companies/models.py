"""The spellings of companies, each with the key that all spellings of one company share."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.extensions import Base


class CompanyName(Base):
    """One way in which postings write a company's name (株式会社ヤマト and ヤマト㈱ are two)."""

    __tablename__ = "company_names"
    __table_args__ = (
        # the spellings of one company; those that wait for their key
        Index("idx_company_names_digest", "digest"),
    )

    company_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: ``names.digest_of``; empty: no page (a name that is none); null: not worked out yet.
    digest: Mapped[str | None] = mapped_column(String(16))
