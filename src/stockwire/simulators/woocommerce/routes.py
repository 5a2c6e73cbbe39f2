"""The table of routes: which path and method goes where, and which right it needs."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import (
    batches,
    orders,
    people,
    product_view,
    products,
    refunds,
    settings,
    shipping,
    system,
    tax,
    terms,
    variations,
    webhooks,
)
from stockwire.simulators.woocommerce.rest import ALL_METHODS, Answer, ApiError, Call, Json, Route

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Shop

WRITES = ("POST", "PUT", "PATCH")
NO_ROUTE = ApiError(404, "rest_no_route", "No route was found matching the URL and request method.")


@dataclass(frozen=True, slots=True)
class Found:
    """A route that matched: what to call, the right it needs, and the methods its path knows."""

    handler: Route
    right: str
    allow: str


def product_batch(shop: Shop, call: Call) -> Answer:
    """POST /products/batch. Variations are refused row by row.

    Deletes are for good, there is no bin: https://github.com/woocommerce/woocommerce/issues/35777
    """

    def made(row: Any) -> Json:
        return product_view.product(shop, call, products.added(shop, row), edit=True)

    def altered(row: Any) -> Json:
        product = products.held(shop, batches.number_of(row), 400)
        products.changed(shop, product, row)
        return product_view.product(shop, call, product, edit=True)

    def gone(number: Any) -> Json:
        return products.deleted(shop, call, number, force=True)

    return batches.run(shop, call, create=made, update=altered, delete=gone)


def variation_batch(shop: Shop, call: Call, parent_id: int) -> Answer:
    """POST /products/{id}/variations/batch: rows of one parent only."""

    def made(row: Any) -> Json:
        return product_view.variation(shop, call, variations.added(shop, parent_id, row), edit=True)

    def altered(row: Any) -> Json:
        variation = variations.held(shop, parent_id, batches.number_of(row))
        variations.changed(shop, variation, row)
        return product_view.variation(shop, call, variation, edit=True)

    def gone(number: Any) -> Json:
        return variations.deleted(shop, call, parent_id, number)

    return batches.run(shop, call, create=made, update=altered, delete=gone)


def _family(family: str) -> list[tuple[str, dict[str, Route]]]:
    at = f"/products/{family}"
    bound = functools.partial
    return [
        (at, {"GET": _of(terms.listing, family), "POST": _of(terms.create, family)}),
        (f"{at}/batch", dict.fromkeys(WRITES, _of(terms.batch, family))),
        (
            f"{at}/#",
            {
                "GET": bound(_with_family, terms.read, family),
                **dict.fromkeys(WRITES, bound(_with_family, terms.update, family)),
                "DELETE": bound(_with_family, terms.delete, family),
            },
        ),
    ]


def _of(handler: Route, family: str) -> Route:
    return lambda shop, call: handler(shop, call, family)


def _with_family(handler: Route, family: str, shop: Shop, call: Call, number: int) -> Answer:
    return handler(shop, call, family, number)


def _one(module: Any) -> dict[str, Route]:
    return {"GET": module.read, **dict.fromkeys(WRITES, module.update), "DELETE": module.delete}


def _table() -> list[tuple[str, dict[str, Route]]]:
    setting = {"GET": settings.read, **dict.fromkeys(WRITES, settings.update)}
    term = {"GET": terms.read, **dict.fromkeys(WRITES, terms.update), "DELETE": terms.delete}
    values = "/products/attributes/#/terms"
    return [
        ("/products", {"GET": products.listing, "POST": products.create}),
        ("/products/batch", dict.fromkeys(WRITES, product_batch)),
        ("/products/#", _one(products)),
        ("/products/#/variations", {"GET": variations.listing, "POST": variations.create}),
        ("/products/#/variations/batch", dict.fromkeys(WRITES, variation_batch)),
        ("/products/#/variations/#", _one(variations)),
        ("/products/attributes", {"GET": terms.attributes, "POST": terms.create_attribute}),
        ("/products/attributes/#", {"GET": terms.attribute}),
        (values, {"GET": terms.listing, "POST": terms.create}),
        (f"{values}/batch", dict.fromkeys(WRITES, terms.batch)),
        (f"{values}/#", term),
        *_family("categories"),
        *_family("tags"),
        *_family("brands"),
        ("/orders", {"GET": orders.listing, "POST": orders.create}),
        ("/orders/batch", dict.fromkeys(WRITES, orders.batch)),
        ("/orders/statuses", {"GET": orders.list_statuses}),
        ("/orders/#", _one(orders)),
        ("/orders/#/notes", {"GET": orders.notes, "POST": orders.create_note}),
        ("/orders/#/refunds", {"GET": refunds.of_order, "POST": refunds.create}),
        ("/refunds", {"GET": refunds.everything}),
        ("/customers", {"GET": people.customers, "POST": people.create_customer}),
        ("/customers/#", {"GET": people.customer}),
        ("/coupons", {"GET": people.coupons, "POST": people.create_coupon}),
        ("/taxes", {"GET": tax.rates, "POST": tax.create_rate}),
        ("/taxes/classes", {"GET": tax.classes, "POST": tax.create_class}),
        ("/webhooks", {"GET": webhooks.listing, "POST": webhooks.create}),
        ("/webhooks/#", _one(webhooks)),
        ("/settings/@", {"GET": settings.group}),
        ("/settings/@/@", setting),
        ("/payment_gateways", {"GET": settings.gateways}),
        ("/payment_gateways/@", dict.fromkeys(WRITES, settings.update_gateway)),
        ("/shipping/zones", {"GET": shipping.zones, "POST": shipping.create_zone}),
        ("/shipping/zones/#/locations", dict.fromkeys(("PUT", "POST"), shipping.set_locations)),
        ("/shipping/zones/#/methods", {"POST": shipping.add_method}),
        ("/system_status", {"GET": system.status}),
        ("/data/currencies/current", {"GET": settings.currency}),
    ]


TABLE = _table()
EXACT = {path: methods for path, methods in TABLE if "#" not in path and "@" not in path}
PATTERNS = [
    (re.compile(path.replace("#", r"(\d+)").replace("@", r"([\w-]+)") + "$"), methods)
    for path, methods in TABLE
    if path not in EXACT
]


def find(path: str, method: str, ours: bool) -> tuple[Found, list[Any]]:
    """The route of a path below the namespace and its ids. Raises rest_no_route."""
    methods, ids = EXACT.get(path) if ours else None, []
    if methods is None and ours:
        for pattern, known in PATTERNS:
            matched = pattern.match(path)
            if matched:
                methods = known
                ids = [int(part) if part.isdigit() else part for part in matched.groups()]
                break
    if methods is None or method not in methods:
        raise NO_ROUTE
    allow = ", ".join(name for name in ALL_METHODS if name in methods)
    return Found(methods[method], _right(path, method, ids), allow), ids


def _right(path: str, method: str, ids: list[Any]) -> str:
    if path.endswith("/batch"):
        return "batch"
    single = bool(ids) and isinstance(ids[-1], int) and path.endswith(f"/{ids[-1]}")
    if method == "GET":
        return "read" if single else "list"
    if method == "DELETE":
        return "delete"
    return "edit" if single or "/settings/" in path or "/payment_gateways/" in path else "create"


def index(call: Call) -> Answer:
    """GET /wp-json/wc/v3: the routes with their methods, open to everybody."""
    described: Json = {}
    for path, methods in TABLE:
        name = "/wc/v3" + path.replace("#", r"(?P<id>[\d]+)").replace("@", r"(?P<id>[\w-]+)")
        known = [verb for verb in ALL_METHODS if verb in methods]
        described[name] = {
            "namespace": "wc/v3",
            "methods": known,
            "endpoints": [{"methods": [verb], "args": []} for verb in known],
            "_links": {"self": [{"href": f"{call.site}/wp-json{name}"}]},
        }
    up = {"up": [{"href": f"{call.site}/wp-json/"}]}
    return Answer({"namespace": "wc/v3", "routes": described, "_links": up})
