"""What people read: the page of messages says what the code says, and the command what it found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from stockwire.agent.checks.check import WAITS
from stockwire.agent.checks.check_up import FAULT, GROUPS
from stockwire.agent.commands import agent

PAGE = Path(__file__).parents[3] / "docs" / "connect" / "omni.md"


def section():
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index("## Check it") :].split("\n## ")[1 - 1]


def rows_of_the_code():
    return [
        f"| `{check.code}` | {message.state} | {message.seen} | {message.fix} |".replace("|  |", "| |")
        for group in GROUPS
        for check in group.checks
        for message in check.messages.values()
    ]


def test_the_page_lists_every_message_of_every_check_word_for_word_and_no_other():
    written = [line for line in section().splitlines() if line.startswith("| `")]
    assert written == rows_of_the_code()


def test_the_page_has_the_groups_and_the_words_common_to_all():
    text = section()
    assert re.findall(r"(?m)^### (.+)$", text) == [group.title for group in GROUPS]
    assert WAITS.format(title="...") in text
    assert FAULT.format(why="...") in text


def test_every_failed_or_doubtful_message_says_what_to_do():
    for group in GROUPS:
        for check in group.checks:
            for message in check.messages.values():
                assert bool(message.fix) or message.state in {"passed", "unknown"}, check.code
                assert message.state in {"passed", "failed", "warning", "unknown"}


def test_codes_are_unique():
    codes = [check.code for group in GROUPS for check in group.checks]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("spoilt, status", [(False, 0), (True, 1)])
def test_the_command_says_a_line_per_check_and_ends_with_one_when_something_failed(site, spoilt, status):
    if spoilt:
        site.toml["omni"]["password"] = "wrong"
    ran = CliRunner().invoke(agent, ["check", "--config", str(site.write())])
    assert ran.exit_code == status
    assert "\nThe way to the hub\n  ok       hub_port " in ran.output
    assert ("  FAILED   omni_sign_in" in ran.output) is spoilt
    assert ("Nothing failed." in ran.output) is not spoilt
    assert "Traceback" not in ran.output


def test_the_command_gives_one_json_object_with_every_check(site):
    site.toml["database"]["path"] = "/nowhere.fdb"
    ran = CliRunner().invoke(agent, ["check", "--json", "--config", str(site.write())])
    assert ran.exit_code == 1
    told = json.loads(ran.stdout)
    assert told["ok"] is False
    assert told["failed"] == 1
    assert [f["code"] for f in told["findings"]] == [check.code for group in GROUPS for check in group.checks]
    by_code = {finding["code"]: finding for finding in told["findings"]}
    assert by_code["product_rows"]["seen"] == "Cannot be known until the database's name is right."
    assert by_code["database_name"]["about"] == "the database's name"
    assert site.toml["database"]["password"] not in ran.output


def test_the_command_goes_to_the_end_without_any_configuration(tmp_path):
    ran = CliRunner().invoke(agent, ["check", "--config", str(tmp_path / "none.toml")])
    assert ran.exit_code == 1
    assert "There is no configuration file" in ran.output
    assert "Fix: Make one with: stockwire agent example-config" in ran.output
    assert "Cannot be known until agent.toml is right." in ran.output
