"""Linked sources enrich what is there, by their own flags, on schedule; they never create, delete or take orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from stockwire.domain.schedule import check, next_run
from stockwire.errors import NotSetUp, Refused


class Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


class Supplier:
    """A supplier's web server: files by path, entity tags, redirects; `asked` is every request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.status = ""

    def __call__(self, environ: Any, start: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        tag = environ.get("HTTP_IF_NONE_MATCH", "")
        self.asked.append((path, tag))
        if self.status:
            start(self.status, [])
            return [b""]
        if path in self.moved:
            start("302 Found", [("Location", self.moved[path])])
            return [b""]
        if path not in self.files:
            start("404 Not Found", [])
            return [b""]
        mark = f'"{hash(self.files[path])}"'
        if tag == mark:
            start("304 Not Modified", [])
            return [b""]
        start("200 OK", [("ETag", mark), ("Content-Type", "text/csv")])
        return [self.files[path]]


@pytest.fixture
def supplier() -> Iterator[Supplier]:
    server = Supplier()
    with make_server("127.0.0.1", 0, server, handler_class=Quiet) as http:  # type: ignore[arg-type]
        thread = Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_port}"  # type: ignore[attr-defined]
        yield server
        http.shutdown()
        thread.join()


@pytest.fixture
def link(hub: Any, settings_of_hub: Any) -> Callable[..., int]:
    """A linked source of the hub's own; flags as given, dots as two underscores."""
    settings_of_hub(fetch_networks=["127.0.0.0/8"])

    def make(flags: dict[str, str], **settings: Any) -> int:
        from stockwire.hub.linking import link_source
        from stockwire.hub.sync.belonging import set_source_flags

        source_id = link_source(hub.client_id, hub.source_id, "Supplier", settings, "thandi")
        with hub.scope():
            set_source_flags(source_id, flags, "thandi")
        return source_id

    return make


def fetch(hub: Any, source_id: int, *, in_any_case: bool = True) -> Any:
    from stockwire.hub.sync.fetch_source import fetch as verb

    return verb(hub.client_id, source_id, in_any_case=in_any_case)


def fill(hub: Any, tmp_path: Path) -> None:
    """Two products of the primary source."""
    from stockwire.hub.sync.import_products import Options, import_products

    file = tmp_path / "products.csv"
    file.write_text(
        "source_product_code,source_variant_code,title,price,qty,meta_colour\nBOLT,BOLT,Bolt,12,40,grey\nNUT,NUT,Nut,3,5,\n"
    )
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    hub.owner.execute("truncate audit, stale")


def quantities(hub: Any) -> dict[tuple[str, str], str]:
    rows = hub.rows(
        "select v.sku, q.warehouse, q.quantity::text from variants v join quantities q on q.variant_id = v.id"
    )
    return {(sku, warehouse): quantity for sku, warehouse, quantity in rows}


FEED = b"Item;Stock;Name\nBOLT;7;Screw\nNUT;oops;Nut\nUNKNOWN;9;New\n"
MAPPING = {
    "source_variant_code": "item",
    "source_product_code": "Item",
    "qty_Supplier": "Stock",
    "title": "Name",
}


def test_only_flagged_fields_of_products_that_are_here_are_written(
    hub: Any, tmp_path: Path, supplier: Any, link: Any
) -> None:
    fill(hub, tmp_path)
    supplier.files["/stock.csv"] = FEED
    supplier.moved["/latest"] = "/stock.csv"
    source_id = link({"qty.Supplier": "source"}, location=f"{supplier.url}/latest", columns=MAPPING)
    found = fetch(hub, source_id)
    assert (found.rows, found.changed, found.unknown, found.problems) == (3, 1, 1, 1)
    assert quantities(hub) == {
        ("BOLT", ""): "40.0000",
        ("BOLT", "Supplier"): "7.0000",
        ("NUT", ""): "5.0000",
    }, "another source's quantity stays, whatever this one brings"
    assert hub.rows("select title from products order by id") == [("Bolt",), ("Nut",)]
    assert hub.rows("select code, message from source_problems") == [
        ("NUT", 'qty_Supplier is "oops", which is no number.')
    ]
    noted = hub.rows("select subject from audit where action = 'linked source'")
    assert noted == [], "only stock changed"
    assert hub.rows("select count(*) from products") == [(2,)]


def test_without_a_flag_it_writes_nothing(hub: Any, tmp_path: Path, supplier: Any, link: Any) -> None:
    fill(hub, tmp_path)
    supplier.files["/stock.csv"] = FEED
    source_id = link({}, location=f"{supplier.url}/stock.csv", columns=MAPPING)
    before = hub.rows("select sum(hashtext(p::text)) from products p"), quantities(hub)
    assert fetch(hub, source_id).changed == 0
    assert (hub.rows("select sum(hashtext(p::text)) from products p"), quantities(hub)) == before


def test_an_unchanged_file_is_not_read_again_unless_something_here_changed(
    hub: Any, tmp_path: Path, supplier: Any, link: Any
) -> None:
    from stockwire.hub.sync.belonging import set_source_flags

    fill(hub, tmp_path)
    supplier.files["/stock.csv"] = FEED
    source_id = link({"qty.Supplier": "source"}, location=f"{supplier.url}/stock.csv", columns=MAPPING)
    for _ in range(2):
        assert fetch(hub, source_id, in_any_case=False).changed == 1
    assert [bool(tag) for _, tag in supplier.asked] == [False, True]
    with hub.scope():
        set_source_flags(source_id, {"title": "source"}, "thandi")
    assert fetch(hub, source_id, in_any_case=False).changed == 1
    assert hub.rows("select title from products order by id") == [("Screw",), ("Nut",)]
    noted = hub.rows("select subject, before, after from audit where action = 'linked source'")
    assert noted == [("BOLT", {"title": "Bolt"}, {"title": "Screw"})]
    assert supplier.asked[-1][1] == ""


def test_an_agents_batch_leaves_alone_what_a_flag_keeps_from_its_source(
    hub: Any, tmp_path: Path, supplier: Any, link: Any
) -> None:
    """The linked source's quantity survives what the primary one says of its own."""
    from stockwire.hub.sync.import_products import Options, import_products

    fill(hub, tmp_path)
    supplier.files["/stock.csv"] = FEED
    fetch(hub, link({"qty.Supplier": "source"}, location=f"{supplier.url}/stock.csv", columns=MAPPING))
    file = tmp_path / "own.csv"
    file.write_text("source_variant_code,qty\nBOLT,41\n")
    from stockwire.hub.sync.belonging import set_source_flags

    with hub.scope():
        set_source_flags(hub.source_id, {"qty.Supplier": "system"}, "thandi")
    import_products(hub.client_id, hub.source_id, file, Options("thandi"))
    assert quantities(hub)[("BOLT", "Supplier")] == "7.0000"
    assert quantities(hub)[("BOLT", "")] == "41.0000"


XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:g="http://base.google.com/ns/1.0"><items>
 <item id="BOLT"><g:price cur="ZAR"> 13.50 </g:price><stock><jhb>4</jhb></stock></item>
 <item id="NUT"><stock><jhb/></stock><note>x</note></item></items></feed>"""


def test_xml_is_read_by_paths_and_an_uploaded_file_by_its_name(hub: Any, tmp_path: Path, link: Any) -> None:
    from stockwire.hub.linking import upload

    fill(hub, tmp_path)
    file = tmp_path / "feed.xml"
    file.write_bytes(XML)
    with file.open("rb") as opened:
        assert upload(hub.client_id, opened, " feed.xml ", "thandi") == "feed.xml"
    source_id = link(
        {"price": "source", "qty": "source"},
        location="feed.xml",
        format="xml",
        record_path="items/item",
        columns={"source_variant_code": "@id", "price": "g:price", "qty": "stock/jhb"},
    )
    found = fetch(hub, source_id)
    assert (found.rows, found.changed, found.problems) == (2, 1, 0)
    assert hub.rows("select price::text from price_tiers order by variant_id") == [("13.5000",), ("3.0000",)]
    assert quantities(hub) == {("BOLT", ""): "4.0000", ("NUT", ""): "5.0000"}


def test_xml_with_entities_or_without_end_is_refused(tmp_path: Path) -> None:
    from stockwire.files.xml_rows import xml_rows

    file = tmp_path / "bomb.xml"
    for content, message in (
        (b'<!DOCTYPE a [<!ENTITY x "boom">]><a><i>&x;</i></a>', "document type"),
        (b"<a><i>1</i>", "no sound XML"),
        (b"<a><b>1</b></a>", "no records at i"),
        (b"<a>" * 60, "nests more than"),
        (b"<a><i>" + b"x" * 5_000_000 + b"</i></a>", "larger than 4 MB"),
    ):
        file.write_bytes(content)
        with pytest.raises(Refused, match=message):
            list(xml_rows(file, "i", ["."]))


def test_private_addresses_are_not_fetched_nor_reached_by_a_redirect(
    hub: Any, supplier: Any, link: Any, settings_of_hub: Any
) -> None:
    supplier.moved["/away"] = "http://169.254.169.254/latest/meta-data"
    columns = {"source_variant_code": "a", "qty": "b"}
    source_id = link({}, location=f"{supplier.url}/away", columns=columns)
    with pytest.raises(Refused, match="inside a private network"):
        fetch(hub, source_id)
    settings_of_hub(fetch_networks=[])
    asked = len(supplier.asked)
    with pytest.raises(Refused, match="inside a private network"):
        fetch(hub, source_id)
    assert len(supplier.asked) == asked
    assert hub.rows("select read_error <> '' from sources where id = %s", source_id) == [(True,)]


def test_what_goes_wrong_stands_at_the_source_and_it_is_tried_again(
    hub: Any, supplier: Any, link: Any
) -> None:
    columns = {"source_variant_code": "a", "qty": "b"}
    source_id = link({}, location=f"{supplier.url}/file.csv", columns=columns)

    def after(wrong: str, content: bytes = b"a,b\n") -> tuple[Any, ...]:
        supplier.status, supplier.files = wrong, {"/file.csv": content}
        fetch(hub, source_id, in_any_case=False)
        [row] = hub.rows(
            "select s.read_error, f.attempts, f.next_at - now() < interval '1 hour', f.lease_until from sources s"
            " join source_fetches f on f.source_id = s.id where s.id = %s",
            source_id,
        )
        return row

    assert after("503 Busy")[0].endswith("answers 503.")
    assert after("503 Busy")[1:] == (2, True, None)
    assert after("")[1:3] == (0, False)
    assert "web page" in after("", b"<!DOCTYPE html><html>")[0]
    assert "has no column" in after("", b"c,d\n1,2\n")[0]
    assert after("", b"a,b\n1,2\n")[0] == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"location": "https://docs.google.com/spreadsheets/d/1x/edit#gid=0"}, "publish it as CSV"),
        ({"location": "f.csv", "schedule": "1m"}, "at least 5 minutes"),
        ({"location": "f.csv", "columns": {"source_variant_code": "a", "title": "b"}}, "There is no column"),
        (
            {
                "location": "f.csv",
                "columns": {"source_product_code": "a", "source_variant_code": "c", "active": "b"},
            },
            "only enriches",
        ),
        ({"location": "f.csv", "columns": {"source_variant_code": "a", "colour": "b"}}, "no column colour"),
        ({"location": "f.xml", "format": "xml"}, "record_path"),
    ],
)
def test_a_linked_source_that_cannot_be_is_refused_when_it_is_made(
    hub: Any, link: Any, settings: Any, message: str
) -> None:
    with pytest.raises(NotSetUp, match=message):
        link({}, **settings)


def test_a_file_of_another_folder_is_never_read(hub: Any, tmp_path: Path, link: Any) -> None:
    from stockwire.hub.linking import upload

    outside = tmp_path / "secret.csv"
    outside.write_text("a,b\n")
    columns = {"source_variant_code": "a", "qty": "b"}
    for location in ("../../secret.key", str(outside), "missing.csv"):
        with pytest.raises(NotSetUp, match="no uploaded file"):
            fetch(hub, link({}, location=location, columns=columns))
    for name in ("../x.csv", ".hidden", "a/b.csv"):
        with outside.open("rb") as opened, pytest.raises(NotSetUp, match="no plain file name"):
            upload(hub.client_id, opened, name, "thandi")


def test_a_channel_cannot_be_fed_by_a_linked_source(hub: Any, link: Any) -> None:
    from stockwire.hub.setting_up import add_channel

    source_id = link({}, location="f.csv", columns={"source_variant_code": "a", "qty": "b"})
    shop = {"api_url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": "cs_1"}
    with pytest.raises(NotSetUp, match="linked source"):
        add_channel(hub.client_id, source_id, "woocommerce", "Shop", shop)


def test_the_worker_fetches_what_is_due_once(hub: Any, supplier: Any, link: Any) -> None:
    from django.utils import timezone

    from stockwire.hub import tenancy

    source_id = link({}, location=f"{supplier.url}/f.csv", columns={"source_variant_code": "a", "qty": "b"})
    assert tenancy.due_fetches(timezone.now()) == [(hub.client_id, source_id)]
    hub.owner.execute("update source_fetches set lease_until = now() + interval '1 minute'")
    assert fetch(hub, source_id) is None
    assert tenancy.due_fetches(timezone.now()) == []


def test_schedules_are_every_so_often_or_a_time_of_day_in_south_africa() -> None:
    now = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert next_run("30m", now) == datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert next_run("4h", now) == datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    assert next_run("18:30", now) == datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert next_run("18:00", now) == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    for wrong in ("", "25:00", "4m", "daily"):
        with pytest.raises(ValueError, match="write 30m"):
            check(wrong)
