"""What every form shares."""

from typing import Any
from urllib.parse import urlsplit

from flask import request
from flask_wtf import FlaskForm


class Form(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    """Base of all forms: CSRF token included, messages in the reader's language."""

    def status(self) -> int:
        """Return 422 when this form was sent and refused, 200 otherwise."""
        return 422 if self.is_submitted() and self.errors else 200


def strip(value: Any) -> Any:
    """Trim text; hand on anything else (a WTForms filter)."""
    return value.strip() if isinstance(value, str) else value


def own_path(target: str | None, default: str) -> str:
    r"""Return ``target`` when it is a path of this site, else ``default``.

    Browsers read backslashes as slashes and drop control characters, so that ``/\\evil.example``
    and ``/%09/evil.example`` would leave the site: only plain absolute paths pass.
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if "\\" in target or not target.isprintable() or any(c.isspace() for c in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def next_path(default: str) -> str:
    """Return where the form's or address's ``next`` leads, if that is a path of ours."""
    return own_path(request.form.get("next") or request.args.get("next"), default)
