"""Every query runs for one client, and PostgreSQL enforces it.

`scope(client_id)` opens a transaction whose row-level security shows that client and nobody else. The few
look-ups that must happen before the client is known (a token, a user name, a webhook address, due lanes)
are database functions that give back ids and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction


@contextmanager
def scope(client_id: int) -> Iterator[None]:
    """A transaction for this client. Never hold it across a call to another system."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select set_config('stockwire.client', %s, true)", [str(int(client_id))])
        yield


def agent_by_token(token_hash: str) -> tuple[int, int] | None:
    """(client id, agent id) of the agent whose token has this hash."""
    return _pair("select client_id, agent_id from stockwire_agent_by_token(%s)", token_hash)


def agent_by_code(code_hash: str) -> tuple[int, int] | None:
    """(client id, agent id) of the agent waiting for this enrolment code."""
    return _pair("select client_id, agent_id from stockwire_agent_by_code(%s)", code_hash)


def user_by_username(username: str) -> tuple[int, int] | None:
    """(client id, user id)."""
    return _pair("select client_id, user_id from stockwire_user_by_username(%s)", username)


def user_by_api_token(token_hash: str) -> tuple[int, int] | None:
    """(client id, user id) of the person whose API token has this hash and was not revoked."""
    return _pair("select client_id, user_id from stockwire_user_by_api_token(%s)", token_hash)


def channel_by_webhook_key(key: str) -> tuple[int, int] | None:
    """(client id, channel id) of the channel whose webhook address ends in this key."""
    return _pair("select client_id, channel_id from stockwire_channel_by_webhook_key(%s)", key)


def due_lanes(now: datetime) -> list[tuple[int, int]]:
    """(client id, lane id) of every lane that has something to do and nobody working on it."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id, lane_id from stockwire_due_lanes(%s)", [now])
        return [(int(client), int(lane)) for client, lane in cursor.fetchall()]


def due_fetches(now: datetime) -> list[tuple[int, int]]:
    """(client id, source id) of every linked source that is to be fetched and that nobody has in hand."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id, source_id from stockwire_due_fetches(%s)", [now])
        return [(int(client), int(source)) for client, source in cursor.fetchall()]


def due_imports(now: datetime) -> list[tuple[int, int]]:
    """(client id, import id) of every import that has not ended and that nobody has in hand."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id, import_id from stockwire_due_imports(%s)", [now])
        return [(int(client), int(one)) for client, one in cursor.fetchall()]


def clients_with_imports() -> list[int]:
    """Ids of the clients that have imports, ended ones too."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id from stockwire_clients_with_imports()")
        return [int(row[0]) for row in cursor.fetchall()]


def clients_with_due_images(now: datetime) -> list[int]:
    """Ids of the clients that have images to be fetched."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id from stockwire_clients_with_due_images(%s)", [now])
        return [int(row[0]) for row in cursor.fetchall()]


def clients_to_tell() -> list[int]:
    """Ids of clients that have named somebody to be told of trouble."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id from stockwire_clients_to_tell()")
        return [int(row[0]) for row in cursor.fetchall()]


def nightly_channels() -> list[tuple[int, int]]:
    """(client id, channel id) of every channel that is compared each night with what is really there."""
    with connection.cursor() as cursor:
        cursor.execute("select client_id, channel_id from stockwire_nightly_channels()")
        return [(int(client), int(channel)) for client, channel in cursor.fetchall()]


def _pair(sql: str, value: str) -> tuple[int, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [value])
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None
