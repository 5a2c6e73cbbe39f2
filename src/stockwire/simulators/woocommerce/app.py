"""The shop as a WSGI application: from the request to the route and back, errors in the shop's own shape.

One lock keeps the shop consistent; waiting (latency per item) is done outside it. It decides nothing about
products or orders.
"""

from __future__ import annotations

import json
import re
import threading
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from stockwire.simulators.woocommerce import acts, pages, routes, system
from stockwire.simulators.woocommerce.auth import Gate
from stockwire.simulators.woocommerce.rest import Answer, ApiError, Call, encode, keep_fields
from stockwire.simulators.woocommerce.seed import furnish

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from stockwire.simulators.woocommerce.shop import Shop

PREFIX = "/wp-json/wc/v3"
JSON_TYPE = "application/json; charset=UTF-8"
FATALS = (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError)
INDEXED = re.compile(r"^(.+?)\[(\d*)\]$")


class WooCommerce:
    """The application. `state()` and `acts` are what a Stand's control API shows and offers."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._gate = Gate(shop)
        self._stopped = threading.Event()
        furnish(shop)
        self.acts: dict[str, Callable[[dict[str, Any]], object]] = acts.of(shop)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def state(self) -> dict[str, Any]:
        """What the shop holds: products and orders in short, webhooks with their failures."""
        return acts.summary(self.shop)

    def close(self) -> None:
        """Send no more webhooks and end waiting calls."""
        self._stopped.set()
        self.shop.deliveries.close()

    def _answer(self, request: Request) -> Response:
        site = self.shop.options.site_url.rstrip("/") or f"{_scheme(request)}://{request.host}"
        self.shop.home = site
        path = request.path
        if "rest_route" in request.args:
            path = "/wp-json" + request.args["rest_route"]
        if path.startswith("/wc-api/"):
            return _json(pages.LEGACY_API, 404)
        if not path.startswith("/wp-json"):
            return Response(pages.NOT_FOUND, 404, content_type="text/html; charset=UTF-8")
        try:
            answer, call = self._dispatch(request, path.rstrip("/"), site)
        except ApiError as error:
            response = _json(error.body(), error.status)
            response.headers["Link"] = f'<{site}/wp-json/>; rel="https://api.w.org/"'
            return response
        except FATALS:
            # What would be a fatal error in PHP: a field of a shape that nobody foresaw.
            traceback.print_exc()
            return _json(pages.FATAL, 500)
        if self._cut_off(answer):
            return Response(pages.GATEWAY_TIMEOUT, 504, content_type="text/html")
        body = keep_fields(answer.body, call.values("_fields"), listing=answer.listing)
        response = _json(body, answer.status)
        response.headers["Link"] = f'<{site}/wp-json/>; rel="https://api.w.org/"'
        response.headers["Allow"] = call.allow
        response.headers.update(answer.headers)
        return response

    def _dispatch(self, request: Request, path: str, site: str) -> tuple[Answer, Call]:
        https = self.shop.options.treat_as_https or _scheme(request) == "https"
        key = self._gate.key_of(request, https=https)
        call = Call(request.method, path, _query(request), None, site)
        fault = request.environ.get("stockwire.fault")
        if fault is not None and fault.kind == "partial":
            call.fault_items = fault.items
        if path == "/wp-json":
            return system.root(self.shop, call), call
        if path == PREFIX:
            call.allow = "GET"
            return routes.index(call), call
        route, ids = routes.find(path.removeprefix(PREFIX), request.method, path.startswith(PREFIX + "/"))
        call.allow = route.allow
        call.body = _body(request)
        self._gate.admit(key, route.right)
        with self.shop.lock:
            return route.handler(self.shop, call, *ids), call

    def _cut_off(self, answer: Answer) -> bool:
        """Wait as long as the items take, outside the lock; True when the gateway gave up first."""
        seconds = self.shop.options.item_latency_s * answer.items
        limit = self.shop.options.gateway_timeout_s
        if seconds:
            self._stopped.wait(seconds if limit is None else min(seconds, limit))
        return limit is not None and seconds > limit


def _scheme(request: Request) -> str:
    return request.headers.get("X-Forwarded-Proto", request.scheme).lower()


class _Verbatim(Response):
    """Headers go out as they are: werkzeug would escape the unfilled patterns that real Locations carry."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = Headers(self.headers)
        headers["Content-Length"] = str(len(self.get_data()))
        return headers


def _json(body: Any, status: int) -> Response:
    return _Verbatim(encode(body), status, content_type=JSON_TYPE)


def _query(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in request.args.items(multi=True):
        if name == "rest_route":
            continue
        indexed = INDEXED.match(name)
        if indexed:
            found.setdefault(indexed[1], []).append(value)
        else:
            found[name] = value
    return found


def _body(request: Request) -> Any:
    raw = request.get_data()
    if not raw:
        return None
    if "json" not in (request.content_type or ""):
        return dict(request.form.items())
    try:
        return json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ApiError(
            400,
            "rest_invalid_json",
            "Invalid JSON body passed.",
            {"json_error_code": 4, "json_error_message": "Syntax error"},
        ) from None
