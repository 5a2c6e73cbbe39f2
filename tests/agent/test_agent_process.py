"""The real process: started, killed, stopped, starved of its hub. What it holds must survive each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stockwire.agent.config import OmniSettings
from stockwire.agent.run import enrol
from stockwire.servers.omni_database import make_stock_database
from stockwire.simulators.faults import Fault
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand
from stockwire.wire import RaiseOrder

pytestmark = pytest.mark.slow


@pytest.fixture
def agent_log(tmp_path):
    return lambda: (tmp_path / "agent.log").read_text(encoding="utf-8")


@pytest.fixture
def omni():
    with Stand(create()) as stand:
        yield stand


@pytest.fixture
def with_omni(agent_settings, omni):
    options = omni.app.options
    agent_settings.omni = OmniSettings(
        url=omni.url,
        company=options.company,
        user=options.user,
        password=options.password,
        post_timeout_s=0.5,
        settle_s=0.2,
        repost_after_s=0.5,
    )
    return agent_settings


def order(number=1, claim=1):
    line = {"stock_code": "PUMP-01", "description": "x", "quantity": "1", "selling_price": "100"}
    body = {"sales_order": {"customer_account_code": "WEB001", "order_lines": [line]}}
    return RaiseOrder(
        order_id=number, claim=claim, resource="Sales Order", reference=f"SW-{number}", body=body
    )


def posted(omni):
    return sorted((d["reference"], d["posted"]) for d in omni.app.state()["documents"])


def test_the_process_reads_follows_changes_and_stops_when_told(
    agent_settings, start_agent, bench, hub, until, agent_log
):
    process = start_agent(agent_settings)
    until(lambda: len(hub.source) == 2_000)
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 3 WHERE STOCKCODE = '00000050'")
    until(lambda: hub.source["00000050"]["SELLINGPRICE1"] == "3.0000")
    until(lambda: any(done.rows_sent == 1 for done in hub.readings))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    log = agent_log()
    assert "reading by watermark (all rows)" in log
    assert "reading by watermark  why='the query has a CHANGEMARK'" in log
    assert "agent stopped" in log
    assert "Warning" not in log
    assert len(log.splitlines()) <= 10


def test_the_hub_asks_for_a_reading_and_for_all_rows_again(
    agent_settings, start_agent, bench, hub, until, agent_log
):
    agent_settings.poll_s = 600.0
    start_agent(agent_settings)
    until(lambda: len(hub.source) == 2_000 and hub.readings)
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 3 WHERE STOCKCODE = '00000050'")
    hub.read_now = True
    until(lambda: hub.source["00000050"]["SELLINGPRICE1"] == "3.0000")
    hub.source.clear()
    hub.full_read = True
    until(lambda: len(hub.source) == 2_000)


def test_killed_in_the_middle_of_a_first_load_it_completes_with_nothing_lost(
    agent_settings, start_agent, make_bench, firebird, hub, until
):
    stock = make_stock_database(firebird, "killed", 20_000, seed=3)
    agent_settings.database.dsn = stock.dsn
    hub.slow_s = 0.05
    for batches in (2, 6, 11):
        process = start_agent(agent_settings)
        until(lambda n=batches: len(hub.batches) >= n)
        process.kill()
        process.wait()
    hub.slow_s = 0.0
    start_agent(agent_settings)
    until(lambda: len(hub.source) == 20_000 and any(not done.error for done in hub.readings))
    assert make_bench(stock).differences() == []
    assert len({batch.stream for batch in hub.batches}) == 1
    assert sum(len(batch.rows) for batch in hub.batches) == 20_000


def test_a_hub_that_comes_and_goes_gets_everything(agent_settings, start_agent, bench, hub, until, agent_log):
    hub.stop()
    start_agent(agent_settings)
    until(lambda: "cannot be reached" in agent_log())
    hub.start()
    until(lambda: len(hub.source) == 2_000)
    hub.stop()
    bench.sql("UPDATE STOCK SET SELLINGPRICE1 = 3 WHERE STOCKCODE = '00000050'")
    hub.start()
    until(lambda: hub.source["00000050"]["SELLINGPRICE1"] == "3.0000")
    until(lambda: "works again" in agent_log())


def test_an_order_is_raised_and_confirmed(with_omni, start_agent, hub, omni, until):
    start_agent(with_omni)
    hub.to_raise = [order()]
    until(lambda: hub.raised)
    (raised,) = hub.raised
    assert (raised.state, raised.document_number) == ("raised", "SW-1")
    assert posted(omni) == [("SW-1", 1)]


def test_a_raised_order_is_followed_at_once_by_a_reading_that_shows_what_omni_reserved(
    with_omni, start_agent, hub, until
):
    with_omni.poll_s = 600
    start_agent(with_omni)
    until(lambda: len(hub.readings) == 1)
    hub.to_raise = [order()]
    until(lambda: hub.raised)
    until(lambda: len(hub.readings) == 2, what="a second report long before the next poll")
    assert hub.readings[1].read_at > hub.raised[0].raised_at


def test_an_agent_killed_while_posting_finds_its_document_after_the_restart(
    with_omni, start_agent, hub, omni, until
):
    with_omni.omni.post_timeout_s = 30.0
    omni.faults.arm(Fault(kind="answer_late", times=1, method="POST", delay_s=3.0))
    process = start_agent(with_omni)
    hub.to_raise = [order()]
    until(lambda: posted(omni))
    process.kill()
    process.wait()
    start_agent(with_omni)
    until(lambda: hub.raised)
    assert [(r.state, r.document_number, r.found) for r in hub.raised] == [("raised", "SW-1", True)]
    assert posted(omni) == [("SW-1", 1)]


@pytest.mark.parametrize("kind", ["answer_late", "drop", "work_late"])
def test_orders_among_faults_are_raised_exactly_once(with_omni, start_agent, hub, omni, until, kind):
    omni.faults.arm(Fault(kind=kind, times=4, method="POST", delay_s=1.0))
    start_agent(with_omni)
    hub.to_raise = [order(number) for number in range(1, 9)]
    done: set[int] = set()

    def finished() -> bool:
        done.update(r.order_id for r in hub.raised if r.state == "raised")
        open_again = {r.order_id for r in hub.raised if r.state == "not_yet"} - done
        if open_again and not hub.to_raise:
            claim = len(hub.raised) + 1
            hub.raised[:] = [r for r in hub.raised if r.state == "raised"]
            hub.to_raise = [order(number, claim) for number in sorted(open_again)]
        return len(done) == 8

    until(finished, timeout_s=60)
    assert posted(omni) == [(f"SW-{number}", 1) for number in range(1, 9)]


def test_an_outcome_the_hub_did_not_hear_is_told_again_after_a_restart(
    with_omni, start_agent, hub, omni, until
):
    process = start_agent(with_omni)
    until(lambda: hub.readings)
    hub.to_raise = [order()]
    hub.deaf_to_outcomes = True
    until(lambda: posted(omni))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert hub.raised == []
    hub.deaf_to_outcomes = False
    start_agent(with_omni)
    until(lambda: hub.raised)
    assert hub.raised[0].state == "raised"
    assert posted(omni) == [("SW-1", 1)]


def test_with_a_hundred_thousand_items_it_stays_under_80_megabytes(
    with_omni, start_agent, firebird, hub, until
):
    stock = make_stock_database(firebird, "hundred-thousand", 100_000)
    with_omni.database.dsn = stock.dsn
    process = start_agent(with_omni)
    until(lambda: len(hub.source) == 100_000 and hub.readings, timeout_s=90)
    hub.to_raise = [order()]
    until(lambda: hub.raised)
    hub.full_read = True
    until(lambda: len(hub.batches) == 200, timeout_s=90)
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    peak_kb = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    assert peak_kb < 80 * 1024, f"{peak_kb / 1024:.1f} MB"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing key `hub`"),
        ("[hub]\nurl = 'https://h'\n[database]\nuser='u'\n", "database.path is missing"),
        ("[hub\n", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_ends_it_with_words_and_code_2(tmp_path, text, said):
    config = tmp_path / "agent.toml"
    config.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from stockwire.agent.commands import agent; agent()",
            "run",
            "--config",
            str(config),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_revoked_agent_goes_on_when_it_is_enrolled_again(
    agent_settings, start_agent, hub, until, agent_log, tmp_path
):
    agent_settings.hub.token = ""
    (tmp_path / "agent").mkdir(mode=0o700)
    (tmp_path / "agent" / "hub.token").write_text("an-old-token")
    start_agent(agent_settings)
    until(lambda: "does not accept this agent's token" in agent_log())
    assert hub.source == {}
    enrol(agent_settings, "7KQ2-M4ZD")
    until(lambda: len(hub.source) == 2_000, timeout_s=90)
