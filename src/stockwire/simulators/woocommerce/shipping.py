"""The routes of shipping zones and their methods. Orders name their own shipping lines; nothing is worked
out from these rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockwire.simulators.woocommerce.rest import ALL_METHODS, Answer, ApiError, Call, Json, links

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

Row = tuple[str, str, str, str, str, str, dict[str, str] | None]
NAME_HELP = "Your customers will see the name of this shipping method during checkout."
COST_HELP = (
    "Enter a cost (excl. tax) or sum, e.g. <code>10.00 * [qty]</code>.<br/><br/>Use <code>[qty]</code> for "
    'the number of items, <br/><code>[cost]</code> for the total cost of items, and <code>[fee percent="10" '
    'min_fee="20" max_fee=""]</code> for percentage based fees.'
)
DISCOUNT_HELP = "If checked, free shipping would be available based on pre-discount order amount."
SPEND_HELP = "Customers will need to spend this amount to get free shipping."
REQUIREMENTS = {
    "": "No requirement",
    "coupon": "A valid free shipping coupon",
    "min_amount": "A minimum order amount",
    "either": "A minimum order amount OR coupon",
    "both": "A minimum order amount AND coupon",
}
METHODS: dict[str, tuple[str, str]] = {
    "flat_rate": ("Flat rate", "Lets you charge a fixed rate for shipping."),
    "free_shipping": (
        "Free shipping",
        "Free shipping is a special method which can be triggered with coupons and minimum spends.",
    ),
    "local_pickup": ("Local pickup", "Allow customers to pick up orders themselves."),
}


def zones(shop: Shop, call: Call) -> Answer:
    """GET /shipping/zones."""
    rows = [_zone(call, zone) for zone in shop.zones.values()]
    return Answer(rows, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"}, listing=True)


def create_zone(shop: Shop, call: Call) -> Answer:
    """POST a zone."""
    number = shop.next_id("zone")
    name = str(call.document().get("name", ""))
    shop.zones[number] = {"id": number, "name": name, "order": 0, "methods": [], "locations": []}
    return Answer(_zone(call, shop.zones[number]), 201, {"Location": call.link(f"shipping/zones/{number}")})


def set_locations(shop: Shop, call: Call, number: int) -> Answer:
    """PUT the list of places a zone covers."""
    zone = _held(shop, number)
    zone["locations"] = [row for row in call.body or [] if isinstance(row, dict)]
    at = f"shipping/zones/{number}"
    found = {"collection": [{"href": call.link(f"{at}/locations")}], "describes": [{"href": call.link(at)}]}
    rows = [{**row, "_links": found} for row in zone["locations"]]
    return Answer(rows, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"}, listing=True)


def add_method(shop: Shop, call: Call, number: int) -> Answer:
    """POST a method to a zone. The title in `settings` is the buyer's; `title` stays the method's own."""
    zone = _held(shop, number)
    sent = call.document()
    kind = str(sent.get("method_id", ""))
    if kind not in METHODS:
        raise ApiError(500, "woocommerce_rest_shipping_zone_not_created", "Resource cannot be created.")
    title, about = METHODS[kind]
    instance = shop.next_id("method")
    values = sent.get("settings") or {}
    zone["methods"].append({"instance_id": instance, "method_id": kind, "settings": values})
    at = f"shipping/zones/{number}"
    found = links(call, f"{at}/methods/{instance}", f"{at}/methods")
    found["self"][0]["targetHints"] = {"allow": ALL_METHODS}
    found["describes"] = [{"href": call.link(at)}]
    body: Json = {
        "id": instance,
        "instance_id": instance,
        "title": title,
        "order": len(zone["methods"]),
        "enabled": True,
        "method_id": kind,
        "method_title": title,
        "method_description": f"<p>{about}</p>\n",
        "settings": _settings(kind, title, values),
        "_links": found,
    }
    return Answer(body)


def _settings(kind: str, title: str, values: Record) -> Json:
    rows: list[Row] = [("title", "Name", "text", title, NAME_HELP, _example(kind), None)]
    if kind == "free_shipping":
        rows += [
            ("requires", "Free shipping requires", "select", "", "", "", REQUIREMENTS),
            ("min_amount", "Minimum order amount", "text", "", SPEND_HELP, "", None),
            ("ignore_discounts", "Coupons discounts", "checkbox", "no", DISCOUNT_HELP, "", None),
        ]
    else:
        kinds = {"taxable": "Taxable", "none": "None"}
        rows += [
            ("tax_status", "Tax status", "select", "taxable", "", "", kinds),
            ("cost", "Cost", "text", "", COST_HELP, "", None),
        ]
    return {row[0]: _setting(row, values.get(row[0])) for row in rows}


def _example(kind: str) -> str:
    return "e.g. Free shipping" if kind == "free_shipping" else "e.g. Standard national"


def _setting(row: Row, value: Any) -> Json:
    name, label, kind, default, tip, placeholder, choices = row
    found: Json = {
        "id": name,
        "label": label,
        "description": tip,
        "type": kind,
        "value": default if value is None else value,
        "default": default,
        "tip": tip,
        "placeholder": placeholder,
    }
    if choices is not None:
        found["options"] = choices
    return found


def _held(shop: Shop, number: int) -> Record:
    if number not in shop.zones:
        raise ApiError(404, "woocommerce_rest_shipping_zone_invalid", "Invalid resource ID.")
    return shop.zones[number]


def _zone(call: Call, zone: Record) -> Json:
    at = f"shipping/zones/{zone['id']}"
    found = links(call, at, "shipping/zones")
    found["describedby"] = [{"href": call.link(f"{at}/locations")}]
    return {"id": zone["id"], "name": zone["name"], "order": zone["order"], "_links": found}
