"""A job of an alert that never arrived is told another day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import DigestFrequency
from jobscore.database.transaction import transaction
from jobscore.emails import service as outbox
from jobscore.searches import alerts
from jobscore.searches.models import Alert, AlertItem
from tests.digests.conftest import DAY, MORNING

Make = Callable[..., Any]
TOMORROW = DAY + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("morning")


@pytest.mark.parametrize("frequency", [DigestFrequency.DAILY, DigestFrequency.WEEKLY])
def test_jobs_of_a_stopped_alert_are_told_the_next_day(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    make_search: Make,
    frequency: DigestFrequency,
) -> None:
    reader = make_reader()
    jobs = {job.id for job in make_jobs(2)}
    make_search(reader, "", frequency=frequency)
    session.commit()
    assert alerts.build(DAY).jobs == 2
    log_id = session.scalars(select(Alert.email_log_id)).one()
    assert log_id is not None
    session.rollback()
    with transaction():
        outbox.cancel(log_id)
    found = session.execute(select(AlertItem.job_id, AlertItem.undelivered_job_id)).all()
    assert {row[0] for row in found} == {None}
    assert {row[1] for row in found} == jobs
    session.rollback()
    with clock.set_to(MORNING + timedelta(days=1)):
        assert alerts.build(TOMORROW).jobs == 2
    with pytest.raises(outbox.OvertakenError), transaction():
        outbox.retry(log_id)


def test_an_alert_tried_again_takes_its_jobs_again(
    session: Session, make_reader: Make, make_jobs: Make, make_search: Make
) -> None:
    reader = make_reader()
    [job] = make_jobs(1)
    make_search(reader, "")
    session.commit()
    alerts.build(DAY)
    log_id = session.scalars(select(Alert.email_log_id)).one()
    assert log_id is not None
    session.rollback()
    with transaction():
        outbox.cancel(log_id)
    with transaction():
        outbox.retry(log_id)
    assert session.scalars(select(AlertItem.job_id)).all() == [job.id]
    session.rollback()
    with clock.set_to(MORNING + timedelta(days=1)):
        assert alerts.build(TOMORROW).letters == 0
