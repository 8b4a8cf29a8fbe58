"""The SMTP conversation with servers that take commands together, refuse some, or hang up."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from jobscore.emails.compose import Envelope
from jobscore.emails.transport import (
    InDoubtError,
    PermanentError,
    ServerDownError,
    TemporaryError,
    open_transport,
)

LETTER = Envelope("jobs@example.com", "reader@example.com", "letter.1@localhost", b"Hello\r\n")
Answers = Callable[[str], str | None]


class Server:
    """Answers each line by a function of it; None hangs up. Keeps what it heard, by packet."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.packets: list[bytes] = []
        self.letters: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                talk, _ = self.socket.accept()
            except OSError:
                return
            with talk:
                self._talk(talk)

    def _talk(self, talk: socket.socket) -> None:
        talk.sendall(b"220 ready\r\n")
        waiting, is_letter = b"", False
        while data := talk.recv(65536):
            self.packets.append(data)
            waiting += data
            while b"\r\n" in waiting:
                if is_letter:
                    whole = b"\r\n" + waiting
                    if b"\r\n.\r\n" not in whole:
                        break
                    letter, _, waiting = whole.partition(b"\r\n.\r\n")
                    self.letters.append(letter[2:])
                    line, is_letter = ".", False
                else:
                    raw, _, waiting = waiting.partition(b"\r\n")
                    line = raw.decode()
                answer = self.answers(line)
                if answer is None:
                    return
                is_letter = answer.startswith("354")
                talk.sendall(answer.encode() + b"\r\n")


@contextmanager
def serving(answers: Answers) -> Iterator[Server]:
    server = Server(answers)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()
        thread.join(5)


def usual(line: str) -> str | None:
    verb = line.partition(" ")[0].upper()
    return {
        "EHLO": "250-here\r\n250 PIPELINING",
        "DATA": "354 go on",
        "QUIT": "221 bye",
        ".": "250 2.0.0 taken",
    }.get(verb, "250 OK")


def test_commands_travel_together_where_the_server_takes_them_so() -> None:
    with serving(usual) as server, open_transport(server.url) as road:
        assert road.deliver(LETTER) == "250 2.0.0 taken"
        assert road.deliver(LETTER) == "250 2.0.0 taken"
    packet = b"MAIL FROM:<jobs@example.com>\r\nRCPT TO:<reader@example.com>\r\nDATA\r\n"
    assert server.packets.count(packet) == 2
    assert server.letters == [b"Hello", b"Hello"]


REFUSALS = [
    pytest.param("MAIL", "550 5.7.1 not you", "503 first say who", PermanentError, id="sender"),
    pytest.param("RCPT", "550 5.1.1 nobody", "503 no recipients", PermanentError, id="nobody"),
    pytest.param("RCPT", "450 4.2.1 later", "554 no recipients", TemporaryError, id="for now"),
    pytest.param("RCPT", "550 5.1.1 nobody", "354 go on", PermanentError, id="asks for it still"),
    pytest.param("DATA", "451 4.3.0 busy", "451 4.3.0 busy", TemporaryError, id="busy"),
]


@pytest.mark.parametrize(("verb", "answer", "to_data", "error"), REFUSALS)
def test_a_refusal_among_them_is_that_of_the_letter_and_the_next_one_leaves(
    verb: str, answer: str, to_data: str, error: type[Exception]
) -> None:
    refusing = True

    def answers(line: str) -> str | None:
        word = line.partition(" ")[0].upper()
        if refusing and word == verb:
            return answer
        if refusing and word == "DATA":
            return to_data
        return usual(line)

    with serving(answers) as server, open_transport(server.url) as road:
        with pytest.raises(error, match=answer):
            road.deliver(LETTER)
        refusing = False
        assert road.deliver(LETTER) == "250 2.0.0 taken"
    assert server.letters == [b"Hello"], "no empty letter to anybody"


def test_a_goodbye_among_them_renews_the_connection() -> None:
    said: list[str] = []

    def answers(line: str) -> str | None:
        said.append(line)
        if line.startswith("RCPT") and sum(one.startswith("RCPT") for one in said) == 2:
            return "421 4.7.0 enough"
        return usual(line)

    with serving(answers) as server, open_transport(server.url) as road:
        road.deliver(LETTER)
        assert road.deliver(LETTER) == "250 2.0.0 taken"
    assert len(server.letters) == 2
    assert sum(line.upper().startswith("EHLO") for line in said) == 2


def test_a_connection_that_ends_before_the_letter_was_handed_over_is_no_doubt() -> None:
    with (
        serving(lambda line: None if line.startswith("RCPT") else usual(line)) as server,
        open_transport(server.url) as road,
        pytest.raises(TemporaryError),
    ):
        road.deliver(LETTER)


def test_a_connection_that_ends_after_it_is_a_doubt() -> None:
    with (
        serving(lambda line: None if line == "." else usual(line)) as server,
        open_transport(server.url) as road,
        pytest.raises(InDoubtError),
    ):
        road.deliver(LETTER)
    assert server.letters == [b"Hello"]


def test_lines_that_begin_with_a_dot_are_stuffed_wherever_they_stand() -> None:
    body = b".first\r\nmiddle\r\n.\r\n..last"
    with serving(usual) as server, open_transport(server.url) as road:
        road.deliver(Envelope("a@example.com", "b@example.com", "i@localhost", body))
    assert server.letters == [b"..first\r\nmiddle\r\n..\r\n...last"]


def test_a_server_that_hangs_up_at_the_greeting_is_down() -> None:
    with (
        serving(lambda _line: None) as server,
        pytest.raises(ServerDownError),
        open_transport(server.url),
    ):
        pytest.fail("entered")
