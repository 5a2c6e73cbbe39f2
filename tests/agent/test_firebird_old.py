"""What can be tried of a Firebird 2.5 without having one: its sign-in, its wire protocol, no record version.

The server is a real Firebird 3 that offers only Legacy_Auth without encryption. A relay takes from the
client's offer every wire protocol that 2.5 did not have, so that the server speaks as it does to its old
clients. The engine behind it stays a 3: no 2.5 was at hand.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

import pytest

from stockwire.errors import NotSetUp

OLDEST_OF_3 = 13
"""Firebird 2.5 speaks the wire protocols 10 to 12, Firebird 3 also 13."""


@pytest.fixture(scope="session")
def firebird(firebird_with_old_sign_in):
    return firebird_with_old_sign_in


@pytest.fixture(scope="session")
def items():
    return 300


@pytest.fixture
def relay(firebird):
    with OldProtocolRelay(firebird.port) as relay:
        yield relay


@pytest.mark.parametrize("driver", ["firebird-driver", "firebirdsql"])
def test_a_server_that_knows_only_the_old_sign_in_is_read_by_both_drivers(make_bench, driver, stock):
    bench = make_bench(driver=driver, product_query=stock.product_query_without_changemark)
    assert bench.sync().rows_sent == 300
    assert bench.differences() == []


def test_a_wrong_password_is_told_as_one_also_by_the_old_sign_in(make_bench):
    for driver in ("firebird-driver", "firebirdsql"):
        with pytest.raises(NotSetUp, match="refuses the user 'STOCKWIRE_READER' or its password"):
            make_bench(driver=driver, password="wrong").read()


def test_the_pure_python_driver_reads_over_the_wire_protocol_of_2_5(make_bench, relay, stock, hub):
    bench = make_bench(
        driver="firebirdsql",
        dsn=f"127.0.0.1/{relay.port}:{stock.path}",
        product_query=stock.product_query_without_changemark,
    )
    assert bench.sync().rows_sent == 300
    assert relay.accepted == {12}
    bench.sql("UPDATE STOCK SET DESCRIPTION = 'Crème brûlée' WHERE STOCKCODE = '00000050'")
    reading = bench.sync()
    assert (reading.mode, reading.why_full) == ("hash", "the product query has no CHANGEMARK")
    assert (reading.rows_seen, reading.rows_sent) == (300, 1)
    assert hub.source["00000050"]["DESCRIPTION"] == "Crème brûlée"
    assert bench.differences() == []


@pytest.mark.parametrize("driver", ["firebird-driver", "firebirdsql"])
@pytest.mark.parametrize("source", ["JOINED", "(SELECT * FROM STOCK)"])
def test_a_query_that_asks_for_a_record_version_where_there_is_none_is_explained(
    make_bench, driver, stock, source
):
    """A view of two tables and a query in brackets have none in any version, as nothing has in 2.5."""
    with stock.server.connect(stock.path) as connection:
        connection.execute_immediate(
            "CREATE VIEW JOINED AS SELECT s.STOCKCODE, s.DESCRIPTION FROM STOCK s "
            "JOIN STOCK t ON t.STOCKCODE = s.STOCKCODE"
        )
        connection.execute_immediate("GRANT SELECT ON JOINED TO STOCKWIRE_READER")
        connection.commit()
    query = f"SELECT j.STOCKCODE, j.DESCRIPTION, j.RDB$RECORD_VERSION AS CHANGEMARK FROM {source} j"
    with pytest.raises(NotSetUp) as caught:
        make_bench(driver=driver, product_query=query).read()
    assert "has no RDB$RECORD_VERSION" in caught.value.message
    assert "Take CHANGEMARK out" in caught.value.hint


class OldProtocolRelay:
    """Passes everything on, but out of each client's first packet only the protocols older than 13.

    `accepted` are the protocols that the server chose.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.accepted: set[int] = set()

    def __enter__(self) -> OldProtocolRelay:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for each in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work, *given) -> None:
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                server.sendall(older_only(client.recv(65_536)))
                answer = server.recv(65_536)
                operation, version = struct.unpack(">II", answer[:8])
                if operation == 3:  # op_accept
                    self.accepted.add(version & 0x7FFF)
                client.sendall(answer)
                self._start(_pass_on, client, server)
                self._start(_pass_on, server, client)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def older_only(packet: bytes) -> bytes:
    """op_connect without the protocols of Firebird 3 and later.

    It is: four numbers, the database's name (length, text, padding), the count of protocols, what says who
    connects (length, bytes, padding), then five numbers for each protocol, its version first.
    """
    name_ends = 16 + 4 + _padded(struct.unpack(">I", packet[16:20])[0])
    (count,) = struct.unpack(">I", packet[name_ends : name_ends + 4])
    who_ends = name_ends + 8 + _padded(struct.unpack(">I", packet[name_ends + 4 : name_ends + 8])[0])
    offers = [packet[who_ends + 20 * n : who_ends + 20 * n + 20] for n in range(count)]
    kept = [offer for offer in offers if struct.unpack(">I", offer[:4])[0] & 0x7FFF < OLDEST_OF_3]
    who = packet[name_ends + 4 : who_ends]
    return packet[:name_ends] + struct.pack(">I", len(kept)) + who + b"".join(kept)


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4
