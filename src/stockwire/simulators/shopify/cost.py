"""What a call costs in points, by the model fitted to recorded calls of a real shop.

Scalars and money cost nothing, an object or a list of objects 1, a count 10, a mutation 10 and more for long
inputs, a connection 2 and a share of its page size (docs/simulators/shopify.md). It never looks at the shop.
"""

from __future__ import annotations

import math
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_object_type,
)
from graphql.language.ast import IntValueNode, VariableNode

MUTATION = 10
COUNT = 10
CONNECTION = 2
PER_VARIANT = 0.2
PER_VARIANT_FILE = 0.6
PER_METAFIELD = 0.4
PER_PRODUCT_FILE = 1.9
FREE = frozenset({"MoneyBag", "MoneyV2", "PageInfo"})


def page_share(size: int) -> int:
    """How often the cost of a node counts in a page of `size` rows: 1 for 1, 4 for 10, 11 for 250."""
    return max(1, math.floor(2 * math.log(size))) if size >= 1 else 0


class Cost:
    """The cost of one operation. `requested()` before it runs, `actual(data)` after."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        mutation = operation.operation.value == "mutation"
        root = schema.mutation_type if mutation else schema.query_type
        assert root is not None
        self._root = root
        self._mutation = mutation

    def requested(self) -> int:
        return self._roots(None, planned=True)

    def actual(self, data: dict[str, Any] | None) -> int:
        return self._roots(data or {}, planned=False)

    def _roots(self, data: dict[str, Any] | None, *, planned: bool) -> int:
        total = 0.0
        for node in self._fields(self._operation.selection_set, self._root.name):
            value = None if planned or data is None else data.get(_key(node))
            if self._mutation:
                total += self._of_mutation(node, value, planned=planned)
            else:
                total += self._of_field(node, self._root.name, value, planned=planned)
        return round(total)

    def _of_mutation(self, node: FieldNode, value: Any, *, planned: bool) -> float:
        payload = _named(self._root.fields[node.name.value].type)
        total = float(_rounded(MUTATION + self._for_inputs(node)))
        if not planned and value is None:
            return total
        for child in self._fields(node.selection_set, payload.name):
            inner = None if planned else value.get(_key(child))
            total += self._of_field(child, payload.name, inner, planned=planned, direct=True)
        return total

    def _for_inputs(self, node: FieldNode) -> float:
        given = {each.name.value: self._value(each.value) for each in node.arguments or ()}
        name = node.name.value
        if name == "productSet":
            return _of_product(given.get("input") or {})
        if name in ("productVariantsBulkCreate", "productVariantsBulkUpdate"):
            variants = given.get("variants") or []
            return _of_variants(variants) + PER_PRODUCT_FILE * len(given.get("media") or [])
        return 0.0

    def _of_field(
        self, node: FieldNode, parent: str, value: Any, *, planned: bool, direct: bool = False
    ) -> float:
        name = node.name.value
        kind = self._schema.get_type(parent)
        if name.startswith("__") or kind is None or name not in getattr(kind, "fields", {}):
            return 0.0
        named = _named(kind.fields[name].type)  # type: ignore[attr-defined]
        if is_leaf_type(named) or name == "userErrors":
            return 0.0
        if named.name == "Count":
            return COUNT if planned or value is not None else 0
        if named.name.endswith("Connection"):
            return self._of_connection(node, named.name, value, planned=planned)
        if not planned and value is None:
            return 0.0
        own = 0 if direct or named.name in FREE else 1
        if isinstance(value, list):
            # A list counts once, with its dearest row.
            rows = [row for row in value if row is not None]
            return own + max(
                (self._of_children(node, named.name, row, planned=False) for row in rows), default=0
            )
        return own + self._of_children(node, named.name, value, planned=planned)

    def _of_connection(self, node: FieldNode, kind: str, value: Any, *, planned: bool) -> float:
        if not planned and value is None:
            return 0.0
        if planned:
            size = self._page_size(node)
            return CONNECTION + page_share(size) * (1 + self._of_rows(node, kind, None, planned=True))
        rows = value.get("nodes") or [edge.get("node") for edge in value.get("edges") or []]
        if not rows:
            return CONNECTION
        dearest = max(self._of_rows(node, kind, row, planned=False) for row in rows)
        return CONNECTION + page_share(len(rows)) * (1 + dearest)

    def _of_rows(self, node: FieldNode, kind: str, row: Any, *, planned: bool) -> float:
        connection = self._schema.get_type(kind)
        assert is_object_type(connection)
        total = 0.0
        for child in self._fields(node.selection_set, kind):
            if child.name.value == "nodes":
                named = _named(connection.fields["nodes"].type)
                total = max(total, self._of_children(child, named.name, row, planned=planned))
            elif child.name.value == "edges":
                edge = _named(connection.fields["edges"].type)
                assert is_object_type(edge)
                for part in self._fields(child.selection_set, edge.name):
                    if part.name.value == "node":
                        named = _named(edge.fields["node"].type)
                        total = max(total, self._of_children(part, named.name, row, planned=planned))
        return total

    def _of_children(self, node: FieldNode, kind: str, value: Any, *, planned: bool) -> float:
        if not planned and not isinstance(value, dict):
            return 0.0
        shared = 0.0
        by_type: dict[str, float] = {}
        for child, on in self._typed_fields(node.selection_set, kind):
            inner = None if planned else value.get(_key(child))
            cost = self._of_field(child, on, inner, planned=planned)
            if on == kind:
                shared += cost
            else:
                by_type[on] = by_type.get(on, 0.0) + cost
        # Of fragments on several types only one can apply: the dearest counts.
        return shared + max(by_type.values(), default=0.0)

    def _page_size(self, node: FieldNode) -> int:
        for each in node.arguments or ():
            if each.name.value in ("first", "last"):
                size = self._value(each.value)
                if isinstance(size, int):
                    return size
        return 1

    def _value(self, node: Any) -> Any:
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value)
        if isinstance(node, IntValueNode):
            return int(node.value)
        if hasattr(node, "values"):
            return [self._value(each) for each in node.values or ()]
        if hasattr(node, "fields"):
            return {each.name.value: self._value(each.value) for each in node.fields or ()}
        return getattr(node, "value", None)

    def _fields(self, selections: SelectionSetNode | None, kind: str) -> list[FieldNode]:
        return [node for node, _ in self._typed_fields(selections, kind)]

    def _typed_fields(self, selections: SelectionSetNode | None, kind: str) -> list[tuple[FieldNode, str]]:
        """The fields with the type they are asked of, fragments opened."""
        found: list[tuple[FieldNode, str]] = []
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                found.append((node, kind))
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition.name.value if node.type_condition else kind
                found.extend(self._typed_fields(node.selection_set, on))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                on = fragment.type_condition.name.value
                found.extend(self._typed_fields(fragment.selection_set, on))
        return found


def _named(kind: Any) -> Any:
    return get_named_type(kind)


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _rounded(points: float) -> int:
    return math.floor(points + 0.5)


def _of_product(given: dict[str, Any]) -> float:
    files = len(given.get("files") or []) * PER_PRODUCT_FILE
    metafields = len(given.get("metafields") or []) * PER_METAFIELD
    return files + metafields + _of_variants(given.get("variants") or [])


def _of_variants(variants: list[dict[str, Any]]) -> float:
    total = PER_VARIANT * len(variants)
    for variant in variants:
        total += PER_METAFIELD * len(variant.get("metafields") or [])
        if variant.get("file") or variant.get("mediaSrc") or variant.get("mediaId"):
            total += PER_VARIANT_FILE
    return total
