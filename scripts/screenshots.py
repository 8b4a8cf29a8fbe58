"""Make docs/images/*.png from the demo: fill it, serve it on a free port, look at its pages.

``python scripts/screenshots.py [NAME …]`` makes all pictures, or those whose name begins with one
of the given. Needs Chromium (``scripts/setup_browser.sh`` finds or installs it).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
INSTANCE = ROOT / "instance"
FLASK = (sys.executable, "-m", "flask", "--app", "jobscore.app")
# As root Chromium needs --no-sandbox; the rest keeps it from calling its maker.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at which page, in which language, light and size."""

    name: str
    #: "", "seeker-ja", "seeker-en" or "admin".
    who: str
    path: str
    #: A link on that page to follow first, as a CSS selector.
    follow: str = ""
    locale: str = "en"
    scheme: str = "light"
    size: str = "desktop"


SHOTS = (
    Shot("home", "", "/"),
    Shot("jobs", "", "/jobs"),
    Shot("jobs-ja-phone", "", "/jobs", locale="ja", size="phone"),
    Shot("matches", "seeker-en", "/matches"),
    Shot("matches-dark", "seeker-en", "/matches", scheme="dark"),
    Shot("matches-ja-phone", "seeker-ja", "/matches", locale="ja", size="phone"),
    Shot("matches-ja-phone-dark", "seeker-ja", "/matches", "", "ja", "dark", "phone"),
    Shot("explanation", "seeker-en", "/matches", 'main a[href^="/matches/"]'),
    Shot("explanation-ja", "seeker-ja", "/matches", 'main a[href^="/matches/"]', locale="ja"),
    Shot("admin", "admin", "/admin"),
    Shot("admin-imports", "admin", "/admin/imports"),
    Shot("admin-emails", "admin", "/admin/emails"),
    Shot("policy-ja", "", "/policy/scoring", locale="ja"),
    Shot("admin-schema", "admin", "/admin/schema"),
)


def chromium() -> str:
    """Return the path of Chromium; exit with a sentence when there is none."""
    for name in (os.environ.get("JOBSCORE_TEST_CHROMIUM"), "chromium", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    sys.exit("screenshots: no Chromium; scripts/setup_browser.sh says what to install")


@contextmanager
def demo() -> Iterator[tuple[str, dict[str, str]]]:
    """Fill and serve the demo; give its address and the sign-in of each kind of person."""
    environ = {**os.environ, "JOBSCORE_INSTANCE_DIR": str(INSTANCE)}
    subprocess.run([*FLASK, "demo", "run"], cwd=ROOT, env=environ, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = subprocess.Popen(
        [*FLASK, "demo", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = ""
        while "Serving on" not in said and (line := serving.stdout.readline()):  # type: ignore[union-attr]
            said += line
        emails = [word for word in said.split() if "@" in word]
        yield (
            f"http://127.0.0.1:{port}",
            dict(zip(("admin", "seeker-ja", "seeker-en"), emails, strict=True)),
        )
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("screenshots: the demo does not answer")


def sign_in(page: Page, address: str, email: str) -> None:
    """Sign in through the form, as a person does."""
    password = json.loads((INSTANCE / "demo.json").read_text(encoding="utf-8"))["password"]
    page.goto(f"{address}/login")
    page.fill("main input[name=email]", email)
    page.fill("main input[name=password]", password)
    page.press("main input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def take(browser: Browser, address: str, shot: Shot, sign_ins: dict[str, str]) -> Path:
    """Take one picture and return its file."""
    width, height = SIZES[shot.size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        locale="ja-JP" if shot.locale == "ja" else "en-GB",
        timezone_id="Asia/Tokyo",
        reduced_motion="reduce",
        device_scale_factor=2 if shot.size == "phone" else 1,
    )
    context.add_cookies([{"name": "locale", "value": shot.locale, "url": address}])
    page = context.new_page()
    if shot.who:
        sign_in(page, address, sign_ins[shot.who])
    answer = page.goto(address + shot.path)
    if shot.follow:
        href = page.locator(shot.follow).first.get_attribute("href")
        answer = page.goto(f"{address}{href}")
    if answer is None or answer.status != 200:
        sys.exit(f"screenshots: {page.url} answers {answer.status if answer else 'nothing'}")
    page.evaluate("document.fonts.ready")
    file = IMAGES / f"{shot.name}.png"
    page.screenshot(path=str(file))
    context.close()
    return file


def main(wanted: list[str]) -> None:
    """Make the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    shots = [s for s in SHOTS if not wanted or any(s.name.startswith(name) for name in wanted)]
    with demo() as (address, sign_ins), sync_playwright() as playwright:
        wait_for(address)
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS)
        )
        for shot in shots:
            file = take(browser, address, shot, sign_ins)
            print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
