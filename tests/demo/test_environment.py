"""The demo's settings."""

from jobscore.config import Config
from jobscore.demo import environment


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path):
    first = environment.own_secrets(tmp_path / "instance")
    assert environment.own_secrets(tmp_path / "instance") == first
    assert environment.own_secrets(tmp_path / "other") != first
    assert (tmp_path / "instance" / "demo.json").stat().st_mode & 0o077 == 0


def test_the_settings_make_a_whole_configuration_for_this_machine(tmp_path):
    config = Config.from_environ(environment.variables({}, tmp_path, 5050))
    assert config.demo
    assert config.public_url == "http://127.0.0.1:5050"
    assert config.missing_for_mail == []


def test_nothing_of_a_real_installation_leaks_in(tmp_path):
    real = {
        "PATH": "/bin",
        "JOBSCORE_SECRET_KEY": "real" * 12,
        "JOBSCORE_MAIL_URL": "smtps://mail.example.com",
        "JOBSCORE_PUBLIC_URL": "https://jobs.example.com",
        "JOBSCORE_DATABASE_URL": "sqlite:////tmp/x.sqlite3",
        "JOBSCORE_LOG_LEVEL": "DEBUG",
    }
    made = environment.variables(real, tmp_path, 5000)
    assert made["PATH"] == "/bin"
    assert "JOBSCORE_MAIL_URL" not in made
    assert made["JOBSCORE_SECRET_KEY"] != real["JOBSCORE_SECRET_KEY"]
    assert made["JOBSCORE_PUBLIC_URL"] == "http://127.0.0.1:5000"
    assert made["JOBSCORE_DATABASE_URL"] == real["JOBSCORE_DATABASE_URL"]
    assert made["JOBSCORE_LOG_LEVEL"] == "DEBUG"
