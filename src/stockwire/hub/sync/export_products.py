"""Products out of the hub as rows of the import's columns: one per variant, read through a cursor of the
database, never all in memory. What is exported and imported again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from stockwire.domain.pricing import RETAIL
from stockwire.domain.product_columns import OPTIONS, price_column, quantity_column
from stockwire.errors import Refused
from stockwire.hub import tenancy
from stockwire.hub.images.addresses import shown_address
from stockwire.hub.models import Channel, Source

CODES = ("source_product_code", "source_variant_code")
PLAIN = (
    "active",
    "title",
    "body_html",
    "collection",
    "product_type",
    "tags",
    "vendor",
    "sku",
    "barcode",
    "grams",
    "inventory_management",
)
EXTRA = ("product_id", "variant_id", "channel_product_code", "variant_image")
"""Only when asked for: they are for reading, and an import passes over them."""
GROUPS = ("options", "price", "qty", "meta", "images")
"""A group stands for all of its columns: every price list, warehouse, attribute, image."""
FETCH = 2_000


@dataclass(frozen=True, slots=True)
class Export:
    """`rows` have a cell per column, None where there is nothing; to be read inside the context."""

    columns: list[str]
    rows: Iterator[list[str | None]]


@contextmanager
def export_products(
    client_id: int,
    *,
    source_id: int | None = None,
    channel_id: int | None = None,
    columns: Sequence[str] = (),
) -> Iterator[Export]:
    """Products of a source, or those linked to a channel. `columns` are names of PLAIN, EXTRA and GROUPS or
    single columns (price_Trade); none given: everything an import takes. Raises Refused.
    """
    with tenancy.scope(client_id):
        where, value = _which(source_id, channel_id)
        chosen = _chosen(columns, _parts(where, value))
        readers = [_reader(name) for name in chosen]
        with connection.chunked_cursor() as cursor:
            cursor.execute(READ.format(where=where), [value])
            yield Export(chosen, _rows(cursor, readers))


def _which(source_id: int | None, channel_id: int | None) -> tuple[str, int]:
    if (source_id is None) == (channel_id is None):
        raise Refused("An export is of a source or of a channel.", hint="Name one of the two.")
    if source_id is not None:
        if not Source.objects.filter(pk=source_id, linked_to=None).exists():
            raise Refused(
                f"There is no source {source_id} with products.", hint="The status page names them."
            )
        return "p.source_id = %s", source_id
    if not Channel.objects.filter(pk=channel_id).exists():
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    return (
        "v.id in (select l.variant_id from links l where l.channel_id = %s)",
        channel_id or 0,
    )


def _parts(where: str, value: int) -> dict[str, list[str]]:
    """The columns of each group that these products have."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS.format(where=where), [value])
        row = cursor.fetchone()
    tiers, warehouses, keys, images, options = row or ([], [], [], 0, 0)
    return {
        "options": list(OPTIONS[: 2 * (options or 0)]),
        "price": [price_column(tier) for tier in sorted(tiers or [], key=lambda t: (t != RETAIL, t))],
        "qty": [quantity_column(name) for name in sorted(warehouses or [])],
        "meta": [f"meta_{key}" for key in sorted(keys or [])],
        "images": [f"image{number}" for number in range(1, (images or 0) + 1)],
    }


def _chosen(asked: Sequence[str], parts: dict[str, list[str]]) -> list[str]:
    if not asked:
        return [*CODES, *PLAIN, *(name for group in GROUPS for name in parts[group])]
    chosen = list(CODES)
    known = {*PLAIN, *EXTRA, *CODES, *(name for group in parts.values() for name in group)}
    for name in (part.strip() for part in asked):
        if name in parts:
            chosen.extend(parts[name])
        elif name in known:
            chosen.append(name)
        else:
            raise Refused(
                f"There is no column {name} to export.",
                hint=f"Columns: {', '.join((*PLAIN, *EXTRA, *GROUPS))}, or single ones such as price_<list>.",
            )
    return list(dict.fromkeys(chosen))


def _rows(cursor: Any, readers: Sequence[Any]) -> Iterator[list[str | None]]:
    while rows := cursor.fetchmany(FETCH):
        for row in rows:
            record = _Record(row)
            yield [read(record) for read in readers]


class _Record:
    """One row of READ, its parts opened when first asked for."""

    __slots__ = ("images", "meta", "plain", "prices", "quantities")

    def __init__(self, row: Sequence[Any]) -> None:
        self.plain = row
        self.prices, self.quantities, self.meta = (json.loads(text) if text else {} for text in row[16:19])
        self.images = json.loads(row[19]) if row[19] else []


_AT = {
    name: place
    for place, name in enumerate(
        (
            "product_id",
            "variant_id",
            "source_product_code",
            "source_variant_code",
            "active",
            "title",
            "body_html",
            "collection",
            "product_type",
            "tags",
            "vendor",
            "sku",
            "barcode",
            "grams",
            "inventory_management",
        )
    )
}


def _reader(name: str) -> Any:
    if name in ("channel_product_code", "variant_image"):
        return lambda record: None
    if name in OPTIONS:
        number, is_name = int(name[6]) - 1, name.endswith("name")
        return lambda record: _option(record.plain[15], number, is_name=is_name)
    if name in _AT:
        place = _AT[name]
        return lambda record: _text(record.plain[place])
    head, _, part = name.partition("_")
    if head == "price":
        return lambda record: _number(record.prices.get(part or RETAIL))
    if head == "qty":
        return lambda record: _number(record.quantities.get(part))
    if head == "meta":
        return lambda record: record.meta.get(part)
    position = int(name.removeprefix("image")) - 1
    return lambda record: shown_address(record.images[position]) if position < len(record.images) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return None if value is None else str(value)


def _number(text: str | None) -> str | None:
    return None if text is None else f"{Decimal(text).normalize():f}"


def _option(options: Any, number: int, *, is_name: bool) -> str | None:
    names, values = json.loads(options)
    found = names if is_name else values
    return found[number] if number < len(values) and number < len(names) else None


READ = """
    select p.id, v.id, p.source_product_code, v.source_variant_code, p.active and v.active, p.title,
        p.body_html, p.collection, p.product_type, p.tags, p.vendor, v.sku, v.barcode, v.grams,
        v.inventory_management,
        json_build_array(p.option_names, v.option_values)::text,
        (select json_object_agg(t.tier, t.price::text)::text from price_tiers t where t.variant_id = v.id),
        (select json_object_agg(q.warehouse, q.quantity::text)::text from quantities q
            where q.variant_id = v.id),
        (select json_object_agg(m.key, m.value)::text from product_meta m where m.product_id = p.id),
        (select json_agg(i.src order by i.position, i.id)::text from images i
            where i.product_id = p.id and i.active)
    from products p join variants v on v.product_id = p.id
    where {where} order by p.source_id, p.source_product_code, v.id
"""
PARTS = """
    with chosen as materialized (select v.id, p.id as product_id, p.option_names
        from products p join variants v on v.product_id = p.id where {where})
    select (select array_agg(distinct t.tier) from price_tiers t
            where t.variant_id in (select id from chosen)),
        (select array_agg(distinct q.warehouse) from quantities q
            where q.variant_id in (select id from chosen)),
        (select array_agg(distinct m.key) from product_meta m
            where m.product_id in (select product_id from chosen)),
        (select max(n) from (select count(*) as n from images i
            where i.active and i.product_id in (select product_id from chosen) group by i.product_id) x),
        (select max(cardinality(option_names)) from chosen)
"""
