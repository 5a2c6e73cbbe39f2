"""Lets somebody rehearse a crash exactly between two steps of raising or pushing (docs/faults.md).

With STOCKWIRE_DIE_AT_FILE naming a file, a process that comes to the step written in that file removes the
file and kills itself with SIGKILL: no handler, no clean-up, as when the power fails. Unset, nothing happens.
It never decides what the steps do.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_FILE = os.environ.get("STOCKWIRE_DIE_AT_FILE", "")


def step(name: str) -> None:
    """The process is at this step. Dies here, once, when that is what the file asks for."""
    if _FILE:
        _die_if_asked(Path(_FILE), name)


def _die_if_asked(file: Path, name: str) -> None:
    try:
        asked = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    if asked == name:
        file.unlink()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
