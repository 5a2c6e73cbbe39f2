"""Faults a simulator commits on demand: slow, late, dropped, garbled, refused answers.

Arming a fault says what goes wrong, how often and for which calls; FaultyApp is the WSGI middleware that
carries it out around any simulated system. It never changes what the system itself would have done, only
whether the work is done and whether its answer arrives.
"""

from __future__ import annotations

import io
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KINDS: Mapping[str, str] = {
    "slow": "wait delay_s, then work and answer",
    "answer_late": "do the work at once, answer only after delay_s: the client has given up by then",
    "work_late": "wait delay_s, then do the work, although the client is gone by then",
    "error_500": "no work, 500",
    "error_500_after": "the work is done, but the answer is 500",
    "html": "no work, an HTML page with status 200",
    "garbage": "the work is done, but the answer is bytes that are no JSON, labelled JSON",
    "rate_limited": "no work, 429 with Retry-After",
    "drop": "the work is done, then the connection is closed without an answer",
    "banner": "no work, 200 with the system's own banner, as for an address it does not know",
    "refuse": "the work is done and answered, then connections are refused for delay_s",
    "restart": "the work is done, then every connection is closed unanswered and refused for delay_s",
    "partial": "the simulated system fails the first `items` rows of a batch",
}
"""Every kind with its meaning, as the control API shows it."""

CALL_KEY = "stockwire.call"
"""Where `call_of` leaves what a call is, for the log of calls."""

FAULT_KEY = "stockwire.fault"
"""Where FaultyApp leaves a "partial" fault in the WSGI environ for the simulated system."""

DOORS = ("refuse", "restart")
"""Kinds that close the door of the whole stand for a while, not only strike one call."""

GARBAGE = b'\x00\xff{"this": is not JSON,,'
HTML_PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `times` None means until cleared.

    `method` and `path` (a regular expression searched in the decoded path) narrow the calls it strikes;
    None strikes every call. A system with one address for everything names its calls; the name follows the
    path ("/admin/api/2026-10/graphql.json#mutation productSet"). `delay_s` is in seconds and
    also what a "rate_limited" answer names in Retry-After. Raises ValueError when made with an unknown kind
    or an impossible number.
    """

    kind: str
    times: int | None = 1
    method: str | None = None
    path: str | None = None
    delay_s: float = 1.0
    probability: float = 1.0
    items: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind!r}. Kinds: {', '.join(KINDS)}.")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1, or null for until cleared.")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must lie between 0 and 1.")
        if self.delay_s < 0 or self.items < 0:
            raise ValueError("delay_s and items must not be negative.")
        if self.path is not None:
            try:
                re.compile(self.path)
            except re.error as error:
                raise ValueError(f"path {self.path!r} is no regular expression: {error}.") from error

    @classmethod
    def from_json(cls, values: object) -> Fault:
        """A fault from the control API's JSON. Raises ValueError naming what is wrong."""
        if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
            raise ValueError('Send a JSON object with at least "kind".')
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"Unknown field {unknown[0]!r}. Fields: {', '.join(sorted(known))}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"A field has the wrong type: {error}.") from error

    def strikes(self, method: str, path: str) -> bool:
        if self.method is not None and self.method.upper() != method.upper():
            return False
        return self.path is None or re.search(self.path, path) is not None


@dataclass
class Faults:
    """The armed faults of one simulator. Thread-safe. The first armed fault that matches a call strikes."""

    seed: int = 1
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._close_door: Callable[[float, bool], None] = lambda seconds, ending_calls: None
        # Chance of a rehearsal, repeatable by its seed; nothing secret hangs on it.
        self._random = random.Random(self.seed)  # noqa: S311

    def reseed(self, seed: int) -> None:
        """Chance begins anew from this seed."""
        with self._lock:
            self.seed = seed
            self._random.seed(seed)

    def on_closed_door(self, close: Callable[[float, bool], None]) -> None:
        """Who refuses connections: called with seconds, and whether calls under way are to be cut off."""
        self._close_door = close

    def close_door(self, fault: Fault) -> None:
        self._close_door(fault.delay_s, fault.kind == "restart")

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm everything. Calls already being delayed run to their end."""
        with self._lock:
            self._armed.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this call, one of its `times` used up; None when all goes well."""
        with self._lock:
            for at, fault in enumerate(self._armed):
                if not fault.strikes(method, path) or self._random.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    if fault.times == 1:
                        del self._armed[at]
                    else:
                        self._armed[at] = replace(fault, times=fault.times - 1)
                self.struck[fault.kind] += 1
                return fault
        return None

    def armed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]

    def struck_so_far(self) -> dict[str, int]:
        with self._lock:
            return dict(self.struck)

    def wait(self, seconds: float) -> bool:
        """Wait, outside every lock. False when the simulator was stopped meanwhile."""
        return not self._ended.wait(seconds)

    def end_waits(self) -> None:
        self._ended.set()

    def allow_waits(self) -> None:
        self._ended.clear()


def call_of(app: WSGIApplication, environ: WSGIEnvironment) -> str:
    """The decoded path of a call, and the name its system gives it, if that names calls."""
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    name_call = getattr(app, "name_call", None)
    name = name_call(path, taken_in(environ)) if name_call is not None else None
    environ[CALL_KEY] = found = f"{path}#{name}" if name else path
    return found


def taken_in(environ: WSGIEnvironment) -> bytes:
    """The body of a call, which can be read again afterwards."""
    body = Request(environ).get_data(cache=False)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("wsgi.input_terminated", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


class FaultyApp:
    """WSGI middleware that commits the armed faults around `app`."""

    def __init__(self, app: WSGIApplication, faults: Faults) -> None:
        self.app = app
        self.banner = str(getattr(app, "banner", "Hello."))
        self.faults = faults

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        fault = self.faults.take(environ["REQUEST_METHOD"], call_of(self.app, environ))
        if fault is None:
            return self.app(environ, start_response)
        if fault.kind == "partial":
            environ[FAULT_KEY] = fault
            return self.app(environ, start_response)
        # The body is taken in first: a client that gives up must not take its request with it.
        taken_in(environ)
        return self._strike(fault, environ)(environ, start_response)

    def _strike(self, fault: Fault, environ: WSGIEnvironment) -> Response:
        match fault.kind:
            case "slow" | "work_late":
                self._wait(fault)
                return self._work(environ)
            case "answer_late":
                answer = self._work(environ)
                self._wait(fault)
                return answer
            case "error_500":
                return Response(b"Internal Server Error", 500, mimetype="text/plain")
            case "error_500_after":
                self._work(environ)
                return Response(b"Internal Server Error", 500, mimetype="text/plain")
            case "html":
                return Response(HTML_PAGE, 200, mimetype="text/html")
            case "garbage":
                self._work(environ)
                return Response(GARBAGE, 200, content_type="application/json")
            case "banner":
                return Response(self.banner.encode(), 200, content_type="text/plain; charset=ISO-8859-1")
            case "rate_limited":
                retry_after = str(max(0, round(fault.delay_s)))
                return Response(b"Too Many Requests", 429, {"Retry-After": retry_after}, "text/plain")
            case "refuse":
                answer = self._work(environ)
                self.faults.close_door(fault)
                return answer
            case _:
                self._work(environ)
                if fault.kind in DOORS:
                    self.faults.close_door(fault)
                raise ConnectionAbortedError("The connection is dropped on demand.")

    def _work(self, environ: WSGIEnvironment) -> Response:
        return Response.from_app(self.app, environ, buffered=True)

    def _wait(self, fault: Fault) -> None:
        if not self.faults.wait(fault.delay_s):
            raise ConnectionAbortedError("The simulator was stopped.")
