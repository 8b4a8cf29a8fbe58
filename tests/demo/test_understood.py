"""The sample speaks so that the vocabulary understands it."""

from jobscore.demo import catalogue
from jobscore.vocabulary import gazetteer, tables
from jobscore.vocabulary.finder import default_finder


def test_every_home_and_place_of_work_is_a_known_place():
    for language in ("ja", "en"):
        for town in catalogue.towns(language).items:
            guess = gazetteer.resolve_place(town.name)
            assert guess is not None, town.name
            assert guess.place is not None, town.name
            assert guess.is_sure, town.name


def test_almost_every_way_to_state_or_deny_a_feature_is_understood():
    find = default_finder().features
    phrases, missed = 0, []
    for feature in catalogue.features().values():
        assert feature.key in {entry.code for entry in tables.features()}
        for language in ("ja", "en"):
            for is_stated, group in ((True, feature.stated), (False, feature.denied)):
                for words in group[language]:
                    phrases += 1
                    found = {(one.code, one.stated) for one in find(words)}
                    if (feature.key, is_stated) not in found:
                        missed.append(words)
    assert len(missed) <= 0.1 * phrases, missed
