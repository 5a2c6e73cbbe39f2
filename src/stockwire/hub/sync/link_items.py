"""Items that an order names and the hub has never heard of: taken in, and linked to the shop's product.

For channels whose setting says so (order_link_items_on_sku). An order says what was sold, not what is to be
sold: such an item has neither price nor stock, is on sale nowhere, and nothing of it is sent to any channel
until its source sends its row. Never makes an item of a SKU that any source of the client knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import connection

from stockwire.domain.records import Order, OrderLine
from stockwire.hub.models import Channel, Variant
from stockwire.hub.sync.order_match import match_elsewhere, match_lines

SKU_MAX = 100
TITLE_MAX = 500
WHO_MAX = 150
# In the order of their codes, as a source's batch inserts them: the two cannot stand in each other's way.
PRODUCTS = """
    insert into products (client_id, source_id, created_by, source_product_code, active, title)
    select %s, %s, %s, sku, false, title from unnest(%s::text[], %s::text[]) as item(sku, title) order by sku
    on conflict (source_id, source_product_code) do nothing returning source_product_code, id
"""
VARIANTS = """
    insert into variants (client_id, source_id, product_id, source_variant_code, sku)
    select %s, %s, product_id, sku, sku
    from unnest(%s::text[], %s::bigint[]) as item(sku, product_id) order by sku
    on conflict (source_id, source_variant_code) do nothing returning sku, id
"""
LINKS = """
    insert into links (client_id, channel_id, variant_id, product_code, variant_code, from_order)
    select %s, %s, variant_id, product_code, '', true
    from unnest(%s::bigint[], %s::text[]) as item(variant_id, product_code)
    on conflict do nothing returning variant_id
"""


def link_items(channel: Channel, order: Order) -> Order:
    """Inside an open scope, in the transaction that stores the order. The order comes back with a warning for
    every item that was made.

    One that is a variation in the shop is made and not linked: what it is a variation of only the source can
    say, and its first push links it by SKU.
    """
    unknown = _unknown(channel, order.lines)
    if not unknown:
        return order
    owned = [channel.client_id, channel.source_id]
    skus = sorted(unknown)
    with connection.cursor() as cursor:
        titles = [(unknown[sku].title.strip() or sku).replace("\x00", "")[:TITLE_MAX] for sku in skus]
        who = f"order {order.number} of {channel.description}"[:WHO_MAX]
        cursor.execute(PRODUCTS, [*owned, who, skus, titles])
        products = dict(cursor.fetchall())
        cursor.execute(VARIANTS, [*owned, list(products), list(products.values())])
        variants = dict(cursor.fetchall())
        simple = {sku: variant for sku, variant in variants.items() if not _is_variation(unknown[sku])}
        places = [unknown[sku].channel_product_code for sku in simple]
        cursor.execute(LINKS, [channel.client_id, channel.pk, list(simple.values()), places])
        linked = {row[0] for row in cursor.fetchall()}
    told = tuple(_told(unknown[sku], is_linked=variant in linked) for sku, variant in variants.items())
    return replace(order, warnings=order.warnings + told)


def _unknown(channel: Channel, lines: Sequence[OrderLine]) -> dict[str, OrderLine]:
    """The first line of each SKU that no source of the client has, in any spelling. A line that the shop has
    no product for any more is left out."""
    found: dict[str, OrderLine] = {}
    matched = match_lines(channel.pk, channel.source_id, lines)
    for line, variant in zip(lines, matched, strict=True):
        sku = line.sku.strip()
        is_item = 0 < len(sku) <= SKU_MAX and "\x00" not in sku
        if variant is None and is_item and line.channel_product_code not in ("", "0"):
            found.setdefault(sku.upper(), line)
    if not found:
        return {}
    # One that fits several of ours is matched by none of them, and is not unknown for that.
    here = Variant.objects.filter(source_id=channel.source_id, sku_key__in=list(found))
    known = set(here.values_list("sku_key", flat=True))
    known |= set(match_elsewhere(channel.source, set(found)))
    return {line.sku.strip(): line for key, line in found.items() if key not in known}


def _is_variation(line: OrderLine) -> bool:
    return line.channel_variant_code not in ("", "0")


def _told(line: OrderLine, *, is_linked: bool) -> str:
    sku = line.sku.strip()
    made = f"{sku}: no source knows this item, so it was taken into the hub from this order"
    if is_linked:
        made += f" and linked to product {line.channel_product_code} of the shop"
    return f"{made}. It is not on sale here until its source sends it."
