"""Does the agent start with this machine, again after a failure, and with the right to do its work?

systemd's files are read, Windows' service manager is asked; nothing is changed, and nothing is started.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stockwire.agent.checks.check import Check, failed, passed, unknown, warning
from stockwire.agent.service.services import Services, ServiceState
from stockwire.errors import StockwireError
from stockwire.ports import Finding

UNIT_FOLDERS = (
    Path("/etc/systemd/system"),
    Path("/run/systemd/system"),
    Path("/usr/local/lib/systemd/system"),
    Path("/usr/lib/systemd/system"),
    Path("/lib/systemd/system"),
)
READ, WRITE_AND_ENTER = 0o4, 0o3

START = Check(
    "starts_with_machine",
    "the start with the machine",
    {
        "enabled": passed("The service {unit} starts the agent with this machine."),
        "not_enabled": warning(
            "The service {unit} exists, but does not start with this machine.",
            "Run: systemctl enable --now {unit}",
        ),
        "not_again": warning(
            "The service {unit} starts the agent with this machine, but not again after a failure.",
            "Write Restart=on-failure under [Service] in {unit}; then: systemctl daemon-reload",
        ),
        "none": warning(
            "No service starts the agent with this machine.",
            "Make a systemd service whose ExecStart is: stockwire agent run --config {config}, and enable "
            "it; packaging/systemd/stockwire-agent.service is one. Until then the agent ends when you log "
            "off or the machine restarts.",
        ),
        "no_systemd": unknown(
            "This machine has no systemd, so it cannot be seen what starts the agent.",
            "Make sure that whatever starts programs here also starts: stockwire agent run --config {config}",
        ),
        "windows": passed(
            "The Windows service starts the agent with this machine, and again after a failure."
        ),
        "windows_by_hand": warning(
            "The Windows service exists, but does not start with this machine.",
            "Set it right, as administrator: stockwire agent service install",
        ),
        "windows_not_again": warning(
            "The Windows service is not started again after a failure.",
            "Set it right, as administrator: stockwire agent service install",
        ),
        "windows_other": warning(
            "The Windows service runs with another configuration than {config}: {command}",
            "Check the file the service uses, or have it use this one, as administrator: stockwire agent "
            "service install --config {config}",
        ),
        "windows_none": warning(
            "No Windows service starts the agent with this machine.",
            "As administrator run: stockwire agent service install, then: stockwire agent service start. "
            "Until then the agent ends when you log off or the machine restarts.",
        ),
        "unasked": unknown("It cannot be seen whether the agent starts with this machine: {why}"),
    },
)
START_RIGHT = Check(
    "start_right",
    "the right of the service",
    {
        "may": passed("The service runs as {user}, who may write the data folder."),
        "no_user": failed(
            "The service {unit} runs as {user}, and there is no such user on this machine.",
            "Make the user, or name another one after User= in {unit}; then: systemctl daemon-reload",
        ),
        "may_not": failed(
            "The service {unit} runs as {user}, who may not write the data folder {folder}.",
            "Give the folder to that user: chown -R {user} {folder}",
        ),
        "may_not_read": failed(
            "The service {unit} runs as {user}, who may not read {config}.",
            "Let that user, and nobody else, read it: chown {user} {config}; chmod 600 {config}",
        ),
        "windows_may_not": failed(
            "The Windows service runs as {user}, who may not write the data folder {folder}.",
            "Have the folder given to it, as administrator: stockwire agent service install",
        ),
        "unasked": unknown("It cannot be seen what the service may do: {why}"),
        "no_service": unknown("No service was found, so there is no right to look at."),
    },
)


def look(
    folder: Path, config: Path, units: Sequence[Path], services: Callable[[], Services] | None
) -> Iterator[Finding]:
    """The two findings. `services` opens Windows' service manager; None looks into the folders `units`."""
    if services is None:
        yield from _systemd(folder, config, units)
    else:
        yield from _windows(folder, config, services)


def _windows(folder: Path, config: Path, services: Callable[[], Services]) -> Iterator[Finding]:
    try:
        manager = services()
        state = manager.state()
    except StockwireError as error:
        yield START.says("unasked", why=error.message)
        yield START_RIGHT.says("unasked", why=error.message)
        return
    if state is None:
        yield START.says("windows_none")
        yield START_RIGHT.says("no_service")
        return
    yield _start_of(state, config)
    try:
        may = manager.may_write(state.account, folder)
    except StockwireError as error:
        yield START_RIGHT.says("unasked", why=error.message)
        return
    yield START_RIGHT.says("may" if may else "windows_may_not", user=state.account, folder=folder)


def _start_of(state: ServiceState, config: Path) -> Finding:
    if not state.starts_with_machine:
        return START.says("windows_by_hand")
    if not state.restarts:
        return START.says("windows_not_again")
    if config.is_absolute() and str(config).lower() not in state.command.lower():
        return START.says("windows_other", config=config, command=state.command)
    return START.says("windows")


def _systemd(folder: Path, config: Path, units: Sequence[Path]) -> Iterator[Finding]:
    unit = _unit(config, units)
    if unit is None:
        there = any(place.is_dir() for place in units)
        yield START.says("none" if there else "no_systemd", config=config)
        yield START_RIGHT.says("no_service")
        return
    enabled = any((wants / unit.name).exists() for place in units for wants in place.glob("*.wants"))
    again = re.search(r"(?m)^Restart=(on-failure|always)\s*$", _text(unit))
    name = "not_enabled" if not enabled else "enabled" if again else "not_again"
    yield START.says(name, unit=unit.name)
    yield _right_of(unit, folder)


def _unit(config: Path, units: Sequence[Path]) -> Path | None:
    """The service that runs an agent; the one that names our configuration where there are several."""
    found = []
    for place in units:
        for unit in sorted(place.glob("*.service")) if place.is_dir() else []:
            text = _text(unit)
            if re.search(r"(?m)^ExecStart=.*\bagent\b.*\brun\b", text) and "stockwire" in text:
                found.append((str(config) not in text, unit))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _text(unit: Path) -> str:
    try:
        return unit.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _right_of(unit: Path, folder: Path) -> Finding:
    text = _text(unit)
    user = (re.findall(r"(?m)^User=(.+?)\s*$", text) or ["root"])[-1]
    named = re.search(r"(?m)^ExecStart=.*--config[= ](\S+)", text)
    config = Path(named[1]) if named else None
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    shown = {"unit": unit.name, "user": user, "folder": folder, "config": config}
    try:
        if not _may(user, nearest, WRITE_AND_ENTER):
            return START_RIGHT.says("may_not", **shown)
        if config and config.exists() and not _may(user, config, READ):
            return START_RIGHT.says("may_not_read", **shown)
    except KeyError:
        return START_RIGHT.says("no_user", **shown)
    return START_RIGHT.says("may", **shown)


def _may(user: str, place: Path, wanted: int) -> bool:
    """By the mode of the place, for a user's name or number. Raises KeyError for an unknown one."""
    if sys.platform == "win32":
        raise KeyError(user)
    import pwd

    account = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    where = place.stat()
    if account.pw_uid == where.st_uid:
        mode = where.st_mode >> 6
    elif where.st_gid in os.getgrouplist(account.pw_name, account.pw_gid):
        mode = where.st_mode >> 3
    else:
        mode = where.st_mode
    return account.pw_uid == 0 or mode & wanted == wanted
