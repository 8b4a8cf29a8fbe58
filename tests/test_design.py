"""The look keeps its promises: contrast, no inline code, known icons, unchanged files of others."""

import hashlib
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from wtforms import (
    Form,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    validators,
)

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(p for p in (ROOT / "templates").rglob("*.html") if "emails" not in p.parts)
TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
STYLES = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "static" / "css").glob("*.css"))]


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\n\s*\}", TOKENS, re.DOTALL)
    names = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", blocks[0]))
    if scheme == "dark":
        names |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", blocks[1]))
    return names


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


TEXT_PAIRS = [
    *product(
        ["text", "muted", "accent", "good", "fair", "poor"], ["surface", "card", "header", "sunken"]
    ),
    *((c, f"{c}-soft") for c in ("accent", "good", "fair", "poor", "info")),
    *(("text", f"{c}-soft") for c in ("accent", "good", "fair", "poor", "info", "neutral")),
    ("muted", "neutral-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-accent", "danger-fill"),
    ("on-accent", "danger-fill-hover"),
]
MARK_PAIRS = [
    *product(["line-strong"], ["card", "surface"]),
    *product(["good", "fair", "poor", "accent"], ["card", "track"]),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT_PAIRS, ids=str)
def test_text_stands_out_from_what_it_stands_on(scheme: str, ink: str, paper: str) -> None:
    names = colours(scheme)
    assert contrast(names[ink], names[paper]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), MARK_PAIRS, ids=str)
def test_borders_of_inputs_and_marks_of_scores_can_be_seen(
    scheme: str, ink: str, paper: str
) -> None:
    names = colours(scheme)
    assert contrast(names[ink], names[paper]) >= 3


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_icon_that_a_template_names_is_in_the_sprite(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    sprite = (ROOT / "static" / "vendor" / "lucide" / "sprite.svg").read_text(encoding="utf-8")
    named = set(re.findall(r"icon\(\"([\w-]+)\"|icon=\"([\w-]+)\"", source))
    assert not {
        name for pair in named for name in pair if name and f'<symbol id="{name}"' not in sprite
    }


def test_style_sheets_name_only_files_of_ours_that_exist() -> None:
    targets = [t for sheet in STYLES for t in re.findall(r"url\(\"?([^\")]+)", sheet)]
    assert targets
    assert not [t for t in targets if not (ROOT / "static" / "css" / t).is_file()]


def test_style_sheets_use_only_tokens_that_exist() -> None:
    defined = set(re.findall(r"(--[\w-]+):", "\n".join(STYLES)))
    used = set(re.findall(r"var\((--[\w-]+)", "\n".join(STYLES)))
    assert used <= defined


def test_files_of_others_are_the_ones_that_the_list_names() -> None:
    vendor = ROOT / "static" / "vendor"
    listed = (vendor / "README.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| ([\w./-]+) \|.*\| ([0-9a-f]{64}) \|", listed, re.MULTILINE)) == {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(vendor.rglob("*"))
        if path.suffix in {".js", ".woff2", ".svg"}
    }


# What follows draws single components without the app: they need nothing but a few globals.


@pytest.fixture
def draw() -> Any:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        lambda text: text, lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    env.globals.update(
        get_locale=lambda: "en",
        csrf_token=lambda: "the-token",
        asset=lambda path: f"/static/{path}",
    )

    def draw_source(source: str, **values: Any) -> str:
        """Render a source in which ``file/macro(`` stands for an imported macro."""
        head = "".join(
            f'{{% from "components/{file}.html" import {macro} %}}'
            for file, macro in re.findall(r"\b(\w+)/(\w+)\(", source)
        )
        return env.from_string(head + re.sub(r"\b\w+/(\w+\()", r"\1", source)).render(**values)

    return draw_source


def test_a_score_that_may_not_be_shown_has_no_number_and_says_so(draw: Any) -> None:
    html = draw("{{ score_ring/score_ring(none) }}")
    assert "Not enough data" in html
    assert not re.search(r">\s*\d+\s*<", html)


@pytest.mark.parametrize(
    ("score", "word"),
    [(0, "Weak"), (49, "Weak"), (50, "Fair"), (79, "Fair"), (80, "Strong"), (100, "Strong")],
)
def test_a_score_stands_beside_its_word(draw: Any, score: int, word: str) -> None:
    html = draw("{{ score_ring/score_ring(score) }}", score=score)
    assert f"{score}<" in html
    assert f"{word} match" in html


def test_a_part_that_could_not_be_judged_reads_so_instead_of_as_zero(draw: Any) -> None:
    html = draw("{{ score_bars/score_bars(parts) }}", parts=[{"label": "Pay", "score": None}])
    assert "Not judged" in html
    assert "bars__number" not in html


def test_a_hostile_title_stays_text(draw: Any) -> None:
    html = draw(
        "{{ job_card/job_card(title, '/jobs/1', title) }}", title="<script>alert(1)</script>"
    )
    assert "<script>" not in html


def test_a_card_without_a_score_draws_no_ring(draw: Any) -> None:
    assert "ring" not in draw("{{ job_card/job_card('Cook', '/jobs/1', 'Cafe') }}")


def test_a_post_button_carries_the_token_and_its_fields(draw: Any) -> None:
    html = draw("{{ button/post_button('Save', '/save', fields={'job': 7}, pressed=true) }}")
    assert 'name="csrf_token" value="the-token"' in html
    assert 'name="job" value="7"' in html
    assert 'aria-pressed="true"' in html


def test_a_live_block_stops_asking_when_the_work_is_done(draw: Any) -> None:
    source = (
        "{% call live_block/live_block('import', '/imports/1', '10:32', is_running=running) %}"
        "half{% endcall %}"
    )
    assert 'hx-trigger="every 2s"' in draw(source, running=True)
    assert "hx-" not in draw(source, running=False)


class AnswersForm(Form):
    years = IntegerField(
        "Years", [validators.InputRequired("How many?")], description="Whole years"
    )
    name = StringField("Name")
    types = SelectMultipleField("Types", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    remote = RadioField(
        "Remote",
        [validators.InputRequired("Choose.")],
        choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No")],
    )


@pytest.fixture
def answers() -> AnswersForm:
    form = AnswersForm(data={"name": "花子", "types": ["b"]})
    form.validate()
    return form


def test_a_failed_form_names_each_wrong_field_and_links_to_it(
    draw: Any, answers: AnswersForm
) -> None:
    html = draw("{{ form/error_summary(answers) }}", answers=answers)
    assert 'href="#years"' in html
    assert 'href="#remote-0"' in html
    assert 'href="#name"' not in html


def test_a_wrong_field_is_tied_to_its_help_and_its_error(draw: Any, answers: AnswersForm) -> None:
    html = draw("{{ field/field(answers.years) }}", answers=answers)
    assert 'aria-describedby="years-help years-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'for="years"' in html


def test_a_list_of_choices_keeps_what_was_ticked(draw: Any, answers: AnswersForm) -> None:
    html = draw("{{ field/field(answers.types) }}", answers=answers)
    assert 'type="checkbox" value="b" checked' in html
    assert 'value="a" checked' not in html
    assert "<legend" in html


def test_a_table_names_its_columns_in_every_cell(draw: Any) -> None:
    html = draw(
        "{% from 'components/table.html' import cell, row_header %}"
        "{% call(row) table/table('Runs', columns, rows) %}"
        "{{ row_header('Id', row.id) }}{{ cell('Jobs', row.jobs, numeric=true) }}{% endcall %}",
        columns=[{"label": "Id"}, {"label": "Jobs", "numeric": True}],
        rows=[{"id": 1, "jobs": 40}],
    )
    assert "<caption>Runs</caption>" in html
    assert 'data-label="Jobs"' in html


def test_a_chart_gives_its_numbers_as_a_table_too(draw: Any) -> None:
    html = draw(
        "{{ chart/histogram('Scores', bars) }}",
        bars=[{"label": "0", "value": 3}, {"label": "50", "value": 0}],
    )
    assert 'role="img"' in html
    assert html.count("<tr>") == 3


def test_a_chart_of_several_numbers_has_a_legend_and_a_column_for_each(draw: Any) -> None:
    html = draw(
        "{{ chart/stacked_histogram('Letters', bars, series, 'Four in all.') }}",
        bars=[{"label": "3/1", "parts": [3, 0]}, {"label": "3/2", "parts": [0, 1]}],
        series=[{"label": "Sent", "kind": "success"}, {"label": "Problem", "kind": "danger"}],
    )
    assert html.count('<rect class="chart__bar chart__bar--success" x=') == 1
    assert html.count('<rect class="chart__bar chart__bar--danger" x=') == 1
    assert html.count("<li>") == 2
    assert '<th scope="col" class="is-numeric">Problem</th>' in html
    assert 'aria-label="Letters. Four in all."' in html


def test_a_sparkline_says_its_words_and_leaves_gaps(draw: Any) -> None:
    html = draw("{{ chart/sparkline('Scores of seven days', values) }}", values=[10, None, 20, 40])
    assert 'aria-label="Scores of seven days"' in html
    path = re.search(r' d="([^"]+)"', html)
    assert path
    assert (path[1].count("M"), path[1].count("L")) == (2, 1)
    assert 'cx="118.0"' in html
    assert "<path" not in draw("{{ chart/sparkline('Nothing yet', values) }}", values=[])


#: Words that stand in templates as they are: names and units.
PLAIN_WORDS = {"jobscore", "px"}
#: Macros that make names of classes, not words.
CLASS_NAMES = r"\{% macro (?:band|button_class)\(.*?\{%- endmacro %\}"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_says_a_word_that_cannot_be_translated(path: Path) -> None:
    text = re.sub(CLASS_NAMES, " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(style|script|code|pre)\b.*?</\1>|<!--.*?-->", " ", text, flags=re.DOTALL)
    named = re.findall(r'\s(?:aria-label|title|placeholder|alt)="([^"]*)"', text)
    said = re.findall(r"[^\W\d_]{2,}", " ".join([re.sub(r"<[^>]*>", " ", text), *named]))
    assert not set(said) - PLAIN_WORDS
