"""The accessibility statement: every criterion of WCAG 2.2 A and AA, how it was tested, its state.

The tests named here exist (``tests/web/test_accessibility.py`` holds the table to that). WCAG 2.2
has 31 criteria of level A and 24 of level AA; 4.1.1 was taken out of the standard.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

#: When the table was last gone through.
REVIEWED = date(2026, 11, 23)


class State(StrEnum):
    """How far a criterion is met."""

    MET = "met"
    PARTLY = "partly"
    #: There is nothing on this site that the criterion speaks of.
    NOTHING = "nothing"


class Way(StrEnum):
    """How a criterion was tested."""

    AXE = "axe"
    MARKUP = "markup"
    KEYBOARD = "keyboard"
    WALK = "walk"
    LOOK = "look"
    CONTRAST = "contrast"
    REFLOW = "reflow"
    SIZE = "size"
    HAND = "hand"


STATES = {
    State.MET: _l("Met"),
    State.PARTLY: _l("Partly met"),
    State.NOTHING: _l("Does not occur"),
}
WAYS = {
    Way.AXE: _l("axe-core on every page, in both languages, light and dark, wide and narrow"),
    Way.MARKUP: _l("A check of the markup of every page in both languages"),
    Way.KEYBOARD: _l("A browser walk with the keyboard alone"),
    Way.WALK: _l("Browser walks through the main tasks in both languages"),
    Way.LOOK: _l("A browser test of spacing, enlarged text, reduced motion and forced colours"),
    Way.CONTRAST: _l("A test that computes the contrast of every pair of colours"),
    Way.REFLOW: _l("A browser test of every page at 320 px"),
    Way.SIZE: _l("A browser test that measures every target"),
    Way.HAND: _l("Gone through by hand"),
}
#: Test file that stands behind a way; hand has none.
FILES = {
    Way.AXE: "tests/browser/test_pages.py",
    Way.MARKUP: "tests/browser/test_markup.py",
    Way.KEYBOARD: "tests/browser/test_keyboard.py",
    Way.WALK: "tests/browser/test_seeker_walk.py",
    Way.LOOK: "tests/browser/test_access.py",
    Way.CONTRAST: "tests/test_design.py",
    Way.REFLOW: "tests/browser/test_pages.py",
    Way.SIZE: "tests/browser/test_pages.py",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One success criterion and what we can say about it."""

    number: str
    level: str
    name: Any
    ways: tuple[Way, ...]
    state: State = State.MET
    note: Any = ""


_A, _AA = "A", "AA"
CRITERIA = (
    Criterion("1.1.1", _A, _l("Non-text Content"), (Way.AXE, Way.MARKUP)),
    Criterion("1.2.1", _A, _l("Audio-only and Video-only"), (Way.HAND,), State.NOTHING),
    Criterion("1.2.2", _A, _l("Captions (Prerecorded)"), (Way.HAND,), State.NOTHING),
    Criterion("1.2.3", _A, _l("Audio Description or Alternative"), (Way.HAND,), State.NOTHING),
    Criterion("1.2.4", _AA, _l("Captions (Live)"), (Way.HAND,), State.NOTHING),
    Criterion("1.2.5", _AA, _l("Audio Description (Prerecorded)"), (Way.HAND,), State.NOTHING),
    Criterion("1.3.1", _A, _l("Info and Relationships"), (Way.AXE, Way.MARKUP)),
    Criterion("1.3.2", _A, _l("Meaningful Sequence"), (Way.KEYBOARD, Way.HAND)),
    Criterion("1.3.3", _A, _l("Sensory Characteristics"), (Way.HAND,)),
    Criterion("1.3.4", _AA, _l("Orientation"), (Way.AXE, Way.REFLOW)),
    Criterion("1.3.5", _AA, _l("Identify Input Purpose"), (Way.AXE, Way.MARKUP)),
    Criterion(
        "1.4.1",
        _A,
        _l("Use of Color"),
        (Way.AXE, Way.HAND),
        note=_l("Beside the colour of each score stand its number and its word."),
    ),
    Criterion("1.4.2", _A, _l("Audio Control"), (Way.HAND,), State.NOTHING),
    Criterion("1.4.3", _AA, _l("Contrast (Minimum)"), (Way.AXE, Way.CONTRAST)),
    Criterion("1.4.4", _AA, _l("Resize Text"), (Way.LOOK,)),
    Criterion("1.4.5", _AA, _l("Images of Text"), (Way.HAND,)),
    Criterion("1.4.10", _AA, _l("Reflow"), (Way.REFLOW,)),
    Criterion("1.4.11", _AA, _l("Non-text Contrast"), (Way.CONTRAST, Way.HAND)),
    Criterion("1.4.12", _AA, _l("Text Spacing"), (Way.LOOK,)),
    Criterion("1.4.13", _AA, _l("Content on Hover or Focus"), (Way.HAND,)),
    Criterion("2.1.1", _A, _l("Keyboard"), (Way.KEYBOARD,)),
    Criterion("2.1.2", _A, _l("No Keyboard Trap"), (Way.KEYBOARD,)),
    Criterion(
        "2.1.4",
        _A,
        _l("Character Key Shortcuts"),
        (Way.KEYBOARD,),
        note=_l("Single keys can be switched off in the list of keyboard shortcuts."),
    ),
    Criterion(
        "2.2.1",
        _A,
        _l("Timing Adjustable"),
        (Way.HAND,),
        note=_l("A form may stay open for twelve hours, a sign-in for days."),
    ),
    Criterion(
        "2.2.2",
        _A,
        _l("Pause, Stop, Hide"),
        (Way.HAND,),
        note=_l("Figures of running work update by themselves only while it runs."),
    ),
    Criterion("2.3.1", _A, _l("Three Flashes or Below Threshold"), (Way.HAND,)),
    Criterion("2.4.1", _A, _l("Bypass Blocks"), (Way.AXE, Way.KEYBOARD)),
    Criterion("2.4.2", _A, _l("Page Titled"), (Way.AXE, Way.MARKUP)),
    Criterion("2.4.3", _A, _l("Focus Order"), (Way.KEYBOARD,)),
    Criterion("2.4.4", _A, _l("Link Purpose (In Context)"), (Way.AXE, Way.HAND)),
    Criterion("2.4.5", _AA, _l("Multiple Ways"), (Way.HAND,)),
    Criterion("2.4.6", _AA, _l("Headings and Labels"), (Way.MARKUP, Way.HAND)),
    Criterion("2.4.7", _AA, _l("Focus Visible"), (Way.KEYBOARD, Way.LOOK)),
    Criterion("2.4.11", _AA, _l("Focus Not Obscured (Minimum)"), (Way.LOOK,)),
    Criterion("2.5.1", _A, _l("Pointer Gestures"), (Way.HAND,), State.NOTHING),
    Criterion("2.5.2", _A, _l("Pointer Cancellation"), (Way.HAND,)),
    Criterion("2.5.3", _A, _l("Label in Name"), (Way.AXE,)),
    Criterion("2.5.4", _A, _l("Motion Actuation"), (Way.HAND,), State.NOTHING),
    Criterion(
        "2.5.7",
        _AA,
        _l("Dragging Movements"),
        (Way.HAND,),
        note=_l("A file can be chosen instead of dropped; a slider has a field for its number."),
    ),
    Criterion("2.5.8", _AA, _l("Target Size (Minimum)"), (Way.SIZE,)),
    Criterion("3.1.1", _A, _l("Language of Page"), (Way.AXE, Way.MARKUP)),
    Criterion(
        "3.1.2",
        _AA,
        _l("Language of Parts"),
        (Way.MARKUP, Way.HAND),
        State.PARTLY,
        _l("Words that employers quote within a posting of another language are not marked."),
    ),
    Criterion("3.2.1", _A, _l("On Focus"), (Way.KEYBOARD,)),
    Criterion("3.2.2", _A, _l("On Input"), (Way.HAND,)),
    Criterion("3.2.3", _AA, _l("Consistent Navigation"), (Way.HAND,)),
    Criterion("3.2.4", _AA, _l("Consistent Identification"), (Way.HAND,)),
    Criterion("3.2.6", _A, _l("Consistent Help"), (Way.HAND,)),
    Criterion("3.3.1", _A, _l("Error Identification"), (Way.WALK, Way.MARKUP)),
    Criterion("3.3.2", _A, _l("Labels or Instructions"), (Way.AXE, Way.MARKUP)),
    Criterion("3.3.3", _AA, _l("Error Suggestion"), (Way.WALK, Way.HAND)),
    Criterion("3.3.4", _AA, _l("Error Prevention (Legal, Financial, Data)"), (Way.HAND,)),
    Criterion("3.3.7", _A, _l("Redundant Entry"), (Way.WALK,)),
    Criterion(
        "3.3.8",
        _AA,
        _l("Accessible Authentication (Minimum)"),
        (Way.HAND,),
        note=_l("Passwords can be pasted and filled in by a password manager."),
    ),
    Criterion("4.1.2", _A, _l("Name, Role, Value"), (Way.AXE, Way.MARKUP)),
    Criterion("4.1.3", _AA, _l("Status Messages"), (Way.WALK, Way.HAND)),
)
