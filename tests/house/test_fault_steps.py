"""Every step at which a process can be made to die is one at which a test kills it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def steps() -> set[str]:
    """Named in the source; a lane's kind stands in some of the names."""
    named = set()
    for file in (ROOT / "src").rglob("*.py"):
        for step in re.findall(r'dying\.step\(f?"([^"]+)"\)', file.read_text(encoding="utf-8")):
            kinds = ("push", "orders") if "{held.kind}" in step else ("",)
            named |= {step.replace("{held.kind}", kind) for kind in kinds}
    return named


def test_a_process_is_killed_at_every_step() -> None:
    rooms = [ROOT / "tests" / room for room in ("faults", "sync")]
    tests = "".join(file.read_text(encoding="utf-8") for room in rooms for file in room.glob("test_*.py"))
    assert len(steps()) > 30
    assert {step for step in steps() if f'"{step}"' not in tests} == set()


def test_every_step_is_described() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert {step for step in steps() if f"`{step}`" not in page} == set()
