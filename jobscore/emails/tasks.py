"""The sender: claim, commit, deliver, record; one connection for many letters."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from jobscore import background, clock, config, logs
from jobscore.database.transaction import transaction
from jobscore.emails import compose, queue, service, suppression
from jobscore.emails.models import EmailType
from jobscore.emails.transport import (
    InDoubtError,
    PermanentError,
    ServerDownError,
    TemporaryError,
    Transport,
    TransportFactory,
    open_transport,
)

#: So many letters refused for now in a row: the server is ill, not the letters.
MOST_REFUSALS_IN_A_ROW = 20
#: Letters of one call from ``flask work``, so that other tasks get their turn.
BATCH = 200

log = logs.get("jobscore.emails")


@dataclass(slots=True)
class SendReport:
    """What a sender did: letters by outcome, and why it stopped early, if it did."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    in_doubt: int = 0
    suppressed: int = 0
    #: Letters of senders that vanished, found and marked as in doubt.
    abandoned: int = 0
    #: The server cannot be used since; None while it works.
    down_since: datetime | None = None
    error: str | None = None
    seconds: float = field(default=0.0)

    @property
    def handled(self) -> int:
        """Letters that were claimed and have an outcome."""
        return self.sent + self.retried + self.failed + self.in_doubt + self.suppressed


Progress = Callable[[SendReport], None]


def send_batch(
    *,
    most: int | None = None,
    email_type: EmailType | None = None,
    is_forced: bool = False,
    transport: TransportFactory | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SendReport:
    """Send what is due, one letter after another, and report.

    Commits once for each letter: the outcome of the last together with the claim of the next, so
    the claim is on disk before the letter's first byte leaves. Any number of senders may run.

    :param most: stop after so many letters; None: when nothing is due.
    :param is_forced: try a server that was down a moment ago.
    :raises service.SendingRefusedError: while settings are missing; nothing is touched.
    """
    started = time.monotonic()
    report = SendReport()
    who = service.sender()
    with transaction():
        report.abandoned = queue.doubt_abandoned()
        is_due = queue.has_due(email_type)
        outage = service.current_outage()
        if outage is not None:
            report.down_since, report.error = outage.started_at, outage.error
            if outage.next_try_at > clock.now() and not is_forced:
                is_due = False
    if is_due and most != 0:
        connect = transport or _configured_transport
        try:
            with connect() as opened:
                run = _Run(opened, who, report, email_type, most, progress, should_stop)
                run.go()
        except ServerDownError as error:
            _note_outage(report, str(error))
    report.seconds = time.monotonic() - started
    return report


@background.task("letters")
def send_due() -> bool:
    """Send a batch for ``flask work``; tell whether there was anything to do.

    Commits once for each letter. While settings are missing nothing is sent and nothing is lost.
    """
    try:
        report = send_batch(most=BATCH)
    except service.SendingRefusedError:
        return False
    return bool(report.handled or report.abandoned)


def _configured_transport() -> Transport:
    return open_transport(config.current().mail_url, is_test=current_app.testing)


def _note_outage(report: SendReport, error: str) -> None:
    with transaction():
        outage = service.record_outage(error)
        report.down_since, report.error = outage.started_at, outage.error
    log.warning("mail server down", error=error, since=str(report.down_since))


class _Run:
    """One connection's worth of letters."""

    def __init__(
        self,
        transport: Transport,
        sender: compose.Sender,
        report: SendReport,
        email_type: EmailType | None,
        most: int | None,
        progress: Progress | None,
        should_stop: Callable[[], bool],
    ) -> None:
        self.transport = transport
        self.sender = sender
        self.report = report
        self.email_type = email_type
        self.most = most
        self.progress = progress
        self.should_stop = should_stop
        self.worker = queue.worker_name()
        self.pace = _Pace(config.current().mail_per_minute)
        self.refusals = 0
        #: Writes the outcome of the letter before; runs in the next letter's transaction.
        self.outcome: Callable[[], None] = lambda: None

    def go(self) -> None:
        """Send until nothing is due, the limit is reached, or the server gives up."""
        try:
            while (claimed := self._record_and_claim()) is not None:
                self.outcome = self._deliver(claimed)
                if self.progress:
                    self.progress(self.report)
        finally:
            # also when interrupted between two letters: what is known is written down
            self._record()

    def _is_over(self) -> bool:
        full = self.most is not None and self.report.handled >= self.most
        return full or self.should_stop() or self.refusals >= MOST_REFUSALS_IN_A_ROW

    def _record(self) -> None:
        outcome, self.outcome = self.outcome, lambda: None
        with transaction():
            outcome()

    def _record_and_claim(self) -> queue.Claimed | None:
        if self._is_over():
            self._record()
            if self.refusals >= MOST_REFUSALS_IN_A_ROW:
                raise ServerDownError(self.report.error or "refused every letter for now")
            return None
        self.pace.wait()
        while True:
            outcome, self.outcome = self.outcome, lambda: None
            with transaction():
                outcome()
                claimed = queue.claim_next(self.worker, email_type=self.email_type)
                if claimed is None:
                    return None
                address = claimed.letter.recipient
                if address not in suppression.suppressed({address}, claimed.email_type):
                    return claimed
                queue.record_suppressed(claimed)
                self.report.suppressed += 1

    def _deliver(self, claimed: queue.Claimed) -> Callable[[], None]:
        """Deliver one letter; return what writes its outcome."""
        report = self.report
        try:
            envelope = compose.envelope(claimed.letter, self.sender, clock.now())
        except compose.AddressError as error:
            report.failed += 1
            reason = f"The address cannot be written to: {error}"
            return lambda: queue.record_failed(claimed, reason)
        try:
            reply = self.transport.deliver(envelope)
        except ServerDownError:
            self.outcome = lambda: queue.give_back(claimed)
            raise
        except TemporaryError as error:
            self.refusals += 1
            reason = report.error = str(error)
            if claimed.attempts > len(queue.BACK_OFF):
                report.failed += 1
            else:
                report.retried += 1
            return lambda: queue.record_temporary(claimed, reason)
        except PermanentError as error:
            report.failed += 1
            reason, is_bad = str(error), error.is_bad_address
            return self._answered(
                lambda: queue.record_failed(claimed, reason, is_bad_address=is_bad)
            )
        except InDoubtError as error:
            report.in_doubt += 1
            reason = str(error)
            return lambda: queue.record_in_doubt(claimed, reason)
        report.sent += 1
        return self._answered(lambda: self._count_sent(claimed, reply))

    def _answered(self, outcome: Callable[[], None]) -> Callable[[], None]:
        """Note that the server works; an outage that lasted until now has ended."""
        self.refusals = 0
        if self.report.down_since is None:
            return outcome
        self.report.down_since = self.report.error = None

        def both() -> None:
            outcome()
            service.end_outage()

        return both

    def _count_sent(self, claimed: queue.Claimed, reply: str) -> None:
        if not queue.record_sent(claimed, reply):
            log.warning("letter was settled by somebody else while it left", letter=claimed.id)


class _Pace:
    """Keep to so many letters a minute; 0 sets no limit."""

    def __init__(self, per_minute: int) -> None:
        self.gap = 60 / per_minute if per_minute else 0.0
        self.next_at = time.monotonic()

    def wait(self) -> None:
        """Sleep until the next letter may leave."""
        if self.gap:
            now = time.monotonic()
            if now < self.next_at:
                time.sleep(self.next_at - now)
            self.next_at = max(now, self.next_at) + self.gap
