"""Turns a request that is too large away before anything of it is kept.

Django's ASGI handler spools a whole request body to disk before a view is asked. This stands in front of it,
for the addresses that anybody may call. It never looks into a body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Uploads:
    """Addresses that take files larger than other requests, from whoever `knows` says yes to: it is given the
    Authorization header. Such a request has to state its length."""

    path: re.Pattern[str]
    max_bytes: int
    knows: Callable[[str], Awaitable[bool]]


def bound_bodies(app: App, prefix: str, max_bytes: int, uploads: Uploads | None = None) -> App:
    """`app` with requests below `prefix` limited: 413 by their stated length, or when more arrives."""

    async def bounded(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(prefix):
            await app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        stated = headers.get(b"content-length", b"")
        most = max_bytes
        if uploads and stated.isdigit() and int(stated) > most and uploads.path.fullmatch(scope["path"]):
            # A stranger's file is not even spooled to the disk.
            known = await uploads.knows(headers.get(b"authorization", b"").decode("latin-1"))
            most = uploads.max_bytes if known else most
        if stated and (not stated.isdigit() or int(stated) > most):
            await _refuse(send, most, uploads)
            return
        if stated:
            # The server itself never hands on more than the stated length.
            await app(scope, receive, send)
            return
        messages = await _read(receive, most)
        if messages is None:
            await _refuse(send, most, uploads)
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


async def _refuse(send: Send, most: int, uploads: Uploads | None) -> None:
    message = f"This is too large: at most {_size(most)} here."
    hint = ""
    if uploads and most < uploads.max_bytes:
        hint = (
            f"Files of imports and images may have {_size(uploads.max_bytes)} when the request carries a"
            " person's token and states its length (Content-Length)."
        )
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    body = json.dumps({"message": message, "hint": hint}).encode()
    await send({"type": "http.response.body", "body": body})


def _size(number: int) -> str:
    return f"{number // 1_048_576} MB" if number >= 1_048_576 else f"{number // 1000} kB"
