"""Forms of the import of a CV: the CV itself, and what is taken of its proposals."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField

from jobscore.accounts import profiles
from jobscore.accounts.lines import clean_line
from jobscore.accounts.resume import reading
from jobscore.accounts.resume.proposals import MOST, MOST_YEARS, Problem
from jobscore.accounts.resume.reading import Reading, UnreadableResumeError
from jobscore.accounts.resume.taking import DEFAULT_LEVEL, Choice
from jobscore.vocabulary import gazetteer, tables
from jobscore.web.forms import Form


class ResumeForm(Form):
    """A CV: a file, or text in a box. Its text is read and forgotten."""

    file = FileField(_l("File: JSON Resume or plain text"))
    text = TextAreaField(_l("Or paste the text of your CV"))

    found: Reading = Reading(())

    def read(self, today: date) -> bool:
        """Read what was sent; on False a field says what is wrong with it, and where."""
        upload = self.file.data
        field = self.file if upload else self.text
        try:
            if upload:
                text = reading.decode(upload.read(reading.LARGEST + 1))
            else:
                text = self.text.data or ""
            self.found = reading.read(text, today)
        except UnreadableResumeError as error:
            field.errors = [*field.errors, sentence(error)]
            return False
        return True


def sentence(error: UnreadableResumeError) -> str:
    """Say in the reader's language why a CV cannot be read, and where."""
    where = {"line": error.line, "column": error.column, "path": error.path}
    sentences: Mapping[Problem, str] = {
        Problem.EMPTY: gettext("Choose a file, or paste the text of your CV."),
        Problem.TOO_LONG: gettext("This is too long. A CV may have 200 kB at most."),
        Problem.BINARY: gettext(
            "We cannot read PDF, Word or picture files. Open it, copy its text and paste it below."
        ),
        Problem.NOT_TEXT: gettext("This file is not text that we can read. Save it as UTF-8."),
        Problem.CONTROL: gettext(
            "Line %(line)s, column %(column)s holds a character that no text has.", **where
        ),
        Problem.TOO_DEEP: gettext(
            "Line %(line)s, column %(column)s: lists and objects are nested too deeply for a CV.",
            **where,
        ),
        Problem.NOT_JSON: gettext(
            "The JSON is damaged at line %(line)s, column %(column)s.", **where
        ),
        Problem.NOT_RESUME: gettext(
            "This is JSON, but no JSON Resume: “basics”, “work” and “skills” are all missing."
        ),
        Problem.NOT_OBJECT: gettext("“%(path)s” should be an object: { … }.", **where),
        Problem.NOT_LIST: gettext("“%(path)s” should be a list: [ … ].", **where),
        Problem.NOT_WORDS: gettext("“%(path)s” should be text in quotation marks.", **where),
    }
    return sentences[error.problem]


def choice_of(form: "MultiDict[str, str]") -> Choice:
    """Return what was ticked; what no page of ours can have sent is left out.

    The button "everything" ticks each proposal of the page (its ``all_…`` fields).
    """
    prefix = "all_" if form.get("everything") else ""
    codes = [c for c in form.getlist(f"{prefix}skill") if tables.skill_code(c) == c]
    years = next(iter(form.getlist(f"{prefix}years")), "")
    place = gazetteer.place_by_code(next(iter(form.getlist(f"{prefix}place")), ""))
    return Choice(
        skills={code: _level(form.get(f"level-{code}", "")) for code in codes[: MOST["skill"]]},
        wanted=_titles(form.getlist(f"{prefix}wanted")),
        held=_titles(form.getlist(f"{prefix}held")),
        years=int(years) if _is_years(years) else None,
        place=place.code if place is not None and place.kind != "country" else None,
    )


def _is_years(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= 2
    return is_number and int(text) <= MOST_YEARS


def _level(text: str) -> int:
    return int(text) if text in {"1", "2", "3", "4", "5"} else DEFAULT_LEVEL


def _titles(texts: list[str]) -> tuple[str, ...]:
    clean = (clean_line(text)[:255] for text in texts[: profiles.MOST_TITLES])
    return tuple(title for title in clean if title)
