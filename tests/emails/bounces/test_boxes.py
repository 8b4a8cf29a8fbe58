"""Messages are found one by one, wherever they lie, and a Maildir remembers which were read."""

import io
from pathlib import Path

import pytest

from jobscore.emails.bounces import boxes
from jobscore.emails.bounces.reports import MOST_BYTES
from tests.emails.bounces.samples import sample

ONE, TWO = sample("qmail"), sample("exim_words")


def _mbox(*raws: bytes) -> bytes:
    return b"".join(
        b"From MAILER-DAEMON Mon Nov 23 06:01:03 2026\n"
        + raw.replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for raw in raws
    )


def test_a_stream_holds_one_message_or_an_mbox() -> None:
    assert list(boxes.split(io.BytesIO(ONE))) == [ONE]
    assert [m.rstrip() for m in boxes.split(io.BytesIO(_mbox(ONE, TWO)))] == [
        ONE.rstrip(),
        TWO.rstrip(),
    ]
    assert list(boxes.split(io.BytesIO(b""))) == []


def test_a_line_that_begins_with_from_splits_no_message() -> None:
    raw = b"Subject: x\n\nFrom here on\nall is well.\n\nFrom the start, too.\n"
    # quoted as mbox writers do it, and unquoted in the middle of a paragraph
    assert [m.rstrip() for m in boxes.split(io.BytesIO(_mbox(raw)))] == [raw.rstrip()]
    plain = b"From x\nSubject: x\n\nFrom here\nFrom there\n"
    assert len(list(boxes.split(io.BytesIO(plain)))) == 2  # after an empty line it must be quoted


def test_a_message_is_cut_and_the_next_one_found() -> None:
    huge = b"Subject: huge\n\n" + b"line\n" * 400_000 + b"x" * 300_000 + b"\n"
    first, second = boxes.split(io.BytesIO(_mbox(huge, ONE)))
    assert MOST_BYTES <= len(first) <= MOST_BYTES + boxes.LONGEST_LINE
    assert second.rstrip() == ONE.rstrip()


def test_a_file_and_a_folder_of_messages(tmp_path: Path) -> None:
    (tmp_path / "b.eml").write_bytes(TWO)
    (tmp_path / "a.eml").write_bytes(ONE)
    (tmp_path / "notes.txt").write_text("no message")
    assert [found.raw for found in boxes.messages(tmp_path)] == [ONE, TWO]
    assert [found.raw for found in boxes.messages(tmp_path / "a.eml")] == [ONE]


def test_a_maildir_remembers_what_was_read(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(ONE)
    (tmp_path / "cur" / "2.host:2,F").write_bytes(TWO)
    (tmp_path / "cur" / "3.host:2,S").write_bytes(b"read before")
    (tmp_path / "tmp" / "4.host").write_bytes(b"not there yet")
    found = list(boxes.messages(tmp_path))
    assert [one.raw for one in found] == [ONE, TWO]
    assert len(list(boxes.messages(tmp_path))) == 2, "looking marks nothing"
    for one in found:
        one.done()
    assert list(boxes.messages(tmp_path)) == []
    assert sorted(p.name for p in (tmp_path / "cur").iterdir()) == [
        "1.host:2,S",
        "2.host:2,FS",
        "3.host:2,S",
    ]


def test_a_place_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(boxes.BoxError, match="No such file"):
        list(boxes.messages(tmp_path / "nothing"))
