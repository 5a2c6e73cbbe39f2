"""A saved report can stand in for the product query."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from stockwire.connectors.omni import OmniSettings, connector
from stockwire.connectors.omni.api import OmniService
from stockwire.connectors.omni.reports import STOCK_EXPORT_COLUMNS, ReportSource, read_rows
from stockwire.errors import NotSetUp, TryLater
from stockwire.simulators.omni import create

ROWS = [
    {"stock_code": "00123", "description": "Größe ×2", "level": "12.50", "price": "198.80", "bar_code": "6001", "web": "ACTIVE"},
    {"stock_code": "B-2", "description": 'Pipe 1/2" [new], {x}', "level": -3, "price": "0.1", "web": "delete"},
]  # fmt: skip
COLUMNS = {**STOCK_EXPORT_COLUMNS, "EXTRADTLS8": "web"}


@pytest.fixture
def service() -> Iterator[OmniService]:
    app = create(stock=ROWS, reports={"Web Stock": (*STOCK_EXPORT_COLUMNS.values(), "web"), "Empty": ("x",)})
    transport = httpx2.WSGITransport(app=app)
    with OmniService(
        "http://omni", app.options.company, "Stockwire", "rehearsal", transport=transport
    ) as service:
        yield service


def test_a_report_gives_rows_in_the_shape_of_the_product_query(service: OmniService) -> None:
    source = ReportSource("Web Stock", COLUMNS)
    rows = list(source.rows(service))
    assert rows == [
        ["00123", "Größe ×2", "198.8", "12.5", "6001", "General", "ACTIVE"],
        ["B-2", 'Pipe 1/2" [new], {x}', "0.1", "0", "", "General", "delete"],
    ]
    products, problems = connector.open(OmniSettings()).translate(source.columns, rows)
    assert problems == []
    assert [(p.sku, str(p.product_active), p.quantities) for p in products] == [
        ("00123", "ACTIVE", {"": 12.5}),
        ("B-2", "DELETE", {"": 0}),
    ]


def test_a_missing_column_of_a_report_is_named_with_those_there_are(service: OmniService) -> None:
    with pytest.raises(NotSetUp, match=r"no column web\. It has: product_group_description, stock_category"):
        list(ReportSource("Stock Export", COLUMNS).rows(service))


def test_a_report_omni_does_not_have_is_not_set_up(service: OmniService) -> None:
    with pytest.raises(NotSetUp, match="does not have this report"):
        list(ReportSource("Web stock", COLUMNS).rows(service))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_rows_are_found_wherever_the_reply_is_cut(size: int) -> None:
    reply = '\ufeff{\r"k": [ {"a" : 1.50,\r"b" : "×]}"\r},\r{"a" : null,\r"b" : "\\u00d7"\r}]}'.encode()
    pieces = [reply[at : at + size] for at in range(0, len(reply), size)]
    assert list(read_rows("k", pieces)) == [{"a": "1.50", "b": "×]}"}, {"a": None, "b": "×"}]


def test_an_empty_report_has_no_rows() -> None:
    assert list(read_rows("k", [b'{\r"k": [ ]}'])) == []


@pytest.mark.parametrize("reply", [b'{\r"k": [ {"a" : 1\r},\r{"a" : 2', b"", b"\x00\xffno json", b'{"k": ['])
def test_a_report_that_breaks_off_is_no_whole_reading(reply: bytes) -> None:
    with pytest.raises(TryLater, match="broke off"):
        list(read_rows("k", [reply]))


@pytest.mark.parametrize("reply", [b'{"k": [1, 2]}', b'{"k": [{"a": "' + b"x" * 1_000_001])
def test_a_report_that_is_no_list_of_rows_is_tried_later(reply: bytes) -> None:
    with pytest.raises(TryLater, match="no list of rows"):
        list(read_rows("k", [reply]))
