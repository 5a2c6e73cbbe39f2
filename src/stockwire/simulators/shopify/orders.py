"""Orders as buyers place them: lines, discounts, taxes, shipping, payment, and the stock that they take.

What happens to an order afterwards is in order_changes and fulfilment.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stockwire.simulators.shopify import fulfilment, hooks, order_totals, people, places
from stockwire.simulators.shopify.gids import cents, gid

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop

ADDRESS = {
    "firstName": "Thandi",
    "lastName": "Mokoena",
    "company": None,
    "address1": "12 Long Street",
    "address2": None,
    "city": "Cape Town",
    "province": "Western Cape",
    "provinceCode": "WC",
    "zip": "8001",
    "country": "South Africa",
    "countryCodeV2": "ZA",
    "phone": "+27215550101",
}
EMAIL = "thandi.mokoena@example.com"
SHAPES: dict[str, Any] = {
    "guest": {},
    "customer": {"customer": "sipho.dlamini@example.com"},
    "two_lines": {"line_count": 2},
    "line_discount": {"line_discount": "10%"},
    "order_discount": {"order_discount": "10%", "discount_code": "KAROO10"},
    "shipping": {"shipping": "99.00"},
    "tax_excluded": {"taxes_included": False, "shipping": "50.00"},
    "presentment": {"presentment": "USD", "rate": "0.0541"},
    "test": {"test": True},
    "no_customer_data": {"customer_data": False},
    "pending": {"paid": False},
    "unknown_sku": {"lines": [{"sku": "SHOP-ONLY", "quantity": 1, "price": "49.00", "custom": True}]},
}
TAKES = frozenset(
    (
        *("lines", "line_count", "line_discount", "order_discount", "discount_code"),
        *("shipping", "shipping_title", "shipping_taxed", "taxes_included", "tax_rate", "tax_title"),
        *("presentment", "rate", "test", "paid", "gateway", "source", "created_at", "processed_at"),
        *("customer", "customer_data", "email", "phone", "address", "billing", "note", "tags", "po_number"),
    )
)


def place(shop: Shop, shape: str, given: dict[str, Any]) -> Record:
    """A buyer checks out; see Shop.place_order."""
    if shape not in SHAPES:
        raise ValueError(f"There is no shape {shape!r}; shapes are {', '.join(SHAPES)}.")
    if unknown := sorted(set(given) - TAKES):
        raise ValueError(f"place_order takes no {unknown[0]!r}. It takes: {', '.join(sorted(TAKES))}.")
    wanted = {**SHAPES[shape], **given}
    order = _blank(shop, wanted)
    for row in wanted.get("lines") or _default_lines(shop, wanted.get("line_count", 1)):
        add_line(shop, order, row, wanted.get("line_discount"))
    if wanted.get("order_discount") is not None:
        _discount_order(order, wanted["order_discount"], wanted.get("discount_code"))
    for line in order["lines"]:
        tax_line(order, line)
    if wanted.get("shipping") is not None:
        _ship(order, wanted)
    _pay(shop, order, wanted)
    take_stock(shop, order, order["lines"])
    fulfilment.arrange(shop, order)
    index(shop, order)
    hooks.tell(shop, "ORDERS_CREATE", order)
    if order["transactions"] and wanted.get("paid", True):
        hooks.tell(shop, "ORDERS_PAID", order)
    return order


def _blank(shop: Shop, wanted: dict[str, Any]) -> Record:
    now = shop.now()
    told = wanted.get("customer_data", True)
    address = {**ADDRESS, **(wanted.get("address") or {})} if told else None
    email = wanted.get("email") or wanted.get("customer") or EMAIL
    rate = wanted.get("tax_rate", shop.options.tax_rate)
    number = shop.options.first_order + len(shop.shelf("Order"))
    customer = None
    if told and wanted.get("customer"):
        names = {"first_name": "Sipho", "last_name": "Dlamini", "phone": "+27115550199"}
        customer = people.known(shop, wanted["customer"], **names)
    return shop.new(
        "Order",
        name=f"{shop.options.order_prefix}{number}",
        orderNumber=number,
        createdAt=_when(wanted.get("created_at"), now),
        processedAt=_when(wanted.get("processed_at") or wanted.get("created_at"), now),
        updatedAt=now,
        cancelledAt=None,
        cancelReason=None,
        closedAt=None,
        test=bool(wanted.get("test")),
        sourceName=wanted.get("source", "web"),
        note=wanted.get("note"),
        tags=list(wanted.get("tags") or ()),
        poNumber=wanted.get("po_number"),
        email=email if told else None,
        phone=wanted.get("phone") if told else None,
        customer=customer,
        shippingAddress=address,
        billingAddress={**address, **(wanted.get("billing") or {})} if address else None,
        currency=shop.options.currency,
        presentment=wanted.get("presentment") or shop.options.currency,
        rate=Decimal(str(wanted.get("rate", 1))),
        taxesIncluded=bool(wanted.get("taxes_included", shop.options.taxes_included)),
        taxTitle=wanted.get("tax_title", "VAT"),
        taxRate=None if rate is None else Decimal(str(rate)) / 100,
        discounts=[],
        lines=[],
        shipping=[],
        shippingRefunded=Decimal("0.00"),
        transactions=[],
        refunds=[],
        fulfilments=[],
        edited=False,
        originalTotal=Decimal("0.00"),
        metafields={},
    )


def add_line(shop: Shop, order: Record, row: Record, discount: Any = None) -> Record:
    """A line of an order: {sku, quantity, price, discount, taxable, title, custom, properties}.

    `custom` is a line of no product. A discount is an amount off the whole line, or per cent ("10%").
    """
    known = {"sku", "quantity", "price", "discount", "taxable", "title", "custom", "ships", "properties"}
    if unknown := sorted(set(row) - known):
        raise ValueError(f"A line has no field {unknown[0]!r}. Fields: {', '.join(sorted(known))}.")
    variant = None if row.get("custom") else shop.variant(str(row["sku"]))
    number = shop.next_number("LineItem")
    title = row.get("title") or (
        variant["product"]["title"] if variant else f"Only on this order: {row['sku']}"
    )
    chosen = " / ".join(variant["chosen"].values()) if variant else ""
    line: Record = {
        "__typename": "LineItem",
        "number": number,
        "id": gid("LineItem", number),
        "order": order,
        "title": title,
        "variantTitle": None if chosen in ("", "Default Title") else chosen,
        "sku": row.get("sku"),
        "vendor": variant["product"]["vendor"] if variant else None,
        "quantity": int(row.get("quantity", 1)),
        "unit": Decimal(str(row["price"])) if "price" in row else variant["price"] if variant else Decimal(0),
        "variant": variant,
        "taxable": row.get("taxable", variant["taxable"] if variant else True),
        "requiresShipping": row.get("ships", variant["item"]["requiresShipping"] if variant else True),
        "allocations": [],
        "taxes": [],
        "fulfilled": 0,
        "rows": [],
        "properties": dict(row.get("properties") or {}),
    }
    line["currentQuantity"] = line["quantity"]
    line["name"] = f"{title} - {line['variantTitle']}" if line["variantTitle"] else title
    shop.shelf("LineItem")[number] = line
    order["lines"].append(line)
    off = row.get("discount", discount)
    if off is not None:
        amount = _off(off, order_totals.original(line))
        line["allocations"].append(
            {"application": _application(order, off, "EXPLICIT", "EACH", None), "amount": amount}
        )
    return line


def tax_line(order: Record, line: Record) -> None:
    """Work out the tax of a line on what it came to."""
    line["taxes"] = []
    if line["taxable"] and order["taxRate"] is not None:
        line["taxes"] = [_tax(order, order_totals.paid(line))]


def _tax(order: Record, amount: Decimal) -> Record:
    rate = order["taxRate"]
    tax = order_totals.tax_of(amount, rate, included=order["taxesIncluded"])
    return {"title": order["taxTitle"], "rate": rate, "amount": tax, "order": order}


def _application(order: Record, off: Any, target: str, method: str, code: str | None) -> Record:
    """A discount of the order; `code` None means an automatic one."""
    text = str(off)
    application = {
        "index": len(order["discounts"]),
        "target": target,
        "method": method,
        "code": code,
        "title": "Karoo sale",
        "percentage": Decimal(text.rstrip("%")) if text.endswith("%") else None,
        "amount": None if text.endswith("%") else Decimal(text),
        "type": "LINE_ITEM",
        "order": order,
    }
    order["discounts"].append(application)
    return application


def _off(off: Any, amount: Decimal) -> Decimal:
    text = str(off)
    taken = amount * Decimal(text.rstrip("%")) / 100 if text.endswith("%") else Decimal(text)
    return min(amount, cents(taken))


def _discount_order(order: Record, off: Any, code: str | None) -> None:
    """Spread a discount over the lines by value; the last line takes the cent that is left."""
    values = [order_totals.paid(line) for line in order["lines"]]
    whole = sum(values, Decimal(0))
    left = total = _off(off, whole)
    application = _application(order, off, "ALL", "ACROSS", code)
    for at, (line, value) in enumerate(zip(order["lines"], values, strict=True)):
        share = left if at == len(values) - 1 else min(left, cents(total * value / whole) if whole else total)
        left -= share
        line["allocations"].append({"application": application, "amount": share})


def _ship(order: Record, wanted: dict[str, Any]) -> None:
    row: Record = {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", 8_000_000_000 + order["orderNumber"]),
        "title": wanted.get("shipping_title", "Courier door to door"),
        "code": "courier",
        "source": "shopify",
        "price": Decimal(str(wanted["shipping"])),
        "discount": Decimal("0.00"),
        "taxes": [],
        "order": order,
    }
    if wanted.get("shipping_taxed", True) and order["taxRate"] is not None:
        row["taxes"] = [_tax(order, row["price"])]
    order["shipping"].append(row)


def _pay(shop: Shop, order: Record, wanted: dict[str, Any]) -> None:
    order["originalTotal"] = order_totals.total(order)
    if wanted.get("paid", True):
        transact(shop, order, "SALE", order_totals.total(order), wanted.get("gateway", "payfast"))


def transact(shop: Shop, order: Record, kind: str, amount: Decimal, gateway: str) -> Record:
    """Money moves, or is about to."""
    now = shop.now()
    transaction = shop.new(
        "OrderTransaction",
        order=order,
        kind=kind,
        status="SUCCESS",
        gateway=gateway,
        amount=amount,
        createdAt=now,
        processedAt=now,
        test=order["test"],
    )
    order["transactions"].append(transaction)
    return transaction


def take_stock(shop: Shop, order: Record, lines: list[Record]) -> None:
    """What was sold is committed: no longer available, still on hand."""
    moved = []
    for line in lines:
        line["location"] = place_for(shop, line)
        item = line["variant"]["item"] if line["variant"] else None
        if item is not None and item["tracked"]:
            level = places.stocked(shop, item, line["location"])
            places.moved(shop, level, {"available": -line["quantity"], "committed": line["quantity"]})
            moved.append(level)
    places.told(shop, moved)


def place_for(shop: Shop, line: Record) -> Record:
    """The location that ships a line: the first that has enough, else the first that stocks it."""
    levels = line["variant"]["item"]["levels"].values() if line["variant"] else ()
    stocked = [level for level in levels if level["isActive"] and level["location"]["fulfillsOnlineOrders"]]
    enough = [level for level in stocked if places.quantity(level, "available") >= line["quantity"]]
    for level in (*enough, *stocked):
        return level["location"]  # type: ignore[no-any-return]
    return places.first_location(shop)


def _default_lines(shop: Shop, count: int) -> list[Record]:
    """Another product for each order, so that many orders touch many products."""
    for_sale = [v["item"]["sku"] for v in shop.shelf("ProductVariant").values() if _can_be_bought(v)]
    if len(for_sale) < count:
        raise ValueError("The shop has too few products with a SKU; give `lines` or add_product first.")
    first = len(shop.shelf("Order"))
    return [{"sku": for_sale[(first + at) % len(for_sale)], "quantity": at + 1} for at in range(count)]


def _can_be_bought(variant: Record) -> bool:
    item = variant["item"]
    there = not item["tracked"] or variant["inventoryPolicy"] == "CONTINUE" or places.available(item) > 0
    return bool(item["sku"] and variant["product"]["status"] == "ACTIVE" and there)


def changed(shop: Shop, order: Record, *topics: str) -> None:
    """An order was written: its time moves, searches and webhooks learn of it."""
    order["updatedAt"] = shop.now()
    index(shop, order)
    for topic in (*topics, "ORDERS_UPDATED"):
        hooks.tell(shop, topic, order)


def index(shop: Shop, order: Record) -> None:
    """What searches for orders see, after the lag."""
    status = "cancelled" if order["cancelledAt"] else "closed" if order["closedAt"] else "open"
    entry = {
        "id": order["number"],
        "name": order["name"],
        "email": order["email"],
        "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "processed_at": order["processedAt"],
        "status": status,
        "financial_status": order_totals.financial_status(order).casefold(),
        "fulfillment_status": order_totals.fulfilment_status(order).casefold(),
        "tag": list(order["tags"]),
        "sku": [line["sku"] for line in order["lines"]],
        "test": order["test"],
    }
    shop.index.put("Order", order["number"], entry, shop.clock.now())


def named(shop: Shop, name: str | int) -> Record:
    """An order by its name ("#1001"), its number or its id. Raises ValueError when there is none."""
    for order in shop.shelf("Order").values():
        if str(name) in (order["name"], str(order["orderNumber"]), order["id"], str(order["number"])):
            return order
    raise ValueError(f"The shop has no order {name!r}.")


def _when(text: Any, now: datetime) -> datetime:
    if text is None:
        return now
    return text if isinstance(text, datetime) else datetime.fromisoformat(str(text).replace("Z", "+00:00"))
