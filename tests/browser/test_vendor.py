"""What others made for these tests is as they published it."""

import hashlib

from tests.browser import axe


def test_axe_is_the_published_file_and_its_licence_lies_beside_it() -> None:
    assert hashlib.sha256(axe.SOURCE.read_bytes()).hexdigest() == axe.SHA256
    assert axe.SHA256 in (axe.SOURCE.parents[1] / "README.md").read_text(encoding="utf-8")
    assert "Mozilla Public License" in (axe.SOURCE.parent / "LICENSE").read_text(encoding="utf-8")
