"""Files fetched from servers of strangers: bounded in time and size whatever the server does, and each failure
in the operator's words."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from stockwire.errors import Refused, StockwireError, TryLater
from stockwire.files.addresses import networks
from stockwire.files.download import Bounds, Login, download

Answer = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\n"
HERE = networks(["127.0.0.0/8"])


@pytest.fixture
def asked() -> list[bytes]:
    """Every request that reached a server."""
    return []


@pytest.fixture
def server(asked: list[bytes]) -> Iterator[Callable[[Answer], str]]:
    """Answers each request so; gives back the address."""
    listening: list[socket.socket] = []

    def serve(answer: Answer) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)

        def loop() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with closing(peer):
                    try:
                        asked.append(peer.recv(65536))
                        answer(peer)
                    except OSError:
                        continue

        Thread(target=loop, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/stock.csv"

    yield serve
    for one in listening:
        one.shutdown(socket.SHUT_RDWR)
        one.close()


def fetch(url: str, target: Path, *, within_s: float = 20.0, login: Login | None = None) -> bytes:
    download(url, target, Bounds(1_000_000, within_s=within_s, timeout_s=10.0, allowed=HERE), login=login)
    return target.read_bytes()


def says(content: bytes) -> Answer:
    return lambda peer: peer.sendall(content)


def drips(start: bytes, drop: bytes) -> Answer:
    """A byte now and then, each in time: no time-out between two of them ends it."""

    def answer(peer: socket.socket) -> None:
        peer.sendall(start)
        while True:
            peer.sendall(drop)
            Event().wait(0.02)

    return answer


@pytest.mark.parametrize(
    "answer",
    [drips(OK + b"Content-Length: 900000\r\n\r\n", b"x"), drips(OK, b"X-More: 1\r\n"), drips(b"", b"H")],
    ids=["the content", "the headers", "the first line"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up_in_time(
    server: Callable[[Answer], str], tmp_path: Path, answer: Answer
) -> None:
    with pytest.raises(TryLater, match="answers so slowly"):
        fetch(server(answer), tmp_path / "file", within_s=0.5)


def test_packed_files_are_unpacked_and_bounded_by_what_they_unpack_to(
    server: Callable[[Answer], str], tmp_path: Path
) -> None:
    def packed(content: bytes) -> str:
        sent = gzip.compress(content)
        head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(sent)
        return server(says(OK + head + sent))

    assert fetch(packed(b"sku\nA1\n"), tmp_path / "file") == b"sku\nA1\n"
    with pytest.raises(Refused, match="is larger than"):
        fetch(packed(bytes(5_000_000)), tmp_path / "file")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (OK + b"Content-Length: 900\r\n\r\nsku", TryLater, "broke off in the middle"),
        (b"hello\r\n\r\n", TryLater, "in no way that a web server does"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain", TryLater, "said to be packed"),
        (OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nplain", Refused, "sent packed as br"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", Refused, "asks for a name and a password"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", Refused, "answers 404"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", TryLater, "answers 503"),
        (
            b"HTTP/1.1 302 F\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
            Refused,
            "no address of a file",
        ),
        (
            b"HTTP/1.1 302 F\r\nLocation: file:///etc/hosts\r\nContent-Length: 0\r\n\r\n",
            Refused,
            "no address",
        ),
        (
            b"HTTP/1.1 302 F\r\nLocation: http://169.254.169.254/x\r\nContent-Length: 0\r\n\r\n",
            Refused,
            "inside a private network",
        ),
        (b"HTTP/1.1 302 F\r\nLocation: /stock.csv\r\nContent-Length: 0\r\n\r\n", Refused, "again and again"),
    ],
)
def test_each_failure_names_the_address_and_the_fix(
    server: Callable[[Answer], str],
    tmp_path: Path,
    answer: bytes,
    kind: type[StockwireError],
    said: str,
) -> None:
    with pytest.raises(kind) as failed:
        fetch(server(says(answer)), tmp_path / "file")
    assert said in failed.value.message
    assert "//" in failed.value.message
    assert failed.value.hint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://[::1", "no address of a file"),
        ("https:///a.csv", "no address of a file"),
        ("ftp://files.example.co.za/a.csv", "no address of a file"),
        ("https://me:secret@files.example.co.za/a.csv", "no address of a file"),
        ("http://127.0.0.1:99999/a.csv", "names a port that cannot be"),
        ("http://localhost:1/a.csv?key=secret", "did not answer"),
        ("https://no-such-name.invalid/a.csv?key=secret", "cannot be found"),
        ("http://10.0.0.1/a.csv", "inside a private network"),
        ("http://[::ffff:10.0.0.1]/a.csv", "inside a private network"),
        ("http://0x7f000001.nip.invalid/a.csv", "cannot be found"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_said_without_its_secrets(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(StockwireError) as failed:
        fetch(url, tmp_path / "file")
    assert said in failed.value.message
    assert "secret" not in failed.value.message


def test_a_password_is_not_sent_to_where_the_address_redirects(
    server: Callable[[Answer], str], tmp_path: Path, asked: list[bytes]
) -> None:
    other = server(says(OK + b"Content-Length: 0\r\n\r\n"))
    moved = b"HTTP/1.1 302 F\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % other.encode()
    fetch(server(says(moved)), tmp_path / "file", login=Login("me", "pw"))
    assert [b"authorization: basic" in request.lower() for request in asked] == [True, False]
