"""Orders as the API shows them. Reads the shop, changes nothing."""

from __future__ import annotations

import html
from decimal import Decimal
from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce import media, totals
from stockwire.simulators.woocommerce.rest import Call, Json, encode, links, number
from stockwire.simulators.woocommerce.seed import SYMBOLS
from stockwire.simulators.woocommerce.shop import VERSION
from stockwire.simulators.woocommerce.text import cents

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

EDITABLE = ("pending", "on-hold", "auto-draft")
AMOUNTS = ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total")
ROW_LISTS = ("line_items", "tax_lines", "shipping_lines", "fee_lines", "coupon_lines", "refunds")


def order(shop: Shop, call: Call, item: Record) -> Json:
    """A whole order. Rows that `_fields` asks for only in part are left out, as recorded."""
    body: Json = {
        "id": item["id"],
        "parent_id": 0,
        "status": item["status"],
        "currency": item["currency"],
        "version": VERSION,
        "prices_include_tax": shop.prices_include_tax,
        **shop.dates(item, "created", "modified", "completed", "paid"),
        **{name: cents(item[name]) for name in AMOUNTS},
        "total_tax": cents(item["cart_tax"] + item["shipping_tax"]),
        "customer_id": item["customer_id"],
        "order_key": item["order_key"],
        "billing": dict(item["billing"]),
        "shipping": dict(item["shipping"]),
        "payment_method": item["payment_method"],
        "payment_method_title": item["payment_method_title"],
        "transaction_id": item["transaction_id"],
        "customer_ip_address": item["customer_ip_address"],
        "customer_user_agent": item["customer_user_agent"],
        "created_via": item["created_via"],
        "customer_note": item["customer_note"],
        "cart_hash": item["cart_hash"],
        "number": str(item["id"]),
        "meta_data": [dict(row) for row in item["meta_data"]],
        "line_items": [line(shop, row) for row in item["lines"]],
        "tax_lines": [tax_line(shop, row) for row in item["tax_lines"]],
        "shipping_lines": [_delivery(shop, row) for row in item["deliveries"]],
        "fee_lines": [_fee(shop, row) for row in item["fees"]],
        "coupon_lines": [_coupon(row) for row in item["coupons"]],
        "refunds": [_refund(shop.refunds[refund]) for refund in item["refunds"]],
        "payment_url": _payment_url(call, item),
        "is_editable": item["status"] in EDITABLE,
        "needs_payment": item["status"] in ("pending", "failed") and item["total"] > 0,
        "needs_processing": any(_needs_processing(shop, row) for row in item["lines"]),
        "currency_symbol": html.unescape(SYMBOLS.get(item["currency"]) or str(item["currency"])),
    }
    for name in ROW_LISTS:
        if any(wanted.startswith(f"{name}.") for wanted in call.values("_fields")):
            del body[name]
    body["_links"] = _links(call, item)
    return body


def _links(call: Call, item: Record) -> Json:
    at = f"orders/{item['id']}"
    found = links(call, at, "orders")
    found["email_templates"] = [{"embeddable": True, "href": call.link(f"{at}/actions/email_templates")}]
    if item["customer_id"]:
        found["customer"] = [{"href": call.link(f"customers/{item['customer_id']}")}]
    return found


def _payment_url(call: Call, item: Record) -> str:
    return f"{call.site}/checkout/order-pay/{item['id']}/?pay_for_order=true&key={item['order_key']}"


def line(shop: Shop, row: Record) -> Json:
    """One line. A product deleted since leaves product_id 0 and sku null; names stay."""
    product = shop.products.get(row["variation_id"] or row["product_id"])
    known = product is not None
    taxes = row["taxes"].values()
    total = sum((totals.rounded_tax(shop, after) for after, _ in taxes), totals.ZERO)
    before = sum((totals.rounded_tax(shop, untaken) for _, untaken in taxes), totals.ZERO)
    meta = [*row["meta_data"]]
    if row["reduced"]:
        meta.append({"id": row["reduced_meta"], "key": "_reduced_stock", "value": str(row["reduced"])})
    return {
        "id": row["id"],
        "name": row["name"],
        "product_id": row["product_id"] if known else 0,
        "variation_id": row["variation_id"] if known else 0,
        "quantity": row["quantity"],
        "tax_class": row["tax_class"],
        "subtotal": cents(row["subtotal"]),
        "subtotal_tax": cents(before),
        "total": cents(row["total"]),
        "total_tax": cents(total),
        "taxes": [
            {"id": rate, "total": cents(_off(shop, after)), "subtotal": cents(_off(shop, untaken))}
            for rate, (after, untaken) in row["taxes"].items()
        ],
        "meta_data": [_shown_meta(entry) for entry in meta],
        "sku": product["sku"] if product is not None else None,
        "price": _unit_price(row),
        "image": _image(shop, product),
        "parent_name": row["parent_name"],
    }


def _off(shop: Shop, tax: Decimal) -> Decimal:
    return totals.rounded_tax(shop, tax)


def _unit_price(row: Record) -> int | float:
    return number(float(row["total"]) / row["quantity"]) if row["quantity"] else 0


def _shown_meta(entry: Record) -> Json:
    return {
        "id": entry["id"],
        "key": entry["key"],
        "value": entry["value"],
        "display_key": entry.get("display_key", entry["key"]),
        "display_value": entry.get("display_value", entry["value"]),
    }


def _image(shop: Shop, product: Record | None) -> Json:
    if product is not None and product["images"]:
        return {"id": product["images"][0], "src": media.view(shop, product["images"][0])["src"]}
    return {"id": "" if product is not None and product["type"] != "variation" else 0, "src": ""}


def tax_line(shop: Shop, row: Record) -> Json:
    """The tax of one rate over the whole order."""
    rate = shop.tax_rates[row["rate_id"]]
    return {
        "id": row["id"],
        "rate_code": f"{rate['country']}-{rate['name'].upper()}-{rate['priority']}",
        "rate_id": rate["id"],
        "label": rate["name"],
        "compound": rate["compound"],
        "tax_total": cents(row["tax_total"]),
        "shipping_tax_total": cents(row["shipping_tax_total"]),
        "rate_percent": number(float(rate["rate"])),
        "meta_data": [],
    }


def _simple_taxes(shop: Shop, row: Record) -> list[Json]:
    return [
        {"id": rate, "total": cents(_off(shop, tax)), "subtotal": ""}
        for rate, (tax, _) in row["taxes"].items()
    ]


def _tax_of(shop: Shop, row: Record) -> str:
    return cents(sum((_off(shop, tax) for tax, _ in row["taxes"].values()), totals.ZERO))


def _delivery(shop: Shop, row: Record) -> Json:
    return {
        "id": row["id"],
        "method_title": row["method_title"],
        "method_id": row["method_id"],
        "instance_id": row["instance_id"],
        "total": cents(row["total"]),
        "total_tax": _tax_of(shop, row),
        "taxes": _simple_taxes(shop, row),
        "tax_status": "taxable",
        "meta_data": [_shown_meta(entry) for entry in row["meta_data"]],
    }


def _fee(shop: Shop, row: Record) -> Json:
    return {
        "id": row["id"],
        "name": row["name"],
        "tax_class": row["tax_class"],
        "tax_status": row["tax_status"],
        "amount": "",
        "total": cents(row["total"]),
        "total_tax": _tax_of(shop, row),
        "taxes": _simple_taxes(shop, row),
        "meta_data": [],
    }


def _coupon(row: Record) -> Json:
    amount = number(float(row["amount"]))
    info = encode([row["coupon_id"], row["code"], row["discount_type"], amount])
    return {
        "id": row["id"],
        "code": row["code"],
        "discount": row.get("shown_discount") or cents(row["discount"]),
        "discount_tax": row.get("shown_tax") or cents(row["discount_tax"]),
        "meta_data": [_shown_meta({"id": row["meta_id"], "key": "coupon_info", "value": info})],
        "discount_type": row["discount_type"],
        "nominal_amount": amount,
        "free_shipping": row["free_shipping"],
    }


def _refund(refund: Record) -> Json:
    return {"id": refund["id"], "reason": refund["reason"], "total": cents(-refund["amount"])}


def _needs_processing(shop: Shop, row: Record) -> bool:
    product = shop.products.get(row["variation_id"] or row["product_id"])
    return product is not None and not (product["virtual"] and product["downloadable"])
