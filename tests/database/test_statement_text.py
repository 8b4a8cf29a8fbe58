"""One form for statements that differ in values only; nothing that a person typed is left."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, String, column, create_engine, event, select, table, tuple_
from sqlalchemy.dialects import postgresql

from jobscore.database.queries.text import CUT, MOST_CHARACTERS, normalise

CASES = {
    "a doubled quote": ("SELECT 'it''s', x", "SELECT ?, x"),
    "an escaped quote of PostgreSQL": (r"SELECT E'it\'s secret', x", "SELECT ?, x"),
    "a quote that never ends": ("SELECT 'secret", "SELECT ?"),
    "dollar quotes": ("SELECT $$it's$$, $tag$ a $$ b $tag$, x", "SELECT ?, ?, x"),
    "numbers": (
        "SELECT 1, 1.5e-3, .5, 0xFF, a1, b_2 FROM t3",
        "SELECT ?, ?, ?, ?, a1, b_2 FROM t3",
    ),
    "identifiers in double quotes": (
        'SELECT "it\'s 1", "a""b 2" FROM t',
        'SELECT "it\'s 1", "a""b 2" FROM t',
    ),
    "comments": (
        "SELECT a -- secret 'x\nFROM t /* secret\n 5 */ WHERE b",
        "SELECT a FROM t WHERE b",
    ),
    "a comment mark inside a text": ("SELECT '--', b", "SELECT ?, b"),
    "markers of every driver": (
        "a = ? AND b = %(b_1)s AND c = :c AND d = $1 AND e = @e AND f = ?2 AND g = %s",
        "a = ? AND b = ? AND c = ? AND d = ? AND e = ? AND f = ? AND g = ?",
    ),
    "casts": ("a = %(a)s::VARCHAR AND b::text = 'x'", "a = ?::VARCHAR AND b::text = ?"),
    "an escaped percent": ("a %% 2", "a % ?"),
    "lengths of types": ("CAST(? AS VARCHAR(20)) + CAST(x AS NUMERIC(14, 2))",) * 2,
    "a list": ("x IN (1, -2, NULL, ?)", "x IN (?)"),
    "a list with casts": ("x IN (%(x_1)s::INTEGER, %(x_2)s::INTEGER)", "x IN (?::INTEGER)"),
    "a list of pairs": ("(x, y) IN ((?, ?), (?, ?))", "(x, y) IN ((?, ?))"),
    "a list that is a query": ("x IN (SELECT a FROM b)", "x IN (SELECT a FROM b)"),
    "an array": ("x = ANY(ARRAY[%(a)s::TEXT, %(b)s::TEXT])", "x = ANY(ARRAY[?::TEXT])"),
    "rows": (
        "INSERT INTO t (a, b) VALUES (?, lower(?)), (?, NULL), (?, (SELECT max(a) FROM t)) "
        "RETURNING id",
        "INSERT INTO t (a, b) VALUES (?, lower(?)) RETURNING id",
    ),
    "savepoints": ("RELEASE SAVEPOINT sa_savepoint_12", "RELEASE SAVEPOINT sa_savepoint"),
    "space": ("  SELECT\n\ta ,  b ;\n", "SELECT a , b"),
}


@pytest.mark.parametrize(("statement", "form"), CASES.values(), ids=CASES)
def test_a_statement_has_its_form(statement: str, form: str) -> None:
    assert normalise(statement) == form


@pytest.mark.parametrize(("_statement", "form"), CASES.values(), ids=CASES)
def test_a_form_is_its_own_form(_statement: str, form: str) -> None:
    assert normalise(form) == form


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_text_of_a_person_is_left(typed: str) -> None:
    quoted = typed.replace("'", "''")
    assert normalise(f"SELECT a FROM t WHERE b = '{quoted}' AND c = 1") == (
        "SELECT a FROM t WHERE b = ? AND c = ?"
    )


@given(st.text())
def test_any_text_has_a_form_of_bounded_length(text: str) -> None:
    assert len(normalise(text)) <= max(MOST_CHARACTERS, len(text))


def test_a_long_statement_is_cut_and_says_so() -> None:
    form = normalise("SELECT " + ", ".join(f"column_{n}" for n in range(5000)))
    assert len(form) == MOST_CHARACTERS
    assert form.endswith(CUT)


def test_a_bulk_insert_of_any_size_has_one_form() -> None:
    forms = {
        normalise("INSERT INTO t (a, b) VALUES " + ", ".join(["(%(a)s, %(b)s)"] * n))
        for n in (1, 2, 500)
    }
    assert forms == {"INSERT INTO t (a, b) VALUES (?, ?)"}


ROWS = table("t", column("x", Integer), column("y", String))


@pytest.mark.parametrize(
    "make",
    [
        lambda n: select(ROWS).where(ROWS.c.x.in_(range(n))),
        lambda n: select(ROWS).where(ROWS.c.x.not_in(range(n)), ROWS.c.y == "a"),
        lambda n: select(ROWS).where(tuple_(ROWS.c.x, ROWS.c.y).in_([(i, "a") for i in range(n)])),
    ],
    ids=["in", "not in", "pairs"],
)
def test_lists_of_every_length_are_one_statement_and_sqlite_can_explain_it(make: object) -> None:
    engine = create_engine("sqlite://")
    sent: list[str] = []
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER, y TEXT)")
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        for n in (0, 1, 2, 40):
            connection.execute(make(n))  # type: ignore[operator]
        forms = {normalise(each) for each in sent}
        assert len(sent) == 4
        assert len(forms) == 1
        explained = forms.pop().replace("?", "NULL")
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        assert raw.execute(f"EXPLAIN QUERY PLAN {explained}").fetchall()
    engine.dispose()


@pytest.mark.parametrize("n", [0, 1, 5])
def test_lists_of_every_length_are_one_statement_on_postgresql(n: int) -> None:
    query = select(ROWS).where(ROWS.c.x.in_(range(n)), ROWS.c.x.not_in(range(n)))
    compiled = query.compile(
        dialect=postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"render_postcompile": True},
    )
    form = normalise(str(compiled)).replace("?::INTEGER", "?")
    assert form == "SELECT t.x, t.y FROM t WHERE t.x IN (?) AND (t.x NOT IN (?))"
