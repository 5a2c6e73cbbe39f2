"""Rows of a file on their way into the temporary table: one line for COPY each, made by hand.

What a row does not speak of is left null there; a product that is new gets what it cannot be without.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from stockwire.domain.product_rows import ProductRow
from stockwire.hub.sync.locate_rows import Place
from stockwire.hub.sync.new_rows import copied_json, given_of
from stockwire.hub.sync.staged_rows import (
    ESCAPED,
    NULL,
    SPECIAL,
    STAGE,
    escaped_names,
    number_array,
)

COLUMNS = (
    "product_code, variant_code, sku, title, body_html, collection, product_type, vendor, tags, barcode, "
    "grams, managed, tiers, prices, warehouses, quantities, meta, active, given"
)


def stage_rows(places: Sequence[Place]) -> None:
    """Bring the rows into this transaction's temporary table, inside an open scope."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(f"copy incoming ({COLUMNS}) from stdin") as copy:
            copy.write("".join(map(_line, places)))


def note_new(client_id: int, who: str, action: str) -> None:
    """The audit of the staged products that are new: everything each was given, an entry per variant."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_NEW, [client_id, who[:150], action[:60]])


def _line(place: Place) -> str:
    row, texts, new = place.row, place.row.texts, place.new == "product"
    sku, barcode, managed = row.sku, row.barcode, row.inventory_management
    if place.new:
        sku, barcode = sku or row.variant_code, barcode or None
        managed = True if managed is None else managed
    values = (
        row.product_code,
        row.variant_code,
        sku,
        texts.get("title"),
        texts.get("body_html"),
        texts.get("collection"),
        texts.get("product_type"),
        texts.get("vendor"),
        texts.get("tags"),
        barcode,
    )
    if new:
        # A blank text of a product that is not there yet takes nothing away.
        values = tuple(value or None for value in values)
    if SPECIAL.search("".join(filter(None, values))):
        values = tuple(value and value.translate(ESCAPED) for value in values)
    meta = _meta(row, new=new) if row.meta else None
    attributes = copied_json(meta) if meta else NULL
    return (
        "\t".join([NULL if value is None else value for value in values])
        + f"\t{NULL if row.grams is None else row.grams}\t{NULL if managed is None else managed}"
        f"\t{escaped_names(tuple(row.prices))}\t{number_array(row.prices)}"
        f"\t{escaped_names(tuple(row.quantities))}\t{number_array(row.quantities)}\t{attributes}"
        f"\t{True if new else NULL if row.active is None else row.active}"
        f"\t{copied_json(given_of(row)) if new else NULL}\n"
    )


def _meta(row: ProductRow, *, new: bool) -> dict[str, str]:
    return {key: value for key, value in row.meta.items() if value or not new}


NOTE_NEW = """
    insert into audit (client_id, who, action, subject, after)
    select %s, %s, %s, product_code, given from incoming where given is not null
"""
