"""What every channel that can list its shelf promises: each variant once, as it really is, nothing written."""

from __future__ import annotations

from decimal import Decimal

from stockwire.ports import CanShelve, Done


def on_shelf(channel, mark):
    """What the channel lists under SKUs of this test, each with how often it came."""
    assert isinstance(channel, CanShelve)
    return [one for one in channel.shelf() if one.sku.startswith(mark)]


def test_the_shelf_lists_every_simple_product_and_every_variant_once(shop_with_shelf, sku, add, add_family):
    shop = shop_with_shelf
    channel = shop.open()
    shirt = {sku("S-R"): ("S", "Red"), sku("M-B"): ("M", "Blue")}
    simple, family = channel.push([add(sku("bolt"), quantity=3), add_family(sku("shirt"), shirt)])
    assert isinstance(simple, Done)
    assert isinstance(family, Done)
    shop.settle()
    listed = on_shelf(channel, sku("")[:-1])
    assert sorted(one.sku for one in listed) == sorted([sku("bolt"), *shirt])
    held = {one.sku: one for one in listed}
    assert held[sku("bolt")].link == simple.link
    assert held[sku("bolt")].option_values == ()
    for name, values in shirt.items():
        assert held[name].link == family.variants[f"key of {name}"].link
        assert held[name].option_values == values
        assert held[name].fields["price"] == Decimal("12.50")
        assert held[name].fields["quantity"] == 7
    assert held[sku("bolt")].fields["quantity"] == 3
    assert held[sku("bolt")].fields["title"] == f"Title of {sku('bolt')}"


def test_the_shelf_shows_what_people_changed_and_what_they_made(shop_with_shelf, sku, add, update, remove):
    shop = shop_with_shelf
    channel = shop.open()
    kept, gone = channel.push([add(sku("kept")), add(sku("gone"))])
    by_hand = shop.shelve(sku("own"))
    channel.push([update(sku("kept"), kept.link, price=Decimal("99.00")), remove(sku("gone"), gone.link)])
    shop.settle()
    held = {one.sku: one for one in on_shelf(channel, sku("")[:-1])}
    assert set(held) == {sku("kept"), sku("own")}
    assert held[sku("kept")].fields["price"] == Decimal("99.00")
    assert held[sku("own")].link.product_code == by_hand


def test_the_shelf_goes_on_after_the_first_page_and_comes_bit_by_bit(simulated_with_shelf, sku, add):
    shop = simulated_with_shelf
    channel = shop.open()
    names = [sku(f"{number:03}") for number in range(120)]
    channel.push([add(name) for name in names])
    shop.settle()
    writes = shop.stand.calls.writes
    rows = iter(channel.shelf())
    first = next(rows)
    assert sorted([first.sku, *(one.sku for one in rows)]) == names
    assert shop.stand.calls.writes == writes
