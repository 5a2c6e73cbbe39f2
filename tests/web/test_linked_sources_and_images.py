"""Linked sources and images through the JSON API, as a program of the business uses it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

COLUMNS = {"source_variant_code": "Item", "qty": "On hand"}


@pytest.fixture
def call(tokens: dict[str, str]) -> Callable[..., Any]:
    """Call an address with JSON, or with fields and a file to upload; gives the answer."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    def ask(
        method: str, path: str, given: Any = None, *, user: str = "thandi", file: bytes = b"", **more: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {tokens[user]}"}
        url = f"/api/v1/{path}"
        if file:
            data = {**more, "file": SimpleUploadedFile("given", file)}
            return getattr(Client(), method.lower())(url, data=data, headers=headers)
        body = json.dumps(given) if given is not None else ""
        return Client().generic(method, url, body, "application/json", headers=headers)

    return ask


@pytest.fixture(autouse=True)
def products(hub: Any, tmp_path: Any) -> None:
    from stockwire.hub.sync.import_products import Options, import_products

    file = tmp_path / "products.csv"
    file.write_text(
        "source_product_code,source_variant_code,title,qty,image1\n"
        "BOLT,BOLT,Bolt,40,\nNUT/8,NUT/8,Nut,5,https://no-such-name.invalid/nut.jpg\n"
    )
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))


def test_a_linked_source_is_made_given_its_file_corrected_and_let_go(hub: Any, call: Any) -> None:
    from stockwire.hub.sync.belonging import set_source_flags
    from stockwire.hub.sync.fetch_source import fetch

    given = {
        "linked_to": hub.source_id,
        "description": "Supplier",
        "settings": {"location": "stock.csv", "columns": COLUMNS, "password": "tall grass"},
    }
    made = call("POST", "sources/linked", given)
    assert made.status_code == 201, made.content
    linked = made.json()["id"]
    with hub.scope():
        set_source_flags(linked, {"qty": "source"}, "thandi")
    put = call("POST", f"sources/{linked}/file", file=b"Item;On hand\nBOLT;7\nNUT/8;a lot\nGONE;1\n")
    assert put.status_code == 202, put.content
    fetch(hub.client_id, linked)
    said = call("GET", f"sources/{linked}/linked").json()
    assert (said["rows"], said["changed"], said["not_here"], said["problems"]) == (3, 1, 1, 1)
    [problem] = said["rows_with_problems"]
    assert (problem["code"], "a lot" in problem["message"], bool(problem["hint"])) == ("NUT/8", True, True)
    assert b"grass" not in call("GET", "sources/linked").content
    changed = call(
        "PATCH", f"sources/{linked}/linked", {"settings": {"schedule": "4h"}, "active": False}
    ).json()
    assert (changed["active"], changed["next_at"], changed["settings"]["schedule"]) == (False, None, "4h")
    assert call("POST", f"sources/{linked}/fetch").json()["next_at"]
    assert call("DELETE", f"sources/{linked}/linked").status_code == 204
    assert [one["id"] for one in call("GET", "sources").json()] == [hub.source_id]


def test_what_cannot_be_is_refused_with_the_fix(hub: Any, call: Any) -> None:
    for method, path, given, status, said in (
        (
            "POST",
            "sources/linked",
            {"linked_to": 99, "description": "x", "settings": {"location": "a.csv"}},
            422,
            "no source 99",
        ),
        (
            "POST",
            "sources/linked",
            {"linked_to": hub.source_id, "description": "x", "settings": {}},
            409,
            "location",
        ),
        ("PATCH", f"sources/{hub.source_id}/linked", {"active": False}, 422, "no linked source"),
        ("DELETE", f"sources/{hub.source_id}/linked", None, 422, "no linked source"),
        ("POST", f"sources/{hub.source_id}/fetch", None, 422, "no linked source"),
        (
            "POST",
            "images/remove",
            {"source": hub.source_id, "source_product_code": "SAW"},
            422,
            "no product SAW",
        ),
    ):
        answer = call(method, path, given)
        assert (answer.status_code, said in answer.json()["message"]) == (status, True), answer.content
        assert answer.json()["hint"]
    far = call(
        "POST",
        "sources/linked",
        {
            "linked_to": hub.source_id,
            "description": "x",
            "settings": {"location": "https://supplier.example/s.csv?key=secret", "columns": COLUMNS},
        },
    ).json()["id"]
    answer = call("POST", f"sources/{far}/file", file=b"Item;On hand\n")
    assert (answer.status_code, b"secret" in answer.content) == (422, False)
    assert "secret" not in repr(hub.rows("select after from audit"))


def test_people_who_may_only_look_touch_none_of_it(hub: Any, call: Any) -> None:
    for method, path in (
        ("GET", "sources/linked"),
        ("GET", f"images?source={hub.source_id}"),
        ("POST", f"sources/{hub.source_id}/fetch"),
        ("DELETE", f"sources/{hub.source_id}/linked"),
    ):
        assert call(method, path, user="sipho").status_code == 403
    assert call("POST", "images", user="sipho", file=b"x", source=hub.source_id).status_code == 403


def packed(**files: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def picture(colour: str) -> bytes:
    out = BytesIO()
    Pillow.new("RGB", (40, 30), colour).save(out, format="PNG")
    return out.getvalue()


def test_pictures_are_tried_and_then_uploaded_with_find_and_replace(
    hub: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings
    from django.test import Client

    given = packed(
        **{"BOLT-1__png": picture("red"), "NUT+8__png": picture("blue"), "SAW__png": picture("grey")},
        BOLT__gif=b"GIF89a",
        BOLT__png=b"no picture",
    )
    asked = {"source": hub.source_id, "find": ["-1", "+"], "put": ["", "/"]}
    tried = call("POST", "images", file=given, **asked)
    assert tried.status_code == 200, tried.content
    assert (tried.json()["matched"], tried.json()["left_out"], tried.json()["new"]) == (2, 3, 0)
    assert all(one["message"] and one["hint"] for one in tried.json()["files"] if one["status"] == "left out")
    assert hub.rows("select count(*) from images where content_hash <> ''") == [(0,)]
    done = call("POST", "images", file=given, dry_run="false", **asked).json()
    assert (done["new"], {one["code"] for one in done["files"] if one["status"] == "uploaded"}) == (
        2,
        {"BOLT", "NUT/8"},
    )
    known = settings.CONFIG.model_copy(update={"public_url": "https://hub.example.co.za"})
    monkeypatch.setattr(settings, "CONFIG", known)
    [one] = call("GET", f"images/of?source={hub.source_id}&source_product_code=BOLT").json()
    assert (one["kind"], one["width"], one["height"], one["message"]) == ("png", 40, 30, "")
    assert one["shown"].startswith("https://hub.example.co.za/images/")
    small = Client().get(one["src_50x50"].removeprefix("https://hub.example.co.za"))
    assert Pillow.open(BytesIO(b"".join(small))).size == (40, 30)
    again = call("POST", "images", file=given, dry_run="false", **asked).json()
    assert again["new"] == 0
    assert call("POST", "images", file=given, source=hub.source_id, find=["-1"]).status_code == 422
    assert call("POST", "images", file=b"no zip", source=hub.source_id).status_code == 422
    assert call("POST", "images", file=given, source=hub.source_id, field="title").status_code == 422


def test_what_is_wrong_with_images_is_listed_and_they_are_fetched_again_or_taken_off(
    hub: Any, call: Any
) -> None:
    from stockwire.hub.images.fetching import fetch_due

    fetch_due(hub.client_id)
    said = call("GET", f"images?source={hub.source_id}").json()
    [problem] = said["problems"]
    assert (said["with_problem"], problem["source_product_code"]) == (1, "NUT/8")
    assert "cannot be found" in problem["message"]
    assert call("POST", "images/fetch", {"source": hub.source_id}).json() == {"due": 1}
    gone = {"source": hub.source_id, "source_product_code": "NUT/8", "addresses": [problem["image"]]}
    assert call("POST", "images/remove", gone).json() == {"removed": 1}
    assert call("GET", f"images?source={hub.source_id}").json()["problems"] == []
