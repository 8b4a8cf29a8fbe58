"""The admin's runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.matching import runs, wording
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from jobscore.matching.run_words import KIND_WORDS, RUN_WORDS
from jobscore.matching.views.blueprint import bp
from jobscore.web.access import admin_only


@bp.get("/admin/runs", endpoint="runs")
@admin_only
def runs_list() -> str:
    """List the newest runs of all kinds, and start one."""
    return render_template("matching/runs.html", rows=[_run_row(r) for r in runs.list_runs()])


def _run_row(run: MatchRun) -> dict[str, Any]:
    word, kind = RUN_WORDS[run.status]
    return {
        "run": run,
        "kind": KIND_WORDS[run.kind],
        "status": word,
        "badge_kind": kind,
        "seconds": _seconds(run),
        "is_running": run.status in {RunStatus.QUEUED, RunStatus.RUNNING},
    }


def _seconds(run: MatchRun) -> float | None:
    if run.started_at is None:
        return None
    return ((run.completed_at or clock.now()) - run.started_at).total_seconds()


@bp.post("/admin/runs")
@admin_only
def start_run() -> Response:
    """Queue a matching run for today; a worker takes it. With `everybody`, all lists anew."""
    with transaction():
        asked = runs.request_run(
            requested_by=current_user.id, is_full=request.form.get("everybody") == "1"
        )
        run_id = asked.id
    flash(gettext("The run waits for a worker (flask work)."), "info")
    return redirect(url_for("matching.run", run_id=run_id), 303)


@bp.get("/admin/runs/<int:run_id>")
@admin_only
def run(run_id: int) -> str | Response:
    """Show one run live: progress, counts, seconds of each stage, why people got fewer."""
    try:
        found = runs.get_run(run_id)
    except runs.RunNotFoundError:
        abort(404)
    if found.kind is RunKind.BACKTEST:
        return redirect(url_for("scoring.backtest", run_id=run_id))
    return render_template(
        "matching/run.html",
        **_run_row(found),
        now=clock.now(),
        shortage=_shortage(found.counts),
        stages=_stages(found.timings),
        counts=_counts(found.counts),
    )


def _shortage(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = {
        name.removeprefix("short:"): int(number)
        for name, number in counts.items()
        if name.startswith("short:")
    }
    order: Sequence[str] = sorted(found, key=lambda name: (-found[name], name))
    return [{"label": wording.gate_label(name), "value": found[name]} for name in order]


def _counts(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    labels = {
        "jobs": gettext("Open jobs"),
        "matches": gettext("Matches chosen"),
        "short": gettext("People with fewer than forty"),
        "without_any": gettext("People without any"),
        "unconcerned": gettext("People whom no change concerns"),
        "expired": gettext("Older matches that expired"),
    }
    return [(label, int(counts[name])) for name, label in labels.items() if name in counts]


def _stages(timings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the seconds of each stage in the order of the work."""
    labels: dict[str, str] = {
        "load": gettext("Load jobs"),
        "read": gettext("Read people"),
        "score": gettext("Score jobs"),
        "select": gettext("Choose jobs"),
        "explain": gettext("Give reasons"),
        "write": gettext("Write"),
        "total": gettext("Altogether"),
    }
    order = [*labels, *sorted(set(timings) - set(labels))]
    return [(labels.get(name, name), timings[name]) for name in order if name in timings]
