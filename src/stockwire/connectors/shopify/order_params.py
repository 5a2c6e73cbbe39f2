"""Order params: what the shop's order carries along, and what templates of the settings make of it.

The templates of set_param_<name> see the order under the names of Shopify's webhooks (REST), because those
are the names operators know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockwire.connectors.shopify.items import number
from stockwire.connectors.shopify.settings import ShopifySettings
from stockwire.domain.templates import TemplateError, compile  # noqa: A004 - as in re.compile
from stockwire.errors import Refused


def params_of(body: Mapping[str, Any], settings: ShopifySettings, status: str) -> dict[str, str]:
    """Params by name. Raises Refused naming the order and the setting for a template that fails."""
    params = {"shop_order_id": str(body["legacyResourceId"]), "shop_date": str(body["createdAt"])[:10]}
    if body.get("test"):
        params["test"] = "true"
    if body.get("poNumber"):
        params["po_number"] = str(body["poNumber"])
    paid_in = body.get("presentmentCurrencyCode")
    if paid_in and paid_in != body.get("currencyCode"):
        params["presentment_currency"] = str(paid_in)
        params["presentment_total"] = str(
            (body["totalPriceSet"].get("presentmentMoney") or {}).get("amount") or ""
        )
    context = order_context(body, status)
    for name, template in settings.order_params.items():
        try:
            params[name] = compile(template, escape="none").render(context).strip()
        except TemplateError as error:
            raise Refused(
                f"Order {body.get('name')}: the template of set_param_{name} cannot be used: {error}",
                hint=f"Correct set_param_{name} in the channel's settings, then retry.",
            ) from None
    return params


def order_context(body: Mapping[str, Any], status: str) -> dict[str, Any]:
    """The order under the names of Shopify's webhooks."""
    customer = body.get("customer") or {}
    email = (customer.get("defaultEmailAddress") or {}).get("emailAddress")
    return {
        "id": str(body["legacyResourceId"]),
        "name": str(body.get("name") or ""),
        "created_at": str(body.get("createdAt") or ""),
        "email": str(body.get("email") or ""),
        "phone": str(body.get("phone") or ""),
        "note": str(body.get("note") or ""),
        "tags": ", ".join(str(tag) for tag in body.get("tags") or []),
        "po_number": str(body.get("poNumber") or ""),
        "source_name": str(body.get("sourceName") or ""),
        "status": status,
        "financial_status": str(body.get("displayFinancialStatus") or "").lower(),
        "fulfillment_status": str(body.get("displayFulfillmentStatus") or "").lower(),
        "currency": str(body.get("currencyCode") or ""),
        "total_price": str(body["totalPriceSet"]["shopMoney"]["amount"]),
        "gateway": ", ".join(str(name) for name in body.get("paymentGatewayNames") or []),
        "customer": {
            "id": number(customer.get("id")),
            "first_name": str(customer.get("firstName") or ""),
            "last_name": str(customer.get("lastName") or ""),
            "email": str(email or ""),
            "tags": ", ".join(str(tag) for tag in customer.get("tags") or []),
            "note": str(customer.get("note") or ""),
        },
        "billing_address": _address(body.get("billingAddress") or {}),
        "shipping_address": _address(body.get("shippingAddress") or {}),
        "note_attributes": [
            {"name": str(row.get("key") or ""), "value": str(row.get("value") or "")}
            for row in body.get("customAttributes") or []
        ],
        "attributes": {
            str(row.get("key") or ""): str(row.get("value") or "")
            for row in body.get("customAttributes") or []
        },
        "discount_codes": [{"code": str(code)} for code in body.get("discountCodes") or []],
        "shipping_lines": [
            {"title": str(row.get("title") or ""), "code": str(row.get("code") or "")}
            for row in (body.get("shippingLines") or {}).get("nodes") or []
        ],
        "line_items": [
            {
                "sku": str(row.get("sku") or ""),
                "title": str(row.get("title") or row.get("name") or ""),
                "quantity": row.get("currentQuantity"),
            }
            for row in body["lineItems"]["nodes"]
        ],
    }


def _address(parts: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "first_name": "firstName",
        "last_name": "lastName",
        "company": "company",
        "address1": "address1",
        "address2": "address2",
        "city": "city",
        "province": "province",
        "province_code": "provinceCode",
        "zip": "zip",
        "country_code": "countryCodeV2",
        "phone": "phone",
    }
    return {ours: str(parts.get(theirs) or "") for ours, theirs in names.items()}
