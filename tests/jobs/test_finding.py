"""What postings say is found alike in this process and in others."""

import pytest

from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.extraction import extract_draft
from jobscore.jobs.finding import FinderPool

DRAFTS = [
    JobDraft(title="Pythonエンジニア", company_name="A", description=f"未経験OK {n}")
    for n in range(250)
]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_pool_finds_what_one_process_finds_in_the_same_order(processes: int) -> None:
    expected = [extract_draft(draft) for draft in DRAFTS]
    assert expected[0].features
    with FinderPool(processes) as pool:
        assert pool.submit(DRAFTS)() == expected
        assert pool.submit([])() == []
