"""What a file's rows speak of: which product and variant each names, and what may happen to it.

Looks and decides; writes nothing. Rows that cannot be used leave with the reason and the fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from stockwire.domain.product_rows import ProductRow, RowResult
from stockwire.hub.models import Source
from stockwire.hub.sync.staged_rows import text_array


@dataclass(frozen=True, slots=True)
class Place:
    """A row with both its codes filled in. `new` is "product" when this file brings it, "variant" or "".
    `off`: its variant is not active; `moved_from` is the product it leaves, if any."""

    row: ProductRow
    product_id: int | None
    new: str
    off: bool = False
    moved_from: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """`places` are rows to be stored, `gone` those whose product is deactivated, `gone_variants` those of
    which only the variant is, `settled` the others."""

    places: list[Place]
    gone: list[Place]
    gone_variants: list[Place]
    settled: list[RowResult]


def locate(source: Source, rows: Sequence[ProductRow], *, create: bool, coming: set[str]) -> Located:
    """Find what the rows speak of, inside an open scope. Without `create` what is new is skipped. `coming`
    are products that earlier rows bring; those of these rows are added to it."""
    asked = {
        "source": source.pk,
        "products": text_array([row.product_code for row in rows]),
        "variants": text_array([row.variant_code for row in rows]),
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCATE, asked)
        found = cursor.fetchall()
    located = Located([], [], [], [])
    going: dict[int, list[tuple[ProductRow, _Seen]]] = {}
    for row, values in zip(rows, found, strict=True):
        seen = _Seen(*values)
        if row.active is False:
            _decide_to_go(located, row, seen, going)
        else:
            _decide(located, row, seen, create=create, coming=coming)
    for product_id, together in going.items():
        _go_together(located, product_id, together)
    _once_each(located)
    return located


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the tables have under a row's codes. `variants` counts the active ones of the product, `of_code`
    is the product of its variant, `first` a variant of its product where the row names none."""

    product_id: int | None
    active: bool | None
    variants: int
    variant_id: int | None
    on: bool | None
    of_id: int | None
    of_code: str | None
    of_active: bool | None
    first: str | None


def _decide(located: Located, row: ProductRow, seen: _Seen, *, create: bool, coming: set[str]) -> None:
    product_id = seen.product_id
    if not row.product_code and seen.variant_id is not None:
        row, product_id = replace(row, product_code=seen.of_code or ""), seen.of_id
    known = row.product_code in coming
    if not row.variant_code and seen.first is not None:
        row = replace(row, variant_code=seen.first)
        seen = replace(seen, variant_id=0, of_id=product_id, on=True)
    new = "product" if known or product_id is None else "variant" if seen.variant_id is None else ""
    if new and not create:
        what = "product" if new == "product" else "variant"
        located.settled.append(
            RowResult(
                row.number, row.code, "skipped", message=f"{row.code} is a new {what}; new ones are skipped."
            )
        )
        return
    problem = _why_not(row, seen, product_id, new=new, known=known)
    if problem is not None:
        located.settled.append(RowResult(row.number, row.code, "problem", message=problem[0], fix=problem[1]))
        return
    if new:
        coming.add(row.product_code)
    moved_from = seen.of_code or "" if seen.variant_id and seen.of_id != product_id else ""
    located.places.append(Place(row, product_id, new, off=seen.on is False, moved_from=moved_from))


def _why_not(
    row: ProductRow, seen: _Seen, product_id: int | None, *, new: str, known: bool
) -> tuple[str, str] | None:
    if new and not (row.product_code and row.variant_code):
        missing = "source_product_code" if not row.product_code else "source_variant_code"
        return (
            f"{row.code} is not known here, and a new one needs both its codes.",
            f"Correct the code, or fill in {missing}.",
        )
    if new == "product" and not known and not row.texts.get("title", "").strip():
        return f"{row.code} is new and has no title.", "Fill in the column title, or correct the code."
    if seen.variant_id and seen.of_id != product_id and seen.of_active:
        return (
            f"{row.variant_code} belongs to the product {seen.of_code}.",
            f"To move it, deactivate {seen.of_code} first (active FALSE) and let that reach the channels.",
        )
    return None


def _decide_to_go(
    located: Located, row: ProductRow, seen: _Seen, going: dict[int, list[tuple[ProductRow, _Seen]]]
) -> None:
    if seen.product_id is None or (row.variant_code and seen.variant_id is None):
        result = RowResult(
            row.number, row.code, "nothing", message=f"{row.code} is not here, so nothing goes."
        )
        located.settled.append(result)
    elif row.variant_code and seen.of_id != seen.product_id:
        located.settled.append(
            RowResult(
                row.number,
                row.code,
                "problem",
                message=f"{row.variant_code} belongs to {seen.of_code}, not to {row.product_code}.",
                fix="Correct one of the codes.",
            )
        )
    else:
        going.setdefault(seen.product_id, []).append((row, seen))


def _once_each(located: Located) -> None:
    """A variant is spoken of once. A row that names its product only may mean one that another row names."""
    first: dict[str, int] = {}
    places = located.places[:]
    located.places.clear()
    for place in places:
        code, number = place.row.variant_code, place.row.number
        if (at := first.setdefault(code, number)) == number:
            located.places.append(place)
            continue
        message = f"{code} is what row {at} speaks of already."
        located.settled.append(
            RowResult(number, code, "problem", message=message, fix="Keep one of the two rows.")
        )


def _go_together(located: Located, product_id: int, rows: Sequence[tuple[ProductRow, _Seen]]) -> None:
    """The product goes when its last active variant does, or a row names no variant; else the variants do."""
    named = {row.variant_code for row, seen in rows if seen.on or not row.variant_code}
    whole = "" in named or len(named) >= rows[0][1].variants
    for row, seen in rows:
        if seen.active is False or (row.variant_code and not seen.on):
            message = f"{row.code} is deactivated already."
            located.settled.append(RowResult(row.number, row.code, "nothing", message=message))
        else:
            (located.gone if whole else located.gone_variants).append(Place(row, product_id, ""))


# One index look-up per row, fenced as in store_products.
LOCATE: Any = """
    select p.id, p.active, coalesce(n.variants, 0), v.id, v.active, v.product_id, vp.source_product_code,
        vp.active, f.code
    from unnest(%(products)s::text[], %(variants)s::text[]) with ordinality as g(product, variant, place)
    left join lateral (select p.id, p.active from products p
        where p.source_id = %(source)s and p.source_product_code = g.product offset 0) p on true
    left join lateral (select v.id, v.active, v.product_id from variants v
        where v.source_id = %(source)s and v.source_variant_code = g.variant offset 0) v on true
    left join lateral (select vp.source_product_code, vp.active from products vp
        where vp.id = v.product_id offset 0) vp on true
    left join lateral (select count(*) as variants from variants n
        where n.product_id = p.id and n.active offset 0) n on true
    left join lateral (select f.source_variant_code as code from variants f
        where g.variant = '' and f.product_id = p.id order by f.id limit 1) f on true
    order by g.place
"""
