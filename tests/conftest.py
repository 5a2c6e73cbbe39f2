"""A real hub for tests: a private PostgreSQL per test process, migrated once, emptied before each test."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from tests.schema import start_with_schema

from stockwire.servers.postgres import Dsns, PrivatePostgres

# How quickly examples are made says something about the machine and nothing about the rules they test.
settings.register_profile("stockwire", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stockwire")

# Truncating sixty tables makes some three hundred files anew, which costs more than most tests. So rows are deleted
# where there are any, with triggers and foreign keys aside, and only a table that grew makes all be truncated.
# As when truncating, whoever still has a transaction open in a table is waited for. PostgreSQL's own superuser
# works here, so that no policy hides a row. Partitions are tables of their own; what holds them has no rows.
EMPTY = """
do $$
declare
    kept constant oid[] :=
        array['django_migrations'::regclass, 'django_content_type'::regclass, 'auth_permission'::regclass];
    every text[]; grown text[]; large boolean; name text; filled boolean;
begin
    select array_agg(c.oid::regclass::text) into every
        from pg_class c
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.oid <> all (kept);
    execute format('lock table %s in access exclusive mode', array_to_string(every, ', '));
    select array_agg(t), bool_or(pg_relation_size(t) > 1000000) into grown, large
        from unnest(every) t where pg_relation_size(t) > 0;
    if large then
        execute format('truncate %s cascade', array_to_string(every, ', '));
    elsif grown is not null then
        set local session_replication_role = replica;
        set local row_security = off;
        foreach name in array grown loop
            execute format('select exists (select from %s)', name) into filled;
            if filled then execute format('delete from %s', name); end if;
        end loop;
    end if;
    perform setval(s.seqrelid, s.seqstart, false)
        from pg_sequence s
        join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.seqrelid and d.deptype in ('a', 'i')
        where d.refobjid <> all (kept) and pg_sequence_last_value(s.seqrelid) is not null;
end $$
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests come first, those that may take longest ahead, so that no worker is left alone
    with minutes of them at the end."""
    may_take: dict[Path, float] = {}
    for item in items:
        if item.get_closest_marker("slow"):
            asked = item.get_closest_marker("timeout")
            seconds = float(asked.args[0]) if asked else 180.0
            may_take[item.path] = max(seconds, may_take.get(item.path, 0.0))
    items.sort(key=lambda item: -may_take.get(item.path, 0.0))


def pytest_collection_finish() -> None:
    """What imports and collection made stays for ever: the collector of garbage need not look at it, nor so often."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def pytest_sessionfinish() -> None:
    """Whatever still lies about complains now; the rest need not be looked through again on the way out."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dsns]:
    """A private PostgreSQL with the hub's roles and its schema, which the owner migrated."""
    folder = tmp_path_factory.mktemp("postgres")
    # Temporary folders of pytest are for their owner alone; the server runs as a user without rights.
    server = PrivatePostgres(Path("/tmp") / f"stockwire-tests-{os.getpid()}" if os.geteuid() == 0 else folder)
    if server.folder.exists():
        server.reset()
    try:
        yield start_with_schema(server)
    finally:
        server.reset()


@pytest.fixture(scope="session")
def hub_environment(postgres: Dsns, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of every hub process in tests."""
    return {
        "DATABASE_URL": postgres.app,
        "DATABASE_ADMIN_URL": postgres.admin,
        "STOCKWIRE_DATA_FOLDER": str(tmp_path_factory.mktemp("hub")),
        "DJANGO_SETTINGS_MODULE": "stockwire.hub.settings",
    }


@pytest.fixture(scope="session")
def django_hub(hub_environment: dict[str, str]) -> Iterator[None]:
    """The hub's Django in this process, as the plain application role."""
    os.environ.update(hub_environment)
    import django

    django.setup()
    from django.contrib.auth.hashers import Argon2PasswordHasher as Hasher

    # A hash that costs a tenth of a second is for the real world; here some hundred people sign in.
    Hasher.time_cost, Hasher.memory_cost, Hasher.parallelism = 1, 8, 1
    yield
    from django.db import connections

    connections.close_all()
    for connection in connections.all(initialized_only=True):
        connection.close_pool()


@dataclass
class Hub:
    """A hub with one client, one Omni source, its enrolled agent, and what a test needs to make more."""

    owner: psycopg.Connection[Any]
    environment: dict[str, str]
    client_id: int = 0
    source_id: int = 0
    agent_id: int = 0
    agent_token: str = ""
    made: list[Any] = field(default_factory=list)

    def empty(self) -> None:
        """Leave no row behind and let every number start at one again."""
        self.owner.execute(EMPTY)

    def scope(self, client_id: int | None = None) -> Any:
        from stockwire.hub import tenancy

        return tenancy.scope(client_id or self.client_id)

    def new_client(self, name: str) -> int:
        with self.owner.cursor() as cursor:
            row = cursor.execute(
                "insert into clients (name, created_at) values (%s, now()) returning id", [name]
            ).fetchone()
        assert row is not None
        return int(row[0])

    def new_source(self, client_id: int, **settings: Any) -> int:
        from stockwire.hub.models import Source
        from stockwire.registry import source_connector

        with self.scope(client_id):
            source = Source(client_id=client_id, description="Omni Accounts", type="omni")
            source.write_settings(source_connector("omni").settings.model_validate(settings))
            source.save()
        return int(source.pk)

    def new_agent(self, client_id: int, source_id: int) -> tuple[int, str]:
        from stockwire.hub.api.agent_auth import new_token
        from stockwire.hub.models import Agent

        token, token_hash = new_token()
        with self.scope(client_id):
            agent = Agent.objects.create(
                client_id=client_id, source_id=source_id, machine="OMNISERVER", token_hash=token_hash
            )
        return int(agent.pk), token

    def new_channel(
        self, kind: str = "woocommerce", description: str = "Web shop", price_tier: str = "", **settings: Any
    ) -> int:
        """A channel of the first client with its lanes. `settings` are the connector's."""
        from stockwire.hub.models import Channel
        from stockwire.hub.sync.stale import ensure_lanes
        from stockwire.registry import channel_connector

        with self.scope():
            channel = Channel(
                client_id=self.client_id,
                source_id=self.source_id,
                type=kind,
                description=description,
                price_tier=price_tier,
            )
            wanted: Any = channel_connector(kind).settings.model_validate(settings)
            channel.write_settings(wanted)
            channel.save()
            ensure_lanes(channel)
        forget_shop(wanted)
        return int(channel.pk)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What really stands in the database, seen by its owner across all clients."""
        with self.owner.cursor() as cursor:
            return cursor.execute(sql, values or None).fetchall()

    def work(self, kind: str | None = None) -> None:
        """Work on every lane that is due, in this process, until none is."""
        from stockwire.hub.sync import work

        for _ in range(50):
            found = self.rows(
                "select client_id, id from lanes where next_at <= now() and not paused"
                " and (lease_until is null or lease_until < now())" + (" and kind = %s" if kind else ""),
                *([kind] if kind else []),
            )
            if not found:
                return
            for client_id, lane_id in found:
                work.lane(client_id, lane_id, "test")


def forget_shop(settings: Any) -> None:
    """A simulated shop may get the port of an earlier one, of which this process remembers places and limits."""
    from stockwire.connectors.shopify import facts
    from stockwire.connectors.woocommerce import pace

    facts.forget(getattr(settings, "base_url", ""))
    for lane in ("", "#pictures"):
        pace.forget(getattr(settings, "rest_url", "") + lane)


@pytest.fixture(scope="session")
def hub_owner(postgres: Dsns, hub_environment: dict[str, str]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres.admin, autocommit=True) as owner:
        yield owner


@pytest.fixture
def hub(
    django_hub: None, hub_owner: psycopg.Connection[Any], hub_environment: dict[str, str]
) -> Iterator[Hub]:
    """An empty, migrated hub with one client, one Omni source and an enrolled agent."""
    new = Hub(hub_owner, hub_environment)
    new.empty()
    new.client_id = new.new_client("Karoo Fasteners")
    new.source_id = new.new_source(new.client_id, param_default_customer_code="WEB001")
    new.agent_id, new.agent_token = new.new_agent(new.client_id, new.source_id)
    yield new
    from django.db import connections

    connections.close_all()


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until a condition holds; fails with what it last was when it never does."""

    def wait(condition: Callable[[], Any], timeout_s: float = 60.0, every_s: float = 0.05) -> None:
        deadline, pause = time.monotonic() + timeout_s, threading.Event()
        while not (last := condition()):
            assert time.monotonic() < deadline, f"never came true within {timeout_s} s (last: {last!r})"
            pause.wait(every_s)

    return wait
