"""From a PostgreSQL address to Django's parameters, and what the hub asks of its own role.

The application role must not be able to step over row-level security: the hub refuses to start if it can.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import OperationalError, connection

from stockwire.errors import NotSetUp


def django_parameters(url: str, *, pool: bool) -> dict[str, Any]:
    """DATABASES entry for a postgresql:// address. Raises NotSetUp when it is empty or of another kind."""
    if not url:
        raise NotSetUp(
            "The hub has no database.",
            hint="Set DATABASE_URL, or start with `stockwire up`, which runs a private PostgreSQL.",
        )
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise NotSetUp(
            f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://.",
            hint="Stockwire keeps its data in PostgreSQL only; without DATABASE_URL it runs its own.",
        )
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {name: value for name, value in query.items() if name not in {"host", "port"}}
    if pool:
        # Under ASGI every request runs in a thread of its own: a pool instead of persistent connections.
        options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or unquote(parts.hostname or ""),
        "PORT": query.get("port") or str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
    }


def refuse_a_database_that_is_not_ready() -> None:
    """Raises NotSetUp when the database cannot be reached or has no tables yet."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select to_regclass('public.clients') is not null")
            row = cursor.fetchone()
    except OperationalError as error:
        said = str(error).strip().splitlines() or ["no reason given"]
        raise NotSetUp(
            "The hub's database cannot be reached.",
            hint="Check DATABASE_URL and that PostgreSQL runs there.",
            detail=said[0],
        ) from None
    if not row or not row[0]:
        raise NotSetUp(
            "The hub's database has no tables yet.", hint="Run `stockwire migrate` or `stockwire up` once."
        )


def refuse_a_role_that_bypasses_tenancy() -> None:
    """Raises NotSetUp when the connected role is a superuser, bypasses row security or owns our tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select r.rolname, r.rolsuper or r.rolbypassrls,"
            " exists(select 1 from pg_class c where c.relname = 'clients' and c.relowner = r.oid)"
            " from pg_roles r where r.rolname = current_user"
        )
        row = cursor.fetchone()
    name, bypasses, owns = row if row else ("?", True, True)
    if bypasses or owns:
        raise NotSetUp(
            f"The database role {name} can read every client's data, so the hub does not start with it.",
            hint="Give DATABASE_URL a plain role; DATABASE_ADMIN_URL is for the owner (docs/operate.md).",
        )
