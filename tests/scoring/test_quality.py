"""The judge's view of the scorer: the same components, aligned with the jobs given."""

from jobscore.scoring.quality import Scorer, by_gazetteer

JOBS = [
    {"id": "a", "title": "Registered nurse", "city": "Newark", "state": "New Jersey"},
    {"id": "b", "title": "Welder", "city": "Chicago", "state": "Illinois"},
    {"id": "c", "title": "Night nurse", "city": "Chicago", "state": "Illinois"},
    {"id": "d", "title": "看護師"},
]


def test_scores_are_aligned_with_the_jobs_and_prefer_near_and_fitting_ones():
    score = Scorer()
    score.prepare(JOBS)
    profile = {"wants": ["Nurse"], "titles": [], "cities": ["Chicago"], "states": ["Illinois"]}
    found = score(profile, JOBS).tolist()
    assert max(range(4), key=found.__getitem__) == 2
    assert found[2] > found[0] > found[3]


def test_jobs_seen_before_speak_for_their_work_and_place():
    found = Scorer()({"seen": ["c"]}, JOBS).tolist()
    assert found[2] > found[0]
    assert found[1] > found[3]


def test_cities_are_found_in_their_own_state():
    newark = by_gazetteer("Newark", "New Jersey")
    assert newark.lat is not None
    assert 40 < newark.lat < 41
    assert by_gazetteer("Newark", "Nowhere").lat is None
