"""Addresses of images that rows bring: which are new to a product, and in which order they are shown.

A row adds images and puts them in order; it takes none away. The pictures themselves are fetched later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection

from stockwire.hub.images.addresses import as_stored
from stockwire.hub.models import Source
from stockwire.hub.sync.locate_rows import Place
from stockwire.hub.sync.row_differences import Changes


def image_changes(source: Source, places: Sequence[Place], *, writable: bool) -> dict[str, Changes]:
    """By product code: image<n> with the address before (None where it is new) and after.

    A product that is new takes all; one that is there only when the source may write its images.
    """
    given = {
        place.row.product_code: {
            position: as_stored(source.client_id, src) for position, src in place.row.images.items()
        }
        for place in places
        if place.row.images and (writable or place.new == "product")
    }
    there: dict[str, list[str]] = {code: [] for code in given}
    if any(place.new != "product" for place in places if place.row.product_code in given):
        with connection.cursor() as cursor:
            cursor.execute(IMAGES_OF, {"source": source.pk, "codes": list(given)})
            for code, src in cursor.fetchall():
                there[code].append(src)
    changes: dict[str, Changes] = {}
    for code, images in given.items():
        known = there[code]
        for position, src in sorted(images.items()):
            if position <= len(known) and known[position - 1] == src:
                continue
            before = src if src in known else None
            changes.setdefault(code, {})[f"image{position}"] = (before, src)
    return changes


def store_images(source: Source, changes: Mapping[str, Changes]) -> list[int]:
    """Add the images and set their positions, inside the batch's transaction. Ids of their products."""
    rows = [
        (code, int(name.removeprefix("image")), after)
        for code, of_product in changes.items()
        for name, (_, after) in of_product.items()
    ]
    if not rows:
        return []
    codes, positions, addresses = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "client": source.client_id,
                "source": source.pk,
                "codes": list(codes),
                "positions": list(positions),
                "addresses": list(addresses),
            },
        )
        return sorted({row[0] for row in cursor.fetchall()})


IMAGES_OF = """
    select c.code, i.src from unnest(%(codes)s::text[]) as c(code)
    cross join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = c.code offset 0) p
    join images i on i.product_id = p.id and i.active order by c.code, i.position, i.id
"""
STORE = """
    insert into images as i (client_id, product_id, src, content_hash, position, active)
    select distinct on (p.id, g.src) %(client)s, p.id, g.src, '', g.position, true
    from unnest(%(codes)s::text[], %(positions)s::int[], %(addresses)s::text[]) as g(code, position, src)
    cross join lateral (select p.id from products p
        where p.source_id = %(source)s and p.source_product_code = g.code offset 0) p
    order by p.id, g.src, g.position
    on conflict (product_id, src) do update set position = excluded.position, active = true
    returning i.product_id
"""
