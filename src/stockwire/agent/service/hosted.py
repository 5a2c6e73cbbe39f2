"""The agent inside a service: it may be told to stop at any moment, also before it has begun.

It knows nothing of Windows. What goes wrong before there is a log is handed to `tell`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from stockwire.agent import log
from stockwire.agent.config import load
from stockwire.agent.paths import default_service_log
from stockwire.errors import StockwireError

if TYPE_CHECKING:
    from stockwire.agent.run import Agent


class HostedAgent:
    """`run` in one thread, `stop` from another. `tell` gets one text for the machine's own event log."""

    def __init__(self, config: Path, tell: Callable[[str], None]) -> None:
        self._config = config
        self._tell = tell
        self._lock = threading.Lock()
        self._stopped = False
        self._agent: Agent | None = None

    def run(self) -> bool:
        """Until `stop`. False when it failed: whoever hosts it starts it again later."""
        logger = structlog.get_logger("stockwire.agent")
        try:
            agent = self._begin()
            if agent is not None:
                with closing(agent):
                    agent.run()
        except StockwireError as error:
            said = f"{error.message} {error.hint}".strip()
            logger.error(said, detail=error.detail)
            self._tell(said)
            return False
        except Exception as error:  # the host ends the process next, and nobody would hear of it
            logger.exception("a fault of ours ended the agent")
            self._tell(f"A fault of ours ended the agent: {error!r}. agent.log has the whole of it.")
            return False
        return True

    def stop(self) -> None:
        """May be said often, and early."""
        with self._lock:
            self._stopped = True
            if self._agent is not None:
                self._agent.stop()

    def _begin(self) -> Agent | None:
        from stockwire.agent.run import Agent

        settings = load(self._config)
        settings.log.file = settings.log.file or default_service_log(settings.data_folder)
        log.begin(settings.log)
        with self._lock:
            if not self._stopped:
                self._agent = Agent(settings)
            return self._agent
