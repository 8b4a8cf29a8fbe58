"""Finding jobs: what each filter lets through, in which order, page after page."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from jobscore.jobs import search
from jobscore.jobs.models import Job, JobFeature, JobSkill, PayPeriod, Remote
from jobscore.jobs.search import Criteria, likeness
from jobscore.vocabulary.models import Place, PlaceKind, Skill
from jobscore.web.pagination import BadCursorError
from tests import factories

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def job(session: Session, **values: Any) -> Job:
    return factories.job(session, **{"posted_date": TODAY} | values)


def found(session: Session, **wishes: Any) -> set[str]:
    page = search.find(session, Criteria(**wishes), NOW, size=100)
    assert search.count(session, Criteria(**wishes), NOW) == len(page.items)
    return {hit.job.title for hit in page.items}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Python   Tokyo ", ("Python", "Tokyo")),
        ("Ｐｙｔｈｏｎ　ｴﾝｼﾞﾆｱ", ("Python", "エンジニア")),
        ("渋谷のカフェ", ("渋谷", "カフェ")),
        ("はたらく", ("はたらく",)),
        ("a a b", ("a", "b")),
        ("", ()),
    ],
)
def test_a_search_is_read_as_words(text: str, words: tuple[str, ...]) -> None:
    assert search.words(text) == words


@given(st.text(max_size=80))
def test_any_text_is_read_as_few_words_without_spaces(text: str) -> None:
    found = search.words(text)
    assert len(found) <= search.MOST_WORDS
    assert all(word and not word.isspace() for word in found)


def test_every_word_must_stand_somewhere_in_the_posting(session: Session) -> None:
    job(session, title="Baker", company_name="Sun Bread", description="Early shifts in Osaka")
    job(session, title="Cook", company_name="Moon Bread", description="Late shifts")
    assert found(session, text="bread shifts") == {"Baker", "Cook"}
    assert found(session, text="BREAD osaka") == {"Baker"}
    assert found(session, text="bread nowhere") == set()


def test_signs_beside_words_are_left_out_and_alone_find_nothing(session: Session) -> None:
    job(session, title="100% remote")
    job(session, title="10 remote")
    assert found(session, text="100% *") == {"100% remote"}
    assert found(session, text="_") == set()
    assert found(session, text='" OR NOT (') == set()


def test_closed_and_expired_jobs_are_never_found(session: Session) -> None:
    job(session, title="open")
    job(session, title="until tomorrow", expires_at=NOW + timedelta(days=1))
    job(session, title="expired", expires_at=NOW)
    job(session, title="closed", is_active=False)
    assert found(session) == {"open", "until tomorrow"}


def test_the_rule_for_open_is_the_same_in_sql_and_in_python(session: Session) -> None:
    rows = [
        job(session, is_active=active, expires_at=end)
        for active in (True, False)
        for end in (None, NOW, NOW + timedelta(seconds=1), NOW - timedelta(seconds=1))
    ]
    in_sql = set(session.scalars(select(Job.id).where(search.is_open(NOW))))
    assert in_sql == {row.id for row in rows if search.is_open_at(row, NOW)}


def place(session: Session, code: str, name: str, kind: PlaceKind, parent: str | None) -> Place:
    region = code if kind is PlaceKind.PREFECTURE else (parent or "")[:5]
    row = Place(
        code=code,
        kind=kind,
        name_en=name,
        name_ja=name,
        parent_code=parent,
        region_code=region,
        country="JP",
    )
    session.add(row)
    session.flush()
    return row


def test_a_prefecture_holds_its_wards_and_cities(session: Session) -> None:
    tokyo = place(session, "JP-13", "東京都", PlaceKind.PREFECTURE, "JP")
    shibuya = place(session, "JP-13113", "渋谷区", PlaceKind.WARD, "JP-13")
    osaka = place(session, "JP-27", "大阪府", PlaceKind.PREFECTURE, "JP")
    job(session, title="in Shibuya", place_id=shibuya.id)
    job(session, title="in Tokyo", place_id=tokyo.id)
    job(session, title="in Osaka", place_id=osaka.id)
    assert found(session, place="東京都") == {"in Shibuya", "in Tokyo"}
    assert found(session, place="Tokyo") == {"in Shibuya", "in Tokyo"}
    assert found(session, place="渋谷区") == {"in Shibuya"}
    assert found(session, place="Japan") == {"in Shibuya", "in Tokyo", "in Osaka"}


def test_a_prefecture_holds_the_wards_of_its_cities_too(session: Session) -> None:
    place(session, "JP-14", "神奈川県", PlaceKind.PREFECTURE, "JP")
    place(session, "JP-14100", "横浜市", PlaceKind.CITY, "JP-14")
    ward = place(session, "JP-14104", "中区", PlaceKind.WARD, "JP-14100")
    job(session, title="in a ward of Yokohama", place_id=ward.id)
    assert found(session, place="神奈川県") == {"in a ward of Yokohama"}
    assert found(session, place="横浜市") == {"in a ward of Yokohama"}


def test_a_place_that_no_table_knows_is_looked_for_in_the_words(session: Session) -> None:
    job(session, title="there", location="Building Zqxwv 3F")
    job(session, title="elsewhere", location="Tokyo")
    assert found(session, place="zqxwv") == {"there"}


def test_remote_may_mean_fully_or_at_least_partly(session: Session) -> None:
    for remote in (*Remote, None):
        job(session, title=str(remote), remote=remote)
    assert found(session, remote="full") == {"full"}
    assert found(session, remote="any") == {"full", "hybrid"}


def test_pay_is_compared_for_a_year_and_only_in_the_same_currency(session: Session) -> None:
    yen = {"salary_currency": "JPY", "salary_period": PayPeriod.YEAR}
    job(
        session,
        title="up to 6M",
        yearly_min=Decimal(4_000_000),
        yearly_max=Decimal(6_000_000),
        **yen,
    )
    job(session, title="from 5M", yearly_min=Decimal(5_000_000), **yen)
    job(session, title="up to 4M", yearly_max=Decimal(4_000_000), **yen)
    job(session, title="dollars", yearly_max=Decimal(9_000_000), salary_currency="USD")
    job(session, title="unknown")
    assert found(session, yearly_pay=Decimal(5_000_000), currency="JPY") == {"up to 6M", "from 5M"}


def test_all_asked_features_must_be_stated_and_none_denied(session: Session) -> None:
    both = job(session, title="both")
    one = job(session, title="one")
    denied = job(session, title="denied")
    session.add_all(
        [
            JobFeature(job_id=both.id, feature="remote"),
            JobFeature(job_id=both.id, feature="students"),
            JobFeature(job_id=one.id, feature="remote"),
            JobFeature(job_id=denied.id, feature="remote", is_stated=False),
        ]
    )
    session.flush()
    assert found(session, features=("remote",)) == {"both", "one"}
    assert found(session, features=("remote", "students")) == {"both"}


def test_kind_of_employment_and_age_narrow_the_list(session: Session) -> None:
    job(session, title="old full", employment_type="FULL_TIME", posted_date=TODAY - timedelta(9))
    job(session, title="new part", employment_type="PART_TIME")
    assert found(session, employment_types=("PART_TIME", "INTERN")) == {"new part"}
    assert found(session, posted_since=TODAY - timedelta(1)) == {"new part"}


def walk(session: Session, size: int, scores: Any = None) -> list[str]:
    titles: list[str] = []
    after = None
    while True:
        page = search.find(session, Criteria(), NOW, after=after, size=size, scores=scores)
        titles += [hit.job.title for hit in page.items]
        after = page.next_after
        if after is None:
            return titles


def test_the_pages_together_are_the_whole_list_newest_first(session: Session) -> None:
    for n in range(7):
        job(session, title=str(n), posted_date=TODAY - timedelta(days=n // 3))
    assert walk(session, 2) == ["2", "1", "0", "5", "4", "3", "6"]
    assert walk(session, 2) == walk(session, 50)


def test_with_scores_the_best_come_first_and_the_rest_newest_first(session: Session) -> None:
    jobs = [job(session, title=str(n)) for n in range(5)]
    scores = union_all(
        select(
            literal(jobs[1].id).label("job_id"),
            literal(400_000).label("rank_points"),
            literal(71.5).label("total_score"),
        ),
        select(literal(jobs[3].id), literal(900_000), literal(93.0)),
    ).subquery()
    assert walk(session, 2, scores) == ["3", "1", "4", "2", "0"]
    page = search.find(session, Criteria(), NOW, scores=scores)
    assert [hit.score for hit in page.items] == [93, 72, None, None, None]


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WzFd", "WyJ4IiwieSJd", "WzEsMl0"])
def test_a_cursor_that_we_did_not_make_is_refused(session: Session, after: str) -> None:
    with pytest.raises(BadCursorError):
        search.find(session, Criteria(), NOW, after=after)


def test_similar_jobs_share_skills_before_they_share_the_place(session: Session) -> None:
    skills = [Skill(code=c, name_en=c, family="x") for c in ("a", "b")]
    session.add_all(skills)
    session.flush()
    mine = job(session, title="mine", location="Kobe")
    for title, own, where in (
        ("two", skills, "Oita"),
        ("one", skills[:1], "Oita"),
        ("near", [], "Kobe"),
        ("far", [], "Oita"),
    ):
        row = job(session, title=title, location=where)
        session.add_all([JobSkill(job_id=row.id, skill_id=skill.id) for skill in own])
    session.add_all([JobSkill(job_id=mine.id, skill_id=skill.id) for skill in skills])
    session.flush()
    assert [row.title for row in search.similar(session, mine, NOW)] == ["two", "one", "near"]


def test_of_similar_jobs_those_that_share_a_rare_skill_come_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeness, "MOST_SKILLS", 1)
    common, rare = (Skill(code=c, name_en=c, family="x") for c in ("common", "rare"))
    session.add_all([common, rare])
    session.flush()
    mine = job(session, title="mine")
    others = [job(session, title=title) for title in ("everybody's", "everybody's too", "like it")]
    session.add_all([JobSkill(job_id=one.id, skill_id=common.id) for one in (mine, *others)])
    session.add_all([JobSkill(job_id=one.id, skill_id=rare.id) for one in (mine, others[-1])])
    session.flush()
    assert search.similar(session, mine, NOW)[0].title == "like it"


def test_the_home_page_counts_open_jobs_and_what_is_new(session: Session) -> None:
    job(session, company_name="A")
    job(session, company_name="A", posted_date=TODAY - timedelta(days=30))
    job(session, company_name="B", is_active=False)
    assert search.counts(session, NOW, TODAY - timedelta(days=7)) == search.Counts(2, 1)
    session.rollback()
    assert search.counts(session, NOW, TODAY) == search.Counts(0, 0)
