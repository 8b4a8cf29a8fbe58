"""Two letters compared: each job is new, gone, moved or kept, and once only."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from jobscore.digests.difference import Entry, Why, difference

JOBS = st.lists(st.integers(1, 12), unique=True, max_size=9)


def letter(ids: list[int], section: str = "picks") -> list[Entry]:
    return [Entry(i, f"Job {i}", "Acme", section, 100.0 - i) for i in ids]


@given(JOBS, JOBS)
def test_each_job_of_both_letters_comes_once_and_in_its_place(now: list[int], then: list[int]):
    found = difference(letter(now), letter(then))
    both = [*found.moved, *found.kept]
    assert sorted([p.job.job_id for p in found.new] + [b.job.job_id for b in both]) == sorted(now)
    assert sorted([g.job.job_id for g in found.gone] + [b.job.job_id for b in both]) == sorted(then)
    for one in both:
        assert now[one.place - 1] == then[one.place_before - 1] == one.job.job_id
    assert all(now[one.place - 1] == one.job.job_id for one in found.new)
    assert all(then[one.place - 1] == one.job.job_id for one in found.gone)


@given(JOBS, JOBS)
def test_as_few_jobs_as_possible_are_said_to_have_moved(now: list[int], then: list[int]):
    found = difference(letter(now), letter(then))
    places = [then.index(job) for job in now if job in then]
    longest = max(
        (
            n
            for n in range(len(places) + 1)
            for some in combinations(places, n)
            if list(some) == sorted(some)
        ),
        default=0,
    )
    assert len(found.kept) == longest
    kept = [one.place_before for one in found.kept]
    assert kept == sorted(kept), "what stayed is in the same order"


@given(JOBS)
def test_a_letter_does_not_differ_from_itself(now: list[int]):
    found = difference(letter(now), letter(now))
    assert found.is_empty
    assert len(found.kept) == len(now)


def test_a_job_that_made_room_has_not_moved():
    found = difference(letter([9, 1, 2, 3]), letter([1, 2, 3]))
    assert [one.job.job_id for one in found.new] == [9]
    assert not found.moved
    found = difference(letter([3, 1, 2]), letter([1, 2, 3]))
    assert [(one.job.job_id, one.place_before, one.place) for one in found.moved] == [(3, 3, 1)]


def test_a_job_under_another_heading_has_moved_and_tells_its_points():
    then, now = letter([1], "picks"), [Entry(1, "Job 1", "Acme", "near", 97.5)]
    (one,) = difference(now, then).moved
    assert one.changed_section
    assert one.points == -1.5


def test_what_is_gone_says_why_where_that_is_known():
    found = difference([], letter([1, 2]), {1: Why.CLOSED})
    assert [(one.job.job_id, one.why) for one in found.gone] == [(1, Why.CLOSED), (2, None)]
