"""What every page shares: language, errors, request ids, hosts."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore.app import create_app
from tests.conftest import SETTINGS


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


def test_the_browser_chooses_the_language_until_the_reader_does(client: FlaskClient) -> None:
    japanese = client.get("/nothing", headers={"Accept-Language": "ja,en;q=0.5"})
    assert 'lang="ja"' in japanese.text
    english = client.get("/nothing", headers={"Accept-Language": "en"})
    assert 'lang="en"' in english.text
    answer = client.post("/language", data={"language": "ja", "next": "/jobs?q=x"})
    assert (answer.status_code, answer.location) == (303, "/jobs?q=x")
    assert 'lang="ja"' in client.get("/nothing", headers={"Accept-Language": "en"}).text


def test_switching_the_language_keeps_the_page_and_its_query(client: FlaskClient) -> None:
    for address in ("/jobs", "/jobs?q=%E5%96%B6%E6%A5%AD&type=part_time&type=temp", "/nothing?a=1"):
        fields = re.findall(r'name="next" value="([^"]*)"', client.get(address).text)
        assert fields
        answer = client.post("/language", data={"language": "ja", "next": unescape(fields[0])})
        assert unquote(answer.location) == unquote(address)


def test_an_unknown_language_is_refused(client: FlaskClient) -> None:
    assert client.post("/language", data={"language": "xx"}).status_code == 400


def test_an_error_page_has_an_id_to_quote(client: FlaskClient) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert response.headers["X-Request-ID"] in response.text


def test_a_host_that_is_not_ours_is_refused(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_static_files_are_cached_by_their_content(client: FlaskClient, app: Flask) -> None:
    with app.test_request_context():
        address = app.jinja_env.globals["asset"]("css/tokens.css")  # type: ignore[operator]
    response = client.get(address)
    assert "immutable" in response.headers["Cache-Control"]
    assert "immutable" not in client.get(address.split("?")[0]).headers["Cache-Control"]


def test_a_database_without_tables_is_named_with_the_command_that_helps(
    work_folder, tmp_path
) -> None:
    url = f"sqlite:///{work_folder / 'bare.sqlite3'}"
    app = create_app({**SETTINGS, "database_url": url, "instance_dir": str(tmp_path)})
    client = app.test_client()
    response = client.get("/jobs")
    assert response.status_code == 503
    assert "flask db upgrade" in response.text
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["schema"] == "empty"
