"""Which fields, arguments and inputs of the published schema are simulated, and by what.

Modules that know a part of the shop declare it here while they are imported. What nobody declared is not
simulated and says so; nothing is answered with an invented value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

if TYPE_CHECKING:
    from datetime import datetime

    from stockwire.simulators.shopify.shop import Record, Shop

Resolver = Callable[[Any, "Call", dict[str, Any]], Any]


@dataclass(slots=True)
class Call:
    """One call of the API: the shop, the scopes of the token and the version that answers.

    `roots` is how many fields it asks of the root, `fault_items` how many of its rows are to fail.
    """

    shop: Shop
    scopes: frozenset[str]
    version: str
    now: datetime
    fault_items: int = 0
    roots: int = 1
    bulk: bool = False

    def may(self, scopes: tuple[str, ...]) -> bool:
        """Whether the token has one of the scopes; a right to write is a right to read."""
        return any(
            scope in self.scopes or f"write_{scope.removeprefix('read_')}" in self.scopes for scope in scopes
        )


@dataclass(frozen=True, slots=True)
class Simulated:
    """How a field is answered. Without a resolver it is read from the record under its own name."""

    resolver: Resolver | None
    takes: frozenset[str]


FIELDS: dict[str, Simulated] = {}
INPUTS: dict[str, frozenset[str]] = {}
PAGING = "first after last before reverse"


def field(*names: str, takes: str = "") -> Callable[[Resolver], Resolver]:
    """Declare the resolver of "Type.field", with the arguments it honours."""

    def declare(resolver: Resolver) -> Resolver:
        for name in names:
            FIELDS[name] = Simulated(resolver, frozenset(takes.split()))
        return resolver

    return declare


def plain(kind: str, names: str) -> None:
    """Declare fields of a type that are read from its record as they are."""
    for name in names.split():
        FIELDS[f"{kind}.{name}"] = Simulated(None, frozenset())


def inputs(kind: str, names: str) -> None:
    """Declare the fields of an input type that are honoured."""
    INPUTS[kind] = frozenset(names.split())


def not_simulated(what: str) -> GraphQLError:
    """The error for what the published schema has and this simulator lacks."""
    return GraphQLError(
        f"{what} is published by Shopify but not simulated by Stockwire (docs/simulators/shopify.md).",
        extensions={"code": "NOT_SIMULATED"},
    )


def refused(message: str, code: str = "BAD_REQUEST", **more: Any) -> GraphQLError:
    """A top-level error as Shopify words it."""
    return GraphQLError(message, extensions={"code": code, **more})


def user_error(message: str, field: list[str] | None = None, code: str | None = None) -> Record:
    """A row of `userErrors`. Indexes in `field` are strings."""
    return {"message": message, "field": field, "code": code}
