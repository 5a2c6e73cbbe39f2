"""A small hub that speaks the wire protocol and keeps lists, for agents to talk to."""

from __future__ import annotations

import gzip
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from stockwire.agent.link import MSGPACK
from stockwire.wire import (
    MAX_ROWS,
    Batch,
    Confirmed,
    Enrolled,
    Enrolment,
    Raised,
    RaiseOrder,
    ReadingDone,
    Received,
    Settings,
    Work,
)

TOKEN = "the-token-of-this-agent"
CODE = "7KQ2-M4ZD"


@dataclass
class TestHub:
    """The hub's agent API on a loopback port, faithful to wire.py, with switches for trouble.

    `source` is what a real hub would have stored: stock code to row by column name.
    """

    __test__ = False

    port: int = 0
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    codes: set[str] = field(default_factory=lambda: {CODE})
    batches: list[Batch] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)
    readings: list[ReadingDone] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    source: dict[str, dict[str, str | None]] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    last_number: dict[str, int] = field(default_factory=dict)
    to_raise: list[RaiseOrder] = field(default_factory=list)
    known_claims: set[int] | None = None
    read_now: bool = False
    full_read: bool = False
    resend_from: int = 0
    fail_batches: int = 0
    lose_answers: int = 0
    date: str = ""
    clock_utc: str = ""
    source_settings: dict[str, Any] = field(default_factory=dict)
    ssl_context: Any = None
    slow_s: float = 0.0
    deaf_to_outcomes: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _server: Any = None
    _thread: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = make_server(
            "127.0.0.1",
            self.port,
            self,
            threaded=True,
            request_handler=_Quiet,
            ssl_context=self.ssl_context,
        )
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self._thread.start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        try:
            response = self._answer(request)
        except _Error as error:
            response = Response(
                msgspec.json.encode({"message": error.message, "hint": "", **error.more}),
                status=error.status,
                content_type="application/json",
            )
        return response(environ, start_response)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/api/agent/")
        if name == "enrol":
            asked = msgspec.msgpack.decode(request.get_data(), type=Enrolment)
            if asked.code not in self.codes:
                raise _Error(401, "unknown code")
            self.codes.remove(asked.code)
            return _packed(Enrolled(token=TOKEN, agent_id=1, source="omni"))
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise _Error(401, "unknown token")
        if name == "settings":
            return _packed(
                Settings(
                    source="omni",
                    poll_s=0.05,
                    resend_from=self.resend_from,
                    clock_utc=self.clock_utc,
                    source_settings=self.source_settings,
                )
            )
        if name == "batches":
            return self._batch(request)
        if name == "readings":
            with self._changed:
                self.readings.append(msgspec.msgpack.decode(request.get_data(), type=ReadingDone))
            return Response(status=204)
        if name == "work":
            return self._work(float(request.args["wait"]))
        if name == "raised":
            return self._take_raised(msgspec.msgpack.decode(request.get_data(), type=Raised))
        raise _Error(404, f"no {name}")

    def _batch(self, request: Request) -> Response:
        assert request.headers["Content-Type"] == MSGPACK
        assert request.headers["Content-Encoding"] == "gzip"
        batch = msgspec.msgpack.decode(gzip.decompress(request.get_data()), type=Batch)
        assert len(batch.rows) <= MAX_ROWS
        if self.slow_s:
            threading.Event().wait(self.slow_s)
        with self._changed:
            if self.fail_batches:
                self.fail_batches -= 1
                raise _Error(503, "the hub is busy")
            last = self.last_number.get(batch.stream, 0)
            if batch.number > last + 1:
                raise _Error(409, "a batch is missing", expected=last + 1)
            if batch.number <= last:
                self.repeats.append(batch.number)
                return _packed(Received(number=batch.number, repeated=True))
            self.last_number[batch.stream] = batch.number
            self.batches.append(batch)
            key = [name.upper() for name in batch.columns].index("STOCKCODE")
            for row in batch.rows:
                self.source[str(row[key])] = dict(zip(batch.columns, row, strict=True))
            for code in batch.removed:
                self.source.pop(code, None)
            self.problems = [one for one in self.problems if one[:2] not in batch.settled]
            self.problems += batch.problems
            if self.lose_answers:
                self.lose_answers -= 1
                raise _Error(502, "a proxy lost the answer")
        return _packed(Received(number=batch.number, products=len(batch.rows)))

    def _work(self, wait_s: float) -> Response:
        deadline = time.monotonic() + wait_s
        with self._changed:
            while not (self.to_raise or self.read_now or self.full_read):
                left = deadline - time.monotonic()
                if left <= 0 or self._server is None:
                    break
                self._changed.wait(min(left, 0.1))
            work = Work(raise_orders=self.to_raise, read_now=self.read_now, full_read=self.full_read)
            self.to_raise, self.read_now, self.full_read = [], False, False
        return _packed(work)

    def _take_raised(self, raised: Raised) -> Response:
        if self.deaf_to_outcomes:
            raise _Error(503, "not now")
        with self._changed:
            self.raised.append(raised)
        return _packed(Confirmed(known=self.known_claims is None or raised.claim in self.known_claims))


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any, **__: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.app.date or super().date_time_string(timestamp)


class _Error(Exception):
    def __init__(self, status: int, message: str, **more: Any) -> None:
        self.status, self.message, self.more = status, message, more


def _packed(answer: msgspec.Struct) -> Response:
    return Response(msgspec.msgpack.encode(answer), content_type=MSGPACK)
