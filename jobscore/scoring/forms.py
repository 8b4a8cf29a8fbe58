"""Forms of the policy pages: a draft as plain numbers, a backtest, a name typed to go live."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import NumberInput

from jobscore.accounts.fields import WholeNumberField
from jobscore.matching import backtesting
from jobscore.scoring import policy_fields, policy_words
from jobscore.scoring.policy import Policy, PolicyProblem
from jobscore.scoring.policy_fields import FIELDS, Field, Group
from jobscore.web import jinja
from jobscore.web.forms import Form, strip

SAMPLES: Final = (100, backtesting.USUAL_PEOPLE, 5_000)
"""How many people a backtest may take, besides all."""


def input_name(field: Field) -> str:
    """Return the name of a policy's number in the form."""
    return field.name.replace(".", "__")


class DraftForm(Form):
    """A draft: its name, what changes and why, and every number of the policy."""

    version: Any = StringField(_l("Version"), filters=[strip], render_kw={"maxlength": 20})
    text: Any = TextAreaField(_l("What changes and why"), filters=[strip])
    seen: Any = StringField()

    @classmethod
    def for_policy(cls, policy: Policy, **data: Any) -> "DraftForm":
        """Return the form with the numbers of a policy, and the given version, text and state."""
        numbers = {
            input_name(FIELDS[name]): number
            for name, number in policy_fields.values(policy).items()
        }
        return cls(data=numbers | data)

    def field_named(self, name: str) -> Any:
        """Return the input of a policy's number."""
        return self[input_name(FIELDS[name])]

    def numbers(self) -> dict[str, int]:
        """Return the numbers that were sent, by field name."""
        return {name: self.field_named(name).data for name in FIELDS}

    def groups(self) -> list[tuple[str, list[tuple[Any, Field]]]]:
        """Return the inputs in their groups, each with its heading."""
        return [
            (
                str(policy_words.GROUP_LABELS[group]),
                [(self.field_named(f.name), f) for f in FIELDS.values() if f.group is group],
            )
            for group in Group
        ]

    def show_problems(self, problems: tuple[PolicyProblem, ...]) -> None:
        """Say each problem at its input; at the first weight when it is about all of them."""
        for problem in problems:
            name = policy_fields.field_of(problem)
            if name is None and problem.where == "weights":
                name = next(iter(FIELDS))
            said = policy_words.what_is_wrong(problem)
            if name is not None:
                target = self.field_named(name)
            elif problem.where in {"version", "text"}:
                target = self[problem.where]
            else:
                self.form_errors.append(policy_words.sentence(problem))
                continue
            if said not in target.errors:
                target.errors = [*target.errors, said]


class _NumberField(WholeNumberField):
    """A number input with the field's range, label and meaning in the reader's language."""

    def __init__(self, label: Any = None, *, field: Field, **kw: Any) -> None:
        super().__init__(
            label,
            least=field.low,
            most=field.high,
            validators=[InputRequired(_l("Must be a whole number."))],
            **kw,
        )
        self.widget = NumberInput(step=1, min=field.low, max=field.high)
        self.label.text = policy_words.label(field)
        self.description = gettext(
            "%(meaning)s From %(low)s to %(high)s.",
            meaning=policy_words.meaning(field),
            low=jinja.number(field.low),
            high=jinja.number(field.high),
        )


for _field in FIELDS.values():
    setattr(DraftForm, input_name(_field), _NumberField(field=_field))


class NewDraftForm(Form):
    """A new draft: from which version, and under which name."""

    source: Any = SelectField(_l("Copy of"), coerce=str)
    version: Any = StringField(_l("Version"), filters=[strip], render_kw={"maxlength": 20})
    text: Any = TextAreaField(_l("What changes and why"), filters=[strip])


class BacktestForm(Form):
    """A backtest: for how many people, against which version."""

    people: Any = SelectField(_l("People"), coerce=str)
    against: Any = SelectField(_l("Compare with"), coerce=str)

    def offer(self, versions: Mapping[str, str], live: str) -> None:
        """Fill the choices: versions with their words, the live one first."""
        self.people.choices = [
            *((str(n), gettext("%(n)s, evenly spread over all", n=f"{n:,}")) for n in SAMPLES),
            ("all", gettext("All")),
        ]
        self.against.choices = list(versions.items())
        if not self.is_submitted():
            self.people.data = str(backtesting.USUAL_PEOPLE)
            self.against.data = live

    def sample(self) -> int | None:
        """Return how many people; None: all."""
        return None if self.people.data == "all" else int(self.people.data)


class ConfirmForm(Form):
    """What must be typed before a version becomes live."""

    typed: Any = StringField(_l("Version"), filters=[strip])
    instead_of: Any = StringField()
    seen: Any = StringField()

    def __init__(self, version: str, **kwargs: Any) -> None:
        self.version = version
        super().__init__(**kwargs)

    def validate_typed(self, field: Any) -> None:
        """Want the very name."""
        if field.data != self.version:
            raise ValidationError(gettext("Type %(version)s to confirm.", version=self.version))

    def seen_live(self) -> int:
        """Return the number of the live version as the page showed it; 0: there was none."""
        return _number(self.instead_of.data)

    def seen_version(self) -> int:
        """Return the number of the version as the page showed it; 0: it did not."""
        return _number(self.seen.data)


def _number(text: str | None) -> int:
    is_number = (
        bool(text) and str(text).isascii() and str(text).isdecimal() and len(str(text)) <= 18
    )
    return int(str(text)) if is_number else 0
