"""agent.toml: every mistake is named with its key and its fix; secrets may come from the environment."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from stockwire.agent.commands import agent
from stockwire.agent.config import DatabaseSettings, load, parse
from stockwire.agent.config_checks import is_loopback
from stockwire.errors import NotSetUp


def raw(**changes):
    settings = {
        "hub": {"url": "https://hub.example.co.za:8080"},
        "database": {"path": "C:\\Omni\\DEMO.FDB", "user": "RO", "product_query": "SELECT 1"},
    }
    for key, value in changes.items():
        table, _, name = key.partition("__")
        if value is None:
            del settings[table][name]
        elif name:
            settings.setdefault(table, {})[name] = value
        else:
            settings[table] = value
    return settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"database__user": None}, "missing key `database.user`"),
        ({"database__path": None}, "database.path is missing"),
        ({"database__product_query": "  "}, "database.product_query is empty"),
        ({"database__port": "3050"}, "database.port"),
        ({"database__usr": "x"}, "unknown key `database.usr`"),
        ({"database__removal_limit": 3.0}, "database.removal_limit is 3.0"),
        ({"database__driver": "odbc"}, "database.driver"),
        ({"hub__url": "hub.example.co.za"}, "hub.url is 'hub.example.co.za'"),
        ({"hub__certificates": "/no/such.pem"}, "hub.certificates /no/such.pem does not exist"),
        ({"hub__proxy": "proxy.local:3128"}, "hub.proxy is neither system nor none"),
        ({"log__megabytes": 0.0}, "log.megabytes is 0.0"),
        ({"log__files": 1}, "log.files is 1"),
        ({"omni__auth": "kerberos"}, "omni.auth"),
        ({"colour": "red"}, "unknown key `colour`"),
    ],
)
def test_a_mistake_is_named_by_its_key_with_a_fix(changes, words):
    with pytest.raises(NotSetUp) as caught:
        parse(raw(**changes), environment={})
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_as_notepad_or_powershell_writes_it_is_read(tmp_path, encoding):
    path = tmp_path / "agent.toml"
    text = CliRunner().invoke(agent, ["example-config"]).output.replace("Company Name", "Cafe Fynbos é")
    path.write_text(text, encoding=encoding)
    assert load(path, environment={}).omni.company == "Cafe Fynbos é (Pty) Ltd"


def test_secrets_come_from_the_environment_and_win_over_the_file(tmp_path):
    environment = {
        "STOCKWIRE_DATABASE_PASSWORD": "one",
        "STOCKWIRE_OMNI_PASSWORD": "two",
        "STOCKWIRE_AGENT_TOKEN": "three",
    }
    settings = parse(raw(database__password="old", omni__company="C"), environment=environment)
    assert settings.database.password == "one"
    assert settings.omni.password == "two"
    assert settings.hub.token == "three"


def test_the_example_configuration_is_a_valid_one(tmp_path):
    printed = CliRunner().invoke(agent, ["example-config"])
    path = tmp_path / "agent.toml"
    path.write_text(printed.output, encoding="utf-8")
    settings = load(path, environment={})
    assert settings.data_folder == str(tmp_path / "stockwire-agent")
    assert settings.database.parts == ("127.0.0.1", 3050, "C:\\Omni\\Data\\COMPANY.FDB")
    assert "ASSUMPTION" in printed.output


@pytest.mark.parametrize("kind", [[], ["--report"]])
def test_every_key_the_example_shows_in_a_comment_exists(tmp_path, kind):
    printed = CliRunner().invoke(agent, ["example-config", *kind]).output
    printed = printed.replace("# everything_active = false", "everything_active = false")
    printed = printed.replace('# "Stock Listing CEN" = "CEN"', '"Stock Export" = "CEN"')
    path = tmp_path / "agent.toml"
    (tmp_path / "hub-ca.pem").write_text("x")
    lines = []
    for line in printed.splitlines():
        bare = line.removeprefix("# ")
        lines.append(
            bare if line.startswith("# ") and bare.split(" ")[0].isidentifier() and " = " in bare else line
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    settings = load(path, environment={})
    assert settings.hub.proxy == "system"
    assert settings.log.files == 5
    assert settings.omni.repost_after_s == 60
    if kind:
        assert settings.report.column_map["SELLINGPRICE2"] == "stock_unit_selling_price_2"
        assert settings.report.warehouses == {"Stock Export": "CEN"}


REPORT = {"active": "web"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"database": {"user": "u", "path": "x", "product_query": "S"}}, "a product query and a report"),
        ({"omni": None}, "no [omni]"),
        ({"report": {"names": []}}, "name each saved report once"),
        ({"report": {"names": ["A", "A"]}}, "name each saved report once"),
        ({"report": {"columns": {"Description": ""}}}, "leaves DESCRIPTION out"),
        ({"report": {"warehouses": {"stock export": "CEN"}}}, "'stock export', which report.names does not"),
        ({"report": {"names": ["A", "B"], "warehouses": {"A": "1"}}}, "whose warehouse each one is"),
        ({"report": {"names": ["A", "B"], "warehouses": {"A": "1", "B": "1"}}}, "warehouse of its own"),
        (
            {"report": {"warehouses": {"Stock Export": "1"}, "columns": {"WAREHOUSECODE": "warehouse_code"}}},
            "both say which warehouse",
        ),
        ({"report": {"active": "web", "everything_active": True}}, "exclude each other"),
        ({"report": {"poll_s": 0}}, "report.poll_s is 0"),
        ({"omni": {"at_once": 0}}, "omni.at_once is 0"),
        ({"omni": {"at_once": 99}}, "omni.at_once is 99"),
        ({"report": {"removal_limit": 20}}, "report.removal_limit is 20"),
    ],
)
def test_a_mistake_about_reports_is_named_with_its_fix(changes, words):
    settings = {"hub": raw()["hub"], "report": REPORT, "omni": {"company": "C"}, **changes}
    with pytest.raises(NotSetUp) as caught:
        parse({name: table for name, table in settings.items() if table is not None}, environment={})
    assert words in caught.value.message
    assert caught.value.hint


def test_with_a_report_no_database_is_needed_and_without_either_nothing_is_read():
    settings = {"hub": raw()["hub"], "report": REPORT, "omni": {"company": "C"}}
    assert parse(settings, environment={}).report.column_map == {
        "STOCKCODE": "stock_code",
        "DESCRIPTION": "stock_description",
        "SELLINGPRICE1": "selling_price_excl",
        "BARCODE": "bar_code",
        "CATEGORY": "stock_category_description",
        "EXTRADTLS8": "web",
        "OAvailable": "available",
    }
    with pytest.raises(NotSetUp, match="nowhere where products come from"):
        parse({"hub": raw()["hub"]}, environment={})


@pytest.mark.parametrize(
    ("dsn", "parts"),
    [
        ("server:C:\\Omni\\X.FDB", ("server", 3050, "C:\\Omni\\X.FDB")),
        ("server/3051:/data/x.fdb", ("server", 3051, "/data/x.fdb")),
        ("10.0.0.5/3055:alias", ("10.0.0.5", 3055, "alias")),
        ("C:\\Omni\\X.FDB", ("127.0.0.1", 3050, "C:\\Omni\\X.FDB")),
    ],
)
def test_a_dsn_is_taken_apart_without_mistaking_a_drive_for_a_host(dsn, parts):
    assert DatabaseSettings(user="u", product_query="q", dsn=dsn).parts == parts


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://127.9.9.9", True),
        ("http://localhost", True),
        ("http://[::1]:1", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://0.0.0.0", False),
    ],
)
def test_only_this_very_machine_counts_as_loopback(url, here):
    assert is_loopback(url) is here


@pytest.mark.parametrize("command", ["run", "enrol", "example-config"])
def test_every_command_explains_itself_with_an_example(command):
    shown = CliRunner().invoke(agent, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: stockwire agent {command}" in shown.output


def test_a_missing_file_says_how_to_make_one(tmp_path):
    shown = CliRunner().invoke(agent, ["run", "--config", str(tmp_path / "none.toml")])
    assert shown.exit_code == 2
    assert "stockwire agent example-config > agent.toml" in shown.output
