"""A filled mould is what the template would have made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from jobscore.digests.moulds import hole, mould, mould_of

ENV = Environment(autoescape=True)  # it escapes
SOURCE = '{% macro row(a, b) %}<i style="x{y:1}">{{ a }} 100% {{ b }}{{ a }}</i>{% endmacro %}'
#: Values reach a mould escaped.
PLAIN = st.text(st.characters(blacklist_characters="&<>'\"", blacklist_categories=("Cs",)))


@given(PLAIN, PLAIN)
def test_filling_equals_rendering_whatever_is_filled_in(a: str, b: str) -> None:
    macro = ENV.from_string(SOURCE).module.row  # type: ignore[attr-defined] # a macro
    assert mould_of(macro, 2)(a, b) == str(macro(a, b))


def test_a_hole_that_stands_nowhere_is_refused_unless_it_need_not() -> None:
    with pytest.raises(ValueError, match="hole 1 of 2"):
        mould(f"only {hole(0)}", 2)
    assert mould(f"only {hole(0)}", 2, unused=(1,))("a", "b") == "only a"
