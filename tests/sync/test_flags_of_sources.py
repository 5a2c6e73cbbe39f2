"""What a flag keeps from a source stays, also when the source no longer sends it."""

from __future__ import annotations

from typing import Any

from stockwire.domain.records import Active, SourceProduct


def test_attributes_and_quantities_that_are_not_the_sources_are_not_taken_away(hub: Any) -> None:
    from stockwire.hub import models
    from stockwire.hub.sync.belonging import set_source_flags
    from stockwire.hub.sync.no_longer_sent import remove_quantities, tidy

    ours = {"client_id": hub.client_id}
    with hub.scope():
        source = models.Source.objects.get(pk=hub.source_id)
        source.settings["deactivate_productmeta_prefix_csv"] = "spec_"
        product = models.Product.objects.create(
            **ours, source=source, source_product_code="BOLT", active=True, title="Bolt"
        )
        variant = models.Variant.objects.create(
            **ours, source=source, product=product, source_variant_code="BOLT", sku="BOLT"
        )
        for key in ("spec_Size", "spec_old", "spec_own"):
            models.ProductMeta.objects.create(**ours, product=product, key=key, value="x")
        for warehouse in ("JHB", "CPT", "Supplier"):
            models.Quantity.objects.create(**ours, variant=variant, warehouse=warehouse, quantity=1)
        flags = {"meta.*": "system", "meta.spec_OLD": "source", "qty.supplier": "system"}
        set_source_flags(hub.source_id, flags, "thandi")
        tidy(source, [SourceProduct("BOLT", "BOLT", "BOLT", Active.ACTIVE, "Bolt", meta={"spec_own": "x"})])
        remove_quantities(source, [("BOLT", "JHB"), ("BOLT", "Supplier")])
    assert hub.rows("select key from product_meta order by 1") == [("spec_Size",), ("spec_own",)]
    assert hub.rows("select warehouse from quantities order by 1") == [("CPT",), ("Supplier",)]
