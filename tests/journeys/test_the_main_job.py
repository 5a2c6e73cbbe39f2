"""The demo is the main job; here it is run as a newcomer would run it, only smaller."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_the_demo_holds_every_check_and_leaves_nothing_behind() -> None:
    before = set(Path("/tmp").glob("stockwire-demo-*"))
    done = subprocess.run(
        [sys.executable, "-m", "stockwire.cli", "demo", "--json", "--items", "600"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["failures"] == []
    assert figures["products_read"] == 600
    assert figures["products_linked"] == 564
    assert (figures["changes_made"], figures["changes_arrived"]) == (60, 60)
    assert (figures["orders_placed"], figures["orders_raised"]) == (20, 17)
    assert (figures["orders_lost"], figures["orders_duplicated"]) == (0, 0)
    assert figures["first_push_write_calls"] == 6
    assert figures["seconds"] > 0
    assert set(Path("/tmp").glob("stockwire-demo-*")) <= before
    assert "Every check held" in done.stderr
