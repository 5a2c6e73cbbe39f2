"""Products by what an operator calls them: an SKU, a stock code or a product code, however it is spelt.

What is not there is said with what is known of it: another source has it, or its row cannot be used.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from stockwire.errors import Refused
from stockwire.hub.models import Channel, Source, SourceProblem

FOUND = """
    select product_id from variants where source_id = %(source)s and sku_key = upper(trim(%(said)s))
    union select product_id from variants
        where source_id = %(source)s and source_variant_code = trim(%(said)s)
    union select id from products where source_id = %(source)s and source_product_code = trim(%(said)s)
"""
# No index answers this, so it is asked only where the others found nothing.
ANY_CASE = """
    select id from products where source_id = %(source)s
        and upper(source_product_code) = upper(trim(%(said)s))
    union select product_id from variants where source_id = %(source)s
        and upper(source_variant_code) = upper(trim(%(said)s))
"""
ELSEWHERE = """
    select distinct s.description from variants v join sources s on s.id = v.source_id
    where v.sku_key = upper(trim(%s)) and v.source_id <> %s order by 1
"""


def product_ids(channel: Channel, skus: Sequence[str]) -> list[int]:
    """The products of these SKUs or codes, in the order asked for, inside an open scope. Raises Refused
    naming one that does not exist."""
    found: list[int] = []
    with connection.cursor() as cursor:
        for sku in skus:
            asked = {"source": channel.source_id, "said": sku}
            cursor.execute(FOUND, asked)
            rows = cursor.fetchall()
            if not rows:
                cursor.execute(ANY_CASE, asked)
                rows = cursor.fetchall()
            if not rows:
                raise _not_there(channel.source, sku.strip())
            found += [row[0] for row in sorted(rows) if row[0] not in found]
    return found


def _not_there(source: Source, sku: str) -> Refused:
    problem = SourceProblem.objects.filter(source=source, code__iexact=sku[:100]).first()
    if problem is not None:
        return Refused(
            f"{sku} is not in the hub, because its row in {source.description} cannot be used:"
            f" {problem.message}",
            hint=problem.hint or "Put the row right in the source; it comes in with the next reading.",
        )
    with connection.cursor() as cursor:
        cursor.execute(ELSEWHERE, [sku, source.pk])
        others = [row[0] for row in cursor.fetchall()]
    if others:
        return Refused(
            f"There is no SKU {sku} in {source.description}, this channel's source; {', '.join(others)} has"
            " it.",
            hint="A channel offers what its own source has: ask about a channel of the other source.",
        )
    return Refused(
        f"There is no SKU {sku} in {source.description}, this channel's source.",
        hint="Check the stock code; an item set to IGNORE from the start has never come in.",
    )
