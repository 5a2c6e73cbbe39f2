"""The demo is the main job; here it is run as a newcomer would run it, only smaller."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import pytest
from firebird.driver import connect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
DEMO = [sys.executable, "-m", "stockwire.cli", "demo", "--json"]


def left_behind(demo: subprocess.Popen[str]) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"stockwire-demo-{demo.pid}-*"))


def test_the_demo_holds_every_check_stays_as_long_as_wanted_and_leaves_nothing_behind() -> None:
    demo = subprocess.Popen(
        [*DEMO, "--keep", "--items", "600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout
    assert demo.stderr
    figures = json.loads(demo.stdout.readline() or "{}")
    shown = "".join(iter(demo.stderr.readline, "")) if not figures.get("ok") else _until_logs(demo.stderr)
    assert figures["failures"] == [], shown[-4000:]
    assert figures["products_read"] == 600
    assert figures["products_linked"] == 564
    assert (figures["changes_made"], figures["changes_arrived"]) == (60, 60)
    assert (figures["orders_placed"], figures["orders_raised"]) == (20, 17)
    assert (figures["orders_lost"], figures["orders_duplicated"]) == (0, 0)
    assert figures["first_push_write_calls"] == 6
    assert figures["write_calls"] > 6
    assert figures["seconds"] > 0
    assert "Every check held" in shown
    try:
        _every_address_and_login_works(shown)
    finally:
        demo.send_signal(signal.SIGINT)
        said, more = demo.communicate(timeout=60)
    assert said == ""
    assert demo.returncode == 0, more[-4000:]
    assert left_behind(demo) == []


def test_a_demo_that_cannot_go_on_says_why_and_exits_with_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        demo = subprocess.Popen(
            [*DEMO, "--items", "200", "--port", port],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said, shown = demo.communicate()
    figures = json.loads(said.splitlines()[-1])
    assert demo.returncode == 1
    assert figures["ok"] is False
    assert figures["failures"]
    assert figures["failures"][0] in shown
    assert figures["orders_raised"] is None
    assert left_behind(demo) == []


def _until_logs(said: Any) -> str:
    """What is shown up to the last line of the addresses; the demo goes on after it."""
    lines: list[str] = []
    while not lines or not lines[-1].startswith("  Logs "):
        line = said.readline()
        assert line, "".join(lines)
        lines.append(line)
    return "".join(lines)


def _every_address_and_login_works(shown: str) -> None:
    def found(what: str, pattern: str) -> tuple[str, ...]:
        match = re.search(rf"^  {what} +{pattern}", shown, re.MULTILINE)
        assert match, shown
        return match.groups()

    url, user, password = found("Hub", r"(\S+)   (\S+) / (\S+)")
    with httpx2.Client(base_url=url, follow_redirects=True, timeout=30) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/sign-in").text)
        assert token
        form = {"username": user, "password": password, "csrfmiddlewaretoken": token[1]}
        page = browser.post("/sign-in", data=form, headers={"Referer": url})
    assert page.status_code == 200
    assert "Karoo Wholesalers" in page.text
    for control in ("Shop: faults and acts", "Omni: faults and acts"):
        (address,) = found(control, r"(\S+)")
        assert httpx2.get(f"{address}/state", timeout=30).status_code == 200
    address, key, secret = found("Simulated shop", r"(\S+)   (\S+) / (\S+)")
    assert httpx2.get(address, timeout=30).status_code < 500
    assert (key[:3], secret[:3]) == ("ck_", "cs_")
    dsn, reader, word = found("Firebird", r"(\S+)   (\S+) / (\S+),")
    (master,) = found("", r"SYSDBA / (\S+),")
    for user, password in ((reader, word), ("SYSDBA", master)):
        with connect(dsn, user=user, password=password, charset="WIN1252") as connection:
            cursor = connection.cursor()
            assert cursor.execute("select count(*) from STOCK").fetchone() == (600,)
            cursor.close()
    (file,) = found("Its command line", r"\. (\S+)")
    assert Path(file).stat().st_mode & 0o077 == 0
    listed = subprocess.run(
        ["/bin/sh", "-c", f'. {file}; exec "$0" -m stockwire.cli channel list --client 1', sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert "working" in listed.stdout
