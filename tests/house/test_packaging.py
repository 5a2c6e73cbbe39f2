"""What the agent is packaged with holds together: units, libraries, what it imports, what its set-up calls."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from stockwire.agent.checks import start_up
from stockwire.cli import main

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
UNITS = sorted((PACKAGING / "systemd").glob("*.service"))

# Everything the agent can ever import, but Windows' own part.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
import stockwire.agent.commands
for found in pkgutil.walk_packages(stockwire.agent.__path__, "stockwire.agent."):
    if not found.name.endswith("service.windows"):
        importlib.import_module(found.name)
from stockwire.agent.firebird_client import load_client
load_client()
import firebirdsql, passlib.hash
print(json.dumps(sorted(sys.modules)))
"""


def unit(file: Path) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parsed.optionxform = str
    parsed.read(file, encoding="utf-8")
    return parsed


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_starts_with_the_machine_and_again_on_failure_as_a_user_without_rights(file):
    parsed = unit(file)
    service = parsed["Service"]
    assert parsed["Install"]["WantedBy"] == "multi-user.target"
    assert service["Restart"] == "on-failure"
    assert int(service["RestartSec"]) > 0
    assert service["User"] != "root"
    assert service["NoNewPrivileges"] == "yes"
    _, *words = service["ExecStart"].split()
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_systemd_itself_finds_nothing_wrong_with_a_unit(file, tmp_path):
    """Where systemd is not installed, the test above has looked at all that is looked at here."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert unit(file).sections() == ["Unit", "Service", "Install"]
        return
    copy = tmp_path / file.name
    program = Path(sys.executable).with_name("stockwire")
    copy.write_text(file.read_text(encoding="utf-8").replace("/opt/stockwire/bin/stockwire", str(program)))
    found = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if file.name in line] == []


def test_the_check_of_the_agent_finds_its_shipped_unit_right(tmp_path):
    shutil.copy(PACKAGING / "systemd" / "stockwire-agent.service", tmp_path)
    wants = tmp_path / "multi-user.target.wants"
    config = Path("/etc/stockwire/agent.toml")
    enabled, right = start_up.look(tmp_path, config, [tmp_path], None)
    assert enabled.seen == "The service stockwire-agent.service exists, but does not start with this machine."
    wants.mkdir()
    (wants / "stockwire-agent.service").symlink_to(tmp_path / "stockwire-agent.service")
    enabled, right = start_up.look(tmp_path, config, [tmp_path], None)
    assert enabled.state == "passed"
    assert right.seen.startswith(
        "The service stockwire-agent.service runs as stockwire-agent, and there is no"
    )


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", file.read_text(encoding="utf-8")))


def test_the_agent_is_built_with_the_same_versions_that_are_tested():
    whole, agent = pins(ROOT / "requirements.lock"), pins(PACKAGING / "agent.lock")
    assert agent
    assert {name: version for name, version in agent.items() if whole.get(name) != version} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    known = {re.match(r"[\w.-]+", line)[0] for line in needed}
    wanted = re.findall(r"(?m)^([\w.-]+)", (PACKAGING / "agent.in").read_text(encoding="utf-8"))
    assert set(wanted) <= known


def test_the_agent_imports_nothing_of_the_hub_and_nothing_that_is_not_packaged():
    said = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)
    modules = json.loads(said.stdout)
    tops = {name.partition(".")[0] for name in modules}
    spec = ast.parse((PACKAGING / "stockwire.spec").read_text(encoding="utf-8"))
    hub_only = next(
        ast.literal_eval(node.value)
        for node in spec.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "HUB_ONLY"
    )
    assert {"django", "psycopg", "procrastinate", "stockwire.hub"} <= set(hub_only)
    assert tops.intersection(hub_only) == set()
    assert [name for name in modules if name.startswith(tuple(h for h in hub_only if "." in h))] == []
    from importlib.metadata import packages_distributions

    packaged = {name.replace("_", "-").lower() for name in pins(PACKAGING / "agent.lock")} | {"stockwire"}
    foreign = {
        distribution
        for top, owners in packages_distributions().items()
        if top in tops - {"stockwire"}
        for distribution in owners
    }
    taken_if_there = {"rich", "pygments", "attrs", "markdown-it-py", "mdurl"}
    unpackaged = {name.replace("_", "-").lower() for name in foreign} - packaged - taken_if_there
    assert unpackaged == set()


def test_the_set_up_program_calls_commands_that_exist_and_leaves_the_data_alone():
    script = (PACKAGING / "windows" / "stockwire-agent.iss").read_text(encoding="utf-8")
    called = set(re.findall(r"(?<!Stockwire )agent (?:service )?[a-z-]+(?=['\" ])", script))
    assert {"agent service stop", "agent service install", "agent service start"} <= called
    for words in called - {"agent service"}:
        assert CliRunner().invoke(main, [*words.split(), "--help"]).exit_code == 0, words
    assert "[UninstallDelete]" not in script
    deleted = re.search(r"(?s)\[InstallDelete\](.*?)\n\[", script)[1]
    assert "commonappdata" not in deleted
    assert re.search(r'Name: "\{commonappdata\}\\Stockwire";.*uninsneveruninstall', script)
