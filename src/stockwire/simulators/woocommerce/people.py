"""The routes of customers and coupons."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce import text
from stockwire.simulators.woocommerce.order_write import BILLING, SHIPPING
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, Json, links, page_of
from stockwire.simulators.woocommerce.schema import truth

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Record, Shop


def customers(shop: Shop, call: Call) -> Answer:
    """GET /customers, with `email` and `search`."""
    found = list(shop.customers.values())
    if "email" in call.query:
        found = [c for c in found if c["email"].casefold() == call.query["email"].casefold()]
    return page_of(call, found, lambda customer: _customer(shop, call, customer))


def customer(shop: Shop, call: Call, number: int) -> Answer:
    """GET one customer."""
    if number not in shop.customers:
        raise ApiError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return Answer(_customer(shop, call, shop.customers[number]))


def create_customer(shop: Shop, call: Call) -> Answer:
    """POST a customer; the e-mail address is unique."""
    added = add_customer(shop, call.document())
    where = {"Location": call.link(f"customers/{added['id']}")}
    return Answer(_customer(shop, call, added), 201, where)


def add_customer(shop: Shop, sent: Json) -> Record:
    """A new customer of the shop."""
    email = text.cleaned(sent.get("email", ""))
    if any(held["email"].casefold() == email.casefold() for held in shop.customers.values()):
        message = (
            f"An account is already registered with {email}. Please log in or use a different email address."
        )
        raise ApiError(400, "registration-error-email-exists", message)
    number = shop.next_id("customer")
    found: Record = {
        "id": number,
        "created": shop.now(),
        "modified": shop.now(),
        "email": email,
        "first_name": str(sent.get("first_name", "")),
        "last_name": str(sent.get("last_name", "")),
        "username": str(sent.get("username") or email.partition("@")[0]),
        "billing": _address(BILLING, sent.get("billing")),
        "shipping": _address(SHIPPING, sent.get("shipping")),
        "meta_data": shop.meta(sent.get("meta_data") or []),
    }
    shop.customers[number] = found
    shop.deliveries.tell("customer.created", number)
    return found


def _address(fields: tuple[str, ...], sent: Json | None) -> Json:
    return {name: str((sent or {}).get(name, "")) for name in fields}


def _customer(shop: Shop, call: Call, held: Record) -> Json:
    digest = hashlib.sha256(held["email"].lower().encode()).hexdigest()
    return {
        "id": held["id"],
        **shop.dates(held, "created", "modified"),
        "email": held["email"],
        "first_name": held["first_name"],
        "last_name": held["last_name"],
        "role": "customer",
        "username": held["username"],
        "billing": held["billing"],
        "shipping": held["shipping"],
        "is_paying_customer": False,
        "avatar_url": f"https://secure.gravatar.com/avatar/{digest}?s=96&d=mm&r=g",
        "meta_data": held["meta_data"],
        "_links": links(call, f"customers/{held['id']}", "customers"),
    }


def coupons(shop: Shop, call: Call) -> Answer:
    """GET /coupons, with `code`."""
    found = sorted(shop.coupons.values(), key=lambda coupon: -coupon["id"])
    if "code" in call.query:
        found = [c for c in found if c["code"] == call.query["code"].casefold()]
    return page_of(call, found, lambda coupon: _coupon(shop, call, coupon))


def create_coupon(shop: Shop, call: Call) -> Answer:
    """POST a coupon; its code is kept in small letters and is unique."""
    added = add_coupon(shop, call.document())
    where = {"Location": call.link(f"coupons/{added['id']}")}
    return Answer(_coupon(shop, call, added), 201, where)


def add_coupon(shop: Shop, sent: Json) -> Record:
    """A new coupon of the shop."""
    code = text.cleaned(sent.get("code", "")).casefold()
    if any(held["code"] == code for held in shop.coupons.values()):
        raise ApiError(400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")
    number = shop.next_id("post")
    shop.coupons[number] = {
        "id": number,
        "code": code,
        "amount": text.cents(text.amount(sent.get("amount", "0"))),
        "created": shop.now(),
        "modified": shop.now(),
        "discount_type": sent.get("discount_type", "fixed_cart"),
        "description": str(sent.get("description", "")),
        "usage_count": 0,
        "free_shipping": truth(sent.get("free_shipping")),
        "meta_data": shop.meta(sent.get("meta_data") or []),
    }
    return shop.coupons[number]


def _coupon(shop: Shop, call: Call, held: Record) -> Json:
    empty_lists = (
        "product_ids", "excluded_product_ids", "product_categories", "excluded_product_categories",
        "email_restrictions", "used_by",
    )  # fmt: skip
    unset = (
        "date_expires",
        "date_expires_gmt",
        "usage_limit",
        "usage_limit_per_user",
        "limit_usage_to_x_items",
    )
    return {
        **{
            name: held[name]
            for name in ("id", "code", "amount", "discount_type", "description", "usage_count")
        },
        **shop.dates(held, "created", "modified"),
        **{name: [] for name in empty_lists},
        **dict.fromkeys(unset),
        "status": "publish",
        "individual_use": False,
        "free_shipping": held["free_shipping"],
        "exclude_sale_items": False,
        "minimum_amount": "0.00",
        "maximum_amount": "0.00",
        "meta_data": held["meta_data"],
        "_links": links(call, f"coupons/{held['id']}", "coupons"),
    }
