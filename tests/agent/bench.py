"""Reader, journal, link and delivery of the agent in the hands of a test."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.agent.hub_stand_in import TOKEN, TestHub

from stockwire.agent.config import DatabaseSettings, HubSettings
from stockwire.agent.delivery import Delivery
from stockwire.agent.journal import Journal
from stockwire.agent.link import HubLink
from stockwire.agent.reading import Reader, Reading
from stockwire.servers.omni_database import StockDatabase


def database_settings(stock: StockDatabase, **changes: Any) -> DatabaseSettings:
    values: dict[str, Any] = {
        "dsn": stock.dsn,
        "user": stock.user,
        "password": stock.password,
        "product_query": stock.product_query,
        "removed_every_s": 0.0,
    }
    return DatabaseSettings(**{**values, **changes})


class Bench:
    """Reader, journal, link and delivery joined by hand, so that a test decides what happens when."""

    def __init__(self, stock: StockDatabase, folder: Path, hub: TestHub, **changes: Any) -> None:
        self.stock, self.folder, self.hub = stock, folder, hub
        self.settings = database_settings(stock, **changes)
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.folder)
        self.link = HubLink(HubSettings(url=self.hub.url), TOKEN)
        self.delivery = Delivery(self.journal, self.link)
        self.reader = Reader(self.settings, self.journal)

    def close(self) -> None:
        self.link.close()
        self.journal.close()

    def read(self, **how: Any) -> Reading:
        return self.reader.read(lambda: datetime.now(UTC), **how)

    def sync(self, **how: Any) -> Reading:
        reading = self.read(**how)
        self.delivery.step()
        return reading

    def sql(self, *statements: str) -> None:
        with self.stock.server.connect(self.stock.path, charset="WIN1252") as connection:
            for statement in statements:
                connection.execute_immediate(statement)
            connection.commit()

    def differences(self) -> list[tuple[Any, ...]]:
        """Where the hub's rows differ from what the product query says now, read the plain way."""
        query = self.stock.product_query_without_changemark
        with self.stock.server.connect(self.stock.path, charset="WIN1252") as connection:
            with connection.cursor() as cursor:
                cursor.execute(query)
                names = [column[0] for column in cursor.description]
                rows = cursor.fetchall()
        found: list[tuple[Any, ...]] = []
        codes = {str(row[0]).strip() for row in rows}
        found += [("hub has too much", code) for code in self.hub.source if code not in codes]
        for row in rows:
            hub_row = self.hub.source.get(str(row[0]).strip(), {})
            for name, true in zip(names, row, strict=True):
                said = hub_row.get(name, "is missing")
                if said != true and not (isinstance(true, Decimal) and said and Decimal(said) == true):
                    found.append((row[0], name, said, true))
        return found
