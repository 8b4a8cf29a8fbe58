"""The sender: claim, commit, deliver, record; one connection for many letters."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from jobscore import background, clock, config, logs
from jobscore.database.transaction import transaction
from jobscore.emails import compose, lanes, queue, service, suppression
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
#: The same while one sender tries a server that was down: not more letters lose a try.
MOST_REFUSALS_IN_TRIAL = 3
#: Letters of one call from ``flask work``, and its seconds at most: other tasks get their turn,
#: and a worker that is told to stop does so soon.
BATCH, BATCH_SECONDS = 1_000, 5.0
#: Letters put off in one transaction because the road to their domain is taken.
PUT_OFF = 50
#: Seconds of one nap while the rate lets no letter leave.
NAP = 0.5

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
    the claim is on disk before the letter's first byte leaves. Any number of senders may run. While
    the server is down one sender at a time tries it, after pauses that grow.

    :param most: stop after so many letters; None: when nothing is due.
    :param is_forced: try a server that was down a moment ago, whatever the pause.
    :raises service.SendingRefusedError: while settings are missing; nothing is touched.
    """
    started = time.monotonic()
    report = SendReport()
    who = service.sender()
    with transaction():
        queue.mend_clock()
        report.abandoned = queue.doubt_abandoned()
        queue.settle_doubts()
        lanes.sweep()
        is_due = queue.has_due(email_type) and most != 0
        outage = service.current_outage()
        if outage is not None:
            report.down_since, report.error = outage.started_at, outage.error
            is_due = is_due and service.begin_trial(is_forced=is_forced)
    if is_due:
        connect = transport or _configured_transport
        try:
            with connect() as opened:
                run = _Run(opened, who, report, email_type, most, progress, should_stop)
                run.go()
        except ServerDownError as error:
            _note_outage(report, str(error))
        if report.in_doubt:
            with transaction():
                queue.settle_doubts()
    report.seconds = time.monotonic() - started
    return report


@background.task("letters")
def send_due() -> bool:
    """Send a batch for ``flask work``; tell whether there was anything to do.

    Commits once for each letter. While settings are missing nothing is sent and nothing is lost.
    """
    end = time.monotonic() + BATCH_SECONDS
    try:
        report = send_batch(most=BATCH, should_stop=lambda: time.monotonic() > end)
    except service.SendingRefusedError:
        return False
    return bool(report.handled or report.abandoned)


def _configured_transport() -> Transport:
    settings = config.current()
    return open_transport(
        settings.mail_url,
        is_test=current_app.testing,
        per_connection=settings.mail_per_connection,
    )


def _note_outage(report: SendReport, error: str) -> None:
    with transaction():
        outage = service.record_outage(error)
        report.down_since, report.error = outage.started_at, outage.error
    log.warning("mail server down", error=error, since=str(report.down_since))


def _nothing() -> None:
    """Write nothing down."""


class _Nothing:
    """No letter is due."""


_NOTHING = _Nothing()


class _Run:
    """One sender's letters, over one connection where the server allows."""

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
        self.rates = lanes.Rates.configured()
        #: The road of all letters was taken for a letter that is not found yet.
        self.has_turn = False
        self.refusals = 0
        #: Writes the outcome of the letter before; runs in the next letter's transaction.
        self.outcome: Callable[[], None] = _nothing

    def go(self) -> None:
        """Send until nothing is due, the limit is reached, or the server gives up."""
        try:
            while (claimed := self._record_and_claim()) is not None:
                self.outcome = self._deliver(claimed)
                if self.progress:
                    self.progress(self.report)
        finally:
            # also when interrupted, or when the database was gone: what is known is written down
            self._record()

    def _is_over(self) -> bool:
        full = self.most is not None and self.report.handled >= self.most
        return full or self.should_stop() or self._is_ill()

    def _is_ill(self) -> bool:
        """Tell whether the server refuses so much that it is to blame."""
        trying = self.report.down_since is not None
        return self.refusals >= (MOST_REFUSALS_IN_TRIAL if trying else MOST_REFUSALS_IN_A_ROW)

    def _record(self) -> None:
        with transaction():
            self.outcome()
        self.outcome = _nothing

    def _record_and_claim(self) -> queue.Claimed | None:
        """Write the last outcome down and claim the next letter; None at the end."""
        while not self._is_over():
            with transaction():
                self.outcome()
                free_at = self._take_turn()
                found = None if free_at else self._claim_some()
            # not before the commit: where that failed, the outcome is written down at the end
            self.outcome = _nothing
            if isinstance(found, queue.Claimed):
                self.has_turn = False
                return found
            if free_at is not None:
                # with nothing claimed and everything written down: a kill now costs nothing
                self._rest_until(free_at)
            elif found is _NOTHING:
                return None
        self._record()
        if self._is_ill():
            raise ServerDownError(self.report.error or "refused every letter for now")
        return None

    def _take_turn(self) -> datetime | None:
        if not self.has_turn:
            free_at = lanes.enter(lanes.ALL, self.rates.in_all)
            if free_at is not None:
                return free_at
            self.has_turn = True
        return None

    def _claim_some(self) -> "queue.Claimed | _Nothing | None":
        """Claim until a letter may leave at once; None: look again in a new transaction."""
        for _ in range(PUT_OFF):
            claimed = queue.claim_next(self.worker, email_type=self.email_type)
            if claimed is None:
                return _NOTHING
            address = claimed.letter.recipient
            if address in suppression.suppressed({address}, claimed.email_type):
                queue.record_suppressed(claimed)
                self.report.suppressed += 1
                continue
            per_minute = self.rates.of(claimed.domain)
            is_urgent = claimed.email_type in queue.PERSONAL
            if lanes.enter(claimed.domain, per_minute, is_urgent=is_urgent) is None:
                return claimed
            queue.give_back(claimed, lanes.put_off(claimed.domain, per_minute))
        return None

    def _rest_until(self, instant: datetime) -> None:
        """Sleep until then, or until somebody wants an end."""
        end = time.monotonic() + (instant - clock.now()).total_seconds()
        while not self.should_stop() and (left := end - time.monotonic()) > 0:
            time.sleep(min(NAP, left))

    def _deliver(self, claimed: queue.Claimed) -> Callable[[], None]:
        """Deliver one letter; return what writes its outcome."""
        report = self.report
        try:
            envelope = compose.envelope(claimed.letter, self.sender, clock.now())
        except ValueError as error:
            # one letter that cannot be written stops no others
            report.failed += 1
            what = "address" if isinstance(error, compose.AddressError) else "letter"
            reason = f"The {what} cannot be written: {error}"
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
        except BaseException:
            # interrupted by hand: shown at once, not when the lease is over
            self.outcome = lambda: queue.record_in_doubt(claimed, queue.STOPPED)
            raise
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
