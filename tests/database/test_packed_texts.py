"""Revision 0017 packs texts; the way back loses none of them."""

import zlib

from sqlalchemy import Connection, column, create_engine, insert, select, table

from jobscore.database import Migrator
from jobscore.database.guards import Settings

LOGS = table(
    "email_logs",
    *map(column, ("id", "email_type", "recipient_email", "subject", "body", "text_z")),
)
#: More than one step of the revision.
LETTERS = 1_100


def fill(connection: Connection) -> dict[int, str]:
    """Write old rows, packed ones and a damaged one; return the texts that must come back."""
    texts = {i: f"看護師 {i}\n" for i in range(1, LETTERS + 1)}
    common = {"email_type": "digest", "recipient_email": "a@example.com", "subject": "s"}
    rows = [
        common | {"id": i, "body": text, "text_z": None}
        if i % 3 == 0
        else common | {"id": i, "body": "", "text_z": zlib.compress(text.encode())}
        for i, text in texts.items()
    ]
    rows[4]["text_z"], texts[5] = b"damaged", ""
    connection.execute(insert(LOGS), rows)
    return texts


def test_the_way_back_unpacks_every_text(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with Migrator(empty_database_url, settings=Settings(copy=False)) as migrator:
        migrator.upgrade("0017")
        with engine.begin() as connection:
            texts = fill(connection)
        migrator.downgrade("0016")
        with engine.connect() as connection:
            rows = connection.execute(select(LOGS.c.id, LOGS.c.body)).all()
            assert {row.id: row.body for row in rows} == texts
    engine.dispose()
