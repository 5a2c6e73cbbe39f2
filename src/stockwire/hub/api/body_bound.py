"""Turns a request that is too large away before anything of it is kept.

Django's ASGI handler spools a whole request body to disk before a view is asked. This stands in front of it,
for the addresses that anybody may call. It never looks into a body.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

ANSWER = b'{"message": "This is too large.", "hint": ""}'


def bound_bodies(app: App, prefix: str, max_bytes: int) -> App:
    """`app` with requests below `prefix` limited: 413 by their stated length, or when more arrives."""

    async def bounded(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(prefix):
            await app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated and (not stated.isdigit() or int(stated) > max_bytes):
            await _refuse(send)
            return
        if stated:
            # The server itself never hands on more than the stated length.
            await app(scope, receive, send)
            return
        messages = await _read(receive, max_bytes)
        if messages is None:
            await _refuse(send)
            return
        await app(scope, _replayed(messages, receive), send)

    return bounded


async def _read(receive: Receive, max_bytes: int) -> list[Message] | None:
    """The whole body of a request that did not state its length; None when it is too large."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > max_bytes:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return replay


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})
