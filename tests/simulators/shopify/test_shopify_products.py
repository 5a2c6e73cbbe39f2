"""Products of the simulated Shopify shop: productSet and what it deletes, variants, searches, collections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SET = """mutation($i: ProductSetInput!, $id: ProductSetIdentifiers, $s: Boolean = true) {
  productSet(input: $i, identifier: $id, synchronous: $s) {
    product { id title handle tags descriptionHtml variants(first: 50) { nodes { id sku price } }
      media(first: 10) { nodes { id status } } metafields(first: 10) { nodes { namespace key value } }
      collections(first: 10) { nodes { title } } }
    productSetOperation { id status } userErrors { field message code } } }"""
UPDATE = """mutation($p: ID!, $v: [ProductVariantsBulkInput!]!, $partial: Boolean) {
  productVariantsBulkUpdate(productId: $p, variants: $v, allowPartialUpdates: $partial) {
    productVariants { id price } userErrors { field message code } } }"""
FIND = "query($q: String!) { productVariants(first: 50, query: $q) { nodes { sku } } }"


def sizes(*names: str) -> dict[str, Any]:
    """Input for a hat in these sizes."""
    return {
        "productOptions": [{"name": "Size", "values": [{"name": name} for name in names]}],
        "variants": [
            {"optionValues": [{"optionName": "Size", "name": name}], "sku": f"HAT-{name}", "price": "10.00"}
            for name in names
        ],
    }


def skus(caller: Any, query: str) -> list[str]:
    return [row["sku"] for row in caller.root(FIND, q=query)["nodes"]]


def hat(caller: Any, *names: str, **fields: Any) -> dict[str, Any]:
    answer = caller.root(SET, i={"title": "Hat", **sizes(*names), **fields})
    assert answer["userErrors"] == []
    found: dict[str, Any] = answer["product"]
    return found


def test_variants_left_out_of_product_set_are_deleted_and_the_rest_keep_their_ids(caller: Any) -> None:
    first = hat(caller, "S", "M", "L")
    ids = {row["sku"]: row["id"] for row in first["variants"]["nodes"]}
    answer = caller.root(SET, i=sizes("S", "L"), id={"id": first["id"]})
    assert {row["sku"]: row["id"] for row in answer["product"]["variants"]["nodes"]} == {
        "HAT-S": ids["HAT-S"],
        "HAT-L": ids["HAT-L"],
    }
    assert caller.root("query($id: ID!) { productVariant(id: $id) { id } }", id=ids["HAT-M"]) is None


def test_matching_by_option_values_can_be_switched_off(opened: Callable[..., Any]) -> None:
    caller = opened(product_set_matches_options=False)
    first = hat(caller, "S")
    again = caller.root(SET, i=sizes("S"), id={"id": first["id"]})["product"]
    assert again["variants"]["nodes"][0]["id"] != first["variants"]["nodes"][0]["id"]


def test_every_list_that_is_given_is_the_whole_truth_and_one_that_is_not_stays(caller: Any) -> None:
    caller.shop.add_collection("Summer")
    caller.shop.add_collection("Winter")
    summer, winter = (row["id"] for row in caller.shop.shelf("Collection").values())
    first = hat(
        caller,
        "S",
        tags=["one", "two"],
        descriptionHtml="<p>A hat</p>",
        files=[{"originalSource": "https://pictures.example/front.jpg"}],
        collections=[summer],
        metafields=[
            {"namespace": "custom", "key": "colour", "value": "red", "type": "single_line_text_field"}
        ],
    )
    product = caller.shop.find("Product", first["id"])
    caller.shop.edit_product("HAT-S", add_image="https://pictures.example/by-hand.jpg")
    assert len(product["media"]) == 2
    untouched = caller.root(SET, i={"title": "Better hat"}, id={"id": first["id"]})["product"]
    assert untouched["title"] == "Better hat"
    assert untouched["tags"] == ["one", "two"]
    assert len(untouched["media"]["nodes"]) == 2
    assert len(untouched["metafields"]["nodes"]) == 1
    assert untouched["collections"]["nodes"] == [{"title": "Summer"}]
    given = {
        "tags": ["two"],
        "files": [{"id": first["media"]["nodes"][0]["id"]}],
        "collections": [winter],
        "metafields": [
            {"namespace": "custom", "key": "size", "value": "S", "type": "single_line_text_field"}
        ],
    }
    left = caller.root(SET, i=given, id={"id": first["id"]})["product"]
    assert left["tags"] == ["two"]
    assert [row["id"] for row in left["media"]["nodes"]] == [first["media"]["nodes"][0]["id"]]
    assert [row["key"] for row in left["metafields"]["nodes"]] == ["size"]
    assert left["collections"]["nodes"] == [{"title": "Winter"}]
    assert left["descriptionHtml"] == "<p>A hat</p>"


def test_product_set_by_handle_makes_once_and_then_overwrites(caller: Any) -> None:
    given = {"title": "Hat", **sizes("S")}
    first = caller.root(SET, i=given, id={"handle": "hat"})["product"]
    again = caller.root(SET, i={**given, "title": "New hat"}, id={"handle": "hat"})["product"]
    assert (again["id"], again["title"], again["handle"]) == (first["id"], "New hat", "hat")
    mismatch = caller.codes(SET, i={**given, "handle": "cap"}, id={"handle": "hat"})
    assert mismatch == ["INPUT_MISMATCH"]
    assert caller.codes(SET, i=given, id={"id": "gid://shopify/Product/1"}) == ["PRODUCT_DOES_NOT_EXIST"]


def test_product_set_by_custom_id_needs_a_definition_of_type_id(caller: Any) -> None:
    custom = {"customId": {"namespace": "stockwire", "key": "code", "value": "HAT"}}
    given = {"title": "Hat", **sizes("S")}
    assert caller.codes(SET, i=given, id=custom) == ["NOT_FOUND"]
    caller.root(
        """mutation { metafieldDefinitionCreate(definition: {name: "Code", namespace: "stockwire", key: "code",
        ownerType: PRODUCT, type: "id"}) { createdDefinition { id } userErrors { message } } }"""
    )
    first = caller.root(SET, i=given, id=custom)["product"]
    again = caller.root(SET, i={**given, "title": "New hat"}, id=custom)["product"]
    assert (again["id"], again["title"]) == (first["id"], "New hat")
    found = caller.root(
        """query($id: ProductIdentifierInput!) { productByIdentifier(identifier: $id) { id } }""", id=custom
    )
    assert found["id"] == first["id"]
    other = [{"namespace": "stockwire", "key": "code", "value": "CAP", "type": "id"}]
    assert caller.codes(SET, i={**given, "metafields": other}, id=custom) == ["METAFIELD_MISMATCH"]


def test_options_and_variants_of_product_set_belong_together(caller: Any) -> None:
    first = hat(caller, "S")
    both = sizes("S", "M")
    only_variants = {"variants": both["variants"]}
    assert caller.codes(SET, i=only_variants, id={"id": first["id"]}) == ["PRODUCT_OPTIONS_INPUT_MISSING"]
    only_options = {"productOptions": both["productOptions"]}
    assert caller.codes(SET, i=only_options, id={"id": first["id"]}) == ["VARIANTS_INPUT_MISSING"]
    twice = {**both, "variants": [both["variants"][0], both["variants"][0]]}
    assert caller.codes(SET, i=twice, id={"id": first["id"]}) == ["INVALID_VARIANT"]
    four = {
        "productOptions": [{"name": str(at), "values": [{"name": "x"}]} for at in range(4)],
        "variants": both["variants"],
    }
    assert caller.codes(SET, i=four, id={"id": first["id"]}) == ["OPTIONS_OVER_LIMIT"]
    assert len(caller.shop.find("Product", first["id"])["variants"]) == 1


def test_more_than_2048_variants_are_refused_before_anything_is_looked_at(caller: Any) -> None:
    body = caller.ask(SET, i={"title": "Hat", **sizes(*(f"{at}" for at in range(2049)))})
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert "2048" in body["errors"][0]["message"]
    assert caller.shop.shelf("Product") == {}


def test_product_set_later_answers_with_an_operation_that_ends(caller: Any) -> None:
    answer = caller.root(SET, i={"title": "Hat", **sizes("S")}, s=False)
    assert answer["product"] is None
    number = answer["productSetOperation"]["id"]
    query = """query($id: ID!) { productOperation(id: $id) { status product { title }
      ... on ProductSetOperation { userErrors { code } } } }"""
    waiting = {"status": "CREATED", "product": None, "userErrors": []}
    assert caller.root(query, id=number) == waiting
    caller.shop.advance(2)
    assert caller.root(query, id=number)["product"] == {"title": "Hat"}


def test_one_bad_variant_stops_the_update_unless_partial_updates_are_allowed(caller: Any) -> None:
    product = hat(caller, "S", "M")
    small, medium = product["variants"]["nodes"]
    rows = [{"id": small["id"], "price": "9.99"}, {"id": medium["id"], "price": "-1.00"}]
    refused = caller.root(UPDATE, p=product["id"], v=rows, partial=False)
    assert refused["userErrors"] == [
        {
            "field": ["variants", "1", "price"],
            "message": "Price must be greater than or equal to 0",
            "code": "GREATER_THAN_OR_EQUAL_TO",
        }
    ]
    assert refused["productVariants"] is None
    assert str(caller.shop.variant("HAT-S")["price"]) == "10.00"
    partial = caller.root(UPDATE, p=product["id"], v=rows, partial=True)
    assert [row["price"] for row in partial["productVariants"]] == ["9.99", "10.00"]
    stock = [{"id": small["id"], "inventoryQuantities": [{"availableQuantity": 1, "locationId": LOCATION}]}]
    assert caller.codes(UPDATE, p=product["id"], v=stock, partial=False) == [
        "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
    ]


LOCATION = "gid://shopify/Location/8000000001"


def test_variants_are_added_with_their_stock_and_removed_but_for_the_last(caller: Any) -> None:
    product = hat(caller, "S")
    add = """mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) { productVariantsBulkCreate(productId: $p,
      variants: $v) { productVariants { id sku inventoryQuantity } userErrors { field code } } }"""
    row = {
        "optionValues": [{"optionName": "Size", "name": "M"}],
        "inventoryItem": {"sku": "HAT-M", "tracked": True},
        "inventoryQuantities": [{"locationId": LOCATION, "availableQuantity": 7}],
    }
    (made,) = caller.root(add, p=product["id"], v=[row])["productVariants"]
    assert (made["sku"], made["inventoryQuantity"]) == ("HAT-M", 7)
    assert caller.codes(add, p=product["id"], v=[row]) == ["VARIANT_ALREADY_EXISTS"]
    remove = """mutation($p: ID!, $v: [ID!]!) { productVariantsBulkDelete(productId: $p, variantsIds: $v) {
      userErrors { code } } }"""
    ids = [row["id"] for row in caller.shop.find("Product", product["id"])["variants"]]
    assert caller.codes(remove, p=product["id"], v=ids) == ["CANNOT_DELETE_LAST_VARIANT"]
    assert caller.codes(remove, p=product["id"], v=ids[:1]) == []
    assert skus(caller, "product_id:" + product["id"].rsplit("/", 1)[-1]) == ["HAT-M"]


def test_a_search_lags_behind_what_was_written_and_a_read_by_id_does_not(opened: Callable[..., Any]) -> None:
    caller = opened(search_lag_s=30)
    product = hat(caller, "S")
    by_id = "query($id: ID!) { product(id: $id) { title } }"
    assert caller.root(by_id, id=product["id"]) == {"title": "Hat"}
    assert skus(caller, "sku:'HAT-S'") == []
    caller.shop.advance(29)
    assert skus(caller, "sku:'HAT-S'") == []
    caller.shop.advance(1)
    assert skus(caller, "sku:'HAT-S'") == ["HAT-S"]
    caller.shop.edit_product("HAT-S", new_sku="CAP-S")
    assert skus(caller, "sku:'HAT-S'") == ["CAP-S"]
    assert skus(caller, "sku:'CAP-S'") == []


def test_a_search_for_a_sku_finds_by_words_and_without_regard_to_case(opened: Callable[..., Any]) -> None:
    caller = opened()
    for sku in ("AB-1", "AB-1-X", "ab-1", "AB-10", "CD-2"):
        caller.shop.add_product(f"Thing {sku}", [{"sku": sku}])
    assert skus(caller, "sku:'AB-1'") == ["AB-1", "AB-1-X", "ab-1"]
    assert skus(caller, "sku:'AB-10' OR sku:'CD-2'") == ["AB-10", "CD-2"]
    assert skus(caller, "sku:AB-1*") == ["AB-1", "AB-1-X", "ab-1", "AB-10"]
    assert skus(caller, "sku:'AB-10' AND NOT sku:'CD-2'") == ["AB-10"]
    exact = opened(search_by_words=False)
    exact.shop.add_product("One", [{"sku": "AB-1"}])
    exact.shop.add_product("Two", [{"sku": "AB-1-X"}])
    assert skus(exact, "sku:'AB-1'") == ["AB-1"]
    assert "search filter 'colour'" in exact.ask(FIND, q="colour:red")["errors"][0]["message"]


def test_a_sku_may_be_there_twice_and_the_shop_says_how_often(caller: Any) -> None:
    caller.shop.add_product("Bolt", [{"sku": "BOLT"}])
    caller.shop.duplicate_sku("BOLT")
    assert skus(caller, "sku:BOLT") == ["BOLT", "BOLT"]
    number = caller.shop.variant("BOLT")["item"]["id"]
    assert caller.root("query($id: ID!) { inventoryItem(id: $id) { duplicateSkuCount } }", id=number) == {
        "duplicateSkuCount": 1
    }


def test_pages_follow_each_other_while_rows_come_and_go(caller: Any) -> None:
    caller.shop.fill(7)
    query = """query($a: String) { products(first: 3, after: $a) { nodes { handle }
      pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    first = caller.root(query)
    caller.shop.delete_product("SW-00003-01")
    second = caller.root(query, a=first["pageInfo"]["endCursor"])
    third = caller.root(query, a=second["pageInfo"]["endCursor"])
    handles = [row["handle"] for page in (first, second, third) for row in page["nodes"]]
    assert handles == [f"sw-{at:05d}" for at in range(1, 8)]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second, third)] == [True, True, False]
    assert "errors" in caller.ask("{ products { nodes { id } } }")
    assert "errors" in caller.ask("{ products(first: 251) { nodes { id } } }")


def test_a_product_is_on_no_channel_until_it_is_published(caller: Any, operations: dict[str, str]) -> None:
    product = hat(caller, "S")
    online = next(iter(caller.shop.shelf("Publication").values()))["id"]
    query = "query($id: ID!, $p: ID!) { product(id: $id) { publishedOnPublication(publicationId: $p) } }"
    assert caller.root(query, id=product["id"], p=online) == {"publishedOnPublication": False}
    caller.root(operations["pub"], id=product["id"], **{"in": [{"publicationId": online}]})
    assert caller.root(query, id=product["id"], p=online) == {"publishedOnPublication": True}
    unpublish = operations["pub"].replace("publishablePublish", "publishableUnpublish")
    caller.root(unpublish, id=product["id"], **{"in": [{"publicationId": online}]})
    assert caller.root(query, id=product["id"], p=online) == {"publishedOnPublication": False}


def test_products_go_into_custom_collections_and_not_into_smart_ones(
    caller: Any, operations: dict[str, str]
) -> None:
    product = hat(caller, "S")
    custom, smart = caller.shop.add_collection("Hats"), caller.shop.add_collection("On sale", smart=True)
    add = """mutation($id: ID!, $p: [ID!]!) { collectionAddProducts(id: $id, productIds: $p) {
      collection { productsCount { count } } userErrors { field message } } }"""
    for version in ("2026-01", "2026-10"):
        answer = caller.root(add, version, id=custom["id"], p=[product["id"]])
        assert answer["collection"] == {"productsCount": {"count": 1}}
    refused = caller.root(add, id=smart["id"], p=[product["id"]])
    assert refused["userErrors"][0]["message"] == "Can't manually add products to a smart collection"
    assert caller.codes(SET, i={"collections": [smart["id"]]}, id={"id": product["id"]}) == ["INVALID_INPUT"]
    source = {
        "id": custom["source"]["id"],
        "inclusion": {"selectionsToRemove": [{"productId": product["id"]}]},
    }
    answer = caller.root(
        operations["coll"], i={"id": custom["id"], "sourcesToUpdate": [{"condition": source}]}
    )
    assert answer["userErrors"] == []
    assert custom["products"] == {}


def test_pictures_are_ready_after_a_while_and_bad_addresses_fail(caller: Any) -> None:
    product = hat(
        caller,
        "S",
        files=[
            {"originalSource": "https://pictures.example/front.jpg", "alt": "Front"},
            {"originalSource": "https://pictures.example/missing.jpg"},
        ],
    )
    query = """query($id: ID!) { product(id: $id) { media(first: 5) { nodes { status alt
      ... on MediaImage { image { url } mediaErrors { code } } } } } }"""
    states = [row["status"] for row in caller.root(query, id=product["id"])["media"]["nodes"]]
    assert states == ["UPLOADED", "UPLOADED"]
    caller.shop.advance(2)
    ready, failed = caller.root(query, id=product["id"])["media"]["nodes"]
    assert (ready["status"], ready["alt"]) == ("READY", "Front")
    assert ready["image"]["url"].endswith("/front.jpg")
    assert (failed["status"], failed["image"]) == ("FAILED", None)
    assert failed["mediaErrors"]


def test_an_input_that_is_not_simulated_stops_the_call_before_it_does_anything(caller: Any) -> None:
    body = caller.ask(SET, i={"title": "Gift card", "giftCard": True})
    assert "ProductSetInput.giftCard" in body["errors"][0]["message"]
    assert caller.shop.shelf("Product") == {}


def test_a_very_full_shop_takes_only_so_many_new_variants_a_day(opened: Callable[..., Any]) -> None:
    caller = opened(variants_without_daily_limit=3, new_variants_a_day=2)
    hat(caller, "S", "M")
    caller.shop.advance(90_000)
    sent = {"title": "Cap", **sizes("A", "B", "C")}
    answer = caller.post(SET, i=sent)
    assert answer.status_code == 429
    assert "Daily variant creation limit reached" in answer.text
    assert len(caller.shop.shelf("Product")) == 1
    assert caller.post(SET, i={"title": "Cap", **sizes("A", "B")}).status_code == 200
    plus = opened(plan="plus", variants_without_daily_limit=3, new_variants_a_day=2)
    assert plus.post(SET, i=sent).status_code == 200


def test_a_price_that_is_no_number_is_refused_before_anything_is_done(caller: Any) -> None:
    product = hat(caller, "S")
    rows = [{"id": product["variants"]["nodes"][0]["id"], "price": "12,50"}]
    body = caller.ask(UPDATE, p=product["id"], v=rows)
    assert body["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "12,50" in body["errors"][0]["message"]
    literal = UPDATE.replace("variants: $v", 'variants: [{id: "x", price: "dear"}]').replace(
        "$v: [ProductVariantsBulkInput!]!, ", ""
    )
    assert "dear" in caller.ask(literal, p=product["id"])["errors"][0]["message"]


def test_staff_add_a_variant_and_an_app_that_does_not_know_it_deletes_it(caller: Any) -> None:
    product = hat(caller, "S")
    row = {"sku": "HAT-BY-HAND", "options": {"Size": "XL"}, "quantity": 3}
    caller.shop.edit_product("HAT-S", add_variant=row)
    assert skus(caller, "sku:HAT*") == ["HAT-S", "HAT-BY-HAND"]
    assert caller.codes(SET, i={**sizes("S"), "variants": []}, id={"id": product["id"]}) == [
        "VARIANTS_INPUT_MISSING"
    ]
    caller.root(SET, i=sizes("S"), id={"id": product["id"]})
    assert skus(caller, "sku:HAT*") == ["HAT-S"]
