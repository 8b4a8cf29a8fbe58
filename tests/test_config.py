"""Settings: typed, checked, and named in their errors."""

from pathlib import Path

import pytest

from jobscore.config import Config, ConfigError


def test_an_empty_environment_gives_the_embedded_database(tmp_path: Path) -> None:
    config = Config.from_environ({"JOBSCORE_INSTANCE_DIR": str(tmp_path)})
    assert config.database_url == f"sqlite:///{tmp_path / 'jobscore.sqlite3'}"
    assert config.mail_url == f"file://{tmp_path / 'outbox'}"
    assert not config.is_https


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_both_spellings_of_postgresql_use_psycopg(scheme: str) -> None:
    config = Config.from_environ({"JOBSCORE_DATABASE_URL": f"{scheme}://u:p@db/jobs"})
    assert config.database_url == "postgresql+psycopg://u:p@db/jobs"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("k" * 20 + "1234567890abcdef\n")
    config = Config.from_environ({"JOBSCORE_SECRET_KEY_FILE": str(secret)})
    assert config.secret_key == "k" * 20 + "1234567890abcdef"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JOBSCORE_NO_SUCH_THING", "1"),
        ("JOBSCORE_SESSION_DAYS", "many"),
        ("JOBSCORE_SESSION_DAYS", "-1"),
        ("JOBSCORE_DEMO", "perhaps"),
        ("JOBSCORE_DEFAULT_LOCALE", "fr"),
        ("JOBSCORE_TIMEZONE", "Asia/Atlantis"),
        ("JOBSCORE_TIMEZONE", "../../etc/passwd"),
        ("JOBSCORE_PUBLIC_URL", "jobs.example.com"),
        ("JOBSCORE_SECRET_KEY", "short"),
        ("JOBSCORE_SECRET_KEY", "x" * 32),
        ("JOBSCORE_MAIL_URL", "https://mail.example.com"),
        ("JOBSCORE_MAIL_UNSUBSCRIBE_TO", "nobody"),
        ("JOBSCORE_SECRET_KEY_FILE", "/no/such/file"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        Config.from_environ({variable: value})


def test_nobody_is_served_without_a_secret_of_the_operators_own() -> None:
    with pytest.raises(ConfigError, match="JOBSCORE_SECRET_KEY is missing"):
        Config.from_environ({}).check_can_serve()
    Config.from_environ({"JOBSCORE_SECRET_KEY": "k" * 20 + "1234567890abcdef"}).check_can_serve()


def test_the_demo_stays_on_this_machine() -> None:
    with pytest.raises(ConfigError, match="loopback"):
        Config.from_environ({"JOBSCORE_DEMO": "1", "JOBSCORE_PUBLIC_URL": "https://example.com"})


def test_what_the_law_wants_in_letters_is_listed_until_it_is_there() -> None:
    assert "JOBSCORE_OPERATOR_ADDRESS" in Config.from_environ({}).missing_for_mail
    full = Config.from_environ(
        {
            "JOBSCORE_MAIL_FROM": "a@example.com",
            "JOBSCORE_OPERATOR_NAME": "A",
            "JOBSCORE_OPERATOR_ADDRESS": "B",
            "JOBSCORE_OPERATOR_CONTACT": "C",
        }
    )
    assert full.missing_for_mail == []
