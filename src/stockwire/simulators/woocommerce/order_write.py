"""Building and changing orders: lines, addresses, coupons, and what a new status does to stock and dates."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce import catalogue, text, totals
from stockwire.simulators.woocommerce.rest import ApiError, Json
from stockwire.simulators.woocommerce.schema import truth

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

BILLING = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country",
    "email", "phone",
)  # fmt: skip
SHIPPING = tuple(name for name in BILLING if name != "email")
PLAIN = ("payment_method", "payment_method_title", "transaction_id", "customer_note", "currency")
STATUSES = {
    "pending": "Pending payment",
    "processing": "Processing",
    "on-hold": "On hold",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
}
TAKES_STOCK = ("processing", "completed", "on-hold")
GIVES_STOCK_BACK = ("cancelled", "pending")


def blank(shop: Shop, created_via: str) -> Record:
    """A new order of nothing, on the books as pending."""
    now = shop.now()
    number = shop.next_id("post")
    order: Record = {
        "id": number,
        "status": "pending",
        "currency": shop.currency,
        "created": now,
        "modified": now,
        "completed": None,
        "paid": None,
        "customer_id": 0,
        "order_key": f"wc_order_{secrets.token_urlsafe(10)[:13]}",
        "billing": dict.fromkeys(BILLING, ""),
        "shipping": dict.fromkeys(SHIPPING, ""),
        "payment_method": "",
        "payment_method_title": "",
        "transaction_id": "",
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": created_via,
        "customer_note": "",
        "cart_hash": "",
        "meta_data": [],
        "lines": [],
        "deliveries": [],
        "fees": [],
        "coupons": [],
        "tax_lines": [],
        "refunds": [],
        "notes": [],
        "counted": False,
    }
    shop.orders[number] = order
    return order


def write(shop: Shop, order: Record, sent: Json) -> None:
    """Apply everything but coupons and status. Raises ApiError for lines without a product reference."""
    if sent.get("customer_id"):
        if sent["customer_id"] not in shop.customers:
            raise ApiError(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
        order["customer_id"] = sent["customer_id"]
    for name in PLAIN:
        if sent.get(name) is not None:
            order[name] = str(sent[name])
    for name in ("billing", "shipping"):
        if isinstance(sent.get(name), dict):
            order[name] |= {key: str(value) for key, value in sent[name].items() if key in order[name]}
    for row in sent.get("line_items") or []:
        _write_line(shop, order, row)
    for row in sent.get("shipping_lines") or []:
        _write_row(shop, order["deliveries"], row, _delivery)
    for row in sent.get("fee_lines") or []:
        _write_row(shop, order["fees"], row, _fee)
    shop.merge_meta(order["meta_data"], sent.get("meta_data") or [])
    if {"line_items", "shipping_lines", "fee_lines"} & set(sent) or not order["tax_lines"]:
        totals.calculate(shop, order)


def apply_coupons(shop: Shop, order: Record, sent: Json) -> None:
    """Take the coupons off. A code that does not exist is a 400 that leaves the order behind as it is."""
    for row in sent.get("coupon_lines") or []:
        code = str(row.get("code", "")).casefold()
        if any(held["code"] == code for held in order["coupons"]):
            continue
        coupon = next((c for c in shop.coupons.values() if c["code"] == code), None)
        if coupon is None:
            message = f"Coupon &quot;{code}&quot; cannot be applied because it does not exist."
            raise ApiError(
                400, "woocommerce_rest_invalid_coupon", message, {"new_draft_order_id": order["id"]}
            )
        order["coupons"].append(totals.apply_coupon(shop, order, coupon))
        coupon["usage_count"] += 1
        totals.calculate(shop, order)


def _write_line(shop: Shop, order: Record, row: Json) -> None:
    if row.get("id"):
        held = next((line for line in order["lines"] if line["id"] == row["id"]), None)
        if held is None:
            raise ApiError(
                400,
                "woocommerce_rest_invalid_item_id",
                "Order item ID provided is not associated with order.",
            )
        if row.get("quantity") == 0 or ("product_id" in row and row["product_id"] is None):
            order["lines"].remove(held)
            return
        # Recorded: a new quantity leaves the line's totals as they were.
        held["quantity"] = int(float(row.get("quantity", held["quantity"])))
        for name in ("subtotal", "total"):
            if row.get(name) is not None:
                held[name] = text.six(text.amount(row[name]))
        return
    product = _product_of(shop, row)
    quantity = int(float(row.get("quantity", 1)))
    order["lines"].append(_line(shop, product, quantity, row))


def _product_of(shop: Shop, row: Json) -> Record | None:
    if row.get("sku"):
        return shop.products.get(shop.skus.get(str(row["sku"]).strip().casefold(), 0))
    number = row.get("variation_id") or row.get("product_id")
    if not number:
        message = "Product ID or SKU is required."
        raise ApiError(400, "woocommerce_rest_required_product_reference", message)
    return shop.products.get(number)


def _line(shop: Shop, product: Record | None, quantity: int, row: Json) -> Record:
    variation = product is not None and product["type"] == "variation"
    price = totals.line_price(shop, product, quantity) if product is not None else totals.ZERO
    subtotal = text.six(text.amount(row["subtotal"])) if row.get("subtotal") is not None else price
    meta = _chosen_meta(shop, product) if product is not None and variation else []
    found: Record = {
        "id": shop.next_id("item"),
        "name": text.cleaned(row.get("name") or (catalogue.full_name(shop, product) if product else "")),
        "product_id": (product["parent_id"] if variation else product["id"]) if product else 0,
        "variation_id": product["id"] if product is not None and variation else 0,
        "quantity": quantity,
        "tax_class": catalogue.taxed_class(shop, product) if product else "",
        "tax_status": product["tax_status"] if product else "taxable",
        "subtotal": subtotal,
        "total": text.six(text.amount(row["total"])) if row.get("total") is not None else subtotal,
        "shelf": text.amount(product["price"]) * quantity if product else totals.ZERO,
        "taxes": {},
        "meta_data": meta,
        "reduced": 0,
        "reduced_meta": 0,
        "parent_name": shop.products[product["parent_id"]]["name"]
        if product is not None and variation
        else None,
    }
    shop.merge_meta(found["meta_data"], row.get("meta_data") or [])
    return found


def _chosen_meta(shop: Shop, variation: Record) -> list[Record]:
    return [
        {
            "id": shop.next_id("meta"),
            "key": option["slug"],
            "value": text.slug(option["option"]) if option["id"] else option["option"],
            "display_key": option["name"],
            "display_value": option["option"],
        }
        for option in catalogue.chosen_options(shop, variation)
    ]


def _write_row(shop: Shop, held: list[Record], row: Json, make: Any) -> None:
    found = next((known for known in held if row.get("id") and known["id"] == row["id"]), None)
    if found is None:
        found = make(shop)
        held.append(found)
    for name in ("method_id", "method_title", "instance_id", "name", "tax_class", "tax_status"):
        if name in found and row.get(name) is not None:
            found[name] = str(row[name])
    if row.get("total") is not None:
        found["total"] = text.six(text.amount(row["total"]))


def _delivery(shop: Shop) -> Record:
    return {
        "id": shop.next_id("item"),
        "method_id": "",
        "method_title": "",
        "instance_id": "",
        "total": totals.ZERO,
        "taxes": {},
        "meta_data": [],
    }


def _fee(shop: Shop) -> Record:
    return {
        "id": shop.next_id("item"),
        "name": "",
        "tax_class": "",
        "tax_status": "taxable",
        "total": totals.ZERO,
        "taxes": {},
    }


def touch(shop: Shop, order: Record) -> None:
    """Move date_modified."""
    order["modified"] = shop.now()


def pay(shop: Shop, order: Record) -> None:
    """Payment is complete: processing, unless the order is further on already."""
    if order["status"] in ("pending", "on-hold", "failed", "cancelled", "checkout-draft"):
        set_status(shop, order, "processing")


def set_status(shop: Shop, order: Record, status: str) -> None:
    """A new status with its notes, stock movements and dates. The same status again changes nothing else."""
    before = order["status"]
    if status not in STATUSES and status not in shop.extra_statuses:
        # Rows of a batch are not checked: an unknown status becomes pending.
        status = "pending"
    if status == before:
        return
    order["status"] = status
    if status in TAKES_STOCK:
        _move(shop, order, taking=True)
        count_sales(shop, order, sold=True)
    elif status in GIVES_STOCK_BACK:
        _move(shop, order, taking=False)
        if status == "cancelled":
            count_sales(shop, order, sold=False)
    now = shop.now()
    paid_now = status == "completed" or (status == "processing" and order["payment_method"] != "cod")
    if paid_now and order["paid"] is None:
        order["paid"] = now
    if status == "completed" and order["completed"] is None:
        order["completed"] = now
    add_note(shop, order, f"Order status changed from {_label(shop, before)} to {_label(shop, status)}.")


def count_sales(shop: Shop, order: Record, *, sold: bool) -> None:
    """Keep total_sales of the products in step: an order counts once, until it is cancelled or binned."""
    if order["counted"] == sold:
        return
    order["counted"] = sold
    for line in order["lines"]:
        product = shop.products.get(line["product_id"])
        if product is not None:
            product["total_sales"] += line["quantity"] if sold else -line["quantity"]


def _label(shop: Shop, status: str) -> str:
    return STATUSES.get(status) or shop.extra_statuses.get(status, status)


def _move(shop: Shop, order: Record, *, taking: bool) -> None:
    moved = []
    for line in order["lines"]:
        product = shop.products.get(line["variation_id"] or line["product_id"])
        by = line["quantity"] if taking else line["reduced"]
        if product is None or not by or (taking and line["reduced"]):
            continue
        change = catalogue.move_stock(shop, product, -by if taking else by)
        if change is None:
            continue
        line["reduced"] = by if taking else 0
        line["reduced_meta"] = shop.next_id("meta")
        moved.append(f"{_stock_name(shop, product)} {change[0]}&rarr;{change[1]}")
        shop.deliveries.tell("product.updated", product["id"])
    if moved:
        add_note(shop, order, f"Stock levels {'reduced' if taking else 'increased'}: {', '.join(moved)}")


def _stock_name(shop: Shop, product: Record) -> str:
    name = f"{catalogue.full_name(shop, product)} ({product['sku'] or '#' + str(product['id'])})"
    return f'{name}<span class="description"></span>' if product["type"] == "variation" else name


def add_note(shop: Shop, order: Record, note: str, *, customer_note: bool = False) -> Record:
    """A note, newest last. Notes never move date_modified."""
    found = {
        "id": shop.next_id("note"),
        "author": "WooCommerce",
        "created": shop.now(),
        "note": note,
        "customer_note": customer_note,
    }
    order["notes"].append(found)
    return found


def advance(shop: Shop, order: Record, sent: Json) -> None:
    """The status part of a write: `set_paid` first, then `status`."""
    if sent.get("status"):
        set_status(shop, order, str(sent["status"]))
    if truth(sent.get("set_paid")):
        pay(shop, order)
