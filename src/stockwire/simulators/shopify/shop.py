"""The state of one simulated shop, and what people do there: buyers order, staff edit, apps are cut off.

Everything that changes it holds `lock`. It knows nothing of HTTP or GraphQL; the work of each act is in the
module of its noun.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from stockwire.simulators.shopify import catalogue, people, places, seed
from stockwire.simulators.shopify.bucket import Bucket
from stockwire.simulators.shopify.clock import Agenda, Clock
from stockwire.simulators.shopify.gids import gid, parsed
from stockwire.simulators.shopify.options import Options
from stockwire.simulators.shopify.search import Index
from stockwire.simulators.shopify.tokens import Tokens

Record = dict[str, Any]
FIRST_NUMBER = 8_000_000_001


class Shop:
    """All that the shop remembers: a shelf per kind of record, by number."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock(options.stands_at)
        self.agenda = Agenda()
        self.index = Index(options.search_lag_s, exact_words=not options.search_by_words)
        self.bucket = Bucket(options.plan, options.others_per_s)
        self.tokens = Tokens(options)
        self.home = options.site_url.rstrip("/")
        self.shelves: dict[str, dict[int, Record]] = {}
        self.handles: dict[str, int] = {}
        self.custom_ids: dict[tuple[str, str, str], int] = {}
        self.idempotent: dict[str, tuple[datetime, str, Any]] = {}
        self.created_at = self.now()
        self._counters: dict[str, int] = {}
        places.furnish(self)

    def now(self) -> datetime:
        """The shop's clock, aware UTC, to the second: stamps have no finer resolution."""
        return self.clock.now().replace(microsecond=0)

    def shelf(self, kind: str) -> dict[int, Record]:
        """All records of a kind ("Product", "Order"...) by number, oldest first."""
        return self.shelves.setdefault(kind, {})

    def new(self, kind: str, **fields: Any) -> Record:
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

    def catch_up(self) -> None:
        """Do what has become due: searches see more, operations end, pictures are ready."""
        with self.lock:
            now = self.clock.now()
            while act := self.agenda.take_due(now):
                act()
            self.index.catch_up(now)

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward, step by step through what is due on the way. Returns the new time."""
        goal = self.clock.now().timestamp() + seconds
        while (due := self.agenda.next_due()) is not None and due.timestamp() <= goal:
            self.clock.advance(max(0.0, due.timestamp() - self.clock.now().timestamp()))
            self.catch_up()
        self.clock.advance(max(0.0, goal - self.clock.now().timestamp()))
        self.catch_up()
        return self.clock.now()

    # What people do. Each returns the record; `state()` and the control port show it in short.

    def add_product(self, title: str, variants: Iterable[Record] = (), **fields: Any) -> Record:
        """Staff add a product. `variants`: [{sku, price, quantity, barcode, options: {name: value}}]."""
        with self.lock:
            return catalogue.by_hand(self, title, list(variants), fields)

    def edit_product(self, sku: str, **fields: Any) -> Record:
        """Staff edit the product that holds a SKU; price, barcode, new_sku are the variant's."""
        with self.lock:
            return catalogue.edited_by_hand(self, self.variant(sku), fields)

    def duplicate_sku(self, sku: str, title: str = "") -> Record:
        """Staff copy a product and leave the SKU as it was."""
        with self.lock:
            return catalogue.copied_by_hand(self, self.variant(sku), title)

    def delete_product(self, sku: str) -> None:
        """Staff delete the product that holds a SKU."""
        with self.lock:
            catalogue.removed(self, self.variant(sku)["product"])

    def set_stock(self, sku: str, quantity: int, location: str = "") -> int:
        """Staff count: what is available of a SKU at a location (the first one). Returns what was."""
        with self.lock:
            return places.counted(self, self.variant(sku), quantity, location)

    def throttle(self, points: float | None = None) -> float:
        """Somebody else uses points of the bucket: so many, or all. Returns what is left."""
        with self.lock:
            self.bucket.drain(self.bucket.maximum if points is None else points, self.clock.now())
            return self.bucket.held

    def expire_tokens(self) -> None:
        """All tokens that can expire do so now."""
        with self.lock:
            self.tokens.expire(self.clock.now())

    def drop_scope(self, scope: str) -> list[str]:
        """The merchant takes a right away from the app, tokens in use included. Returns what is left."""
        with self.lock:
            return self.tokens.drop(scope)

    def grant_scope(self, scope: str) -> list[str]:
        """The merchant gives the app a right."""
        with self.lock:
            return self.tokens.grant(scope)

    def fill(self, products: int, variants_each: int = 1, **fields: Any) -> list[str]:
        """Invent products, with SKUs SW-00001-01 and so on. Returns the SKUs."""
        with self.lock:
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
