"""Rows on their way into the tables: brought to this transaction's temporary table by COPY, which nobody else
sees, and so before any lock is taken. What is stored of them is decided in store_products.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from stockwire.domain.records import Active, SourceProduct

NULL = "\\N"
SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""What means something to COPY."""


@dataclass(frozen=True, slots=True)
class Staged:
    """`active` rows stand in the temporary table. `gone` are codes of products that are to go as a whole, and
    `gone_variants` codes of variants: without an active one its product goes too."""

    active: int
    has_meta: bool
    gone: list[str]
    gone_variants: list[str] = field(default_factory=list)


def stage(products: Sequence[SourceProduct], removed: Sequence[str] = ()) -> Staged:
    """Bring products of a source to the database.

    ACTIVE creates or updates; DELETE deactivates what is there; IGNORE touches nothing (the guide's table).
    A code in `removed` vanished from the source and counts as DELETE.
    """
    active = [product for product in products if product.product_active is Active.ACTIVE]
    deleted = [p.source_variant_code for p in products if p.product_active is Active.DELETE]
    if active:
        with connection.cursor() as cursor:
            cursor.execute(STAGE)
            with cursor.copy(f"copy incoming ({COLUMNS}) from stdin") as copy:
                copy.write("".join(map(_line, range(len(active)), active)))
    return Staged(len(active), any(product.meta for product in active), [], [*deleted, *removed])


def _line(place: int, product: SourceProduct) -> str:
    """A row for COPY in its text form. By hand: value by value it takes the driver three times as long."""
    texts = (
        product.source_product_code,
        product.source_variant_code,
        product.sku,
        product.title,
        product.body_html,
        product.collection,
        product.product_type,
        product.vendor,
        product.tags,
        product.barcode,
    )
    if SPECIAL.search("".join(filter(None, texts))):
        texts = tuple(text and text.translate(ESCAPED) for text in texts)
    tiers, quantities = product.price_tiers, product.quantities
    grams = NULL if product.grams is None else product.grams
    meta = json.dumps(dict(product.meta)).translate(ESCAPED) if product.meta else NULL
    return (
        "\t".join([NULL if text is None else text for text in texts])
        + f"\t{grams}\t{'t' if product.inventory_management else 'f'}"
        f"\t{escaped_names(tuple(tiers))}\t{number_array(tiers)}"
        f"\t{escaped_names(tuple(quantities))}\t{number_array(quantities)}\t{meta}\tt"
        f"\t{_escaped_texts(product.option_names)}\t{_escaped_texts(product.option_values)}\tt\t{place}\n"
    )


def _escaped_texts(texts: tuple[str, ...] | None) -> str:
    return NULL if texts is None else text_array(texts).translate(ESCAPED)


@lru_cache(maxsize=1024)
def escaped_names(names: tuple[str, ...]) -> str:
    """As name_array, for a line of COPY."""
    return name_array(names).translate(ESCAPED)


@lru_cache(maxsize=1024)
def name_array(names: tuple[str, ...]) -> str:
    """As text_array; a catalogue has few different sets of price lists and warehouses."""
    return text_array(names)


def text_array(texts: Iterable[str]) -> str:
    """A PostgreSQL array literal, many times faster than the driver's own."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"


def number_array(amounts: Mapping[str, Decimal]) -> str:
    """The amounts as a PostgreSQL array literal, in the order of their names."""
    return "{" + ",".join(map(str, amounts.values())) + "}"


COLUMNS = (
    "product_code, variant_code, sku, title, body_html, collection, product_type, vendor, tags, barcode, "
    "grams, managed, tiers, prices, warehouses, quantities, meta, active, option_names, option_values, "
    "variant_active, place"
)
# `given` is what the audit is told of a new product. Without a `place` nothing is known of what came after
# what; without `variant_active` the variant stays as on or off as it is.
STAGE = """
    create temporary table if not exists incoming (
        product_code text, variant_code text, sku text, title text, body_html text, collection text,
        product_type text, vendor text, tags text, barcode text, grams integer, managed boolean,
        tiers text[], prices numeric(16, 4)[], warehouses text[], quantities numeric(16, 4)[], meta json,
        active boolean, option_names text[], option_values text[], variant_active boolean, place integer,
        given jsonb
    ) on commit delete rows;
    delete from incoming
"""
