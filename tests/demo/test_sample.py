"""The sample of postings: the same bytes everywhere, believable, and broken only on purpose."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobscore.demo import catalogue, sample
from jobscore.demo.postings import SPREAD_DAYS

TODAY = date(2026, 11, 22)
LANGUAGES: tuple[catalogue.Language, ...] = ("ja", "en")
COUNT = 2000


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[sample.SampleFile]:
    return sample.write_jobs(tmp_path_factory.mktemp("sample"), COUNT, 1, TODAY)


@pytest.fixture(scope="module")
def whole_rows(files: list[sample.SampleFile]) -> dict[str, list[dict[str, str]]]:
    """The rows of right width, by language, as mappings from the English header's names."""
    found = {}
    for file in files:
        rows = read(file.path)[1:]
        found[file.language] = [
            dict(zip(sample.HEADERS["en"], row, strict=True)) for row in rows if len(row) == 16
        ]
    return found


def test_the_same_seed_gives_these_very_bytes(files):
    digests = [hashlib.sha256(file.path.read_bytes()).hexdigest()[:16] for file in files]
    assert digests == ["69312bcacf05a28f", "74eaf635f78c5204"], (
        "a changed sample is fine: write the new digests here"
    )


def test_another_hash_seed_changes_nothing(tmp_path, files):
    code = (
        "from pathlib import Path; from datetime import date; from jobscore.demo import sample;"
        f"sample.write_jobs(Path({str(tmp_path)!r}), {COUNT}, 1, date(2026, 11, 22))"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    for file in files:
        assert (tmp_path / file.path.name).read_bytes() == file.path.read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_larger_sample_begins_with_the_smaller_one(language):
    small = list(sample.rows(300, 5, TODAY, language))
    large = list(sample.rows(400, 5, TODAY, language))
    assert large[:300] == small
    assert list(sample.rows(300, 6, TODAY, language)) != small


def test_both_files_have_their_header_and_every_row(files):
    assert [file.rows for file in files] == [1200, 800]
    for file in files:
        rows = read(file.path)
        assert tuple(rows[0]) == sample.HEADERS[file.language]
        assert len(rows) - 1 == file.rows


def test_rows_are_broken_only_on_purpose(files):
    for file in files:
        rows = read(file.path)[1:]
        wrong_width = sum(len(row) != 16 for row in rows)
        no_title = sum(not row[1] for row in rows)
        assert 1 <= wrong_width + no_title <= file.rows / sample.BROKEN_EVERY


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", sample.FAULTS)
def test_each_fault_shows_in_the_cells(language, fault):
    from jobscore.demo import postings
    from jobscore.demo.dice import Dice

    posting = postings.make(Dice(3), language, "X1", TODAY)
    cells = sample.broken_cells(posting, fault)
    shows = {
        "narrow": len(cells) < 16,
        "wide": len(cells) > 16,
        "reversed_pay": cells[4] == posting.reversed_salary,
        "no_title": cells[1] == "",
        "bad_date": "13-45" in cells[12],
        "formula": cells[2].startswith("="),
        "html_title": "<script>" in cells[1],
        "long_title": len(cells[1]) > 255,
        "emoji": "🎉" in cells[1],
    }
    assert shows[fault]
    assert cells != posting.cells()


def test_every_fault_comes_up_in_a_sample_of_the_usual_size():
    seen = sum(index % sample.BROKEN_EVERY == sample.BROKEN_EVERY // 4 for index in range(1800))
    assert seen >= len(sample.FAULTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_read_like_postings(whole_rows, language):
    lengths = [len(row["description"]) for row in whole_rows[language]]
    assert min(lengths) >= 300
    assert sorted(lengths)[int(len(lengths) * 0.98)] <= 900
    assert max(lengths) <= 1200
    texts = Counter(row["description"] for row in whole_rows[language])
    repeats = sum(count - 1 for count in texts.values())
    assert repeats < len(lengths) * 0.03, "only repeated rows share a description"
    assert not [text for text in texts if "{" in text or "  " in text or "。。" in text]


def test_pay_comes_in_every_unit_and_sometimes_not_at_all(whole_rows):
    japanese = [row["salary"] for row in whole_rows["ja"]]
    for sign in ("時給", "日給", "月給", "年収", "応相談", "〜", "以上"):
        assert any(sign in pay for pay in japanese), sign
    english = [row["salary"] for row in whole_rows["en"]]
    for sign in ("an hour", "a year", "K-$", "£", "per annum", "From ", "Up to "):
        assert any(sign in pay for pay in english), sign
    assert 0.01 < japanese.count("") / len(japanese) < 0.1
    assert 0.03 < english.count("") / len(english) < 0.15


def test_no_hourly_pay_is_below_the_least_of_the_sample(whole_rows):
    import re

    for row in whole_rows["ja"]:
        if found := re.search(r"時給([\d,]+)円", row["salary"]):
            assert int(found[1].replace(",", "")) >= 1030


def test_days_spread_over_six_weeks_and_some_have_ended(whole_rows):
    days, ended = [], 0
    for row in whole_rows["en"]:
        if "-13-" not in row["posted_date"]:
            days.append(date.fromisoformat(row["posted_date"]))
        ended += bool(row["expires_at"]) and date.fromisoformat(row["expires_at"]) < TODAY
    assert min(days) > TODAY - timedelta(days=SPREAD_DAYS)
    assert max(days) == TODAY
    assert len(set(days)) == SPREAD_DAYS
    assert 0.005 < ended / len(days) < 0.04


def test_some_postings_come_twice(whole_rows):
    for language in LANGUAGES:
        numbers = Counter(row["job_id"] for row in whole_rows[language])
        assert any(count > 1 for count in numbers.values()), "the same posting again"
        same = Counter((r["company"], r["title"], r["description"]) for r in whole_rows[language])
        assert sum(same.values()) - len(same) > sum(numbers.values()) - len(numbers), "reposted"


def test_links_lead_to_example_hosts_only(whole_rows):
    for language in LANGUAGES:
        for row in whole_rows[language]:
            assert row["url"].startswith(("https://example.jp/", "https://example.com/"))


def test_work_style_is_stated_and_denied(whole_rows):
    text = "\n".join("\n".join(row.values()) for row in whole_rows["ja"])
    for words in ("未経験OK", "高校生不可", "週2日からOK", "日払い", "交通費支給", "在宅勤務"):
        assert words in text, words


def test_every_occupation_comes_up(whole_rows):
    every = {title for work in catalogue.occupations().items for title in work.words["ja"].titles}
    seen = {title for title in every for row in whole_rows["ja"] if title in row["title"]}
    assert len(seen) > 0.8 * len(every)
    assert len(catalogue.occupations().items) == 60


def test_every_feature_that_an_occupation_names_is_known():
    known = catalogue.features().keys()
    for work in catalogue.occupations().items:
        assert set(work.says) | set(work.denies) <= known, work.key
        assert not set(work.says) & set(work.denies), work.key
