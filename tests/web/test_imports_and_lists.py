"""Files through the JSON API, in and out, and lists that hold to the segments of a user and a customer."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHOP = {"api_url": "https://shop.example.com", "consumer_key": "ck_1", "consumer_secret": "cs_1"}
FILE = (
    "source_product_code,source_variant_code,title,vendor,price,qty\n"
    "BOLT,BOLT,Bolt,Bosch,12.50,5\nNUT,NUT,Nut,Makita,3,0\nSAW,SAW,Saw,Bosch,900,2\nODD,ODD,Odd,,a lot,1\n"
)


@pytest.fixture
def call(tokens: dict[str, str]) -> Callable[..., Any]:
    """Call an address as a user, with fields and a file to upload; gives the answer."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    def ask(method: str, path: str, *, user: str = "thandi", file: str = "", **fields: Any) -> Any:
        data = {**fields, **({"file": SimpleUploadedFile("given.csv", file.encode())} if file else {})}
        headers = {"Authorization": f"Bearer {tokens[user]}"}
        return getattr(Client(), method.lower())(f"/api/v1/{path}", data=data, headers=headers)

    return ask


@pytest.fixture
def shelf(hub: Any, call: Any) -> None:
    """Three products of the file."""
    from stockwire.hub.sync import import_jobs

    asked = call("POST", "imports", file=FILE, source=hub.source_id, dry_run="false")
    assert asked.status_code == 202, asked.content
    import_jobs.work(hub.client_id, asked.json()["id"])


def limit(hub: Any, *rule: str, user: str = "", customer: str = "") -> None:
    from stockwire.domain.segments import segment
    from stockwire.hub.sync.segments import person, set_segment

    with hub.scope():
        set_segment(person(user=user, customer=customer), segment(*rule), "a test")


def new_customer(hub: Any, channel: int, code: str, rep: str) -> int:
    from stockwire.hub.models import Customer, CustomerMeta

    owned = {"client_id": hub.client_id}
    with hub.scope():
        made = Customer.objects.create(
            **owned,
            channel_id=channel,
            source_id=hub.source_id,
            source_customer_code=code,
            username=code.lower(),
        )
        CustomerMeta.objects.create(**owned, customer=made, key="rep_id", value=rep)
    return int(made.pk)


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["source_product_code"] for one in answer.json()["products"]]


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_a_file_is_tried_reported_and_then_started(hub: Any, call: Any) -> None:
    from stockwire.hub.sync import import_jobs

    asked = call("POST", "imports", file=FILE, source=hub.source_id, ignore_flags="true").json()
    assert (asked["state"], asked["dry_run"], asked["ignore_flags"]) == ("waiting", True, True)
    import_jobs.work(hub.client_id, asked["id"])
    tried = call("GET", f"imports/{asked['id']}").json()
    assert (tried["state"], tried["rows_done"], tried["rows_all"], tried["can_start"]) == ("done", 4, 4, True)
    assert (tried["counts"]["added"], tried["counts"]["problems"]) == (3, 1)
    lines = list(csv.DictReader(io.StringIO(text(call("GET", f"imports/{asked['id']}/report")))))
    assert [(line["code"], line["outcome"]) for line in lines] == [
        ("BOLT", "add"),
        ("NUT", "add"),
        ("SAW", "add"),
        ("ODD", "problem"),
    ]
    assert hub.rows("select count(*) from products") == [(0,)]
    started = call("POST", f"imports/{asked['id']}/start").json()
    assert (started["state"], started["dry_run"], started["ignore_flags"]) == ("waiting", False, True)
    import_jobs.work(hub.client_id, started["id"])
    assert [one["state"] for one in call("GET", "imports").json()] == ["done", "done"]
    assert hub.rows("select distinct who from audit where action = 'product imported'") == [("thandi (API)",)]


def test_an_upload_that_cannot_be_is_refused_with_the_fix(hub: Any, call: Any) -> None:
    missing = call("POST", "imports", file=FILE)
    assert (missing.status_code, missing.json()["hint"]) == (422, "Send source with the file.")
    assert call("POST", "imports", file=FILE, source=999).status_code == 422
    assert call("POST", "imports", source=hub.source_id).status_code == 422
    assert hub.rows("select count(*) from imports") == [(0,)]


def test_people_who_may_only_look_neither_import_nor_export(hub: Any, call: Any, shelf: None) -> None:
    assert call("POST", "imports", user="sipho", file=FILE, source=hub.source_id).status_code == 403
    for path in ("imports", "imports/1", "imports/1/report", "exports/products.csv?source=1"):
        assert call("GET", path, user="sipho").status_code == 403
    assert len(codes(call("GET", "products", user="sipho"))) == 3


def test_another_clients_imports_are_not_there(hub: Any, call: Any, shelf: None) -> None:
    other = hub.new_client("Overberg Tools")
    hub.owner.execute("update imports set client_id = %s", [other])
    assert call("GET", "imports").json() == []
    assert call("GET", "imports/1").status_code == 422
    assert call("POST", "imports/1/cancel").status_code == 422


def test_what_is_exported_comes_in_again_without_a_change(hub: Any, call: Any, shelf: None) -> None:
    from stockwire.hub.sync import import_jobs

    exported = text(call("GET", f"exports/products.csv?source={hub.source_id}"))
    asked = call("POST", "imports", file=exported, source=hub.source_id, dry_run="false").json()
    import_jobs.work(hub.client_id, asked["id"])
    counts = call("GET", f"imports/{asked['id']}").json()["counts"]
    assert (counts["rows"], counts["added"], counts["updated"], counts["problems"]) == (3, 0, 0, 0)
    assert call("GET", "exports/products.csv").status_code == 422
    assert text(call("GET", "exports/orders.csv")).startswith("created,order_id")


def test_lists_come_in_pages_and_can_be_filtered(hub: Any, call: Any, shelf: None) -> None:
    first = call("GET", "products?limit=2").json()
    assert [one["source_product_code"] for one in first["products"]] == ["BOLT", "NUT"]
    assert codes(call("GET", f"products?limit=2&after={first['after']}")) == ["SAW"]
    assert call("GET", "products?limit=3").json()["after"] is None
    assert codes(call("GET", "products?search=aw")) == ["SAW"]
    assert codes(call("GET", "products?active=false")) == []
    [variant] = first["products"][0]["variants"]
    assert (variant["sku"], variant["prices"], variant["quantities"]) == (
        "BOLT",
        {"retail": "12.5000"},
        {"": "5.0000"},
    )


def test_a_user_sees_the_products_all_his_segments_admit_and_no_list_of_everything(
    hub: Any, call: Any, shelf: None
) -> None:
    channel = hub.new_channel(**SHOP)
    limit(hub, "products", "vendor", "equal", "bosch", user="sipho")
    assert codes(call("GET", "products", user="sipho")) == ["BOLT", "SAW"]
    limit(hub, "products", "price", "less", "100", user="sipho")
    assert codes(call("GET", "products?limit=1", user="sipho")) == ["BOLT"]
    assert len(codes(call("GET", "products"))) == 3
    for path in (f"channels/{channel}/plan", f"channels/{channel}/why/NUT", f"channels/{channel}/drift"):
        answer = call("GET", path, user="sipho")
        assert (answer.status_code, "segments" in answer.json()["message"]) == (403, True)
    limit(hub, "products", "vendor", "equal", "bosch", user="thandi")
    assert call("GET", f"exports/products.csv?source={hub.source_id}").status_code == 403


def test_a_rep_sees_his_customers_and_products_as_one_of_them_sees_them(
    hub: Any, call: Any, shelf: None
) -> None:
    channel = hub.new_channel(**SHOP)
    anna, ben = new_customer(hub, channel, "ANNA01", "123"), new_customer(hub, channel, "BEN01", "9")
    limit(hub, "customers", "attribute_key", "equal", "rep_id", user="sipho")
    limit(hub, "customers", "attribute_value", "equal", "123", user="sipho")
    found = call("GET", "customers", user="sipho").json()["customers"]
    assert [one["source_customer_code"] for one in found] == ["ANNA01"]
    assert "password" not in found[0]
    limit(hub, "products", "qty", "greater", "0", customer="anna01")
    limit(hub, "products", "vendor", "equal", "Bosch", user="sipho")
    assert codes(call("GET", f"products?customer={anna}", user="sipho")) == ["BOLT", "SAW"]
    limit(hub, "products", "price", "greater", "100", customer="anna01")
    assert codes(call("GET", f"products?customer={anna}", user="sipho")) == ["SAW"]
    assert call("GET", f"products?customer={ben}", user="sipho").status_code == 422
    assert call("GET", f"products?customer={ben}").status_code == 200


def test_the_command_line_says_how_much_somebody_sees(hub: Any, shelf: None) -> None:
    from click.testing import CliRunner

    from stockwire.cli import main

    limit(hub, "products", "vendor", "equal", "bosch", user="sipho")
    words = ["segment", "show", "--client", str(hub.client_id), "--user", "sipho"]
    said = CliRunner().invoke(main, words)
    assert said.output.splitlines() == [
        "user sipho sees 2 of 3 products (vendor equal bosch).",
        "user sipho sees 0 of 0 customers (no segment).",
        "user sipho sees 0 of 0 orders (no segment).",
    ]


def test_the_web_server_sends_a_download_piece_by_piece_and_leaves_no_file(hub: Any, tmp_path: Path) -> None:
    from django.core.handlers.asgi import ASGIRequest

    from stockwire.hub.api.public.streaming import PIECE, csv_answer

    file = tmp_path / "made.csv"
    file.write_bytes(b"x" * (2 * PIECE + 1))
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    answer: Any = csv_answer(ASGIRequest(scope, io.BytesIO()), file, "made.csv")
    assert not file.exists()

    async def pieces() -> list[int]:
        return [len(piece) async for piece in answer]

    assert asyncio.run(pieces()) == [PIECE, PIECE, 1]
    answer.close()
