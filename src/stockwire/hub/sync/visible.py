"""What somebody may see of products, customers and orders: pages and counts, held to all their segments.

Of every row that leaves here `domain.segments` was asked; nothing decides that a second time in SQL.
Rows are looked at some hundreds at a time, never all in memory. An order shows its customer, so it is seen by
whoever may see both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q

from stockwire.domain.segments import Kind, Seen, Segment, admits, admitted_by_all
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
LIMITS: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.PRODUCTS: (Kind.PRODUCTS,),
    Kind.CUSTOMERS: (Kind.CUSTOMERS,),
    Kind.ORDERS: (Kind.ORDERS, Kind.CUSTOMERS),
}
"""The kinds of segments that limit what is seen of each kind."""
Item = dict[str, Any]
Looks = Mapping[Kind, Seen]
"""What segments look at in one row, by the kind of segment that limits it."""
People = Sequence[Sequence[Segment]]
"""The segments of each person."""


class OrderFacts(Protocol):
    """What segments ask of an order: a row of it, or what several have in common."""

    @property
    def status(self) -> str: ...
    @property
    def channel_id(self) -> int | None: ...
    @property
    def source_customer_code(self) -> str: ...
    @property
    def customer_email(self) -> str: ...


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
    if not limits(segments, kind):
        return everything, everything
    return sum(1 for _ in _seen(kind, [segments], rows, 0)), everything


def limits(segments: Sequence[Segment], kind: Kind) -> bool:
    """Whether somebody with these segments may not see everything of this kind."""
    return any(one.kind in LIMITS[kind] for one in segments)


def seen_of(kind: Kind, rows: Sequence[Any]) -> list[Seen]:
    """What segments of this kind look at in each of these rows, inside an open scope."""
    return [looks[kind] for _, looks in _READERS[kind](rows)]


def seen_products(segments: Sequence[Segment], product_ids: Sequence[int]) -> list[int]:
    """Those of these products that somebody may see, inside an open scope."""
    found: list[int] = []
    for start in range(0, len(product_ids), AT_ONCE):
        rows = Product.objects.filter(pk__in=product_ids[start : start + AT_ONCE])
        for item, looks in _products(list(rows)):
            if admits(segments, Kind.PRODUCTS, looks[Kind.PRODUCTS]):
                found.append(item["id"])
    return found


def order_looks(rows: Sequence[OrderFacts]) -> list[Looks]:
    """What segments look at in orders with these facts, inside an open scope."""
    codes = {row.source_customer_code for row in rows} - {""}
    known = Customer.objects.filter(source_customer_code__in=codes) if codes else []
    customers = {(one.channel_id, one.source_customer_code): one.pk for one in known}
    attributes = _attributes(list(customers.values()))
    return [
        {
            Kind.ORDERS: Seen(
                {
                    "status": row.status,
                    "channel": str(row.channel_id or ""),
                    "source_customer_code": row.source_customer_code,
                }
            ),
            Kind.CUSTOMERS: Seen(
                {"source_customer_code": row.source_customer_code, "email": row.customer_email},
                {
                    "attributes": list(
                        attributes[customers.get((row.channel_id, row.source_customer_code), 0)].items()
                    )
                },
            ),
        }
        for row in rows
    ]


def _seen(kind: Kind, people: People, rows: Any, after: int) -> Iterator[Item]:
    read = _READERS[kind]
    while found := list(rows.filter(id__gt=after).order_by("id")[:AT_ONCE]):
        for item, looks in read(found):
            if all(admitted_by_all(people, of, seen) for of, seen in looks.items()):
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


def _products(rows: Sequence[Product]) -> Iterator[tuple[Item, Looks]]:
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
        yield item, {Kind.PRODUCTS: seen}


_OF_VARIANT = ("source_variant_code", "sku", "active", "barcode", "grams", "option_values")


def _customers(rows: Sequence[Customer]) -> Iterator[tuple[Item, Looks]]:
    attributes = _attributes([row.pk for row in rows])
    names = ("channel_id", "source_id", "source_customer_code", "username", "first_name", "last_name")
    for row in rows:
        seen = Seen(
            {"source_customer_code": row.source_customer_code, "email": row.email},
            {"attributes": list(attributes[row.pk].items())},
        )
        fields = (*names, "email", "active", "accepts_marketing", "price_tier", "warehouse", "note")
        item = {"id": row.pk, **{name: getattr(row, name) for name in fields}}
        item |= {"attributes": attributes[row.pk], "modified_at": row.modified_at}
        yield item, {Kind.CUSTOMERS: seen}


def _attributes(customer_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    attributes: dict[int, dict[str, str]] = defaultdict(dict)
    for meta in CustomerMeta.objects.filter(customer_id__in=customer_ids).order_by("key"):
        attributes[meta.customer_id][meta.key] = meta.value
    return attributes


def _orders(rows: Sequence[Order]) -> Iterator[tuple[Item, Looks]]:
    names = ("number", "channel_id", "source_id", "channel_order_code", "document_number", "status", "state")
    for row, looks in zip(rows, order_looks(rows), strict=True):
        people = ("customer_name", "customer_email", "source_customer_code", "currency", "ordered_at")
        item = {"id": row.pk, **{name: getattr(row, name) for name in (*names, *people, "modified_at")}}
        yield item | {"total": None if row.total is None else f"{row.total:f}"}, looks


_ROWS = {Kind.PRODUCTS: Product, Kind.CUSTOMERS: Customer, Kind.ORDERS: Order}
_SEARCHED = {
    Kind.PRODUCTS: ("title", "source_product_code"),
    Kind.CUSTOMERS: ("source_customer_code", "first_name", "last_name", "email", "username"),
    Kind.ORDERS: ("number", "channel_order_code", "document_number", "customer_name"),
}
_READERS: dict[Kind, Callable[[Any], Iterator[tuple[Item, Looks]]]] = {
    Kind.PRODUCTS: _products,
    Kind.CUSTOMERS: _customers,
    Kind.ORDERS: _orders,
}
