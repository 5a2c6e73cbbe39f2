"""Large files through the API: taken from people who are known, refused to strangers before a byte of them is
read, and never lying on the disk under a name.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

MB = 1024 * 1024


def ask(path: str, *headers: tuple[bytes, bytes], body: int = 0) -> tuple[str, dict[str, str]]:
    """What a request meets in front of the hub's own code: "through", or the status and what is said."""
    from stockwire.hub.api.body_bound import Uploads, bound_bodies
    from stockwire.hub.api.public.uploads import UPLOADS, known_token

    came: list[Any] = []
    answer: list[MutableMapping[str, Any]] = []
    left = [body]

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        came.append(scope)

    async def receive() -> dict[str, Any]:
        assert left[0] > 0, "the body is read though it is not wanted"
        left[0] -= MB
        return {"type": "http.request", "body": bytes(MB), "more_body": left[0] > 0}

    async def send(message: MutableMapping[str, Any]) -> None:
        answer.append(message)

    app = bound_bodies(inner, "/api/", 16 * MB, Uploads(UPLOADS, 500 * MB, known_token))
    scope = {"type": "http", "path": path, "headers": list(headers)}
    asyncio.run(app(scope, receive, send))
    if came:
        return "through", {}
    return str(answer[0]["status"]), json.loads(answer[1]["body"])


@pytest.fixture
def token(tokens: dict[str, str]) -> tuple[bytes, bytes]:
    return b"authorization", f"Bearer {tokens['thandi']}".encode()


def length(megabytes: int) -> tuple[bytes, bytes]:
    return b"content-length", str(megabytes * MB).encode()


@pytest.mark.parametrize("path", ["/api/v1/imports", "/api/v1/images", "/api/v1/sources/3/file"])
def test_a_known_person_may_send_a_large_file_and_nobody_else(token: tuple[bytes, bytes], path: str) -> None:
    assert ask(path, token, length(400))[0] == "through"
    assert ask(path, length(16))[0] == "through"
    status, said = ask(path, token, length(501))
    assert (status, said["message"]) == ("413", "This is too large: at most 500 MB here.")
    for stranger in ([], [(b"authorization", b"Bearer swp_guessed")], [(b"authorization", b"Basic eDp5")]):
        status, said = ask(path, *stranger, length(17))
        assert (status, said["message"]) == ("413", "This is too large: at most 16 MB here.")
        assert "may have 500 MB when the request carries a person's token" in said["hint"]


def test_other_requests_stay_small_and_so_do_those_that_state_no_length(token: tuple[bytes, bytes]) -> None:
    assert ask("/api/v1/sources/3/flags", token, length(17))[0] == "413"
    assert ask("/api/agent/v1/products", token, length(17))[0] == "413"
    assert ask("/api/v1/imports", token, body=17 * MB)[0] == "413"
    assert ask("/api/v1/imports", token, body=16 * MB)[0] == "through"
    assert ask("/api/v1/imports", token, (b"content-length", b"-1"))[0] == "413"


def test_what_is_uploaded_has_no_name_on_the_disk(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings
    from django.core.files.uploadhandler import load_handler

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = load_handler(settings.FILE_UPLOAD_HANDLERS[-1], None)
    large.new_file("file", "customers.csv", "text/csv", None)
    large.receive_data_chunk(b"password\n" * 400_000, 0)
    file = large.file_complete(3_600_000)
    assert (list(tmp_path.iterdir()), file.read(8), file.name) == ([], b"password", "customers.csv")
    file.close()
