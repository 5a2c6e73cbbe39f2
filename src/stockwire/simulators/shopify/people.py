"""Customers: who ordered, as far as the shop may tell.

Records of customers come only from orders that are placed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record, Shop


def by_email(shop: Shop, email: str) -> Record | None:
    """The customer with this address, without regard to case."""
    wanted = email.casefold()
    for customer in shop.shelf("Customer").values():
        if (customer["email"] or "").casefold() == wanted:
            return customer
    return None


def known(shop: Shop, email: str, **fields: Any) -> Record:
    """The customer of an address, made when there is none."""
    found = by_email(shop, email)
    if found is not None:
        return found
    now = shop.now()
    return shop.new(
        "Customer",
        email=email,
        firstName=fields.get("first_name"),
        lastName=fields.get("last_name"),
        phone=fields.get("phone"),
        tags=list(fields.get("tags", ())),
        note=fields.get("note"),
        createdAt=now,
        updatedAt=now,
    )
