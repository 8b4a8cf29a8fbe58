"""The shipped tables are whole: codes, names, parents and coordinates hold together."""

import re
import unicodedata
from collections import Counter

from jobscore.vocabulary import tables

JAPANESE = re.compile(r"[ぁ-ヿ一-龯々]")
WARDS = (
    "千代田|中央|港|新宿|文京|台東|墨田|江東|品川|目黒|大田|世田谷|"
    "渋谷|中野|杉並|豊島|北|荒川|板橋|練馬|足立|葛飾|江戸川"
)
NEEDS = {
    "daily_weekly_pay", "short_term", "high_hourly_pay", "free_shifts", "no_experience_needed",
    "remote", "students", "high_school_students", "homemakers", "seniors", "weekends_only",
    "second_job", "travel_paid", "start_at_once",
}  # fmt: skip


def test_every_code_stands_once():
    for entries in (tables.skills(), tables.features(), tables.places()):
        counts = Counter(entry.code for entry in entries)
        assert [code for code, n in counts.items() if n > 1] == []


def test_codes_are_short_plain_words():
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", s.code) for s in tables.skills())
    assert all(len(s.code) <= 100 for s in tables.skills())
    assert all(re.fullmatch(r"[a-z_]+", f.code) for f in tables.features())
    assert all(re.fullmatch(r"[A-Z]{2}(-[A-Za-z0-9]+)*", p.code) for p in tables.places())
    assert all(len(p.code) <= 64 for p in tables.places())


def test_every_parent_exists_and_no_chain_is_a_ring():
    parents = {s.code: s.parent_code for s in tables.skills()}
    parents |= {p.code: p.parent_code for p in tables.places()}
    for code in parents:
        seen = set()
        while code:
            assert code in parents
            assert code not in seen
            seen.add(code)
            code = parents[code]


def test_no_name_or_alias_is_claimed_by_two_skills():
    owner: dict[str, str] = {}
    for skill in tables.skills():
        names = [skill.name_en, skill.name_ja or "", *skill.aliases_en, *skill.aliases_ja]
        for name in filter(None, names):
            key = unicodedata.normalize("NFKC", name).lower()
            assert owner.setdefault(key, skill.code) == skill.code, name


def test_japanese_names_contain_japanese_and_english_ones_do_not():
    for skill in tables.skills():
        assert skill.name_ja is None or JAPANESE.search(skill.name_ja), skill.code
        assert all(JAPANESE.search(a) for a in skill.aliases_ja), skill.code
        assert not any(JAPANESE.search(a) for a in (skill.name_en, *skill.aliases_en)), skill.code
    for feature in tables.features():
        assert JAPANESE.search(feature.name_ja)
        assert not JAPANESE.search(feature.name_en)
    for place in tables.places():
        assert place.country != "JP" or (place.name_ja and JAPANESE.search(place.name_ja))
        assert place.country != "JP" or place.name_en.isascii()


def test_words_of_closed_sets_are_used():
    assert {s.kind for s in tables.skills()} == {"skill", "licence", "language"}
    assert {s.ambiguous for s in tables.skills()} == {"", "case", "context"}
    assert {p.kind for p in tables.places()} == {
        "country", "state", "prefecture", "city", "ward",
    }  # fmt: skip


def test_the_vocabulary_is_broad_in_both_languages():
    skills = tables.skills()
    assert len(skills) >= 2_500
    assert sum(1 for s in skills if s.name_ja) >= 900
    assert min(len(s.family) for s in skills) > 0


def test_the_fourteen_needs_and_others_are_features_with_proofs():
    features = {f.code: f for f in tables.features()}
    assert features.keys() >= NEEDS
    assert len(features) >= 30
    assert all(f.proves for f in features.values())
    for feature in features.values():
        assert not set(feature.proves) & set(feature.denies), feature.code


def test_all_of_japan_is_there():
    japan = [p for p in tables.places() if p.country == "JP" and p.kind != "country"]
    prefectures = {p.code for p in japan if p.kind == "prefecture"}
    assert prefectures == {f"JP-{n:02}" for n in range(1, 48)}
    municipalities = [p for p in japan if p.parent_code in prefectures]
    assert len(municipalities) == 1_741
    wards = [p.name_ja for p in municipalities if p.parent_code == "JP-13" and p.kind == "ward"]
    assert wards == [f"{name}区" for name in WARDS.split("|")]
    assert len([p for p in japan if p.kind == "ward"]) == 23 + 171


def test_coordinates_lie_where_they_should():
    for place in tables.places():
        assert -90 <= place.latitude <= 90
        assert -180 <= place.longitude <= 180
        if place.country == "JP":
            assert 24 <= place.latitude <= 46, place.code
            assert 122 <= place.longitude <= 154, place.code


def test_wards_lie_near_their_city():
    places = tables.places_by_code()
    for ward in places.values():
        parent = places.get(ward.parent_code or "")
        if ward.kind == "ward" and parent is not None and parent.kind == "city":
            assert abs(ward.latitude - parent.latitude) < 0.4, ward.code
            assert abs(ward.longitude - parent.longitude) < 0.4, ward.code


def test_every_place_label_of_japan_resolves_to_that_place():
    from jobscore.vocabulary.gazetteer import resolve_place

    wrong = []
    for place in tables.places():
        if place.country == "JP" and place.kind != "country":
            guess = resolve_place(place.label("ja"))
            if guess is None or guess.place is None or guess.place.code != place.code:
                wrong.append((place.code, place.label("ja")))
    assert wrong == []
