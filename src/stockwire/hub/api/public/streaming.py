"""A CSV file of any size as an answer, a piece at a time: neither the file nor a database transaction is
held while somebody downloads slowly, and nothing of it is collected in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

PIECE = 256 * 1024


def csv_answer(request: HttpRequest, file: Path, name: str) -> HttpResponseBase:
    """The file as a download; its name is gone from the disk at once, its content when it is sent."""
    opened = file.open("rb")
    file.unlink()
    # Under ASGI Django would gather a plain iterator in memory; elsewhere it knows no other.
    pieces = _pieces_async(opened) if isinstance(request, ASGIRequest) else _pieces(opened)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response._resource_closers.append(opened.close)  # type: ignore[attr-defined]
    return response


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


async def _pieces_async(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece
