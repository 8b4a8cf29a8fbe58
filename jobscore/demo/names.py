"""Names of companies and people that no one bears on purpose: ordinary parts, put together."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from jobscore.demo.catalogue import Language
from jobscore.demo.dice import Dice

_EN_FORMS = ("", "", " Inc.", " LLC", " Ltd", ", Inc")


@cache
def _parts() -> dict[str, Any]:
    text = (files("jobscore.demo") / "data" / "names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def company(dice: Dice, language: Language, family: str) -> str:
    """Return a company of this line of business."""
    parts = _parts()[language]
    head, tail = dice.pick(parts["heads"]), dice.pick(parts["tails"][family])
    if language == "en":
        return f"{head} {tail}{dice.pick(_EN_FORMS)}"
    name = f"{head}{tail}"
    if family == "care" and name.endswith("会"):
        return dice.pick(("医療法人", "社会福祉法人")) + name
    if name.endswith(("クリニック", "学園", "保育園", "農園", "薬局", "食堂")):
        return name
    return dice.pick((f"株式会社{name}", f"{name}株式会社", f"有限会社{name}", name))


def person(dice: Dice, language: Language) -> str:
    """Return a full name, in the order of its language."""
    parts = _parts()[language]
    family, given = dice.pick(parts["family_names"]), dice.pick(parts["given_names"])
    return f"{family} {given}" if language == "ja" else f"{given} {family}"
