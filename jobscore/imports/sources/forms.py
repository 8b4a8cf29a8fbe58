"""The form of a source."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from jobscore.imports.columns import BY_FIELD
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import pages
from jobscore.imports.sources.models import AfterTaking, FeedMode, Schedule, Source
from jobscore.imports.sources.service import BadSourceError, Settings
from jobscore.web.forms import Form, strip

ENCODINGS = ("utf-8", "cp932", "euc_jp", "iso2022_jp_ext", "utf-16", "cp1252", "gb18030", "cp949")
DELIMITERS: dict[str, Any] = {
    ",": _l("comma"),
    "tab": _l("tab"),
    ";": _l("semicolon"),
    "|": _l("vertical bar"),
}


def _choices(labels: dict[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class SourceForm(Form):
    """What a person decides about a source."""

    name: Any = StringField(_l("Name"), filters=[strip], render_kw={"maxlength": 100})
    mode: Any = RadioField(_l("What its files are"), choices=_choices(pages.MODES))
    folder: Any = StringField(_l("Folder"), filters=[strip], render_kw={"maxlength": 255})
    pattern: Any = StringField(_l("Names of the files"), filters=[strip])
    after_taking: Any = RadioField(_l("Files that were taken"), choices=_choices(pages.AFTER))
    schedule: Any = SelectField(_l("When it runs"), choices=_choices(pages.SCHEDULES))
    daily_at: Any = StringField(
        _l("Time, if every day (such as 05:30)"), filters=[strip], render_kw={"maxlength": 5}
    )
    encoding: Any = SelectField(
        _l("Encoding"),
        choices=[
            SelectChoice("", _l("found in each file")),
            *(SelectChoice(name, name) for name in ENCODINGS),
        ],
    )
    delimiter: Any = SelectField(
        _l("Delimiter"),
        choices=[SelectChoice("", _l("found in each file")), *_choices(DELIMITERS)],
    )
    header_line: Any = StringField(_l("Line of the header"), filters=[strip])
    mapping: Any = TextAreaField(_l("Columns of the files"), filters=[strip])

    @classmethod
    def blank(cls) -> "SourceForm":
        """Return the form of a new source."""
        return cls(
            data={
                "mode": FeedMode.ADD_UPDATE.value,
                "pattern": "*.csv",
                "after_taking": AfterTaking.LEAVE.value,
                "schedule": Schedule.BY_HAND.value,
            }
        )

    @classmethod
    def of(cls, source: Source) -> "SourceForm":
        """Return the form with what a source has."""
        dialect = source.dialect
        line = dialect.get("header_line")
        return cls(
            data={
                "name": source.name,
                "mode": source.mode.value,
                "folder": source.folder or "",
                "pattern": source.pattern,
                "after_taking": source.after_taking.value,
                "schedule": source.schedule.value,
                "daily_at": source.daily_at or "",
                "encoding": dialect.get("encoding") or "",
                "delimiter": "tab" if dialect.get("delimiter") == "\t"
                else dialect.get("delimiter") or "",
                "header_line": "" if line is None else str(line),
                "mapping": "\n".join(f"{name} = {col}" for name, col in source.mapping.items()),
            }
        )  # fmt: skip

    def settings(self) -> Settings:
        """Return what was sent.

        :raises BadSourceError: for a line of the columns that is no pair.
        """
        line = self.header_line.data or ""
        if line and not (line.isascii() and line.isdigit() and len(line) < 7):
            raise BadSourceError("header_line", "unusable")
        delimiter = self.delimiter.data or None
        return Settings(
            name=self.name.data or "",
            mode=FeedMode(self.mode.data),
            mapping=read_mapping(self.mapping.data or ""),
            options=ReadOptions(
                self.encoding.data or None,
                "\t" if delimiter == "tab" else delimiter,
                None,
                int(line) if line else None,
            ),
            folder=self.folder.data or None,
            pattern=self.pattern.data or "",
            after_taking=AfterTaking(self.after_taking.data),
            schedule=Schedule(self.schedule.data),
            daily_at=self.daily_at.data or None,
        )

    def show(self, error: BadSourceError) -> None:
        """Put a refusal of the service beside its field."""
        field = getattr(self, error.field, self.name)
        field.errors = [*field.errors, pages.refusal(error)]


def read_mapping(text: str) -> dict[str, str | int]:
    """Read lines such as ``title = Job title`` or ``title = 0`` (columns count from 0).

    :raises BadSourceError: for a line that is no pair, or a field that is none of ours.
    """
    mapping: dict[str, str | int] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, mark, column = (part.strip() for part in line.replace("＝", "=").partition("="))
        if not mark or name not in BY_FIELD or not column:
            raise BadSourceError("mapping", "unknown_field")
        if name in mapping:
            raise BadSourceError("mapping", "repeated")
        is_number = column.isascii() and column.isdigit() and len(column) < 5
        mapping[name] = int(column) if is_number else column
    return mapping
