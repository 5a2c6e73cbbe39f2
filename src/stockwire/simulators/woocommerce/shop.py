"""The state of one simulated shop: options, clock, ids and the shelves that hold products and orders.

Everything that changes it holds `lock`. It renders nothing and knows nothing of HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx2

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.app import WooCommerce
    from stockwire.simulators.woocommerce.webhooks import Deliveries

Record = dict[str, Any]
VERSION = "10.0.2"
WORDPRESS = "6.8.8"


@dataclass(frozen=True, slots=True)
class Key:
    """A REST key. `permissions` is read, write or read_write; `role` is administrator or customer."""

    consumer_key: str
    consumer_secret: str
    permissions: str = "read_write"
    role: str = "administrator"


DEFAULT_KEY = Key("ck_" + "5" * 40, "cs_" + "7" * 40)


@dataclass(frozen=True, slots=True)
class Options:
    """How the shop is set up. Times in seconds; `tax_rate` in per cent, None for a shop without tax rates.

    `site_url` is the shop's home address; left empty, it is taken from the Host of each request.
    `gateway_timeout_s` cuts the answer with a 504 page after the writes, when the items took longer.
    `order_storage` is "hpos" (orders in their own tables) or "cpt": it decides what moves date_modified.
    """

    site_url: str = ""
    keys: tuple[Key, ...] = (DEFAULT_KEY,)
    currency: str = "ZAR"
    country: str = "ZA"
    prices_include_tax: bool = True
    tax_rate: str | None = "15"
    time_zone: str = "Africa/Johannesburg"
    treat_as_https: bool = False
    item_latency_s: float = 0.0
    gateway_timeout_s: float | None = None
    webhook_delay_s: float = 0.05
    webhook_timeout_s: float = 60.0
    batch_limit: int = 100
    order_storage: str = "hpos"
    first_id: int = 1001
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    transport: httpx2.BaseTransport | None = None


def create(**options: Any) -> WooCommerce:
    """The simulated shop as a WSGI application with `state()` and `acts`.

    Keyword names are those of Options; `consumer_key` and `consumer_secret` are short for one key. Raises
    ValueError for an option that does not exist.
    """
    from stockwire.simulators.woocommerce.app import WooCommerce

    if "consumer_key" in options or "consumer_secret" in options:
        key = options.pop("consumer_key", DEFAULT_KEY.consumer_key)
        secret = options.pop("consumer_secret", DEFAULT_KEY.consumer_secret)
        options["keys"] = [Key(str(key), str(secret))]
    if "keys" in options:
        options["keys"] = tuple(options["keys"])
    if options.get("tax_rate") is not None:
        rate = str(options["tax_rate"])
        options["tax_rate"] = None if rate.lower() == "none" else rate
    known = {field.name for field in fields(Options)}
    if unknown := sorted(set(options) - known):
        raise ValueError(f"There is no option {unknown[0]!r}. Options: {', '.join(sorted(known))}.")
    if options.get("order_storage", "hpos") not in ("hpos", "cpt"):
        raise ValueError("order_storage is hpos (orders in their own tables) or cpt.")
    return WooCommerce(Shop(Options(**options)))


@dataclass
class Shop:
    """All that the shop remembers. `products` holds variations too (`type` "variation")."""

    options: Options
    lock: threading.RLock = field(default_factory=threading.RLock)
    products: dict[int, Record] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)
    binned_skus: dict[str, int] = field(default_factory=dict)
    gtins: dict[str, int] = field(default_factory=dict)
    slugs: set[str] = field(default_factory=set)
    images: dict[int, Record] = field(default_factory=dict)
    terms: dict[int, Record] = field(default_factory=dict)
    attributes: dict[int, Record] = field(default_factory=dict)
    orders: dict[int, Record] = field(default_factory=dict)
    refunds: dict[int, Record] = field(default_factory=dict)
    customers: dict[int, Record] = field(default_factory=dict)
    coupons: dict[int, Record] = field(default_factory=dict)
    tax_rates: dict[int, Record] = field(default_factory=dict)
    tax_classes: dict[str, str] = field(default_factory=dict)
    webhooks: dict[int, Record] = field(default_factory=dict)
    settings: dict[str, Record] = field(default_factory=dict)
    gateways: dict[str, Record] = field(default_factory=dict)
    zones: dict[int, Record] = field(default_factory=dict)
    plugins: list[Record] = field(default_factory=list)
    extra_statuses: dict[str, str] = field(default_factory=dict)
    default_category: int = 0
    home: str = ""
    _counters: dict[str, int] = field(default_factory=dict)
    _deliveries: Deliveries | None = None

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.options.time_zone)
        self.home = self.options.site_url.rstrip("/")
        self._counters = {"post": self.options.first_id - 1, "term": 14}

    @property
    def deliveries(self) -> Deliveries:
        """The queue of webhook deliveries."""
        if self._deliveries is None:
            from stockwire.simulators.woocommerce.webhooks import Deliveries

            self._deliveries = Deliveries(self)
        return self._deliveries

    def next_id(self, family: str) -> int:
        """The next number of a family: post (products, orders, images...), term, item, meta, note..."""
        self._counters[family] = self._counters.get(family, 0) + 1
        return self._counters[family]

    def now(self) -> datetime:
        """The shop's clock, aware UTC, cut to the second: stamps have no finer resolution."""
        return self.options.clock().astimezone(UTC).replace(microsecond=0)

    def local(self, stamp: datetime | None) -> str | None:
        """A stamp in shop time, without offset, as the API writes it."""
        return stamp.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S") if stamp else None

    def gmt(self, stamp: datetime | None) -> str | None:
        """A stamp in UTC, without offset, as the `_gmt` fields write it."""
        return stamp.strftime("%Y-%m-%dT%H:%M:%S") if stamp else None

    def dates(self, record: Record, *names: str) -> Record:
        """`created` becomes date_created and date_created_gmt, and so on."""
        found: Record = {}
        for name in names:
            found[f"date_{name}"] = self.local(record[name])
            found[f"date_{name}_gmt"] = self.gmt(record[name])
        return found

    @property
    def prices_include_tax(self) -> bool:
        """The tax setting, which may be changed at run time."""
        return bool(self.settings["woocommerce_prices_include_tax"]["value"] == "yes")

    @property
    def taxes_on(self) -> bool:
        """Whether taxes are worked out at all."""
        return bool(self.settings["woocommerce_calc_taxes"]["value"] == "yes")

    @property
    def currency(self) -> str:
        """The shop's currency code."""
        return str(self.settings["woocommerce_currency"]["value"])

    @property
    def base_country(self) -> str:
        """The country the shop sells from."""
        return str(self.settings["woocommerce_default_country"]["value"]).split(":", maxsplit=1)[0]

    def rates_for(self, country: str, tax_class: str) -> list[Record]:
        """The rates that apply to a country and a class (empty class: standard), one per priority."""
        if not self.taxes_on:
            return []
        found: dict[int, Record] = {}
        for rate in self.tax_rates.values():
            if rate["class"] != (tax_class or "standard") or rate["country"] not in ("", country):
                continue
            known = found.get(rate["priority"])
            if known is None or (not known["country"] and rate["country"]):
                found[rate["priority"]] = rate
        return [found[priority] for priority in sorted(found)]

    def meta(self, rows: Iterable[Record]) -> list[Record]:
        """New meta rows, each with its number."""
        return [{"id": self.next_id("meta"), "key": row["key"], "value": row.get("value")} for row in rows]

    def merge_meta(self, held: list[Record], sent: Iterable[Record]) -> None:
        """Write meta: by id, else by key (the same key overwrites); a null value deletes."""
        for row in sent:
            found = next(
                (m for m in held if (m["id"] == row["id"] if row.get("id") else m["key"] == row.get("key"))),
                None,
            )
            if found is None:
                if row.get("value") is not None:
                    held.extend(self.meta([row]))
            elif row.get("value") is None:
                held.remove(found)
            else:
                found["value"] = row["value"]

    def rate_sum(self, rates: list[Record]) -> Decimal:
        """The rates of one class added up, in per cent."""
        return sum((Decimal(rate["rate"]) for rate in rates), Decimal(0))
