"""Structured logs: one line an event, escaped, with the request's id."""

import logging
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(form: Literal["console", "json"], level: str) -> None:
    """Send everything that is logged to stderr, as JSON lines or for a person's eye."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info if form == "json" else _keep,
            _one_line,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.set_name("jobscore")
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if h.get_name() != "jobscore"]
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def get(name: str) -> Any:
    """Return a logger; call it with an event name and keyword values."""
    return structlog.get_logger(name)


def _keep(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return event


def _one_line(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Escape line breaks and control characters, so that nobody can forge a line."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception" and not value.isprintable():
            event[key] = value.encode("unicode_escape").decode("ascii")
    return event
