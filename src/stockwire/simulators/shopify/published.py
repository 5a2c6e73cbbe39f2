"""The published schema of each version, with the shop's resolvers attached to it.

The files under schema/ hold what scripts/trim-shopify-schema kept of Shopify's own; what access a field needs
comes from there too. Nothing is added to the schema here, so what validates here is what validates there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_object_type,
)

from stockwire.simulators.shopify.fields import (
    FIELDS,
    Call,
    Resolver,
    Simulated,
    not_simulated,
    refused,
    user_error,
)
from stockwire.simulators.shopify.gids import decimal, shown_decimal, shown_money, shown_time
from stockwire.simulators.shopify.idempotency import DEMANDING
from stockwire.simulators.shopify.pages import Connection

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""What is simulated: the versions in support on 23 November 2026."""

ROWS = frozenset(("inventorySetQuantities", "productVariantsBulkUpdate"))
"""Mutations whose own rows fail one by one, when they are alone in a call."""

DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"


@dataclass(frozen=True, slots=True)
class Published:
    """The schema of one version. `left_out` names what the trimming dropped.

    A root as "QueryRoot.giftCards", a type that lost fields as "GiftCard.*".
    """

    version: str
    schema: GraphQLSchema
    left_out: frozenset[str]
    simulated: dict[str, Simulated]
    access: dict[str, Any]


def served(asked: str, now: datetime) -> str | None:
    """The version that answers: a dead one falls forward to the oldest in support; None for what is none."""
    parts = asked.split("-")
    if len(parts) != 2 or len(parts[0]) != 4 or parts[1] not in ("01", "04", "07", "10"):
        return None
    if not parts[0].isdigit() or asked > VERSIONS[-1]:
        return None
    alive = [version for version in VERSIONS if now < end_of(version)] or [VERSIONS[-1]]
    return asked if asked in alive else alive[0]


def end_of(version: str) -> datetime:
    """When a version is no longer supported: twelve months after its release at 17:00 UTC."""
    year, month = map(int, version.split("-"))
    return datetime(year + 1, month, 1, 17, tzinfo=UTC)


@cache
def published(version: str) -> Published:
    """The schema of a version, made once per process."""
    import_resolvers()
    folder = resources.files("stockwire.simulators.shopify") / "schema"
    text = (folder / f"{version}.graphql").read_text(encoding="utf-8")
    access = json.loads((folder / f"{version}-scopes.json").read_text(encoding="utf-8"))
    left_out = (folder / f"{version}-left-out.txt").read_text(encoding="utf-8").split()
    # Shopify's own schema deprecates fields that its interfaces do not: it is taken as it is.
    schema = build_schema(text, assume_valid=True)
    simulated: dict[str, Simulated] = {}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLScalarType):
            _show(kind)
        elif is_object_type(kind) and not kind.name.startswith("__"):
            _attach(kind, access, simulated)
    return Published(version, schema, frozenset(left_out), simulated, access)


def denied(field: str, words: str) -> GraphQLError:
    """The error for a missing scope, worded as recorded."""
    return refused(
        f"Access denied for {field} field. Required access: {words}",
        "ACCESS_DENIED",
        documentation=DOCUMENTATION,
        requiredAccess=words,
    )


def import_resolvers() -> None:
    """Import every module that declares fields."""
    from stockwire.simulators.shopify import resolvers

    assert resolvers.ALL


def _show(kind: GraphQLScalarType) -> None:
    shown = SHOWN.get(kind.name)
    if kind.name in ("Money", "Decimal"):
        kind.coerce_input_value = _number
    if shown is not None:
        kind.serialize = shown  # type: ignore[method-assign, assignment]
        kind.coerce_output_value = shown


def _number(value: Any) -> Any:
    """A number, or text that is one."""
    if isinstance(value, bool) or decimal(value) is None:
        raise GraphQLError(f"invalid decimal '{value}'")
    return value


SHOWN: dict[str, Callable[[Any], Any]] = {
    "Money": shown_money,
    "Decimal": shown_decimal,
    "DateTime": shown_time,
    "UnsignedInt64": str,
}
"""How values of scalars are written in answers."""


def _attach(kind: GraphQLObjectType, access: dict[str, Any], simulated: dict[str, Simulated]) -> None:
    for name, field in kind.fields.items():
        full = f"{kind.name}.{name}"
        found = FIELDS.get(full) or _of_pattern(kind, name)
        if found is None:
            field.resolve = _missing(full)
            continue
        simulated[full] = found
        needed = _access(kind, name, field, access)
        resolver = found.resolver or _reader(name)
        if get_named_type(field.type).name.endswith("Connection"):
            resolver = _whole_in_bulk(resolver)
        field.resolve = _guarded(resolver, name, needed)
        if kind.name == "Mutation":
            field.resolve = _mutating(field.resolve, name)


def _of_pattern(kind: GraphQLObjectType, name: str) -> Simulated | None:
    """What connections, edges, payloads and user errors have in common."""
    if kind.name.endswith("Connection"):
        resolver = CONNECTION.get(name)
    elif kind.name.endswith("Edge"):
        resolver = EDGE.get(name)
    elif kind.name.endswith("UserError") or kind.name == "PageInfo":
        resolver = _reader(name)
    else:
        # A payload is a record that its mutation made; what it lacks is null.
        resolver = _payload(name) if kind.name.endswith("Payload") else None
    return Simulated(resolver, frozenset()) if resolver else None


def _reader(name: str) -> Resolver:
    return lambda record, call, given: record[name]


def _whole_in_bulk(resolver: Resolver) -> Resolver:
    """Bulk queries have no pages."""
    return lambda record, call, given: resolver(
        record, call, {**given, "whole": True} if call.bulk else given
    )


def _payload(name: str) -> Resolver:
    if name == "shop":
        shop = FIELDS["QueryRoot.shop"].resolver
        assert shop is not None
        return shop
    return lambda record, call, given: record.get(name, [] if name == "userErrors" else None)


def _connection(read: Callable[[Connection], Any]) -> Resolver:
    return lambda connection, call, given: read(connection)


CONNECTION: dict[str, Resolver] = {
    "nodes": _connection(lambda connection: connection.nodes),
    "edges": _connection(lambda connection: connection.edges()),
    "pageInfo": _connection(lambda connection: connection.page_info()),
}
EDGE: dict[str, Resolver] = {
    "cursor": lambda edge, call, given: edge[0],
    "node": lambda edge, call, given: edge[1],
}


def _access(
    kind: GraphQLObjectType, name: str, field: GraphQLField, access: dict[str, Any]
) -> list[tuple[str, tuple[str, ...]]]:
    """What access a field needs for itself and for what it returns: words, and scopes of which one does."""
    returned = get_named_type(field.type)
    if returned.name.endswith("Connection") and is_object_type(returned) and "nodes" in returned.fields:
        returned = get_named_type(returned.fields["nodes"].type)
    needs = [access[each] for each in (f"{kind.name}.{name}", returned.name) if each in access]
    if kind.name.endswith(("Connection", "Edge")):
        return []
    return [(words, tuple(scopes)) for words, scopes in needs if scopes]


def _guarded(resolver: Resolver, name: str, needed: list[tuple[str, tuple[str, ...]]]) -> Callable[..., Any]:
    if not needed:
        return lambda source, info, **given: resolver(source, info.context, given)

    def guarded(source: Any, info: GraphQLResolveInfo[Call], **given: Any) -> Any:
        for words, scopes in needed:
            if not info.context.may(scopes):
                raise denied(name, words)
        return resolver(source, info.context, given)

    return guarded


def _mutating(resolve: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A mutation fails on demand (the fault "partial"), and is done once per idempotency key."""

    def failing(source: Any, info: GraphQLResolveInfo[Call], **given: Any) -> Any:
        call = info.context
        if call.fault_items and (call.roots > 1 or name not in ROWS):
            call.fault_items -= 1
            return {"userErrors": [user_error("Something went wrong, please try again.", None)]}
        return resolve(source, info, **given)

    def once(source: Any, info: GraphQLResolveInfo[Call], **given: Any) -> Any:
        repeats, variables = info.context.shop.repeats, info.variable_values.coerced
        return repeats.once(
            info.context, info.field_nodes[0], given, variables, lambda: failing(source, info, **given)
        )

    return once if name in DEMANDING else failing


def _missing(full: str) -> Callable[..., Any]:
    def missing(source: Any, info: GraphQLResolveInfo[Call], **given: Any) -> Any:
        raise not_simulated(f"The field {full}")

    return missing
