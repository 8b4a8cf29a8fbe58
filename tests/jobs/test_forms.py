"""The filters of an address: read, said again, and never trusted."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from jobscore.jobs import forms, wording
from jobscore.jobs.forms import Filters
from jobscore.vocabulary import tables

TODAY = date(2026, 11, 22)
FEATURES = [feature.code for feature in tables.features()]
filters_of_ours = st.builds(
    Filters,
    text=st.sampled_from(["", "cook", "渋谷の カフェ"]),
    place=st.sampled_from(["", "Tokyo", "東京都"]),
    types=st.lists(st.sampled_from(list(wording.EMPLOYMENT)), unique=True).map(
        lambda some: tuple(t for t in wording.EMPLOYMENT if t in some)
    ),
    remote=st.sampled_from(["", "any", "full"]),
    pay=st.none() | st.decimals(1, 10**9, places=2),
    pay_unit=st.sampled_from(forms.PAY_UNITS),
    features=st.lists(st.sampled_from(FEATURES), unique=True, max_size=4).map(tuple),
    days=st.sampled_from([0, *forms.POSTED_DAYS]),
    sort=st.sampled_from(["", "new", "best"]),
)


def arguments(filters: Filters) -> MultiDict[str, str]:
    """Return the address as a browser sends it back."""
    return MultiDict(
        [
            (name, str(one))
            for name, value in filters.address().items()
            for one in (value if isinstance(value, list) else [value])
        ]
    )


@given(filters_of_ours)
def test_an_address_says_the_same_when_it_is_read_again(filters: Filters) -> None:
    assert forms.read(arguments(filters), filters.pay_unit) == filters


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["q", "place", "type", "remote", "pay", "pay_unit", "feature", "days", "sort", "x"]
            ),
            st.text(max_size=120),
        )
    )
)
def test_any_address_is_read_and_leads_to_criteria(pairs: list[tuple[str, str]]) -> None:
    filters = forms.read(MultiDict(pairs), "JPY-hour")
    criteria = filters.criteria(TODAY)
    assert len(filters.text) <= forms.LONGEST_TEXT
    assert criteria.yearly_pay is None or criteria.yearly_pay > 0
    assert all(character.isprintable() for character in filters.text + filters.place)


def test_pay_is_asked_for_a_full_year_whatever_its_unit() -> None:
    hourly = Filters(pay=Decimal(1500), pay_unit="JPY-hour").criteria(TODAY)
    yearly = Filters(pay=Decimal(2_880_000), pay_unit="JPY-year").criteria(TODAY)
    assert hourly.yearly_pay == yearly.yearly_pay == Decimal(2_880_000)
    assert hourly.currency == "JPY"


def test_days_are_counted_back_from_today() -> None:
    assert Filters(days=7).criteria(TODAY).posted_since == TODAY - timedelta(days=7)
    assert Filters().criteria(TODAY).posted_since is None


def test_only_filters_behind_the_fold_open_it() -> None:
    assert not Filters(text="cook", place="Tokyo", pay_unit="JPY-hour").has_more
    assert Filters(days=1).has_more
    assert Filters(features=("students",)).has_more
