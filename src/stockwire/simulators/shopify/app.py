"""The shop as a WSGI application: the GraphQL address, the token address, uploads and results of bulk work.

One lock keeps the shop consistent. It decides nothing about products or orders.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from stockwire.simulators.shopify import acts, bulk, uploads
from stockwire.simulators.shopify.fields import Call
from stockwire.simulators.shopify.published import served
from stockwire.simulators.shopify.tokens import OAuthError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from stockwire.simulators.shopify.shop import Shop

ROUTES = Map(
    [
        Rule("/admin/api/<version>/graphql.json", methods=["POST"], endpoint="graphql"),
        Rule("/staged-uploads/", methods=["POST"], endpoint="upload"),
        Rule("/staged-uploads/<path:key>", methods=["PUT"], endpoint="upload"),
        Rule("/bulk-results/<int:number>.jsonl", methods=["GET"], endpoint="bulk_result"),
        Rule("/admin/oauth/access_token", methods=["POST"], endpoint="token"),
    ]
)


class Shopify:
    """The application. `shop` is its state and its acts in Python; `acts` are those of the control port."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.acts: dict[str, Callable[[dict[str, Any]], object]] = acts.of(shop)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def state(self) -> dict[str, Any]:
        """What the shop holds in short."""
        return acts.summary(self.shop)

    def name_call(self, path: str, body: bytes) -> str | None:
        """What a call of the GraphQL address asks for: "query orders", "mutation productSet"."""
        if not path.endswith("/graphql.json"):
            return None
        try:
            return _named(str(json.loads(body)["query"]))
        except (ValueError, KeyError, TypeError):
            return None

    def close(self) -> None:
        """Forget what was still to come, and send no more webhooks."""
        self.shop.agenda.clear()
        self.shop.deliveries.close()

    def _answer(self, request: Request) -> Response:
        if not self.shop.options.site_url:
            self.shop.home = f"{request.scheme}://{request.host}"
        self.shop.catch_up()
        match = _matched(request)
        if match is None:
            return _json({"errors": "Not Found"}, 404)
        endpoint, values = match
        response: Response = getattr(self, f"_{endpoint}")(request, **values)
        response.headers["X-Request-Id"] = secrets.token_hex(16)
        return response

    def _graphql(self, request: Request, version: str) -> Response:
        shop, now = self.shop, self.shop.clock.now()
        answering = served(version, now)
        if answering is None:
            return _json({"errors": "Not Found"}, 404)
        scopes = shop.tokens.scopes_of(request.headers.get("X-Shopify-Access-Token"), now)
        if scopes is None:
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return _json({"errors": words}, 401)
        try:
            sent = json.loads(request.get_data())
        except ValueError:
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        variables = (sent.get("variables") or {}) if isinstance(sent, dict) else None
        if not isinstance(variables, dict) or not isinstance(sent.get("query"), str):
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        fault = request.environ.get("stockwire.fault")
        if fault is not None and fault.kind == "partial":
            # It waits for the next mutation, should this be a query.
            shop.rows_to_fail = fault.items
        with shop.acting():
            # The time of the call is when its turn has come: the bucket must never see time run backwards.
            call = Call(shop, scopes, answering, shop.clock.now())
            body = shop.executor.answer(call, sent["query"], variables, sent.get("operationName"))
        response = _json(body, 429 if _of_the_day(body) else 200)
        response.headers["X-Shopify-API-Version"] = answering
        return response

    def _token(self, request: Request) -> Response:
        form: dict[str, Any] = dict(request.form.items())
        if "json" in (request.content_type or ""):
            form = request.get_json(silent=True) or {}
        with self.shop.lock:
            try:
                return _json(self.shop.tokens.grant_for(form, self.shop.clock.now()))
            except OAuthError as error:
                return _json({"error": error.code, "error_description": str(error)}, error.status)

    def _upload(self, request: Request, key: str = "") -> Response:
        with self.shop.lock, request:
            return uploads.received(self.shop, request, key)

    def _bulk_result(self, request: Request, number: int) -> Response:
        with self.shop.lock:
            text = bulk.result(self.shop, number)
        if text is None:
            return Response(b"<Error><Code>NoSuchKey</Code></Error>", 404, content_type="application/xml")
        return Response(text, 200, content_type="application/jsonl")


@lru_cache(maxsize=500)
def _named(query: str) -> str | None:
    """The operation and its root fields, each once."""
    try:
        document = parse(query)
    except GraphQLError:
        return None
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            roots = [each.name.value for each in node.selection_set.selections if isinstance(each, FieldNode)]
            return " ".join([node.operation.value, *dict.fromkeys(roots)])
    return None


def _matched(request: Request) -> tuple[str, dict[str, Any]] | None:
    from werkzeug.exceptions import HTTPException

    try:
        return ROUTES.bind_to_environ(request.environ).match()  # type: ignore[return-value]
    except HTTPException:
        return None


def _of_the_day(body: dict[str, Any]) -> bool:
    """Whether the day's number of new variants is used up, which is answered 429."""
    codes = {error.get("extensions", {}).get("code") for error in body.get("errors", [])}
    return "VARIANT_THROTTLE_EXCEEDED" in codes


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, default=str), status, content_type="application/json; charset=utf-8")
