"""The commands and checks of the Windows service, against a service manager that keeps what it is told.

It stands in for Windows, which is not at hand: what pywin32 does with the same calls has not been tried.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from stockwire.agent.commands import agent
from stockwire.agent.paths import default_config
from stockwire.agent.service.hosted import HostedAgent
from stockwire.agent.service.services import (
    ACCESS_DENIED,
    ACCOUNT,
    BEING_REMOVED,
    NO_ANSWER,
    NOT_THERE,
    ServiceState,
    explain,
    service_command,
)
from stockwire.errors import NotSetUp, TryLater


class ServiceManager:
    """Windows' service manager as services.Services wants it. `administrator` is who asks."""

    def __init__(self, *, administrator: bool = True) -> None:
        self.administrator = administrator
        self.kept: ServiceState | None = None
        self.given: dict[str, Path] = {}

    def install(self, command):
        self._needs_rights("install the service")
        self.kept = ServiceState("stopped", True, True, ACCOUNT, command)

    def give(self, folder, config):
        self._needs_rights("set the rights")
        folder.mkdir(parents=True, exist_ok=True)
        self.given = {"folder": folder, "config": config}

    def start(self):
        self.kept = replace(self._known("start the service"), running="running")

    def stop(self):
        self.kept = replace(self._known("stop the service"), running="stopped")

    def remove(self):
        self._known("remove the service")
        self.kept = None

    def state(self):
        return self.kept

    def may_write(self, account, folder):
        return account == ACCOUNT and folder == self.given.get("folder")

    def _known(self, doing):
        self._needs_rights(doing)
        if self.kept is None:
            raise explain(NOT_THERE, "", doing)
        return self.kept

    def _needs_rights(self, doing):
        if not self.administrator:
            raise explain(ACCESS_DENIED, "Access is denied.", doing)


@pytest.fixture
def manager():
    return ServiceManager()


@pytest.fixture
def say(manager, site, monkeypatch):
    """Say a command of the installed (frozen) agent."""
    monkeypatch.setattr("sys.frozen", True, raising=False)
    config = site.write()

    def run(*words, by=None):
        given = ["--config", str(config)] if words[0] == "install" else []
        return CliRunner().invoke(agent, ["service", *words, *given], obj=by or manager)

    return run


def test_installed_started_asked_stopped_and_removed(say, manager, site):
    said = say("install")
    assert said.exit_code == 0, said.output
    assert "starts with this machine, and again a minute after it failed" in said.output
    assert said.output.rstrip().endswith("Start it now: stockwire agent service start")
    assert manager.kept.command.endswith(f"agent service run --config {site.folder / 'agent.toml'}")
    assert manager.given == {"folder": site.data, "config": site.folder / "agent.toml"}
    assert say("status").exit_code == 1
    assert say("start").exit_code == 0
    status = say("status")
    assert (status.exit_code, status.output.splitlines()[0]) == (0, "The service Stockwire agent is running.")
    assert rf"runs as: NT SERVICE\StockwireAgent" in status.output  # noqa: F541
    assert say("stop").exit_code == 0
    assert manager.kept.running == "stopped"
    assert "left as they are" in say("remove").output
    assert say("status").exit_code == 2
    assert (site.data / "hub.token").exists()


def test_what_is_still_to_do_is_said_at_installing(say, site, monkeypatch):
    (site.data / "hub.token").unlink()
    site.toml["hub"]["url"] = "https://hub.example.co.za:8080"
    site.toml["log"] = {"file": "../elsewhere/agent.log"}
    site.write()
    monkeypatch.setenv("HTTPS_PROXY", "http://omni:secret@proxy.local:3128")
    said = say("install").output
    assert 'write proxy = "http://proxy.local:3128" under [hub]' in said
    assert "secret" not in said
    assert "elsewhere, where log.file is to be" in said
    assert "not enrolled yet: stockwire agent enrol" in said


def test_without_the_rights_of_an_administrator_nothing_is_done(say):
    ordinary = ServiceManager(administrator=False)
    for words in ("install", "start", "stop", "remove"):
        said = say(words, by=ordinary)
        assert said.exit_code == 2
        assert "Run as administrator" in said.output
    assert ordinary.kept is None


def test_a_wrong_configuration_makes_no_service(say, manager, site):
    del site.toml["hub"]["url"]
    site.write()
    said = say("install")
    assert (said.exit_code, manager.kept) == (2, None)
    assert "hub.url" in said.output


def test_commands_without_a_service_say_how_to_make_it(say):
    for words in ("start", "stop", "remove", "status"):
        assert "Make it first: stockwire agent service install" in say(words).output


def test_elsewhere_than_on_windows_they_name_systemd():
    for words in ("start", "status", "run"):
        said = CliRunner().invoke(agent, ["service", words])
        assert said.exit_code == 2
        assert "are for Windows" in said.output
        assert "packaging/systemd/stockwire-agent.service" in said.output


@pytest.mark.parametrize(
    "code, kind, words",
    [
        (BEING_REMOVED, TryLater, "Close services.msc"),
        (NO_ANSWER, NotSetUp, "agent.log in the data folder"),
        (1234, NotSetUp, "Windows event log"),
    ],
)
def test_numbers_of_windows_are_put_in_words(code, kind, words):
    error = explain(code, "Something.", "start the service")
    assert isinstance(error, kind)
    assert words in error.hint


def test_the_command_line_quotes_what_windows_has_blanks_in(monkeypatch):
    program = [r"C:\Program Files\Stockwire Agent\stockwire.exe"]
    assert service_command(Path("C:/ProgramData/Stockwire/agent.toml"), program) == (
        r'"C:\Program Files\Stockwire Agent\stockwire.exe" agent service run '
        "--config C:/ProgramData/Stockwire/agent.toml"
    )
    monkeypatch.setattr("sys.prefix", "/some/venv")
    with pytest.raises(NotSetUp, match="virtual environment"):
        service_command(Path("agent.toml"))


def test_the_configuration_is_looked_for_where_the_installer_puts_it():
    assert default_config("linux", {}) == "agent.toml"
    assert default_config("win32", {"PROGRAMDATA": r"D:\Data"}) == r"D:\Data\Stockwire\agent.toml"


# What `stockwire agent check` makes of it.


def start_up(site, manager):
    site.around["services"] = lambda: manager
    return {f.code: f for f in site.findings() if f.code in {"starts_with_machine", "start_right"}}


def test_a_service_that_was_installed_is_found_right(say, manager, site):
    say("install")
    found = start_up(site, manager)
    assert found["starts_with_machine"].state == found["start_right"].state == "passed"
    assert found["start_right"].seen == rf"The service runs as {ACCOUNT}, who may write the data folder."


@pytest.mark.parametrize(
    "spoil, code, words",
    [
        ({"starts_with_machine": False}, "starts_with_machine", "does not start with this machine"),
        ({"restarts": False}, "starts_with_machine", "not started again after a failure"),
        ({"command": "stockwire.exe --config other.toml"}, "starts_with_machine", "another configuration"),
        ({"account": "LocalService"}, "start_right", "LocalService, who may not write"),
    ],
)
def test_a_service_that_is_not_right_is_named_with_its_fix(say, manager, site, spoil, code, words):
    say("install")
    manager.kept = replace(manager.kept, **spoil)
    finding = start_up(site, manager)[code]
    assert finding.state in {"warning", "failed"}
    assert words in finding.seen
    assert "stockwire agent service install" in " ".join(finding.fix.split())


def test_no_service_and_a_manager_that_does_not_answer_are_told_apart(site, manager):
    found = start_up(site, manager)
    assert "No Windows service starts the agent" in found["starts_with_machine"].seen

    def closed():
        raise explain(ACCESS_DENIED, "Access is denied.", "look at the service")

    site.around["services"] = closed
    unknown = [f for f in site.findings() if f.code in {"starts_with_machine", "start_right"}]
    assert [f.state for f in unknown] == ["unknown", "unknown"]
    assert "Windows does not let you look at the service." in unknown[0].seen


# What runs inside the service.


@pytest.fixture
def logging_put_back():
    import logging

    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    yield
    structlog.configure(**before)
    for handler in set(logging.getLogger().handlers) - set(handlers):
        logging.getLogger().removeHandler(handler)
        handler.close()


def test_the_hosted_agent_runs_writes_its_own_log_and_stops_when_told(site, logging_put_back, until):
    told: list[str] = []
    hosted = HostedAgent(site.write(), told.append)
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(hosted.run()))
    thread.start()
    until(lambda: len(site.hub.source) > 0)
    hosted.stop()
    thread.join(20)
    assert (ended, told) == ([True], [])
    text = (site.data / "agent.log").read_text(encoding="utf-8")
    assert "agent started" in text
    assert "agent stopped" in text


def test_told_to_stop_before_it_began_it_does_not_begin(site, logging_put_back):
    hosted = HostedAgent(site.write(), lambda _: None)
    hosted.stop()
    assert hosted.run() is True
    assert not (site.data / "journal.sqlite").exists()


def test_what_keeps_it_from_beginning_is_told_to_the_machine_s_own_log(site, tmp_path, logging_put_back):
    told: list[str] = []
    assert HostedAgent(tmp_path / "none.toml", told.append).run() is False
    (site.data / "hub.token").unlink()
    assert HostedAgent(site.write(), told.append).run() is False
    assert "There is no configuration file" in told[0]
    assert "not enrolled" in told[1]
    assert "not enrolled" in (site.data / "agent.log").read_text(encoding="utf-8")


def test_a_fault_of_ours_is_written_down_before_the_service_ends(site, logging_put_back):
    told: list[str] = []
    (site.data / "hub.token").write_bytes(b"\xff\xfe")
    assert HostedAgent(site.write(), told.append).run() is False
    assert told[0].startswith("A fault of ours ended the agent: UnicodeDecodeError")
    text = (site.data / "agent.log").read_text(encoding="utf-8")
    assert "a fault of ours ended the agent" in text
    assert "UnicodeDecodeError" in text.splitlines()[-1]
