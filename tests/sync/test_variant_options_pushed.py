"""Options of products with variants reach a shop through the hub, and one refused variant holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from stockwire.connectors.woocommerce import WooCommerceSettings
from stockwire.simulators.woocommerce.catalogue import chosen_options

Sizes = Mapping[str, Sequence[str]]


@pytest.fixture
def hold(rehearsal: Any) -> Callable[..., None]:
    """The hub holds this product from now on: option values by SKU, none for a simple product."""

    def make(code: str, variants: Sizes, names: Sequence[str] = (), **given: Any) -> None:
        from stockwire.hub import models
        from stockwire.hub.sync.stale import mark_products

        owned = {"client_id": rehearsal.hub.client_id}
        source = {"source_id": rehearsal.hub.source_id}
        with rehearsal.hub.scope():
            before = set(
                models.Product.objects.filter(variant__source_variant_code__in=variants).values_list(
                    "id", flat=True
                )
            )
            product, _ = models.Product.objects.update_or_create(
                **owned,
                **source,
                source_product_code=code,
                defaults={"active": bool(variants), "title": code, "option_names": list(names), **given},
            )
            models.Variant.objects.filter(product=product).update(active=False)
            for sku, values in variants.items():
                variant, _ = models.Variant.objects.update_or_create(
                    **owned,
                    **source,
                    source_variant_code=sku,
                    defaults={
                        "product": product,
                        "sku": sku,
                        "option_values": list(values),
                        "active": True,
                    },
                )
                models.Quantity.objects.update_or_create(
                    **owned, variant=variant, warehouse="", defaults={"quantity": 4}
                )
                models.PriceTier.objects.update_or_create(
                    **owned, variant=variant, tier="retail", defaults={"price": Decimal("115")}
                )
            mark_products([*before, product.pk], "test")

    return make


@pytest.fixture
def push(rehearsal: Any) -> Callable[[], None]:
    """The worker works on what is due for the shop until nothing is left to look at."""

    def work() -> None:
        for _ in range(3):
            rehearsal.hub.owner.execute("update lanes set next_at = now() where next_at is not null")
            rehearsal.hub.work("push")

    return work


def shelf(rehearsal: Any) -> dict[str, tuple[str, ...]]:
    """SKU to option values of everything that can be bought; a simple product has none."""
    shop = rehearsal.stand.app.shop
    return {
        row["sku"]: tuple(one["option"] for one in chosen_options(shop, row)) if row["parent_id"] else ()
        for row in shop.products.values()
        if row["status"] != "trash" and row["type"] != "variable"
    }


def needs(rehearsal: Any) -> list[tuple[str, str]]:
    return list(
        rehearsal.hub.rows(
            "select p.source_product_code, s.message from stale s join products p on p.id = s.product_id"
        )
    )


def test_a_product_with_variants_is_made_changed_and_taken_away(rehearsal, hold, push):
    hold("SHIRT", {"S-R": ("S", "Red"), "M-R": ("M", "Red")}, ("Size", "Colour"))
    push()
    assert (needs(rehearsal), shelf(rehearsal)) == ([], {"S-R": ("S", "Red"), "M-R": ("M", "Red")})
    hold("SHIRT", {"S-R": ("S", "Red"), "L-R": ("L", "Red")}, ("Size", "Colour"))
    push()
    assert (needs(rehearsal), shelf(rehearsal)) == ([], {"S-R": ("S", "Red"), "L-R": ("L", "Red")})
    hold("SHIRT", {"S-R": ("XS", "Red"), "L-R": ("L", "Red")}, ("Size", "Shade"))
    push()
    assert (needs(rehearsal), shelf(rehearsal)) == ([], {"S-R": ("XS", "Red"), "L-R": ("L", "Red")})
    rehearsal.stand.calls.clear()
    hold("SHIRT", {"S-R": ("XS", "Red"), "L-R": ("L", "Red")}, ("Size", "Shade"))
    push()
    assert rehearsal.stand.calls.writes == 0
    hold("SHIRT", {}, ("Size", "Shade"))
    push()
    assert (needs(rehearsal), shelf(rehearsal)) == ([], {})


def test_a_variant_the_shop_turns_down_needs_you_and_its_siblings_are_linked(rehearsal, hold, push):
    rehearsal.act("add_product", name="Somebody else's", sku="S-R", regular_price="1.00")
    hold("SHIRT", {"S-R": ("S", "Red"), "M-R": ("M", "Red")}, ("Size", "Colour"))
    push()
    [(code, message)] = needs(rehearsal)
    assert code == "SHIRT"
    assert "S-R" in message
    linked = rehearsal.hub.rows("select v.sku from links l join variants v on v.id = l.variant_id")
    assert linked == [("M-R",)]


def test_pictures_the_shop_cannot_fetch_need_you_and_hold_up_nothing_else(rehearsal, hold, push):
    def pictures(*addresses: str) -> None:
        rehearsal.hub.owner.execute("delete from images")
        for at, address in enumerate(addresses):
            rehearsal.hub.owner.execute(
                "insert into images (client_id, product_id, src, content_hash, position, active)"
                " select client_id, id, %s, %s, %s, true from products",
                [address, f"hash-{address}", at],
            )

    pictures_held = "select count(*) from known where \"group\" = 'images'"
    hold("BOLT", {"BOLT": ()})
    pictures("https://images.example/missing.png")
    push()
    [(_, message)] = needs(rehearsal)
    assert "BOLT" in message
    assert "picture" in message
    assert rehearsal.hub.rows("select count(*) from links")[0][0] == 1
    assert rehearsal.hub.rows(pictures_held)[0][0] == 0
    pictures("https://images.example/bolt.png")
    hold("BOLT", {"BOLT": ()})
    rehearsal.stand.calls.clear()
    push()
    assert needs(rehearsal) == []
    assert rehearsal.hub.rows(pictures_held)[0][0] == 1
    assert rehearsal.stand.calls.writes == 1


MAP = """{"title": "{{product.title}}", "variations": [
  {"sku": "{{variant.sku}}", "regular_price": "{{variant.price_tier_retail}}", "stock_quantity": "{{variant.qty}}"}
]}"""


def test_with_a_field_map_only_what_it_gives_is_sent(rehearsal, hold, push):
    from stockwire.hub.models import Channel

    with rehearsal.hub.scope():
        channel = Channel.objects.get(pk=rehearsal.channel_id)
        settings = channel.read_settings(WooCommerceSettings)
        channel.write_settings(settings.model_copy(update={"product_map": MAP}))
        channel.save()
    hold("BOLT", {"BOLT": ()}, tags="steel")
    hold("SHIRT", {"S-R": ("S",), "M-R": ("M",)}, ("Size",))
    push()
    assert (needs(rehearsal), shelf(rehearsal)) == ([], {"BOLT": (), "S-R": ("S",), "M-R": ("M",)})
    held = {row["sku"]: row for row in rehearsal.stand.app.shop.products.values()}
    assert (held["BOLT"]["regular_price"], held["BOLT"]["stock_quantity"]) == ("115.00", 4)
    assert held["BOLT"]["tags"] == []
    assert (held["M-R"]["regular_price"], held["M-R"]["stock_quantity"]) == ("115.00", 4)
