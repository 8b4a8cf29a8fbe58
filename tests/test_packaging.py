"""The wheel: it carries everything, installs alone, and runs from another folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECRET = "a-key-for-this-test-only-" + "0123456789" * 2


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without a network, with the build backend that the lock file brings."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a folder of its own, as an installer does."""
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def run(installed: Path, folder: Path, *arguments: str) -> str:
    """Run Python in ``folder`` with only the unpacked wheel's jobscore, and return its output."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(installed),
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
        "JOBSCORE_SECRET_KEY": SECRET,
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_carries_all_assets_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for kind in ("templates", "static", "migrations"):
        own = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / kind).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        packed = {
            name.removeprefix("jobscore/_assets/")
            for name in names
            if name.startswith(f"jobscore/_assets/{kind}/")
        }
        assert packed == own
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".csv"))]
    top = {name.split("/")[0] for name in names}
    assert {name.split("-")[0] for name in top} == {"jobscore"}
    assert "jobscore/demo/data/food.toml" in names
    assert "jobscore/translations/ja/LC_MESSAGES/messages.mo" in names


def test_the_installed_wheel_migrates_and_answers_from_another_folder(installed, tmp_path):
    where = run(installed, tmp_path, "-c", "import jobscore; print(jobscore.__file__)")
    assert where.strip().startswith(str(installed))
    run(installed, tmp_path, "-m", "flask", "--app", "jobscore.app", "db", "upgrade")
    assert (tmp_path / "instance" / "jobscore.sqlite3").is_file()
    answer = run(
        installed,
        tmp_path,
        "-c",
        "from jobscore.app import create_app\n"
        "app = create_app()\n"
        "client = app.test_client()\n"
        "page = client.get('/', base_url='http://127.0.0.1:5000')\n"
        "sheet = client.get('/static/css/tokens.css', base_url='http://127.0.0.1:5000')\n"
        "print(page.status_code, sheet.status_code)\n"
        "print(app.jinja_env.get_template('layouts/base.html').filename)",
    )
    assert answer.split()[:2] == ["200", "200"]
    assert answer.split()[2].startswith(str(installed))


def test_nothing_is_written_into_the_installed_package(installed, tmp_path):
    before = {path for path in installed.rglob("*") if "__pycache__" not in path.parts}
    run(installed, tmp_path, "-m", "flask", "--app", "jobscore.app", "db", "upgrade")
    after = {path for path in installed.rglob("*") if "__pycache__" not in path.parts}
    assert after == before


def test_the_installed_wheel_makes_a_migrations_folder_of_its_own(installed, tmp_path):
    code = (
        "from jobscore.database import Migrator\n"
        "with Migrator('sqlite:///mine.db') as m:\n"
        "    print(m.init_environment('mine').read_text()[:9])\n"
        "    print(m.revision('first').path.parent.name)\n"
        "    m.upgrade()\n"
        "    print(m.pending(), m.history()[0].is_applied)\n"
    )
    said = run(installed, tmp_path, "-c", code).split()
    assert said == ["#", "alembic", "versions", "[]", "True"]
