"""One GraphQL call from its text to its answer: parse, validate, price, admit, run, settle the price.

Errors have Shopify's shapes. What is published but not simulated is refused before anything runs, so that no
half of a mutation is done.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_named_type,
    get_operation_ast,
    is_object_type,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.validation import ValidationContext, ValidationRule

from stockwire.simulators.shopify.bucket import SINGLE_QUERY_LIMIT
from stockwire.simulators.shopify.cost import Cost
from stockwire.simulators.shopify.fields import INPUTS, Call, not_simulated, refused
from stockwire.simulators.shopify.published import Published, published

if TYPE_CHECKING:
    from stockwire.simulators.shopify.shop import Shop

KEPT_DOCUMENTS = 500
Answer = dict[str, Any]


class Executor:
    """Runs calls against one shop. Not for several threads at once: the caller holds the shop's lock."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def answer(self, call: Call, query: str, variables: dict[str, Any], operation_name: str | None) -> Answer:
        """The body of the answer: data, errors, extensions.cost."""
        shop, version = self._shop, published(call.version)
        document = _validated(call.version, query)
        if not isinstance(document, DocumentNode):
            return {"errors": [_shown(error) for error in document]}
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return {
                "errors": [
                    {
                        "message": "An operation name is required"
                        if operation_name is None
                        else f'No operation named "{operation_name}"'
                    }
                ]
            }
        found = get_variable_values(version.schema, operation.variable_definitions or (), variables)
        if isinstance(found, list):
            return {"errors": [_invalid_variable(error, operation, variables) for error in found]}
        try:
            self._check_inputs(version, operation, found)
        except GraphQLError as error:
            return {"errors": [_shown(error)]}
        cost = Cost(version.schema, document, operation, variables)
        requested = cost.requested()
        if requested > SINGLE_QUERY_LIMIT:
            return {"errors": [_too_dear(requested)]}
        if not call.bulk and not shop.bucket.take(requested, call.now):
            return self._throttled(requested, call)
        call.roots = len(operation.selection_set.selections)
        if operation.operation is OperationType.MUTATION:
            call.fault_items, shop.rows_to_fail = shop.rows_to_fail, 0
        result = _executed(version, document, operation, variables, call)
        actual = requested if result.data is None else min(requested, cost.actual(result.data))
        if not call.bulk:
            shop.bucket.give_back(requested - actual)
        body: Answer = {}
        if result.errors:
            body["errors"] = [_shown(error) for error in result.errors]
        body["data"] = result.data
        body["extensions"] = {"cost": self._cost(requested, actual, call)}
        return body

    def check(self, version: str, query: str) -> DocumentNode | list[GraphQLError]:
        """The parsed document, or what is wrong with it."""
        return _validated(version, query)

    def schema(self, version: str) -> GraphQLSchema:
        """The schema of a version."""
        return published(version).schema

    def _check_inputs(self, version: Published, operation: OperationDefinitionNode, variables: Any) -> None:
        """Refuse inputs that the root fields would not honour."""
        root = version.schema.get_root_type(operation.operation)
        assert root is not None
        for node in operation.selection_set.selections:
            if not isinstance(node, FieldNode) or node.name.value not in root.fields:
                continue
            field = root.fields[node.name.value]
            values = get_argument_values(field, node, variables)
            for name, argument in field.args.items():
                if values.get(name) is not None:
                    _check_input(get_named_type(argument.type), values[name])

    def _throttled(self, requested: int, call: Call) -> Answer:
        error = {
            "message": "Throttled",
            "extensions": {
                "code": "THROTTLED",
                "documentation": "https://shopify.dev/api/usage/rate-limits",
            },
        }
        return {"errors": [error], "extensions": {"cost": self._cost(requested, None, call)}}

    def _cost(self, requested: int, actual: int | None, call: Call) -> Answer:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self._shop.bucket.status(call.now),
        }


def _executed(
    version: Published,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    call: Call,
) -> ExecutionResult:
    name = operation.name.value if operation.name else None
    return execute_sync(
        version.schema,
        document,
        root_value={},
        context_value=call,
        variable_values=variables,
        operation_name=name,
    )


@lru_cache(KEPT_DOCUMENTS)
def _validated(asked: str, query: str) -> DocumentNode | list[GraphQLError]:
    """The document, or what is wrong with it. Kept: every shop of a process is asked the same things."""
    version = published(asked)
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    errors = validate(version.schema, document, specified_rules)
    if errors:
        return [_or_left_out(version, error) for error in errors]
    errors = validate(version.schema, document, [_simulated_only(version)])
    return errors or document


def _or_left_out(version: Published, error: GraphQLError) -> GraphQLError:
    """What Shopify publishes and the trimmed schema lacks is not simulated, rather than unknown."""
    found = re.match(r"Cannot query field '(\w+)' on type '(\w+)'", error.message)
    if found is None:
        return error
    field, kind = found[1], found[2]
    if f"{kind}.{field}" in version.left_out:
        return not_simulated(f"The field {kind}.{field}")
    if f"{kind}.*" in version.left_out:
        message = f"The field {kind}.{field} is not simulated by Stockwire, if Shopify publishes it at all"
        return refused(f"{message} (docs/simulators/shopify.md).", "NOT_SIMULATED")
    return error


def _simulated_only(version: Published) -> type[ValidationRule]:
    """A rule that refuses fields and arguments which are not simulated."""

    class SimulatedOnly(ValidationRule):
        context: ValidationContext

        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = self.context.get_parent_type()
            name = node.name.value
            if not is_object_type(parent) or parent.name.startswith("__") or name.startswith("__"):
                return
            assert isinstance(parent, GraphQLObjectType)
            full = f"{parent.name}.{name}"
            found = version.simulated.get(full)
            if found is None:
                self.report_error(not_simulated(f"The field {full}"))
                return
            if parent.name.endswith(("Connection", "Edge", "Payload")):
                return
            for argument in node.arguments or ():
                if argument.name.value not in found.takes:
                    self.report_error(not_simulated(f"The argument {argument.name.value} of {full}"))

    return SimulatedOnly


def _check_input(kind: Any, value: Any) -> None:
    if not isinstance(kind, GraphQLInputObjectType):
        return
    if isinstance(value, list):
        for row in value:
            _check_input(kind, row)
        return
    honoured = INPUTS.get(kind.name)
    for name, inner in (value or {}).items():
        if inner is None:
            continue
        default = kind.fields[name].default
        usual = value_from_ast_untyped(default.literal) if default and default.literal else None
        if (honoured is None or name not in honoured) and inner != usual:
            raise not_simulated(f"The input {kind.name}.{name}")
        _check_input(get_named_type(kind.fields[name].type), inner)


def _shown(error: GraphQLError) -> Answer:
    shown = dict(error.formatted)
    return {name: shown[name] for name in ("message", "locations", "path", "extensions") if shown.get(name)}


def _invalid_variable(
    error: GraphQLError, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> Answer:
    """Recorded: "Variable $input of type X! was provided invalid value for field (explanation)"."""
    shown = _shown(error)
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if f"${name}" in error.message:
            extensions = {"code": "INVALID_VARIABLE", "value": variables.get(name)}
            return {**shown, "extensions": json.loads(json.dumps(extensions, default=str))}
    return shown


def _too_dear(requested: int) -> Answer:
    message = (
        f"Query cost is {requested}, which exceeds the single query max cost limit ({SINGLE_QUERY_LIMIT})."
    )
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": requested,
        "maxCost": SINGLE_QUERY_LIMIT,
        "documentation": "https://shopify.dev/api/usage/rate-limits",
    }
    return {"message": message, "extensions": extensions}
