"""Answers travel compressed to those who understand it, and stay the same to all."""

import gzip

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


@pytest.mark.parametrize(
    "path", ["/login", "/nothing", "/static/css/base.css", "/static/js/page.js"]
)
def test_text_travels_compressed_and_reads_the_same(client: FlaskClient, path: str) -> None:
    plain, small = client.get(path), client.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    assert "Accept-Encoding" in plain.vary
    assert "Accept-Encoding" in small.vary
    if path.startswith("/static/"):
        assert gzip.decompress(small.data) == plain.data


@pytest.mark.parametrize(
    "path", ["/static/img/icon-192.png", "/static/img/favicon.svg", "/healthz"]
)
def test_pictures_and_small_answers_travel_as_they_are(client: FlaskClient, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers=GZIP).headers


def test_who_refuses_gets_the_plain_answer(client: FlaskClient) -> None:
    answer = client.get("/login", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "Content-Encoding" not in answer.headers


def test_a_file_that_was_kept_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/static/css/base.css", headers=GZIP)
    again = client.get(
        "/static/css/base.css", headers={**GZIP, "If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["ETag"] != client.get("/static/css/base.css").headers["ETag"]


def test_a_part_of_a_file_is_a_part_of_the_plain_file(client: FlaskClient) -> None:
    part = client.get("/static/css/base.css", headers={**GZIP, "Range": "bytes=0-9"})
    assert part.status_code in {200, 206}
    if part.status_code == 206:
        assert len(part.data) == 10
        assert "Content-Encoding" not in part.headers


def test_what_is_still_being_made_streams_on(app: Flask) -> None:
    @app.get("/streams-for-a-test")
    def stream() -> Response:
        return Response((f"{n},row\n" for n in range(2000)), mimetype="text/csv")

    answer = app.test_client().get("/streams-for-a-test", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
    assert answer.text.startswith("0,row")


def test_a_head_request_has_no_body(client: FlaskClient) -> None:
    answer = client.head("/login", headers=GZIP)
    assert answer.data == b""
    assert answer.headers["Content-Encoding"] == "gzip"
