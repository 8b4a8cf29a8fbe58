"""The finder: what it finds in postings of both languages, and what it must leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.vocabulary.finder import default_finder
from jobscore.vocabulary.tables import features, skills

FOUND = [
    ("レジ業務と品出しをお任せします", {"cash-register", "shelf-stocking"}),
    ("レジャー用品の会社です", set()),
    ("レジスタッフ募集", {"cash-register"}),
    ("セルフレジャック", set()),
    ("レジオネラ菌とホールマーク", set()),
    ("Javaエンジニア", {"java"}),
    ("JavaScript", {"javascript"}),
    ("ＪａｖａとＥＸＣＥＬの経験", {"java", "microsoft-excel"}),
    ("ﾌｫｰｸﾘﾌﾄ作業", {"forklift-driving"}),
    ("フォークリフト免許をお持ちの方", {"forklift-licence"}),
    ("介護職員初任者研修を修了した方", {"care-worker-initial-training"}),
    ("准看護師", {"licensed-practical-nurse"}),
    ("看護師", {"registered-nurse"}),
    ("営業所は駅前です", set()),
    ("法人営業の経験", {"corporate-sales"}),
    ("日商簿記2級", {"bookkeeping-certificate-level-2-japan"}),
    ("普通自動車免許（AT限定可）", {"drivers-licence"}),
    ("TOEIC700点以上", {"toeic"}),
    ("C言語とC++", {"c-language", "cpp"}),
    ("送迎バスあり", set()),
    ("社会保険完備", set()),
    ("福利厚生充実、ネイルOK", set()),
    ("Experience with REST APIs and CI/CD pipelines", {"rest-api", "ci-cd"}),
    ("We write Go, Python and Rust", {"go", "python", "rust"}),
    ("Go to our website to apply", set()),
    ("You will excel at this", set()),
    ("Microsoft Excel", {"microsoft-excel"}),
    ("must react to changes", set()),
    ("React and TypeScript", {"react", "typescript"}),
    ("R&D department", {"research-and-development"}),
    ("statistics in R programming", {"statistics", "r-language"}),
    ("front-end development", {"front-end-development"}),
    (".NET and C# developer", {"dotnet", "csharp"}),
    ("Node.js / Next.js", {"node-js", "next-js"}),
    ("Certified Nursing Assistant", {"certified-nursing-assistant"}),
    ("access to a great canteen", set()),
    ("your own words, teams of five", set()),
    ("driver's license", {"drivers-licence"}),
    ("", set()),
]


@pytest.mark.parametrize(("text", "codes"), FOUND, ids=[t for t, _ in FOUND])
def test_skills_are_found_exactly(text, codes):
    assert {skill.code for skill in default_finder().skills(text)} == codes


REQUIRED = [
    ("Java必須、Python歓迎", {"java": True, "python": False}),
    ("【必須】\n・Java\n【歓迎】\n・Python", {"java": True, "python": False}),
    ("■応募資格\n普通自動車免許", {"drivers-licence": True}),
    ("Word、Excel必須", {"microsoft-word": True, "microsoft-excel": True}),
    ("TOEIC600点以上あれば尚可", {"toeic": False}),
    (
        "Required: Python, Java. Nice to have: Kotlin",
        {"python": True, "java": True, "kotlin": False},
    ),
    ("Kotlin is a plus.", {"kotlin": False}),
    ("Python is required. Kotlin preferred.", {"python": True, "kotlin": False}),
    ("Python is not required", {}),
    ("Python is not required but a plus", {"python": False}),
    ("普通自動車免許不要", {}),
    ("レジ・品出し 未経験歓迎", {"cash-register": None, "shelf-stocking": None}),
    ("経験不問 法人営業", {"corporate-sales": None}),
    ("We use Python.", {"python": None}),
    ("Python is a plus. Python is required.", {"python": True}),
]


@pytest.mark.parametrize(("text", "wanted"), REQUIRED, ids=[t for t, _ in REQUIRED])
def test_required_and_welcome_are_told_apart(text, wanted):
    found = {s.code: s.required for s in default_finder().skills(text)}
    assert found == wanted


STATED = [
    ("未経験OK", {"no_experience_needed": True}),
    ("残業ありません", {"no_overtime": True}),
    ("固定シフトではありません", {}),
    ("未経験不可", {"no_experience_needed": False}),
    ("経験不問", {"no_experience_needed": True}),
    ("高校生不可", {"high_school_students": False}),
    ("高校生は不可", {"high_school_students": False}),
    ("高校生OK", {"high_school_students": True}),
    ("no remote", {"remote": False}),
    ("Fully remote", {"full_remote": True, "remote": True}),
    ("This is not a remote position", {"remote": False}),
    ("在宅勤務不可", {"remote": False}),
    ("日払いOK", {"daily_weekly_pay": True}),
    ("単発バイト", {"short_term": True}),
    ("高時給", {"high_hourly_pay": True}),
    ("週2日からOK", {"free_shifts": True}),
    ("学生歓迎", {"students": True}),
    ("主婦（夫）歓迎", {"homemakers": True}),
    ("シニア活躍中", {"seniors": True}),
    ("土日のみOK", {"weekends_only": True}),
    ("ＷワークOK", {"second_job": True}),
    ("交通費全額支給", {"travel_paid": True}),
    ("交通費なし", {"travel_paid": False}),
    ("即日勤務", {"start_at_once": True}),
    ("No experience necessary", {"no_experience_needed": True}),
    ("weekends off", {"weekends_off": True}),
    ("転勤なし", {"no_transfer": True}),
    ("短期大学卒", {}),
]


@pytest.mark.parametrize(("text", "wanted"), STATED, ids=[t for t, _ in STATED])
def test_features_are_stated_or_denied(text, wanted):
    assert {f.code: f.stated for f in default_finder().features(text)} == wanted


def test_what_is_stated_and_denied_counts_as_denied():
    found = default_finder().features("高校生歓迎。深夜は高校生不可")
    assert [(f.code, f.stated) for f in found] == [("high_school_students", False)]


@pytest.mark.parametrize("feature", features(), ids=lambda f: f.code)
def test_every_proof_and_denial_works_by_itself(feature):
    finder = default_finder()
    for words, stated in ((feature.proves, True), (feature.denies, False)):
        for word in words:
            found = {f.code: f.stated for f in finder.features(word)}
            assert found.get(feature.code) is stated, word


def test_every_clear_name_of_a_skill_finds_that_skill():
    finder = default_finder()
    missed = []
    for skill in skills():
        if skill.ambiguous:
            continue
        for name in (skill.name_en, skill.name_ja):
            if name and skill.code not in {s.code for s in finder.skills(name)}:
                missed.append((skill.code, name))
    assert missed == []


words = st.sampled_from(
    ["レジ", "レジャー", "Java", "ｶﾞｲﾄﾞ", "Script", "必須", "不可", "高校生", "C", "Go", ".NET", "İ",
     "ß", "、", "。", "\n", " ", "ー", "ﾌｫｰｸﾘﾌﾄ", "Ｅｘｃｅｌ", "歓迎", ":",
     "no ", "remote", "未経験"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=200), st.lists(words, max_size=25).map("".join))


@given(texts)
def test_quotes_are_the_words_of_the_text(text):
    found = default_finder().find(text)
    for hit in (*found.skills, *found.features):
        assert 0 <= hit.start < hit.end <= len(text)
        assert hit.quote == text[hit.start : hit.end]
    for hits in (found.skills, found.features):
        codes = [hit.code for hit in hits]
        assert len(codes) == len(set(codes))


@given(texts)
def test_the_same_text_says_the_same_twice(text):
    assert default_finder().find(text) == default_finder().find(text)
