"""The accessibility statement lists every criterion once and names tests that exist."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from jobscore.web import accessibility
from jobscore.web.accessibility import CRITERIA, FILES, Way

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


def test_all_criteria_of_both_levels_stand_there_in_order() -> None:
    numbers = [tuple(int(n) for n in c.number.split(".")) for c in CRITERIA]
    assert numbers == sorted(set(numbers))
    levels = [c.level for c in CRITERIA]
    assert (levels.count("A"), levels.count("AA")) == (31, 24)
    assert (4, 1, 1) not in numbers  # taken out of WCAG 2.2


def test_every_way_of_testing_has_a_test_that_exists() -> None:
    assert set(FILES) == set(Way) - {Way.HAND}
    for file in FILES.values():
        assert "def test_" in (ROOT / file).read_text(encoding="utf-8"), file
    assert all(c.ways for c in CRITERIA)
    assert set(accessibility.WAYS) == set(Way)


def test_the_statement_is_linked_from_every_page_and_speaks_both_languages(
    client: FlaskClient,
) -> None:
    assert 'href="/accessibility"' in client.get("/nothing-here").text
    for language, words in (("en", "Focus Not Obscured"), ("ja", "隠されないフォーカス")):
        page = client.get(f"/accessibility?lang={language}").text
        assert words in page
        assert page.count('scope="row"') == len(CRITERIA)
