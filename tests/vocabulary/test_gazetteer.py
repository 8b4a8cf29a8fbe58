"""The gazetteer: free-text locations to places, and its honesty about what it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.vocabulary.gazetteer import place_by_code, resolve_place, suggest_places

PLACES = [
    ("Boston, MA", "US-MA-boston", None),
    ("Remote in Boston, MA", "US-MA-boston", "full"),
    ("Hybrid work in Boston, MA 02210", "US-MA-boston", "hybrid"),
    ("New York, NY 10001", "US-NY-new-york-city", None),
    ("London, UK", "GB-ENG-london", None),
    ("London, Ontario", "CA-ON-london", None),
    ("Paris, TX", "US-TX-paris", None),
    ("Paris", "FR-paris", None),
    ("Newark, New Jersey", "US-NJ-newark", None),
    ("Bangalore", "IN-bengaluru", None),
    ("Sydney NSW", "AU-NSW-sydney", None),
    ("Washington, DC", "US-DC-washington", None),
    ("東京都渋谷区神南1-2-3", "JP-13113", None),
    ("大阪府大阪市北区", "JP-27127", None),
    ("北海道札幌市中央区北1条西2", "JP-01101", None),
    ("京都市東山区", "JP-26105", None),
    ("愛知県愛知郡東郷町", "JP-23302", None),
    ("神奈川県横浜市西区みなとみらい2-3", "JP-14103", None),
    ("渋谷", "JP-13113", None),
    ("新宿駅徒歩5分", "JP-13104", None),
    ("府中市（広島県）", "JP-34208", None),
    ("広島県府中市", "JP-34208", None),
    ("大阪市福島区", "JP-27103", None),
    ("東大阪市", "JP-27227", None),
    ("東京", "JP-13", None),
    ("フルリモート（東京本社）", "JP-13", "full"),
    ("リモート不可 東京都港区", "JP-13103", None),
    ("Shibuya-ku, Tokyo", "JP-13113", None),
    ("Chuo-ku, Osaka", "JP-27128", None),
    ("Minato City, Tokyo", "JP-13103", None),
    ("ニューヨーク", "US-NY-new-york-city", None),
]


@pytest.mark.parametrize(("text", "code", "remote"), PLACES, ids=[p[0] for p in PLACES])
def test_locations_are_resolved(text, code, remote):
    guess = resolve_place(text)
    assert guess is not None
    assert guess.place is not None
    assert guess.place.code == code
    assert guess.remote == remote
    assert guess.is_sure
    assert guess.country == code[:2]


UNSURE = [
    ("府中市", "JP-13206"),
    ("北区", "JP-13117"),
    ("東京・大阪", "JP-13"),
    ("Springfield", None),
]


@pytest.mark.parametrize(("text", "code"), UNSURE, ids=[u[0] for u in UNSURE])
def test_a_name_of_several_places_is_not_sure(text, code):
    guess = resolve_place(text)
    assert guess is not None
    assert guess.place is not None
    assert not guess.is_sure
    assert code is None or guess.place.code == code


NO_PLACE = [("Remote", "full", None), ("在宅勤務OK", "hybrid", None), ("United States", None, "US"),
            ("日本", None, "JP"), ("Anywhere", "full", None)]  # fmt: skip


@pytest.mark.parametrize(("text", "remote", "country"), NO_PLACE, ids=[n[0] for n in NO_PLACE])
def test_remote_and_countries_name_no_place(text, remote, country):
    guess = resolve_place(text)
    assert guess is not None
    assert (guess.place, guess.remote, guess.country) == (None, remote, country)


@pytest.mark.parametrize(
    "text", ["", "???", "全国", "Nice to have", "reading books", "中国地方", "株式会社"]
)
def test_nothing_is_invented(text):
    assert resolve_place(text) is None


def test_an_unknown_town_leaves_its_state():
    guess = resolve_place("Nosuchtownville, KS")
    assert guess is not None
    assert guess.prefecture_or_state_code == "US-KS"


def test_suggestions_begin_with_the_prefix_and_the_largest_come_first():
    assert [p.code for p in suggest_places("渋谷")] == ["JP-13113"]
    assert suggest_places("bost")[0].code == "US-MA-boston"
    assert suggest_places("とても長い名前") == ()
    assert len(suggest_places("a", 5)) == 5
    assert suggest_places("") == ()


def test_places_have_labels_in_both_languages():
    place = place_by_code("JP-27127")
    assert place is not None
    assert place.label("ja") == "大阪府大阪市北区"
    assert place.label("en") == "Kita, Osaka, Osaka"
    assert place_by_code("XX-1") is None


@given(st.text(max_size=120))
def test_no_text_breaks_it(text):
    guess = resolve_place(text)
    assert guess is None or guess.place is not None or guess.country or guess.remote
