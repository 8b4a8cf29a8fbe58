"""The calendar file of a next step is what RFC 5545 asks for, whatever a posting is called."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.matching.reminder import MAX_OCTETS, Reminder, calendar

MADE = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)


def reminder(**values):
    return Reminder(
        **{
            "uid": "match-7@jobs.example",
            "on": date(2026, 12, 31),
            "title": "Next step",
            "text": "Notes",
            "url": "https://jobs.example/me/applied/7",
            "made_at": MADE,
            "language": "ja",
        }
        | values
    )


def parse(data):
    """Return the properties in order, as (name, parameters, text), undoing folds and escapes."""
    text = data.decode()
    assert text.endswith("\r\n")
    found = []
    for line in text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n"):
        head, _, value = line.partition(":")
        name, *parameters = head.split(";")
        plain, characters = "", iter(value)
        for c in characters:
            if c == "\\":
                escaped = next(characters)
                plain += "\n" if escaped == "n" else escaped
            else:
                plain += c
        found.append((name, parameters, plain))
    return found


def test_it_is_one_all_day_entry_with_an_alarm():
    found = parse(calendar(reminder()))
    names = [(name, value) for name, _, value in found]
    assert names[0] == ("BEGIN", "VCALENDAR")
    assert names[-1] == ("END", "VCALENDAR")
    assert ("VERSION", "2.0") in names
    assert ("DTSTAMP", "20260302T120005Z") in names
    assert ("DTSTART", ["VALUE=DATE"], "20261231") in found
    assert ("DTEND", ["VALUE=DATE"], "20270101") in found
    assert ("UID", "match-7@jobs.example") in names
    assert names.count(("BEGIN", "VALARM")) == names.count(("END", "VALARM")) == 1
    assert {"PRODID", "UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= {name for name, _ in names}


@pytest.mark.parametrize(
    "title",
    [
        "Cook, kitchen; nights\\days",
        "営業職（未経験OK）" * 12,
        "x\r\nEND:VEVENT\r\nATTACH:https://evil.example",
        "x\nBEGIN:VALARM",
        "bell \x07 and null \x00",
    ],
    ids=["marks", "long Japanese", "line breaks", "one line break", "control characters"],
)
def test_no_title_leaves_its_line(title):
    found = parse(calendar(reminder(title=title)))
    assert len(found) == len(parse(calendar(reminder())))
    (summary,) = [value for name, _, value in found if name == "SUMMARY"]
    expected = "".join(c for c in title.replace("\r\n", "\n") if c == "\n" or c >= " ")
    assert summary == expected


@given(st.text(max_size=400), st.text(max_size=400))
def test_lines_are_folded_at_seventy_five_octets_and_unfold_to_the_same(title, text):
    data = calendar(reminder(title=title, text=text))
    for line in data.split(b"\r\n"):
        assert len(line) <= MAX_OCTETS
        line.decode()  # no character is cut
    assert b"\n" not in data.replace(b"\r\n", b"")
    shorter = parse(calendar(reminder()))
    assert [name for name, *_ in parse(data)] == [name for name, *_ in shorter]
