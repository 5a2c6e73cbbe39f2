"""How the simulated shop is set up, and how it is made.

Every assumption about Shopify that no source confirms is an option here, numbered in
docs/simulators/shopify.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from stockwire.simulators.shopify.app import Shopify

SCOPES = (
    "read_customers",
    "read_locations",
    "read_orders",
    "read_publications",
    "write_files",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_products",
    "write_publications",
)
"""What the token may do unless told otherwise: all that a connector of ours asks for."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the shop is set up. Times in seconds; `tax_rate` in per cent, None for a shop without taxes.

    `stands_at` makes the clock stand there until it is advanced. `site_url` is where the shop is reached;
    left empty, it is taken from the Host of each request. `scopes` and `locations` may be given as text
    with commas.
    """

    shop_domain: str = "stockwire-rehearsal.myshopify.com"
    name: str = "Stockwire Rehearsal"
    site_url: str = ""
    plan: str = "standard"
    currency: str = "ZAR"
    country: str = "ZA"
    taxes_included: bool = True
    tax_rate: str | None = "15"
    time_zone: str = "Africa/Johannesburg"
    # This and the next four are the invented credentials of a shop that does not exist.
    access_token: str = "shpat_00000000000000000000000000000000"  # noqa: S105
    client_id: str = "stockwire-client"
    client_secret: str = "shpss_11111111111111111111111111111111"  # noqa: S105
    refresh_token: str = "shprt_22222222222222222222222222222222"  # noqa: S105
    scopes: tuple[str, ...] = SCOPES
    locations: tuple[str, ...] = ("Main warehouse", "Shop floor")
    publications: tuple[str, ...] = ("Online Store", "Point of Sale")
    search_lag_s: float = 3.0
    search_by_words: bool = True
    search_times_in_shop_zone: bool = False
    total_inventory_lags: bool = True
    stock_new_items_at: str = "first"
    others_per_s: float = 0.0
    media_s: float = 2.0
    async_product_s: float = 2.0
    bulk_lines_per_s: float = 50.0
    bulk_objects_per_s: float = 2500.0
    bulk_least_s: float = 1.0
    idempotency_keys_kept_s: float = 86_400.0
    unstocked_is_refused: bool = False
    set_quantities_all_or_nothing: bool = True
    custom_id_needs_definition: bool = True
    product_set_matches_options: bool = True
    variants_without_daily_limit: int = 50_000
    new_variants_a_day: int = 1_000
    refresh_token_s: float = 7_776_000.0
    old_access_token_lives: bool = True
    customer_data: str = "full"
    order_prefix: str = "#"
    first_order: int = 1001
    webhook_retry_s: tuple[float, ...] = (60, 180, 420, 900, 1800, 2700, 3600, 4740)
    webhook_timeout_s: float = 5.0
    webhook_failures_allowed: int = 8
    webhook_http_allowed: bool = True
    webhook_version: str = "2026-10"
    stands_at: datetime | None = None
    transport: httpx2.BaseTransport | None = None


def create(**options: Any) -> Shopify:
    """The simulated shop as a WSGI application with `shop`, `state()` and `acts`.

    Keyword names are those of Options. Raises ValueError for an option that does not exist or a value that
    is none of its choices.
    """
    from stockwire.simulators.shopify.app import Shopify
    from stockwire.simulators.shopify.shop import Shop

    known = {field.name for field in fields(Options)}
    if unknown := sorted(set(options) - known):
        raise ValueError(f"There is no option {unknown[0]!r}. Options: {', '.join(sorted(known))}.")
    for name in ("scopes", "locations", "publications"):
        if isinstance(options.get(name), str):
            options[name] = tuple(part.strip() for part in options[name].split(",") if part.strip())
    if isinstance(options.get("webhook_retry_s"), (str, int, float)):
        options["webhook_retry_s"] = tuple(float(part) for part in str(options["webhook_retry_s"]).split(","))
    if isinstance(options.get("stands_at"), str):
        options["stands_at"] = datetime.fromisoformat(options["stands_at"].replace("Z", "+00:00"))
    if options.get("stands_at") is not None and options["stands_at"].tzinfo is None:
        raise ValueError("stands_at needs an offset, for instance 2026-11-23T10:00:00Z.")
    if options.get("tax_rate") is not None:
        rate = str(options["tax_rate"])
        options["tax_rate"] = None if rate.lower() == "none" else rate
    chosen = Options(**options)
    if chosen.customer_data not in ("full", "none", "denied"):
        raise ValueError("customer_data is full, none (fields are null) or denied (and an error each).")
    if chosen.stock_new_items_at not in ("first", "all"):
        raise ValueError("stock_new_items_at is first (the first location) or all.")
    return Shopify(Shop(chosen))


simulated_shopify: Callable[..., Shopify] = create
