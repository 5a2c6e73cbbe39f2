"""Products out and in again: into the same hub without a change, into an empty one to the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Any text PostgreSQL can hold, with what spreadsheets and CSV find hardest more often than chance would.
ODD = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=12),
    st.sampled_from(
        ["=1+1", "'=x", "''", "'", "-", '"', 'a"b', "a,b;c\t|", "\r\n", "\n", "\r", " ", "", "ÿþ"]
    ),
)
TITLE = ODD.filter(lambda text: text.strip() != "")
TEXT = ODD.map(str.strip).filter(bool)
CODE = st.text("ABCabc019-_/.=+'\" ,;ü", min_size=1, max_size=8).map(str.strip).filter(bool)
AMOUNT = st.decimals(0, 99_999, places=4, allow_nan=False)


@st.composite
def catalogue(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for code in draw(st.lists(CODE, unique=True, min_size=1, max_size=4)):
        optional = st.one_of(st.none(), ODD)
        made.append(
            {
                "code": code,
                "title": draw(TITLE),
                "texts": [draw(optional) for _ in range(5)],
                "barcode": draw(st.one_of(st.none(), CODE)),
                "active": draw(st.booleans()),
                "tiers": draw(
                    st.dictionaries(st.sampled_from(["retail", "Trade", "a b"]), AMOUNT, max_size=3)
                ),
                "stock": draw(st.dictionaries(st.sampled_from(["", "JHB", "Cape Town"]), AMOUNT, max_size=2)),
                "meta": draw(
                    st.dictionaries(st.sampled_from(["colour", "Size", "x y", "a_b"]), ODD, max_size=3)
                ),
            }
        )
    return made


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=catalogue())
def test_what_is_exported_and_imported_again_changes_nothing(hub: Any, tmp_path: Path, made: Any) -> None:
    from stockwire.files.csv_writing import write_csv
    from stockwire.hub.sync.export_products import export_products
    from stockwire.hub.sync.import_products import Options, import_products

    put_into_the_tables(hub, made)
    file = tmp_path / "exported.csv"
    with export_products(hub.client_id, source_id=hub.source_id) as found:
        assert write_csv(file, found.columns, found.rows) == len(made)
    seen: list[Any] = []
    counts = import_products(
        hub.client_id,
        hub.source_id,
        file,
        Options("thandi", dry_run=True, ignore_flags=True),
        report=seen.append,
    )
    assert [r for r in seen if r.outcome != "nothing"] == [], file.read_bytes()
    assert (counts.rows, counts.queued, counts.problems) == (len(made), 0, 0)


def put_into_the_tables(hub: Any, made: Any) -> None:
    """Straight into the tables, as no import would: round trips must not depend on our own tidiness."""
    from stockwire.hub import models

    hub.owner.execute("truncate products, variants, price_tiers, quantities, product_meta cascade")
    with hub.scope():
        ours = {"client_id": hub.client_id}
        for item in made:
            product = put_product(hub, item, active=item["active"])
            variant = models.Variant.objects.create(
                **ours,
                source_id=hub.source_id,
                product=product,
                source_variant_code=item["code"],
                sku=item["code"],
                barcode=item["barcode"],
            )
            for tier, price in item["tiers"].items():
                models.PriceTier.objects.create(**ours, variant=variant, tier=tier, price=price)
            for warehouse, quantity in item["stock"].items():
                models.Quantity.objects.create(
                    **ours, variant=variant, warehouse=warehouse, quantity=quantity
                )


def put_product(hub: Any, item: Any, **more: Any) -> Any:
    """A product with its attributes, in an open scope."""
    from stockwire.hub import models

    names = ("body_html", "collection", "product_type", "tags", "vendor")
    product = models.Product.objects.create(
        client_id=hub.client_id,
        source_id=hub.source_id,
        source_product_code=item["code"],
        title=item["title"],
        **dict(zip(names, item["texts"], strict=True)),
        **more,
    )
    for key, value in item["meta"].items():
        models.ProductMeta.objects.create(client_id=hub.client_id, product=product, key=key, value=value)
    return product


@st.composite
def families(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Products of one or several variants, with options, pictures and all that an export has a column for."""
    made: list[dict[str, Any]] = []
    for number, code in enumerate(draw(st.lists(CODE, unique_by=str.casefold, min_size=1, max_size=3))):
        names = draw(st.lists(st.sampled_from(["Size", "Colour", "=Fit", "size 2"]), unique=True, max_size=3))
        values = st.lists(TEXT, min_size=len(names), max_size=len(names)).map(tuple)
        several = draw(
            st.lists(values, min_size=1, max_size=4, unique_by=lambda v: tuple(x.casefold() for x in v))
        )
        made.append(
            {
                "code": code,
                "title": draw(TITLE),
                "texts": [draw(st.one_of(st.none(), ODD)) for _ in range(5)],
                "names": names,
                "meta": draw(
                    st.dictionaries(st.sampled_from(["colour", "Size", "x y", "a_b"]), TEXT, max_size=3)
                ),
                "images": [
                    f"https://cdn.example.co.za/{number}-{n}.jpg" for n in range(draw(st.integers(0, 2)))
                ],
                "variants": [
                    {
                        "code": f"{code}-{at}",
                        "values": values if names else (),
                        "sku": f"{code}-{at}",
                        "barcode": draw(st.one_of(st.none(), CODE)),
                        "grams": draw(st.one_of(st.none(), st.integers(0, 2_000_000))),
                        "managed": draw(st.booleans()),
                        "tiers": draw(st.dictionaries(st.sampled_from(["retail", "Trade"]), AMOUNT)),
                        "stock": draw(st.dictionaries(st.sampled_from(["", "Cape Town"]), AMOUNT)),
                    }
                    for at, values in enumerate(several)
                ],
            }
        )
    return made


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=families())
def test_an_export_into_an_empty_hub_is_exported_byte_by_byte_the_same(
    hub: Any, tmp_path: Path, made: Any
) -> None:
    from stockwire.files.csv_writing import write_csv
    from stockwire.hub.sync.export_products import export_products
    from stockwire.hub.sync.import_products import Options, import_products

    def exported(name: str) -> Path:
        file = tmp_path / name
        with export_products(hub.client_id, source_id=hub.source_id) as found:
            write_csv(file, found.columns, found.rows)
        return file

    empty(hub)
    put_families(hub, made)
    first = exported("first.csv")
    empty(hub)
    problems: list[Any] = []
    counts = import_products(hub.client_id, hub.source_id, first, Options("thandi"), report=problems.append)
    assert counts.problems == 0, [result for result in problems if result.outcome == "problem"]
    assert exported("second.csv").read_bytes() == first.read_bytes()


def empty(hub: Any) -> None:
    hub.owner.execute("truncate products, variants, price_tiers, quantities, product_meta, images cascade")


def put_families(hub: Any, made: Any) -> None:
    from stockwire.hub import models

    with hub.scope():
        ours = {"client_id": hub.client_id}
        for item in made:
            product = put_product(hub, item, active=True, option_names=item["names"])
            for position, src in enumerate(item["images"], 1):
                models.Image.objects.create(**ours, product=product, src=src, position=position, active=True)
            for one in item["variants"]:
                variant = models.Variant.objects.create(
                    **ours,
                    source_id=hub.source_id,
                    product=product,
                    source_variant_code=one["code"],
                    sku=one["sku"],
                    barcode=one["barcode"],
                    active=True,
                    grams=one["grams"],
                    inventory_management=one["managed"],
                    option_values=list(one["values"]),
                )
                for tier, price in one["tiers"].items():
                    models.PriceTier.objects.create(**ours, variant=variant, tier=tier, price=price)
                for warehouse, quantity in one["stock"].items():
                    models.Quantity.objects.create(
                        **ours, variant=variant, warehouse=warehouse, quantity=quantity
                    )
