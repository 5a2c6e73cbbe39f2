"""What a bulk query may ask for, and its answer as lines: one object each, children with their parent's id.

The parent of a child is the nearest object that stands on a line of its own (assumed for a connection inside
an object that is none).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_list_type,
    visit,
)

from stockwire.simulators.shopify.fields import user_error

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Record

MOST_CONNECTIONS = 5
MOST_DEPTH = 2


def problems(document: DocumentNode, schema: GraphQLSchema) -> list[Record]:
    """User errors for what a bulk query may not do, worded as recorded."""
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    if operation.operation is not OperationType.QUERY:
        return [_wrong("Invalid operation type. Only `query` operations are supported.")]
    found = _looked_at(document, schema)
    messages = [f"Bulk queries cannot contain a top level `{name}` field." for name in found.node_roots]
    if not found.names:
        messages.append("Bulk queries must contain at least one connection.")
    if found.by_nodes:
        first = found.by_nodes[0]
        messages.append(
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
            f"'{first} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. Invalid connection "
            f"fields: {', '.join(repr(name) for name in found.by_nodes)}."
        )
    if len(found.names) > MOST_CONNECTIONS:
        messages.append(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    if found.deepest > MOST_DEPTH + 1:
        messages.append(
            f"Bulk queries cannot contain connections with a nesting depth greater than {MOST_DEPTH}."
        )
    if found.in_list:
        messages.append(
            "Queries that contain a connection field within a list field are not currently supported."
        )
    if found.without_id:
        messages.append(
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and "
            f"must be of 'ID' return type. Connection fields without 'id': {', '.join(found.without_id)}."
        )
    return [_wrong(message) for message in messages]


def connections(document: DocumentNode, schema: GraphQLSchema) -> int:
    """How many connections a document selects."""
    return len(_looked_at(document, schema).names)


def _wrong(message: str) -> Record:
    return user_error(message, ["query"], "INVALID")


class _Look(Visitor):
    """Collects what matters about the connections of a document."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self._stack: list[tuple[str, str]] = []
        self.names: list[str] = []
        self.by_nodes: list[str] = []
        self.node_roots: list[str] = []
        self.without_id: list[str] = []
        self.in_list = False
        self.deepest = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        kind, name = self._info.get_type(), node.name.value
        role = ""
        if not self._stack and name in ("node", "nodes"):
            self.node_roots.append(name)
        if kind is not None and get_named_type(kind).name.endswith("Connection"):
            role = "connection"
            self._connection(node, name)
        elif kind is not None and is_list_type(get_nullable_type(kind)) and name not in ("edges", "nodes"):
            role = "list"
        self._stack.append((role, name))

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        self._stack.pop()

    def _connection(self, node: FieldNode, name: str) -> None:
        self.names.append(name)
        chosen = node.selection_set.selections if node.selection_set else ()
        picked = [each for each in chosen if isinstance(each, FieldNode)]
        if any(each.name.value == "nodes" for each in picked):
            self.by_nodes.append(name)
        above = [held for role, held in self._stack if role == "connection"]
        self.deepest = max(self.deepest, len(above) + 1)
        self.in_list = self.in_list or any(role == "list" for role, _ in self._stack)
        for each in picked:
            if each.name.value == "edges" and _nests(each) and not _has_id(each):
                self.without_id.append(name)


def _looked_at(document: DocumentNode, schema: GraphQLSchema) -> _Look:
    info = TypeInfo(schema)
    look = _Look(info)
    visit(document, TypeInfoVisitor(info, look))
    return look


def _nests(edges: FieldNode) -> bool:
    """Whether the nodes of a connection select `edges` again further down."""
    return any(_selects(node, "edges") for node in _under(edges, "node"))


def _has_id(edges: FieldNode) -> bool:
    ids = [_under(node, "id") for node in _under(edges, "node")]
    return all(any(not each.alias for each in found) for found in ids)


def _under(field: FieldNode, name: str) -> list[FieldNode]:
    fields = field.selection_set.selections if field.selection_set else ()
    return [each for each in fields if isinstance(each, FieldNode) and each.name.value == name]


def _selects(field: Any, name: str) -> bool:
    for each in field.selection_set.selections if field.selection_set else ():
        if (isinstance(each, FieldNode) and each.name.value == name) or _selects(each, name):
            return True
    return False


def lines(data: Record, *, grouped: bool) -> list[Record]:
    """The objects of an answer. Children name their parent; grouped they follow it, else they come last."""
    found: list[Record] = []
    late: list[Record] = []
    for root in data.values():
        for edge in (root or {}).get("edges") or []:
            _object(edge["node"], None, found, found if grouped else late)
    return found + late


def _object(node: Record, parent: str | None, own: list[Record], below: list[Record]) -> None:
    children: list[Record] = []
    line = _without_connections(node, children)
    if parent is not None:
        line["__parentId"] = parent
    own.append(line)
    for child in children:
        _object(child, str(node.get("id")), below, below)


def _without_connections(node: Record, children: list[Record]) -> Record:
    line: Record = {}
    for name, value in node.items():
        if isinstance(value, dict) and "edges" in value:
            children.extend(edge["node"] for edge in value["edges"])
        elif isinstance(value, dict):
            line[name] = _without_connections(value, children)
        else:
            line[name] = value
    return line
