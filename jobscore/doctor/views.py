"""The doctor's page: what ails, what to do, which records to add."""

from itertools import groupby

from flask import Blueprint, render_template, request

from jobscore.doctor import service, words
from jobscore.doctor.findings import Level
from jobscore.web.access import admin_only

bp = Blueprint("doctor", __name__)

#: Characters of a selector in DNS.
LONGEST = 63


@bp.get("/admin/doctor")
@admin_only
def index() -> str:
    """Show the settings at once; DNS and the mail server are asked when somebody wants it."""
    is_looking = request.args.get("look") == "1"
    selector = request.args.get("selector", "").strip()[:LONGEST]
    context = service.context(is_offline=not is_looking, selectors=[selector] if selector else [])
    report = service.examine(context)
    return render_template(
        "doctor/index.html",
        parts=[
            (words.PARTS[part], list(group))
            for part, group in groupby(report.findings, lambda finding: finding.part)
        ],
        counts=[(words.LEVELS[level][0], len(report.of(level))) for level in reversed(Level)],
        is_looking=is_looking,
        selector=selector,
        words=words,
    )
