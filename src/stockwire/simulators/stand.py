"""A stand for one simulated system: real sockets, faults on demand and a control API beside it.

The system itself is a WSGI app that also offers `state()` and `acts`. The stand serves it on one loopback
port and the control API on another, counts the calls and can really refuse connections. It knows nothing
of what is simulated.
"""

from __future__ import annotations

import re
import selectors
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from stockwire.simulators.control import ControlApp
from stockwire.simulators.faults import CALL_KEY, Faults, FaultyApp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CALLS_KEPT = 20_000
STOP_WITHIN_S = 5.0


class SimulatedSystem(Protocol):
    """What a simulator's `create()` returns.

    `state()` is JSON-ready. `acts` maps a name to an act that takes the posted JSON object and returns
    something JSON-ready; it raises ValueError or KeyError when it is asked for something impossible.

    A system may also have `close()`, for what it does of its own accord (sending webhooks): a stand that
    stops calls it first, and for good. One with a single address for everything may have
    `name_call(path, body)`, whose answer such as "query orders" tells its calls apart.
    """

    acts: Mapping[str, Callable[[dict[str, Any]], object]]

    def state(self) -> dict[str, Any]: ...

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...


class Stand:
    """Serves `app` with faults. Ports of 0 are chosen when started and kept from then on."""

    def __init__(
        self, app: SimulatedSystem, *, port: int = 0, control_port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.app = app
        self.faults = Faults()
        self.calls = CallLog()
        self._host = host
        self._listener = _Listener(self._serve, host, port)
        self._control = _Listener(ControlApp(self), host, control_port)
        self._faulty = FaultyApp(app, self.faults)
        self.faults.on_closed_door(self._close_door)
        self._accept_timer: threading.Timer | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._listener.port}"

    @property
    def control_url(self) -> str:
        return f"http://{self._host}:{self._control.port}"

    @property
    def accepting(self) -> bool:
        return self._listener.open

    def start(self) -> Self:
        """Open both ports. Raises OSError when one is taken."""
        self.faults.allow_waits()
        self._listener.start()
        try:
            self._control.start()
        except OSError:
            self._listener.stop()
            raise
        return self

    def stop(self) -> None:
        """Close the system and both ports and end every call under way, waiting ones included."""
        self._forget_timer()
        self.faults.end_waits()
        close = getattr(self.app, "close", None)
        if close is not None:
            close()
        for listener in (self._listener, self._control):
            listener.stop()
            listener.end_calls(STOP_WITHIN_S)

    def refuse(self, seconds: float | None = None) -> None:
        """Close the listening socket, so that connections are refused; for `seconds`, or until accept()."""
        self._forget_timer()
        self._listener.stop()
        if seconds is not None:
            timer = threading.Timer(seconds, self.accept)
            timer.daemon = True
            with self._lock:
                self._accept_timer = timer
            timer.start()

    def _close_door(self, seconds: float, ending_calls: bool) -> None:
        self.refuse(seconds)
        if ending_calls:
            self._listener.cut_calls()

    def accept(self) -> None:
        """Listen again on the same port."""
        self._forget_timer()
        self._listener.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _forget_timer(self) -> None:
        with self._lock:
            timer, self._accept_timer = self._accept_timer, None
        if timer is not None and timer is not threading.current_thread():
            timer.cancel()
            timer.join()

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        status = 0

        def remember_status(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line.split(" ", 1)[0])
            return start_response(line, headers, exc_info)

        try:
            return self._faulty(environ, remember_status)
        finally:
            seconds = time.monotonic() - began
            self.calls.add(environ["REQUEST_METHOD"], environ.get(CALL_KEY, ""), status, seconds)


class CallLog:
    """The calls a stand has answered (status 0: it dropped the connection). Thread-safe.

    Totals count everything; the list keeps the last CALLS_KEPT calls.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def add(self, method: str, path: str, status: int, seconds: float) -> None:
        at = datetime.now(UTC).isoformat()
        call = {"method": method, "path": path, "status": status, "seconds": round(seconds, 4), "at": at}
        with self._lock:
            self._calls.append(call)
            self._counts[f"{method} {route_of(path)}"] += 1
            self._writes += method not in READ_METHODS and "#query " not in path

    def clear(self) -> None:
        with self._lock:
            self._calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
            self._counts: Counter[str] = Counter()
            self._writes = 0

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(call) for call in self._calls]

    def counts(self) -> dict[str, int]:
        """How often each method and route was called, for instance {"GET /orders/*": 3}."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        return sum(self.counts().values())

    @property
    def writes(self) -> int:
        with self._lock:
            return self._writes


def route_of(path: str) -> str:
    """The path with every segment that holds a digit, unless it is a version like v3, replaced by *."""
    segments = path.split("/")
    return "/".join(
        "*" if re.search(r"\d", part) and not _VERSION.fullmatch(part) else part for part in segments
    )


_VERSION = re.compile(r"[vV]\d+")


class _Listener:
    """One listening socket and its server thread; can be closed and opened again on the same port."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        self.port = port
        self._app = app
        self._host = host
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._under_way = _CallsUnderWay()
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        with self._lock:
            if self._server is not None:
                return
            with socket.create_server((self._host, self.port), backlog=128) as listening:
                self._server = _Server(self._host, self.port, self._app, listening.fileno(), self._under_way)
            self.port = self._server.port
            self._thread = threading.Thread(target=self._server.serve_until_ended, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        with self._lock:
            if self._server is None or self._thread is None:
                return
            self._server.end()
            self._thread.join()
            self._server = self._thread = None

    def end_calls(self, within_s: float) -> None:
        self._under_way.end(within_s)

    def cut_calls(self) -> None:
        self._under_way.cut()


class _CallsUnderWay:
    """The connections being served, so that none outlives its stand."""

    def __init__(self) -> None:
        self._sockets: set[socket.socket] = set()
        self._changed = threading.Condition()

    def add(self, connection: socket.socket) -> None:
        with self._changed:
            self._sockets.add(connection)

    def remove(self, connection: socket.socket) -> None:
        with self._changed:
            self._sockets.discard(connection)
            self._changed.notify_all()

    def end(self, within_s: float) -> None:
        with self._changed:
            self.cut()
            self._changed.wait_for(lambda: not self._sockets, within_s)

    def cut(self) -> None:
        """Close every connection, and wait for nobody."""
        with self._changed:
            for connection in self._sockets:
                # The other side may have closed it already: then there is nothing left to end.
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class _Server(ThreadedWSGIServer):
    timeout = 0  # of handle_request: it is asked when somebody calls, and never waits itself

    def __init__(self, host: str, port: int, app: Any, fd: int, under_way: _CallsUnderWay) -> None:
        super().__init__(host, port, app, handler=_QuietHandler, fd=fd)
        self._under_way = under_way
        self._ending, self._end = socket.socketpair()

    def serve_until_ended(self) -> None:
        """Like serve_forever, but woken to end instead of looking now and then whether it should."""
        with self, self._ending, selectors.DefaultSelector() as waiting:
            waiting.register(self, selectors.EVENT_READ)
            waiting.register(self._ending, selectors.EVENT_READ)
            while not any(key.fileobj is self._ending for key, _ in waiting.select()):
                self.handle_request()

    def end(self) -> None:
        self._end.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._under_way.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._under_way.remove(request)


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Calls are counted by the stand; nothing is printed."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        # Without an answer the server would wait on the connection for another request.
        self.close_connection = True
