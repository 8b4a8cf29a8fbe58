"""What the states and kinds of runs are called."""

from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext as _l

from jobscore.matching.models import RunKind, RunStatus

RUN_WORDS: Final = MappingProxyType(
    {
        RunStatus.QUEUED: (_l("Waiting"), "accent"),
        RunStatus.RUNNING: (_l("Running"), "accent"),
        RunStatus.DONE: (_l("Done"), "success"),
        RunStatus.FAILED: (_l("Failed"), "danger"),
        RunStatus.CANCELLED: (_l("Cancelled"), "neutral"),
    }
)
KIND_WORDS: Final = MappingProxyType(
    {
        RunKind.DAY: _l("Whole day"),
        RunKind.MATCH: _l("Score and match"),
        RunKind.DIGEST: _l("Write letters"),
        RunKind.SEND: _l("Send letters"),
        RunKind.BACKTEST: _l("Backtest of a policy"),
        RunKind.ALERT: _l("Write search alerts"),
    }
)
