"""What a CV proposes: measured on labelled CVs, and never more than its words prove."""

import json
import time
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.accounts.resume import reading, spans
from jobscore.accounts.resume.levels import WORDS, level_in
from jobscore.accounts.resume.proposals import MOST, Kind, Problem, UnreadableResumeError
from jobscore.vocabulary import gazetteer, tables

TODAY = date(2026, 11, 20)
CVS: list[dict[str, Any]] = [
    cv
    for name in ("labelled_cvs.toml", "unseen_cvs.toml")
    for cv in tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["cv"]
]
#: Least share of what is proposed that is true, and of what is true that is proposed.
LEAST = {"skill": (0.95, 0.95), "held": (0.95, 0.95), "wanted": (1, 1), "years": (0.95, 0.95),
         "place": (0.95, 0.95)}  # fmt: skip


def labels(cv: dict[str, Any]) -> dict[str, set[str]]:
    codes = {tables.skill_code(name) for name in cv["skills"]}
    assert None not in codes, cv["name"]
    return {
        "skill": {str(code) for code in codes},
        "held": set(cv["titles"]),
        "wanted": set(cv.get("wanted", [])),
        "years": {str(cv["years"])} if "years" in cv else set(),
        "place": {cv["place"]} if "place" in cv else set(),
    }


def proposed(text: str) -> dict[str, set[str]]:
    found = reading.read(text, TODAY)
    return {kind.value: {p.value for p in found.of(kind)} for kind in Kind}


def test_what_labelled_cvs_say_is_found_and_little_else() -> None:
    assert len(CVS) >= 26
    right, extra, missed = Counter[str](), Counter[str](), Counter[str]()
    for cv in CVS:
        found = proposed(cv["text"])
        for kind, wanted in labels(cv).items():
            right[kind] += len(found[kind] & wanted)
            extra[kind] += len(found[kind] - wanted)
            missed[kind] += len(wanted - found[kind])
    measured = {
        kind: (
            right[kind] / (right[kind] + extra[kind]),
            right[kind] / (right[kind] + missed[kind]),
        )
        for kind in LEAST
    }
    short = {
        kind: found
        for kind, found in measured.items()
        if found[0] < LEAST[kind][0] or found[1] < LEAST[kind][1]
    }
    assert short == {}


@pytest.mark.parametrize("cv", CVS, ids=lambda cv: cv["name"])
def test_every_proposal_quotes_words_of_the_text(cv: dict[str, Any]) -> None:
    flat = " ".join(cv["text"].split())
    found = reading.read(cv["text"], TODAY)
    assert found.proposals
    for one in found.proposals:
        assert one.quote.words
        for words in one.quote.words.split(" … "):
            assert " ".join(words.split()) in flat


@pytest.mark.parametrize(
    ("lines", "years"),
    [
        ("2018年4月〜2021年3月", 3),
        ("2018/04 - 2021/03", 3),
        ("2018.4～2021.3", 3),
        ("平成30年4月～令和3年3月", 3),
        ("H30.4 - R3.3", 3),
        ("令和元年5月〜令和2年4月", 1),
        ("Apr 2018 – Mar 2021", 3),
        ("April 2018 to March 2021", 3),
        ("04/2018 – 03/2021", 3),
        ("2018-04-01 – 2021-03-31", 3),
        ("2018 - 2021", 3),
        ("2018年4月 A社 入社\n2021年3月 退社", 3),
        ("2018年4月 A社 入社\n2020年4月 B社 入社\n2021年3月 退社", 3),
        ("2018年4月〜2020年3月\n2019年4月〜2021年3月", 3),
        ("2022年11月 A社 入社\n現在に至る", 4),
        ("Nov 2022 - Present", 4),
        ("2022年11月〜現在", 4),
        ("2022年11月〜", 4),
        ("2021年3月〜2018年4月", 0),
        ("2030年1月〜2035年1月", 0),
        ("tel 03-1234-5678, 〒100-2018", 0),
    ],
)
def test_dates_are_added_up_to_years(lines: str, years: int) -> None:
    found = spans.spans(enumerate(lines.splitlines(), 1), TODAY)
    assert spans.years((span.first, span.until) for span in found) == years


def test_what_is_wished_lacking_or_a_hobby_is_no_skill() -> None:
    text = (
        "I would like to learn Rust programming.\nNo experience with Java.\nDockerは未経験です\n"
        "Hobbies: photography, cooking\nHTMLとCSS\n希望職種：営業事務\nフォークリフト免許は取得予定"
    )
    assert {"html", "css"} <= proposed(text)["skill"]
    assert (
        not {"rust", "java", "docker", "photography", "cooking", "forklift-licence"}
        & (proposed(text)["skill"])
    )
    assert proposed(text)["wanted"] == {"営業事務"}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_level_word_that_we_write_is_read_back(language: str) -> None:
    assert [level_in(word) for word in WORDS[language]] == [1, 2, 3, 4, 5]


# --- JSON Resume ----------------------------------------------------------------------------------

RESUME: dict[str, Any] = {
    "basics": {
        "name": "Hanako",
        "label": "Web Developer",
        "email": "h@example.com",
        "summary": "Loves Django.",
        "location": {"city": "渋谷区", "region": "東京都", "countryCode": "JP"},
    },
    "work": [
        {"name": "A", "position": "Chef", "startDate": "2018-04", "endDate": "2020-03"},
        {"name": "B", "position": "Cook", "startDate": "2020-04-01", "endDate": "2021-03-31",
         "highlights": ["Menu planning for 40 guests"]},
    ],
    "education": [{"institution": "U", "area": "Law", "courses": ["Excel"]}],
    "skills": [{"name": "Backend", "level": "Master", "keywords": ["Python", "Frobnication"]}],
    "languages": [{"language": "Japanese", "fluency": "Native speaker"}, {"language": "Klingon"}],
    "certificates": [{"name": "日商簿記2級"}],
    "meta": None,
}  # fmt: skip


def test_a_json_resume_is_read_by_its_fields() -> None:
    found = reading.read(json.dumps(RESUME), TODAY)
    assert [p.value for p in found.of(Kind.WANTED)] == ["Web Developer"]
    assert [p.value for p in found.of(Kind.HELD)] == ["Chef", "Cook"]
    assert [(p.value, p.path) for p in found.of(Kind.YEARS)] == [("3", "work")]
    assert [p.value for p in found.of(Kind.PLACE)] == ["JP-13113"]
    skills = {p.value: (p.level, p.path) for p in found.of(Kind.SKILL)}
    assert skills["python"] == (5, "skills[0].keywords[0]")
    assert skills["japanese"] == (5, "languages[0].language")
    assert skills[str(tables.skill_code("Menu planning"))] == (0, "work[1].highlights[0]")
    assert {"django", "bookkeeping-certificate-level-2-japan"} <= skills.keys()
    assert "microsoft-excel" not in skills
    assert found.unknown == ("Frobnication", "Klingon")


@pytest.mark.parametrize(
    ("change", "problem", "path"),
    [
        ({"basics": []}, Problem.NOT_OBJECT, "basics"),
        ({"basics": {"location": "Tokyo"}}, Problem.NOT_OBJECT, "basics.location"),
        ({"work": {}}, Problem.NOT_LIST, "work"),
        ({"work": [{}, "Chef"]}, Problem.NOT_OBJECT, "work[1]"),
        ({"work": [{"position": 7}]}, Problem.NOT_WORDS, "work[0].position"),
        ({"skills": [{"keywords": ["a", {}]}]}, Problem.NOT_WORDS, "skills[0].keywords[1]"),
        ({"skills": [{"keywords": "a"}]}, Problem.NOT_LIST, "skills[0].keywords"),
        ({"meta": {"jobscore": []}}, Problem.NOT_OBJECT, "meta.jobscore"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(
    change: dict[str, Any], problem: Problem, path: str
) -> None:
    with pytest.raises(UnreadableResumeError) as caught:
        reading.read(json.dumps({**RESUME, **change}), TODAY)
    assert (caught.value.problem, caught.value.path) == (problem, path)


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("", Problem.EMPTY, (0, 0)),
        (" \n\u3000", Problem.EMPTY, (0, 0)),
        ("x" * 200_001, Problem.TOO_LONG, (0, 0)),
        ("あ" * 70_000, Problem.TOO_LONG, (0, 0)),
        ("one\ntwo \x00", Problem.CONTROL, (2, 5)),
        ('{"basics": {},\n "work": [}', Problem.NOT_JSON, (2, 11)),
        ('{"x": ' + "[" * 40, Problem.TOO_DEEP, (1, 38)),
        ('{"a": 1}', Problem.NOT_RESUME, (0, 0)),
        ('{"basics": {"name": "\ud800"}}', None, (0, 0)),
        ('{"skills": [{"level": ' + "9" * 5000 + "}]}", Problem.NOT_WORDS, (0, 0)),
        ('{"skills": ' + "{" * 20_000, Problem.TOO_DEEP, (1, 43)),
    ],
)
def test_what_cannot_be_read_says_where(
    text: str, problem: Problem | None, place: tuple[int, int]
) -> None:
    if problem is None:
        assert reading.read(text, TODAY).proposals == ()
        return
    with pytest.raises(UnreadableResumeError) as caught:
        reading.read(text, TODAY)
    assert caught.value.problem is problem
    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"%PDF-1.7 \xe2\xe3", Problem.BINARY),
        (b"PK\x03\x04docx", Problem.BINARY),
        (b"\xff\xd8\xff\xe0", Problem.BINARY),
        (b"\x81\x00\xfd\xfe", Problem.NOT_TEXT),
        (b"a" * 200_001, Problem.TOO_LONG),
    ],
)
def test_files_that_are_no_text_are_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(UnreadableResumeError) as caught:
        reading.decode(content)
    assert caught.value.problem is problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_files_are_read_in_the_encodings_that_people_save(encoding: str) -> None:
    assert reading.decode("看護師 10年".encode(encoding)) == "看護師 10年"


# --- anything at all ------------------------------------------------------------------------------

WORDS_OF_CVS = st.sampled_from(
    ["Python", "看護師", "2018年4月", "〜", "現在", "Chef", "希望職種：", "Skills", "\n", " ",
     "（", "）", "H30.4", "入社", "退職", "years of experience", "10", "年", "経験", "{", "\t",
     "・", "Boston, MA",
     "営業として勤務", "-", "Present", "\ud800", "𠮷", "\u202e"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["basics", "work", "skills", "languages", "certificates", "projects", "meta",
             "name", "position", "startDate", "endDate", "keywords", "location", "city", "label",
             "jobscore"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS_OF_CVS | st.text(max_size=6), max_size=40).map("".join))
def test_any_text_gives_proposals_within_bounds_or_a_named_problem(text: str) -> None:
    try:
        found = reading.read(text, TODAY)
    except UnreadableResumeError:
        return
    assert found == reading.read(text, TODAY)
    for kind in Kind:
        assert len(found.of(kind)) <= MOST[kind.value]
    for one in found.proposals:
        assert one.value
        assert one.level in range(6)
        if one.kind is Kind.SKILL:
            assert tables.skill_of(one.value)
        elif one.kind is Kind.PLACE:
            assert gazetteer.place_by_code(one.value)
        elif one.kind is Kind.YEARS:
            assert 1 <= int(one.value) <= 60
        else:
            assert len(one.value) <= 255
            assert one.value.isprintable() or "\u202e" in one.value


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_gives_proposals_or_names_what_is_wrong(document: Any) -> None:
    try:
        reading.read(json.dumps({"skills": [], "x": document, "basics": document}), TODAY)
    except UnreadableResumeError as error:
        assert error.path or error.line  # noqa: PT017 # one of many examples may raise


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        assert isinstance(reading.decode(content), str)
    except UnreadableResumeError as error:
        assert error.problem in {Problem.BINARY, Problem.NOT_TEXT}  # noqa: PT017 # as above


def test_a_long_text_is_read_in_little_time() -> None:
    for line in (
        "2018年4月〜" * 20,
        "a-" * 300,
        "（" * 500,
        "経験" * 200,
        "Nurse, " * 60,
        "1" * 900,
    ):
        text = (line + "\n") * (190_000 // (len(line.encode()) + 1))
        begun = time.process_time()
        reading.read(text, TODAY)
        assert time.process_time() - begun < 5, line[:20]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("東京都府中市府中町1-1", "JP-13206"),
        ("〒183-0055 東京都府中市府中町1-1 サンプルハイツ", "JP-13206"),
        ("府中市", None),
        ("Springfield", None),
    ],
)
def test_an_address_is_proposed_only_where_it_is_sure(address: str, code: str | None) -> None:
    found = proposed(f"住所：{address}\n")["place"]
    assert found == ({code} if code else set())


def test_a_wish_may_stand_under_its_heading_and_an_employer_is_no_skill() -> None:
    text = "■希望職種\n経理マネージャー\n■私の歩み\n株式会社青空製薬 営業\n"
    found = proposed(text + "I don't have a driver's license.")
    assert found["wanted"] == {"経理マネージャー"}
    assert found["held"] == {"営業"}
    assert not {"pharmaceuticals-making", "drivers-licence"} & found["skill"]
