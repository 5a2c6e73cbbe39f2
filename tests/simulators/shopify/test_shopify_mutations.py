"""Every mutation of the simulated Shopify shop does what it says, once over, in the versions that differ."""

from __future__ import annotations

from typing import Any

import pytest

from stockwire.simulators.shopify.published import published


def test_products_are_made_changed_and_deleted_one_by_one(caller: Any) -> None:
    made = caller.root(
        """mutation($p: ProductCreateInput!, $m: [CreateMediaInput!]) { productCreate(product: $p, media: $m) {
        product { id handle status options { name optionValues { name hasVariants } } media(first: 5) { nodes { alt } }
        variants(first: 5) { nodes { title inventoryItem { tracked } } } } userErrors { field message } } }""",
        p={"title": "Hat", "productOptions": [{"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}]},
        m=[
            {
                "originalSource": "https://pictures.example/hat.jpg",
                "mediaContentType": "IMAGE",
                "alt": "A hat",
            }
        ],
    )
    product = made["product"]
    assert product["options"][0]["optionValues"] == [
        {"name": "S", "hasVariants": True},
        {"name": "M", "hasVariants": False},
    ]
    assert product["variants"]["nodes"] == [{"title": "S", "inventoryItem": {"tracked": False}}]
    assert product["media"]["nodes"] == [{"alt": "A hat"}]
    update = """mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { product { title status tags
      descriptionHtml } userErrors { field message } } }"""
    given = {
        "id": product["id"],
        "title": "Cap",
        "status": "DRAFT",
        "tags": ["b", "a"],
        "descriptionHtml": "<p>x</p>",
    }
    assert caller.root(update, p=given)["product"] == {
        "title": "Cap",
        "status": "DRAFT",
        "tags": ["a", "b"],
        "descriptionHtml": "<p>x</p>",
    }
    assert caller.root(update, p={"id": product["id"], "title": " "})["userErrors"][0]["field"] == ["title"]
    older = """mutation($i: ProductInput!) { productUpdate(input: $i) { product { title } userErrors { message } } }"""
    assert (
        caller.root(older, "2026-01", i={"id": product["id"], "title": "Old way"})["product"]["title"]
        == "Old way"
    )
    delete = """mutation($i: ProductDeleteInput!) { productDelete(input: $i) { deletedProductId shop { name }
      userErrors { message } } }"""
    gone = caller.root(delete, i={"id": product["id"]})
    assert (gone["deletedProductId"], gone["shop"]["name"]) == (product["id"], "Stockwire Rehearsal")
    assert caller.root(delete, i={"id": product["id"]})["userErrors"] != []


def test_metafields_are_written_read_by_key_and_deleted(caller: Any) -> None:
    caller.shop.fill(1)
    product = caller.shop.variant("SW-00001-01")["product"]["id"]
    rows = [
        {
            "ownerId": product,
            "namespace": "custom",
            "key": key,
            "value": key,
            "type": "single_line_text_field",
        }
        for key in ("colour", "size")
    ]
    write = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { metafields { id key }
      userErrors { field message code } } }"""
    assert [row["key"] for row in caller.root(write, m=rows)["metafields"]] == ["colour", "size"]
    untyped = [{"ownerId": product, "namespace": "custom", "key": "new", "value": "x"}]
    assert caller.codes(write, m=untyped) == ["BLANK"]
    read = """query($id: ID!) { product(id: $id) { one: metafield(namespace: "custom", key: "size") { value }
      metafields(first: 5, namespace: "custom") { nodes { key type } } } }"""
    found = caller.root(read, id=product)
    assert found["one"] == {"value": "size"}
    assert len(found["metafields"]["nodes"]) == 2
    delete = """mutation($m: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $m) {
      deletedMetafields { key } userErrors { message } } }"""
    keys = [{"ownerId": product, "namespace": "custom", "key": key} for key in ("size", "nothing")]
    assert caller.root(delete, m=keys)["deletedMetafields"] == [{"key": "size"}, None]
    assert caller.root(read, id=product)["one"] is None


def test_files_are_made_put_on_products_and_deleted(caller: Any) -> None:
    caller.shop.fill(1)
    product = caller.shop.variant("SW-00001-01")["product"]["id"]
    create = """mutation($f: [FileCreateInput!]!) { fileCreate(files: $f) { files { id fileStatus alt }
      userErrors { field code } } }"""
    (file,) = caller.root(create, f=[{"originalSource": "https://pictures.example/a.jpg", "alt": "A"}])[
        "files"
    ]
    assert (file["fileStatus"], file["alt"]) == ("UPLOADED", "A")
    assert caller.codes(create, f=[{"originalSource": "ftp://a"}]) == ["INVALID_IMAGE_SOURCE_URL"]
    update = """mutation($f: [FileUpdateInput!]!) { fileUpdate(files: $f) { files { id alt } userErrors { code } } }"""
    change = [{"id": file["id"], "alt": "B", "referencesToAdd": [product]}]
    assert caller.codes(update, f=change) == ["NON_READY_STATE"]
    caller.shop.advance(2)
    assert caller.root(update, f=change)["files"] == [{"id": file["id"], "alt": "B"}]
    assert len(caller.shop.find("Product", product)["media"]) == 1
    listed = caller.root("{ files(first: 5) { nodes { id ... on MediaImage { mimeType } } } }")["nodes"]
    assert listed == [{"id": file["id"], "mimeType": "image/jpeg"}]
    delete = "mutation($f: [ID!]!) { fileDelete(fileIds: $f) { deletedFileIds userErrors { code } } }"
    assert caller.root(delete, f=[file["id"]])["deletedFileIds"] == [file["id"]]
    assert caller.shop.find("Product", product)["media"] == []
    assert caller.codes(delete, f=[file["id"]]) == ["FILE_DOES_NOT_EXIST"]


def test_collections_are_made_in_the_way_of_each_version(caller: Any) -> None:
    caller.shop.fill(2)
    products = [caller.shop.variant(sku)["product"]["id"] for sku in ("SW-00001-01", "SW-00002-01")]
    old = """mutation($i: CollectionInput!) { collectionCreate(input: $i) { collection { id handle
      products(first: 5) { nodes { id } } } userErrors { field message } } }"""
    first = caller.root(old, "2026-01", i={"title": "Hats", "products": products[:1]})["collection"]
    assert (first["handle"], first["products"]["nodes"]) == ("hats", [{"id": products[0]}])
    new = """mutation($c: CollectionCreateInput!) { collectionCreate(collection: $c) { collection { id handle
      sources { id title ... on CollectionConditionsSource { products(first: 5) { nodes { id } } } } }
      userErrors { message } } }"""
    selections = [{"productId": number} for number in products]
    source = {"source": {"title": "By hand", "inclusion": {"selections": selections}}}
    second = caller.root(new, c={"title": "Hats", "sources": [source]})["collection"]
    assert second["handle"] == "hats-1"
    assert second["sources"][0]["products"]["nodes"] == [{"id": number} for number in products]
    by_handle = """query($h: String!) { collectionByIdentifier(identifier: {handle: $h}) { id ruleSet { rules {
      condition } } } }"""
    with_rules = caller.ask(by_handle, h="hats")
    assert "CollectionRuleSet.rules" in with_rules["errors"][0]["message"]
    remove = """mutation($id: ID!, $p: [ID!]!) { collectionRemoveProducts(id: $id, productIds: $p) { job { done }
      userErrors { message } } }"""
    assert caller.root(remove, id=first["id"], p=products[:1])["job"] == {"done": True}
    update = """mutation($i: CollectionInput!) { collectionUpdate(input: $i) { collection { title
      productsCount { count } } userErrors { message } } }"""
    changed = caller.root(update, i={"id": first["id"], "title": "Caps", "products": products})["collection"]
    assert changed == {"title": "Caps", "productsCount": {"count": 2}}
    listing = '{ collections(first: 5, query: "title:Hats", sortKey: TITLE) { nodes { handle hasProduct(id: "%s") } } }'
    assert caller.root(listing.replace("%s", products[0]))["nodes"] == [
        {"handle": "hats-1", "hasProduct": True}
    ]
    delete = """mutation($i: CollectionDeleteInput!) { collectionDelete(input: $i) { deletedCollectionId
      userErrors { message } } }"""
    assert caller.root(delete, i={"id": first["id"]})["deletedCollectionId"] == first["id"]
    assert caller.root("query($id: ID!) { collection(id: $id) { id } }", id=first["id"]) is None


def test_orders_are_paid_noted_and_cancelled_by_apps(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "price": "10.00", "quantity": 9}])
    order = caller.shop.place_order("pending", lines=[{"sku": "BOLT", "quantity": 2}])
    pay = """mutation($i: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $i) { order { displayFinancialStatus
      transactions(first: 5) { kind amountSet { shopMoney { amount } } } } userErrors { message } } }"""
    paid = caller.root(pay, i={"id": order["id"]})["order"]
    assert paid["displayFinancialStatus"] == "PAID"
    assert paid["transactions"] == [{"kind": "SALE", "amountSet": {"shopMoney": {"amount": "20.0"}}}]
    assert (
        caller.root(pay, i={"id": order["id"]})["userErrors"][0]["message"]
        == "Order cannot be marked as paid."
    )
    note = """mutation($i: OrderInput!) { orderUpdate(input: $i) { order { note tags } userErrors { message } } }"""
    given = {"id": order["id"], "note": "Call first", "tags": ["omni"]}
    assert caller.root(note, i=given)["order"] == {"note": "Call first", "tags": ["omni"]}
    cancel = """mutation($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true, refund: true) {
      job { done } orderCancelUserErrors { message code } } }"""
    assert caller.root(cancel, id=order["id"])["job"] == {"done": True}
    assert caller.available("BOLT") == 9
    again = caller.root(cancel, id=order["id"])["orderCancelUserErrors"]
    assert len(again) == 1


def test_stock_is_adjusted_by_differences_and_items_are_changed(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    row = caller.row("BOLT", 0, 0)
    change = {"delta": 3, "inventoryItemId": row["inventoryItemId"], "locationId": row["locationId"]}
    adjust = """mutation($i: InventoryAdjustQuantitiesInput!, $k: String!) { inventoryAdjustQuantities(input: $i)
      @idempotent(key: $k) { inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange } }
      userErrors { code } } }"""
    given = {"name": "available", "reason": "received", "changes": [{**change, "changeFromQuantity": 4}]}
    group = caller.root(adjust, i=given, k="one")["inventoryAdjustmentGroup"]
    assert group["changes"] == [
        {"name": "available", "delta": 3, "quantityAfterChange": None},
        {"name": "on_hand", "delta": 3, "quantityAfterChange": None},
    ]
    assert caller.available("BOLT") == 7
    assert caller.codes(adjust, i=given, k="two") == ["CHANGE_FROM_QUANTITY_STALE"]
    item = """mutation($id: ID!, $i: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $i) {
      inventoryItem { sku tracked unitCost { amount } } userErrors { message } } }"""
    changed = caller.root(
        item, id=row["inventoryItemId"], i={"sku": "BOLT-2", "tracked": False, "cost": "3.5"}
    )
    assert changed["inventoryItem"] == {"sku": "BOLT-2", "tracked": False, "unitCost": {"amount": "3.5"}}
    found = caller.root('{ inventoryItems(first: 5, query: "sku:BOLT-2") { nodes { id } } }')
    assert found["nodes"] == [{"id": row["inventoryItemId"]}]


def test_a_subscription_moves_to_another_address(caller: Any) -> None:
    number = caller.subscribe("ORDERS_CREATE")
    update = """mutation($id: ID!, $w: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id,
      webhookSubscription: $w) { webhookSubscription { uri callbackUrl apiVersion { handle } } userErrors {
      message } } }"""
    moved = caller.root(update, id=number, w={"uri": "https://new.example/hooks"})["webhookSubscription"]
    assert moved == {
        "uri": "https://new.example/hooks",
        "callbackUrl": "https://new.example/hooks",
        "apiVersion": {"handle": "2026-10"},
    }
    assert caller.root("{ webhookSubscriptionsCount { count } }") == {"count": 1}


def test_the_older_names_of_fulfilment_mutations_still_work(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT", "quantity": 4}])
    order = caller.shop.place_order(lines=[{"sku": "BOLT", "quantity": 2}])
    (held,) = caller.shop.shelf("FulfillmentOrder").values()
    create = """mutation($f: FulfillmentV2Input!) { fulfillmentCreateV2(fulfillment: $f) { fulfillment { id
      totalQuantity } userErrors { message } } }"""
    made = caller.root(create, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": held["id"]}]})[
        "fulfillment"
    ]
    assert made["totalQuantity"] == 2
    track = """mutation($id: ID!, $t: FulfillmentTrackingInput!) { fulfillmentTrackingInfoUpdateV2(
      fulfillmentId: $id, trackingInfoInput: $t) { fulfillment { trackingInfo { number } } userErrors { message } } }"""
    tracked = caller.root(track, id=made["id"], t={"numbers": ["A", "B"]})["fulfillment"]
    assert tracked == {"trackingInfo": [{"number": "A"}, {"number": "B"}]}
    query = "query($id: ID!) { fulfillmentOrder(id: $id) { status orderName fulfillments(first: 5) { nodes { id } } } }"
    assert caller.root(query, id=held["id"]) == {
        "status": "CLOSED",
        "orderName": order["name"],
        "fulfillments": {"nodes": [{"id": made["id"]}]},
    }


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_every_plain_field_of_products_and_orders_can_be_read_in_every_version(
    caller: Any, version: str
) -> None:
    caller.shop.fill(1, quantity=5)
    order = caller.shop.place_order("customer", shipping="10.00", order_discount="5")
    found = published(version)
    for kind, number in (
        ("Order", order["id"]),
        ("LineItem", order["lines"][0]["id"]),
        ("Product", caller.shop.variant("SW-00001-01")["product"]["id"]),
        ("ProductVariant", caller.shop.variant("SW-00001-01")["id"]),
        ("InventoryItem", caller.shop.variant("SW-00001-01")["item"]["id"]),
        ("Location", "gid://shopify/Location/8000000001"),
        ("Customer", order["customer"]["id"]),
    ):
        fields = found.schema.type_map[kind].fields
        plain = [
            name
            for name in fields
            if f"{kind}.{name}" in found.simulated
            and not fields[name].args
            and not hasattr(getattr(fields[name].type, "of_type", fields[name].type), "fields")
            and "[" not in str(fields[name].type)
        ]
        assert len(plain) > 5
        query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {' '.join(plain)} }} }} }}"
        assert caller.data(query, version, id=number)["node"]["id"] == number
