"""A jersey in sizes and colours as the hub sends it, and as a shop holds it."""

from __future__ import annotations

from decimal import Decimal

from stockwire.ports import Action, Change, FieldChange, Group, VariantChange

GROUPS = {"price": Group.PRICE, "compare_at": Group.PRICE, "quantity": Group.STOCK}
WHOLE = {"price": Decimal("12.50"), "quantity": 5}
JERSEY = {"J-S-R": ("S", "Red"), "J-M-B": ("M", "Blue")}
NAMES = ("Size", "Colour")


def fields(values):
    return tuple(
        FieldChange(GROUPS.get(name, Group.CONTENT), name, None, value) for name, value in values.items()
    )


def family(variants, *, code="JERSEY", link=None, action=None, names=NAMES, title="Jersey", **given):
    """A change; each variant as (sku, values, fields, link), with an action where that is not plain."""
    whole = {"title": title, **given} if title else given
    below = tuple(
        VariantChange(sku, sku, how or (Action.UPDATE if held else Action.ADD), fields(given), held, values)
        for sku, values, given, held, *rest in variants
        for how in [rest[0] if rest else None]
    )
    action = action or (Action.UPDATE if link else Action.ADD)
    return Change(code, code, action, fields(whole), link, code=code, option_names=names, variants=below)


def jersey(variants=JERSEY, **given):
    return family([(sku, values, WHOLE, None) for sku, values in variants.items()], **given)


def product(shop, outcome):
    return shop.app.shop.products[int(outcome.link.product_code)]


def held(shop, sku):
    return shop.app.shop.products[shop.app.shop.skus[sku.casefold()]]
