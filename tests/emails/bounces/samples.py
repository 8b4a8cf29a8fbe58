"""Reports as servers write them; each is about the letter and the address that it is given."""

from pathlib import Path

FOLDER = Path(__file__).with_name("samples")
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))
ID = "letter.20261122210100.00000000000123456789012345678@localhost"


def sample(name: str, message_id: str = ID, recipient: str = "taro@example.com") -> bytes:
    """Return a report as bytes, with lines as they lie in a mailbox."""
    token = message_id.removeprefix("letter.").partition("@")[0]
    raw = (FOLDER / f"{name}.eml").read_bytes()
    for mark, value in ((b"{ID}", message_id), (b"{RCPT}", recipient), (b"{TOKEN}", token)):
        raw = raw.replace(mark, value.encode())
    return raw
