"""Names that a source's products have already: price lists, warehouses, attributes."""

from __future__ import annotations

from django.db import connection

from stockwire.domain.product_columns import Names
from stockwire.hub.models import Source


def names_of(source: Source) -> Names:
    """Inside an open scope."""
    found = []
    with connection.cursor() as cursor:
        for sql in (TIERS, WAREHOUSES, META_KEYS):
            cursor.execute(sql, [source.pk])
            found.append(frozenset(row[0] for row in cursor.fetchall()))
    return Names(*found)


TIERS = """
    select distinct t.tier from variants v join price_tiers t on t.variant_id = v.id where v.source_id = %s
"""
WAREHOUSES = """
    select distinct q.warehouse from variants v join quantities q on q.variant_id = v.id
    where v.source_id = %s
"""
META_KEYS = """
    select distinct m.key from products p join product_meta m on m.product_id = p.id where p.source_id = %s
"""
