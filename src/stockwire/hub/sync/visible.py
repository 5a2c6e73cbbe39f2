"""What somebody may see of products, customers and orders: pages and counts, held to all their segments.

Of every row that leaves here `domain.segments` was asked; nothing decides that a second time in SQL.
Rows are looked at some hundreds at a time, never all in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from stockwire.domain.segments import Kind, Seen, Segment, admitted_by_all
from stockwire.hub.models import (
    Customer,
    CustomerMeta,
    Order,
    PriceTier,
    Product,
    ProductMeta,
    Quantity,
    Variant,
)

AT_ONCE = 500
Item = dict[str, Any]
People = Sequence[Sequence[Segment]]
"""The segments of each person."""


@dataclass(frozen=True, slots=True)
class Page:
    """`after` asks for the next page; None when there is none."""

    items: list[Item]
    after: int | None


def page(kind: Kind, people: People, wanted: Mapping[str, Any], after: int, limit: int) -> Page:
    """The next items in the order of their ids that all `people` may see, inside an open scope. `wanted` are
    filters by name; None and "" ask for all."""
    items: list[Item] = []
    for item in _seen(kind, people, _filtered(kind, wanted), after):
        if len(items) == limit:
            return Page(items, items[-1]["id"])
        items.append(item)
    return Page(items, None)


def count(kind: Kind, segments: Sequence[Segment]) -> tuple[int, int]:
    """How many may be seen and how many there are, inside an open scope."""
    rows = _filtered(kind, {})
    everything = rows.count()
    if not any(one.kind is kind for one in segments):
        return everything, everything
    return sum(1 for _ in _seen(kind, [segments], rows, 0)), everything


def seen_of(kind: Kind, rows: Sequence[Any]) -> list[Seen]:
    """What segments look at in each of these rows, inside an open scope."""
    return [seen for _, seen in _READERS[kind](rows)]


def _seen(kind: Kind, people: People, rows: Any, after: int) -> Iterator[Item]:
    read = _READERS[kind]
    while found := list(rows.filter(id__gt=after).order_by("id")[:AT_ONCE]):
        for item, seen in read(found):
            if admitted_by_all(people, kind, seen):
                yield item
        after = found[-1].pk


def _filtered(kind: Kind, wanted: Mapping[str, Any]) -> Any:
    asked = {name: value for name, value in wanted.items() if value not in (None, "")}
    search = asked.pop("search", "")
    rows: Any = _ROWS[kind]
    rows = rows.objects.filter(**asked)
    if not search:
        return rows
    found = Q()
    for name in _SEARCHED[kind]:
        found |= Q(**{f"{name}__icontains": search})
    if kind is Kind.PRODUCTS:
        found |= Q(pk__in=Variant.objects.filter(sku__icontains=search).values("product_id"))
    return rows.filter(found)


def _products(rows: Sequence[Product]) -> Iterator[tuple[Item, Seen]]:
    ids = [row.pk for row in rows]
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(product_id__in=ids).order_by("id"):
        variants[variant.product_id].append(variant)
    of_variants = [one.pk for several in variants.values() for one in several]
    prices: dict[int, dict[str, str]] = defaultdict(dict)
    for one in PriceTier.objects.filter(variant_id__in=of_variants).order_by("tier"):
        prices[one.variant_id][one.tier] = f"{one.price:f}"
    quantities: dict[int, dict[str, str]] = defaultdict(dict)
    for held in Quantity.objects.filter(variant_id__in=of_variants).order_by("warehouse"):
        quantities[held.variant_id][held.warehouse] = f"{held.quantity:f}"
    attributes: dict[int, dict[str, str]] = defaultdict(dict)
    for meta in ProductMeta.objects.filter(product_id__in=ids).order_by("key"):
        attributes[meta.product_id][meta.key] = meta.value
    for row in rows:
        own = variants[row.pk]
        seen = Seen(
            {name: getattr(row, name) or "" for name in ("product_type", "vendor", "collection")},
            {
                "prices": [pair for one in own for pair in prices[one.pk].items()],
                "quantities": [pair for one in own for pair in quantities[one.pk].items()],
                "attributes": list(attributes[row.pk].items()),
            },
        )
        plain = ("source_id", "source_product_code", "active", "title", "body_html", "collection")
        item = {
            "id": row.pk,
            **{name: getattr(row, name) for name in (*plain, "product_type", "vendor", "tags")},
            "modified_at": row.modified_at,
            "attributes": attributes[row.pk],
            "variants": [
                {
                    "id": one.pk,
                    **{name: getattr(one, name) for name in _OF_VARIANT},
                    "prices": prices[one.pk],
                    "quantities": quantities[one.pk],
                }
                for one in own
            ],
        }
        yield item, seen


_OF_VARIANT = ("source_variant_code", "sku", "active", "barcode", "grams", "option_values")


def _customers(rows: Sequence[Customer]) -> Iterator[tuple[Item, Seen]]:
    attributes: dict[int, dict[str, str]] = defaultdict(dict)
    for meta in CustomerMeta.objects.filter(customer_id__in=[row.pk for row in rows]).order_by("key"):
        attributes[meta.customer_id][meta.key] = meta.value
    names = ("channel_id", "source_id", "source_customer_code", "username", "first_name", "last_name")
    for row in rows:
        seen = Seen(
            {"source_customer_code": row.source_customer_code, "email": row.email},
            {"attributes": list(attributes[row.pk].items())},
        )
        fields = (*names, "email", "active", "accepts_marketing", "price_tier", "warehouse", "note")
        item = {"id": row.pk, **{name: getattr(row, name) for name in fields}}
        yield item | {"attributes": attributes[row.pk], "modified_at": row.modified_at}, seen


def _orders(rows: Sequence[Order]) -> Iterator[tuple[Item, Seen]]:
    names = ("number", "channel_id", "source_id", "channel_order_code", "document_number", "status", "state")
    for row in rows:
        seen = Seen(
            {
                "status": row.status,
                "channel": str(row.channel_id or ""),
                "source_customer_code": row.source_customer_code,
            }
        )
        people = ("customer_name", "customer_email", "source_customer_code", "currency", "ordered_at")
        item = {"id": row.pk, **{name: getattr(row, name) for name in (*names, *people, "modified_at")}}
        yield item | {"total": None if row.total is None else f"{row.total:f}"}, seen


_ROWS = {Kind.PRODUCTS: Product, Kind.CUSTOMERS: Customer, Kind.ORDERS: Order}
_SEARCHED = {
    Kind.PRODUCTS: ("title", "source_product_code"),
    Kind.CUSTOMERS: ("source_customer_code", "first_name", "last_name", "email", "username"),
    Kind.ORDERS: ("number", "channel_order_code", "document_number", "customer_name"),
}
_READERS: dict[Kind, Callable[[Any], Iterator[tuple[Item, Seen]]]] = {
    Kind.PRODUCTS: _products,
    Kind.CUSTOMERS: _customers,
    Kind.ORDERS: _orders,
}
