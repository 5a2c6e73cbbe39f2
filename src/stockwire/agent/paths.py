"""Where the agent's own files are when nobody names a place."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

CONFIG_NAME = "agent.toml"
LOG_NAME = "agent.log"


def default_config(system: str = sys.platform, environment: Mapping[str, str] = os.environ) -> str:
    """agent.toml of the folder one stands in; on Windows always the one of the installed agent, since
    a service and a command prompt stand in different folders."""
    if system != "win32":
        return CONFIG_NAME
    data = environment.get("PROGRAMDATA", r"C:\ProgramData")
    return str(PureWindowsPath(data) / "Stockwire" / CONFIG_NAME)


def default_service_log(data_folder: str) -> str:
    """The log of the Windows service, which has no window to write to."""
    return str(Path(data_folder) / LOG_NAME)
