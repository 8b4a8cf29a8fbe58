"""``flask doctor``: look an installation over, and say what to do."""

import json
import sys

import click
from flask import Flask
from flask.cli import with_appcontext

from jobscore.doctor import service, words
from jobscore.doctor.findings import Finding, Level, Report
from jobscore.web.i18n import LOCALES, speaking

MARKS = {Level.OK: "ok", Level.ADVICE: "advice", Level.UNKNOWN: "unknown", Level.PROBLEM: "PROBLEM"}


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(doctor)


@click.command("doctor")
@click.argument("parts", nargs=-1, type=click.Choice(list(service.PARTS)))
@click.option("--offline", is_flag=True, help="Ask neither DNS nor the mail server.")
@click.option("--selector", "selectors", multiple=True, help="DKIM selector of your mail server.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
@with_appcontext
def doctor(
    parts: tuple[str, ...], offline: bool, selectors: tuple[str, ...], as_json: bool, language: str
) -> None:
    """Examine PARTS of this installation (all: mail), and print the DNS records to add.

    Exit status: 0 nothing wrong, 1 a problem, 3 something could not be looked at.
    """
    context = service.context(is_offline=offline, selectors=selectors)
    report = service.examine(context, parts)
    with speaking(language):
        if as_json:
            click.echo(json.dumps(_as_json(report), ensure_ascii=False))
        else:
            click.echo("\n".join(_lines(report)))
    sys.exit(service.exit_status(report))


def _lines(report: Report) -> list[str]:
    lines: list[str] = []
    part = ""
    for finding in report.findings:
        if finding.part != part:
            part = finding.part
            lines += ["", str(words.PARTS[part])]
        lines.append(f"  {MARKS[finding.level]:<8} {words.text(finding)}")
        if advice := words.advice(finding):
            lines.append(f"           {advice}")
        lines += [f"           {record}" for record in finding.records]
    n = {level: len(report.of(level)) for level in Level}
    lines += [
        "",
        f"{n[Level.PROBLEM]} problems, {n[Level.UNKNOWN]} not known, {n[Level.ADVICE]} could be "
        f"better, {n[Level.OK]} well.",
    ]
    return lines[1:]


def _as_json(report: Report) -> dict[str, object]:
    return {
        "level": report.level.value,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "part": finding.part,
        "code": finding.code,
        "level": finding.level.value,
        "values": dict(finding.values),
        "text": words.text(finding),
        "advice": words.advice(finding) or None,
        "records": [{"name": r.name, "type": "TXT", "text": r.text} for r in finding.records],
    }
