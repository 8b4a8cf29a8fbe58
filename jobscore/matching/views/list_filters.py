"""The filters of my matches: what an address asks for, which cards it keeps, and its chips."""

from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from jobscore.matching import wording
from jobscore.matching.selection import Section
from jobscore.matching.views.match_cards import MatchCard

SCORES: Final = (50, 60, 70, 80, 90)
SHOWS: Final = ("new", "unseen")
LONGEST_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class ListFilters:
    """What of the list is shown; empty values leave everything."""

    words: str = ""
    section: Section | None = None
    score: int = 0
    show: str = ""

    @classmethod
    def read(cls, args: "MultiDict[str, str]") -> "ListFilters":
        """Return the filters of an address; what nobody offered counts as nothing."""
        section, score, show = args.get("section", ""), args.get("score", ""), args.get("show", "")
        return cls(
            words=" ".join(args.get("q", "").split())[:LONGEST_WORDS],
            section=Section(section) if section in set(Section) else None,
            score=int(score) if score in {str(one) for one in SCORES} else 0,
            show=show if show in SHOWS else "",
        )

    def keeps(self, section: Section, card: MatchCard) -> bool:
        """Tell whether a card of a section is shown."""
        if self.section not in {None, section} or card.score < self.score:
            return False
        if self.show == "new" and not card.is_new:
            return False
        if self.show == "unseen" and (card.is_viewed or card.is_applied):
            return False
        text = " ".join([card.card.title, card.card.company, card.card.place, *card.card.skills])
        return all(word in text.casefold() for word in self.words.casefold().split())

    def address(self, **changes: Any) -> str:
        """Return the address of the list with these filters, some of them changed."""
        values = {
            "q": self.words,
            "section": str(self.section or ""),
            "score": self.score or "",
            "show": self.show,
            **changes,
        }
        return url_for("matching.index", **{k: v for k, v in values.items() if v})

    def chips(self) -> list[tuple[str, str]]:
        """Return the active filters as (words, address without it)."""
        found = []
        if self.words:
            found.append((gettext("“%(text)s”", text=self.words), self.address(q="")))
        if self.section:
            found.append((wording.section_title(self.section), self.address(section="")))
        if self.score:
            text = gettext("Score %(score)s or more", score=self.score)
            found.append((text, self.address(score="")))
        if self.show:
            found.append((show_words()[self.show], self.address(show="")))
        return found


def show_words() -> dict[str, str]:
    """Return what may be shown alone, in words."""
    return {"new": gettext("New today only"), "unseen": gettext("Not seen yet")}


def section_options() -> list[tuple[str, str]]:
    """Return the sections as (value, words), all of them first."""
    return [("", gettext("All sections")), *((str(s), wording.section_title(s)) for s in Section)]


def score_options() -> list[tuple[str, str]]:
    """Return the least scores as (value, words)."""
    each = [(str(one), gettext("Score %(score)s or more", score=one)) for one in SCORES]
    return [("", gettext("Any score")), *each]


def show_options() -> list[tuple[str, str]]:
    """Return new and unseen as (value, words)."""
    return [("", gettext("New and seen")), *show_words().items()]
