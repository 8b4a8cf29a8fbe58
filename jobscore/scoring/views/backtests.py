"""One backtest: its progress while it works, then what it found, in figures, charts and tables."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import backtest as comparing
from jobscore.matching import backtesting, wording
from jobscore.matching.models import Backtest, RunStatus
from jobscore.matching.run_words import RUN_WORDS
from jobscore.scoring import policies as life
from jobscore.scoring.models import ScorePolicy
from jobscore.scoring.policy import Policy, PolicyError
from jobscore.scoring.views.blueprint import bp
from jobscore.scoring.views.policies import changes
from jobscore.web.access import admin_only


@bp.get("/admin/policies/backtests/<int:run_id>")
@admin_only
def backtest(run_id: int) -> str:
    """Show one backtest live, and its result when it is done."""
    one = _get(run_id)
    word, kind = RUN_WORDS[one.run.status]
    return render_template(
        "scoring/backtest.html",
        one=one,
        run=one.run,
        row=_row(one),
        changes=_changes(one),
        status=word,
        badge_kind=kind,
        now=clock.now(),
        is_running=one.run.status in {RunStatus.QUEUED, RunStatus.RUNNING},
        found=_words(one.result) if one.result else None,
    )


def _get(run_id: int) -> Backtest:
    try:
        return backtesting.get_backtest(run_id)
    except backtesting.NotBacktestError:
        abort(404)


def _row(one: Backtest) -> ScorePolicy | None:
    """Return the version on trial, if it is still there."""
    try:
        return life.find_version(str(one.policy.get("version")))
    except life.PolicyNotFoundError:
        return None


def _changes(one: Backtest) -> list[Any]:
    try:
        return changes(Policy.from_json(one.against), Policy.from_json(one.policy))
    except PolicyError:
        return []


@bp.post("/admin/policies/backtests/<int:run_id>/cancel")
@admin_only
def cancel_backtest(run_id: int) -> Response:
    """Cancel a backtest that waits or works."""
    _get(run_id)
    with transaction():
        was_open = backtesting.cancel(run_id)
    if was_open:
        flash(gettext("The backtest is cancelled."), "success")
    return redirect(url_for("scoring.backtest", run_id=run_id), 303)


def _words(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a result: distributions as bars, movers with their names."""
    before, after = found["before"], found["after"]
    return {
        **found,
        "overlap_bars": [
            {"label": _bucket(n, comparing.BUCKETS + 1), "value": value}
            for n, value in enumerate(found["overlaps"])
        ],
        "totals_before": _totals(before["totals"], "neutral"),
        "totals_after": _totals(after["totals"], None),
        "most": max([*before["totals"], *after["totals"], 1]),
        "short_rows": [
            (wording.gate_label(reason), before["reasons"].get(reason, 0), number)
            for reason, number in _both(before["reasons"], after["reasons"])
        ],
        "section_rows": [
            (wording.section_title(section), before["sections"][section], mean, slots)
            for section, slots in found["section_slots"].items()
            for mean in [after["sections"][section]]
        ],
        "job_rows": _job_rows(found),
        "person_rows": _person_rows(found),
    }


def _both(before: Mapping[str, int], after: Mapping[str, int]) -> list[tuple[str, int]]:
    names = dict.fromkeys([*before, *after])
    return [(name, after.get(name, 0)) for name in names]


def _totals(counts: list[int], kind: str | None) -> list[dict[str, Any]]:
    return [
        {"label": _bucket(n, comparing.BUCKETS), "value": value, "kind": kind}
        for n, value in enumerate(counts)
    ]


def _bucket(number: int, buckets: int) -> str:
    """Return the range of a bucket of ten; the last one ends with 100."""
    low = number * 10
    if low == 100:
        return "100"
    return f"{low}–{100 if number == buckets - 1 else low + 9}"


def _job_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    titles = _titles({one["job_id"] for one in found["jobs"]})
    return [one | {"title": titles.get(one["job_id"])} for one in found["jobs"]]


def _person_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    ids = [one["user_id"] for one in found["persons"]]
    names = {
        user: name or email
        for user, name, email in db.session.execute(
            select(User.id, User.full_name, User.email).where(User.id.in_(ids))
        )
    }
    firsts = {one[side]["first_job_id"] for one in found["persons"] for side in ("before", "after")}
    titles = _titles(firsts - {None})
    return [
        one
        | {
            "name": names.get(one["user_id"]),
            "first_before": titles.get(one["before"]["first_job_id"]),
            "first_after": titles.get(one["after"]["first_job_id"]),
        }
        for one in found["persons"]
    ]


def _titles(ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = db.session.execute(select(Job.id, Job.title).where(Job.id.in_(ids)))
    return {row.id: row.title for row in rows}
