"""Two Omni sources of one client, an order with an item of each, and hands for what their agents do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from stockwire import wire
from stockwire.domain.records import Order, OrderLine, ShippingLine, TaxLine

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DELIVERY = (ShippingLine("Courier", Decimal(50), (TaxLine("VAT", Decimal("7.50"), Decimal(15)),)),)


def line(sku: str, total: str = "100", code: str = "", **more: Any) -> OrderLine:
    amount = Decimal(total)
    vat = (TaxLine("VAT", (amount * 15 / 100).quantize(Decimal("0.01")), Decimal(15)),)
    return OrderLine(code or sku, sku, sku.title(), Decimal(1), amount, amount, vat, **more)


def order_of(*lines: OrderLine, code: str = "41", **more: Any) -> Order:
    shipping = more.get("shipping_lines", ())
    tax = sum((one.tax for one in (*lines, *shipping)), Decimal(0))
    net = sum((one.total_excl_tax for one in lines), Decimal(0))
    net += sum((one.total_excl_tax for one in shipping), Decimal(0))
    given: dict[str, Any] = {
        "channel_order_code": code,
        "number": f"#{code}",
        "status": "processing",
        "currency": "ZAR",
        "ordered_at": AT,
        "modified_at": AT,
        "total": net + tax,
        "total_tax": tax,
        "lines": lines,
    }
    return Order(**{**given, **more})


BOTH = order_of(line("BOLT-8"), line("DRILL-1", "200"), shipping_lines=DELIVERY)


@dataclass
class Place:
    """A source with its agent and the one item it has."""

    rehearsal: Any
    source_id: int
    agent_id: int
    variant_id: int

    def claim(self, *, asks_anew: bool = False) -> list[wire.RaiseOrder]:
        return self._as_this_agent(lambda: self.rehearsal.claim(asks_anew=asks_anew))

    def tell(self, given: wire.RaiseOrder, state: str, **more: Any) -> bool:
        return self._as_this_agent(lambda: self.rehearsal.tell(given, state, **more))

    def raise_all(self) -> list[wire.RaiseOrder]:
        given = self.claim()
        for order in given:
            assert self.tell(order, "raised", document_number=f"SO{self.source_id}-{order.order_id}")
        return given

    def held(self) -> Decimal:
        from stockwire.hub.sync.held_stock import held_quantities

        with self.rehearsal.hub.scope():
            return held_quantities([self.variant_id]).get(self.variant_id, Decimal(0))

    def read_stock(self) -> None:
        """A reading of this source alone, taken after everything that was raised."""
        from stockwire.hub.models import Source
        from stockwire.hub.sync.held_stock import Read, release_stock

        with self.rehearsal.hub.scope():
            source = Source.objects.get(pk=self.source_id)
            release_stock(source, Read(datetime.now(UTC) + timedelta(seconds=1)))

    def set(self, **settings: Any) -> None:
        from stockwire.hub.models import Source

        with self.rehearsal.hub.scope():
            source = Source.objects.get(pk=self.source_id)
            source.settings |= settings
            source.save()

    def _as_this_agent(self, act: Callable[[], Any]) -> Any:
        hub, before = self.rehearsal.hub, self.rehearsal.hub.agent_id
        hub.agent_id = self.agent_id
        try:
            return act()
        finally:
            hub.agent_id = before


@dataclass
class Two:
    """`home` is the channel's own source, `durban` another of the same client."""

    rehearsal: Any
    home: Place
    durban: Place

    def store(self, order: Order) -> None:
        from stockwire.hub.models import Channel
        from stockwire.hub.sync.store_order import Shop, store_order
        from stockwire.registry import channel_connector

        with self.rehearsal.hub.scope():
            row = Channel.objects.select_related("source").get(pk=self.rehearsal.channel_id)
            connector = channel_connector(row.type)
            store_order(Shop(row, connector, row.read_settings(connector.settings)), order)

    def documents(self, code: str = "41") -> list[dict[str, Any]]:
        cursor = self.rehearsal.hub.owner.execute(
            "select * from orders where channel_order_code = %s order by part", [code]
        )
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def states(self, code: str = "41") -> list[str]:
        return [row["state"] for row in self.documents(code)]

    def whole(self, code: str = "41") -> str:
        from stockwire.hub.showing_orders import find_documents, listed

        with self.rehearsal.hub.scope():
            number = find_documents(code)[0].number
            return next(row["order_state"] for row in listed("", 50) if row["number"] == number)
