"""Ways for a letter to leave: an SMTP server, a folder of .eml files, nowhere (tests).

A transport says exactly how far a letter came, because the log must: refused for now, refused for
good, or handed over without an answer (then nobody can know whether it arrived).
"""

import hashlib
import os
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from jobscore.emails.bounces.reports import ReturnKind, hardness
from jobscore.emails.compose import Envelope

#: Seconds that one answer of a server may take (RFC 5321 4.5.3.2 allows minutes; a lease does not).
ANSWER_SECONDS = 60
#: Answers (RFC 5321 4.2.3): a command is done, an address taken, a letter expected, goodbye.
_DONE, _TAKEN, _GO_ON = frozenset({250}), frozenset({250, 251, 252}), frozenset({354})
_GOODBYE = 421
_DOT_LINE = b"\n."
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class TransportError(Exception):
    """A letter did not leave. The text may be shown to an admin."""


class TransportUrlError(TransportError):
    """The mail URL cannot be used; the text says why."""


class ServerDownError(TransportError):
    """No server answered, or it refused us before any letter: try later, no letter is to blame."""


class TemporaryError(TransportError):
    """A letter was refused for now (4xx, or the connection broke before it was handed over)."""


class PermanentError(TransportError):
    """A letter was refused for good (5xx)."""

    @property
    def is_bad_address(self) -> bool:
        """Whether the server says that the address does not exist (RFC 3463 class 5.1).

        What is wrong with our own sender (5.1.7, 5.1.8), or called spam, is no fault of the reader.
        """
        found = re.search(r"\b5\.1\.\d{1,3}\b", str(self))
        return found is not None and hardness(found[0], str(self).lower()) is ReturnKind.HARD


class InDoubtError(TransportError):
    """The letter was handed over and no answer came: it may or may not arrive."""


class Transport(Protocol):
    """Something that carries letters, one after another, over one connection where it has one."""

    def __enter__(self) -> Self:
        """Connect.

        :raises ServerDownError: when that is impossible.
        """
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye; never raises."""
        ...

    def deliver(self, envelope: Envelope) -> str:
        """Deliver one letter and return the server's answer.

        :raises TransportError: one of its subclasses, which tells how far the letter came.
        """
        ...


def open_transport(url: str, *, is_test: bool = False, per_connection: int = 0) -> Transport:
    """Return the transport that ``url`` names; enter it to connect.

    :param per_connection: letters after which an SMTP connection is renewed; 0 sets no limit.
    :raises TransportUrlError: for a scheme or an option that does not exist.
    """
    parts = urlsplit(url)
    if parts.scheme in {"smtp", "smtps"}:
        return SmtpTransport(parts, per_connection)
    if parts.scheme == "file":
        return FolderTransport(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme == "null":
        if not is_test:
            raise TransportUrlError("null:// throws letters away and works in tests only")
        return NullTransport()
    raise TransportUrlError("the mail URL must start with smtp://, smtps:// or file://")


class _Plain:
    """A transport without a connection."""

    def __enter__(self) -> Self:
        """Return itself; there is nothing to connect to."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing."""


class NullTransport(_Plain):
    """Throws letters away, and counts them."""

    def __init__(self) -> None:
        self.delivered: list[Envelope] = []

    def deliver(self, envelope: Envelope) -> str:
        """Keep the letter in ``delivered``."""
        self.delivered.append(envelope)
        return "250 thrown away"


class FolderTransport(_Plain):
    """Writes each letter as ``.eml``, named by its Message-ID: a repeat replaces the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        """Make the folder.

        :raises ServerDownError: when that is impossible.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServerDownError(f"cannot make {self.folder}: {error.strerror}") from error
        return self

    def deliver(self, envelope: Envelope) -> str:
        """Write the file whole or not at all."""
        name = re.sub(r"[^A-Za-z0-9.-]", "_", envelope.message_id.partition("@")[0])[:100]
        digest = hashlib.sha256(envelope.message_id.encode()).hexdigest()[:8]
        path = self.folder / f"{name}-{digest}.eml"
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_bytes(envelope.payload)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise TemporaryError(f"cannot write {path.name}: {error.strerror}") from error
        return f"250 written to {path.name}"


class SmtpTransport:
    """One SMTP connection that carries many letters.

    ``smtp://`` upgrades with STARTTLS where offered (``?tls=require`` insists, ``?tls=off`` does
    not), ``smtps://`` speaks TLS from the first byte. A certificate is checked, except that of a
    server on this machine. Passwords never travel in clear text to another machine.
    """

    def __init__(self, parts: SplitResult, per_connection: int = 0) -> None:
        self.per_connection = per_connection
        options = parse_qs(parts.query)
        self.tls = options.pop("tls", ["auto"])[-1]
        if options or self.tls not in {"auto", "require", "off"}:
            raise TransportUrlError("the mail URL knows one option: tls=auto, require or off")
        if not parts.hostname:
            raise TransportUrlError("the mail URL names no server")
        self.host = parts.hostname
        self.is_implicit = parts.scheme == "smtps"
        try:
            self.port = parts.port or (465 if self.is_implicit else 25)
        except ValueError as error:
            raise TransportUrlError("the mail URL's port is no number") from error
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self._smtp: smtplib.SMTP | None = None
        #: Letters carried by the open connection.
        self._carried = 0

    @property
    def name(self) -> str:
        """Server and port, for people; without the password."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        """Connect and sign in.

        :raises ServerDownError: when the server cannot be reached or does not let us in.
        """
        self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say QUIT, and close whatever the server answers."""
        self._quit()

    def _quit(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def deliver(self, envelope: Envelope) -> str:
        """Deliver one letter over the open connection.

        It is renewed when it has carried its share, or the server closed it between letters.

        :raises ServerDownError: when it cannot be renewed.
        :raises TransportError: see the subclasses.
        """
        if self.per_connection and self._carried >= self.per_connection:
            self._quit()
        if self._smtp is None:
            self._connect()
        try:
            self._announce(envelope)
        except _ClosedError as error:
            if not self._carried:
                raise TemporaryError(str(error)) from error
            # servers close a connection after so many letters; this one has not been tried yet
            self._connect()
            try:
                self._announce(envelope)
            except _ClosedError as again:
                raise TemporaryError(str(again)) from again
        answer = self._hand_over(envelope.payload)
        self._carried += 1
        return answer

    def _connect(self) -> None:
        self._drop()
        context = ssl.create_default_context()
        if self.host in _LOOPBACK:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        smtp: smtplib.SMTP | None = None
        try:
            if self.is_implicit:
                smtp = smtplib.SMTP_SSL(
                    self.host, self.port, timeout=ANSWER_SECONDS, context=context
                )
            else:
                smtp = smtplib.SMTP(self.host, self.port, timeout=ANSWER_SECONDS)
            smtp.ehlo_or_helo_if_needed()
            self._secure(smtp, context)
            if self.user:
                if not self._is_private(smtp):
                    raise ServerDownError(f"{self.name} offers no TLS; the password stays here")
                smtp.login(self.user, self.password)
        except (OSError, smtplib.SMTPException, ServerDownError) as error:
            if smtp is not None:
                smtp.close()
            if isinstance(error, ServerDownError):
                raise
            raise ServerDownError(f"{self.name}: {_words(error)}") from error
        self._smtp, self._carried = smtp, 0

    def _secure(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if self.is_implicit or self.tls == "off":
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif self.tls == "require":
            raise ServerDownError(f"{self.name} offers no STARTTLS, and tls=require asks for it")

    def _is_private(self, smtp: smtplib.SMTP) -> bool:
        return self.host in _LOOPBACK or isinstance(smtp.sock, ssl.SSLSocket)

    def _announce(self, envelope: Envelope) -> None:
        """Tell sender and recipient; nothing of the letter has left yet."""
        commands = (
            (f"MAIL FROM:<{envelope.sender}>", _DONE),
            (f"RCPT TO:<{envelope.recipient}>", _TAKEN),
            ("DATA", _GO_ON),
        )
        if self._open.has_extn("pipelining"):
            self._ask_at_once(commands)
            return
        for command, expected in commands:
            self._expect([self._ask(command)], [expected])

    def _ask_at_once(self, commands: Sequence[tuple[str, frozenset[int]]]) -> None:
        """Send all commands in one packet (RFC 2920): one journey to the server, not three."""
        answers = [self._ask("\r\n".join(command for command, _ in commands))]
        while len(answers) < len(commands) and answers[-1][0] != _GOODBYE:
            answers.append(self._ask(None))
        expected = [codes for _, codes in commands]
        refused = any(a[0] not in e for a, e in zip(answers, expected, strict=False))
        if refused and answers[-1][0] in _GO_ON:
            # it waits for a letter that it takes from no one or to no one: without one it forgets
            self._drop()
        self._expect(answers, expected)

    def _hand_over(self, payload: bytes) -> str:
        """Send the letter itself; without an answer nobody knows what became of it."""
        smtp = self._open
        stuffed = payload
        if payload.startswith(b".") or _DOT_LINE in payload:
            stuffed = re.sub(rb"(?m)^\.", b"..", payload)
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        try:
            smtp.send(stuffed + b".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise InDoubtError(
                f"{self.name}: {_words(error)}, after the letter was handed over"
            ) from error
        return self._judge(code, answer, _DONE)

    def _ask(self, line: str | None) -> tuple[int, bytes]:
        """Send a line, or none, and return the next answer.

        :raises _ClosedError: when the connection has ended.
        """
        smtp = self._open
        try:
            if line is not None:
                smtp.send(f"{line}\r\n")
            return smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise _ClosedError(f"{self.name}: {_words(error)}") from error

    def _expect(
        self, answers: Sequence[tuple[int, bytes]], expected: Sequence[frozenset[int]]
    ) -> None:
        for (code, answer), codes in zip(answers, expected, strict=False):
            if code == _GOODBYE:
                self._drop()
                raise _ClosedError(_reply(code, answer))
            self._judge(code, answer, codes)

    def _judge(self, code: int, answer: bytes, expected: frozenset[int]) -> str:
        reply = _reply(code, answer)
        if code in expected:
            return reply
        self._reset()
        if 500 <= code < 600:
            raise PermanentError(reply)
        raise TemporaryError(reply)

    def _reset(self) -> None:
        try:
            if self._smtp is not None and self._smtp.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    @property
    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise _ClosedError(f"{self.name}: not connected")
        return self._smtp

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


class _ClosedError(Exception):
    """The connection ended before a letter was handed over."""


def _reply(code: int, answer: bytes) -> str:
    text = " ".join(answer.decode("utf-8", "replace").split())
    return f"{code} {text}"[:500]


def _words(error: Exception) -> str:
    """Return an exception of the network in words an admin can use, without addresses of memory."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        return _reply(error.smtp_code, answer if isinstance(answer, bytes) else answer.encode())
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_SECONDS} seconds"
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return str(error) or type(error).__name__


#: Opens a transport; the sender is given one, so that it can open a second after an interruption.
TransportFactory = Callable[[], Transport]
