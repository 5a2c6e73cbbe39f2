"""Contract pricing: what one customer pays for one product, by the contracts kept on either.

A contract is one attribute row; its key says what it matches and its value is the number. What model.md
section 10 leaves open is decided in ADR 14. A contract that cannot be read is a problem to show and never a
price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Owner = Literal["customer", "product"]
Kind = Literal["discount", "fixed"]

PRODUCT_FIELDS = ("sku", "title", "collection", "product_type", "vendor")
CUSTOMER_FIELDS = ("source_customer_code",)
"""What a contract may name besides attributes. Such a name always means the field, also where it is blank."""

CENT = Decimal("0.01")
LONGEST_KEY = 1_000
_ENTITY: dict[Owner, str] = {"customer": "product", "product": "customer"}
# The labels stand in a fixed order, so a | in the value needs no escaping: the value ends at the last |type_.
_KEY = re.compile(
    r"\s*order_(?P<order>[^|]*)\|\s*entity_(?P<entity>[^|]*)\|\s*key_(?P<key>.*?)"
    r"\|\s*value_(?P<value>.*)\|\s*type_(?P<type>[^|]*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(r"\|\s*(?:order|entity|key|value|type)_", re.IGNORECASE)
_ORDER = re.compile(r"-?[0-9]{1,9}")
_PERCENT = re.compile(r"[0-9]{1,2}")
_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,8})?")
_GRAMMAR = (
    "order_<number>|entity_<product or customer>|key_<attribute>|value_<value>|type_<discount or fixed>"
)


@dataclass(frozen=True, slots=True)
class Contract:
    """`owner` is where it is kept; `key` and `value` are what it matches, as typed, and `folded` is how they
    are compared. `amount` is the whole percent off for a discount, the price to the cent for a fixed one.
    """

    owner: Owner
    order: int
    key: str
    value: str
    kind: Kind
    amount: Decimal
    folded: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ContractProblem:
    """A contract that cannot be used: its key as typed, what is wrong, what to do."""

    key: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class ContractPriced:
    """`price` is to the cent, None if the item cannot be offered. `contract` is None for the normal price."""

    price: Decimal | None
    reason: str
    contract: Contract | None = None


def is_contract(key: str) -> bool:
    """Whether an attribute's key is meant as a contract, well written or not."""
    return "|" in key and key.lstrip()[:6].casefold() == "order_"


def parse_contract(key: str, value: str, owner: Owner) -> Contract | ContractProblem:
    """Read one attribute row kept on a customer or on a product.

    Upper and lower case in the labels, and blanks around a part, make no difference.
    """
    found = _KEY.fullmatch(key) if len(key) <= LONGEST_KEY else None
    if found is None:
        return ContractProblem(key, f"{key!r} is not a contract.", f"Write {_GRAMMAR}.")
    order, entity, field, wanted, kind = (part.strip() for part in found.groups())
    if _LABEL.search(field) or _LABEL.search(wanted):
        return ContractProblem(
            key, f"{key!r} says more than one contract.", f"Write an attribute for each: {_GRAMMAR}."
        )
    if not _ORDER.fullmatch(order):
        return ContractProblem(
            key, f"{key!r}: the order {order!r} is not a whole number.", "Write order_1, order_2 and so on."
        )
    if entity.casefold() != _ENTITY[owner]:
        return ContractProblem(
            key,
            f"{key!r} is kept on a {owner}, so entity_{entity} cannot be right.",
            f"On a {owner} write entity_{_ENTITY[owner]}, or move the contract.",
        )
    if not field or not wanted:
        return ContractProblem(
            key,
            f"{key!r} does not say what it matches.",
            "Name an attribute after key_ and its value after value_.",
        )
    kind, amount = kind.casefold(), value.strip()
    folded = (_folded(field), _folded(wanted))
    if kind == "discount":
        if not _PERCENT.fullmatch(amount):
            return ContractProblem(
                key,
                f"{key!r}: {amount!r} is not a discount.",
                "A discount is a whole percentage from 0 to 99. To sell at another price, use type_fixed.",
            )
        return Contract(owner, int(order), field, wanted, "discount", Decimal(amount), folded)
    if kind == "fixed":
        price = _cents(Decimal(amount)) if _PRICE.fullmatch(amount) else Decimal(0)
        if price <= 0:
            return ContractProblem(
                key,
                f"{key!r}: {amount!r} is not a price.",
                "A price is above zero, has a point before the cents and nothing else in it: 1250.00.",
            )
        return Contract(owner, int(order), field, wanted, "fixed", price, folded)
    return ContractProblem(key, f"{key!r}: there is no type {kind!r}.", "Write type_discount or type_fixed.")


def contract_price(
    customer_contracts: Iterable[Contract],
    product_contracts: Iterable[Contract],
    product_fields: Mapping[str, str],
    customer_fields: Mapping[str, str],
    base_price: Decimal | None,
) -> ContractPriced:
    """The price by the first contract that matches, in ascending order; the normal price if none does.

    `base_price` is the normal price and what a discount is taken off: that of the customer's price list, else
    of the channel's, else retail; None or zero when there is none. The fields are attributes and core fields
    by name, as `fields_of` gives them. At the same order the customer's contract comes before the product's,
    then the lower price, then the one that was given first.
    """
    base = _cents(base_price) if base_price is not None else None
    if base is not None and base <= 0:
        base = None
    matching = [
        *_matching(customer_contracts, product_fields),
        *_matching(product_contracts, customer_fields),
    ]
    if not matching:
        reason = "no contract matches, so the normal price" if base else "no contract matches, and no price"
        return ContractPriced(base, reason)
    return min((_priced(contract, base) for contract in matching), key=_precedence)[1]


def fields_of(core: Mapping[str, str | None], meta: Mapping[str, str]) -> dict[str, str]:
    """What a contract may name: the core fields (see PRODUCT_FIELDS, CUSTOMER_FIELDS) and other attributes.

    Of two names that differ only in case the first counts, and a core field always comes first.
    """
    fields: dict[str, str] = {}
    for name, value in (*core.items(), *meta.items()):
        fields.setdefault(_folded(name), value or "")
    return fields


def _matching(contracts: Iterable[Contract], fields: Mapping[str, str]) -> list[Contract]:
    folded: dict[str, str] = {}
    for name, value in fields.items():
        folded.setdefault(_folded(name), _folded(value))
    return [contract for contract in contracts if folded.get(contract.folded[0]) == contract.folded[1]]


def _priced(contract: Contract, base: Decimal | None) -> tuple[Contract, ContractPriced]:
    which = f"contract {contract.order} of the {contract.owner}, {contract.key} is {contract.value}"
    if contract.kind == "fixed":
        return contract, ContractPriced(contract.amount, f"{which}: fixed price", contract)
    if base is None:
        reason = f"{which}: {contract.amount} % off, but there is no price to take it off"
        return contract, ContractPriced(None, reason, contract)
    price = _cents(base * (100 - contract.amount) / 100)
    if price <= 0:
        return contract, ContractPriced(
            None, f"{which}: {contract.amount} % off R{base} is nothing", contract
        )
    return contract, ContractPriced(price, f"{which}: {contract.amount} % off R{base}", contract)


def _precedence(priced: tuple[Contract, ContractPriced]) -> tuple[int, bool, bool, Decimal]:
    contract, result = priced
    return contract.order, contract.owner == "product", result.price is None, result.price or Decimal(0)


def _folded(text: str) -> str:
    return text.strip().casefold()


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
