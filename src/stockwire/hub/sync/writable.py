"""Which fields of a source's rows may be written: all of a new product, and of one that is there already only
those that the source's flags give to the source (behaviours A1, A6, A7).

Works on rows that stand in the transaction's temporary table, before they are stored, so that whatever brings
rows (an agent, an import, a linked source) keeps to the same rule. Without flags there is nothing to do, and
nothing is done.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from stockwire.domain.flags import Flags, Owner, source_flags
from stockwire.hub.models import Flag, Source

SCALARS = (
    "title",
    "body_html",
    "collection",
    "product_type",
    "tags",
    "vendor",
    "options",
    "sku",
    "barcode",
    "grams",
    "inventory_management",
)


def flags_of(source: Source) -> Flags:
    """The flags of a source, inside an open scope."""
    stored = dict(Flag.objects.filter(source=source).values_list("field", "owner"))
    return source_flags(source.description, stored, linked=source.linked_to_id is not None)


def withholds_anything(flags: Flags) -> bool:
    """Whether some field is not the source's to write."""
    return flags.default is not Owner.SOURCE or any(o is not Owner.SOURCE for o in flags.owners.values())


def may_write(flags: Flags, name: str) -> bool:
    """Whether a field of a product that is there already may be written by the source."""
    return flags.answer(name).owner is Owner.SOURCE


def keep_to_writable(source: Source, flags: Flags, *, partial: bool = False) -> None:
    """Let the staged rows of products that `source` has already say nothing new of fields not theirs.

    With `partial` a row speaks only of what it names: whatever it leaves out stays, price lists too. Products
    and variants that are new are left as they came.
    """
    given: dict[str, Any] = {"source": source.pk, "partial": partial}
    given |= {name: not may_write(flags, name) for name in SCALARS}
    given |= {"qty": not may_write(flags, "qty")}
    for head in ("price", "qty", "meta"):
        exact = {
            name.partition(".")[2]: owner
            for name, owner in flags.owners.items()
            if name.startswith(f"{head}.") and name != f"{head}.*"
        }
        given[f"{head}_rest"] = not may_write(flags, f"{head}.*")
        given[f"{head}_free"] = [part for part, owner in exact.items() if owner is Owner.SOURCE]
        given[f"{head}_kept"] = [part for part, owner in exact.items() if owner is not Owner.SOURCE]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_PRODUCT, given)
        cursor.execute(KEEP_VARIANT, given)


def _kept(head: str, name: str) -> str:
    """SQL: whether the part called `name` is withheld from the source."""
    return (
        f"(lower({name}) = any(%({head}_kept)s)"
        f" or %({head}_rest)s and not lower({name}) = any(%({head}_free)s))"
    )


def _kept_warehouse(name: str) -> str:
    """SQL: as `_kept`; the source's only or summed warehouse goes by the flag qty itself."""
    return f"(case when {name} = '' then %(qty)s else {_kept('qty', name)} end)"


def _text(name: str) -> str:
    """SQL: null leaves the text that is there. Blank where there is none already is no change."""
    return (
        f"{name} = case when %({name})s or (i.{name} = '' and coalesce(p.{name}, '') = '') then null"
        f" else i.{name} end"
    )


KEEP_PRODUCT = f"""
    update incoming i set
        active = coalesce(i.active, p.active),
        title = case when %(title)s then p.title else coalesce(i.title, p.title) end,
        {", ".join(map(_text, ("body_html", "collection", "product_type", "tags", "vendor")))},
        option_names = case when %(options)s then null else i.option_names end,
        meta = (select json_object_agg(a.key, a.value) from json_each_text(i.meta) a
            where not {_kept("meta", "a.key")}
            and (a.value <> '' or exists (
                select 1 from product_meta m where m.product_id = p.id and m.key = a.key)))
    from (select i.ctid as place, p.* from incoming i
        cross join lateral (select p.* from products p where p.source_id = %(source)s
            and p.source_product_code = i.product_code offset 0) p) p
    where i.ctid = p.place
"""  # noqa: S608 - the parts are constants of this file
KEEP_VARIANT = f"""
    update incoming i set
        sku = case when %(sku)s then v.sku else coalesce(i.sku, v.sku) end,
        barcode = case when %(barcode)s or (i.barcode = '' and coalesce(v.barcode, '') = '') then null
            else i.barcode end,
        grams = case when %(grams)s then null else i.grams end,
        option_values = case when %(options)s then null else i.option_values end,
        managed = case when %(inventory_management)s then v.inventory_management
            else coalesce(i.managed, v.inventory_management) end,
        (tiers, prices) = (select coalesce(array_agg(a.tier), '{{}}'), coalesce(array_agg(a.price), '{{}}')
            from (select a.tier, a.price from unnest(i.tiers, i.prices) as a(tier, price)
                where not {_kept("price", "a.tier")}
                union all
                select t.tier, t.price from price_tiers t where t.variant_id = v.id
                and ({_kept("price", "t.tier")} or %(partial)s and t.tier <> all(i.tiers))) a),
        (warehouses, quantities) = (
            select coalesce(array_agg(a.warehouse), '{{}}'), coalesce(array_agg(a.quantity), '{{}}')
            from (select a.warehouse, a.quantity
                from unnest(i.warehouses, i.quantities) as a(warehouse, quantity)
                where not {_kept_warehouse("a.warehouse")}
                union all
                select q.warehouse, q.quantity from quantities q where q.variant_id = v.id
                and {_kept_warehouse("q.warehouse")}) a)
    from (select i.ctid as place, v.* from incoming i
        cross join lateral (select v.* from variants v where v.source_id = %(source)s
            and v.source_variant_code = i.variant_code offset 0) v) v
    where i.ctid = v.place
"""  # noqa: S608
