"""A rehearsal: a hub with one channel on a simulated shop, and hands for what happens on both sides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from tests.sync.shopify_trade import trade  # noqa: F401 - a fixture
from tests.sync.two_sources import Place, Two

from stockwire import wire
from stockwire.simulators.stand import Stand
from stockwire.simulators.woocommerce import create
from stockwire.simulators.woocommerce.shop import DEFAULT_KEY

SECRET = "whsec-rehearsal"
SHOP = {
    "api_url": "https://shop.example",
    "consumer_key": "ck_" + "5" * 40,
    "consumer_secret": "cs_" + "7" * 40,
}


@dataclass
class Rehearsal:
    """`hub` is the test hub, `stand` the simulated shop, `channel_id` the channel between them."""

    hub: Any
    stand: Stand
    channel_id: int

    def act(self, name: str, /, **sent: Any) -> Any:
        """Something happens in the shop."""
        return self.stand.app.acts[name](sent)  # type: ignore[attr-defined]

    def take(self, *, poll: bool = True) -> None:
        """The worker works on the orders lane once, due or not."""
        from stockwire.hub.sync import poll_orders, work

        if poll:
            poll_orders.forget_polls()
        self.hub.owner.execute("update lanes set next_at = now() - interval '1 second'")
        work.lane(self.hub.client_id, self.lane()["id"], "test")

    def mark(self, *codes: object) -> None:
        """What a webhook does."""
        from stockwire.hub.sync.order_marks import mark_orders

        with self.hub.scope():
            mark_orders(self.hub.client_id, self.channel_id, [str(code) for code in codes])

    def all_due(self) -> None:
        """Time passes: whatever waits for a later moment is due now."""
        for table in ("order_marks", "lanes", "orders"):
            self.hub.owner.execute(f"update {table} set next_at = now() - interval '1 second'")

    def lane(self) -> dict[str, Any]:
        return self._one("select * from lanes where kind = 'orders' and channel_id = %s", self.channel_id)

    def channel(self) -> dict[str, Any]:
        return self._one("select * from channels where id = %s", self.channel_id)

    def order(self, code: object) -> dict[str, Any]:
        """The stored order of this channel order code."""
        return self._one("select * from orders where channel_order_code = %s", str(code))

    def mark_of(self, code: object) -> dict[str, Any]:
        return self._one("select * from order_marks where channel_order_code = %s", str(code))

    def history(self, code: object) -> list[str]:
        rows = self.hub.rows(
            "select text from order_history h join orders o on o.id = h.order_id"
            " where o.channel_order_code = %s order by h.id",
            str(code),
        )
        return [row[0] for row in rows]

    def count(self, table: str) -> int:
        return int(self.hub.rows(f"select count(*) from {table}")[0][0])

    def claim(self, *, asks_anew: bool = False, limit: int = 5) -> list[wire.RaiseOrder]:
        """The agent asks for work."""
        from stockwire.hub.models import Agent
        from stockwire.hub.sync.raise_orders import claim_work

        with self.hub.scope():
            agent = Agent.objects.select_related("source").get(pk=self.hub.agent_id)
            return claim_work(agent, limit, asks_anew=asks_anew)

    def tell(self, given: wire.RaiseOrder, state: str, **more: Any) -> bool:
        """The agent says how a claimed order ended."""
        from stockwire.hub.models import Agent
        from stockwire.hub.sync.raise_orders import confirm

        told = wire.Raised(order_id=given.order_id, claim=given.claim, state=state, **more)
        with self.hub.scope():
            return confirm(Agent.objects.get(pk=self.hub.agent_id), told)

    def act_as_person(self, action: str, code: object) -> None:
        """Somebody at the console acts on the order."""
        from stockwire.hub.sync import order_actions

        order_id = self.order(code)["id"]
        with self.hub.scope():
            getattr(order_actions, action)(order_id, "thandi")

    def product(self, sku: str, quantity: int = 10) -> int:
        """A product of the source with one variant. Returns the variant's id."""
        from stockwire.hub import models

        with self.hub.scope():
            owned = {"client_id": self.hub.client_id}
            product = models.Product.objects.create(
                **owned, source_id=self.hub.source_id, source_product_code=sku, active=True, title=sku
            )
            variant = models.Variant.objects.create(
                **owned, source_id=self.hub.source_id, product=product, source_variant_code=sku, sku=sku
            )
            models.Quantity.objects.create(**owned, variant=variant, warehouse="", quantity=quantity)
        return int(variant.pk)

    def stale(self) -> set[str]:
        """Source codes of products that are marked stale; the marks are taken away."""
        rows = self.hub.rows(
            "select p.source_product_code from stale s join products p on p.id = s.product_id"
        )
        self.hub.owner.execute("delete from stale")
        return {row[0] for row in rows}

    def _one(self, sql: str, *values: Any) -> dict[str, Any]:
        cursor = self.hub.owner.execute(sql, values)
        rows = cursor.fetchall()
        assert len(rows) == 1, f"{len(rows)} rows, not one: {sql} {values}"
        return dict(zip([column.name for column in cursor.description], rows[0], strict=True))


@pytest.fixture
def rehearsal(hub: Any) -> Iterator[Rehearsal]:
    with Stand(create()) as stand:
        channel_id = hub.new_channel(
            api_url=stand.url,
            consumer_key=DEFAULT_KEY.consumer_key,
            consumer_secret=DEFAULT_KEY.consumer_secret,
            hmac_shared_secret=SECRET,
        )
        yield Rehearsal(hub, stand, channel_id)


@pytest.fixture
def settings_of_hub(hub: Any) -> Iterator[Any]:
    """Change the hub's configuration for one test: settings_of_hub(public_url=...)."""
    from django.conf import settings

    before = settings.CONFIG

    def change(**values: Any) -> None:
        settings.CONFIG = settings.CONFIG.model_copy(update=values)

    yield change
    settings.CONFIG = before


COLUMNS = ("STOCKCODE", "DESCRIPTION", "EXTRADTLS8", "SELLINGPRICE1", "OAvailable")


@dataclass
class Feed:
    """What an agent sends: rows of the product query in numbered batches, through the hub's own address."""

    hub: Any
    token: str
    stream: str = "first-journal"
    number: int = 0

    def row(self, code: str | None, **over: str | None) -> dict[str, str | None]:
        """An active item of the guide's columns; `over` changes or adds columns."""
        plain = (code, f"Item {code}", "ACTIVE", "115.00", "12")
        return {**dict(zip(COLUMNS, plain, strict=True)), **over}

    def send(self, *rows: dict[str, str | None], **more: Any) -> wire.Received:
        """The next batch of the stream, which must be taken."""
        self.number += 1
        answer = self.post(self.number, *rows, **more)
        assert answer.status_code == 200, answer.content
        return msgspec.msgpack.decode(answer.content, type=wire.Received)

    def post(
        self, number: int, *rows: dict[str, str | None], columns: Any = None, **more: Any
    ) -> HttpResponse:
        """A batch of this number, whatever the hub says to it."""
        from django.test import Client

        names = list(columns or (rows[0] if rows else COLUMNS))
        batch = wire.Batch(
            stream=self.stream,
            number=number,
            read_at=datetime.now(UTC).isoformat(),
            columns=names,
            rows=[[row.get(name) for name in names] for row in rows],
            **more,
        )
        return Client().post(
            "/api/agent/batches",
            data=msgspec.msgpack.encode(batch),
            content_type="application/x-msgpack",
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def item(self, code: str) -> dict[str, Any]:
        """How the hub holds this item: product and variant, its price lists, quantities and attributes."""
        cursor = self.hub.owner.execute(
            """select p.id, p.source_product_code, p.active, p.title, p.body_html, p.collection,
                v.source_variant_code, v.sku, v.barcode, v.grams, v.inventory_management,
                (select coalesce(json_object_agg(tier, price::text), '{}') from price_tiers
                 where variant_id = v.id) as prices,
                (select coalesce(json_object_agg(warehouse, quantity::text), '{}') from quantities
                 where variant_id = v.id) as quantities,
                (select coalesce(json_object_agg(key, value), '{}') from product_meta
                 where product_id = p.id) as meta
            from products p join variants v on v.product_id = p.id where v.source_variant_code = %s""",
            [code],
        )
        found = cursor.fetchall()
        assert len(found) == 1, f"{code} is there {len(found)} times"
        return dict(zip([column.name for column in cursor.description], found[0], strict=True))

    def codes(self) -> list[str]:
        return [row[0] for row in self.hub.rows("select source_product_code from products order by 1")]

    def problems(self) -> list[tuple[str, str]]:
        """(code, message) of every row the hub reports."""
        return list(self.hub.rows("select code, message from source_problems order by code, message"))

    def marks(self) -> list[tuple[str, str, int]]:
        """(channel, code, version) of every stale mark."""
        return list(
            self.hub.rows(
                "select c.description, p.source_product_code, s.version from stale s"
                " join channels c on c.id = s.channel_id join products p on p.id = s.product_id order by 1, 2"
            )
        )


@pytest.fixture
def feed(hub: Any) -> Feed:
    return Feed(hub, hub.agent_token)


@pytest.fixture
def feed_of(hub: Any) -> Callable[..., Feed]:
    """The feed of another client or source: feed_of(client_id, source_id)."""

    def of(client_id: int, source_id: int) -> Feed:
        return Feed(hub, hub.new_agent(client_id, source_id)[1])

    return of


@pytest.fixture
def push(rehearsal: Any) -> Callable[[], None]:
    """The worker works on what is due for the shop."""
    return lambda: rehearsal.hub.work("push")


def shop(rehearsal: Any) -> dict[str, dict[str, Any]]:
    """What the shop holds, by SKU; without what lies in its bin."""
    products = rehearsal.stand.app.state()["products"]
    return {row["sku"]: row for row in products if row["status"] != "trash"}


def mark_of(rehearsal: Any, code: str) -> dict[str, Any]:
    cursor = rehearsal.hub.owner.execute(
        "select s.* from stale s join products p on p.id = s.product_id where p.source_product_code = %s",
        [code],
    )
    rows = cursor.fetchall()
    assert len(rows) == 1, f"{code} has {len(rows)} marks"
    return dict(zip([column.name for column in cursor.description], rows[0], strict=True))


def push_lane(rehearsal: Any) -> dict[str, Any]:
    cursor = rehearsal.hub.owner.execute("select * from lanes where kind = 'push'")
    [row] = cursor.fetchall()
    return dict(zip([column.name for column in cursor.description], row, strict=True))


def time_passes(rehearsal: Any) -> None:
    """Whatever waits for a later moment is due now."""
    for table in ("lanes", "stale"):
        rehearsal.hub.owner.execute(
            f"update {table} set next_at = now() - interval '1 s' where next_at is not null"
        )


@contextmanager
def in_the_background(work: Callable[[], object]) -> Iterator[None]:
    """`work` runs in a thread of its own, with its own database connections, and ends with the block."""
    from django.db import connections

    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test sees it
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)
    assert not thread.is_alive()
    if failed:
        raise failed[0]


@pytest.fixture
def reconcile(rehearsal: Any) -> Callable[..., Any]:
    """Somebody asks for a report and it is made; what was repaired is not pushed yet."""
    from stockwire.hub.sync import drift_reports, work

    def run(*repairs: str, who: str = "thandi", bounded: bool = False) -> dict[str, Any]:
        with rehearsal.hub.scope():
            _, lane_id = drift_reports.ask(rehearsal.channel_id, who, repairs, bounded=bounded)
        assert work.reconcile_only(rehearsal.hub.client_id, lane_id, "test")
        return reports(rehearsal)[-1]

    return run


def reports(rehearsal: Any) -> list[dict[str, Any]]:
    """Every report that is kept, the oldest first."""
    from stockwire.hub.models import DriftReport
    from stockwire.hub.sync import drift_reports

    with rehearsal.hub.scope():
        kept = DriftReport.objects.order_by("pk")
        return [drift_reports.as_json(one, drift_reports.items_of(one, 100)) for one in kept]


def found(report: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(item["kind"], item["sku"], item["field"], item["said"]) for item in report["items"]]


@pytest.fixture
def paid(rehearsal: Any) -> int:
    """A paid order of the shop, stored and waiting."""
    rehearsal.product("BOLT-8")
    rehearsal.act("add_product", name="Bolt", sku="BOLT-8", regular_price="115.00")
    code = int(rehearsal.act("place_order", lines=[{"sku": "BOLT-8", "quantity": 2}])["id"])
    rehearsal.mark(code)
    rehearsal.take(poll=False)
    rehearsal.stale()
    return code


@pytest.fixture
def two(rehearsal: Any) -> Two:
    from stockwire.hub.models import Source

    hub = rehearsal.hub
    home = Place(rehearsal, hub.source_id, hub.agent_id, rehearsal.product("BOLT-8"))
    other = hub.new_source(hub.client_id, param_default_customer_code="DBN001", param_warehouse_code="D1")
    agent, _ = hub.new_agent(hub.client_id, other)
    hub.source_id = other
    durban = Place(rehearsal, other, agent, rehearsal.product("DRILL-1"))
    hub.source_id = home.source_id
    with hub.scope():
        Source.objects.filter(pk=other).update(description="Omni Durban")
    home.set(param_shipping_code="SHIP")
    return Two(rehearsal, home, durban)
