"""A real SMTP server on loopback that keeps each letter as a file: the demo's outbox."""

import asyncio
import hashlib
import os
import re
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from aiosmtpd.controller import Controller

from jobscore.demo.mailbox import file_of

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^<>\s]{1,200})>", re.IGNORECASE | re.MULTILINE)


class _Keeper:
    """Answers the server's questions; keeps what it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accepted = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Keep one letter. The same Message-ID again takes the same file: a repeat shows."""
        content: bytes = envelope.original_content or b""
        name = file_name(content)
        part = self.folder / f".{name}.part"
        part.write_bytes(content)
        os.replace(part, self.folder / name)
        self.accepted += 1
        return f"250 2.0.0 Kept as {name}"


class Outbox:
    """The server as a context: it listens on a free loopback port while the block runs."""

    def __init__(self, folder: Path) -> None:
        """Keep letters in ``folder``, which is made when it is missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keeper = _Keeper(folder)
        self._controller = _AnyPort(self._keeper, hostname="127.0.0.1", port=0)

    def __enter__(self) -> "Outbox":
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """The address for ``JOBSCORE_MAIL_URL``."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    @property
    def accepted(self) -> int:
        """How many letters the server has said 250 to."""
        return self._keeper.accepted


class _AnyPort(Controller):
    """A controller that may ask the system for a port: aiosmtpd probes the one it was told."""

    def _trigger_server(self) -> None:
        self.port = cast(asyncio.Server, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it so


def file_name(content: bytes) -> str:
    """Return the file for a letter: by its Message-ID, else by what it says."""
    found = _MESSAGE_ID.search(content.partition(b"\r\n\r\n")[0])
    if found is None:
        return f"{hashlib.sha256(content).hexdigest()[:32]}.eml"
    return file_of(found[1].decode("ascii", "replace"))
