"""Everything a rehearsal needs, started and stopped as one: PostgreSQL, Firebird with an invented stock
database, a simulated Omni service and shop, hub, worker and agent.

The demo, the fault tests and the benchmarks stand on it. Only Omni and the shop are simulated, and they are
reached over real sockets.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import psycopg

from stockwire.errors import NotSetUp, TryLater
from stockwire.servers.firebird import FirebirdServer
from stockwire.servers.omni_database import StockDatabase, make_stock_database
from stockwire.servers.postgres import PrivatePostgres
from stockwire.simulators import omni, woocommerce
from stockwire.simulators.stand import Stand
from stockwire.up import Processes, migrate

COMPANY, OMNI_USER, OMNI_PASSWORD = "Karoo Wholesalers (Pty) Ltd", "STOCKWIRE", "demo-omni"
CONSUMER_KEY, CONSUMER_SECRET = "ck_" + "d" * 40, "cs_" + "e" * 40
USER = "demo"
SHIPPING_CODE = "DELIVERY"


@dataclass
class Options:
    """How large and how fast the rehearsal is. `post_timeout_s` is the agent's patience with Omni,
    `repost_after_s` how long it leaves a doubtful post alone: by itself twice that."""

    items: int = 5_000
    agent_poll_s: float = 1.0
    post_timeout_s: float = 3.0
    repost_after_s: float = 0.0
    settle_s: float = 1.0
    claim_s: float = 20.0
    omni_at_once: int = 1
    poll_orders_s: float = 5.0
    product_query: str = ""
    hub_port: int = 0
    omni_options: dict[str, Any] = field(default_factory=dict)
    shop_options: dict[str, Any] = field(default_factory=dict)
    shop_settings: dict[str, Any] = field(default_factory=dict)
    agent: bool = True
    channel: bool = True
    worker_lost_s: float = 20.0
    webhooks: bool = True


class Stage:
    """The rehearsal. A context manager; `progress` is told each step in plain words."""

    def __init__(
        self, options: Options | None = None, progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self.options = options or Options()
        self.progress = progress
        self.folder = Path(tempfile.gettempdir()) / f"stockwire-demo-{os.getpid()}-{secrets.token_hex(3)}"
        self.password = secrets.token_urlsafe(9)
        self.env: dict[str, str] = {}
        self.ids: dict[str, Any] = {}
        self._cleanups: list[Callable[[], object]] = []

    def start(self) -> Self:
        """Start everything. When a step fails, call `stop` (the context manager does)."""
        self._start()
        return self

    def stop(self) -> None:
        """Stop what was started, in the opposite order, and delete the rehearsal's folder."""
        while self._cleanups:
            self._cleanups.pop()()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def hub_url(self) -> str:
        return f"http://127.0.0.1:{self.hub_port}"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def until(
        self, condition: Callable[[], Any], what: str | Callable[[], str], timeout_s: float = 120.0
    ) -> None:
        """Wait until it holds. Raises TryLater saying what never happened."""
        pause, deadline = threading.Event(), time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                said = what if isinstance(what, str) else what()
                raise TryLater(
                    f"This did not happen within {timeout_s:.0f} s: {said}.", hint=f"Logs: {self.logs}"
                )
            pause.wait(0.1)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the hub's database, read as its owner."""
        with self._owner_lock:
            return self.owner.execute(sql, values or None).fetchall()

    def change_stock_database(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Plain SQL in Firebird, one transaction, as somebody working in Omni would cause."""
        with self._firebird_lock, self.server.connect(self.database.path, charset="WIN1252") as connection:
            cursor = connection.cursor()
            for sql, values in statements:
                cursor.execute(sql, values)
            cursor.close()
            connection.commit()

    def read_stock_database(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._firebird_lock, self.server.connect(self.database.path, charset="WIN1252") as connection:
            cursor = connection.cursor()
            found = cursor.execute(sql, values).fetchall()
            cursor.close()
            connection.commit()
        return [tuple(row) for row in found]

    def backlog(self) -> int:
        """Stale products that will still move by themselves."""
        return int(self.rows("select count(*) from stale where state in ('waiting', 'backing_off')")[0][0])

    def shop_products(self) -> dict[str, dict[str, Any]]:
        """What the shop shows, by SKU; what lies in its bin is not shown."""
        products = self.shop.app.state()["products"]
        return {str(row["sku"]): row for row in products if row["status"] != "trash"}

    def documents(self) -> list[dict[str, Any]]:
        """Sales orders in Omni."""
        found: list[dict[str, Any]] = self.omni.app.state()["documents"]
        return found

    def _start(self) -> None:
        _must_be_free(self.options.hub_port)
        self.folder.mkdir(mode=0o755, parents=True)
        self._owner_lock, self._firebird_lock = threading.Lock(), threading.Lock()
        self._start_postgres()
        self._start_firebird()
        self._start_simulators()
        self._start_hub()
        if self.options.agent:
            self.enrol_agent()
            self.start_agent()

    def _start_postgres(self) -> None:
        self.progress("Starting a private PostgreSQL")
        postgres = PrivatePostgres(self.folder / "postgres")
        self._cleanups.append(postgres.reset)
        postgres.start()
        dsns = postgres.ensure_roles_and_database()
        self.hub_port = self.options.hub_port or free_port()
        self.env = {
            **os.environ,
            "DATABASE_URL": dsns.app,
            "DATABASE_ADMIN_URL": dsns.admin,
            "DJANGO_SETTINGS_MODULE": "stockwire.hub.settings",
            "STOCKWIRE_DATA_FOLDER": str(self.folder / "hub"),
            "STOCKWIRE_HOST": "127.0.0.1",
            "STOCKWIRE_PORT": str(self.hub_port),
            "STOCKWIRE_PUBLIC_URL": self.hub_url if self.options.webhooks else "",
            "STOCKWIRE_CLAIM_S": str(self.options.claim_s),
            "STOCKWIRE_POLL_ORDERS_S": str(self.options.poll_orders_s),
            "STOCKWIRE_WORKER_LOST_S": str(self.options.worker_lost_s),
        }
        self.progress("Making the hub's tables")
        migrate(self.env)
        self.owner = psycopg.connect(dsns.admin, autocommit=True)
        self._cleanups.append(self.owner.close)

    def _start_firebird(self) -> None:
        self.progress(f"Starting Firebird with an invented stock database of {self.options.items:,} items")
        self.server = FirebirdServer(self.folder / "firebird")
        self._cleanups.append(self.server.stop)
        self.server.start()
        self.database: StockDatabase = make_stock_database(self.server, "omni", self.options.items)

    def _start_simulators(self) -> None:
        self.progress("Starting a simulated OmniWebServiceREST and a simulated WooCommerce shop")
        self.omni = Stand(
            omni.create(
                company=COMPANY,
                user=OMNI_USER,
                password=OMNI_PASSWORD,
                stock=self._omni_stock,
                on_reserved=self._reserve,
                **self.options.omni_options,
            )
        ).start()
        self._cleanups.append(self.omni.stop)
        self.shop = Stand(
            woocommerce.create(
                consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, **self.options.shop_options
            )
        ).start()
        self._cleanups.append(self.shop.stop)

    def _start_hub(self) -> None:
        self.progress("Setting up a client and starting hub and worker")
        asked = {
            "client": COMPANY,
            "user": USER,
            "password": self.password,
            "omni": {"param_default_customer_code": "WEB001", "param_shipping_code": SHIPPING_CODE},
            "shop": {
                "api_url": self.shop.url,
                "allow_plain_http": True,
                "consumer_key": CONSUMER_KEY,
                "consumer_secret": CONSUMER_SECRET,
                "hmac_shared_secret": secrets.token_urlsafe(24),
                **self.options.shop_settings,
            },
        }
        done = subprocess.run(
            [sys.executable, "-m", "stockwire.demo.prepare"],
            input=json.dumps(asked),
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TryLater("The rehearsal's client could not be set up.", detail=done.stderr)
        self.ids = json.loads(done.stdout)
        self.processes = Processes(self.env, logs=self.logs)
        self._cleanups.append(self.processes.stop)
        self.processes.start("web", "web")
        self.processes.start("worker", "worker")
        self.until(self._hub_answers, "the hub answers", 60)

    def enrol_agent(self) -> None:
        """Write agent.toml and exchange the enrolment code for a token."""
        self.agent_config = self.folder / "agent" / "agent.toml"
        self.agent_config.parent.mkdir(exist_ok=True)
        self.agent_config.write_text(self._agent_toml())
        command = [sys.executable, "-m", "stockwire.cli", "agent", "enrol"]
        done = subprocess.run(
            [*command, "--config", str(self.agent_config), "--code", self.ids["code"]],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TryLater("The agent could not enrol.", detail=done.stderr)

    def start_agent(self) -> None:
        """Start the agent's process; it begins reading at once."""
        self.progress("Starting the agent beside Omni")
        self.processes.start("agent", "agent", "run", "--config", str(self.agent_config))

    def start_again(self, process: str) -> None:
        """Start agent, worker or web after it has ended."""
        if process == "agent":
            self.start_agent()
        else:
            self.processes.start(process, process)

    def _agent_toml(self) -> str:
        options = self.options
        query = options.product_query or self.database.product_query
        return f'''
data_folder = "data"
poll_s = {options.agent_poll_s}
[hub]
url = "{self.hub_url}"
[database]
dsn = "{self.database.dsn}"
user = "{self.database.user}"
password = "{self.database.password}"
product_query = \'\'\'{query}\'\'\'
removed_every_s = {options.agent_poll_s}
[omni]
url = "{self.omni.url}"
company = "{COMPANY}"
user = "{OMNI_USER}"
password = "{OMNI_PASSWORD}"
post_timeout_s = {options.post_timeout_s}
settle_s = {options.settle_s}
repost_after_s = {options.repost_after_s or options.post_timeout_s * 2}
at_once = {options.omni_at_once}
'''

    def _hub_answers(self) -> bool:
        try:
            return httpx2.get(f"{self.hub_url}/healthz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def _omni_stock(self) -> list[dict[str, Any]]:
        """The simulated Omni sells what stands in the stock database, and delivery."""
        rows = self.read_stock_database(
            "select STOCKCODE, DESCRIPTION, STOCKLEVEL, RESERVED, SELLINGPRICE1 from STOCK"
        )
        listed: list[dict[str, Any]] = [
            {"stock_code": code, "description": title, "level": level, "reserved": reserved, "price": price}
            for code, title, level, reserved, price in rows
        ]
        delivery = {"description": "Delivery", "level": 0, "price": "0", "stock_type": "Service"}
        return [*listed, {"stock_code": SHIPPING_CODE, **delivery}]

    def _reserve(self, stock_code: str, quantity: Decimal, _warehouse: str) -> None:
        """A sales order in Omni reserves stock: OAvailable falls in the database the agent reads."""
        self.change_stock_database(
            ("update STOCK set RESERVED = RESERVED + ? where STOCKCODE = ?", (quantity, stock_code))
        )


def _must_be_free(port: int) -> None:
    """Raises NotSetUp at once, where the hub would be waited for in vain."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except OSError as error:
        raise NotSetUp(
            f"Port {port} cannot be used: {os.strerror(error.errno or 0)}.",
            hint="Name another one with --port, or none to have a free one chosen.",
        ) from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
