"""The admin's pages of policies: versions, one version, drafts, going live, rolling back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.matching import backtesting
from jobscore.matching.models import Backtest
from jobscore.matching.run_words import RUN_WORDS
from jobscore.scoring import policies as life
from jobscore.scoring import policy_fields, policy_words, service
from jobscore.scoring.forms import BacktestForm, ConfirmForm, DraftForm, NewDraftForm
from jobscore.scoring.models import PolicyStatus, ScorePolicy
from jobscore.scoring.policy import Policy, PolicyError
from jobscore.scoring.policy_fields import FIELDS, Group
from jobscore.scoring.views.blueprint import bp
from jobscore.web.access import admin_only

Answer = str | tuple[str, int] | Response
STATUS_WORDS: Final = MappingProxyType(
    {
        PolicyStatus.DRAFT: (_l("Draft"), "neutral"),
        PolicyStatus.ACTIVE: (_l("In force"), "success"),
        PolicyStatus.RETIRED: (_l("Retired"), "neutral"),
    }
)


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number of a policy in words."""

    label: str
    name: str
    value: int
    other: int | None
    """The live version's; None where it is the same."""
    unit: str
    low: int
    high: int
    meaning: str


def _row(policy_id: int) -> ScorePolicy:
    try:
        return life.get_policy(policy_id)
    except life.PolicyNotFoundError:
        abort(404)


def changes(old: Policy, new: Policy) -> list[NumberRow]:
    """Return each number in which a policy differs from another, in words."""
    return [
        _number(difference.field.name, difference.new, difference.old)
        for difference in policy_fields.differences(old, new)
    ]


def _number(name: str, value: int, other: int | None) -> NumberRow:
    field = FIELDS[name]
    return NumberRow(
        label=policy_words.label(field),
        name=name,
        value=value,
        other=other,
        unit=policy_words.unit(field),
        low=field.low,
        high=field.high,
        meaning=policy_words.meaning(field),
    )


def _numbers(policy: Policy, live: Policy) -> list[tuple[str, list[NumberRow]]]:
    values, others = policy_fields.values(policy), policy_fields.values(live)
    return [
        (
            str(policy_words.GROUP_LABELS[group]),
            [
                _number(name, values[name], others[name] if others[name] != values[name] else None)
                for name, field in FIELDS.items()
                if field.group is group
            ],
        )
        for group in Group
    ]


def _status(row: ScorePolicy) -> Mapping[str, Any]:
    word, kind = STATUS_WORDS[row.status]
    return {"status": word, "badge_kind": kind}


# ---- versions --------------------------------------------------------------------------------


@bp.get("/admin/policies", endpoint="policies")
@admin_only
def policies_list() -> str:
    """List all versions, newest first; the way to a draft, and back."""
    live = service.active_policy()
    rows = []
    for row in service.policies():
        rules = life.rules_or_none(row)
        differing = None if rules is None else len(policy_fields.differences(live, rules))
        rows.append({"row": row, "differing": differing, **_status(row)})
    return render_template(
        "scoring/policies.html",
        rows=rows,
        live=live,
        before=life.version_before(),
        history=life.history()[:50],
    )


@bp.get("/admin/policies/<int:policy_id>", endpoint="policy_version")
@admin_only
def show(policy_id: int) -> str:
    """Show one version: its numbers with meaning and range, against the live one, backtests."""
    return _show(_row(policy_id), _backtest_form())


def _show(row: ScorePolicy, form: BacktestForm) -> str:
    rules, live = life.rules_or_none(row), service.active_policy()
    return render_template(
        "scoring/policy_version.html",
        row=row,
        rules=rules,
        live=live,
        numbers=[] if rules is None else _numbers(rules, live),
        changes=[] if rules is None else changes(live, rules),
        backtests=[_backtest_row(one, rules) for one in life_backtests(row.version)],
        form=form,
        **_status(row),
    )


def life_backtests(version: str) -> Sequence[Backtest]:
    """Return the newest backtests of a version."""
    return backtesting.backtests_of(version)


def _backtest_row(one: Backtest, rules: Policy | None) -> dict[str, Any]:
    word, kind = RUN_WORDS[one.run.status]
    return {
        "one": one,
        "status": word,
        "badge_kind": kind,
        "is_of_now": rules is not None and one.policy == rules.to_json(),
        "against": one.against.get("version", "–"),
    }


def _backtest_form() -> BacktestForm:
    form = BacktestForm()
    live = service.active_policy().version
    versions = {live: gettext("%(version)s (in force)", version=live)}
    versions |= {row.version: row.version for row in service.policies() if row.version != live}
    form.offer(versions, live)
    return form


@bp.post("/admin/policies/<int:policy_id>/backtests")
@admin_only
def start_backtest(policy_id: int) -> Answer:
    """Queue a backtest of a version; a worker takes it."""
    row, form = _row(policy_id), _backtest_form()
    if not form.validate_on_submit():
        return _show(row, form), 422
    try:
        policy, against = life.rules_of(row), life.rules_by_name(form.against.data)
    except (PolicyError, life.PolicyNotFoundError):
        abort(409)
    with transaction():
        run_id = backtesting.request_backtest(
            policy, against, people=form.sample(), requested_by=current_user.id
        )
    flash(gettext("The backtest waits for a worker (flask work)."), "info")
    return redirect(url_for("scoring.backtest", run_id=run_id), 303)


# ---- drafts ----------------------------------------------------------------------------------


@bp.route("/admin/policies/new", methods=["GET", "POST"])
@admin_only
def new_draft() -> Answer:
    """Make a draft from any version."""
    live = service.active_policy()
    form = NewDraftForm()
    names = dict.fromkeys([live.version, *(row.version for row in service.policies())])
    form.source.choices = [(name, name) for name in names]
    if not form.is_submitted():
        wanted = request.args.get("source", "")
        form.source.data = wanted if wanted in names else live.version
        form.version.data = life.suggested_version(form.source.data)
    elif form.validate():
        try:
            with transaction():
                one = life.create_draft(
                    life.rules_by_name(form.source.data),
                    version=form.version.data or "",
                    text=form.text.data or "",
                    created_by=current_user.id,
                ).id
        except PolicyError as error:
            for problem in error.problems:
                field = form.version if problem.where == "version" else form.text
                field.errors = [*field.errors, policy_words.what_is_wrong(problem)]
        else:
            return redirect(url_for("scoring.edit_draft", policy_id=one), 303)
    return render_template("scoring/policy_new.html", form=form), form.status()


@bp.route("/admin/policies/<int:policy_id>/edit", methods=["GET", "POST"])
@admin_only
def edit_draft(policy_id: int) -> Answer:
    """Edit a draft as a plain form; what is wrong stands at its field, and nothing is lost."""
    row = _row(policy_id)
    rules = life.rules_or_none(row)
    if row.status is not PolicyStatus.DRAFT or rules is None:
        flash(gettext("Only a draft can be edited. Make a new draft from this version."), "info")
        return redirect(url_for("scoring.policy_version", policy_id=policy_id), 303)
    form = DraftForm.for_policy(
        rules, version=row.version, text=row.text, seen=life.fingerprint(row)
    )
    if form.validate_on_submit() and (saved := _save_draft(policy_id, form)) is not None:
        return saved
    return render_template("scoring/policy_edit.html", row=row, form=form), form.status()


def _save_draft(policy_id: int, form: DraftForm) -> Response | None:
    """Save and lead on; None when something is wrong, which the form then says."""
    try:
        with transaction():
            life.update_draft(
                policy_id,
                version=form.version.data or "",
                changes=form.numbers(),
                text=form.text.data or "",
                seen=form.seen.data or "",
                changed_by=current_user.id,
            )
    except PolicyError as error:
        form.show_problems(error.problems)
        return None
    except life.PolicyNotFoundError:
        abort(404)
    except (life.DraftChangedError, life.NotADraftError):
        form.form_errors.append(
            gettext(
                "Somebody else changed this version meanwhile; nothing was saved. Open it anew "
                "in another window and compare."
            )
        )
        return None
    flash(gettext("Saved. Nothing changes for people until this draft is activated."), "success")
    return redirect(url_for("scoring.policy_version", policy_id=policy_id), 303)


@bp.post("/admin/policies/<int:policy_id>/delete")
@admin_only
def delete_draft(policy_id: int) -> Response:
    """Delete a draft."""
    version = _row(policy_id).version
    try:
        with transaction():
            life.delete_draft(policy_id, deleted_by=current_user.id)
    except life.PolicyNotFoundError:
        abort(404)
    except life.NotADraftError:
        flash(gettext("This version is or was in force: it is kept."), "warning")
        return redirect(url_for("scoring.policy_version", policy_id=policy_id), 303)
    flash(gettext("The draft %(version)s was deleted.", version=version), "success")
    return redirect(url_for("scoring.policies"), 303)


# ---- live ------------------------------------------------------------------------------------


@bp.route("/admin/policies/<int:policy_id>/activate", methods=["GET", "POST"])
@admin_only
def activate(policy_id: int) -> Answer:
    """Say what becomes of it when a version goes live, and make it live when its name is typed."""
    row = _row(policy_id)
    if row.status is PolicyStatus.ACTIVE or life.rules_or_none(row) is None:
        return redirect(url_for("scoring.policy_version", policy_id=policy_id), 303)
    form = ConfirmForm(row.version)
    if form.validate_on_submit():
        try:
            with transaction():
                life.activate(
                    policy_id,
                    instead_of=form.seen_live(),
                    seen=form.seen.data or "",
                    changed_by=current_user.id,
                )
        except (life.LiveChangedError, life.AlreadyLiveError):
            _say_moved_on(form)
        except life.DraftChangedError:
            form.form_errors.append(
                gettext("Somebody changed this draft meanwhile. Nothing was changed; look again.")
            )
        except PolicyError as error:
            form.form_errors += [policy_words.sentence(problem) for problem in error.problems]
        except life.PolicyNotFoundError:
            abort(404)
        else:
            flash(gettext("Policy %(version)s is in force now.", version=form.version), "success")
            return redirect(url_for("scoring.policies"), 303)
    return _confirm(_row(policy_id), form, is_roll_back=False)


@bp.route("/admin/policies/rollback", methods=["GET", "POST"])
@admin_only
def roll_back() -> Answer:
    """Make the version live again that was live before this one."""
    before = life.version_before()
    if before is None:
        flash(gettext("No version was in force before this one."), "info")
        return redirect(url_for("scoring.policies"), 303)
    if life.rules_or_none(before) is None:
        flash(gettext("This version of jobscore cannot read the rules of before."), "warning")
        return redirect(url_for("scoring.policy_version", policy_id=before.id), 303)
    form = ConfirmForm(before.version)
    if form.validate_on_submit():
        try:
            with transaction():
                life.roll_back(
                    instead_of=form.seen_live(),
                    to=form.seen_version(),
                    changed_by=current_user.id,
                )
        except PolicyError as error:
            form.form_errors += [policy_words.sentence(problem) for problem in error.problems]
        except (life.LiveChangedError, life.NothingToRollBackError):
            _say_moved_on(form)
        else:
            flash(gettext("Policy %(version)s is in force again.", version=form.version), "success")
            return redirect(url_for("scoring.policies"), 303)
    return _confirm(life.version_before() or before, form, is_roll_back=True)


def _say_moved_on(form: ConfirmForm) -> None:
    form.form_errors.append(
        gettext("Another version came into force meanwhile. Nothing was changed; look again.")
    )


def _confirm(row: ScorePolicy, form: ConfirmForm, *, is_roll_back: bool) -> tuple[str, int]:
    rules, live, live_row = life.rules_of(row), service.active_policy(), service.active_policy_row()
    tried = [_backtest_row(one, rules) for one in life_backtests(row.version)]
    page = render_template(
        "scoring/policy_confirm.html",
        row=row,
        live=live,
        instead_of=live_row.id if live_row else "",
        seen=row.id if is_roll_back else life.fingerprint(row),
        changes=changes(live, rules),
        outside=life.people_outside_bounds(rules),
        tried=next((t for t in tried if t["is_of_now"] and t["one"].result), None),
        is_roll_back=is_roll_back,
        form=form,
    )
    return page, form.status()
