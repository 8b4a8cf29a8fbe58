"""A CV comes in as proposals, of which people take what is true; a profile goes out as a résumé."""

from typing import Any

from flask import Response, current_app, render_template, request, url_for
from flask_babel import gettext, ngettext

from jobscore.accounts.consents import reader_locale
from jobscore.accounts.profile_forms import SKILL_LEVELS
from jobscore.accounts.resume import taking
from jobscore.accounts.resume.proposals import Kind, Proposal
from jobscore.accounts.resume_forms import ResumeForm, choice_of
from jobscore.accounts.views.blueprint import bp, me, say, see_other
from jobscore.accounts.views.following import matches_follow
from jobscore.database.transaction import transaction
from jobscore.scoring.service import today
from jobscore.vocabulary import gazetteer, tables
from jobscore.web.access import signed_in


@bp.route("/me/import", methods=["GET", "POST"])
@signed_in
def import_resume() -> Any:
    """Read a CV and show what it proposes. Keeps nothing: neither the text nor the proposals."""
    form = ResumeForm()
    if not form.validate_on_submit() or not form.read(today()):
        return render_template("accounts/import.html", form=form), form.status()
    found, profile = form.found, me().profile
    new = [p for p in found.proposals if not taking.is_known(p, profile)]
    page = render_template(
        "accounts/import_found.html",
        groups=_groups(new),
        n_new=len(new),
        known=[_shown(p) for p in found.proposals if taking.is_known(p, profile)],
        unknown=found.unknown,
        levels=SKILL_LEVELS,
    )
    return page, 200, {"Cache-Control": "no-store"}


@bp.post("/me/import/take")
@signed_in
def take_import() -> Any:
    """Add to the profile what was ticked; the matches follow."""
    choice = choice_of(request.form)
    if not choice:
        say(gettext("Nothing was ticked, so nothing was taken."), "info")
        return see_other(url_for("accounts.import_resume"))
    with transaction():
        taken = taking.take(me(), choice)
    matches_follow(me().id)
    say(
        ngettext(
            "One answer was added to your profile.",
            "%(num)s answers were added to your profile.",
            taken.changed,
        )
    )
    if taken.left_out:
        say(
            ngettext(
                "There was no room for one more.",
                "There was no room for %(num)s more.",
                taken.left_out,
            ),
            "warning",
        )
    return see_other(url_for("accounts.profile"))


@bp.get("/me/resume.json")
@signed_in
def export_resume() -> Any:
    """Return the profile as JSON Resume, to keep or to take elsewhere."""
    document = taking.as_json_resume(me(), reader_locale())
    body = current_app.json.dumps(document, indent=2, sort_keys=False)
    response = Response(body + "\n", mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="resume.json"'
    return response


def _groups(proposals: list[Proposal]) -> list[dict[str, Any]]:
    """Return the proposals by what they would answer, in the order of the profile."""
    titles = {
        Kind.PLACE: gettext("Where you live"),
        Kind.WANTED: gettext("Work that you want"),
        Kind.HELD: gettext("Work that you do or did"),
        Kind.YEARS: gettext("Years of experience"),
        Kind.SKILL: gettext("Skills, licences and languages"),
    }
    shown = [(kind, [_shown(p) for p in proposals if p.kind is kind]) for kind in titles]
    return [
        {"kind": kind.value, "title": titles[kind], "proposals": some}
        for kind, some in shown
        if some
    ]


def _shown(proposal: Proposal) -> dict[str, Any]:
    return {
        "kind": proposal.kind.value,
        "value": proposal.value,
        "name": _name(proposal),
        "quote": proposal.quote,
        "path": proposal.path,
        "level": str(proposal.level or taking.DEFAULT_LEVEL),
    }


def _name(proposal: Proposal) -> str:
    """Return what is proposed in the reader's language."""
    locale = reader_locale()
    if proposal.kind is Kind.SKILL:
        entry = tables.skill_of(proposal.value)
        return (entry.name_ja or entry.name_en) if locale == "ja" else entry.name_en
    if proposal.kind is Kind.PLACE:
        place = gazetteer.place_by_code(proposal.value)
        return place.label(locale) if place is not None else proposal.value
    if proposal.kind is Kind.YEARS:
        return str(ngettext("One year", "%(num)s years", int(proposal.value)))
    return proposal.value
