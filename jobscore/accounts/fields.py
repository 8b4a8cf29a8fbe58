"""Form fields that speak our messages and take what input methods and garbage senders give."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import wtforms
from flask_babel import gettext
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, PasswordInput, TextInput

from jobscore.accounts.addresses import InvalidEmailError, normalise_email
from jobscore.accounts.lines import clean_line

#: Largest amount of money that a wish can hold (numeric(14,2) with room to spare).
MOST_MONEY = Decimal(10_000_000_000)
#: Values with their (translatable) labels.
Pairs = Iterable[tuple[str, Any]]
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(億|万|千|k|m)?(?:(\d+)(千)?)?", re.IGNORECASE)
_SCALE = {"億": 100_000_000, "万": 10_000, "千": 1_000, "k": 1_000, "m": 1_000_000}


class AmountError(ValueError):
    """The text is not an amount of money."""


#: Characters of an amount as people write it, currency and separators included.
LONGEST_AMOUNT = 30


def parse_amount(text: str) -> Decimal:
    """Return the amount that people write as ``1,200``, ``１２００円``, ``350万`` or ``80k``.

    :raises AmountError: when it is none, negative, zero or beyond `MOST_MONEY`.
    """
    if len(text) > LONGEST_AMOUNT:  # before any pattern: matching a long text takes its square
        raise AmountError(text)
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"[\s,_'¥$€£]|円|yen|jpy|usd", "", plain)
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise AmountError(text)
    number, unit, rest, rest_unit = match.groups()
    try:
        value = Decimal(number) * _SCALE.get(unit or "", 1)
        value += Decimal(rest or 0) * _SCALE.get(rest_unit or "", 1)
    except InvalidOperation as error:
        raise AmountError(text) from error
    if rest and not unit:
        raise AmountError(text)
    if not 0 < value <= MOST_MONEY:
        raise AmountError(text)
    return value.quantize(Decimal("0.01"))


class LineField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """One line of text: None when empty; control characters are dropped; length checked here."""

    def __init__(self, label: Any = None, *, longest: int = 255, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(label, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Clean what was typed."""
        if valuelist:
            self.data = clean_line(valuelist[0]) or None

    def pre_validate(self, form: Any) -> None:
        """Refuse what the column cannot hold."""
        if self.data and len(self.data) > self.longest:
            message = gettext("Use at most %(count)s characters.", count=self.longest)
            raise StopValidation(message)


class EmailField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """An e-mail address; `address` is its normalised form once validated."""

    widget = wtforms.widgets.EmailInput()
    address: str = ""

    def pre_validate(self, form: Any) -> None:
        """Refuse what no letter could be sent to."""
        try:
            self.address = normalise_email(self.data or "")
        except InvalidEmailError:
            raise StopValidation(
                gettext("Enter an e-mail address, such as hanako@example.com.")
            ) from None


class PasswordField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """A password: never trimmed, never shown again."""

    widget = PasswordInput()

    def pre_validate(self, form: Any) -> None:
        """Refuse an empty one."""
        if not self.data:
            raise StopValidation(gettext("Enter your password."))


class WholeNumberField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """A whole number in any digits; None when empty; keeps what was typed when it is wrong."""

    widget = TextInput()

    def __init__(self, label: Any = None, *, least: int = 0, most: int = 100, **kw: Any) -> None:
        self.least, self.most = least, most
        super().__init__(label, **kw)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the digits; say what is allowed where there is something else."""
        self.data = None
        typed = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        if not re.fullmatch(r"\d{1,9}", typed) or not self.least <= int(typed) <= self.most:
            message = gettext(
                "Enter a whole number from %(least)s to %(most)s.", least=self.least, most=self.most
            )
            raise ValueError(message)
        self.data = int(typed)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


class AmountField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """An amount of money as people write it; None when empty."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the amount."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = parse_amount(valuelist[0])
        except AmountError:
            raise ValueError(gettext("Enter an amount, such as 1200 or 3,500,000.")) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return f"{self.data:f}".removesuffix(".00")


def options(pairs: Pairs) -> list[wtforms.SelectChoice]:
    """Return what select, radio and tick fields offer: values with their labels."""
    return [wtforms.SelectChoice(value, label) for value, label in pairs]


def _refuse_choice() -> None:
    raise ValidationError(gettext("Choose one of the answers shown."))


class SelectField(wtforms.SelectField):  # type: ignore[misc] # WTForms has no types
    """A drop-down list; an empty answer is None."""

    def __init__(self, label: Any = None, *, choices: Pairs = (), **kwargs: Any) -> None:
        chosen = options(choices)
        super().__init__(label, coerce=lambda v: v or None, choices=chosen, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse answers that were not offered."""
        if not any(choice[2] for choice in self.iter_choices()):
            _refuse_choice()


class RadioField(wtforms.RadioField):  # type: ignore[misc] # WTForms has no types
    """One answer of a few; no answer is None."""

    def __init__(self, label: Any = None, *, choices: Pairs = (), **kwargs: Any) -> None:
        chosen = options(choices)
        super().__init__(label, coerce=lambda v: v or None, choices=chosen, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse answers that were not offered; none at all is fine."""
        is_open = self.data is None or not self.validate_choice
        if not is_open and not any(choice[2] for choice in self.iter_choices()):
            _refuse_choice()


class ManyCheckboxField(wtforms.SelectMultipleField):  # type: ignore[misc] # no types
    """Any number of ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, *, choices: Pairs = (), **kwargs: Any) -> None:
        super().__init__(label, choices=options(choices), **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse answers that were not offered."""
        offered = {choice[0] for choice in self.iter_choices()}
        if not set(self.data or ()) <= offered:
            _refuse_choice()
