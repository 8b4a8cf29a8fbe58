"""Rules of the whole house: each reminds whoever adds a route, a form, a setting or a message."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from jobscore import config, paths
from jobscore.app import create_app
from jobscore.extensions import csrf, db
from jobscore.web.access import Access, access_of
from tests.conftest import SETTINGS, Client

ROOT = Path(__file__).resolve().parent.parent
#: Routes that Flask itself makes.
FLASKS_OWN = {"static"}
#: The one POST without a CSRF token: one-click unsubscribe (RFC 8058) comes from mail servers.
CSRF_EXEMPT = {"digests.unsubscribe"}


@pytest.fixture
def backend() -> str:
    """These rules do not depend on the database."""
    return "sqlite"


@pytest.fixture
def strict_app(database_url: str, tmp_path: Path) -> Flask:
    """The application as it runs: with CSRF protection."""
    app = create_app({**SETTINGS, "database_url": database_url, "instance_dir": str(tmp_path)})
    app.config["TESTING"] = True
    app.test_client_class = Client
    return app


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in FLASKS_OWN]


def _path(rule: Rule) -> str:
    values = {}
    for name, converter in rule._converters.items():
        words = getattr(converter, "items", None)
        number = 1 if type(converter).__name__ == "IntegerConverter" else "x"
        values[name] = min(words) if words else number
    built = rule.build(values)
    assert built is not None
    return built[1]


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    silent = [r.endpoint for r in _rules(app) if access_of(app.view_functions[r.endpoint]) is None]
    assert silent == []


def test_pages_for_people_and_admins_refuse_nobody_and_never_show_anything(app: Flask) -> None:
    client = app.test_client()
    for rule in _rules(app):
        if access_of(app.view_functions[rule.endpoint]) is Access.PUBLIC:
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        response = client.open(_path(rule), method=method)
        assert response.status_code == 302, (rule.rule, response.status_code)
        assert "/login" in response.location, rule.rule


def test_every_admin_page_lives_under_admin(app: Flask) -> None:
    for rule in _rules(app):
        is_admin = access_of(app.view_functions[rule.endpoint]) is Access.ADMIN
        assert is_admin == rule.rule.startswith("/admin"), rule.rule


def test_every_post_without_a_token_is_refused(strict_app: Flask) -> None:
    client = strict_app.test_client()
    for rule in _rules(strict_app):
        if "POST" not in (rule.methods or ()) or rule.endpoint in CSRF_EXEMPT:
            continue
        response = client.post(_path(rule))
        assert response.status_code == 400, (rule.rule, response.status_code)


def test_only_one_click_unsubscribe_is_exempt_from_csrf(app: Flask) -> None:
    exempt = {name.rsplit(".", 1)[-1] for name in csrf._exempt_views}
    assert exempt == {name.rsplit(".", 1)[-1] for name in CSRF_EXEMPT}


def test_every_answer_carries_the_security_headers(app: Flask) -> None:
    client = app.test_client()
    for path in ("/healthz", "/nothing-here", "/static/css/tokens.css", "/login"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-ID"]


def test_every_setting_is_documented() -> None:
    from scripts import settings_reference

    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert text == settings_reference.page()
    for field in fields(config.Config):
        assert f"`JOBSCORE_{field.name.upper()}`" in text, field.name
        assert len(field.metadata["help"]) > 15, field.name


def test_no_template_has_inline_style_or_script() -> None:
    for path in paths.TEMPLATES.rglob("*.html"):
        if "emails" in path.relative_to(paths.TEMPLATES).parts[:1] or path.name.startswith("mail"):
            continue  # letters carry their styles inline: mail programs read no other
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son[a-z]+=", text), path
        assert not re.search(r"<script(?![^>]*\b(src|type=\"application/ld\+json\"))", text), path


def test_nothing_loads_from_another_host() -> None:
    for folder in (paths.TEMPLATES, paths.STATIC):
        for path in folder.rglob("*"):
            if path.suffix not in {".html", ".css"}:
                continue
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), path
            assert not re.search(r"url\(['\"]?(?:https?:)?//", text), path


def test_every_message_is_translated_to_japanese() -> None:
    from scripts import translations

    catalog, missing = translations.merged()
    assert missing == []
    po, mo = translations.rendered(catalog)
    assert (translations.FOLDER / "messages.po").read_bytes() == po
    assert (translations.FOLDER / "messages.mo").read_bytes() == mo


def test_every_message_keeps_its_placeholders_in_japanese() -> None:
    from scripts import translations

    catalog, _ = translations.merged()
    for message in catalog:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(re.findall(r"%\((\w+)\)", ids[-1]))
        for text in strings:
            found = set(re.findall(r"%\((\w+)\)", text))
            assert found <= wanted | set(re.findall(r"%\((\w+)\)", ids[0])), message.id
            assert wanted - found <= {"num", "count", "n"}, message.id


def test_source_files_are_free_of_clocks_but_one() -> None:
    for path in (ROOT / "jobscore").rglob("*.py"):
        if path.name == "clock.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(datetime\.now|date\.today|datetime\.utcnow)\(", text), path


def test_the_six_tables_have_their_names_constraints_and_indexes() -> None:
    wanted = {
        "users": {"idx_users_email"},
        "jobs": {
            "check_salary_min_positive",
            "check_salary_max_greater_than_min",
            "idx_jobs_company_active",
            "idx_jobs_location_industry",
        },
        "job_scores": {
            "check_total_score_range",
            "unique_user_job_score",
            "idx_job_scores_user_job",
            "idx_job_scores_total_score",
        },
        "matching_results": {
            "check_confidence_range",
            "idx_matching_results_user",
            "idx_matching_results_status",
        },
        "email_logs": {"idx_email_logs_status", "idx_email_logs_type"},
        "csv_imports": {
            "check_file_size_positive",
            "idx_csv_imports_status",
            "idx_csv_imports_type",
        },
    }
    for name, names in wanted.items():
        table = db.metadata.tables[name]
        found = {c.name for c in table.constraints} | {i.name for i in table.indexes}
        assert names <= found, (name, names - found)
