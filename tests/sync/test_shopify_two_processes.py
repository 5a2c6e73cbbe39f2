"""Two processes work on one Shopify channel: they share its points and its tokens through PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from stockwire.simulators.faults import Fault

pytestmark = pytest.mark.slow  # each starts two processes

WORKER = """
import json, sys
from decimal import Decimal
import django
django.setup()
from stockwire.hub import tenancy
from stockwire.hub.models import Channel
from stockwire.hub.sync.shared import shared_of
from stockwire.registry import channel_connector
from stockwire.ports import Action, Change, FieldChange, Group, Link

client, channel_id = map(int, sys.argv[1:3])
links = json.loads(sys.argv[3])
connector = channel_connector("shopify")
with tenancy.scope(client):
    row = Channel.objects.get(pk=channel_id)
    settings = row.read_settings(connector.settings)
waited = []
channel = connector.open(settings, shared_of(row, connector), sleep=waited.append)
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
changes = [
    Change(sku, sku, Action.UPDATE, (FieldChange(Group.PRICE, "price", None, Decimal("77.00")),),
           Link(product, variant, {"item": item}))
    for sku, product, variant, item in links
]
outcomes = channel.push(changes)
channel.close()
print(json.dumps({
    "waits": waited,
    "points": channel.api.points,
    "outcomes": [str(getattr(one, "error", "Done")) for one in outcomes],
}))
"""


@pytest.fixture
def together(trade: Any) -> Any:
    """Run two processes at the same moment, each with prices for products of its own. What each says."""

    def run(channel_id: int, count: int) -> list[dict[str, Any]]:
        skus = trade.shop.fill(2 * count)
        links = []
        for sku in skus:
            held = trade.held(sku)
            found = (held["product"], held, held["item"])
            links.append([sku, *(str(one["number"]) for one in found)])
        started = [
            subprocess.Popen(
                [
                    *(sys.executable, "-c", WORKER, str(trade.hub.client_id), str(channel_id)),
                    json.dumps(links[at * count : (at + 1) * count]),
                ],
                env={**os.environ, **trade.hub.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for at in range(2)
        ]
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in started:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        return [json.loads(each.communicate(timeout=60)[0]) for each in started]

    return run


def test_two_processes_spend_one_budget_together(trade: Any, together: Any) -> None:
    """Each alone would have points enough and never wait; there is one bucket of points for both."""
    # The prices of 30 products cost 300 points; of the 2,000 of the smallest plan, 310 may be used, and 15 come in a second.
    channel = trade.channel(budget_share="0.155", products_per_call="1", bulk_enabled="false")
    told = together(channel, 30)
    assert [one["outcomes"] for one in told] == [["Done"] * 30] * 2, told
    spent = sum(one["points"] for one in told)
    assert max(one["points"] for one in told) < 310 < spent
    assert sum(len(one["waits"]) for one in told) > 0
    assert trade.shop.bucket.throttled == 0
    # Nobody really waited here, so the row of the budget owes what was not there yet.
    ((level, capacity),) = trade.hub.rows("select level, capacity from channel_budgets")
    assert capacity == 310
    assert level < 0


def test_two_channels_on_one_shop_have_one_budget_and_another_app_has_its_own(trade: Any) -> None:
    options = trade.shop.options
    first = trade.channel()
    trade.channel(auto_sync="false")
    other = trade.channel(
        api_key=options.client_id, client_secret=options.client_secret, password="", auto_sync="false"
    )
    trade.known("SCREW", "10.00", {"": 5})
    trade.push()
    assert trade.hub.rows("select channel_id from channel_budgets order by 1") == [(first,), (other,)]


def test_two_processes_renew_a_rotating_token_once_between_them(trade: Any, together: Any) -> None:
    """At the same moment, without a token. A refresh token is good for one renewal: a second one would end the
    access of both."""
    options = trade.shop.options
    channel = trade.channel(
        api_key=options.client_id,
        client_secret=options.client_secret,
        refresh_token=options.refresh_token,
        password="",
    )
    trade.stand.faults.arm(Fault("slow", path="access_token", delay_s=0.5, times=None))
    trade.stand.calls.clear()
    told = together(channel, 2)
    assert [one["outcomes"] for one in told] == [["Done"] * 2] * 2, told
    asked = [call for call in trade.stand.calls.listed() if "access_token" in call["path"]]
    assert len(asked) == 1, asked
