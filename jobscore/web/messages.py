"""What the next page says: a message that can take back what was done."""

from collections.abc import Mapping

from flask import flash


def flash_with_undo(
    text: str, action: str, fields: Mapping[str, str] | None = None, kind: str = "success"
) -> None:
    """Have the next page say ``text`` beside an Undo button.

    :param action: the address that the button posts to; a path of this site.
    :param fields: what it sends along.
    """
    flash({"text": text, "action": action, "fields": dict(fields or {})}, kind)  # type: ignore[arg-type] # any JSON value can be flashed
