"""A real web process of the hub in this process: uvicorn on a loopback port, on the real database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from stockwire.agent.config import AgentSettings, DatabaseSettings, HubSettings, OmniSettings
from stockwire.agent.run import Agent
from stockwire.simulators.omni import create
from stockwire.simulators.stand import Stand
from stockwire.tls import authorities

SECRET = "whsec-test"


@dataclass
class Web:
    """`http` speaks to the hub; `channel_id` and `key` are of a WooCommerce channel with webhooks."""

    hub: Any
    http: httpx2.Client
    port: int
    channel_id: int
    key: str

    def deliver(
        self, body: bytes, *, signature: str | None = None, key: str = "", **headers: str
    ) -> httpx2.Response:
        """A delivery of the shop, signed with the channel's secret unless told otherwise."""
        signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        sent = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": signed if signature is None else signature,
            **headers,
        }
        return self.http.post(f"/hooks/{key or self.key}", content=body, headers=sent)

    def order_body(
        self, code: int = 41, modified: str = "2026-11-23T08:00:00", status: str = "processing"
    ) -> bytes:
        """What the shop delivers about an order, cut to what matters; the total is a lie on purpose."""
        return json.dumps(
            {"id": code, "status": status, "date_modified_gmt": modified, "total": "999999.00"}
        ).encode()

    def marks(self) -> list[tuple[Any, ...]]:
        return list(self.hub.rows("select channel_order_code, version from order_marks order by 1"))

    def wakes(self) -> int:
        return int(
            self.hub.rows("select count(*) from procrastinate_jobs where task_name = 'work_lane'")[0][0]
        )

    def ask(self, wait: float, token: str = "") -> httpx2.Response:
        """The agent asks for work."""
        headers = {"Authorization": f"Bearer {token or self.hub.agent_token}"}
        return self.http.get("/api/agent/work", params={"wait": wait}, headers=headers, timeout=wait + 20)


@pytest.fixture(scope="module")
def served(django_hub: None) -> Iterator[uvicorn.Server]:
    from stockwire.hub.asgi import application

    server = uvicorn.Server(
        uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the web process did not start"
            threading.Event().wait(0.01)
        yield server
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the web process did not stop"


@pytest.fixture
def web(hub: Any, served: uvicorn.Server, until: Any) -> Iterator[Web]:
    port = served.servers[0].sockets[0].getsockname()[1]
    channel_id = hub.new_channel(
        api_url="https://shop.example",
        consumer_key="ck_" + "5" * 40,
        consumer_secret="cs_" + "7" * 40,
        hmac_shared_secret=SECRET,
    )
    key = hub.rows("select webhook_key from channels where id = %s", channel_id)[0][0]
    with httpx2.Client(
        base_url=f"http://127.0.0.1:{port}", verify=authorities(), timeout=20, trust_env=False
    ) as http:
        yield Web(hub, http, port, channel_id, key)
    # No question that still waits may be given the work of the next test.
    until(lambda: not served.server_state.connections and not served.server_state.tasks, every_s=0.002)


@pytest.fixture
def running_agent(web: Any, tmp_path: Path) -> Iterator[Stand]:
    """A real agent beside a simulated Omni, whose database is away. Gives the simulated Omni."""
    from stockwire.hub.sync.preflight import ask_for_check

    with Stand(create()) as omni:
        options = omni.app.options
        settings = AgentSettings(
            hub=HubSettings(url=f"http://127.0.0.1:{web.port}", token=web.hub.agent_token),
            database=DatabaseSettings(
                user="READER", password="a-secret", path="/x.fdb", port=1, product_query="SELECT 1"
            ),
            omni=OmniSettings(
                url=omni.url, company=options.company, user=options.user, password=options.password
            ),
            data_folder=str(tmp_path),
        )
        agent = Agent(settings)
        thread = threading.Thread(target=agent.run)
        thread.start()
        yield omni
        agent.stop()
        thread.join(20)
        with web.hub.scope():
            ask_for_check(web.hub.source_id)  # ends its waiting question to the hub
        agent.close()
        assert not thread.is_alive()
