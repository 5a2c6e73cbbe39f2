"""The agent's log: one plain line per event, with the time, for people and for service managers.

It goes to stderr and, when the settings name a file, into files that together never outgrow what they may.
A log that cannot be written never stops the agent once it runs.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

from stockwire.agent.config import LogSettings
from stockwire.errors import NotSetUp

OURS = "stockwire"
TIME = "%Y-%m-%d %H:%M:%S"
ROTATE_AGAIN_AFTER_S = 60.0


def begin(settings: LogSettings | None = None) -> None:
    """Write what is logged from now on. Raises NotSetUp when the file cannot be written."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    sinks: list[Callable[[str], None]] = [_to_stderr]
    if settings is not None and settings.file:
        sinks.append(_to_files(settings))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt=TIME, utc=False),
            structlog.processors.format_exc_info,
            _as_line,
        ],
        logger_factory=lambda *_: _Lines(sinks),
        cache_logger_on_first_use=True,
    )


class _Lines:
    """Where structlog hands a finished line over, by the name of its level."""

    def __init__(self, sinks: list[Callable[[str], None]]) -> None:
        self._sinks = sinks

    def msg(self, line: str) -> None:
        for sink in self._sinks:
            sink(line)

    debug = info = warning = warn = error = critical = fatal = exception = msg


def _to_stderr(line: str) -> None:
    if sys.stderr is not None:  # a Windows service has none
        print(line, file=sys.stderr, flush=True)  # noqa: T201


def _to_files(settings: LogSettings) -> Callable[[str], None]:
    file = Path(settings.file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _Files(
            file,
            maxBytes=int(settings.megabytes * 1_000_000),
            backupCount=settings.files - 1,
            encoding="utf-8",
        )
    except OSError as error:
        raise NotSetUp(
            f"The log file {file} cannot be written.",
            hint="Check log.file in agent.toml and the rights of the user the agent runs as.",
            detail=str(error),
        ) from None
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", TIME))
    # What libraries warn of by Python's own logging belongs into the same file.
    logging.getLogger().addHandler(handler)
    logging.getLogger().addHandler(logging.StreamHandler())

    def write(line: str) -> None:
        handler.handle(logging.LogRecord(OURS, logging.INFO, "", 0, line, None, None))

    return write


class _Formatter(logging.Formatter):
    """Our lines are finished; those of libraries are not."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == OURS:
            return record.getMessage()
        record.levelname = record.levelname.lower()
        return super().format(record)


class _Files(RotatingFileHandler):
    """Windows lets nobody rename a file that somebody has open (a viewer, a virus scanner): the agent then
    writes on in the same file and tries again a minute later."""

    _not_before = 0.0

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802
        return time.monotonic() >= self._not_before and bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802
        try:
            super().doRollover()
        except OSError:
            self._not_before = time.monotonic() + ROTATE_AGAIN_AFTER_S
            if self.stream is None:
                self.stream = self._open()


def _as_line(_logger: object, _name: str, event: structlog.typing.EventDict) -> str:
    when, level, what = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", "")
    rest = " ".join(f"{key}={value!r}" for key, value in event.items() if value not in ("", None))
    line = f"{when} {level:<7} {what}" + (f"  {rest}" if rest else "")
    return f"{line}\n{trace}" if trace else line
