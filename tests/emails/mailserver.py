"""A real SMTP server in this process that can misbehave on purpose."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Mailbox:
    """What the server took, and how it answers.

    ``on_recipient`` and ``on_data`` return an SMTP answer, or None to go on as usual.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.recipients: list[str] = []
        #: RCPT commands as they came over the wire.
        self.raw_recipients: list[str] = []
        self.senders: list[str] = []
        self.connections = 0
        self.on_recipient: Callable[[str], str | None] = lambda _address: None
        self.on_data: Callable[[bytes], str | None] = lambda _content: None
        #: Message-IDs after whose acceptance the connection breaks without an answer.
        self.drop_after_data: Callable[[bytes], bool] = lambda _content: False
        #: Seconds that an answer waits: to RCPT, to a letter before it is taken, and after that.
        self.waits: Callable[[], tuple[float, float, float]] | None = None
        self.lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        return [
            cast(EmailMessage, message_from_bytes(raw, policy=policy.SMTP)) for raw in self.received
        ]

    @property
    def ids(self) -> list[str]:
        return [
            re.search(rb"(?im)^message-id: <(.+?)>", raw)[1].decode()  # type: ignore[index]
            for raw in self.received
        ]

    # aiosmtpd calls these by name
    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        await self._wait(0)
        answer = self.on_recipient(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        content = cast(bytes, envelope.original_content)
        await self._wait(1)
        answer = self.on_data(content)
        if answer is not None:
            return answer
        with self.lock:
            self.received.append(content)
            self.recipients.extend(envelope.rcpt_tos)
            self.senders.append(envelope.mail_from)
        if self.drop_after_data(content):
            cast(Any, server.transport).abort()
        # who is killed now leaves a letter that was taken, and does not know it
        await self._wait(2)
        return "250 2.0.0 taken"

    async def _wait(self, which: int) -> None:
        if self.waits is not None:
            await asyncio.sleep(self.waits()[which])


class _AnyPort(Controller):
    """A controller that takes any free port and tells it to the mailbox."""

    def factory(self) -> SMTP:
        box = cast(Mailbox, self.handler)

        class Listening(SMTP):
            async def smtp_RCPT(self, arg: str) -> None:
                box.raw_recipients.append(arg)
                await super().smtp_RCPT(arg)

        return Listening(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def running(mailbox: Mailbox | None = None, port: int = 0) -> Iterator[Mailbox]:
    """Serve until the end of the block."""
    mailbox = mailbox or Mailbox()
    controller = _AnyPort(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


def closed_port() -> int:
    """Return a port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
