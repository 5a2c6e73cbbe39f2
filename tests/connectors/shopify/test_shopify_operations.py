"""Every document of the connector is valid in every version that is supported, and costs what it reserves."""

from __future__ import annotations

from typing import Any

import graphql
import pytest

from stockwire.connectors.shopify import operations, order_operations
from stockwire.connectors.shopify.operations import Operation, Root, Write, alone, together
from stockwire.connectors.shopify.settings import VERSIONS
from stockwire.simulators.shopify.cost import Cost
from stockwire.simulators.shopify.published import published


def documents() -> dict[str, str]:
    found = {
        "order": order_operations.order_query(with_customer=True).text,
        "order without customer": order_operations.order_query(with_customer=False).text,
        "by product code": operations.by_product_code(3).text,
        "shelf of everything": operations.SHELF_BULK,
        "webhooks": operations.webhooks_query(named=False).text,
    }
    for name, value in {**vars(operations), **vars(order_operations)}.items():
        if isinstance(value, Operation):
            found[name] = value.text
        if isinstance(value, Root):
            write = Write(value, given(value))
            found[name] = together("Twice", [write, write])[0].text
            if not value.directive:
                found[f"{name} in bulk"] = alone(write)
    return found


def given(root: Root) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(root.arguments)
    return {**values, "key": "k"} if root.directive else values


def test_a_document_of_a_bulk_operation_has_one_connection_at_most():
    counts = {name: text.count("nodes{") for name, text in documents().items() if name.endswith("in bulk")}
    assert max(counts.values()) == 1


@pytest.mark.parametrize(
    "version", [*(pytest.param(each, marks=pytest.mark.slow) for each in VERSIONS[:-1]), VERSIONS[-1]]
)
def test_every_document_is_valid_in_the_published_schema(version):
    schema = published(version).schema
    wrong = {
        name: [error.message for error in graphql.validate(schema, graphql.parse(text))]
        for name, text in documents().items()
    }
    assert {name: errors for name, errors in wrong.items() if errors} == {}


def test_webhooks_have_names_from_the_second_version_on():
    text = operations.webhooks_query(named=True).text
    valid = [not graphql.validate(published(version).schema, graphql.parse(text)) for version in VERSIONS]
    assert valid == [False, True, True, True]


def cost_of(operation: Operation, variables: dict[str, Any]) -> int:
    document = graphql.parse(operation.text)
    node = document.definitions[0]
    return Cost(published(VERSIONS[-1]).schema, document, node, variables).requested()


def test_reads_reserve_what_they_cost_and_hardly_more():
    reads = [
        value
        for value in {**vars(operations), **vars(order_operations)}.values()
        if isinstance(value, Operation)
    ]
    reads += [
        order_operations.order_query(with_customer=True),
        operations.webhooks_query(named=True),
        operations.by_product_code(7),
    ]
    off = {
        read.name: (read.cost, cost)
        for read in reads
        if not (cost := cost_of(read, {})) <= read.cost <= max(cost * 1.3, cost + 3)
    }
    assert off == {}


VARIANTS = [{"id": f"gid://shopify/ProductVariant/{at}", "price": "1.00"} for at in range(37)]
PRODUCT = {
    "title": "T",
    "files": [{"originalSource": "https://p.example/1.jpg"}] * 3,
    "metafields": [{"key": "a", "value": "b"}] * 4,
    "variants": VARIANTS,
}


@pytest.mark.parametrize(
    ("root", "values", "size"),
    [
        (operations.PRODUCT_SET, {"input": PRODUCT, "identifier": {}}, 37),
        (operations.PRODUCT_SET_WITH_MEDIA, {"input": PRODUCT, "identifier": {}}, 1),
        (operations.PRODUCT_UPDATE, {"product": {"title": "T"}}, 1),
        (operations.VARIANTS_UPDATE, {"productId": "gid://shopify/Product/1", "variants": VARIANTS}, 1),
        (operations.VARIANTS_CREATE, {"productId": "gid://shopify/Product/1", "variants": VARIANTS}, 1),
        (
            operations.SET_QUANTITIES,
            {"input": {"name": "available", "reason": "correction", "quantities": []}, "key": "k"},
            1,
        ),
        (operations.PUBLISH, {"id": "gid://shopify/Product/1", "input": []}, 1),
    ],
)
def test_writes_reserve_what_they_cost_alone_and_together(root, values, size):
    for count in (1, 3):
        operation, variables = together("Some", [Write(root, values, size)] * count)
        cost = cost_of(operation, variables)
        assert cost <= operation.cost <= cost * 1.2
