"""The state of one simulated shop, and what people do there: buyers order, staff edit, apps are cut off.

Everything that changes it holds `lock`. It knows nothing of HTTP or GraphQL; the work of each act is in the
module of its noun.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from stockwire.simulators.shopify import (
    catalogue,
    collections,
    fulfilment,
    hooks,
    order_changes,
    orders,
    people,
    places,
    seed,
)
from stockwire.simulators.shopify.bucket import Bucket
from stockwire.simulators.shopify.clock import Agenda, Clock
from stockwire.simulators.shopify.deliveries import Deliveries
from stockwire.simulators.shopify.execute import Executor
from stockwire.simulators.shopify.gids import gid, parsed
from stockwire.simulators.shopify.idempotency import Repeats
from stockwire.simulators.shopify.options import Options
from stockwire.simulators.shopify.search import Index
from stockwire.simulators.shopify.tokens import Tokens

Record = dict[str, Any]
FIRST_NUMBER = 8_000_000_001
SETTLE_S = 60.0


class Shop:
    """All that the shop remembers: a shelf per kind of record, by number."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock(options.stands_at)
        self.deliveries = Deliveries(self)
        self.agenda = Agenda(self.deliveries.wake)
        zone = ZoneInfo(options.time_zone) if options.search_times_in_shop_zone else UTC
        self.index = Index(options.search_lag_s, exact_words=not options.search_by_words, zone=zone)
        self.bucket = Bucket(options.plan, options.others_per_s)
        self.tokens = Tokens(options)
        self.home = options.site_url.rstrip("/")
        self.shelves: dict[str, dict[int, Record]] = {}
        self.handles: dict[str, int] = {}
        self.custom_ids: dict[tuple[str, str, str], int] = {}
        self.repeats = Repeats(options.idempotency_keys_kept_s)
        self.event_id = str(uuid.uuid4())
        self.created_at = self.now()
        self.uploads: dict[str, Record] = {}
        self.rows_to_fail = 0
        self.bulk_fails_after: int | None = None
        self.executor = Executor(self)
        self._counters: dict[str, int] = {}
        places.furnish(self)

    def now(self) -> datetime:
        """The shop's clock, aware UTC, to the second: stamps have no finer resolution."""
        return self.clock.now().replace(microsecond=0)

    def shelf(self, kind: str) -> dict[int, Record]:
        """All records of a kind ("Product", "Order"...) by number, oldest first."""
        return self.shelves.setdefault(kind, {})

    def new(self, kind: str, /, **fields: Any) -> Record:
        """Put a new record on its shelf, with number, id and type."""
        number = self.next_number(kind)
        record: Record = {"number": number, "id": gid(kind, number), "__typename": kind, **fields}
        self.shelf(kind)[number] = record
        return record

    def next_number(self, kind: str) -> int:
        self._counters[kind] = self._counters.get(kind, FIRST_NUMBER - 1) + 1
        return self._counters[kind]

    def find(self, kind: str, text: str | None) -> Record | None:
        """The record of a global id; None when there is none. Raises GraphQLError for what is no id."""
        if text is None:
            return None
        named, number = parsed(text)
        return self.shelf(kind).get(number) if named == kind else None

    def anything(self, text: str) -> Record | None:
        """The record of a global id of any kind."""
        kind, number = parsed(text)
        if kind in ("InventoryLevel",):
            return places.level_of(self, text)
        return self.shelf(kind).get(number)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Hold the lock for one action; all webhooks it gives rise to carry the same event id."""
        with self.lock:
            self.event_id = str(uuid.uuid4())
            yield

    def catch_up(self) -> None:
        """Do what has become due: searches see more, operations end, pictures are ready."""
        with self.lock:
            now = self.clock.now()
            while act := self.agenda.take_due(now):
                act()
            self.index.catch_up(now)

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward, step by step through what is due on the way. Returns the new time.

        Webhooks that fall due are delivered on the way, so that retries see each other's outcome.
        """
        self.deliveries.settled(SETTLE_S)
        goal = self.clock.now().timestamp() + seconds
        while (due := self.agenda.next_due()) is not None and due.timestamp() <= goal:
            self.clock.advance(max(0.0, due.timestamp() - self.clock.now().timestamp()))
            self.catch_up()
            self.deliveries.settled(SETTLE_S)
        self.clock.advance(max(0.0, goal - self.clock.now().timestamp()))
        self.catch_up()
        self.deliveries.settled(SETTLE_S)
        return self.clock.now()

    # What people do. Each returns the record; `state()` and the control port show it in short.

    def add_product(self, title: str, variants: Iterable[Record] = (), **fields: Any) -> Record:
        """Staff add a product. `variants`: [{sku, price, quantity, barcode, options: {name: value}}]."""
        with self.acting():
            return catalogue.by_hand(self, title, list(variants), fields)

    def edit_product(self, sku: str, **fields: Any) -> Record:
        """Staff edit the product that holds a SKU; price, barcode, new_sku are the variant's."""
        with self.acting():
            return catalogue.edited_by_hand(self, self.variant(sku), fields)

    def duplicate_sku(self, sku: str, title: str = "") -> Record:
        """Staff copy a product and leave the SKU as it was."""
        with self.acting():
            return catalogue.copied_by_hand(self, self.variant(sku), title)

    def delete_product(self, sku: str) -> None:
        """Staff delete the product that holds a SKU."""
        with self.acting():
            catalogue.removed(self, self.variant(sku)["product"])

    def set_stock(self, sku: str, quantity: int, location: str = "") -> int:
        """Staff count: what is available of a SKU at a location (the first one). Returns what was."""
        with self.acting():
            return places.counted(self, self.variant(sku), quantity, location)

    def place_order(self, shape: str = "guest", **fields: Any) -> Record:
        """A buyer orders. `shape` is one of orders.SHAPES, `fields` those of orders.TAKES.

        `lines`: [{sku, quantity, price, discount, taxable, custom}]; `order_discount`: an amount or "10%", by
        `discount_code` or automatic; `shipping`: an amount in the order's way with tax; `taxes_included`;
        `presentment` and `rate` (units of it for one of the shop's); `customer_data` false hides who ordered.
        """
        with self.acting():
            return orders.place(self, shape, fields)

    def mark_paid(self, order: str | int) -> Record:
        """What is outstanding of an order comes in."""
        with self.acting():
            return order_changes.pay(self, orders.named(self, order))

    def edit_order(
        self, order: str | int, remove: Iterable[Record] = (), add: Iterable[Record] = ()
    ) -> Record:
        """Staff take lines off an order, [{sku, quantity}], and put others on, as in place_order."""
        with self.acting():
            return order_changes.edit(self, orders.named(self, order), list(remove), list(add))

    def cancel_order(
        self, order: str | int, reason: str = "CUSTOMER", *, restock: bool = True, refund: bool = True
    ) -> Record:
        """An order is cancelled."""
        with self.acting():
            held = orders.named(self, order)
            return order_changes.cancel(self, held, reason, restock=restock, refund=refund)

    def refund_order(
        self,
        order: str | int,
        lines: list[Record] | None = None,
        *,
        shipping: str = "0.00",
        note: str = "",
        restock: bool = True,
    ) -> Record:
        """Money goes back for units of lines, [{sku, quantity}]; without lines for all that is left."""
        with self.acting():
            held = orders.named(self, order)
            rows = order_changes.by_sku(held, lines)
            return order_changes.refund(
                self, held, rows, shipping=Decimal(shipping), note=note, restock=restock
            )

    def delete_order(self, order: str | int) -> None:
        """Staff delete an order for good."""
        with self.acting():
            held = orders.named(self, order)
            hooks.tell(self, "ORDERS_DELETE", held)
            self.shelf("Order").pop(held["number"])
            self.index.put("Order", held["number"], None, self.clock.now())

    def fulfil_by_hand(self, order: str | int, lines: list[Record] | None = None, **tracking: str) -> Record:
        """Staff ship lines of an order, or all of it. `tracking`: company, number, url."""
        with self.acting():
            held = orders.named(self, order)
            return fulfilment.by_hand(self, held, lines, dict(tracking))

    def add_collection(self, title: str, skus: Iterable[str] = (), *, smart: bool = False) -> Record:
        """Staff make a collection; a smart one fills itself and takes no products by hand."""
        with self.acting():
            made = collections.add(self, title, smart=smart)
            for sku in skus:
                collections.join(self, made, self.variant(sku)["product"])
            return made

    def uninstall(self) -> None:
        """The merchant removes the app: app/uninstalled goes out, then every token and subscription dies."""
        with self.acting():
            record = {
                "number": FIRST_NUMBER,
                "name": self.options.name,
                "myshopifyDomain": self.options.shop_domain,
            }
            hooks.tell(self, "APP_UNINSTALLED", record)
            self.shelf("WebhookSubscription").clear()
            self.tokens.uninstall()

    def fail_bulk_operation(self, after_lines: int = 0) -> None:
        """The next bulk mutation fails after so many lines, and leaves what it did as partial data."""
        self.rows_to_fail = 0
        self.bulk_fails_after = after_lines

    def hold_webhooks(self) -> None:
        """Webhooks wait until they are let go."""
        self.deliveries.hold()

    def let_webhooks_go(self, *, backwards: bool = False) -> int:
        """Send what was held, in the order it happened or backwards. Returns how many."""
        return self.deliveries.let_go(backwards=backwards)

    def repeat_webhook(self, times: int = 1) -> int:
        """Deliver the last webhook again, as the same delivery."""
        return self.deliveries.again(times)

    def webhooks_settled(self, within_s: float = 10.0) -> bool:
        """Wait until nothing is being delivered; False when that took too long."""
        return self.deliveries.settled(within_s)

    def throttle(self, points: float | None = None) -> float:
        """Somebody else uses points of the bucket: so many, or all. Returns what is left."""
        with self.acting():
            self.bucket.drain(self.bucket.maximum if points is None else points, self.clock.now())
            return self.bucket.held

    def expire_tokens(self) -> None:
        """All tokens that can expire do so now."""
        with self.acting():
            self.tokens.expire(self.clock.now())

    def drop_scope(self, scope: str) -> list[str]:
        """The merchant takes a right away from the app, tokens in use included. Returns what is left."""
        with self.acting():
            return self.tokens.drop(scope)

    def grant_scope(self, scope: str) -> list[str]:
        """The merchant gives the app a right."""
        with self.acting():
            return self.tokens.grant(scope)

    def fill(self, products: int, variants_each: int = 1, **fields: Any) -> list[str]:
        """Invent products, with SKUs SW-00001-01 and so on. Returns the SKUs."""
        with self.acting():
            return seed.filled(self, products, variants_each, **fields)

    def variant(self, sku: str) -> Record:
        """The oldest variant with exactly this SKU. Raises ValueError when there is none."""
        for variant in self.variants(sku):
            return variant
        raise ValueError(f"The shop has no variant with the SKU {sku!r}.")

    def variants(self, sku: str) -> list[Record]:
        """All variants with exactly this SKU, oldest first."""
        return [variant for variant in self.shelf("ProductVariant").values() if variant["item"]["sku"] == sku]

    def customer(self, email: str) -> Record | None:
        """The customer of an e-mail address."""
        return people.by_email(self, email)
