"""A mail server in a process of its own that takes every letter and keeps none.

``python -m tests.benchmarks.sink`` prints its port; when its input ends it prints how many letters
it took, and goes. It does as little as a server can, so that what is measured is the sender.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Talk(asyncio.Protocol):
    """One connection."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.waiting = b""
        self.is_letter = False
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while True:
            if self.is_letter:
                end = self.waiting.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.waiting = self.waiting[end + 5 :]
                self.is_letter = False
                Talk.taken += 1
                self.transport.write(b"250 2.0.0 taken\r\n")
                continue
            line, found, rest = self.waiting.partition(b"\r\n")
            if not found:
                return
            self.waiting = rest
            self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"DATA":
            self.is_letter = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250 PIPELINING\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 OK\r\n")


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 # for whoever started it
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(Talk.taken, flush=True)  # noqa: T201 # the same


@dataclass(slots=True)
class Sink:
    """A running sink; ``taken`` is known when the block has ended."""

    port: int
    taken: int = 0


@contextmanager
def running() -> Iterator[Sink]:
    """Serve until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.sink"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        sink = Sink(int(process.stdout.readline()))
        try:
            yield sink
        finally:
            process.stdin.close()
            sink.taken = int(process.stdout.readline())
            process.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
