"""What the plan says, field by field, is exactly what the shop is then sent: no field more, none less, no other value.

Held against the bodies of the requests that reach the simulated shops.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from tests.sync import shops

from stockwire.domain.flags import PLAIN

SIZES = {"S-S": ("S", 5), "S-L": ("L", 7)}
CONTENT = {
    "body_html": "<p>Zinc & nickel</p>",
    "vendor": "Karoo",
    "product_type": "Bolts",
    "tags": "m8,zinc",
}
Sent = dict[tuple[str, str], Any]
"""By SKU (a product with variants by its code) and field: the value in the plan's words, or "..." where the shop is
told by an id of its own."""


@dataclass
class Recorded:
    """The bodies of everything that wrote to the shop, in order."""

    bodies: list[tuple[str, str, Any]] = field(default_factory=list)


def listen(story: shops.Story) -> Recorded:
    recorded, faulty = Recorded(), story.stand._faulty
    inner = faulty.app

    def app(environ: Any, start_response: Any) -> Any:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(raw)
        if environ["REQUEST_METHOD"] != "GET":
            body = json.loads(raw) if raw.startswith(b"{") else {}
            recorded.bodies.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        return inner(environ, start_response)

    faulty.app = app
    return recorded


def woocommerce_sent(recorded: Recorded, names: dict[str, str]) -> tuple[Sent, set[str]]:
    """What was sent by SKU and field, and the SKUs that were taken away. `names` are SKUs by the shop's ids."""
    words = {
        "name": "title",
        "description": "body_html",
        "global_unique_id": "barcode",
        "regular_price": "price",
        "manage_stock": "inventory_management",
        "stock_quantity": "quantity",
        "status": "status",
        "sku": "sku",
    }
    by_id = {"brands": "vendor", "tags": "tags", "categories": "collection", "images": "images"}
    found: Sent = {}
    gone = set()
    for method, path, body in recorded.bodies:
        if method == "DELETE":
            gone.add(names[path.rsplit("/", 1)[1]])
        if not path.endswith(("/products/batch", "/variations/batch")):
            continue
        gone |= {names[str(one)] for one in body.get("delete", ())}
        for row in [*body.get("create", ()), *body.get("update", ())]:
            sku = row.get("sku") or names[str(row["id"])]
            for key, value in row.items():
                if key in words:
                    found[sku, words[key]] = value
                elif key in by_id:
                    found[sku, by_id[key]] = ...
                elif key == "sale_price" and value:
                    # With a sale price the shop's regular one is what is struck through.
                    found[sku, "price"], found[sku, "compare_at"] = value, row["regular_price"]
                elif key == "meta_data":
                    pass  # Which pictures are ours, for the connector itself.
                elif key == "weight":
                    found[sku, "grams"] = int(Decimal(value) * 1000)
                elif key == "attributes" and "variation" in value[0] and "id" in row:
                    pass  # The list of all values on the product itself follows from its variants.
                elif key == "attributes" and "variation" in value[0]:
                    found[sku, "option_names"] = [one["name"] for one in value]
                elif key == "attributes":
                    found[sku, "option_values"] = [one["option"] for one in value]
                else:
                    assert key in {"id", "type"}, key
            # Stock management goes along with every quantity; the shop would not take it otherwise.
            if "id" in row and "stock_quantity" in row:
                del found[sku, "inventory_management"]
    return found, gone


def shopify_sent(recorded: Recorded, names: dict[str, str]) -> tuple[Sent, set[str]]:
    words = {
        "title": "title",
        "descriptionHtml": "body_html",
        "vendor": "vendor",
        "productType": "product_type",
        "status": "status",
        "price": "price",
        "compareAtPrice": "compare_at",
        "barcode": "barcode",
        "sku": "sku",
    }
    found: Sent = {}
    gone = set()

    def fields(sku: str, row: dict[str, Any]) -> None:
        for key, value in row.items():
            if key in words:
                found[sku, words[key]] = value
            elif key == "tags":
                found[sku, "tags"] = ",".join(value)
            elif key == "inventoryItem":
                if "sku" in value:
                    found[sku, "sku"] = value["sku"]
                if "tracked" in value:
                    found[sku, "inventory_management"] = value["tracked"]
                if "measurement" in value:
                    found[sku, "grams"] = int(value["measurement"]["weight"]["value"])
            elif key == "inventoryQuantities":
                for one in value:
                    amount = one.get("quantity", one.get("availableQuantity"))
                    found[sku, f"quantity@{number(one['locationId'])}"] = amount
                    found[sku, "quantity"] = found.get((sku, "quantity"), 0) + amount
            elif key == "productOptions" and value[0]["name"] != "Title":
                found[sku, "option_names"] = [one["name"] for one in value]
            elif key == "optionValues" and value[0]["optionName"] != "Title":
                found[sku, "option_values"] = [one["name"] for one in value]
            elif key == "files":
                found[sku, "images"] = ...
            else:
                assert key in {"id", "productOptions", "optionValues", "variants"}, key

    def of(gid: str) -> str:
        return names["/".join(gid.split("/")[-2:])]

    for _, _, body in recorded.bodies:
        sent = body.get("variables") or {}
        if not body.get("query", "").startswith("mutation"):
            continue
        for name, value in sent.items():
            if name.startswith("identifier"):
                row = sent[f"input{name.removeprefix('identifier')}"]
                made = value["customId"]["value"]
                fields(made, row)
                simple = row["productOptions"][0]["name"] == "Title"
                for variant in row["variants"]:
                    fields(made if simple else variant["sku"], variant)
            elif name.startswith("variantsIds"):
                gone |= {of(gid) for gid in value}
            elif name.startswith("variants"):
                for row in value:
                    fields(of(row["id"]) if "id" in row else row["inventoryItem"]["sku"], row)
            elif name.startswith("product") and isinstance(value, dict):
                fields(of(value["id"]), value)
            elif name.startswith("input") and isinstance(value, list):
                at = of(sent[f"id{name.removeprefix('input')}"])
                found[at, "sales channels"] = ...
            elif name.startswith("input") and "quantities" in value:
                for row in value["quantities"]:
                    found[of(row["inventoryItemId"]), "quantity"] = row["quantity"]
                    found[of(row["inventoryItemId"]), f"quantity@{number(row['locationId'])}"] = row[
                        "quantity"
                    ]
            elif name.startswith("input") and set(value) == {"id"}:
                gone.add(of(value["id"]))
    return found, gone


READ: dict[str, Callable[[Recorded, dict[str, str]], tuple[Sent, set[str]]]] = {
    "woocommerce": woocommerce_sent,
    "shopify": shopify_sent,
}


@pytest.fixture(params=list(shops.SHOPS))
def story(request: pytest.FixtureRequest, hub: Any) -> Iterator[shops.Story]:
    with shops.opened(request.param, hub) as story:
        story.name = request.param  # type: ignore[attr-defined]
        yield story


def number(gid: Any) -> str:
    return str(gid).rsplit("/", 1)[-1]


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


def test_with_every_flag_but_the_titles_only_the_title_reaches_the_shop(story: shops.Story) -> None:
    from stockwire.hub import models
    from stockwire.hub.sync.belonging import set_channel_flags

    recorded = listen(story)
    shops.hold(story, "BOLT", {"BOLT": ("", 9)}, **CONTENT)
    shops.hold(story, "SHIRT", SIZES, ("Size",), **CONTENT)
    flagged = [name for name in PLAIN if name not in {"title", "sku", "options"}]
    with story.hub.scope():
        models.Variant.objects.update(barcode="6001234567890", grams=120)
        for product in models.Product.objects.all():
            models.ProductMeta.objects.create(
                client_id=story.hub.client_id, product=product, key="finish", value="zinc"
            )
        owners = dict.fromkeys((*flagged, "meta.*", "price.*", "qty.*"), "channel")
        set_channel_flags(story.channel_id, owners, "thandi")
    plan = check(story, recorded)
    fields = {one["field"] for entry in plan["entries"] for one in entry["fields"]}
    assert fields <= {"title", "sku", "status", "sales channels", "option_names", "option_values"}
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
