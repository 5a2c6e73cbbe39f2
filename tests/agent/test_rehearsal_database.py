"""The private Firebird server and the invented stock database: real, separate, the same for each seed."""

from __future__ import annotations

import os
import pwd
import socket
import stat
from pathlib import Path

import pytest
from firebird.driver import DatabaseError, connect

from stockwire.errors import NotSetUp
from stockwire.servers.firebird import FirebirdServer
from stockwire.servers.firebird_programs import installed
from stockwire.servers.omni_database import make_stock_database


def rows_of(stock, sql):
    with stock.server.connect(stock.path) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_the_server_listens_on_loopback_only(firebird):
    port_hex = f"{firebird.port:04X}"
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port_hex}") and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F:{port_hex}"]


def test_the_server_never_runs_as_root(firebird):
    owner = Path(f"/proc/{firebird.process_id}").stat().st_uid
    expected = pwd.getpwnam("firebird").pw_uid if os.geteuid() == 0 else os.geteuid()
    assert owner == expected != 0


def test_the_password_of_sysdba_is_readable_by_its_owner_only(firebird):
    mode = (firebird.folder / "sysdba.password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_wrong_password_is_refused(firebird, stock):
    with pytest.raises(DatabaseError, match="user name and password are not defined"):
        connect(stock.dsn, user="SYSDBA", password="masterkey")


def test_a_server_started_again_on_its_folder_still_has_its_databases(firebird, tmp_path_factory):
    folder = firebird.folder / "second"
    with FirebirdServer(folder) as server:
        stock = make_stock_database(server, "kept", 50)
        pid, port = server.process_id, server.port
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with FirebirdServer(folder) as server:
        with server.connect(stock.path) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM STOCK")
            assert cursor.fetchone() == (50,)


def test_missing_packages_are_named(tmp_path):
    with pytest.raises(NotSetUp) as caught:
        installed(tmp_path / "bare")
    assert caught.value.hint.endswith("apt-get install firebird3.0-server firebird3.0-utils libfbclient2")


def test_the_invented_stock_has_forty_columns_and_the_asked_share_of_active_items(firebird):
    stock = make_stock_database(firebird, "shares", 5_000)
    flags = dict(
        rows_of(stock, "SELECT UPPER(TRIM(COALESCE(EXTRADTLS8, ''))), COUNT(*) FROM STOCK GROUP BY 1")
    )
    assert flags == {"ACTIVE": 4_700, "DELETE": 100, "IGNORE": 100, "": 100}
    assert rows_of(stock, "SELECT COUNT(*) FROM RDB$RELATION_FIELDS WHERE RDB$RELATION_NAME = 'STOCK'") == [
        (40,)
    ]
    assert rows_of(stock, "SELECT COUNT(DISTINCT STOCKCODE) FROM STOCK") == [(5_000,)]
    spelt = {row[0] for row in rows_of(stock, "SELECT DISTINCT EXTRADTLS8 FROM STOCK")}
    assert {"ACTIVE", "active", " Active ", "delete", None, ""} <= spelt


def test_the_same_seed_makes_the_same_stock_and_another_seed_another(firebird):
    one, same, other = (
        rows_of(make_stock_database(firebird, name, 200, seed=seed), "SELECT * FROM STOCK ORDER BY STOCKCODE")
        for name, seed in (("seed-a", 7), ("seed-b", 7), ("seed-c", 8))
    )
    assert one == same
    assert one != other


@pytest.mark.slow
def test_a_hundred_thousand_items_are_made(firebird):
    stock = make_stock_database(firebird, "many", 100_000, seed=2)
    assert rows_of(stock, "SELECT COUNT(*) FROM STOCK") == [(100_000,)]


def test_a_folder_the_service_user_cannot_enter_is_named(firebird):
    closed = firebird.folder / "closed"
    closed.mkdir(mode=0o700)
    server = FirebirdServer(closed / "x")
    if os.geteuid() != 0:
        with server:
            assert server.process_id
        return
    with pytest.raises(NotSetUp, match="cannot enter"):
        server.start()
