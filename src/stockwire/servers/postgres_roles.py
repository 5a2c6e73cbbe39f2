"""The database, and the plain role the hub works as.

Row-level security protects tenants only as long as the hub's role cannot step around it, so that is put
right at every start, whatever was changed by hand. Works on any PostgreSQL, not only on our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

_PLAIN = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")


@dataclass(frozen=True)
class Dsns:
    """Connection URIs, both secret: `admin` owns the tables and migrates, `app` is what the hub works as."""

    admin: str = field(repr=False)
    app: str = field(repr=False)


def prepare_database(server_dsn: str, database_dsn: str, app_role: str, password: str, database: str) -> None:
    """Make role and database when missing, and put their rights right. May be repeated.

    `server_dsn` reaches any database of the server as a superuser, `database_dsn` the one to be made.
    """
    role, name = sql.Identifier(app_role), sql.Identifier(database)
    with psycopg.connect(server_dsn, autocommit=True) as server:
        # The server sees the scram verifier only, so no log of it can hold the password.
        verifier = server.pgconn.encrypt_password(
            password.encode(), app_role.encode(), b"scram-sha-256"
        ).decode()
        if not _one(server, "SELECT 1 FROM pg_roles WHERE rolname = %s", app_role):
            server.execute(sql.SQL("CREATE ROLE {}").format(role))
        server.execute(sql.SQL("ALTER ROLE {} {} PASSWORD {}").format(role, _PLAIN, sql.Literal(verifier)))
        if not _one(server, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        server.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, role))
    with psycopg.connect(database_dsn, autocommit=True) as here:
        here.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for grant in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
        ):
            here.execute(sql.SQL(grant).format(role))


def _one(connection: psycopg.Connection[Any], query: LiteralString, value: str) -> bool:
    return connection.execute(query, (value,)).fetchone() is not None
