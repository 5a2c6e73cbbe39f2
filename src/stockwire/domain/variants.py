"""Are the variants of a product sound? What is not is refused with a reason, and only that product.

Up to three options, every variant a value for each, every combination once (model.md section 3).
"""

from __future__ import annotations

from stockwire.domain.records import Product

MOST_OPTIONS = 3


def unsound(product: Product) -> tuple[str, str] | None:
    """(what is wrong, what to do) with the variants of a product, or None. Says the first thing it finds."""
    names, variants = product.option_names, [one for one in product.variants if one.active]
    if not names:
        return _unsound_simple(product)
    if len(names) > MOST_OPTIONS:
        return (
            f"{product.code} has {len(names)} options ({', '.join(names)}); {MOST_OPTIONS} is the most.",
            "Leave out an option column in the source, or join two of them into one.",
        )
    if any(not name.strip() for name in names) or len({name.strip().casefold() for name in names}) < len(
        names
    ):
        return (
            f"{product.code} has options named {', '.join(repr(name) for name in names)}.",
            "Give every option a name of its own.",
        )
    seen: dict[tuple[str, ...], str] = {}
    for variant in variants:
        values = variant.option_values
        if len(values) != len(names) or any(not value.strip() for value in values):
            lacking = ", ".join(
                name for at, name in enumerate(names) if at >= len(values) or not values[at].strip()
            ) or ", ".join(names)
            return (
                f"{product.code}: variant {variant.sku} has no {lacking}, and its siblings do.",
                f"Fill in {lacking} of {variant.sku} in the source, or give it a product code of its own.",
            )
        combination = tuple(value.strip().casefold() for value in values)
        if combination in seen:
            return (
                f"{product.code}: {seen[combination]} and {variant.sku} are both {' / '.join(values)}.",
                "Give one of them another option value, or set it to DELETE.",
            )
        seen[combination] = variant.sku
    return None


def _unsound_simple(product: Product) -> tuple[str, str] | None:
    variants = [one for one in product.variants if one.active]
    if len(variants) > 1:
        skus = ", ".join(one.sku for one in variants[:5])
        return (
            f"{product.code} has {len(variants)} variants ({skus}) and no options to tell them apart.",
            "Map an option column (size, colour) for this product, or give each its own product code.",
        )
    for variant in variants:
        if variant.option_values:
            return (
                f"{product.code}: {variant.sku} has option values, and the product has no option names.",
                "Name the options in the source's settings.",
            )
    return None
