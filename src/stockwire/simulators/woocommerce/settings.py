"""The routes of settings, payment gateways and the currency: what a connector looks at before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, links
from stockwire.simulators.woocommerce.schema import truth
from stockwire.simulators.woocommerce.seed import CURRENCIES, SYMBOLS

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop

EDITABLE = ["GET", "POST", "PUT", "PATCH"]


def group(shop: Shop, call: Call, name: str) -> Answer:
    """GET the settings of a group."""
    found = [row for row in shop.settings.values() if row["group_id"] == name]
    if not found:
        raise ApiError(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
    return Answer([_setting(call, row) for row in found], listing=True)


def read(shop: Shop, call: Call, name: str, setting: str) -> Answer:
    """GET one setting."""
    return Answer(_setting(call, _held(shop, name, setting)))


def update(shop: Shop, call: Call, name: str, setting: str) -> Answer:
    """PUT one setting; a value outside its options is refused."""
    row = _held(shop, name, setting)
    value = call.document().get("value")
    if "options" in row and value not in row["options"]:
        raise ApiError(400, "rest_setting_value_invalid", "An invalid setting value was passed.")
    row["value"] = value
    return Answer(_setting(call, row))


def _held(shop: Shop, name: str, setting: str) -> Record:
    row = shop.settings.get(setting)
    if row is None or row["group_id"] != name:
        raise ApiError(404, "rest_setting_setting_invalid", "Invalid setting.")
    return row


def _setting(call: Call, row: Record) -> Json:
    found = links(call, f"settings/{row['group_id']}/{row['id']}", f"settings/{row['group_id']}")
    found["self"][0]["targetHints"] = {"allow": EDITABLE}
    return {**row, "_links": found}


def gateways(shop: Shop, call: Call) -> Answer:
    """GET /payment_gateways."""
    rows = [_gateway(call, row) for row in shop.gateways.values()]
    return Answer(rows, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"}, listing=True)


def update_gateway(shop: Shop, call: Call, name: str) -> Answer:
    """PUT a payment gateway: only `enabled` counts here."""
    if name not in shop.gateways:
        raise ApiError(404, "woocommerce_rest_payment_gateway_invalid", "Resource does not exist.")
    if "enabled" in call.document():
        shop.gateways[name]["enabled"] = truth(call.document()["enabled"])
    return Answer(_gateway(call, shop.gateways[name]))


def _gateway(call: Call, row: Record) -> Json:
    found = links(call, f"payment_gateways/{row['id']}", "payment_gateways")
    found["self"][0]["targetHints"] = {"allow": EDITABLE}
    return {**row, "_links": found}


def currency(shop: Shop, call: Call) -> Answer:
    """GET /data/currencies/current."""
    code = shop.currency
    found = links(call, f"data/currencies/{code}", "data/currencies")
    found["self"][0]["targetHints"] = {"allow": ["GET"]}
    body: Json = {"code": code, "name": CURRENCIES.get(code, code), "symbol": SYMBOLS.get(code, code)}
    return Answer({**body, "_links": found})
