"""The demo's mailbox: letters as they stand on disk, for this machine only."""

import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask

from jobscore.demo import mailbox
from tests.demo.test_outbox import letter as made


@pytest.fixture
def backend() -> str:
    """The letters are files."""
    return "sqlite"


@pytest.fixture
def settings() -> dict[str, object]:
    return {"demo": True}


def keep(folder: Path, number: int, message: EmailMessage | None = None) -> str:
    folder.mkdir(exist_ok=True)
    name = mailbox.file_of(f"{number}@example.jp")
    (folder / name).write_bytes((message or made(str(number))).as_bytes())
    os.utime(folder / name, (1_000 + number, 1_000 + number))
    return name


def test_letters_are_listed_the_newest_first_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "PAGE_SIZE", 2)
    names = [keep(tmp_path / "outbox", n) for n in range(5)]
    (tmp_path / "outbox" / ".6@example.jp.eml.part").write_bytes(b"half")
    first = mailbox.letters(tmp_path / "outbox")
    assert [one.file for one in first.entries] == [names[4], names[3]]
    assert (first.total, first.has_more) == (5, True)
    assert first.entries[0].subject == "今日の求人"
    last = mailbox.letters(tmp_path / "outbox", page=2)
    assert [one.file for one in last.entries] == [names[0]]
    assert not last.has_more
    some = mailbox.letters(tmp_path / "outbox", among={names[1]})
    assert [one.file for one in some.entries] == [names[1]]
    assert mailbox.letters(tmp_path / "nothing").total == 0


@pytest.mark.parametrize("name", ["../secret.eml", "secret", "/etc/passwd", "..eml", ".eml", ""])
def test_only_letters_of_the_outbox_are_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.eml").write_bytes(b"Subject: x\r\n\r\n")
    folder = tmp_path / "outbox"
    folder.mkdir()
    assert mailbox.letter(folder, name) is None


def test_a_letter_is_shown_with_both_parts_and_its_headers(app: Flask, tmp_path: Path) -> None:
    message = made("7")
    message.add_alternative("<p>こんにちは</p>", subtype="html")
    name = keep(tmp_path / "outbox", 7, message)
    client = app.test_client()
    listed = client.get("/demo/outbox").get_data(as_text=True)
    assert "今日の求人" in listed
    page = client.get(f"/demo/outbox/{name}").get_data(as_text=True)
    assert "こんにちは" in page
    assert "Message-ID" in page
    frame = client.get(f"/demo/outbox/{name}/html")
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "<p>こんにちは</p>" in frame.get_data(as_text=True)
    raw = client.get(f"/demo/outbox/{name}/raw")
    assert raw.mimetype == "message/rfc822"
    assert raw.get_data() == (tmp_path / "outbox" / name).read_bytes()
    for part in ("", "/html", "/raw"):
        assert client.get(f"/demo/outbox/8@example.jp.eml{part}").status_code == 404
    assert "No letter to such an address" in client.get("/demo/outbox?to=zz").get_data(as_text=True)


@pytest.mark.parametrize("settings", [{"demo": False}])
def test_there_is_no_such_page_outside_of_the_demo(app: Flask, tmp_path: Path) -> None:
    name = keep(tmp_path / "outbox", 1)
    client = app.test_client()
    for path in ("/demo/outbox", f"/demo/outbox/{name}", f"/demo/outbox/{name}/raw"):
        assert client.get(path).status_code == 404
    assert "/demo/outbox" not in client.get("/").get_data(as_text=True)
