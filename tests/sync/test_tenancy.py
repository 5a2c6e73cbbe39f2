"""No client can see or touch another's rows, whatever SQL the application's role is made to run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql


@pytest.fixture
def two_clients(hub: Any) -> tuple[int, int]:
    """Two clients with a row of each in every table that carries a client."""
    other = hub.new_client("Bosveld Tools")
    for client_id in (hub.client_id, other):
        fill_every_table(hub, client_id)
    return hub.client_id, other


@pytest.fixture
def as_application(postgres: Any, hub: Any) -> Iterator[psycopg.Connection[Any]]:
    """A plain connection with the application's role, as an injected query would have."""
    with psycopg.connect(postgres.app, autocommit=True) as connection:
        yield connection


def client_tables(hub: Any) -> list[tuple[str, str]]:
    """(table, column that names the client), read from the database and not from our own list."""
    carrying = hub.rows(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public' and column_name = 'client_id' order by 1"
    )
    return [("clients", "id"), *carrying]


# What a check constraint of a table asks for beyond its columns' types.
CHECKED: dict[str, dict[str, Any]] = {
    "flags": {"channel_id": 1, "owner": "system"},
    "orders": {"fetched_at": "2026-11-23T00:00:00Z"},
    "segments": {"user_id": 1},
}


def fill_every_table(hub: Any, client_id: int) -> None:
    """One row per table, made by the owner from the columns the database says it needs."""
    hub.owner.execute("set session_replication_role = replica")  # rows are for reading, not for joining
    try:
        for table, column in client_tables(hub):
            if table == "clients":
                continue
            needed = hub.rows(
                "select column_name, data_type from information_schema.columns where table_name = %s"
                " and is_nullable = 'NO' and column_default is null and is_identity = 'NO'",
                table,
            )
            values = {name: example(name, kind, client_id) for name, kind in needed}
            values |= {column: client_id, **CHECKED.get(table, {})}
            hub.owner.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, values)),
                    sql.SQL(", ").join(sql.Placeholder() for _ in values),
                ),
                list(values.values()),
            )
    finally:
        hub.owner.execute("set session_replication_role = default")


def example(name: str, kind: str, client_id: int) -> Any:
    if kind in {"bigint", "integer", "numeric", "double precision"}:
        return client_id * 1000
    if kind == "boolean":
        return True
    if kind in {"jsonb", "ARRAY"}:
        return "{}"
    if kind.startswith("timestamp"):
        return "2026-11-23T00:00:00Z"
    return f"{name[:20]}-{client_id}"


def test_every_table_that_carries_a_client_has_forced_row_level_security(hub: Any) -> None:
    unprotected = hub.rows(
        "select relname from pg_class where relname = any(%s) and not (relrowsecurity and relforcerowsecurity)",
        [table for table, _ in client_tables(hub)],
    )
    assert unprotected == []
    assert len(client_tables(hub)) > 25


def test_the_application_role_can_neither_bypass_policies_nor_own_tables(hub: Any) -> None:
    [(name, superuser, bypass)] = hub.rows(
        "select rolname, rolsuper, rolbypassrls from pg_roles where rolname = 'stockwire_app'"
    )
    assert (superuser, bypass) == (False, False)
    assert (
        hub.rows(
            "select 1 from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = %s"
            " and c.relpersistence <> 't'",
            name,
        )
        == []
    )


def test_reading_every_table_shows_one_client_only(
    hub: Any, two_clients: tuple[int, int], as_application: psycopg.Connection[Any]
) -> None:
    ours, other = two_clients
    for table, column in client_tables(hub):
        as_application.execute("select set_config('stockwire.client', %s, false)", [str(ours)])
        statement = sql.SQL("select distinct {} from {}").format(
            sql.Identifier(column), sql.Identifier(table)
        )
        seen = {row[0] for row in as_application.execute(statement).fetchall()}
        assert seen == {ours}, f"{table} shows {seen}"
        there = hub.rows(f"select count(*) from {table} where {column} = %s", other)
        assert there[0][0] > 0, f"the other client has no row in {table}, so nothing was proven"


def test_without_a_client_every_table_is_empty(
    hub: Any, two_clients: tuple[int, int], as_application: psycopg.Connection[Any]
) -> None:
    for table, _ in client_tables(hub):
        count = as_application.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        ).fetchone()
        assert count == (0,), table


def test_changing_and_deleting_across_clients_touches_nothing(
    hub: Any, two_clients: tuple[int, int], as_application: psycopg.Connection[Any]
) -> None:
    ours, other = two_clients
    as_application.execute("select set_config('stockwire.client', %s, false)", [str(ours)])
    for table, column in client_tables(hub):
        where = sql.SQL("where {} = %s").format(sql.Identifier(column))
        if table == "audit":
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_application.execute(sql.SQL("delete from audit {}").format(where), [ours])
            continue
        update = sql.SQL("update {} set {} = {} {}").format(
            sql.Identifier(table), sql.Identifier(column), sql.Identifier(column), where
        )
        assert as_application.execute(update, [other]).rowcount == 0, table
        delete = sql.SQL("delete from {} {}").format(sql.Identifier(table), where)
        assert as_application.execute(delete, [other]).rowcount == 0, table


def test_a_row_cannot_be_moved_or_written_into_another_client(
    hub: Any, two_clients: tuple[int, int], as_application: psycopg.Connection[Any]
) -> None:
    ours, other = two_clients
    as_application.execute("select set_config('stockwire.client', %s, false)", [str(ours)])
    for table, column in client_tables(hub):
        if table == "audit":
            continue
        move = sql.SQL("update {} set {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            as_application.execute(move, [other])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        as_application.execute(
            "insert into audit (client_id, who, action, subject) values (%s, 'x', 'x', 'x')", [other]
        )


def test_the_look_ups_that_cross_clients_give_back_ids_and_nothing_more(hub: Any) -> None:
    crossing = hub.rows(
        "select proname, pg_get_function_result(oid) from pg_proc"
        " where prosecdef and pronamespace = 'public'::regnamespace order by 1"
    )
    assert [name for name, _ in crossing] == [
        "stockwire_agent_by_code",
        "stockwire_agent_by_token",
        "stockwire_channel_by_webhook_key",
        "stockwire_clients_to_tell",
        "stockwire_clients_with_due_images",
        "stockwire_clients_with_imports",
        "stockwire_due_fetches",
        "stockwire_due_imports",
        "stockwire_due_lanes",
        "stockwire_nightly_channels",
        "stockwire_prune_audit",
        "stockwire_user_by_api_token",
        "stockwire_user_by_username",
    ]
    assert all("text" not in result for _, result in crossing)


def test_the_hub_refuses_to_start_with_a_role_that_sees_everybody(
    postgres: Any, hub_environment: Any
) -> None:
    import subprocess
    import sys

    started = subprocess.run(
        [sys.executable, "-m", "stockwire.cli", "worker"],
        env={**os.environ, **hub_environment, "DATABASE_URL": postgres.admin},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert started.returncode == 1
    assert "can read every client's data" in started.stderr
    assert "plain role" in started.stderr


def test_credentials_are_never_stored_in_the_clear(hub: Any) -> None:
    channel_id = hub.new_channel(
        api_url="https://shop.example/wp-json/wc/v3",
        consumer_key="ck_plain",
        consumer_secret="cs_very_secret",
    )
    [(settings, secrets)] = hub.rows("select settings::text, secrets from channels where id = %s", channel_id)
    assert "cs_very_secret" not in settings + secrets
    assert "ck_plain" not in settings + secrets
    from stockwire.hub.models import Channel
    from stockwire.registry import channel_connector

    with hub.scope():
        opened = Channel.objects.get(pk=channel_id).read_settings(channel_connector("woocommerce").settings)
    assert opened.consumer_secret.get_secret_value() == "cs_very_secret"
