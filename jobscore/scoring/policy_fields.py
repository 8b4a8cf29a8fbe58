"""A policy as a flat list of whole numbers, each with its name and range.

Forms, commands, differences and the pages' tables all go through here, so a new parameter needs
nothing but its line in `Parameters` and its words in `policy_words`. Pure.

Names: ``weights.location``, ``bounds.location.1`` (lowest own weight) and ``.2`` (highest),
``coverage_floor``, ``neutral``, ``minimum_total``, ``parameters.half_distance_km``, and
``parameters.level_credit.3`` for the third entry of a tuple.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from jobscore.scoring.policy import (
    COMPONENTS,
    FULL,
    SLOTS,
    Parameters,
    Policy,
    PolicyError,
    PolicyProblem,
    parameter_range,
)

MOST_DIGITS: Final = 9
"""Longer numbers are refused unread: no field allows them."""


class Group(StrEnum):
    """What a field belongs to, in the order in which they are shown."""

    WEIGHTS = "weights"
    TOTAL = "total"
    PARAMETERS = "parameters"
    LIST = "list"
    BOUNDS = "bounds"


@dataclass(frozen=True, slots=True)
class Field:
    """One whole number of a policy."""

    name: str
    group: Group
    stem: str
    """The name without its place in a tuple: its words stand under it."""
    place: int | None
    """1-based place in a tuple; None: it is no tuple."""
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that two policies do not share."""

    field: Field
    old: int
    new: int


def _all_fields() -> Iterable[Field]:
    for component in COMPONENTS:
        name = f"weights.{component}"
        yield Field(name, Group.WEIGHTS, name, None, 0, 100)
    yield Field("coverage_floor", Group.TOTAL, "coverage_floor", None, 0, 100)
    yield Field("neutral", Group.TOTAL, "neutral", None, 0, FULL)
    yield Field("minimum_total", Group.TOTAL, "minimum_total", None, 0, 100)
    for item in fields(Parameters):
        low, high = parameter_range(item.name)
        group = Group.LIST if item.name in {*SLOTS, "per_company"} else Group.PARAMETERS
        stem = f"parameters.{item.name}"
        if isinstance(item.default, tuple):
            for place in range(1, len(item.default) + 1):
                yield Field(f"{stem}.{place}", group, stem, place, low, high)
        else:
            yield Field(stem, group, stem, None, low, high)
    for component in COMPONENTS:
        stem = f"bounds.{component}"
        for place in (1, 2):
            yield Field(f"{stem}.{place}", Group.BOUNDS, stem, place, 0, 100)


FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _all_fields()}
"""Every number of a policy by name, in the order in which they are shown."""


def values(policy: Policy) -> dict[str, int]:
    """Return every number of a policy by field name."""
    data = policy.to_json()
    return {name: _read(data, field) for name, field in FIELDS.items()}


def _read(data: Mapping[str, Any], field: Field) -> int:
    value: Any = data
    for step in field.stem.split("."):
        value = value[step]
    return int(value if field.place is None else value[field.place - 1])


def with_values(policy: Policy, changes: Mapping[str, int], version: str | None = None) -> Policy:
    """Return a policy with some numbers changed, and another version name where one is given.

    Raises PolicyError for an unknown name and for whatever the new policy breaks.
    """
    unknown = [PolicyProblem(name, "unknown_field") for name in changes if name not in FIELDS]
    if unknown:
        raise PolicyError(unknown)
    data = policy.to_json()
    if version is not None:
        data["version"] = version
    for name, number in changes.items():
        _write(data, FIELDS[name], number)
    return Policy.from_json(data)


def _write(data: dict[str, Any], field: Field, number: int) -> None:
    *path, last = field.stem.split(".")
    inner = data
    for step in path:
        inner = inner[step]
    if field.place is None:
        inner[last] = number
    else:
        inner[last][field.place - 1] = number


def differences(old: Policy, new: Policy) -> list[Difference]:
    """Return each number in which two policies differ, in the order of `FIELDS`."""
    before, after = values(old), values(new)
    return [
        Difference(field, before[name], after[name])
        for name, field in FIELDS.items()
        if before[name] != after[name]
    ]


def field_of(problem: PolicyProblem) -> str | None:
    """Return the name of the field that a problem is about; None: more than one field."""
    for name in (problem.where, f"weights.{problem.where}"):
        if name in FIELDS:
            return name
    name = f"{problem.where}.{problem.numbers.get('at')}"
    return name if name in FIELDS else None


def parse_setting(text: str) -> dict[str, int]:
    """Read ``name=number`` as a person types it; ``name=60,80,100,100,100`` fills a tuple.

    ``parameters.`` may be left out. Raises PolicyError.
    """
    name, equals, written = text.partition("=")
    name = name.strip()
    if not equals:
        raise PolicyError([PolicyProblem(name, "needs_a_value")])
    if name not in FIELDS and not _places(name):
        name = f"parameters.{name}"
    names = [name] if name in FIELDS else _places(name)
    if not names:
        raise PolicyError([PolicyProblem(text.partition("=")[0].strip(), "unknown_field")])
    numbers = written.split(",") if len(names) > 1 else [written]
    if len(numbers) != len(names):
        raise PolicyError([PolicyProblem(name, "wrong_length", {"length": len(names)})])
    return {n: parse_number(n, number) for n, number in zip(names, numbers, strict=True)}


def _places(stem: str) -> list[str]:
    return [name for name, field in FIELDS.items() if field.stem == stem and field.place]


def parse_number(name: str, written: str) -> int:
    """Read a whole number as a person types it. Raises PolicyError."""
    digits = written.strip()
    bare = digits.removeprefix("-")
    if not (bare.isascii() and bare.isdecimal()) or len(bare) > MOST_DIGITS:
        raise PolicyError([PolicyProblem(name, "not_a_whole_number")])
    return int(digits)
