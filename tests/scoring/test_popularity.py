"""Popularity helps those of whom little is known, and nobody else."""

from dataclasses import replace

from jobscore.scoring import engine, popularity
from jobscore.scoring.building import build_jobs
from jobscore.scoring.components import skill_match
from jobscore.scoring.frames import NOWHERE, JobRow, Profile
from jobscore.scoring.policy import BUILT_IN, LATEST

ON = replace(LATEST, version="x", parameters=replace(LATEST.parameters, popularity_share=20))
ROWS = [JobRow(id=n + 1, title="Nurse", viewers=n) for n in (0, 4, 5, 20, 60)]
NEW = Profile(user_id=1, wanted_titles=("Nurse",))


def test_more_people_give_more_and_too_few_give_nothing():
    jobs = build_jobs(ROWS, policy=ON)
    assert skill_match.points(NEW, jobs, ON).tolist() == [8_000, 8_000, 8_400, 9_000, 9_500]
    told = popularity.evidence(NEW, jobs, range(5), ON)
    assert told == [(0, 0), (0, 0), (5, 2_000), (20, 5_000), (60, 7_500)]


def test_whoever_looked_at_a_job_or_named_much_is_scored_without_it():
    jobs = build_jobs(ROWS, policy=ON)
    for person in (
        replace(NEW, seen_titles=("Nurse",)),
        replace(NEW, seen_places=(NOWHERE,)),
        replace(NEW, skills=dict.fromkeys(range(6), 3)),
    ):
        with_, without = (engine.judge(person, jobs, policy) for policy in (ON, LATEST))
        assert with_.rank_points.tolist() == without.rank_points.tolist()
        assert popularity.evidence(person, jobs, range(5), ON) == [(0, 0)] * 5


def test_a_part_that_cannot_be_judged_stays_so():
    jobs = build_jobs(ROWS, policy=ON)
    assert set(skill_match.points(Profile(user_id=1), jobs, ON).tolist()) == {-1}


def test_no_built_in_policy_counts_people():
    assert {policy.parameters.popularity_share for policy in BUILT_IN} == {0}
