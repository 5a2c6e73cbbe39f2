"""The attributes of a product with variants: whether a push must touch them, and what they are to be.

Decides for the product; what each variation chooses is put together in variations.py.
"""

from __future__ import annotations

from stockwire.connectors.woocommerce.attributes import (
    arranged,
    from_memory,
    kept,
    lacking,
    renamed,
    to_memory,
)
from stockwire.connectors.woocommerce.items import Child, Family, Kind, Row, Run
from stockwire.connectors.woocommerce.linking import variation_ids
from stockwire.connectors.woocommerce.lookup import held_variations
from stockwire.connectors.woocommerce.refusals import no_longer_variable
from stockwire.errors import Refused

OPTIONS = "options"
"""Under this key a product's link remembers the option names last sent, a variant's link its values."""


def needs_attributes(family: Family) -> bool:
    """True when options may be new: for the product, or for one of the variants in this push."""
    if family.kind is Kind.CREATE or family.is_adopted:
        return True
    former = former_of(family)
    if former and set(former) != set(family.product.option_names):
        return True
    return any(has_new_options(family, child) for child in _open(family))


def has_new_options(family: Family, child: Child) -> bool:
    """True for a variant that has no variation here yet, or whose option values are to be sent and were not.

    Without the field option_values they are the shop's own business, whatever the link remembers.
    """
    parent_id, number = variation_ids(child.variant)
    if not number or parent_id != family.product_id:
        return True
    if "option_values" not in {field.name for field in child.variant.fields}:
        return False
    remembered = from_memory((child.variant.link.memory if child.variant.link else {}).get(OPTIONS, ""))
    return remembered != child.variant.option_values


def renames_of(family: Family) -> dict[str, str]:
    return renamed(former_of(family), family.product.option_names)


def former_of(family: Family) -> tuple[str, ...]:
    """The option names that were sent last, where others are to be sent now; nothing for a product that was
    only just linked, and where the names are the shop's own business."""
    if "option_names" not in {field.name for field in family.product.fields}:
        return ()
    return from_memory(family.memory.get(OPTIONS, ""))


def put_attributes(run: Run, family: Family) -> None:
    """Work out the attribute list, and send it if it differs. Reads the variations where they are affected.

    Raises Refused when the shop's product is of another kind, or its buyers choose by something else.
    """
    names = family.product.option_names
    held: list[Row] = []
    if family.kind is not Kind.CREATE:
        product = family.held or {}
        if product.get("type") != "variable":
            raise no_longer_variable(family.code, family.product_id, product.get("type"))
        held = product.get("attributes") or []
    if family.is_adopted and (offered := lacking(held, names)):
        raise Refused(
            f"{family.code}: buyers of product {family.product_id} of the shop choose {', '.join(offered)}, "
            f"and here its options are {', '.join(names)}.",
            hint="Give the options the same names on both sides, or delete the product in the shop.",
        )
    changed = [child for child in _open(family) if has_new_options(family, child)]
    if family.kind is not Kind.CREATE and (
        renames_of(family) or any(child.variant.link for child in changed)
    ):
        family.present = {row["id"]: row for row in held_variations(run.api, family.product_id)}
    values = [[child.variant.option_values[at] for child in changed] for at in range(len(names))]
    family.attributes = arranged(held, names, values, former_of(family))
    if family.attributes != [kept(row) for row in held]:
        family.fields["attributes"] = family.attributes


def _open(family: Family) -> list[Child]:
    return [child for child in family.children if child.is_wanted and child.outcome is None]


def remember_options(family: Family) -> None:
    """Keep the option names in the link: those that were sent, or those the product was first linked with."""
    if former_of(family) or OPTIONS not in family.memory or family.attributes is not None:
        family.memory[OPTIONS] = to_memory(family.product.option_names)
