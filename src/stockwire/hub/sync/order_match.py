"""Which of our variants is this order line? By the channel's ids first, then by SKU; else none.

A line without a match is no fault: it is passed on by its SKU, which the source may know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from stockwire.domain.records import OrderLine
from stockwire.hub.models import ChannelLink, Source, Variant

ANY_CASE = "select id, sku_key from variants where source_id = %s and sku_key = any(%s)"


def match_lines(channel_id: int, source_id: int, lines: Sequence[OrderLine]) -> list[int | None]:
    """Variant id per line, inside an open scope. An SKU that fits several variants matches none of them,
    unless exactly one is spelled the same."""
    links = _by_link(channel_id, lines)
    found = [links.get((line.channel_product_code, _none(line.channel_variant_code))) for line in lines]
    open_skus = {line.sku.strip() for line, variant in zip(lines, found, strict=True) if variant is None}
    by_sku = _by_sku(source_id, open_skus - {""})
    return [
        variant if variant is not None else by_sku.get(line.sku.strip())
        for line, variant in zip(lines, found, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An item of another source of the client than the channel's own. `variant_id` is None where `sources`
    (their names) say that more than one could be meant."""

    variant_id: int | None
    source_id: int | None
    sources: tuple[str, ...]


def match_elsewhere(source: Source, skus: set[str]) -> dict[str, Elsewhere]:
    """Those of these SKUs that other sources of the client have, inside an open scope; the caller has not
    found them in `source`. A linked source never receives an order, so it is not meant; neither is one that
    is not active."""
    keys = {sku.strip().upper() for sku in skus} - {""}
    if not keys:
        return {}
    others = Variant.objects.filter(sku_key__in=keys, source__linked_to=None, source__active=True)
    others = others.exclude(source=source).exclude(source__linked_sources=source)
    found: dict[str, list[tuple[str, int, int, str, bool]]] = {}
    fields = ("sku_key", "sku", "pk", "source_id", "source__description", "gone_at")
    for key, sku, pk, source_id, name, gone_at in others.order_by("source_id", "pk").values_list(*fields):
        found.setdefault(key, []).append((sku, pk, source_id, name, gone_at is None))
    return {sku: _meant(sku, found[sku.strip().upper()]) for sku in skus if sku.strip().upper() in found}


def _meant(sku: str, found: list[tuple[str, int, int, str, bool]]) -> Elsewhere:
    """What is still there before what is gone, the same spelling before another."""
    found = [one for one in found if one[4]] or found
    names = tuple(dict.fromkeys(name for *_, name, _ in found))
    if len({one[2] for one in found}) == 1:
        found = [one for one in found if one[0] == sku.strip()] or found
    if len(found) != 1:
        return Elsewhere(None, None, names)
    return Elsewhere(found[0][1], found[0][2], names)


def skus_of(variant_ids: Sequence[int | None]) -> dict[int, str]:
    """The source's own code of these variants: what a document calls the item."""
    wanted = {variant for variant in variant_ids if variant is not None}
    return dict(Variant.objects.filter(pk__in=wanted).values_list("id", "source_variant_code"))


def _by_link(channel_id: int, lines: Sequence[OrderLine]) -> dict[tuple[str, str], int]:
    codes = {line.channel_product_code for line in lines} - {"", "0"}
    if not codes:
        return {}
    links = ChannelLink.objects.filter(channel_id=channel_id, product_code__in=codes)
    return {
        (product, _none(variant)): variant_id
        for product, variant, variant_id in links.values_list("product_code", "variant_code", "variant_id")
    }


def _by_sku(source_id: int, skus: set[str]) -> dict[str, int]:
    if not skus:
        return {}
    exact: dict[str, list[int]] = {}
    rows = Variant.objects.filter(source_id=source_id, sku__in=skus).values_list("sku", "id")
    for sku, variant_id in rows:
        exact.setdefault(sku, []).append(variant_id)
    found = {sku: ids[0] for sku, ids in exact.items() if len(ids) == 1}
    # Only what the index could not answer is searched for in any spelling.
    left = {sku.upper(): sku for sku in skus - set(exact)}
    if not left:
        return found
    any_case: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(ANY_CASE, [source_id, list(left)])
        for variant_id, sku in cursor.fetchall():
            any_case.setdefault(sku, []).append(variant_id)
    for sku in skus - set(exact):
        ids = any_case.get(sku.upper(), [])
        if len(ids) == 1:
            found[sku] = ids[0]
    return found


def _none(code: str) -> str:
    """Some channels write 0 where there is no variant."""
    return "" if code == "0" else code
