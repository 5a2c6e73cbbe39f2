"""The control API of a simulator: arm faults, refuse connections, count calls, look inside, act.

JSON in, JSON out, on a port of its own so that it stays reachable while the simulated system is not. It
is meant for rehearsals and tests on a loopback address and has no sign-in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from stockwire.simulators.faults import KINDS, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from stockwire.simulators.stand import Stand

ROUTES = Map(
    [
        Rule("/health", methods=["GET"], endpoint="health"),
        Rule("/faults", methods=["GET"], endpoint="faults"),
        Rule("/faults", methods=["POST"], endpoint="arm"),
        Rule("/faults", methods=["DELETE"], endpoint="clear_faults"),
        Rule("/refuse", methods=["POST"], endpoint="refuse"),
        Rule("/accept", methods=["POST"], endpoint="accept"),
        Rule("/calls", methods=["GET"], endpoint="calls"),
        Rule("/calls", methods=["DELETE"], endpoint="clear_calls"),
        Rule("/state", methods=["GET"], endpoint="state"),
        Rule("/do/<name>", methods=["POST"], endpoint="do"),
    ]
)


class ControlApp:
    """WSGI app over one Stand."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            endpoint, values = ROUTES.bind_to_environ(environ).match()
            answer, status = getattr(self, f"_{endpoint}")(request, **values), 200
        except HTTPException as error:
            answer, status = {"error": error.description or error.name}, error.code or 500
        except KeyError as error:
            answer, status = {"error": f"{error.args[0]!r} is missing or unknown."}, 400
        except (ValueError, TypeError, ArithmeticError) as error:
            answer, status = {"error": str(error) or type(error).__name__}, 400
        body = json.dumps(answer, default=str).encode()
        return Response(body, status, content_type="application/json")(environ, start_response)

    def _health(self, _: Request) -> object:
        return {"ok": True, "url": self._stand.url, "accepting": self._stand.accepting}

    def _faults(self, _: Request) -> object:
        faults = self._stand.faults
        return {"armed": faults.armed(), "struck": faults.struck_so_far(), "kinds": dict(KINDS)}

    def _arm(self, request: Request) -> object:
        self._stand.faults.arm(Fault.from_json(_posted(request)))
        return self._faults(request)

    def _clear_faults(self, request: Request) -> object:
        self._stand.faults.clear()
        return self._faults(request)

    def _refuse(self, request: Request) -> object:
        seconds = _posted(request).get("seconds")
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float))):
            raise ValueError("seconds must be a number.")
        self._stand.refuse(seconds)
        return {"accepting": False, "seconds": seconds}

    def _accept(self, _: Request) -> object:
        self._stand.accept()
        return {"accepting": True}

    def _calls(self, _: Request) -> object:
        calls = self._stand.calls
        return {
            "calls": calls.listed(),
            "counts": calls.counts(),
            "total": calls.total,
            "writes": calls.writes,
        }

    def _clear_calls(self, request: Request) -> object:
        self._stand.calls.clear()
        return self._calls(request)

    def _state(self, _: Request) -> object:
        return self._stand.app.state()

    def _do(self, request: Request, name: str) -> object:
        act = self._stand.app.acts.get(name)
        if act is None:
            raise ValueError(f"There is no act {name!r}. Acts: {', '.join(sorted(self._stand.app.acts))}.")
        return {"done": act(_posted(request))}


def _posted(request: Request) -> dict[str, Any]:
    body = request.get_data()
    if not body:
        return {}
    try:
        values = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"The body is no JSON: {error}.") from error
    if not isinstance(values, dict):
        raise BadRequest("Send a JSON object.")
    return values
