"""Windows' service manager, by pywin32: the only file of the agent that imports it.

Thin on purpose: it has been typed and read, but not yet run on Windows. What can be decided elsewhere is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stockwire.agent.service import services
from stockwire.agent.service.hosted import HostedAgent
from stockwire.agent.service.services import ACCOUNT, DESCRIPTION, NAME, TITLE, ServiceState

assert sys.platform == "win32", "this module is for Windows"

import ntsecuritycon
import pywintypes
import servicemanager
import win32security
import win32service
import win32serviceutil
import winerror

STOP_WITHIN_S = 90
RESTART_AFTER_MS = 60_000
FORGET_FAILURES_AFTER_S = 86_400
ADMINISTRATORS, SYSTEM = "*S-1-5-32-544", "*S-1-5-18"
RUNNING = {
    win32service.SERVICE_RUNNING: "running",
    win32service.SERVICE_STOPPED: "stopped",
    win32service.SERVICE_START_PENDING: "starting",
    win32service.SERVICE_STOP_PENDING: "stopping",
}


class WindowsServices:
    """See services.Services."""

    def install(self, command: str) -> None:
        with _manager("install the service", win32service.SC_MANAGER_CREATE_SERVICE) as manager:
            try:
                service = win32service.CreateService(
                    manager,
                    NAME,
                    TITLE,
                    win32service.SERVICE_ALL_ACCESS,
                    win32service.SERVICE_WIN32_OWN_PROCESS,
                    win32service.SERVICE_AUTO_START,
                    win32service.SERVICE_ERROR_NORMAL,
                    command,
                    None,
                    False,
                    None,
                    ACCOUNT,
                    None,
                )
            except pywintypes.error as error:
                if error.winerror != services.THERE_ALREADY:
                    raise
                service = win32service.OpenService(manager, NAME, win32service.SERVICE_ALL_ACCESS)
                win32service.ChangeServiceConfig(
                    service,
                    win32service.SERVICE_WIN32_OWN_PROCESS,
                    win32service.SERVICE_AUTO_START,
                    win32service.SERVICE_ERROR_NORMAL,
                    command,
                    None,
                    False,
                    None,
                    ACCOUNT,
                    None,
                    TITLE,
                )
            try:
                _set_up(service)
            finally:
                win32service.CloseServiceHandle(service)

    def give(self, folder: Path, config: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _allow_only(folder, [f"{who}:(OI)(CI)F" for who in (ADMINISTRATORS, SYSTEM)], f"{ACCOUNT}:(OI)(CI)M")
        _allow_only(config, [f"{who}:F" for who in (ADMINISTRATORS, SYSTEM)], f"{ACCOUNT}:R")

    def start(self) -> None:
        with _service("start the service", win32service.SERVICE_START) as service:
            try:
                win32service.StartService(service, None)
            except pywintypes.error as error:
                if error.winerror != services.ALREADY_RUNNING:
                    raise

    def stop(self) -> None:
        with _service("stop the service", win32service.SERVICE_STOP) as service:
            try:
                win32service.ControlService(service, win32service.SERVICE_CONTROL_STOP)
            except pywintypes.error as error:
                if error.winerror != services.NOT_RUNNING:
                    raise
                return
        with _explained("stop the service"):
            win32serviceutil.WaitForServiceStatus(NAME, win32service.SERVICE_STOPPED, STOP_WITHIN_S)

    def remove(self) -> None:
        self.stop()
        with _service("remove the service", win32service.SERVICE_ALL_ACCESS) as service:
            win32service.DeleteService(service)

    def state(self) -> ServiceState | None:
        asked = win32service.SERVICE_QUERY_CONFIG | win32service.SERVICE_QUERY_STATUS
        with _explained("look at the service"):
            manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_CONNECT)
            try:
                service = win32service.OpenService(manager, NAME, asked)
            except pywintypes.error as error:
                if error.winerror != services.NOT_THERE:
                    raise
                return None
            finally:
                win32service.CloseServiceHandle(manager)
            try:
                return _state_of(service)
            finally:
                win32service.CloseServiceHandle(service)

    def may_write(self, account: str, folder: Path) -> bool:
        with _explained(f"look at the rights of {folder}"):
            name = r"NT AUTHORITY\SYSTEM" if account.lower() == "localsystem" else account.removeprefix(".\\")
            sid, _, _ = win32security.LookupAccountName(None, name)
            kept = win32security.GetFileSecurity(str(folder), win32security.DACL_SECURITY_INFORMATION)
            rights = kept.GetSecurityDescriptorDacl().GetEffectiveRightsFromAcl(
                {
                    "TrusteeForm": win32security.TRUSTEE_IS_SID,
                    "TrusteeType": win32security.TRUSTEE_IS_USER,
                    "Identifier": sid,
                }
            )
            return bool(rights & ntsecuritycon.FILE_ADD_FILE)


def host(config: Path) -> None:
    """Be the service: called by the service manager's start of `stockwire agent service run`, returns when
    the service has stopped. Started by hand it fails at once."""
    _AgentService.config = config
    with _explained("run the service from here; the service manager starts it"):
        servicemanager.Initialize(NAME, None)
        servicemanager.PrepareToHostSingle(_AgentService)
        servicemanager.StartServiceCtrlDispatcher()  # type: ignore[no-untyped-call, unused-ignore]


class _AgentService(win32serviceutil.ServiceFramework):
    _svc_name_ = NAME
    _svc_display_name_ = TITLE
    config = Path()

    def __init__(self, args: Any) -> None:
        super().__init__(args)
        self._hosted = HostedAgent(self.config, servicemanager.LogErrorMsg)

    def SvcDoRun(self) -> None:  # noqa: N802 - pywin32's name
        failed = True
        try:
            failed = not self._hosted.run()
        finally:
            if failed:
                # Ending without a word is what the service manager takes for a failure: it starts it again.
                os._exit(1)

    def SvcStop(self) -> None:  # noqa: N802 - pywin32's name
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING, waitHint=STOP_WITHIN_S * 1_000)
        self._hosted.stop()

    SvcShutdown = SvcStop


def _set_up(service: Any) -> None:
    change = win32service.ChangeServiceConfig2
    change(service, win32service.SERVICE_CONFIG_DESCRIPTION, DESCRIPTION)
    # Delayed: after the services that start at once, the database's among them.
    change(service, win32service.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, True)
    again = (win32service.SC_ACTION_RESTART, RESTART_AFTER_MS)
    change(
        service,
        win32service.SERVICE_CONFIG_FAILURE_ACTIONS,
        {
            "ResetPeriod": FORGET_FAILURES_AFTER_S,
            "RebootMsg": None,
            "Command": None,
            "Actions": (again, again, again),
        },
    )
    change(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, True)


def _state_of(service: Any) -> ServiceState:
    config = win32service.QueryServiceConfig(service)
    on_failure = win32service.QueryServiceConfig2(service, win32service.SERVICE_CONFIG_FAILURE_ACTIONS)
    actions = [action for action, _ in on_failure.get("Actions", ())]
    return ServiceState(
        running=RUNNING.get(win32service.QueryServiceStatus(service)[1], "in between"),
        starts_with_machine=config[1] == win32service.SERVICE_AUTO_START,
        restarts=win32service.SC_ACTION_RESTART in actions,
        account=str(config[7]),
        command=str(config[3]),
    )


def _allow_only(place: Path, others: list[str], account: str) -> None:
    done = subprocess.run(
        ["icacls", str(place), "/inheritance:r", "/grant:r", *others, account],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise services.explain(
            done.returncode, done.stderr.strip() or done.stdout.strip(), f"set the rights of {place}"
        )


@contextmanager
def _manager(doing: str, access: int) -> Iterator[Any]:
    with _explained(doing):
        manager = win32service.OpenSCManager(None, None, access)
        try:
            yield manager
        finally:
            win32service.CloseServiceHandle(manager)


@contextmanager
def _service(doing: str, access: int) -> Iterator[Any]:
    with _manager(doing, win32service.SC_MANAGER_CONNECT) as manager:
        service = win32service.OpenService(manager, NAME, access)
        try:
            yield service
        finally:
            win32service.CloseServiceHandle(service)


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except pywintypes.error as error:
        code = error.winerror
        if code == winerror.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT:
            doing = "run the service by hand: start it with stockwire agent service start"
        raise services.explain(code, str(error.strerror), doing) from None
