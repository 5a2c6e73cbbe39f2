"""An order fetched by its Omni number through everything that is real: command, hub, agent, simulated Omni."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stockwire import wire
from stockwire.errors import TryLater
from stockwire.simulators.stand import Stand


def run(hub: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from stockwire.cli import main; main()", "order", *arguments],
        env={**os.environ, **hub.environment, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_an_order_that_is_only_in_omni_is_fetched_by_its_number_once_and_shown(
    web: Any, running_agent: Stand
) -> None:
    books = running_agent.app.books  # type: ignore[attr-defined]
    line = {"stock_code": "PUMP-01", "quantity": Decimal(2), "selling_price": Decimal(100)}
    head = {"customer_account_code": "CASH01", "document_date": "2026-11-20"}
    number = books.post("Sales Order", "", {**head, "order_lines": [line]}).reference
    client, source = str(web.hub.client_id), str(web.hub.source_id)

    fetched = run(web.hub, "fetch", "--client", client, "--source", source, number)
    assert (fetched.returncode, fetched.stdout) == (
        0,
        f"Sales Order {number} is stored with its header only.\n",
    ), fetched.stderr
    again = run(web.hub, "fetch", "--client", client, "--source", source, number)
    assert "was fetched before" in again.stdout
    assert web.hub.rows("select number, state, channel_id from orders") == [(number, "raised", None)]

    shown = run(web.hub, "show", "--client", client, number).stdout
    assert f"Order {number} (Fetched from Omni): Raised" in shown
    assert "customer_account_code     CASH01" in shown
    assert "PUMP-01" not in shown

    unknown = run(web.hub, "fetch", "--client", client, "--source", source, "SO99999")
    assert unknown.returncode == 1
    assert unknown.stderr.splitlines()[0] == (
        "Error: Omni has no Sales Order and no Quote with the number SO99999."
    )
    refused = run(web.hub, "reset", "--client", client, number)
    assert "was fetched from Omni" in refused.stderr

    running_agent.refuse()
    closed = run(web.hub, "fetch", "--client", client, "--source", source, "SO00002")
    assert closed.returncode == 1
    assert "OmniWebServiceREST cannot be reached" in closed.stderr
    assert "The wish stays for a day" in closed.stderr


def test_a_wish_wakes_the_waiting_agent_and_is_handed_out_once(web: Any) -> None:
    from stockwire.hub.sync.fetch_orders import ask_for_order

    def work() -> wire.Work:
        return msgspec.msgpack.decode(web.ask(0).content, type=wire.Work)

    assert work().fetch_orders == []
    with web.hub.scope():
        wish = ask_for_order(web.hub.source_id, "SO1", "thandi")
    assert [wanted.fetch_id for wanted in work().fetch_orders] == [wish]
    assert work().fetch_orders == []


def test_an_agent_that_does_not_answer_leaves_the_wish_standing(web: Any) -> None:
    from stockwire.hub.fetching import fetch_and_wait

    with pytest.raises(TryLater, match="did not answer within 0 s") as raised:
        fetch_and_wait(web.hub.client_id, web.hub.source_id, "SO1", "thandi", wait_s=0.3)
    assert "stays for a day" in raised.value.hint
    assert web.hub.rows("select state from order_fetches") == [("waiting",)]


def test_answers_that_cannot_be_read_are_refused(web: Any) -> None:
    headers = {"Authorization": f"Bearer {web.hub.agent_token}"}
    assert web.http.post("/api/agent/fetched", content=b"nonsense", headers=headers).status_code == 422
    assert web.http.post("/api/agent/fetched", content=b"x").status_code == 401
    late = msgspec.msgpack.encode(wire.Fetched(fetch_id=4711, state="missing"))
    answer = web.http.post("/api/agent/fetched", content=late, headers=headers)
    assert msgspec.msgpack.decode(answer.content, type=wire.Confirmed).known is False


@pytest.mark.slow
def test_orders_are_listed_found_and_acted_on_from_the_command_line(web: Any) -> None:
    from stockwire.hub.models import Channel, Order

    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    with web.hub.scope():
        channel = Channel.objects.get(pk=web.channel_id)
        for number, state, reason in (("#1001", "held", "It is R 1.00 short."), ("#1002", "raised", "")):
            Order.objects.create(
                client_id=web.hub.client_id,
                channel=channel,
                source_id=web.hub.source_id,
                channel_order_code=number[1:],
                number=number,
                status="processing",
                state=state,
                currency="ZAR",
                total=Decimal("1150.00"),
                total_tax=Decimal(150),
                ordered_at=at,
                modified_at=at,
                reference=f"SW{number[1:]}PEX0JXF9F2",
                reason=reason,
            )
    client = str(web.hub.client_id)
    listed = run(web.hub, "list", "--client", client, "--state", "needs_you", "--json")
    (only,) = msgspec.json.decode(listed.stdout)
    assert (only["number"], only["total"], only["reason"]) == ("#1001", "R 1 150.00", "It is R 1.00 short.")
    all_of_them = run(web.hub, "list", "--client", client).stdout
    assert "#1002" in all_of_them
    assert "SW1002PEX0JXF9F2" in all_of_them, "whole, in a window of 80 columns"
    assert max(map(len, all_of_them.splitlines())) <= 80
    shown = run(web.hub, "show", "--client", client, "1001").stdout
    assert "Reason          It is R 1.00 short." in shown
    assert run(web.hub, "release", "--client", client, "#1001").stdout == "Order #1001 is released.\n"
    assert run(web.hub, "reset", "--client", client, "SW1002PEX0JXF9F2", "--send").stdout == (
        "Order #1002 is reset and sent to Omni.\n"
    )
    assert web.hub.rows("select state from orders order by number") == [("ready",), ("ready",)]
    assert "There is no order 9" in run(web.hub, "show", "--client", client, "9").stderr
    audit = web.hub.rows("select action from audit order by id")
    assert [row[0] for row in audit] == ["release", "reset", "send again"]
