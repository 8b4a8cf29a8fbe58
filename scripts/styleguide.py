"""Draw every component with sample data, in both languages, and photograph it in light and dark.

For whoever changes the look: ``python -m scripts.styleguide OUTPUT_FOLDER`` writes the pages and,
where Chromium is found (``--browser`` names another), pictures at 1280, 390 and 320 px. It reports
what scrolls sideways and what the content policy blocks.
"""

import argparse
import shutil
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import sync_playwright
from wtforms import (
    BooleanField,
    DecimalField,
    EmailField,
    FileField,
    Form,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
)

from jobscore.web.security import content_security_policy

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {1280: 900, 390: 844, 320: 640}


class SampleForm(Form):
    """Hold one field of every kind."""

    name = StringField("Full name", [validators.InputRequired("Please enter your name.")])
    email = EmailField("E-mail", description="Only for your digest. Nobody else sees it.")
    password = PasswordField("Password", description="At least 8 characters.")
    pay = DecimalField("Pay at least", description="Leave empty if it does not matter.")
    kind = SelectField(
        "Counted by",
        choices=[
            SelectChoice("hour", "an hour"),
            SelectChoice("month", "a month"),
            SelectChoice("year", "a year"),
        ],
    )
    types = SelectMultipleField(
        "Employment",
        choices=[
            SelectChoice("ft", "Full-time"),
            SelectChoice("pt", "Part-time"),
            SelectChoice("ct", "Contract"),
            SelectChoice("in", "Internship"),
        ],
    )
    remote = RadioField(
        "Remote work",
        choices=[
            SelectChoice("yes", "Only remote"),
            SelectChoice("some", "Some days"),
            SelectChoice("no", "No matter"),
        ],
    )
    about = TextAreaField("Anything else")
    cv = FileField("File")
    agree = BooleanField("I agree to the terms", description="You can withdraw at any time.")


def environment(language: str) -> Environment:
    """Build a plain Jinja environment with the globals that the app gives its templates."""
    env = Environment(
        loader=FileSystemLoader([ROOT / "templates", ROOT / "scripts" / "styleguide"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    messages: dict[str, Any] = {}
    if language == "ja":
        part = ROOT / "jobscore" / "translations" / "ja" / "LC_MESSAGES" / "messages.po"
        with part.open("rb") as file:
            messages = {
                str(m.id): m.string
                for m in read_po(file, locale="ja")
                if m.id and not m.pluralizable
            }
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        lambda text: messages.get(text) or text,
        lambda one, many, n: one if n == 1 else many,
        newstyle=True,
    )
    env.globals.update(
        get_locale=lambda: language,
        csrf_token=lambda: "token",
        asset=lambda path: f"static/{path}",
        url_for=lambda endpoint, **values: f"#{endpoint}",
        get_flashed_messages=lambda **options: (
            [("success", "Saved.")] if language == "en" else [("success", "保存しました。")]
        ),
    )
    return env


def sample_context(language: str) -> dict[str, Any]:
    """Return the context that the layouts and the style guide page want."""
    form = SampleForm(data={"kind": "hour", "types": ["pt"], "remote": "some"})
    form.validate()
    words = (
        ["求人", "マッチング", "メール", "プロフィール"]
        if language == "ja"
        else ["Jobs", "Matches", "Mail", "Profile"]
    )
    admin = (
        ["取り込み", "採点", "メール", "ポリシー"]
        if language == "ja"
        else ["Imports", "Runs", "Mail", "Policies"]
    )
    return {
        "current_user": SimpleNamespace(
            is_authenticated=True, full_name="佐藤 花子", email="hanako@example.jp"
        ),
        "nav_groups": [
            SimpleNamespace(href="#", label=w, icon="search", is_current=i == 1, items=[])
            for i, w in enumerate(words)
        ],
        "admin_nav_groups": [
            SimpleNamespace(
                href="#",
                label=w,
                icon="upload",
                is_current=i == 0,
                items=[
                    SimpleNamespace(href="#", label=page, icon="upload", is_current=k == 0)
                    for k, page in enumerate(admin)
                ],
            )
            for i, w in enumerate(admin)
        ],
        "languages": [
            SimpleNamespace(code="en", label="English", is_current=language == "en"),
            SimpleNamespace(code="ja", label="日本語", is_current=language == "ja"),
        ],
        "policy_url": "#",
        "logout_url": "#",
        "app_version": "0.1.0",
        "is_demo": True,
        "request_id": "3f9c-71aa",
        "form": form,
        "language": language,
    }


def write_pages(folder: Path) -> list[Path]:
    """Render the guide and one error page in each language; return the pages written."""
    shutil.copytree(ROOT / "static", folder / "static", dirs_exist_ok=True)
    pages = []
    for language in ("en", "ja"):
        env = environment(language)
        for name in ("cards.html", "guide.html", "errors/404.html", "errors/schema_behind.html"):
            page = folder / f"{Path(name).stem}-{language}.html"
            page.write_text(
                env.get_template(name).render(sample_context(language)), encoding="utf-8"
            )
            pages.append(page)
    return pages


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve the folder with the app's own content policy, so that what it blocks is seen here."""

    def end_headers(self) -> None:
        """Add the policy to every answer."""
        self.send_header("Content-Security-Policy", content_security_policy())
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing about single requests."""


def photograph(folder: Path, pages: list[Path], browser_path: str) -> list[str]:
    """Take every picture; return what went wrong: blocked by the policy, or too wide."""
    problems = []

    def handler(*args: Any) -> QuietHandler:
        return QuietHandler(*args, directory=str(folder))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM_FLAGS)
        for scheme in ("light", "dark"):
            for width, height in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    has_touch=width < 700,
                    is_mobile=width < 700,
                )
                tab = context.new_page()
                tab.on(
                    "console",
                    lambda message: (
                        problems.append(message.text) if message.type == "error" else None
                    ),
                )
                for page in pages:
                    tab.goto(f"http://127.0.0.1:{server.server_port}/{page.name}")
                    if tab.evaluate("document.documentElement.scrollWidth") > width:
                        problems.append(f"{page.name} scrolls sideways at {width} px")
                    tab.screenshot(
                        path=folder / f"{page.stem}-{width}-{scheme}.png", full_page=True
                    )
                context.close()
        browser.close()
    server.shutdown()
    return sorted(set(problems))


def main() -> None:
    """Write the pages, photograph them, and exit 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--browser", default=shutil.which("chromium") or "")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    pages = write_pages(options.folder)
    print(f"{len(pages)} pages in {options.folder}")
    if not options.browser:
        print("No Chromium found: no pictures taken.")
        return
    problems = photograph(options.folder, pages, options.browser)
    for problem in problems:
        print(f"problem: {problem}")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
