"""The agent's log in files: they never outgrow what they may, and nothing that happens to them stops it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest
import structlog

from stockwire.agent import log
from stockwire.agent.config import LogSettings
from stockwire.errors import NotSetUp


@pytest.fixture
def write(tmp_path):
    """Begin a log with these settings; returns a function that logs a line. All is put back at the end."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers = list(root.handlers)

    def begin(**settings):
        log.begin(LogSettings(file=str(tmp_path / "logs" / "agent.log"), **settings))
        return structlog.get_logger("stockwire.agent")

    yield begin
    structlog.configure(**before)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()


def sizes(folder):
    return {file.name: file.stat().st_size for file in (folder / "logs").iterdir()}


def test_files_are_changed_at_their_size_and_only_so_many_are_kept(write, tmp_path, capsys):
    logger = write(megabytes=0.01, files=3)
    for number in range(1_000):
        logger.info("a line of some length, as the agent writes them", number=number)
    kept = sizes(tmp_path)
    assert set(kept) == {"agent.log", "agent.log.1", "agent.log.2"}
    assert max(kept.values()) <= 10_000
    newest = (tmp_path / "logs" / "agent.log").read_text(encoding="utf-8").splitlines()
    assert newest[-1].endswith("info    a line of some length, as the agent writes them  number=999")
    assert capsys.readouterr().err.count("\n") == 1_000


def test_a_file_that_cannot_be_changed_is_written_on_and_nothing_is_lost(write, tmp_path, capsys):
    logger = write(megabytes=0.01, files=2)
    (tmp_path / "logs" / "agent.log.1").mkdir()
    for number in range(300):
        logger.info("a line of some length, as the agent writes them", number=number)
    text = (tmp_path / "logs" / "agent.log").read_text(encoding="utf-8")
    assert [f"number={number}\n" in text for number in range(300)] == [True] * 300
    assert "Traceback" not in capsys.readouterr().err


def test_letters_beyond_ascii_traces_and_warnings_of_libraries_are_in_the_file(write, tmp_path):
    logger = write()
    logger.warning("Crème brûlée", sku="ЖЖ")
    logging.getLogger("some.library").warning("a worry")
    try:
        raise ValueError("boom")
    except ValueError:
        logger.exception("a fault of ours")
    text = (tmp_path / "logs" / "agent.log").read_text(encoding="utf-8")
    assert "warning Crème brûlée  sku='ЖЖ'\n" in text
    assert "warning some.library: a worry\n" in text
    assert "a fault of ours\nTraceback (most recent call last):" in text
    assert text.rstrip().endswith("ValueError: boom")


def test_a_log_that_cannot_be_written_is_told_at_the_start(tmp_path, write):
    (tmp_path / "logs").write_text("a file where the folder should be")
    with pytest.raises(NotSetUp, match=r"The log file .*agent\.log cannot be written") as caught:
        write()
    assert "log.file" in caught.value.hint


def test_a_process_without_stderr_still_writes_its_file(tmp_path):
    """As a Windows service is: there sys.stderr is None."""
    code = (
        "import sys, structlog; sys.stderr = None\n"
        "from stockwire.agent import log; from stockwire.agent.config import LogSettings\n"
        f"log.begin(LogSettings(file={json.dumps(str(tmp_path / 'agent.log'))}))\n"
        "structlog.get_logger().info('here')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "agent.log").read_text(encoding="utf-8").endswith("info    here\n")
