"""The schema in the package is Shopify's own, cut down; what is declared as simulated is really in it.

Give a full schema in STOCKWIRE_SHOPIFY_SCHEMA_2026_10 (and so on for the other versions: SDL or introspection,
gzipped or not) and the cut one is compared with it too.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, get_named_type, is_object_type

from stockwire.simulators.shopify.fields import FIELDS, INPUTS
from stockwire.simulators.shopify.published import VERSIONS, published

FOLDER = resources.files("stockwire.simulators.shopify") / "schema"


def full_schemas() -> dict[str, Path]:
    """The full schemas that were given, by version."""
    names = {version: f"STOCKWIRE_SHOPIFY_SCHEMA_{version.replace('-', '_')}" for version in VERSIONS}
    return {version: Path(os.environ[name]) for version, name in names.items() if name in os.environ}


def read(path: Path) -> GraphQLSchema:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".json" in path.suffixes:
        return build_client_schema(json.loads(raw)["data"], assume_valid=True)
    return build_schema(raw.decode(), assume_valid=True)


@cache
def cut(version: str) -> GraphQLSchema:
    return build_schema((FOLDER / f"{version}.graphql").read_text(encoding="utf-8"), assume_valid=True)


def strangers(trimmed: GraphQLSchema, full: GraphQLSchema) -> Iterator[str]:
    """Whatever the trimmed schema has that the full one has not, or has differently."""
    for name, kind in trimmed.type_map.items():
        if name.startswith("__"):
            continue
        other: Any = full.type_map.get(name)
        if other is None or type(other) is not type(kind):
            yield name
            continue
        for field, held in getattr(kind, "fields", {}).items():
            theirs = other.fields.get(field)
            if theirs is None or str(theirs.type) != str(held.type):
                yield f"{name}.{field}"
                continue
            ours = {key: str(each.type) for key, each in getattr(held, "args", {}).items()}
            if ours != {key: str(each.type) for key, each in getattr(theirs, "args", {}).items()}:
                yield f"{name}.{field}()"
            if bool(held.deprecation_reason) != bool(theirs.deprecation_reason):
                yield f"{name}.{field} deprecated"
        if hasattr(kind, "values") and set(kind.values) != set(other.values):
            yield f"{name} values"
        if hasattr(kind, "types") and not {each.name for each in kind.types} <= {t.name for t in other.types}:
            yield f"{name} members"
        promised = {each.name for each in getattr(kind, "interfaces", ())}
        if not promised <= {each.name for each in getattr(other, "interfaces", ())}:
            yield f"{name} interfaces"


def test_each_full_schema_that_is_given_holds_all_of_the_trimmed_one() -> None:
    found = {version: list(strangers(cut(version), read(path))) for version, path in full_schemas().items()}
    assert found == {version: [] for version in found}


@pytest.mark.parametrize(
    ("change", "stranger"),
    [
        (("  poNumber: String", "  poNumber: Int"), "Order.poNumber"),
        (("  poNumber: String", "  orderBook: String"), "Order.poNumber"),
        (("SelectedOption", "ChosenOption"), "SelectedOption"),
        (("enum ProductStatus {\n  ACTIVE", "enum ProductStatus {\n  LIVE"), "ProductStatus values"),
    ],
)
def test_a_schema_that_is_no_part_of_another_is_found_out(change: tuple[str, str], stranger: str) -> None:
    text = (FOLDER / "2026-10.graphql").read_text(encoding="utf-8")
    before, after = change
    assert before in text
    other = build_schema(text.replace(before, after), assume_valid=True)
    assert stranger in set(strangers(cut("2026-10"), other))


def test_everything_that_is_declared_as_simulated_is_in_a_published_version() -> None:
    schemas = [published(version).schema for version in VERSIONS]
    for name, simulated in FIELDS.items():
        kind, field = name.split(".")
        found = [schema.type_map[kind].fields.get(field) for schema in schemas if kind in schema.type_map]
        held = [each for each in found if each is not None]
        assert held, name
        assert simulated.takes <= {argument for each in held for argument in each.args}, name
    for kind, names in INPUTS.items():
        known = {
            field for schema in schemas if kind in schema.type_map for field in schema.type_map[kind].fields
        }
        assert names <= known, (kind, names - known)


def test_every_mutation_and_query_of_the_trimmed_schema_is_simulated() -> None:
    for version in VERSIONS:
        found = published(version)
        for kind in ("QueryRoot", "Mutation"):
            fields = found.schema.type_map[kind].fields
            assert [name for name in fields if f"{kind}.{name}" not in found.simulated] == [], version


def test_what_was_left_out_is_listed_and_not_in_the_schema() -> None:
    for version in VERSIONS:
        found = published(version)
        assert len(found.left_out) > 500
        for name in found.left_out:
            kind, field = name.split(".")
            assert field not in found.schema.type_map[kind].fields
        assert "CollectionRuleSet.*" in found.left_out
        assert "Order.*" not in found.left_out


def test_every_object_that_needs_access_says_which_scopes_do() -> None:
    access = json.loads((FOLDER / "2026-10-scopes.json").read_text(encoding="utf-8"))
    assert access["Order"][1][0] == "read_orders"
    assert access["Mutation.inventorySetQuantities"][1] == ["write_inventory"]
    schema = cut("2026-10")
    for name in access:
        kind, _, field = name.partition(".")
        assert kind in schema.type_map
        assert not field or field in schema.type_map[kind].fields


def test_user_errors_and_payloads_have_the_shapes_that_are_filled_in() -> None:
    for kind in cut("2026-10").type_map.values():
        if is_object_type(kind) and kind.name.endswith("UserError"):
            assert {"field", "message"} <= set(kind.fields)
        if is_object_type(kind) and kind.name.endswith("Payload"):
            named = {get_named_type(field.type).name for field in kind.fields.values()}
            assert any(name.endswith("UserError") for name in named), kind.name
