"""The agent's one process: it reads, it sends, it does the hub's work, each in a thread of its own.

Reading never waits for the hub while the database's transaction is open, and sending never waits for the
database. Everything but a wrong configuration is survived and tried again. It never listens on a port.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from stockwire.agent import clock
from stockwire.agent.config import AgentSettings
from stockwire.agent.delivery import Delivery
from stockwire.agent.enrolment import enrol, read_token
from stockwire.agent.fetching import Fetcher
from stockwire.agent.journal import Journal, StreamChanged
from stockwire.agent.link import HubLink, TokenRefused
from stockwire.agent.order_journal import OrderJournal
from stockwire.agent.raising import Raiser
from stockwire.agent.reading import Reader, Reading, Stopped
from stockwire.agent.reading_log import ReadingLog
from stockwire.agent.report_reading import ReportReader
from stockwire.agent.work import WorkLoop
from stockwire.connectors.omni.api import OmniService
from stockwire.errors import NotSetUp, Refused, StockwireError, TryLater
from stockwire.wire import ReadingDone

__all__ = ["Agent", "enrol"]

LONGEST_PAUSE_S = 60.0
CHECK_ENDS_WITHIN_S = 10.0


class Agent:
    """Everything the agent holds open. `run` returns after `stop` was called; close it then."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._log = structlog.get_logger("stockwire.agent")
        folder = Path(settings.data_folder)
        self.journal = Journal(folder)
        if self.journal.began_anew:
            self._log.error("the journal was broken and is begun anew", kept_as=self.journal.began_anew)
        token = settings.hub.token or read_token(folder)
        if not token:
            self.journal.close()
            raise NotSetUp(
                "This agent is not enrolled with a hub.",
                hint="Run: stockwire agent enrol --config agent.toml --code CODE (see the console).",
            )
        self.link = HubLink(settings.hub, token)
        self.delivery = Delivery(self.journal, self.link)
        self._service = _omni(settings)
        self.reader = self._reader()
        self.work = WorkLoop(
            self.link,
            OrderJournal(self.journal),
            self._raiser(),
            Fetcher(self._service),
            at_once=settings.omni.at_once if settings.omni else 1,
            settle_s=settings.omni.settle_s if settings.omni else LONGEST_PAUSE_S,
            read_now=self._ask_for_reading,
            raised=self._stock_was_reserved,
            check=self._ask_for_checks,
        )
        self._checking: threading.Thread | None = None
        self._wanted = threading.Event()
        self._reserved = threading.Event()
        self._full_wanted = False
        self._said = ReadingLog()
        self._pause_s, self._sent_all = 0.0, False

    def run(self) -> None:
        """Work until `stop`. Errors are told in the log and to the hub, and survived."""
        self._log.info(
            "agent started",
            hub=self._settings.hub.url,
            products=_origin(self._settings),
            waiting=self.journal.waiting(),
        )
        steps: dict[str, Callable[[], float]] = {
            "send": self._send_step,
            "read": self._read_step,
            "work": self._work_step,
        }
        threads = [
            threading.Thread(target=self._forever, args=(name, step), name=name, daemon=name == "work")
            for name, step in steps.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads[:2]:
            thread.join()
        while threads[2].is_alive() and not self.work.only_asking:
            threads[2].join(0.05)
        if self._checking:
            self._checking.join(CHECK_ENDS_WITHIN_S)
        self._log.info("agent stopped", waiting=self.journal.waiting())

    def stop(self) -> None:
        """End soon: a page, a batch or an order in hand is finished, a waiting question to the hub not."""
        self._stopping.set()
        self._wanted.set()
        self.delivery.wake()

    def close(self) -> None:
        self.link.close()
        if self._service:
            self._service.close()
        self.journal.close()

    def read_once(self) -> Reading:
        """One reading now; used by the loop."""
        hour = self.delivery.settings.full_read_hour
        why = self._why_full(clock.now().astimezone(), hour)
        resend, self._full_wanted = self._full_wanted, False
        try:
            return self.reader.read(
                lambda: clock.now().astimezone(), full="the hub asked" if resend else why, resend=resend
            )
        except BaseException:
            self._full_wanted = self._full_wanted or resend
            raise

    def _read_step(self) -> float:
        # The pause comes first: a step that works again says so when it has worked.
        pause_s, self._pause_s = self._pause_s, 0.0
        self._wanted.wait(pause_s)
        self.delivery.wait_until_sent(self._stopping)
        if self._stopping.is_set():
            return 0.0
        self._wanted.clear()
        # Only a reading that begins after an order was raised shows what Omni has reserved for it.
        after_an_order = self._reserved.is_set()
        self._reserved.clear()
        try:
            reading = self.read_once()
        except (Stopped, StreamChanged):
            self._owe(after_an_order)
            return 0.0
        except BaseException as error:
            self._owe(after_an_order)
            if isinstance(error, StockwireError):
                self.delivery.report(_report_of(self.journal.stream, error), urgent=True)
            raise
        self._tell(reading, after_an_order)
        self._pause_s = self._pause_after(reading)
        return 0.0

    def _pause_after(self, reading: Reading) -> float:
        pause = self._settings.poll_s or self.delivery.settings.poll_s
        if self._settings.report:
            return self._settings.report.poll_s
        return pause if reading.mode.startswith("watermark") else max(pause, self._settings.hash_poll_s)

    def _send_step(self) -> float:
        if self._sent_all:
            self.delivery.wait_for_more()
        self._sent_all = False
        self.delivery.step()
        self._sent_all = True
        return 0.0

    def _work_step(self) -> float:
        return self.work.step()

    def _ask_for_reading(self, full: bool) -> None:
        self._full_wanted = self._full_wanted or full
        self._wanted.set()

    def _ask_for_checks(self) -> None:
        """In a thread of its own: reading every row must not hold up an order. One at a time."""
        if self._checking and self._checking.is_alive():
            return
        from stockwire.agent.checks.answer import answer_checks

        self._checking = threading.Thread(
            target=answer_checks,
            args=(self._settings, self.link, self._service, self._stopping.is_set),
            name="check",
            daemon=True,
        )
        self._checking.start()

    def _forever(self, name: str, step: Callable[[], float]) -> None:
        said, failures = "", 0
        while not self._stopping.is_set():
            token = self.link.token
            try:
                pause = step()
                if said:
                    self._log.info(f"{name}: works again")
                said, failures = "", 0
            except (TryLater, NotSetUp, Refused) as error:
                if self._stopping.is_set():
                    return
                failures += 1
                pause = _pause_after(error, failures)
                if said != error.message:
                    said = error.message
                    self._log.warning(f"{name}: {error.message}", hint=error.hint, detail=error.detail)
                if isinstance(error, TokenRefused):
                    pause = self._wait_for_enrolment(token, pause)
            except Exception:  # noqa: BLE001 - the agent survives its own faults; the log has the trace
                if self._stopping.is_set():
                    return
                failures += 1
                pause = min(LONGEST_PAUSE_S, 2.0**failures)
                said = "fault"
                self._log.exception(f"{name}: a fault of ours; going on in {pause:.0f} s")
            self._stopping.wait(pause)

    def _wait_for_enrolment(self, refused: str, pause_s: float) -> float:
        """Wait, but go on once somebody ran `stockwire agent enrol`. Returns the pause still to make."""
        while pause_s > 0 and not self._stopping.wait(min(pause_s, 1.0)):
            pause_s -= 1.0
            token = self._settings.hub.token or read_token(Path(self._settings.data_folder))
            if token not in {"", refused}:
                self.link.token = token
                return 0.0
        return 0.0

    def _stock_was_reserved(self) -> None:
        """The hub keeps the stock of a raised order back until it hears of a later reading: make one.

        Reports are not read for each order: Omni writes the whole report every time and answers one request
        at a time. Their next reading comes soon enough; until then the hub shows too little, never too much.
        """
        self._reserved.set()
        if self._settings.report is None:
            self._wanted.set()

    def _owe(self, after_an_order: bool) -> None:
        """A reading that failed shows nothing of an order: the next one is told at once in its place."""
        if after_an_order:
            self._reserved.set()

    def _tell(self, reading: Reading, after_an_order: bool) -> None:
        done = ReadingDone(
            stream=self.journal.stream,
            mode=reading.mode,
            read_at=reading.read_at.isoformat(),
            rows_seen=reading.rows_seen,
            rows_sent=reading.rows_sent,
            removed=reading.removed,
            seconds=round(reading.seconds, 3),
            error=reading.error,
            hint=reading.hint,
            run=clock.RUN,
            run_s=reading.opened_s,
        )
        urgent = reading.changed_something or bool(reading.error) or after_an_order
        self.delivery.report(done, urgent=urgent)
        self._said.tell(reading, self.reader.server if isinstance(self.reader, Reader) else "")

    def _why_full(self, now: datetime, hour: int) -> str:
        """Once a day, from the hour the hub names, everything is compared."""
        if not (last := self.journal.get("full_at")):
            return ""
        before = datetime.fromisoformat(last)
        if before > now:
            return "the clock was set back"
        due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        return "nightly comparison" if before < due <= now else ""

    def _reader(self) -> Reader | ReportReader:
        wake, stopped = self.delivery.wake, self._stopping.is_set
        report, database = self._settings.report, self._settings.database
        if report is not None and self._service is not None:
            return ReportReader(report, self._service, self.journal, queued=wake, stopped=stopped)
        assert database is not None, "config.py sees to it"
        return Reader(database, self.journal, queued=wake, stopped=stopped)

    def _raiser(self) -> Raiser | None:
        if self._service is None or self._settings.omni is None:
            return None
        return Raiser(
            self._service,
            OrderJournal(self.journal),
            settle_s=self._settings.omni.settle_s,
            repost_after_s=self._settings.omni.repost_after_s,
            wait=self._stopping.wait,
        )


def _origin(settings: AgentSettings) -> str:
    if settings.report:
        return f"report {', '.join(settings.report.names)}"
    return settings.database.address if settings.database else ""


def _omni(settings: AgentSettings) -> OmniService | None:
    omni = settings.omni
    if omni is None:
        return None
    return OmniService(
        omni.url,
        omni.company,
        omni.user,
        omni.password,
        omni.auth,
        post_timeout_s=omni.post_timeout_s,
        at_once=omni.at_once,
    )


def _report_of(stream: str, error: StockwireError) -> ReadingDone:
    return ReadingDone(
        stream=stream,
        mode="",
        read_at=clock.now().isoformat(),
        rows_seen=0,
        rows_sent=0,
        removed=0,
        seconds=0.0,
        error=error.message,
        hint=error.hint,
    )


def _pause_after(error: StockwireError, failures: int) -> float:
    """NotSetUp and Refused wait for a person: slowly. TryLater backs off from one second."""
    if not isinstance(error, TryLater):
        return LONGEST_PAUSE_S
    return min(LONGEST_PAUSE_S, max(error.after_s or 0.0, 2.0 ** (min(failures, 7) - 1)))
