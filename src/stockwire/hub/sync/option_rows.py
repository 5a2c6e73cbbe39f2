"""Options that rows bring: the names belong to the product, the values to its variants.

Whether they are sound together is decided when the product is planned (domain/variants).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection

from stockwire.hub.models import Source
from stockwire.hub.sync.locate_rows import Place
from stockwire.hub.sync.row_differences import Changes
from stockwire.hub.sync.staged_rows import name_array, text_array

Options = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of the product and values of the variant."""


def option_changes(source: Source, places: Sequence[Place], *, writable: bool) -> dict[str, Changes]:
    """By variant code: option<n>_name and option<n>_value before and after, of variants that were there or
    whose product was. A new product takes all; one that is there only when the source may write its options.
    """
    asked = [p for p in places if p.row.options is not None and p.product_id is not None and writable]
    if not asked:
        return {}
    there = _there(source, asked)
    changes: dict[str, Changes] = {}
    for place in asked:
        names, values = there[place.row.variant_code]
        given = _given(place)
        for kind, before, after in (("name", names, given[0]), ("value", values, given[1])):
            for n in range(max(len(before), len(after))):
                old, new = (one[n] if n < len(one) else None for one in (before, after))
                if old != new:
                    changes.setdefault(place.row.variant_code, {})[f"option{n + 1}_{kind}"] = (old, new)
    return changes


def store_options(source: Source, places: Sequence[Place], changes: Mapping[str, Changes]) -> set[int]:
    """Write the options of new products and those that change, inside the batch's transaction. The ids of the
    products that were touched."""
    asked = [
        place
        for place in places
        if place.row.options is not None
        and (place.row.variant_code in changes or (place.product_id is None and place.row.options))
    ]
    if not asked:
        return set()
    given = [_given(place) for place in asked]
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "source": source.pk,
                "products": text_array([place.row.product_code for place in asked]),
                "variants": text_array([place.row.variant_code for place in asked]),
                "names": text_array([name_array(names) for names, _ in given]),
                "values": text_array([name_array(values) for _, values in given]),
            },
        )
        return {row[0] for row in cursor.fetchall()}


def _given(place: Place) -> Options:
    options = place.row.options or ()
    return tuple(name for name, _ in options), tuple(value for _, value in options)


def _there(source: Source, places: Sequence[Place]) -> dict[str, Options]:
    with connection.cursor() as cursor:
        cursor.execute(
            THERE,
            {
                "source": source.pk,
                "products": text_array([place.row.product_code for place in places]),
                "variants": text_array([place.row.variant_code for place in places]),
            },
        )
        return {code: (tuple(names or ()), tuple(values or ())) for code, names, values in cursor.fetchall()}


_PLACES = "unnest(%(products)s::text[], %(variants)s::text[]"
THERE = f"""
    select g.variant, p.option_names, v.option_values from {_PLACES}) as g(product, variant)
    cross join lateral (select p.option_names from products p
        where p.source_id = %(source)s and p.source_product_code = g.product offset 0) p
    left join lateral (select v.option_values from variants v
        where v.source_id = %(source)s and v.source_variant_code = g.variant offset 0) v on true
"""  # noqa: S608 - the parts are constants of this file
STORE = f"""
    with given as materialized (
        select p.id as product_id, v.id as variant_id, g.names::text[] as names, g.values::text[] as values
        from {_PLACES}, %(names)s::text[], %(values)s::text[]) as g(product, variant, names, values)
        cross join lateral (select p.id from products p
            where p.source_id = %(source)s and p.source_product_code = g.product offset 0) p
        cross join lateral (select v.id from variants v
            where v.source_id = %(source)s and v.source_variant_code = g.variant offset 0) v
    ), named as (
        update products p set option_names = g.names
        from (select distinct on (product_id) product_id, names from given order by product_id) g
        where p.id = g.product_id
    ), valued as (
        update variants v set option_values = g.values from given g where v.id = g.variant_id
    ) select distinct product_id from given
"""  # noqa: S608
