"""One letter at once, past the log: does the road to an inbox work?"""

from jobscore import clock, config
from jobscore.emails import compose, rendering, service
from jobscore.emails.transport import TransportError, open_transport


class TrialError(Exception):
    """The letter did not leave; the text says why and may be shown to an admin."""


def send_test(address: str, locale: str, *, is_test: bool = False) -> str:
    """Send one test letter to ``address`` and return the server's answer.

    :param is_test: whether the transport for tests may be used.
    :raises TrialError: when settings are missing, the address is none, or the server refuses.
    """
    try:
        letter = rendering.render("test", locale, sent_at=clock.now())
        host = compose.mail_host(config.current().public_url)
        wire = compose.envelope(
            compose.Letter(
                recipient=address,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                locale=locale,
                message_id=f"test.{clock.now():%Y%m%d%H%M%S%f}@{host}",
            ),
            service.sender(),
            clock.now(),
        )
        with open_transport(config.current().mail_url, is_test=is_test) as transport:
            return transport.deliver(wire)
    except (service.SendingRefusedError, compose.AddressError, TransportError) as error:
        raise TrialError(str(error)) from error
