"""Where a form may send people next."""

import pytest

from jobscore.web.forms import own_path


@pytest.mark.parametrize("path", ["/", "/jobs?q=営業", "/matches/1#why", "/me/start?step=2&x=//y"])
def test_paths_of_our_own_pass(path: str) -> None:
    assert own_path(path, "/home") == path


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "jobs",
        " /jobs",
        "/jobs\r\nSet-Cookie: a=b",
        "http:/evil.example",
        "/\x00/evil",
    ],
)
def test_everything_else_leads_home(target: str | None) -> None:
    assert own_path(target, "/home") == "/home"
