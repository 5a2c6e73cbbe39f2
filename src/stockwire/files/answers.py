"""What a server of strangers sends: for so long and no longer, unpacked a piece at a time.

A time-out counts from one byte to the next, so it does not end a server that sends one now and then; and a
small answer can unpack to very much.
"""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator, Mapping
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Self

import httpx2

from stockwire.errors import Refused, TryLater
from stockwire.files.addresses import shown

PIECE = 256 * 1024
_EITHER = zlib.MAX_WBITS | 32
"""Tells zlib to read gzip and deflate alike."""
_CONNECTED = frozenset({"connection.connect_tcp.complete"})


class Deadline:
    """Ends the connections of a request when the time is up, whatever the server is doing then."""

    def __init__(self, within_s: float) -> None:
        self.over = False
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._timer = Timer(within_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """The `trace` extension of a request: hears of its connections."""
        if event not in _CONNECTED:
            return
        with self._lock:
            # A second handle, for TLS takes the first away.
            self._sockets.append(info["return_value"].get_extra_info("socket").dup())
        if self.over:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self.over = True
            for one in self._sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # The server hung up first.
                    continue


def pieces(asked: str, answer: httpx2.Response) -> Iterator[bytes]:
    """The content of an answer as it arrives, unpacked if need be. Raises Refused, TryLater, HTTPError."""
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed in {"identity", ""}:
        yield from answer.iter_raw()
        return
    if packed not in {"gzip", "x-gzip", "deflate"}:
        raise Refused(
            f"{shown(asked)} is sent packed as {packed[:20]}, though that was not asked for.",
            hint="Ask whoever runs that server to send it plain or with gzip.",
        )
    unpack = zlib.decompressobj(_EITHER)
    try:
        for raw in answer.iter_raw():
            while raw:
                yield unpack.decompress(raw, PIECE)
                raw = unpack.unconsumed_tail
    except zlib.error as error:
        raise TryLater(
            f"{shown(asked)} is said to be packed with {packed}, and is not.",
            hint="It is tried again by itself. Ask whoever runs that server.",
            detail=str(error),
        ) from None
    if not unpack.eof:
        raise TryLater(f"{shown(asked)} broke off in the middle.", hint="It is tried again by itself.")
