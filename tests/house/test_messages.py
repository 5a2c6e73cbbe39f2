"""The page of the agent's messages says what its source says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "connect" / "omni-messages.md"


def test_the_page_of_messages_is_what_the_source_says():
    said = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "agent-messages")], capture_output=True, text=True, check=True
    ).stdout
    again = "The page is old. Run: scripts/agent-messages > docs/connect/omni-messages.md"
    assert said == PAGE.read_text(encoding="utf-8"), again


def test_messages_of_every_kind_are_on_it():
    text = PAGE.read_text(encoding="utf-8")
    for words in (
        "| agent.toml: database.path is missing. | Give the database file",
        "| The database refuses the user {user} or its password. | Check database.user",
        "| {code}: more than one row has this STOCKCODE. The first one was used. | ",
        "products vanished from {origin} at once. They were not removed. | ",
        "| There is no service Stockwire agent on this machine. | Make it first: stockwire agent service install |",
        "| agent started | |",
    ):
        assert words in text
