"""The town of the digests, for people whose data is shown and erased."""

from tests.digests.conftest import (  # noqa: F401 # fixtures
    live_at,
    make_jobs,
    make_reader,
    match,
    morning,
    place,
    town,
)
