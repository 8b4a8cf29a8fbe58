"""What an examination may use: the settings, and who answers questions about the outside."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobscore.config import Config
from jobscore.doctor.dns import Dns
from jobscore.doctor.server import Prober


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every part.

    :ivar dns: None: nobody may be asked.
    :ivar probe: connects to the mail server; None: it is left alone.
    :ivar selectors: of DKIM keys of a mail server that signs.
    """

    settings: Config
    dns: Dns | None = None
    probe: Prober | None = None
    selectors: Sequence[str] = ()
