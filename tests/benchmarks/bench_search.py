"""What a search costs: whole pages, finding words, counting facets, reading into the index."""

import random
import statistics
from collections.abc import Callable

from flask import Flask
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs import forms, search
from jobscore.jobs.models import Job, JobFeature
from jobscore.jobs.search import Criteria, columns, indexing
from tests.benchmarks.measuring import Results, least_seconds, seconds, timed

WORDS = (
    *("", "営業", "a", "the", "スタッフ", "渋谷のカフェ", "engineer", "python tokyo", "看護師"),
    *("東京都", "京都", "接客", "レジ", "介護 夜勤", "募集", "データ入力", "事務 正社員", "driver"),
    *("nurse", "remote", "リモートワーク", "英語", "カフェ 未経験", "sales manager", "の", "猫"),
    *("customer service", "enginer", "カフエ", "zzzz", "保育士", "full-time", "c++", "Excel"),
)
FILTERS = (
    *("", "type=FULL_TIME", "type=PART_TIME&remote=any", "place=東京都", "place=渋谷区&km=20"),
    *("pay=1200&pay_unit=JPY-hour", "days=7", "feature=remote&feature=students", "sort=pay"),
    *("sort=new&level=mid", "stated=no", "place=Boston&km=50&sort=near"),
)
PAGES = 200


def index_all() -> tuple[int, float]:
    """Read what waits; return how many jobs and the CPU seconds it took."""
    done = 0

    def read() -> None:
        nonlocal done
        while True:
            with transaction() as session:
                n = indexing.index_waiting(session)
            done += n
            if not n:
                return

    taken = seconds(read)
    return done, taken


def test_reading_words_into_the_index(world: Flask, results: Results) -> None:
    index_all()
    with transaction() as session:
        indexing.forget(session)
    n, taken = index_all()
    query = select(Job.id, *indexing.TEXTS)
    plain = seconds(lambda: db.session.execute(query).all())
    results.add(
        "reading words into the index",
        f"{n:,} jobs",
        f"{taken:.1f} s",
        f"only reading the texts, {plain:.2f} s",
        plain / taken,
    )


def test_search_pages(world: Flask, results: Results) -> None:
    index_all()
    n = db.session.scalar(select(func.count()).select_from(Job))
    client = world.test_client()
    _, first = timed(client.get, "/jobs?q=x&place=Tokyo")
    die = random.Random(1)
    addresses = [f"/jobs?q={w}&{f}" for w in WORDS for f in die.sample(FILTERS, 6)][:PAGES]
    die.shuffle(addresses)
    for language in ("en", "ja"):
        headers = {"Accept-Language": language}
        client.get("/jobs", headers=headers)
        taken = [timed(client.get, one, headers=headers) for one in addresses]
        assert all(response.status_code == 200 for response, _ in taken)
        cuts = statistics.quantiles((seconds for _, seconds in taken), n=20)
        results.add(
            f"a page of the search ({language})",
            f"{len(taken)} searches of {n:,} jobs",
            f"{cuts[9] * 1e3:.0f} ms, p95 {cuts[18] * 1e3:.0f} ms",
        )
    results.add("… the first of a process", "reads all jobs", f"{first:.1f} s")


def like(session: Session, word: str) -> Callable[[], object]:
    """Return work that finds a word without an index."""
    texts = or_(*(column.icontains(word, autoescape=True) for column in indexing.TEXTS))
    query = select(func.count()).select_from(Job).where(search.is_open(clock.now()), texts)
    return lambda: session.scalar(query)


def test_finding_words(world: Flask, results: Results) -> None:
    index_all()
    session = db.session()
    columns.current(session)
    for text in ("営業", "スタッフ", "カフェ", "python"):

        def ours(text: str = text) -> int:
            columns.current(session).memo.clear()
            return search.count(session, Criteria(text=text), clock.now())

        found = ours()
        plain, indexed = least_seconds(3, like(session, text), ours)
        results.add(
            f"finding {text}",
            f"{found:,} jobs found",
            f"{indexed * 1e3:.1f} ms",
            f"LIKE, {plain * 1e3:.0f} ms",
            plain / indexed,
        )
        assert indexed < plain


def test_counting_facets(world: Flask, results: Results) -> None:
    session = db.session()
    now = clock.now()
    today = clock.today("Asia/Tokyo")
    is_paid = case((func.coalesce(Job.yearly_max, Job.yearly_min).is_(None), 0), else_=1)

    def ours() -> object:
        found = search.match(session, Criteria(), now)
        return search.facets(found, today, forms.POSTED_DAYS)

    def in_sql() -> object:
        group = (Job.employment_type, Job.remote, Job.experience_level, is_paid, Job.posted_date)
        packed = select(*group, func.count()).where(search.is_open(now)).group_by(*group)
        style = (
            select(JobFeature.feature, func.count())
            .join(Job, Job.id == JobFeature.job_id)
            .where(search.is_open(now), JobFeature.is_stated)
            .group_by(JobFeature.feature)
        )
        return session.execute(packed).all(), session.execute(style).all()

    ours()
    plain, taken = least_seconds(3, in_sql, ours)
    results.add(
        "counting every facet",
        f"{len(columns.current(session)):,} jobs found",
        f"{taken * 1e3:.1f} ms",
        f"two GROUP BY, {plain * 1e3:.0f} ms",
        plain / taken,
    )
    assert taken < plain
