"""The drift of a channel from the command line, run as an operator runs it: reconcile, drift, nightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # each runs whole processes


@pytest.fixture
def stockwire(rehearsal: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`stockwire channel WORD --client 1 2 ...` in a process of its own."""

    def run(word: str, *more: str) -> subprocess.CompletedProcess[str]:
        client = ["--client", str(rehearsal.hub.client_id), str(rehearsal.channel_id)]
        return subprocess.run(
            [sys.executable, "-m", "stockwire.cli", "channel", word, *client, *more],
            env={**os.environ, **rehearsal.hub.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_an_operator_compares_looks_and_repairs(rehearsal: Any, feed: Any, stockwire: Any) -> None:
    said = stockwire("drift")
    assert said.returncode == 1
    assert "has not been compared with what is really there yet" in said.stderr
    feed.send(feed.row("BOLT", SELLINGPRICE1="13.90"), feed.row("NUT"))
    rehearsal.hub.work("push")
    rehearsal.act("edit_product", sku="BOLT", regular_price="9.00")
    rehearsal.act("delete_product", sku="NUT")
    rehearsal.act("add_product", name="By hand [b]", sku="STRAY", regular_price="5.00")

    said = stockwire("reconcile", "--repair", "different")
    assert said.returncode == 0, said.stderr
    assert "2 listed by the channel, 2 linked" in said.stdout
    assert "Missing there: 1, fields that differ: 1, there and not linked: 1." in said.stdout
    assert "Repaired, fields that differ: 1; the next push sends ours." in said.stdout
    [row] = [line.split() for line in said.stdout.splitlines() if line.strip().startswith("different")]
    assert (row[1], row[3:7], row[-1]) == ("BOLT", ["price", "13.90", "9.00", "13.90"], "repaired")

    shown = json.loads(stockwire("drift", "--json").stdout)
    assert (shown["counts"], shown["repaired"]) == (
        {"different": 1, "missing": 1, "extra": 1},
        {"different": 1},
    )
    assert [item["kind"] for item in shown["items"]] == ["missing", "different", "extra"]
    rehearsal.hub.work("push")
    again = json.loads(stockwire("reconcile", "--json", "--repair", "missing").stdout)
    assert (again["counts"], again["repaired"]) == ({"missing": 1, "extra": 1}, {"missing": 1})


def test_a_busy_channel_is_left_to_its_worker_and_the_request_stays(rehearsal: Any, stockwire: Any) -> None:
    from stockwire.hub.sync import lanes

    [(lane_id,)] = rehearsal.hub.rows("select id from lanes where kind = 'push'")
    assert lanes.claim(rehearsal.hub.client_id, lane_id, "a worker") is not None
    said = stockwire("reconcile", "--wait", "0")
    assert said.returncode == 1
    assert "The channel is busy" in said.stderr
    assert "It stays asked for" in said.stderr
    assert rehearsal.hub.rows("select state from drift_reports") == [("requested",)]


def test_the_night_is_set_and_shown(stockwire: Any) -> None:
    assert "compared every night at 03:00; what is found is reported only." in stockwire("nightly").stdout
    said = stockwire("nightly", "--hour", "4", "--policy", "repair")
    assert "compared every night at 04:00; what is found is repaired." in said.stdout
    assert "compared never by itself; what is found is repaired." in stockwire("nightly", "--never").stdout
