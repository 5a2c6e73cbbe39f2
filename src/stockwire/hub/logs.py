"""Logs of hub and worker: one event per outcome, plain lines for people or JSON for machines.

Bodies and personal data are never logged.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure(as_json: bool, level: int = logging.INFO) -> None:
    """Set structlog and the standard logging up for this process, on standard error."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
