"""How many products may leave at once before a person should look: the agent and the hub share this rule."""

from __future__ import annotations

ALWAYS_BELIEVED = 20
"""Up to so many products may go at once whatever the share; in a small catalogue, up to half of it."""


def most_at_once(known: int, share: float) -> int:
    """How many of `known` products may vanish without a question, `share` being 0.2 for 20 %.

    A share alone would stop a site of thirty products from discontinuing seven, so a floor stands under it:
    20 products. A floor alone would let a site of nineteen products lose all of them, so it never reaches
    further than half the catalogue; a single product may always go.
    """
    return max(int(share * known), min(ALWAYS_BELIEVED, max(1, known // 2)))
