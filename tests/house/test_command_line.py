"""The command line says what it can do, every example of it and of the docs exists, and errors are no traces."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from click.testing import CliRunner

from stockwire.cli import main

ROOT = Path(__file__).parents[2]
STOCKWIRE = [sys.executable, "-m", "stockwire.cli"]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and subcommand by its words, `stockwire` itself being ()."""
    yield path
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from commands(found, (*path, name))


def found(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that these words call, and the words that are left for it."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith(("-", "<")):
        with click.Context(command) as context:
            inner = command.get_command(context, words[0])
        assert inner is not None, f"there is no command {words[0]!r} in {command.name!r}"
        command, words = inner, words[1:]
    return command, words


def check_call(line: str, *, whole: bool = True) -> None:
    """Fail unless `stockwire ...` names a command with options it knows; if `whole`, with all it needs too."""
    words = shlex.split(line, comments=True)
    if ">" in words:
        words = words[: words.index(">")]
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    assert words, line
    assert words[0].rpartition("/")[2] == "stockwire", line
    command, rest = found(words[1:])
    if not whole and (not rest or isinstance(command, click.Group)):
        return
    assert not isinstance(command, click.Group) or {"--help", "--version"} & set(rest), (
        f"{line}: which subcommand?"
    )
    with click.Context(command, info_name=command.name) as context:
        try:
            given, left, _ = command.make_parser(context).parse_args(rest)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")
        assert not left, f"{line}: {left} is too much"
        if whole and "help" not in given:
            for parameter in command.params:
                missing = given.get(parameter.name or "") in (None, ()) or parameter.name not in given
                assert not (parameter.required and missing), f"{line}: {parameter.name} is missing"


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def check_make(line: str) -> None:
    words = [
        word for word in shlex.split(line, comments=True)[1:] if "=" not in word and not word.startswith("-")
    ]
    for word in words:
        assert word in make_targets(), f"{line}: the Makefile has no {word!r}"


def named_in(page: Path) -> Iterator[tuple[str, bool]]:
    """Every command a page names, and whether it stands in a block of code (and so must be whole)."""
    text = page.read_text()
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            plain = re.sub(r"^\s*(\$ |sudo )*", "", line)
            if re.match(r"([A-Z_]+=\S+ )*(\S*/)?stockwire( |$)|make( |$)", plain):
                yield plain, True
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for inline in re.findall(r"`([^`\n]+)`", prose):
        if re.match(r"(stockwire|make)( |$)", inline):
            yield re.sub(r"\s*(\.\.\.|…)$", "", inline), False


@pytest.mark.parametrize("path", list(commands()), ids=lambda path: " ".join(("stockwire", *path)))
def test_every_command_explains_itself_with_an_example_that_exists(path: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(main, [*path, "--help"])
    assert answer.exit_code == 0, answer.output
    command, rest = found(list(path))
    assert rest == []
    words = f"{command.help or ''}\n{command.epilog or ''}"
    examples = re.findall(r"Example: (.+)", words)
    # A group may leave the examples to its commands, which are all asked for theirs.
    assert examples or isinstance(command, click.Group), (
        f"{' '.join(path)} has no line that begins with Example:"
    )
    for example in examples:
        check_call(example)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.opts[0]} has no word of help"


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    for wrong in ("stockwire fly", "stockwire sim woocommerce --prot 1", "stockwire user add thandi"):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            check_call(wrong)
    with pytest.raises(AssertionError):
        check_make("make coffee")


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    for line, whole in named_in(page):
        if line.startswith("make"):
            check_make(line)
        else:
            check_call(line, whole=whole)


def test_the_readme_names_commands_at_all() -> None:
    named = [line for page in DOCS for line, _ in named_in(page)]
    assert {"make demo", "make test"} <= set(named)
    assert any(line.startswith("stockwire agent") for line in named)


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STOCKWIRE, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def assert_plain_error(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[-2].startswith("Error: "), done.stderr
    assert lines[-1].startswith("Fix:   "), done.stderr
    assert message in lines[-2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("up", "--config", "missing.toml"), "The configuration file missing.toml does not exist."),
        (("web", "--config", "broken.toml"), "The configuration file broken.toml cannot be read"),
        (("worker", "--config", "typo.toml"), "prot"),
        (("sim", "woocommerce", "--port", "0", "--option", "colour=red"), "colour"),
        (("sim", "omni", "--port", "0", "--option", "colour=red"), "colour"),
    ],
    ids=["no file", "no TOML", "unknown setting", "shop option", "omni option"],
)
def test_an_error_is_said_in_two_lines_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.toml").write_text("port = ")
    Path("typo.toml").write_text("prot = 8080")
    assert_plain_error(run(*words, STOCKWIRE_DATA_FOLDER=str(tmp_path / "data")), message)


def test_an_agent_without_a_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    done = run("agent", "run", "--config", str(tmp_path / "missing.toml"))
    assert done.returncode > 0
    assert done.stderr.startswith("Error: There is no configuration file")
    assert "stockwire agent example-config" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_simulator_whose_port_is_taken_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_plain_error(
            run("sim", "omni", "--port", str(port), "--control-port", "0"), f"Port {port} or 0"
        )


@pytest.mark.slow
@pytest.mark.parametrize("command", ["web", "worker"])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://nobody:wrong@127.0.0.1:1/nothing", "The hub's database cannot be reached."),
        ("mysql://root@127.0.0.1/stockwire", "DATABASE_URL must begin with postgresql://, not mysql://."),
    ],
    ids=["away", "another kind"],
)
def test_a_database_that_cannot_be_used_is_an_error_in_two_lines(
    tmp_path: Path, command: str, url: str, message: str
) -> None:
    done = run(command, DATABASE_URL=url, DATABASE_ADMIN_URL="", STOCKWIRE_DATA_FOLDER=str(tmp_path))
    assert_plain_error(done, message)
    assert "wrong" not in done.stderr.replace("wrong.", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("user", "add", "--client", "1", "--password", "short", "thandi"), "too short"),
        (("user", "add", "--client", "77", "--password", "tall grass moves slowly", "sipho"), "no client 77"),
        (("source", "agent-code", "--client", "1", "99"), "no source 99"),
        (("source", "revoke-agent", "--client", "1", "99"), "no agent 99"),
        (("source", "add", "--client", "1", "--settings", "broken.toml", "Omni"), "broken.toml"),
        (("channel", "add", "--client", "1", "--source", "1", "--type", "ebay", "Shop"), "ebay"),
        (("channel", "check", "--client", "1", "99"), "99"),
        (("channel", "pause", "--client", "1", "99"), "99"),
    ],
    ids=lambda given: " ".join(given[:2]) if isinstance(given, tuple) else given,
)
def test_a_set_up_that_cannot_be_is_an_error_in_two_lines(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.toml").write_text("price_map = {")
    assert_plain_error(run(*words, **hub.environment), message)


@pytest.mark.slow
def test_setting_up_from_the_command_line_prints_what_comes_next(hub: Any, tmp_path: Path) -> None:
    settings = tmp_path / "omni.toml"
    settings.write_text('param_default_customer_code = "WEB001"\n')
    assert run("client", "add", "Overberg Tools", **hub.environment).stdout == "Client 2: Overberg Tools\n"
    added = run("source", "add", "--client", "2", "--settings", str(settings), "Omni", **hub.environment)
    assert added.returncode == 0, added.stderr
    found_code = re.search(
        r"stockwire agent enrol --config agent.toml --code ([A-Z2-9-]{23})$", added.stdout.strip()
    )
    assert found_code, added.stdout
    check_call(found_code[0])
    assert hub.rows("select count(*) from agents where client_id = 2 and code_hash <> ''") == [(1,)]


@pytest.mark.parametrize("system", ["omni", "woocommerce"])
def test_a_simulator_really_serves_and_stops_when_told(system: str) -> None:
    with subprocess.Popen(
        [*STOCKWIRE, "sim", system, "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            url, control = re.findall(r"http://[0-9.:]+", line)
            health = httpx2.get(f"{control}/health", timeout=10, trust_env=False).json()
            assert (health["ok"], health["url"]) == (True, url)
            assert httpx2.get(f"{url}/nothing-here", timeout=10, trust_env=False).status_code in {200, 404}
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
