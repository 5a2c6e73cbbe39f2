"""What one customer pays for one SKU on a channel, and how many of it he may order (behaviours R2 and R3).

Contract first, then the customer's own price list, then the channel's. Every answer says which and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stockwire.domain.contracts import Contract, contract_price, fields_of, is_contract, parse_contract
from stockwire.domain.plan import why_off
from stockwire.domain.pricing import price_for
from stockwire.domain.records import Product, Variant
from stockwire.domain.rules import Rules
from stockwire.domain.stock import available_in, sellable
from stockwire.errors import Refused
from stockwire.hub.models import Channel, Customer, CustomerMeta
from stockwire.hub.sync.channel_terms import rules_of
from stockwire.hub.sync.find_products import product_ids
from stockwire.hub.sync.read_products import read_products


@dataclass(frozen=True, slots=True)
class CustomerPrice:
    """`price` as the price list holds it, to the cent; None when the item cannot be sold to this customer.
    `problems` are contracts that cannot be read, each with its fix."""

    sku: str
    customer: str
    price: Decimal | None
    price_reason: str
    quantity: int
    quantity_reason: str
    problems: tuple[str, ...] = ()


def customer_price(channel_id: int, account: str, sku: str) -> CustomerPrice:
    """For the customer with this account code on the channel, inside an open scope. Raises Refused naming
    whichever of the three does not exist."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    customer = Customer.objects.filter(channel=channel, source_customer_code=account.strip()).first()
    if customer is None:
        raise Refused(
            f"{channel.description} has no customer with the account {account}.",
            hint="Customers come in by file: `stockwire import customers`.",
        )
    [held] = read_products(product_ids(channel, [sku])[:1])
    key = sku.strip().upper()
    variant = next((one for one in held.product.variants if one.sku.strip().upper() == key), None)
    if variant is None:
        raise Refused(
            f"{sku} is a product with variants.",
            hint="Ask for one of its SKUs: " + ", ".join(one.sku for one in held.product.variants) + ".",
        )
    meta = dict(CustomerMeta.objects.filter(customer=customer).values_list("key", "value"))
    return _priced(channel, customer, held.product, variant, meta)


def _priced(
    channel: Channel, customer: Customer, product: Product, variant: Variant, meta: Mapping[str, str]
) -> CustomerPrice:
    away = _not_offered(channel, product, variant)
    if away:
        return CustomerPrice(variant.sku, customer.source_customer_code, None, away, 0, away)
    tier = customer.price_tier or channel.price_tier
    normal = price_for(variant.sku, variant.price_tiers, tier)
    of_customer, wrong = _contracts(meta, "customer")
    of_product, also_wrong = _contracts(product.meta, "product")
    found = contract_price(
        of_customer,
        of_product,
        fields_of(_product_fields(product, variant), product.meta),
        fields_of({"source_customer_code": customer.source_customer_code}, meta),
        normal.price,
    )
    reason = normal.reason if found.contract is None else found.reason
    warehouses = (customer.warehouse,) if customer.warehouse else tuple(channel.warehouses)
    available, where = available_in(variant.quantities, warehouses)
    stock = sellable(
        available,
        variant.held,
        channel.stock_buffer,
        channel.qty_limit_upper,
        floor=channel.stock_floor,
        where=where,
    )
    return CustomerPrice(
        sku=variant.sku,
        customer=customer.source_customer_code,
        price=found.price,
        price_reason=reason,
        quantity=stock.quantity,
        quantity_reason=stock.reason,
        problems=(*wrong, *also_wrong),
    )


def _not_offered(channel: Channel, product: Product, variant: Variant) -> str:
    """Why the channel does not offer this item to anybody, or ""."""
    if not product.active:
        return f"not offered: it is {why_off(product)}"
    if not variant.active:
        return "not offered: this variant is not active any more"
    verdict = Rules(rules_of(channel)).verdict(product)
    return "" if verdict.belongs else f"not offered: {verdict.reason}"


def _product_fields(product: Product, variant: Variant) -> dict[str, str | None]:
    return {
        "sku": variant.sku,
        "title": product.title,
        "collection": product.collection,
        "product_type": product.product_type,
        "vendor": product.vendor,
    }


def _contracts(meta: Mapping[str, str], owner: str) -> tuple[list[Contract], list[str]]:
    """The contracts among these attributes, and what is wrong with those that cannot be read."""
    good: list[Contract] = []
    wrong: list[str] = []
    for key, value in _meant_as_contracts(meta):
        read = parse_contract(key, value, "customer" if owner == "customer" else "product")
        if isinstance(read, Contract):
            good.append(read)
        else:
            wrong.append(f"{read.message} {read.hint}")
    return good, wrong


def _meant_as_contracts(meta: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return [(key, value) for key, value in sorted(meta.items()) if is_contract(key)]
