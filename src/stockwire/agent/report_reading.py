"""One reading of saved reports over OmniWebServiceREST: the other product source, without the database.

The service has no notion of change, so every reading asks for the whole report and compares hashes with the
journal. One reading is all reports: when one fails, nothing is removed because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from hashlib import blake2b

from stockwire.agent import clock
from stockwire.agent.comparing import Comparison, Reading
from stockwire.agent.config import ReportSettings
from stockwire.agent.journal import Journal
from stockwire.agent.report_rows import Merge, ReportShape, Values
from stockwire.connectors.omni.api import OmniService
from stockwire.connectors.omni.reports import QUANTITY, ReportSource
from stockwire.errors import NotSetUp

ALL_ROWS = "a report is always read whole"
ACTIVE = "ACTIVE"


class ReportReader:
    """Reads saved reports into the journal's outbox. Used by one thread."""

    def __init__(
        self,
        settings: ReportSettings,
        service: OmniService,
        journal: Journal,
        *,
        queued: Callable[[], None] = lambda: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._service = service
        self._journal = journal
        self._queued = queued
        self._stopped = stopped
        names = settings.names
        self._shape = ReportShape(
            self._columns(), f"report {names[0]}" if len(names) == 1 else f"the reports {', '.join(names)}"
        )
        self._source = self._hashed()
        if journal.waiting() and journal.get("asked") not in {"", self._source}:
            # What was read otherwise may be the very thing the hub refuses; it would wait for ever.
            journal.new_stream()

    def read(self, now: Callable[[], datetime], *, full: str = "", resend: bool = False) -> Reading:
        """Read once, everything; with `resend` rows the hub has are sent again. `now` gives aware times.

        Raises NotSetUp, TryLater, Stopped, StreamChanged. Batches queued before stay valid.
        """
        began = clock.ticks()
        self._begin_anew_if_another_source()
        # Before the first request: an order raised after this moment may be missing in it.
        reading = Reading("report", now(), why_full=full or ALL_ROWS, opened_s=began)
        comparison = Comparison(
            self._journal, self._shape, reading, self._queued, self._stopped, resend=resend
        )
        if len(self._settings.names) == 1:
            with closing(self._rows(self._settings.names[0])) as rows:
                comparison.all_rows(self._shape.pages(rows))
        else:
            self._merged(comparison)
        comparison.removals(self._settings.removal_limit)
        self._journal.finish_reading(comparison.stream, {"full_at": reading.read_at.isoformat()})
        reading.seconds = clock.ticks() - began
        return reading

    def _merged(self, comparison: Comparison) -> None:
        """All reports are complete before the first row is compared."""
        with closing(Merge(len(self._settings.names))) as merge:
            for number, name in enumerate(self._settings.names):
                comparison.check_stop()
                with closing(self._rows(name)) as rows:
                    merge.add(number, self._watched(rows, comparison))
            with closing(merge.pages()) as pages:
                comparison.all_rows(pages)

    def _watched(self, rows: Iterator[Values], comparison: Comparison) -> Iterator[Values]:
        for place, values in enumerate(rows):
            if place % 1_000 == 0:
                comparison.check_stop()
            yield values

    def _rows(self, name: str) -> Generator[Values]:
        """The rows of one report. Raises NotSetUp when it has none: an empty report removes nothing."""
        source = ReportSource(name, self._settings.column_map, self._settings.filters)
        empty = True
        with closing(source.rows(self._service, self._check_active)) as rows:
            for values in rows:
                empty = False
                yield [*values[:-1], ACTIVE, values[-1]] if self._settings.everything_active else values
        if empty:
            raise NotSetUp(
                f"Report {name} has no rows. Nothing was removed because of it.",
                hint="Open the report in Omni and check its selection, and report.filters in agent.toml. "
                "If it is meant to be empty, take it out of report.names.",
            )

    def _check_active(self, name: str, keys: list[str]) -> None:
        if self._settings.active or self._settings.everything_active:
            return
        raise NotSetUp(
            f"It is not said which column of report {name} holds ACTIVE, DELETE or IGNORE. "
            f"It has: {', '.join(keys)}.",
            hint="Set report.active in agent.toml to one of them. If every item of the report is to be sold, "
            "say so: report.everything_active = true.",
        )

    def _columns(self) -> list[str]:
        """STOCKCODE and the others as mapped, what says ACTIVE where it is not in the report, and last the
        quantity: one column, or one per warehouse under the name OAvailable@<warehouse>."""
        settings = self._settings
        columns = list(settings.column_map)[:-1]
        if settings.everything_active:
            columns.append(settings.active_column)
        if not settings.warehouses:
            return [*columns, QUANTITY]
        return [*columns, *(f"{QUANTITY}@{settings.warehouses[name]}" for name in settings.names)]

    def _begin_anew_if_another_source(self) -> None:
        if self._journal.get("source") not in {"", self._source}:
            self._journal.new_stream()
        if not self._journal.get("source"):
            self._journal.put(source=self._source, asked=self._source)

    def _hashed(self) -> str:
        """What is read and how, in short: the same for the same reports, columns and filters."""
        settings = self._settings
        said = ["report", *settings.names, *self._shape.columns, *settings.column_map.values()]
        said += [f"{key}={value}" for key, value in sorted(settings.filters.items())]
        return blake2b("\x1f".join(said).encode(), digest_size=16).hexdigest()
