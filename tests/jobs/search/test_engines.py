"""The word index: both databases answer what the plain rule says, for any text."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from jobscore.jobs.search import indexing, word_index
from jobscore.jobs.search.models import JobDocument
from jobscore.jobs.search.tokens import holds, parse, tokenise
from tests import factories

SOME = st.text("営業東京都のカフェアー猫 Aab's-+#1。", max_size=14)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(SOME, min_size=1, max_size=6), searches=st.lists(SOME, max_size=6))
def test_the_index_answers_as_the_plain_rule_does(
    session: Session, texts: list[str], searches: list[str]
) -> None:
    with session.begin_nested() as undo:
        jobs = [factories.job(session) for _ in texts]
        rows = [JobDocument(job_id=job.id) for job in jobs]
        session.add_all(rows)
        session.flush()
        documents = {row.doc: tokenise(text) for row, text in zip(rows, texts, strict=True)}
        written = [(doc, words) for doc, words in documents.items() if words]
        word_index.write(session, written)
        for search in [*searches, *texts, *(text[1:3] for text in texts)]:
            phrases = parse(search).phrases
            if not phrases:
                continue
            expected = {doc for doc, words in documents.items() if holds(words, phrases)}
            assert set(word_index.matching(session, phrases).tolist()) == expected, search
        undo.rollback()


def test_titles_words_and_pieces_are_found_in_the_index(session: Session) -> None:
    job = factories.job(session, title="法人営業", description="C++ and Python's friends")
    assert indexing.index_waiting(session) == 1
    assert indexing.index_waiting(session) == 0
    for text in ("営業", "法", "c++", "python", "friend"):
        docs = word_index.matching(session, parse(text).phrases)
        assert docs.tolist() == [session.query(JobDocument).filter_by(job_id=job.id).one().doc]
    assert indexing.check(session) == []


def test_an_index_that_lacks_words_is_told(session: Session) -> None:
    job = factories.job(session, title="法人営業")
    session.add(JobDocument(job_id=job.id))
    session.flush()
    assert indexing.check(session) == [job.id]


def test_nothing_that_somebody_types_is_an_error(session: Session) -> None:
    for text in ('"', "a*", "NEAR(a b)", "a AND b", "'; --", "words:x", "^a", "a:*b", "\\", "<->"):
        phrases = parse(text).phrases
        if phrases:
            word_index.matching(session, phrases)
    assert not re.search("[\"'*:]", "".join("".join(p.tokens) for p in parse("a\"b'c*d:e").phrases))
