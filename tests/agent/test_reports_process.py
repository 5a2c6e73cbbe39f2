"""The real process on a report of the largest size seen: 123,869 rows, 33 MB in one reply."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from stockwire.agent.config import AgentSettings, HubSettings, OmniSettings, ReportSettings

ROWS = 123_869
MEGABYTES = 80


class Quiet(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        pass


def reply(level: int) -> Iterator[bytes]:
    """In the style of the service: lone CRs, spaces around colons, keys of Stock Export."""
    yield b'{\r"stock_export": [ '
    for number in range(ROWS):
        comma = ",\r" if number else ""
        yield (
            f'{comma}{{"product_group_description" : "Fasteners",\r"stock_category_description" : "Bolts",\r'
            f'"stock_code" : "BOLT-{number:06}",\r"stock_description" : "Hex bolt M8 x {number} galvanised",\r'
            f'"unit_of_measure" : "each",\r"pack" : 1,\r"bar_code" : "600{number:010}",\r"vat_code" : "1",\r'
            f'"selling_price_excl" : 149.9,\r"level" : 12,\r"customer_price" : null,\r"web" : "ACTIVE",\r'
            f'"available" : {level if number == 5 else 12}\r}}'
        ).encode()
    yield b"]}"


@pytest.fixture
def big_report() -> Iterator[tuple[str, list[int]]]:
    """(address, [level of the sixth item]) of a service that knows one report."""
    level = [12]

    @Request.application
    def app(request: Request) -> Response:
        return Response(reply(level[0]), content_type="application/json")

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", level
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("warehouses", [{}, {"Stock-CEN": "CEN", "Stock-EDN": "EDN"}])
def test_a_report_of_33_megabytes_is_read_within_80_megabytes_of_memory(
    big_report, hub, start_agent, tmp_path, until, warehouses
):
    address, level = big_report
    quantity = "OAvailable@EDN" if warehouses else "OAvailable"
    settings = AgentSettings(
        hub=HubSettings(url=hub.url, token=next(iter(hub.tokens))),
        report=ReportSettings(
            names=[*warehouses] or ["Stock Export"], warehouses=warehouses, active="web", poll_s=1.0
        ),
        omni=OmniSettings(url=address, company="C", user="U", password="P"),
        data_folder=str(tmp_path / "agent"),
    )
    process = start_agent(settings)
    until(lambda: len(hub.source) == ROWS, 120, "the first reading")
    level[0] = 11
    until(lambda: hub.source["BOLT-000005"][quantity] == "11", 120, "a change")
    until(lambda: any(done.mode == "report" for done in hub.readings), 60, "the report of a reading")
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(int(line.split()[1]) / 1_000 for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < MEGABYTES
    assert not any(done.error for done in hub.readings)
    process.terminate()
    assert process.wait(60) == 0
