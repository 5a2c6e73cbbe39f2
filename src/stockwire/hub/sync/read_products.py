"""Products out of the tables, many at a time: what the hub holds, and what a channel confirmed of them.

One look-up per table and never one per product; a hundred thousand products are planned through here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from stockwire.domain.plan import DECIMAL_FIELDS, Fields, Known, KnownVariant, Place, Value
from stockwire.domain.records import Image, Product, Variant
from stockwire.hub.images.addresses import public_address
from stockwire.hub.sync.held_stock import held_quantities
from stockwire.hub.sync.ids import id_array
from stockwire.ports import Link

PRODUCTS = """
    select id, source_product_code, active, title, body_html, collection, product_type, vendor, tags,
        option_names
    from products where id = any(%s::bigint[]) order by id
"""
VARIANTS = """
    select product_id, id, source_variant_code, sku, barcode, grams, inventory_management, option_values,
        active
    from variants where product_id = any(%s::bigint[]) order by product_id, id
"""
PRICES = "select variant_id, tier, price from price_tiers where variant_id = any(%s::bigint[])"
QUANTITIES = "select variant_id, warehouse, quantity from quantities where variant_id = any(%s::bigint[])"
META = """
    select product_id, key, value, template_name from product_meta where product_id = any(%s::bigint[])
    order by product_id, key
"""
# Those that have not been read and found good too: a channel is not given them, but they are there.
IMAGES = """
    select client_id, product_id, src, content_hash, kind from images
    where product_id = any(%s::bigint[]) and active
    order by product_id, position, id
"""
# Without those that only an order told of: nothing is sent to a shop on the strength of an order.
LINKS = """
    select variant_id, product_code, variant_code, below, memory::text from links
    where channel_id = %s and variant_id = any(%s::bigint[]) and not from_order
"""
KNOWN = """
    select variant_id, "group", "values"::text from known
    where channel_id = %s and variant_id = any(%s::bigint[])
"""
PRODUCT_LINKS = """
    select product_id, product_code, memory::text from product_links
    where channel_id = %s and product_id = any(%s::bigint[])
"""
KNOWN_PRODUCTS = """
    select product_id, "group", "values"::text from known_products
    where channel_id = %s and product_id = any(%s::bigint[])
"""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Held(NamedTuple):
    """A product as the hub holds it, with the ids of its variants by variant code."""

    product_id: int
    product: Product
    variant_ids: Mapping[str, int]


class Confirmed(NamedTuple):
    """What a channel confirmed of a product: `link` of a product with variants, `links` by variant code."""

    known: Known | None
    link: Link | None = None
    links: Mapping[str, Link] = MappingProxyType({})


NOTHING = Confirmed(None)


def read_products(product_ids: Sequence[int], *, meta: bool = True, images: bool = True) -> list[Held]:
    """These products in the order of their ids, inside an open scope. One that lost its variants to another
    has none. `meta` and `images` are only read where somebody looks at them."""
    ids = id_array(product_ids)
    with connection.cursor() as cursor:
        cursor.execute(VARIANTS, [ids])
        variants = cursor.fetchall()
        variant_ids = [row[1] for row in variants]
        of_variants = id_array(variant_ids)
        tiers = _by_owner(cursor, PRICES, [of_variants])
        quantities = _by_owner(cursor, QUANTITIES, [of_variants])
        attributes, applied = _attributes(cursor, ids) if meta else ({}, {})
        pictures, awaited = _images(cursor, ids) if images else ({}, set())
        held = held_quantities(variant_ids)
        below: dict[int, list[Variant]] = defaultdict(list)
        numbers: dict[int, dict[str, int]] = defaultdict(dict)
        for product_id, variant_id, code, sku, barcode, grams, managed, options, active in variants:
            numbers[product_id][code] = variant_id
            below[product_id].append(
                Variant(
                    code,
                    sku,
                    tiers.get(variant_id) or {},
                    quantities.get(variant_id) or {},
                    held.get(variant_id) or Decimal(0),
                    barcode,
                    grams,
                    managed,
                    tuple(options),
                    active,
                )
            )
        cursor.execute(PRODUCTS, [ids])
        return [
            Held(
                row[0],
                Product(
                    row[1],
                    row[2],
                    row[3],
                    tuple(below[row[0]]),
                    *row[4:9],
                    attributes.get(row[0]) or {},
                    tuple(row[9]),
                    pictures.get(row[0]) or (),
                    applied.get(row[0]) or (),
                    row[0] in awaited,
                ),
                numbers[row[0]],
            )
            for row in cursor.fetchall()
        ]


def read_confirmed(channel_id: int, held: Sequence[Held]) -> dict[int, Confirmed]:
    """Product id to what the channel confirmed of it; products that it has no link to are left out."""
    variant_ids = [number for one in held for number in one.variant_ids.values()]
    with connection.cursor() as cursor:
        cursor.execute(LINKS, [channel_id, id_array(variant_ids)])
        places = {
            row[0]: (Place(row[1], row[2], row[3]), Link(row[1], row[2], _decode(row[4])))
            for row in cursor.fetchall()
        }
        groups = _groups(cursor, KNOWN, channel_id, list(places)) if places else {}
        cursor.execute(PRODUCT_LINKS, [channel_id, id_array(one.product_id for one in held)])
        parents = {row[0]: Link(row[1], "", _decode(row[2])) for row in cursor.fetchall()}
        own = _groups(cursor, KNOWN_PRODUCTS, channel_id, list(parents)) if parents else {}
    found = {}
    for one in held:
        variants, links = {}, {}
        for code, number in one.variant_ids.items():
            at = places.get(number)
            if at is not None:
                variants[code] = KnownVariant(at[0], groups.get(number) or {})
                links[code] = at[1]
        parent = parents.get(one.product_id)
        if variants or parent:
            known = Known(parent.product_code if parent else "", own.get(one.product_id) or {}, variants)
            found[one.product_id] = Confirmed(known, parent, links)
    return found


def typed(fields: Mapping[str, Any]) -> Fields:
    """Values of the known state as the planner compares them: money is Decimal, lists are tuples."""
    values: dict[str, Value] = dict(fields)
    for name, value in fields.items():
        if name in DECIMAL_FIELDS and value is not None:
            values[name] = Decimal(value)
        elif isinstance(value, list):
            values[name] = tuple(value)
    return values


def _by_owner(cursor: Any, sql: str, given: list[Any]) -> dict[int, dict[str, Any]]:
    """Rows of (owner, name, value) as one mapping for each owner."""
    cursor.execute(sql, given)
    found: dict[int, dict[str, Any]] = {}
    for owner, name, value in cursor.fetchall():
        if owner in found:
            found[owner][name] = value
        else:
            found[owner] = {name: value}
    return found


def _attributes(cursor: Any, ids: str) -> tuple[dict[int, dict[str, str]], dict[int, tuple[str, ...]]]:
    """Attributes of each product, and the templates they came with."""
    cursor.execute(META, [ids])
    found: dict[int, dict[str, str]] = {}
    applied: dict[int, tuple[str, ...]] = {}
    for product_id, key, value, template in cursor.fetchall():
        if product_id in found:
            found[product_id][key] = value
        else:
            found[product_id] = {key: value}
        if template and template not in applied.get(product_id, ()):
            applied[product_id] = (*applied.get(product_id, ()), template)
    return found, applied


def _groups(cursor: Any, sql: str, channel_id: int, ids: list[int]) -> dict[int, dict[str, Fields]]:
    cursor.execute(sql, [channel_id, id_array(ids)])
    found: dict[int, dict[str, Fields]] = {}
    for owner, group, values in cursor.fetchall():
        fields = typed(_decode(values))
        if owner in found:
            found[owner][group] = fields
        else:
            found[owner] = {group: fields}
    return found


def _images(cursor: Any, ids: str) -> tuple[dict[int, tuple[Image, ...]], set[int]]:
    """Pictures of each product, one that stands there twice once; and products with some not to be shown."""
    cursor.execute(IMAGES, [ids])
    found: dict[int, tuple[Image, ...]] = {}
    awaited: set[int] = set()
    for client_id, product_id, src, content_hash, kind in cursor.fetchall():
        before = found.get(product_id, ())
        address = public_address(client_id, content_hash, kind) or src if content_hash else ""
        # An uploaded picture has an address only when the hub has a public one.
        if not address.startswith("http"):
            awaited.add(product_id)
        elif all(one.content_hash != content_hash for one in before):
            found[product_id] = (*before, Image(address, content_hash))
    return found, awaited
