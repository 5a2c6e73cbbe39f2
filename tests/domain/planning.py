"""A bolt, a channel that takes everything, and plans of one for the other, pushed or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stockwire.domain.plan import Known, KnownVariant, Place, Plan, Planner, confirmed
from stockwire.domain.records import Product, Variant
from stockwire.domain.terms import Takes, Terms

BOLT = Product(
    code="BOLT-M8",
    active=True,
    title="Hex bolt M8",
    variants=(Variant("BOLT-M8", "BOLT-M8", {"retail": Decimal("12.5000")}, {"": Decimal(240)}),),
)
EVERYTHING = Takes(
    frozenset({"title", "body_html", "barcode", "grams", "collection", "product_type", "vendor", "tags"}),
    meta=True,
    images=True,
    variants=True,
    locations=True,
    compare_at=True,
)
TERMS = Terms()


def with_variant(product: Product, **changed: Any) -> Product:
    """The product with its only variant changed."""
    return product._replace(variants=(product.variants[0]._replace(**changed),))


def plan(product: Product, known: Known | None = None, given_terms: Terms = TERMS) -> Plan:
    return Planner(given_terms).plan(product, known)


def sent(product: Product, known: Known | None = None, given_terms: Terms = TERMS) -> dict[str, Any]:
    made = plan(product, known, given_terms)
    return {difference.name: difference.after for difference in made.differences}


def pushed(product: Product, made: Plan, known: Known | None) -> Known | None:
    """What is known once the channel has confirmed the whole plan, as the hub keeps it."""
    before = known or Known()
    if made.action == "remove":
        return None
    if made.action == "move":
        gone = {one.variant.code for one in made.variants}
        left = {code: one for code, one in before.variants.items() if code not in gone}
        return before._replace(variants=left) if left or before.code else None
    if not product.option_names:
        code = next(one.code for one in product.variants if one.active)
        at = before.variants.get(code, KnownVariant(Place("101", "")))
        return Known(
            variants={code: at._replace(fields={**at.fields, **confirmed(made.differences, at.fields)})}
        )
    found = dict(before.variants)
    for one in made.variants:
        if one.action == "remove":
            del found[one.variant.code]
            continue
        at = found.get(one.variant.code, KnownVariant(Place("500", f"5{one.variant.code}", below=True)))
        fields = {**at.fields, **confirmed(one.differences, at.fields)}
        found[one.variant.code] = at._replace(fields=fields)
    fields = {**before.fields, **confirmed(made.differences, before.fields)}
    return Known("500", fields, found)


def after_a_push(product: Product, given_terms: Terms = TERMS) -> Known:
    known = pushed(product, plan(product, None, given_terms), None)
    assert known is not None
    return known


MAP = """{{! escape: json }}
{"title": "{{product.title}}", "colour": "{{meta.colour}}",
 "variations": [{"sku": "{{variant.sku}}", "regular_price": "{{variant.price}}", "stock": {{variant.qty}}}]}
"""
