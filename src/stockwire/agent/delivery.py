"""Brings what was read to the hub: batches in their order until acknowledged, then the reading reports."""

from __future__ import annotations

import threading
import time

import structlog

from stockwire.agent.journal import Journal
from stockwire.agent.link import HubLink, OutOfStep
from stockwire.errors import TryLater
from stockwire.wire import ReadingDone, Settings

REPORT_EVERY_S = 60.0
SETTINGS_EVERY_S = 60.0


class Delivery:
    """Used by the sending thread; `wake`, `report` and `wait_until_sent` by the reading thread."""

    def __init__(self, journal: Journal, link: HubLink) -> None:
        self._journal = journal
        self._link = link
        self._log = structlog.get_logger("stockwire.agent")
        self._more = threading.Event()
        self._sent = threading.Condition()
        self._report: ReadingDone | None = None
        self._reported_at = -REPORT_EVERY_S
        self._settings_at = -SETTINGS_EVERY_S
        waiting = journal.oldest()
        self._maybe_sent_before = waiting[0] if waiting else 0
        self.settings = Settings(source="")

    def wake(self) -> None:
        self._more.set()

    def wait_for_more(self) -> None:
        self._more.wait(5.0)
        self._more.clear()

    def wait_until_sent(self, stopping: threading.Event) -> None:
        """Until the hub has everything: a reading compares with what the hub has, so it begins after."""
        with self._sent:
            while self._journal.waiting() and not stopping.is_set():
                self._sent.wait(0.5)

    def report(self, done: ReadingDone, *, urgent: bool) -> None:
        """Tell the hub how a reading went: at once when urgent, else once a minute."""
        if urgent or time.monotonic() - self._reported_at >= REPORT_EVERY_S:
            self._report = done
            self.wake()

    def step(self) -> None:
        """Send all that waits. Raises what the hub or the way to it says."""
        self._fetch_settings()
        start = 0
        while batch := self._journal.oldest(start):
            number, payload = batch
            try:
                received = self._link.send_batch(payload)
            except OutOfStep as error:
                if start or error.expected == number or not self._journal.has_batch(error.expected):
                    self._begin_anew(f"the hub expects batch {error.expected}, which is not kept any more")
                    return
                start = error.expected
                continue
            except TryLater:
                self._maybe_sent_before = max(self._maybe_sent_before, number)
                raise
            if received.repeated and number > self._maybe_sent_before:
                self._begin_anew(f"the hub has another batch {number} than this journal")
                return
            self._journal.acknowledged(number)
            start = 0
            if not self._journal.waiting():
                with self._sent:
                    self._sent.notify_all()
        report, self._report = self._report, None
        if report:
            try:
                self._link.reading_done(report)
            except BaseException:
                self._report = self._report or report
                raise
            self._reported_at = time.monotonic()

    def _begin_anew(self, why: str) -> None:
        self._log.warning("a new stream begins: everything is read and sent again", why=why)
        self._journal.new_stream()
        with self._sent:
            self._sent.notify_all()

    def _fetch_settings(self) -> None:
        if time.monotonic() - self._settings_at < SETTINGS_EVERY_S:
            return
        self.settings = self._link.settings()
        self._settings_at = time.monotonic()
        resend = self.settings.resend_from
        if 0 < resend < self._journal.next_number and not self._journal.has_batch(resend):
            self._begin_anew(f"the hub asks for batch {resend} again, which is not kept any more")
