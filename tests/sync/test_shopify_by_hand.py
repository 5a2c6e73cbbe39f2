"""What people do in a Shopify shop stays: what a flag gives to the channel, and what no list of ours speaks of.

Through the hub: its planner, flags and known state, and the calls that really reach the simulated shop.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from stockwire.tls import authorities

STOCK = {"": 20}
EVERYTHING = {
    "title": "Shirt",
    "body_html": "<p>From Omni</p>",
    "vendor": "Karoo",
    "product_type": "Shirts",
    "tags": "cotton",
    "collection": "Clothes",
}
SENT = {"block_image_enabled": "false", "ignore_category_enabled": "false", "metafields_enabled": "true"}
OF_THE_CHANNEL = (
    *("title", "body_html", "vendor", "product_type", "tags", "collection", "images", "barcode"),
    *("meta.*", "options"),
)
DRESS = """
mutation($id: ID!, $variant: ID!, $collection: ID!) {
  tagsAdd(id: $id, tags: ["of hand"]) { userErrors { message } }
  productUpdate(
    product: {id: $id, seo: {title: "Search me", description: "Of hand"}, templateSuffix: "wide",
      collectionsToJoin: [$collection],
      metafields: [{namespace: "custom", key: "care", type: "single_line_text_field", value: "cold"}]},
    media: [{originalSource: "https://pictures.example/hand.jpg", mediaContentType: IMAGE, alt: "By hand"}]
  ) { userErrors { message } }
  metafieldsSet(metafields: [
    {ownerId: $variant, namespace: "custom", key: "fit", type: "single_line_text_field", value: "slim"}
  ]) { userErrors { message } }
}
"""
COLLECTION = """mutation { collectionCreate(input: {title: "By hand"}) { collection { id } } }"""


def test_nothing_a_person_did_is_lost_where_flags_give_it_to_the_channel(trade: Any) -> None:
    own(trade, trade.channel(**SENT), *OF_THE_CHANNEL)
    # Nothing but price and stock is ours, so it is linked by its SKU and never written to as a whole.
    trade.shop.add_product("Linen shirt", [{"sku": "SHIRT", "price": "1.00"}])
    trade.shop.advance(10)
    shirt(trade)
    trade.push()
    dress(trade)
    before = picture_of(trade)
    assert before["title"] == "Linen shirt"
    shirt(trade, "33.00", title="Shirt, new season", tags="cotton, sale", collection="Sale")
    give_more(trade, "silk")
    trade.push()
    assert picture_of(trade) == before
    assert trade.held("SHIRT")["price"] == Decimal("33.00")


def test_what_a_person_added_stays_when_all_fields_are_ours_and_all_of_them_change(trade: Any) -> None:
    trade.channel(**SENT)
    shirt(trade)
    give_more(trade, "cotton")
    trade.push()
    dress(trade)
    before = picture_of(trade)
    assert before["tags"] == ["cotton", "of hand"]
    assert before["media"] == ["silk-cotton.jpg", "hand.jpg"]
    shirt(trade, "33.00", title="Shirt, new season", tags="linen", collection="Sale")
    give_more(trade, "silk")
    trade.push()
    after = picture_of(trade)
    assert after["title"] == "Shirt, new season"
    assert after["tags"] == ["linen", "of hand"]
    assert after["collections"] == ["By hand", "Sale"]
    assert after["metafields"]["fabric"] == "silk"
    assert after["media"] == ["silk-cotton.jpg", "hand.jpg", "silk-silk.jpg"]
    for name in ("seo", "template", "fit"):
        assert after[name] == before[name]
    assert after["metafields"]["care"] == "cold"


def test_an_attribute_that_is_deleted_here_goes_from_the_shop_and_those_made_by_hand_stay(
    trade: Any, tmp_path: Path
) -> None:
    trade.channel(**SENT)
    shirt(trade)
    give_more(trade, "cotton")
    trade.push()
    dress(trade)
    assert picture_of(trade)["metafields"].keys() == {"care", "fabric"}
    import_products(trade, tmp_path, "source_product_code,delete_meta\nSHIRT,fabric\n")
    trade.push()
    assert picture_of(trade)["metafields"].keys() == {"care"}
    give_more(trade, "wool")
    trade.push()
    assert picture_of(trade)["metafields"]["fabric"] == "wool"


def shirt(trade: Any, price: str = "25.00", **given: Any) -> None:
    trade.known("SHIRT", price, STOCK, **{**EVERYTHING, **given})


def own(trade: Any, channel: int, *fields: str) -> None:
    """Flags of the channel: these fields are its own."""
    from stockwire.domain.flags import field_name
    from stockwire.hub import models

    with trade.hub.scope():
        for name in fields:
            models.Flag.objects.create(
                client_id=trade.hub.client_id, channel_id=channel, field=field_name(name), owner="channel"
            )


def give_more(trade: Any, fabric: str) -> None:
    """An attribute and one more picture in the hub."""
    from stockwire.hub import models
    from stockwire.hub.sync.stale import mark_products

    mine = {"client_id": trade.hub.client_id}
    with trade.hub.scope():
        product = models.Product.objects.get(source_product_code="SHIRT")
        models.ProductMeta.objects.update_or_create(
            product=product, key="fabric", defaults={**mine, "value": fabric}
        )
        models.Image.objects.create(
            **mine,
            product=product,
            src=f"https://pictures.example/silk-{fabric}.jpg",
            content_hash=f"hash-{fabric}",
            position=models.Image.objects.filter(product=product).count(),
        )
        mark_products([product.pk], "a test")


def import_products(trade: Any, folder: Path, content: str) -> None:
    from stockwire.hub.sync import import_products

    file = folder / "products.csv"
    file.write_text(content)
    options = import_products.Options("thandi", ignore_flags=True)
    counts = import_products.import_products(trade.hub.client_id, trade.hub.source_id, file, options)
    assert (counts.updated, counts.problems) == (1, 0)


def dress(trade: Any) -> None:
    """What staff do to the product in the admin: tags, search listing, theme, collection, metafields of the
    product and its variant, a picture."""
    options = trade.shop.options
    found = trade.held("SHIRT")

    def run(query: str, **variables: str) -> Any:
        answer = httpx2.post(
            f"{trade.stand.url}/admin/api/2026-10/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": options.access_token},
            verify=authorities(),
        ).json()
        assert "errors" not in answer, answer
        assert not [one for root in answer["data"].values() for one in root.get("userErrors", [])], answer
        return answer["data"]

    made = run(COLLECTION)["collectionCreate"]["collection"]["id"]
    run(DRESS, id=found["product"]["id"], variant=found["id"], collection=made)
    trade.shop.advance(10)


def picture_of(trade: Any) -> dict[str, Any]:
    """The product as its owner sees it, but for price and stock."""
    found = trade.held("SHIRT")
    product = found["product"]
    collections = trade.shop.shelf("Collection").values()
    return {
        **{name: product[name] for name in ("title", "descriptionHtml", "vendor", "productType", "seo")},
        "template": product["templateSuffix"],
        "tags": sorted(product["tags"]),
        "media": [picture["filename"] for picture in product["media"]],
        "barcode": found["barcode"],
        "fit": {key: row["value"] for (_, key), row in found["metafields"].items()},
        "metafields": {
            key: row["value"]
            for (namespace, key), row in product["metafields"].items()
            if namespace == "custom"
        },
        "collections": sorted(
            row["title"] for row in collections if product["number"] in members(row["products"])
        ),
    }


def members(products: Any) -> set[int]:
    return {each["number"] if isinstance(each, dict) else each for each in products}


@pytest.mark.parametrize(
    ("flags", "tracked", "held"),
    [
        ((), True, {"Main warehouse": 20}),
        (("qty",), True, {}),
        (("inventory_management",), True, {"Main warehouse": 20}),
        (("qty", "inventory_management"), False, {}),
    ],
)
def test_whether_a_new_item_is_tracked_is_left_to_the_shop_where_its_stock_is(
    trade: Any, flags: tuple[str, ...], tracked: bool, held: dict[str, int]
) -> None:
    own(trade, trade.channel(**SENT), *flags)
    shirt(trade)
    trade.push()
    assert (trade.held("SHIRT")["item"]["tracked"], trade.available("SHIRT")) == (tracked, held)


def test_a_new_item_is_made_with_nothing_that_is_the_channels_own(trade: Any) -> None:
    own(trade, trade.channel(**SENT), *(name for name in OF_THE_CHANNEL if name != "title"), "grams", "qty")
    shirt(trade)
    give_more(trade, "silk")
    trade.hub.owner.execute("update variants set barcode = '6001234567892', grams = 250")
    trade.push()
    nothing: dict[str, Any] = {
        "descriptionHtml": "",
        "productType": "",
        "seo": {},
        "template": None,
        "barcode": None,
    }
    nothing |= {"tags": [], "media": [], "collections": [], "metafields": {}, "fit": {}}
    assert picture_of(trade) == {**nothing, "title": "Shirt", "vendor": "Stockwire Rehearsal"}
    assert (trade.held("SHIRT")["item"]["weight"], trade.available("SHIRT")) == (None, {})


def test_nothing_is_made_for_nothing_where_prices_are_the_channels_own(trade: Any) -> None:
    own(trade, trade.channel(**SENT), "price")
    shirt(trade)
    trade.hub.work("push")
    [(message, hint)] = trade.hub.rows("select message, hint from stale")
    assert message == (
        "SHIRT: its price is the channel's own, and Shopify would sell a new item without one for nothing."
    )
    assert "by hand with this SKU and a price" in hint
    assert len(trade.shop.shelf("Product")) == 2
    trade.shop.add_product("Linen shirt", [{"sku": "SHIRT", "price": "19.00", "quantity": 1}])
    trade.shop.advance(10)
    shirt(trade, "33.00", title="Shirt, new season")
    trade.push()
    assert (trade.held("SHIRT")["price"], picture_of(trade)["title"]) == (
        Decimal("19.00"),
        "Shirt, new season",
    )
