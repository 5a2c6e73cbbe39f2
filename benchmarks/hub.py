"""A hub in this process over a private PostgreSQL: one client, one source, one channel, no other process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg

from benchmarks.figures import Say
from stockwire.servers.postgres import PrivatePostgres

SHOP = {"api_url": "https://shop.example.com", "consumer_key": "ck_1", "consumer_secret": "cs_1"}


class Hub:
    """`owner` is a connection that sees all; `ids` has client, source and channel."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._opened = ExitStack()
        self.ids: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._say("A hub of its own")
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="stockwire-bench-")))
        folder.chmod(0o755)
        server = PrivatePostgres(folder / "postgres")
        server.start()
        self._opened.callback(server.reset)
        addresses = server.ensure_roles_and_database()
        environment = {
            "DATABASE_URL": addresses.app,
            "DATABASE_ADMIN_URL": addresses.admin,
            "STOCKWIRE_DATA_FOLDER": str(folder / "hub"),
            "DJANGO_SETTINGS_MODULE": "stockwire.hub.settings",
        }
        as_owner = {**os.environ, **environment, "STOCKWIRE_AS_OWNER": "1"}
        subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], env=as_owner, check=True)
        os.environ.update(environment)
        import django

        django.setup()
        _connect(addresses.app)
        self._opened.callback(_disconnect)
        self.owner = self._opened.enter_context(psycopg.connect(addresses.admin, autocommit=True))
        from stockwire.hub import setting_up

        client = setting_up.add_client("Benchmark")
        source = setting_up.add_source(client, "omni", "Omni", {})
        channel = setting_up.add_channel(client, source, "woocommerce", "Shop", SHOP)
        self.ids = {"client": client, "source": source, "channel": channel}
        return self

    def __exit__(self, *raised: object) -> None:
        self._opened.close()

    def scope(self) -> Any:
        from stockwire.hub import tenancy

        return tenancy.scope(self.ids["client"])

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every statement this process sends meanwhile."""
        from django.db import connection

        sent: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            sent.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            yield sent


def _connect(address: str) -> None:
    """Django reads its settings once in a process; another benchmark may have had a hub here before."""
    from django.db import connections

    from stockwire.hub.database import django_parameters

    connections.databases["default"].update(django_parameters(address, pool=True))
    if hasattr(connections._connections, "default"):
        del connections["default"]


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()
    for connection in connections.all(initialized_only=True):
        connection.close_pool()
