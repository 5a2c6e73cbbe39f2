"""Brings what was read to the hub: batches in their order until acknowledged, then the reading reports."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from stockwire import dying
from stockwire.agent import clock
from stockwire.agent.journal import Journal
from stockwire.agent.link import HubLink, OutOfStep
from stockwire.wire import ReadingDone, Received, Settings

REPORT_EVERY_S = 60.0
SETTINGS_EVERY_S = 60.0
UNDER_WAY = 3
"""Batches sent at the same time: while one waits for its turn the hub stores the next and reads a third."""


class Delivery:
    """Used by the sending thread; `wake`, `report` and `wait_until_sent` by the reading thread."""

    def __init__(self, journal: Journal, link: HubLink) -> None:
        self._journal = journal
        self._link = link
        self._log = structlog.get_logger("stockwire.agent")
        self._more = threading.Event()
        self._sent = threading.Condition()
        self._report: ReadingDone | None = None
        self._reporting = threading.Lock()
        self._reported_at = -REPORT_EVERY_S
        self._settings_at = -SETTINGS_EVERY_S
        # What waits from an earlier run may have been sent by it.
        self._maybe_sent_before = journal.next_number - 1 if journal.waiting() else 0
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
            with self._reporting:
                self._report = done
            self.wake()

    def step(self) -> None:
        """Send all that waits. Raises what the hub or the way to it says."""
        self._fetch_settings()
        if self._journal.waiting():
            self._send_waiting()
        with self._reporting:
            # Not one put in between: the hub would go on holding stock back until the next one is due.
            report, self._report = self._report, None
        if report:
            report.age_s = clock.ticks() - report.run_s if report.run else 0.0
            try:
                self._link.reading_done(report)
            except BaseException:
                with self._reporting:
                    self._report = self._report or report
                raise
            self._reported_at = time.monotonic()

    def _send_waiting(self) -> None:
        start, refused_before = 0, False
        while refusal := self._send_from(start):
            number, expected, acknowledged_some = refusal
            # A batch that overtook the one before it is sent again; else from where the hub stands.
            start = number if acknowledged_some and expected < number else expected
            stuck = refused_before and not acknowledged_some
            if stuck or expected == number or not self._journal.has_batch(start):
                self._begin_anew(f"the hub expects batch {expected}, which is not kept any more")
                return
            refused_before = True

    def _send_from(self, start: int) -> tuple[int, int, bool] | None:
        """Send all batches from number `start` in order. Raises what the hub or the way to it says.

        Returns None when all are sent, or (number, the number the hub expects instead, whether any before it
        was acknowledged). Answers to batches behind a failed one are not looked at: those are sent again.
        """
        under_way: deque[tuple[int, Future[Received]]] = deque()
        following, acknowledged_some = start, False
        with ThreadPoolExecutor(UNDER_WAY, "batch") as senders:
            try:
                while True:
                    # The first one goes alone: a hub that is away or out of step is asked once.
                    at_once = UNDER_WAY if acknowledged_some else 1
                    while len(under_way) < at_once and (batch := self._journal.oldest(following)):
                        number, payload = batch
                        under_way.append((number, senders.submit(self._link.send_batch, payload)))
                        following = number + 1
                    if not under_way:
                        return None
                    number, answer = under_way.popleft()
                    received = answer.result()
                    if received.repeated and number > self._maybe_sent_before:
                        break
                    dying.step("agent-batch-answered")
                    self._journal.acknowledged(number)
                    acknowledged_some = True
                    if not self._journal.waiting():
                        with self._sent:
                            self._sent.notify_all()
            except OutOfStep as error:
                return number, error.expected, acknowledged_some
            except BaseException:
                # The hub may have applied them all the same: it will say "repeated" next time.
                self._maybe_sent_before = max(self._maybe_sent_before, following - 1)
                raise
        self._begin_anew(f"the hub has another batch {number} than this journal")
        return None

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
