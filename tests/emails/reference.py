"""The same letters by the ``email`` package: what our own assembly is compared with."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any, Literal

from jobscore.emails.compose import LONGEST_SUBJECT, Letter, Sender, cut, one_line, wire_address

#: The package would break long ones up as if they were prose.
UNFOLDED = frozenset({"list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id", "to"})


class WirePolicy(EmailPolicy):
    """``email.policy.SMTP``, but addresses and ids stay in one piece on one line."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower() in UNFOLDED:
            return name, one_line(str(value))
        return super().header_store_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in UNFOLDED:
            return f"{name}: {value}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in UNFOLDED:
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


POLICY = WirePolicy(linesep="\r\n", cte_type="7bit")


def build_message(letter: Letter, sender: Sender, date: datetime) -> EmailMessage:
    """Return the letter as the package builds it; its ``as_bytes()`` are the wire's."""
    message = EmailMessage(policy=POLICY)
    local, _, domain = wire_address(sender.address).rpartition("@")
    message["From"] = Address(sender.display_name, local, domain)
    message["To"] = wire_address(letter.recipient)
    message["Subject"] = cut(one_line(letter.subject), LONGEST_SUBJECT)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{one_line(letter.message_id)}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = one_line(str(value))
    _set_body(message, letter.text, "plain")
    if letter.html is not None:
        alternative = EmailMessage(policy=POLICY)
        _set_body(alternative, letter.html, "html")
        message.make_alternative()
        del alternative["MIME-Version"]
        message.attach(alternative)
    # at the end: set_content throws away what begins with Content-
    message["Content-Language"] = one_line(letter.locale)
    return message


def _set_body(message: EmailMessage, text: str, subtype: str) -> None:
    short = text.isascii() and all(len(line) <= 998 for line in text.split("\n"))
    encoding: Literal["7bit", "base64"] = "7bit" if short else "base64"
    message.set_content(text, subtype=subtype, charset="utf-8", cte=encoding)
