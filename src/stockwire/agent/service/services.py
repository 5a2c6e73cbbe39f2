"""What the commands and the checks ask of Windows' service manager, and what its answers mean to a person.

Nothing here is of Windows itself: windows.py keeps to this, and everything else knows only this.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stockwire.errors import NotSetUp, StockwireError, TryLater

NAME = "StockwireAgent"
TITLE = "Stockwire agent"
DESCRIPTION = "Reads stock from Omni Accounts, raises orders in it, and dials out to the Stockwire hub."
ACCOUNT = rf"NT SERVICE\{NAME}"
"""The service's own account: Windows makes it with the service, it has no password and no other rights."""

ACCESS_DENIED = 5
NO_ANSWER = 1053
ALREADY_RUNNING = 1056
NOT_THERE = 1060
NOT_RUNNING = 1062
BEING_REMOVED = 1072
THERE_ALREADY = 1073


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What the service manager says of the service. `restarts` is whether it is started again on failure."""

    running: str
    starts_with_machine: bool
    restarts: bool
    account: str
    command: str


class Services(Protocol):
    """The service manager. Every method raises a StockwireError that says what to do."""

    def install(self, command: str) -> None:
        """Make the service or set an existing one right: started with the machine, restarted on failure."""
        ...

    def give(self, folder: Path, config: Path) -> None:
        """Let the service's account write the folder and read the file; besides it only administrators."""
        ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """Returns when it has stopped."""
        ...

    def remove(self) -> None:
        """Stop and remove the service; its data stay."""
        ...

    def state(self) -> ServiceState | None:
        """None when there is no such service."""
        ...

    def may_write(self, account: str, folder: Path) -> bool:
        """Whether the account may make files in the folder."""
        ...


def services_of_this_machine() -> Services:
    """Raises NotSetUp where this is not Windows."""
    if sys.platform == "win32":
        from stockwire.agent.service.windows import WindowsServices

        return WindowsServices()
    raise NotSetUp(
        "The commands of `stockwire agent service` are for Windows.",
        hint="Elsewhere systemd runs the agent: packaging/systemd/stockwire-agent.service shows how.",
    )


def service_command(config: Path, program: Sequence[str] = ()) -> str:
    """The command line the service manager starts. Raises NotSetUp in a virtual environment: there
    python.exe only starts another Python, which the service manager does not know."""
    if not program:
        if getattr(sys, "frozen", False):
            program = [sys.executable]
        elif sys.prefix != sys.base_prefix:
            raise NotSetUp(
                "A Windows service cannot be run from a virtual environment of Python.",
                hint="Use the installed agent (packaging/windows), or a Python outside one.",
            )
        else:
            program = [sys.executable, "-m", "stockwire.cli"]
    return subprocess.list2cmdline([*program, "agent", "service", "run", "--config", str(config)])


def explain(code: int, text: str, doing: str) -> StockwireError:
    """What an error number of Windows means for who wanted to do something with the service."""
    if code == ACCESS_DENIED:
        return NotSetUp(
            f"Windows does not let you {doing}.",
            hint='Open the command prompt by "Run as administrator" and say it again.',
        )
    if code == NOT_THERE:
        return NotSetUp(
            f"There is no service {TITLE} on this machine.",
            hint="Make it first: stockwire agent service install",
        )
    if code == BEING_REMOVED:
        return TryLater(
            f"The service {TITLE} is still being removed.",
            hint="Close services.msc and every other window that shows services, then say it again.",
        )
    if code == NO_ANSWER:
        return NotSetUp(
            f"The service {TITLE} did not come up in time.",
            hint="Look into agent.log in the data folder, and into the Windows event log (Application). "
            "stockwire agent check names what is not set up.",
        )
    return NotSetUp(
        f"Windows cannot {doing}: {text} (error {code}).",
        hint="Look into the Windows event log (System, Service Control Manager).",
    )
