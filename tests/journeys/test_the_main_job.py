"""The demo is the main job; here it is run as a newcomer would run it, only smaller."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_the_demo_holds_every_check_and_leaves_nothing_behind() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "stockwire.cli", "demo", "--json", "--items", "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said, shown = demo.communicate()
    assert demo.returncode == 0, shown[-4000:]
    figures = json.loads(said.splitlines()[-1])
    assert figures["failures"] == []
    assert figures["products_read"] == 600
    assert figures["products_linked"] == 564
    assert (figures["changes_made"], figures["changes_arrived"]) == (60, 60)
    assert (figures["orders_placed"], figures["orders_raised"]) == (20, 17)
    assert (figures["orders_lost"], figures["orders_duplicated"]) == (0, 0)
    assert figures["first_push_write_calls"] == 6
    assert figures["seconds"] > 0
    assert list(Path(tempfile.gettempdir()).glob(f"stockwire-demo-{demo.pid}-*")) == []
    assert "Every check held" in shown
