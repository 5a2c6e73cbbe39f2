"""Every document that is sent to the shop, with what it costs at most.

Costs follow the model fitted to recorded calls (README.md); a test compares each with the published schema
and with the simulator's own arithmetic. Several writes may be put into one call: that saves round trips and
no points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAGE = 250
MUTATION = 10
_ERRORS = "userErrors{field message code}"
PLAIN_ERRORS = "userErrors{field message}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One document. `cost` is what is reserved of the budget before it is sent."""

    name: str
    text: str
    cost: float
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Root:
    """One write, to be sent alone or beside others. `arguments` maps each to its type. A bulk operation takes
    one connection at most, so there `in_bulk` stands for the selection where it is not ""."""

    name: str
    arguments: Mapping[str, str]
    selection: str
    fixed: str = ""
    directive: str = ""
    in_bulk: str = ""
    price: Callable[[Mapping[str, Any]], float] = lambda given: MUTATION

    def cost(self, given: Mapping[str, Any]) -> float:
        return self.price(given)


@dataclass(frozen=True, slots=True)
class Write:
    """One write with its values. `{size}` in the selection becomes `size`."""

    root: Root
    given: Mapping[str, Any]
    size: int = 1

    @property
    def cost(self) -> float:
        return self.root.cost({**self.given, "size": self.size})


def together(name: str, writes: Sequence[Write]) -> tuple[Operation, dict[str, Any]]:
    """One document with an alias w0, w1 ... for each write, and its variables."""
    declared: list[str] = []
    roots: list[str] = []
    variables: dict[str, Any] = {}
    for at, write in enumerate(writes):
        passed = [write.root.fixed] if write.root.fixed else []
        for argument, kind in {**write.root.arguments, **_directive_types(write.root)}.items():
            if argument not in write.given and not kind.endswith("!"):
                continue
            variable = f"{argument}{at}"
            declared.append(f"${variable}:{kind}")
            variables[variable] = write.given[argument]
            if argument in write.root.arguments:
                passed.append(f"{argument}:${variable}")
        directive = f" {write.root.directive.replace('$key', f'$key{at}')}" if write.root.directive else ""
        selection = write.root.selection.replace("{size}", str(write.size))
        roots.append(f"w{at}:{write.root.name}({','.join(passed)}){directive}{{{selection}}}")
    text = f"mutation {name}({','.join(declared)}){{{' '.join(roots)}}}"
    return Operation(name, text, sum(write.cost for write in writes), writes=True), variables


def chunks(writes: Sequence[Write], most: int, points: float = 900.0) -> list[list[int]]:
    """Positions of the writes, call by call: at most `most` in one, and within `points` (a call may cost
    1,000 at most)."""
    found: list[list[int]] = []
    spent = math.inf
    for at, write in enumerate(writes):
        if not found or len(found[-1]) >= most or spent + write.cost > points:
            found.append([])
            spent = 0.0
        found[-1].append(at)
        spent += write.cost
    return found


def alone(write: Write) -> str:
    """The document of one write for a bulk operation, which takes the values from a file."""
    root = write.root
    kinds = {name: kind for name, kind in root.arguments.items() if name in write.given}
    declared = ",".join(f"${name}:{kind}" for name, kind in kinds.items())
    passed = ",".join([*([root.fixed] if root.fixed else []), *(f"{name}:${name}" for name in kinds)])
    selection = (root.in_bulk or root.selection).replace("{size}", "250")
    return f"mutation {root.name}({declared}){{{root.name}({passed}){{{selection}}}}}"


def page_cost(size: int, row: float = 0.0) -> float:
    """A page of `size` rows whose own objects cost `row`."""
    return 2 + max(1, math.floor(2 * math.log(max(size, 1)))) * (1 + row)


def rounded(points: float) -> float:
    return math.floor(points + 0.5)


def _directive_types(root: Root) -> dict[str, str]:
    return {"key": "String!"} if root.directive else {}


def _variants_price(given: Mapping[str, Any]) -> float:
    variants = given.get("variants") or []
    return rounded(MUTATION + 0.2 * len(variants) + 1.9 * len(given.get("media") or []))


def _create_variants_price(given: Mapping[str, Any]) -> float:
    return _variants_price(given) + 2


def _product_set_price(given: Mapping[str, Any]) -> float:
    product = given.get("input") or {}
    files = 1.9 * len(product.get("files") or []) + 0.4 * len(product.get("metafields") or [])
    own = rounded(MUTATION + files + 0.2 * len(product.get("variants") or []))
    return own + page_cost(int(given.get("size", 1)), 1)


def _product_set_media_price(given: Mapping[str, Any]) -> float:
    return _product_set_price(given) + page_cost(50)


def _product_update_price(given: Mapping[str, Any]) -> float:
    product = given.get("product") or {}
    return rounded(MUTATION + 0.4 * len(product.get("metafields") or []))


def _product_media_price(given: Mapping[str, Any]) -> float:
    media = 1.9 * len(given.get("media") or [])
    return _product_update_price(given) + rounded(media) + page_cost(int(given.get("size", 1)))


_VARIANT = "id sku price compareAtPrice barcode inventoryQuantity inventoryItem{id}"
PRODUCT_SET = Root(
    "productSet",
    {"input": "ProductSetInput!", "identifier": "ProductSetIdentifiers"},
    "product{id title status variants(first:{size}){nodes{" + _VARIANT + "}}} " + _ERRORS,
    fixed="synchronous:true",
    price=_product_set_price,
)
PRODUCT_SET_WITH_MEDIA = Root(
    "productSet",
    {"input": "ProductSetInput!", "identifier": "ProductSetIdentifiers"},
    "product{id title status variants(first:{size}){nodes{"
    + _VARIANT
    + "}} media(first:50){nodes{id}}} "
    + _ERRORS,
    fixed="synchronous:true",
    in_bulk=PRODUCT_SET.selection,
    price=_product_set_media_price,
)
PRODUCT_UPDATE = Root(
    "productUpdate",
    {"product": "ProductUpdateInput"},
    "product{id title status} " + PLAIN_ERRORS,
    price=_product_update_price,
)
PRODUCT_MEDIA = Root(
    "productUpdate",
    {"product": "ProductUpdateInput", "media": "[CreateMediaInput!]"},
    "product{id media(last:{size}){nodes{id}}} " + PLAIN_ERRORS,
    price=_product_media_price,
)
PRODUCT_DELETE = Root("productDelete", {"input": "ProductDeleteInput!"}, "deletedProductId " + PLAIN_ERRORS)
VARIANTS_UPDATE = Root(
    "productVariantsBulkUpdate",
    {"productId": "ID!", "variants": "[ProductVariantsBulkInput!]!"},
    _ERRORS,
    fixed="allowPartialUpdates:true",
    price=_variants_price,
)
VARIANTS_CREATE = Root(
    "productVariantsBulkCreate",
    {"productId": "ID!", "variants": "[ProductVariantsBulkInput!]!"},
    "productVariants{" + _VARIANT + "} " + _ERRORS,
    price=_create_variants_price,
)
VARIANTS_DELETE = Root("productVariantsBulkDelete", {"productId": "ID!", "variantsIds": "[ID!]!"}, _ERRORS)
SET_QUANTITIES = Root(
    "inventorySetQuantities",
    {"input": "InventorySetQuantitiesInput!"},
    _ERRORS,
    directive="@idempotent(key:$key)",
)
ACTIVATE = Root(
    "inventoryActivate",
    {"inventoryItemId": "ID!", "locationId": "ID!", "available": "Int"},
    PLAIN_ERRORS,
    directive="@idempotent(key:$key)",
)
PUBLISH = Root("publishablePublish", {"id": "ID!", "input": "[PublicationInput!]!"}, PLAIN_ERRORS)
TAGS_ADD = Root("tagsAdd", {"id": "ID!", "tags": "[String!]!"}, PLAIN_ERRORS)
TAGS_REMOVE = Root("tagsRemove", {"id": "ID!", "tags": "[String!]!"}, PLAIN_ERRORS)
FILES_UPDATE = Root("fileUpdate", {"files": "[FileUpdateInput!]!"}, _ERRORS)
REORDER_MEDIA = Root(
    "productReorderMedia", {"id": "ID!", "moves": "[MoveInput!]!"}, "mediaUserErrors{field message code}"
)
METAFIELDS_DELETE = Root("metafieldsDelete", {"metafields": "[MetafieldIdentifierInput!]!"}, PLAIN_ERRORS)
COLLECTION_CREATE = Root(
    "collectionCreate", {"input": "CollectionInput!"}, "collection{id handle title} " + PLAIN_ERRORS
)
DEFINE_PRODUCT_CODE = Root(
    "metafieldDefinitionCreate",
    {"definition": "MetafieldDefinitionInput!"},
    "createdDefinition{id} " + _ERRORS,
)
WEBHOOK_CREATE = Root(
    "webhookSubscriptionCreate",
    {"topic": "WebhookSubscriptionTopic!", "webhookSubscription": "WebhookSubscriptionInput!"},
    "webhookSubscription{id} " + PLAIN_ERRORS,
)
WEBHOOK_UPDATE = Root(
    "webhookSubscriptionUpdate",
    {"id": "ID!", "webhookSubscription": "WebhookSubscriptionInput!"},
    "webhookSubscription{id} " + PLAIN_ERRORS,
)
WEBHOOK_DELETE = Root(
    "webhookSubscriptionDelete", {"id": "ID!"}, "deletedWebhookSubscriptionId " + PLAIN_ERRORS
)
STAGE = Root(
    "stagedUploadsCreate",
    {"input": "[StagedUploadInput!]!"},
    "stagedTargets{url resourceUrl parameters{name value}} " + PLAIN_ERRORS,
    price=lambda given: MUTATION + 1,
)
BULK_MUTATION = Root(
    "bulkOperationRunMutation",
    {"mutation": "String!", "stagedUploadPath": "String!"},
    "bulkOperation{id status} " + _ERRORS,
)
BULK_QUERY = Root(
    "bulkOperationRunQuery",
    {"query": "String!"},
    "bulkOperation{id status} " + _ERRORS,
    fixed="groupObjects:false",
)
VARIANTS_BY_SKU = Operation(
    "VariantsBySku",
    "query VariantsBySku($q:String!,$after:String){productVariants(first:250,query:$q,after:$after){"
    "nodes{id sku product{id title hasOnlyDefaultVariant "
    'metafield(namespace:"stockwire",key:"product_code"){value}} inventoryItem{id}} '
    "pageInfo{hasNextPage endCursor}}}",
    page_cost(PAGE, 3),
)
PRODUCTS = Operation(
    "Products",
    "query Products($ids:[ID!]!){nodes(ids:$ids){... on Product{id title hasOnlyDefaultVariant options{name} "
    "media(first:50){nodes{id}} variants(first:100){nodes{id sku selectedOptions{name value} "
    "inventoryItem{id}} pageInfo{hasNextPage endCursor}}}}}",
    2 + page_cost(50) + page_cost(100, 2),
)
MORE_VARIANTS = Operation(
    "MoreVariants",
    "query MoreVariants($id:ID!,$after:String){product(id:$id){variants(first:250,after:$after){"
    "nodes{id sku selectedOptions{name value} inventoryItem{id}} pageInfo{hasNextPage endCursor}}}}",
    1 + page_cost(PAGE, 2),
)
GALLERIES = Operation(
    "Galleries",
    "query Galleries($ids:[ID!]!){nodes(ids:$ids){... on Product{id media(first:50){nodes{id}} "
    'metafield(namespace:"stockwire",key:"pictures"){value}}}}',
    3 + page_cost(50),
)
STOCK_NOW = Operation(
    "StockNow",
    "query StockNow($ids:[ID!]!,$location:ID!){nodes(ids:$ids){... on InventoryItem{id tracked "
    'inventoryLevel(locationId:$location){quantities(names:["available"]){name quantity updatedAt}}}}}',
    4,
)
LOCATIONS = Operation(
    "Locations",
    "query Locations{locations(first:250){nodes{id name isActive fulfillsOnlineOrders}}}",
    page_cost(PAGE),
)
PUBLICATIONS = Operation(
    "Publications", "query Publications{publications(first:50){nodes{id catalog{title}}}}", page_cost(50, 1)
)
COLLECTION = Operation(
    "Collection",
    "query Collection($handle:String!){collectionByIdentifier(identifier:{handle:$handle}){id handle title}}",
    1,
)


def webhooks_query(*, named: bool) -> Operation:
    """Every webhook of this app. Those of version 2026-01 have no names."""
    name = " name" if named else ""
    return Operation(
        "Webhooks",
        "query Webhooks($after:String){webhookSubscriptions(first:250,after:$after){"
        f"nodes{{id topic uri{name}}} pageInfo{{hasNextPage endCursor}}}}}}",
        page_cost(PAGE),
    )


BULK_STATUS = Operation(
    "BulkStatus",
    "query BulkStatus($id:ID!){node(id:$id){... on BulkOperation{id status errorCode objectCount url "
    "partialDataUrl}}}",
    1,
)
CHECK = Operation(
    "Check",
    "query Check{shop{name myshopifyDomain currencyCode taxesIncluded ianaTimezone weightUnit "
    "plan{publicDisplayName shopifyPlus} resourceLimits{maxProductVariants maxProductOptions}} "
    "currentAppInstallation{accessScopes{handle}} productVariantsCount(limit:null){count}}",
    15,
)
SHELF_PAGE = Operation(
    "ShelfPage",
    "query ShelfPage($after:String){productVariants(first:250,after:$after){nodes{id sku price "
    "compareAtPrice barcode inventoryQuantity selectedOptions{name value} product{id title status vendor "
    "productType hasOnlyDefaultVariant} inventoryItem{id tracked}} pageInfo{hasNextPage endCursor}}}",
    page_cost(PAGE, 3),
)
SHELF_BULK = (
    "{productVariants{edges{node{id sku price compareAtPrice barcode inventoryQuantity "
    "selectedOptions{name value} product{id title status vendor productType hasOnlyDefaultVariant} "
    "inventoryItem{id tracked}}}}}"
)
VARIANTS_COUNT = Operation("VariantsCount", "query VariantsCount{productVariantsCount{count}}", 10)


def by_product_code(count: int) -> Operation:
    """Direct reads by our own product code, which no search index delays; aliases p0, p1 ..."""
    declared = ",".join(f"$c{at}:String!" for at in range(count))
    roots = " ".join(
        f"p{at}:productByIdentifier(identifier:{{customId:{{namespace:$namespace,key:$key,value:$c{at}}}}})"
        "{id}"
        for at in range(count)
    )
    text = f"query ByProductCode($namespace:String!,$key:String!,{declared}){{{roots}}}"
    return Operation("ByProductCode", text, count)
