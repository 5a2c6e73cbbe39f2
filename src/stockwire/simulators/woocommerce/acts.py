"""What a rehearsal can do to the shop from outside the API: buyers place orders, staff edit products.

Each act takes a JSON object and returns JSON. They go through the same code as the API, so stock moves and
webhooks are sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import (
    catalogue,
    order_view,
    order_write,
    orders,
    people,
    products,
    text,
    totals,
)
from stockwire.simulators.woocommerce.rest import ApiError, Call, Json

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

Act = Callable[[dict[str, Any]], object]
GUEST = {
    "first_name": "Thandi",
    "last_name": "Mokoena",
    "company": "",
    "address_1": "12 Long Street",
    "address_2": "",
    "city": "Cape Town",
    "state": "WC",
    "postcode": "8001",
    "country": "ZA",
    "phone": "+27215550101",
}
MARKS = {
    **dict.fromkeys(("_shipping_hash", "_coupons_hash", "_fees_hash", "_taxes_hash"), "0" * 32),
    "is_vat_exempt": "no",
}
SHAPES = ("guest", "coupon", "zero_tax", "shipping", "two_lines", "unknown_sku", "customer", "foreign")


def of(shop: Shop) -> dict[str, Act]:
    """The acts by name, each holding the shop's lock while it works."""
    acts: dict[str, Callable[[Shop, Json], object]] = {
        "place_order": place_order,
        "pay_order": lambda held, sent: set_status(held, {**sent, "status": "processing"}),
        "cancel_order": lambda held, sent: set_status(held, {**sent, "status": "cancelled"}),
        "set_status": set_status,
        "add_product": lambda held, sent: _short(products.added(held, sent)),
        "edit_product": edit_product,
        "delete_product": delete_product,
        "set_stock": lambda held, sent: edit_product(
            held, {**sent, "manage_stock": True, "stock_quantity": sent.get("quantity", 0)}
        ),
        "add_plugin_status": add_plugin_status,
    }

    def locked(act: Callable[[Shop, Json], object]) -> Act:
        def run(sent: dict[str, Any]) -> object:
            with shop.lock:
                try:
                    return act(shop, sent)
                except ApiError as error:
                    raise ValueError(error.message) from error

        return run

    return {name: locked(act) for name, act in acts.items()}


def place_order(shop: Shop, sent: Json) -> Json:
    """A buyer checks out. Returns id, number, status and total.

    `shape` is one of SHAPES and fills in what is not given: `lines` [{sku, quantity, tax_class}], `coupon`
    (a code), `shipping` (amount without VAT), `status` (default processing), `payment_method`, `billing`,
    `shipping_address`, `note`, `customer` (e-mail of a registered one). A SKU that the shop lacks is
    created as a product that only the shop knows.
    """
    shape = sent.get("shape", "guest")
    if shape not in SHAPES:
        raise ValueError(f"There is no shape {shape!r}; shapes are {', '.join(SHAPES)}.")
    rows = sent.get("lines") or _default_lines(shop, shape)
    billing = {**GUEST, "email": "thandi.mokoena@example.com", **(sent.get("billing") or {})}
    if shape == "foreign":
        billing |= {"city": "Windhoek", "state": "", "postcode": "10005", "country": "NA"}
    customer = sent.get("customer") or ("sipho.dlamini@example.com" if shape == "customer" else "")
    delivery = sent.get("shipping", "86.09" if shape == "shipping" else None)
    document: Json = {
        "customer_id": _customer(shop, customer, billing) if customer else 0,
        "payment_method": sent.get("payment_method", "payfast"),
        "payment_method_title": sent.get("payment_method_title", "Card (PayFast)"),
        "billing": billing,
        "shipping": sent.get("shipping_address") or billing,
        "customer_note": sent.get("note", ""),
        "line_items": [_row(shop, row) for row in rows],
        "coupon_lines": [{"code": code} for code in [_coupon(shop, sent, shape)] if code],
        "status": sent.get("status", "processing"),
    }
    if delivery is not None:
        document["shipping_lines"] = [
            {
                "method_id": "flat_rate",
                "method_title": "Courier door to door",
                "instance_id": "1",
                "total": delivery,
            }
        ]
    return _summary(_checkout(shop, document, rows))


def _checkout(shop: Shop, document: Json, rows: list[Json]) -> Record:
    """Like orders.added, with the marks that a checkout leaves on an order."""
    order = order_write.blank(shop, "store-api")
    order["customer_ip_address"], order["customer_user_agent"] = "203.0.113.10", "Mozilla/5.0"
    order["cart_hash"] = "3d55db7b7691e64a75ebaf4558b5deba"
    order["meta_data"] = shop.meta([{"key": key, "value": value} for key, value in MARKS.items()])
    order_write.write(shop, order, document)
    for line, row in zip(order["lines"], rows, strict=True):
        line["meta_data"].sort(key=lambda meta: meta["key"])
        if row.get("tax_class"):
            line["tax_class"] = row["tax_class"]
    totals.calculate(shop, order)
    order_write.apply_coupons(shop, order, document)
    for coupon in order["coupons"]:
        # A checkout stores these two figures without trailing zeros, and rounds their unrounded sums.
        coupon["shown_discount"] = _bare(order["discount_total"])
        coupon["shown_tax"] = _bare(order["discount_tax"])
    for delivery in order["deliveries"]:
        items = ", ".join(f"{line['name']} &times; {line['quantity']}" for line in order["lines"])
        delivery["meta_data"] = shop.meta([{"key": "Items", "value": items}])
    order_write.advance(shop, order, document)
    shop.deliveries.tell("order.created", order["id"])
    shop.deliveries.tell("order.updated", order["id"])
    return order


def _bare(value: Any) -> str:
    return text.cents(value).rstrip("0").rstrip(".")


def _default_lines(shop: Shop, shape: str) -> list[Json]:
    if shape == "unknown_sku":
        return [{"sku": f"SHOP-ONLY-{shop.next_id('shop-only')}", "quantity": 1}]
    for_sale = [product["sku"] for product in shop.products.values() if _can_be_bought(product)]
    wanted = 2 if shape == "two_lines" else 1
    if len(for_sale) < wanted:
        raise ValueError(
            "The shop has too few products with a SKU and a price; give `lines` or add_product first."
        )
    # Another product for each order, so that a rehearsal of many orders touches many products.
    first = len(shop.orders)
    lines = [{"sku": for_sale[(first + at) % len(for_sale)], "quantity": at + 1} for at in range(wanted)]
    return [{**line, "tax_class": "zero-rate"} for line in lines] if shape == "zero_tax" else lines


def _can_be_bought(product: Record) -> bool:
    return bool(
        product["sku"]
        and product["price"]
        and product["status"] == "publish"
        and product["type"] != "variable"
        and product["stock_status"] != "outofstock"
    )


def _row(shop: Shop, row: Json) -> Json:
    sku = str(row["sku"])
    if sku.casefold() not in shop.skus:
        price = str(row.get("price", "99.00"))
        products.added(
            shop, {"name": row.get("name", f"Only in the shop: {sku}"), "sku": sku, "regular_price": price}
        )
    found: Json = {"sku": sku, "quantity": row.get("quantity", 1)}
    if row.get("tax_class"):
        # The buyer pays the shelf price, all of it without tax.
        product = shop.products[shop.skus[sku.casefold()]]
        found["total"] = found["subtotal"] = str(text.amount(product["price"]) * found["quantity"])
    return found


def _coupon(shop: Shop, sent: Json, shape: str) -> str:
    code = str(sent.get("coupon") or ("karoo10" if shape == "coupon" else "")).casefold()
    if code and not any(held["code"] == code for held in shop.coupons.values()):
        people.add_coupon(shop, {"code": code, "discount_type": "percent", "amount": "10"})
    return code


def _customer(shop: Shop, email: str, billing: Json) -> int:
    for held in shop.customers.values():
        if held["email"].casefold() == email.casefold():
            return int(held["id"])
    names = {name: billing[name] for name in ("first_name", "last_name")}
    return int(people.add_customer(shop, {"email": email, "billing": billing, **names})["id"])


def set_status(shop: Shop, sent: Json) -> Json:
    """Staff set an order's status: {"id", "status"}. A plugin's status must have been added."""
    order = orders.held(shop, sent["id"], 404)
    if sent["status"] not in orders.statuses(shop):
        raise ValueError(f"The shop has no order status {sent['status']!r}; add_plugin_status adds one.")
    orders.changed(shop, order, {"status": sent["status"]})
    return _summary(order)


def edit_product(shop: Shop, sent: Json) -> Json:
    """Staff edit a product: its `id` or `sku` and any fields of the API (`new_sku` renames it)."""
    product = _product(shop, sent)
    fields = {name: value for name, value in sent.items() if name not in ("id", "sku", "new_sku", "quantity")}
    if "new_sku" in sent:
        fields["sku"] = sent["new_sku"]
    products.changed(shop, product, fields)
    return _short(product)


def delete_product(shop: Shop, sent: Json) -> Json:
    """Staff delete a product, by `id` or `sku`; `force` false moves it to the bin."""
    product = _product(shop, sent)
    call = Call("DELETE", "", {}, None, shop.home)
    products.deleted(shop, call, product["id"], force=sent.get("force", True))
    return {"id": product["id"]}


def add_plugin_status(shop: Shop, sent: Json) -> Json:
    """A plugin brings an order status: {"slug", "name"}."""
    shop.extra_statuses[str(sent["slug"])] = str(sent.get("name", sent["slug"]))
    return {"statuses": orders.statuses(shop)}


def _product(shop: Shop, sent: Json) -> Record:
    number = sent["id"] if "id" in sent else shop.skus.get(str(sent.get("sku", "")).strip().casefold())
    if number not in shop.products:
        raise ValueError(f"The shop has no product {sent.get('id', sent.get('sku'))!r}.")
    return shop.products[number]


def _short(product: Record) -> Json:
    fields = ("id", "type", "parent_id", "sku", "name", "status", "regular_price", "sale_price", "price")
    stock = ("manage_stock", "stock_quantity", "stock_status")
    return {name: product[name] for name in (*fields, *stock)}


def _summary(order: Record) -> Json:
    return {
        "id": order["id"],
        "number": str(order["id"]),
        "status": order["status"],
        "total": text.cents(order["total"]),
        "total_tax": text.cents(order["cart_tax"] + order["shipping_tax"]),
        "created_via": order["created_via"],
        "meta": {row["key"]: row["value"] for row in order["meta_data"] if row["key"] not in MARKS},
        "notes": [note["note"] for note in order["notes"]],
    }


def summary(shop: Shop) -> Json:
    """The whole shop in short, for the control API's /state."""
    with shop.lock:
        return {
            "site": shop.home,
            "products": [
                {**_short(product), "name": catalogue.full_name(shop, product)}
                for product in shop.products.values()
            ],
            "orders": [
                {**_summary(order), "lines": [_short_line(shop, line) for line in order["lines"]]}
                for order in shop.orders.values()
            ],
            "webhooks": [
                {
                    name: hook[name]
                    for name in ("id", "topic", "delivery_url", "status", "failures", "delivered")
                }
                for hook in shop.webhooks.values()
            ],
        }


def _short_line(shop: Shop, line: Record) -> Json:
    shown = order_view.line(shop, line)
    return {name: shown[name] for name in ("sku", "quantity", "total", "total_tax")}
