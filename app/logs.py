"""Log lines: what happened, never to whom.

No patient data, no company, no query string, no body and no text of an exception (which may quote
a row) ever stands in one: of an error they name the type and the places in the code.
"""

import logging
import sys
import traceback

import msgspec
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from app.settings import LogFormat


def configure(log_format: LogFormat) -> None:
    """Send every logger's lines to standard error in one format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
    ]
    renderer: Processor = _as_text
    if log_format is LogFormat.JSON:
        renderer = structlog.processors.JSONRenderer(_json)
    elif sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_exception_text,
                renderer,
            ],
        )
    )
    handler.addFilter(_without_arguments_of_jobs)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    """One line: when, how grave, what, and then each fact by its name."""
    head = f"{event.pop('timestamp')} [{event.pop('level')}] {event.pop('event')}"
    return " ".join((head, *(f"{name}={value!r}" for name, value in event.items())))


def _json(event: EventDict, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _without_exception_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def _without_arguments_of_jobs(record: logging.LogRecord) -> bool:
    """The job library's lines quote arguments, which name a company: only the action is kept."""
    if record.name.startswith("procrastinate"):
        record.msg, record.args = getattr(record, "action", "jobs"), ()
    record.exc_text = None
    return True
