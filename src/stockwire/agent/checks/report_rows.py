"""Products from saved reports of Omni: the same questions as of the product query, asked of the reports."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

from stockwire.agent.checks import product_words as say
from stockwire.agent.checks.product_facts import Keyed, ProductFacts, gather
from stockwire.agent.checks.product_rows import broke, columns_found, rows_found
from stockwire.agent.config import OmniSettings as OmniAccess
from stockwire.agent.config import ReportSettings
from stockwire.agent.product_query import SEPARATOR, WAREHOUSE
from stockwire.connectors.omni.api import OmniService
from stockwire.connectors.omni.reports import ReportSource
from stockwire.connectors.omni.settings import OmniSettings
from stockwire.errors import StockwireError
from stockwire.ports import Finding

PAGE_ROWS = 1_000


class ReportCheck:
    """Iterate `look`; afterwards `facts` holds what the rows told, None where they could not be read."""

    def __init__(
        self,
        report: ReportSettings,
        access: OmniAccess,
        source: OmniSettings,
        service: OmniService | None = None,
    ) -> None:
        self._report = report
        self._access = access
        self._source = source
        self._service = service
        self.facts: ProductFacts | None = None

    def look(self) -> Iterator[Finding]:
        report = self._report
        names = ", ".join(report.names)
        if not report.active and not report.everything_active:
            yield say.QUERY.says("not_said")
            yield from (check.waits_for(say.QUERY) for check in say.CHECKS[1:])
            return
        columns = self._columns()
        found = columns_found(columns, self._source)
        if found.state == "failed":
            yield say.QUERY.says("reports", names=names)
            yield found
            yield from (check.waits_for(say.COLUMNS) for check in say.CHECKS[2:])
            return
        try:
            facts = self._read(columns)
        except StockwireError as error:
            yield say.QUERY.says("no_report", why=error.message.rstrip("."), hint=error.hint)
            yield from (check.waits_for(say.QUERY) for check in say.CHECKS[1:])
            return
        except Exception as error:  # noqa: BLE001 - whatever a reply holds, the other checks go on
            yield say.QUERY.says("reports", names=names)
            yield found
            yield say.CHANGES.says("reports")
            yield from broke(error)
            return
        self.facts = facts
        yield say.QUERY.says("reports", names=names)
        yield found
        yield say.CHANGES.says("reports")
        yield from rows_found(facts, self._source)

    def _read(self, columns: list[str]) -> ProductFacts:
        access = self._access
        service = self._service or OmniService(
            access.url, access.company, access.user, access.password, access.auth
        )
        try:
            began = time.monotonic()
            facts = gather(columns, self._pages(service), self._source)
            facts.seconds = time.monotonic() - began
            return facts
        finally:
            if service is not self._service:
                service.close()

    def _columns(self) -> list[str]:
        columns = list(self._report.column_map)
        if self._report.everything_active:
            columns.append(self._report.active_column)
        if self._report.warehouses:
            columns.append(WAREHOUSE)
        return columns

    def _pages(self, service: OmniService) -> Iterator[list[Keyed]]:
        for name in self._report.names:
            reading = ReportSource(name, self._report.column_map, self._report.filters)
            with closing(reading.rows(service)) as rows:
                while page := [self._keyed(name, values) for values in islice(rows, PAGE_ROWS)]:
                    yield page

    def _keyed(self, report: str, values: list[str | None]) -> Keyed:
        if self._report.everything_active:
            values = [*values, "ACTIVE"]
        code = (values[0] or "").strip()
        if warehouse := self._report.warehouses.get(report, ""):
            values = [*values, warehouse]
            return (f"{code}{SEPARATOR}{warehouse}" if code else "", values)
        if len(values) > 1 and list(self._report.column_map)[1] == WAREHOUSE:
            return (f"{code}{SEPARATOR}{(values[1] or '').strip()}" if code else "", values)
        return code, values
