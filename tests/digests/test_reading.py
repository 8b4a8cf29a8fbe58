"""How a build reads: by people's lists, whatever else there is an index for."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobscore.digests import reading
from jobscore.extensions import db
from tests.digests.conftest import DAY

pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def backend() -> str:
    """PostgreSQL plans by statistics, which a test does not have."""
    return "sqlite"


@pytest.mark.parametrize("is_preview", [False, True])
def test_matches_are_found_by_the_lists_of_the_people_asked_for(
    session: Session, make_reader: Any, is_preview: bool
) -> None:
    make_reader()
    session.commit()
    people = reading.people_of(reading.everyone())
    query = reading._matches(people, DAY, is_preview=is_preview)
    sql = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    rows = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    plan = [str(row[3]) for row in rows]
    assert "idx_matching_results_user_day" in plan[0], plan
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan), plan
