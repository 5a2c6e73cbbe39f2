"""Products with variants reach a shop as one product each, change shape cleanly, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def push(rehearsal: Any) -> Callable[[], None]:
    return lambda: rehearsal.hub.work("push")


@pytest.fixture
def hold(rehearsal: Any) -> Callable[..., None]:
    """The hub holds this product now: hold("SHIRT", {"S-S": ("S", 5)}, names=("Size",)).

    A variant given as None is not active any more. Its product is marked as after a change of the source.
    """

    def store(code: str, variants: dict[str, Any], names: tuple[str, ...] = (), active: bool = True) -> None:
        from stockwire.hub import models
        from stockwire.hub.sync.stale import mark_products

        with rehearsal.hub.scope():
            owned = {"client_id": rehearsal.hub.client_id, "source_id": rehearsal.hub.source_id}
            product, _ = models.Product.objects.update_or_create(
                **owned,
                source_product_code=code,
                defaults={"active": active, "title": f"Item {code}", "option_names": list(names)},
            )
            left = set()
            for sku, given in variants.items():
                value, quantity = given or ("", 0)
                before = models.Variant.objects.filter(**owned, source_variant_code=sku).first()
                left |= {before.product_id} - {product.pk} if before else set()
                variant, _ = models.Variant.objects.update_or_create(
                    **owned,
                    source_variant_code=sku,
                    defaults={
                        "product": product,
                        "sku": sku,
                        "active": given is not None,
                        "option_values": [value] if names else [],
                    },
                )
                rehearsal.hub.owner.execute("delete from price_tiers where variant_id = %s", [variant.pk])
                rehearsal.hub.owner.execute("delete from quantities where variant_id = %s", [variant.pk])
                mine = {"client_id": rehearsal.hub.client_id, "variant": variant}
                models.PriceTier.objects.create(**mine, tier="retail", price=100)
                models.Quantity.objects.create(**mine, warehouse="", quantity=quantity)
            models.Product.objects.filter(pk__in=left, variant=None).update(active=False)
            mark_products([product.pk, *left], "a test")

    return store


def shop(rehearsal: Any) -> dict[str, dict[str, Any]]:
    """What the shop shows: by name, with type and the stock of each SKU."""
    state = rehearsal.stand.app.state()
    found = {}
    for row in state["products"]:
        if row["status"] == "trash" or row.get("parent_id"):
            continue
        below = [one for one in state["products"] if one.get("parent_id") == row["id"]]
        stock = {one["sku"]: one["stock_quantity"] for one in below or [row] if one["status"] != "trash"}
        found[row["name"]] = {"type": row["type"], "stock": stock}
    return found


def problems(rehearsal: Any) -> list[str]:
    return [row[0] for row in rehearsal.hub.rows("select message from stale where state = 'needs_you'")]


def test_a_product_in_two_sizes_is_one_product_in_the_shop(rehearsal: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert problems(rehearsal) == []
    assert shop(rehearsal) == {"Item SHIRT": {"type": "variable", "stock": {"S-S": 5, "S-L": 7}}}
    assert rehearsal.count("product_links") == 1
    assert rehearsal.hub.rows("select count(*), bool_and(below) from links") == [(2, True)]
    assert rehearsal.count("stale") == 0


def test_a_second_push_sends_nothing_and_one_changed_size_is_one_write(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    rehearsal.stand.calls.clear()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert rehearsal.stand.calls.writes == 0
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 2)}, ("Size",))
    push()
    assert rehearsal.stand.calls.writes == 1
    assert shop(rehearsal)["Item SHIRT"]["stock"] == {"S-S": 5, "S-L": 2}


def test_sizes_come_and_go(rehearsal: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": None, "S-M": ("M", 3)}, ("Size",))
    push()
    assert problems(rehearsal) == []
    assert shop(rehearsal)["Item SHIRT"]["stock"] == {"S-S": 5, "S-M": 3}
    assert rehearsal.count("links") == 2


def test_an_unsound_product_is_refused_and_the_rest_of_the_catalogue_goes(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-2": ("s", 7)}, ("Size",))
    hold("BOLT", {"BOLT": ("", 9)})
    push()
    assert [row for row in problems(rehearsal) if "S-S and S-2 are both s" in row]
    assert set(shop(rehearsal)) == {"Item BOLT"}


def test_a_simple_product_that_comes_in_sizes_is_made_anew_and_nothing_of_it_is_left(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    hold("S-S", {"S-S": ("", 5)})
    push()
    assert shop(rehearsal) == {"Item S-S": {"type": "simple", "stock": {"S-S": 5}}}
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert problems(rehearsal) == []
    assert shop(rehearsal) == {"Item SHIRT": {"type": "variable", "stock": {"S-S": 5, "S-L": 7}}}


def test_sizes_that_become_simple_products_are_made_anew_and_nothing_of_them_is_left(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("S-S", {"S-S": ("", 5)})
    hold("S-L", {"S-L": ("", 7)})
    push()
    push()
    assert problems(rehearsal) == []
    assert shop(rehearsal) == {
        "Item S-S": {"type": "simple", "stock": {"S-S": 5}},
        "Item S-L": {"type": "simple", "stock": {"S-L": 7}},
    }
    assert rehearsal.count("product_links") == 0


def test_the_same_product_code_can_change_from_simple_to_sizes_and_back(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    hold("SHIRT", {"SHIRT": ("", 5)})
    push()
    hold("SHIRT", {"SHIRT": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    assert shop(rehearsal) == {"Item SHIRT": {"type": "variable", "stock": {"SHIRT": 5, "S-L": 7}}}
    hold("SHIRT", {"SHIRT": ("", 4), "S-L": None})
    push()
    push()
    assert problems(rehearsal) == []
    assert shop(rehearsal) == {"Item SHIRT": {"type": "simple", "stock": {"SHIRT": 4}}}


def test_a_product_with_sizes_that_goes_is_taken_away_whole(rehearsal: Any, hold: Any, push: Any) -> None:
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",), active=False)
    push()
    assert shop(rehearsal) == {}
    assert [rehearsal.count(table) for table in ("links", "known", "product_links", "known_products")] == [
        0
    ] * 4


def test_unlinking_a_product_with_sizes_lets_it_be_found_by_its_skus_again(
    rehearsal: Any, hold: Any, push: Any
) -> None:
    from stockwire.hub.sync import operator

    hold("SHIRT", {"S-S": ("S", 5), "S-L": ("L", 7)}, ("Size",))
    push()
    with rehearsal.hub.scope():
        operator.unlink(rehearsal.channel_id, "s-l", "thandi")
    assert rehearsal.count("product_links") == 0
    push()
    assert problems(rehearsal) == []
    assert rehearsal.count("product_links") == 1
    assert shop(rehearsal) == {"Item SHIRT": {"type": "variable", "stock": {"S-S": 5, "S-L": 7}}}
