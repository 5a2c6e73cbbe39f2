"""The hub asks for the checks: the agent runs them on its premises, and the hub shows what they found."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from stockwire import wire
from stockwire.errors import NotSetUp, TryLater
from stockwire.simulators.stand import Stand


def asked(hub: Any, wait_s: float = 30.0) -> list[wire.CheckFinding]:
    from stockwire.hub.checking import ask_and_wait

    return list(ask_and_wait(hub.client_id, hub.source_id, wait_s))


def send(web: Any, body: bytes, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token or web.hub.agent_token}"}
    return web.http.post("/api/agent/findings", content=body, headers=headers)


@pytest.mark.slow
def test_what_the_agent_finds_on_its_premises_is_shown_at_the_hub_again_and_again(
    web: Any, running_agent: Stand
) -> None:
    from stockwire.hub.checking import lines

    web.hub.owner.execute(
        'update sources set settings = settings || \'{"param_shipping_code": "SHIP"}\'::jsonb'
    )
    found = {finding.code: finding for finding in asked(web.hub)}
    assert found["database_server"].state == "failed"
    assert found["hub_token"].state == "passed"
    assert found["source_settings"].state == "passed"
    assert found["shipping_code"].seen == "Omni has the stock code SHIP for delivery."
    assert found["omni_service"].state == "passed"
    assert found["omni_service"].group == "Omni"
    text = "\n".join(lines(list(found.values())))
    assert "FAILED   database_server" in text
    assert "Fix: Open services.msc on the Omni server" in text
    assert "a-secret" not in text
    assert "1 of " in text

    running_agent.refuse()
    command = ["source", "check", "--client", str(web.hub.client_id), str(web.hub.source_id)]
    ran = subprocess.run(
        [sys.executable, "-c", "from stockwire.cli import main; main()", *command],
        env={**os.environ, **web.hub.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "FAILED   omni_service         Nobody answers at" in ran.stdout
    assert "2 of " in ran.stdout


def test_the_wish_is_handed_out_once_and_only_to_the_agent_of_this_source(web: Any) -> None:
    from stockwire.hub.sync.preflight import ask_for_check

    def work() -> wire.Work:
        return msgspec.msgpack.decode(web.ask(0).content, type=wire.Work)

    assert not work().check
    with web.hub.scope():
        ask_for_check(web.hub.source_id)
    assert work().check
    assert not work().check


def test_an_agent_that_does_not_answer_is_named_with_when_it_was_last_heard_of(web: Any) -> None:
    web.ask(0)
    with pytest.raises(TryLater, match="did not answer within 0 s") as raised:
        asked(web.hub, 0.3)
    assert f"{datetime.now(UTC):%Y-%m-%d}" in raised.value.hint


def test_nobody_is_asked_where_no_agent_is_enrolled(web: Any) -> None:
    web.hub.owner.execute("update agents set revoked_at = now()")
    with pytest.raises(NotSetUp, match="No agent is enrolled"):
        asked(web.hub)
    from stockwire.hub.checking import ask_and_wait

    with pytest.raises(NotSetUp, match="no source 4711"):
        ask_and_wait(web.hub.client_id, 4711, 1.0)


def test_findings_that_cannot_be_read_are_refused_and_earlier_ones_stay(web: Any) -> None:
    one = wire.CheckFinding(code="clock", state="passed", seen="It is \x00 right" + "t" * 9_000)
    whole = wire.Findings(checked_at=datetime.now(UTC).isoformat(), findings=[one])
    assert send(web, msgspec.msgpack.encode(whole)).status_code == 200
    assert send(web, b"nonsense").status_code == 422
    assert send(web, b"x" * 300_000).status_code == 413
    assert send(web, msgspec.msgpack.encode(whole), token="another").status_code == 401
    ((kept, at),) = web.hub.rows("select findings, findings_at from sources")
    assert [finding["code"] for finding in kept] == ["clock"]
    assert kept[0]["seen"].startswith("It is ? right")
    assert len(kept[0]["seen"]) == 4_000
    assert at is not None
