"""What the plan says, field by field, is exactly what the shop is then sent: no field more, none less, no other value.

Held against the bodies of the requests that reach the simulated shops.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.sync import shops
from tests.sync.requests_recorded import READ, Recorded, listen, number

from stockwire.domain.flags import PLAIN

SIZES = {"S-S": ("S", 5), "S-L": ("L", 7)}
CONTENT = {
    "body_html": "<p>Zinc & nickel</p>",
    "vendor": "Karoo",
    "product_type": "Bolts",
    "tags": "m8,zinc",
}


@pytest.fixture(params=list(shops.SHOPS))
def story(request: pytest.FixtureRequest, hub: Any) -> Iterator[shops.Story]:
    with shops.opened(request.param, hub) as story:
        story.name = request.param  # type: ignore[attr-defined]
        yield story


def names_there(story: shops.Story) -> dict[str, str]:
    """SKU, or code of a product with variants, by every id that the shop has for it."""
    app: Any = story.stand.app
    if story.name == "woocommerce":  # type: ignore[attr-defined]
        return {str(row["id"]): row["sku"] for row in app.shop.products.values()}
    found = {}
    for product in app.shop.shelf("Product").values():
        simple = len(product["variants"]) == 1
        for variant in product["variants"]:
            sku = variant["item"]["sku"]
            found[f"ProductVariant/{number(variant['id'])}"] = sku
            found[f"InventoryItem/{number(variant['item']['id'])}"] = sku
        code = product["variants"][0]["item"]["sku"] if simple else "SHIRT"
        found[f"Product/{number(product['id'])}"] = code
    return found


def check(story: shops.Story, recorded: Recorded, names: dict[str, str] | None = None) -> dict[str, Any]:
    """Plan, push, and hold the one against the other; gives the plan."""
    from stockwire.hub.sync.preview import as_json, preview

    hub = story.hub
    hub.owner.execute(
        "insert into stale (client_id, channel_id, product_id) select client_id, %s, id from products"
        " on conflict do nothing",
        [story.channel_id],
    )
    with hub.scope():
        plan = as_json(preview(story.channel_id))
    before = names or names_there(story)
    recorded.bodies.clear()
    hub.owner.execute("update lanes set next_at = now()")
    hub.work("push")
    assert hub.rows("select message from stale") == []
    by_place = any(one["field"].startswith("quantity@") for e in plan["entries"] for one in e["fields"])
    sent, gone = READ[story.name](recorded, {**before, **names_there(story)})  # type: ignore[attr-defined]
    sent = {key: value for key, value in sent.items() if key[1].startswith("quantity@") <= by_place}
    sent = {key: value for key, value in sent.items() if not (by_place and key[1] == "quantity")}
    planned = {
        (one["sku"] or entry["code"], one["field"]): one["after"]
        for entry in plan["entries"]
        for one in entry["fields"]
    }
    assert set(sent) == set(planned)
    for key, value in sent.items():
        if value is not ...:
            assert str(value) == str(planned[key]), key
    removed = {entry["code"] for entry in plan["entries"] if entry["action"] == "remove"}
    removed |= {
        one["sku"] for entry in plan["entries"] for one in entry["variants"] if one["action"] == "remove"
    }
    assert gone == removed
    with hub.scope():
        assert set(preview(story.channel_id).counts) <= {"nothing"}, "a plan after its own push is empty"
    return plan


def test_the_plan_of_products_and_variants_is_what_the_shop_receives(story: shops.Story) -> None:
    from stockwire.hub import models

    hub = story.hub
    recorded = listen(story)
    shops.hold(story, "BOLT", {"BOLT": ("", 9)}, **CONTENT)
    shops.hold(story, "SHIRT", SIZES, ("Size",), **CONTENT)
    with hub.scope():
        for variant in models.Variant.objects.all():
            variant.barcode, variant.grams = f"600123456700{variant.pk}", 120
            variant.save(update_fields=["barcode", "grams"])
    assert check(story, recorded)["counts"] == {"add": 2}

    hub.owner.execute("update price_tiers set price = 75")
    hub.owner.execute("update quantities set quantity = 0 where variant_id = (select min(id) from variants)")
    hub.owner.execute("update products set title = 'New ' || title, vendor = 'Bosveld'")
    plan = check(story, recorded)
    assert plan["counts"] == {"update": 2}
    assert plan["grave"] == {"price falls": 2}

    shops.hold(story, "SHIRT", {**SIZES, "S-XL": ("XL", 2), "S-S": None}, ("Size",), **CONTENT)
    hub.owner.execute("update products set active = false where source_product_code = 'BOLT'")
    plan = check(story, recorded, names_there(story))
    assert plan["counts"] == {"remove": 1, "update": 1}
    told = {entry["code"]: entry["variants"] for entry in plan["entries"]}
    assert sorted((one["sku"], one["action"]) for one in told["SHIRT"]) == [
        ("S-S", "remove"),
        ("S-XL", "add"),
    ]


def test_with_every_flag_but_two_only_title_and_price_reach_the_shop(story: shops.Story) -> None:
    from stockwire.hub import models
    from stockwire.hub.sync.belonging import set_channel_flags

    recorded = listen(story)
    shops.hold(story, "BOLT", {"BOLT": ("", 9)}, **CONTENT)
    shops.hold(story, "SHIRT", SIZES, ("Size",), **CONTENT)
    # Shopify makes no item without a price.
    flagged = [name for name in PLAIN if name not in {"title", "sku", "options", "price"}]
    with story.hub.scope():
        models.Variant.objects.update(barcode="6001234567890", grams=120)
        for product in models.Product.objects.all():
            models.ProductMeta.objects.create(
                client_id=story.hub.client_id, product=product, key="finish", value="zinc"
            )
        owners = dict.fromkeys((*flagged, "meta.*", "qty.*"), "channel")
        set_channel_flags(story.channel_id, owners, "thandi")
    plan = check(story, recorded)
    fields = {one["field"] for entry in plan["entries"] for one in entry["fields"]}
    kept = {"title", "price", "sku", "status", "sales channels", "option_names", "option_values"}
    assert fields <= kept
    assert not any("zinc" in str(body).lower() for *_, body in recorded.bodies)


def test_locations_are_planned_each_as_the_shop_receives_them(hub: Any) -> None:
    from stockwire.hub.models import Channel

    with shops.opened("shopify", hub) as story:
        story.name = "shopify"  # type: ignore[attr-defined]
        app: Any = story.stand.app
        first = number(next(iter(app.shop.shelf("Location").values()))["id"])
        with hub.scope():
            channel = Channel.objects.get(pk=story.channel_id)
            places = json.dumps({first: "{{qty_availability.JHB}}"})
            channel.settings = {**channel.settings, "location_map": places}
            channel.save()
        recorded = listen(story)
        shops.hold(story, "BOLT", {"BOLT": ("", 9)})
        hub.owner.execute("update quantities set warehouse = 'JHB'")
        plan = check(story, recorded)
        assert ("quantity@" + first, 9) in {
            (one["field"], one["after"]) for one in plan["entries"][0]["fields"]
        }
        hub.owner.execute("update quantities set quantity = 4")
        plan = check(story, recorded)
        assert [(one["field"], one["before"], one["after"]) for one in plan["entries"][0]["fields"]] == [
            (f"quantity@{first}", 9, 4)
        ]


def test_odd_values_are_planned_as_the_shop_receives_them(story: shops.Story) -> None:
    from stockwire.hub import models

    hub = story.hub
    recorded = listen(story)
    shops.hold(story, "BOLT", {"BOLT": ("", 9)}, title='Nuts & <b>bolts</b> 3/8"', vendor="A & B")
    shops.hold(story, "NUT", {"NUT": ("", 9)}, tags="a & b,C")
    hub.owner.execute("update price_tiers set price = 12.3456")
    hub.owner.execute("update quantities set quantity = 2.7")
    hub.owner.execute("update variants set grams = 1, barcode = 'ABC-' || id")
    hub.owner.execute("update channels set compare_at_tier = 'rrp'")
    with hub.scope():
        for variant in models.Variant.objects.all():
            models.PriceTier.objects.create(
                client_id=hub.client_id, variant=variant, tier="rrp", price=Decimal("19.999")
            )
    plan = check(story, recorded)
    told = {one["field"]: one["after"] for one in plan["entries"][0]["fields"]}
    assert (told["price"], told["compare_at"], told["quantity"]) == ("12.35", "20.00", 2)


def test_a_shop_that_keeps_whole_rands_and_digits_is_planned_so(hub: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.why import why

    with shops.opened("woocommerce", hub) as story:
        story.name = "woocommerce"  # type: ignore[attr-defined]
        with hub.scope():
            channel = Channel.objects.get(pk=story.channel_id)
            channel.settings = {**channel.settings, "price_decimals": 0}
            channel.save()
        recorded = listen(story)
        shops.hold(story, "BOLT", {"BOLT": ("", 9)})
        hub.owner.execute("update price_tiers set price = 115.50")
        hub.owner.execute("update variants set barcode = 'ABC-123'")
        plan = check(story, recorded)
        told = {one["field"]: one["after"] for one in plan["entries"][0]["fields"]}
        assert (told["price"], "barcode" in told) == ("116", False)
        with hub.scope():
            [answer] = why(story.channel_id, "BOLT")
        assert ("barcode", "the shop keeps digits and dashes only") in answer.withheld


MAP = """{{! escape: json }}
{"name": "{{product.title}} by {{product.vendor}}", "regular_price": "{{variant.price}}",
 "short_description": "{{meta.finish}}",
 "variations": [{"sku": "{{variant.sku}}", "regular_price": "{{variant.price}}", "weight": "{{variant.grams}}",
  "stock_quantity": {{variant.qty}}}]}
"""


def test_what_a_field_map_makes_is_planned_key_by_key_as_the_shop_receives_it(hub: Any) -> None:
    from stockwire.hub.models import Channel
    from stockwire.hub.sync.belonging import set_channel_flags
    from stockwire.hub.sync.preview import as_json, preview

    with shops.opened("woocommerce", hub) as story:
        with hub.scope():
            channel = Channel.objects.get(pk=story.channel_id)
            channel.settings = {**channel.settings, "product_map": MAP}
            channel.save()
            set_channel_flags(story.channel_id, {"grams": "channel"}, "thandi")
        recorded = listen(story)
        shops.hold(story, "BOLT", {"BOLT": ("", 9)}, **CONTENT)
        shops.hold(story, "SHIRT", SIZES, ("Size",), **CONTENT)
        hub.owner.execute("update variants set grams = 120")
        with hub.scope():
            plan = as_json(preview(story.channel_id))
        hub.owner.execute("update lanes set next_at = now()")
        hub.work("push")
        assert hub.rows("select message from stale") == []
        planned = {
            (one["sku"] or entry["code"], one["field"].removeprefix("map."))
            for entry in plan["entries"]
            for one in entry["fields"]
        }
        # What follows from the shape, and stock management, which goes along with every quantity.
        along = {"type", "attributes", "manage_stock"}
        sent = {
            (row["sku"], key)
            for _, path, body in recorded.bodies
            if path.endswith(("/products/batch", "/variations/batch"))
            for row in body["create"]
            for key in row
            if key not in along
        }
        assert sent == planned
        assert ("SHIRT", "regular_price") not in planned
        assert ("S-S", "weight") not in planned
        with hub.scope():
            assert set(preview(story.channel_id).counts) == {"nothing"}
