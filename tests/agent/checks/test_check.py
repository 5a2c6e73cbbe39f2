"""A healthy set-up passes; every way of spoiling it is named by its code, with the fix, and nothing else is."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from stockwire.agent.checks.database import DatabaseCheck
from stockwire.agent.config import load
from stockwire.agent.journal import Journal
from stockwire.servers.omni_database import product_query

PLAIN = product_query(changemark=False)


def in_(site, table, **values):
    site.toml[table].update(values)


def omni_with(site, open_omni, **options):
    site.toml["omni"]["url"] = open_omni(**options).url


def role(site):
    site.sql("CREATE ROLE CLERKS", "GRANT UPDATE ON STOCK TO ROLE CLERKS", "GRANT CLERKS TO STOCKWIRE_READER")


def owner(site):
    server = site.stock.server
    server.create_reader("KEEPER", "keeper-pw", site.stock.path, ["STOCK"])
    site.sql("GRANT CREATE TABLE TO USER KEEPER")
    from firebird.driver import connect

    with connect(site.stock.dsn, user="KEEPER", password="keeper-pw") as connection:
        connection.execute_immediate("CREATE TABLE NOTES (A INTEGER)")
        connection.commit()
    site.sql("REVOKE CREATE TABLE FROM USER KEEPER")
    in_(site, "database", user="KEEPER", password="keeper-pw")


def stranger(site):
    site.stock.server.create_reader("STRANGER", "stranger-pw", site.stock.path, [])
    in_(site, "database", user="STRANGER", password="stranger-pw")


def per_warehouse(site, code):
    site.hub.source_settings["param_warehouse_code"] = code
    site.query("SELECT q.*, 'EDN' AS WAREHOUSECODE FROM (" + product_query() + ") q")


def broken_journal(site):
    (site.data / "journal.sqlite").write_bytes(b"no database at all" * 100)


def hour_old(hub):
    hub.date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)


def set_source(site, **values):
    site.hub.source_settings.update(values)


def newer_journal(site):
    with contextlib.closing(sqlite3.connect(site.data / "journal.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")


def closed_config(site):
    """The service's user may write the data folder, but not read the configuration that its unit names."""
    closed = site.folder / "closed.toml"
    closed.touch(mode=0o600)
    site.data.chmod(0o777)
    site.unit.write_text(site.unit.read_text().replace("/etc/stockwire/agent.toml", str(closed)))
    write_unit(site, "nobody")


def write_unit(site, user):
    site.unit.write_text(site.unit.read_text() + f"User={user}\n")


FIRST = "(SELECT FIRST 1 STOCKCODE FROM STOCK WHERE UPPER(TRIM(EXTRADTLS8)) = 'ACTIVE' ORDER BY STOCKCODE)"

# fmt: off
SPOILT = [
    # name, how, code, state, words of what is seen, words of the fix
    ('toml', lambda s, o: s.toml['database'].pop('path'), 'configuration', 'failed', 'database.path is missing', 'Give the database file'),
    ('hub name', lambda s, o: in_(s, 'hub', url='https://hub.invalid:8080'), 'hub_port', 'failed', 'hub.invalid is not known', 'typing errors'),
    ('hub away', lambda s, o: s.hub.stop(), 'hub_port', 'failed', 'Nobody listens on port', 'is the hub running?'),
    ('hub is another', lambda s, o: in_(s, 'hub', url=s.omni.url), 'hub_answers', 'failed', 'Something else than a hub', 'Check hub.url'),
    ('no token', lambda s, o: (s.data / 'hub.token').unlink(), 'hub_token', 'failed', 'is not enrolled', 'stockwire agent enrol'),
    ('revoked', lambda s, o: s.hub.tokens.clear(), 'hub_token', 'failed', 'does not accept', 'new enrolment code'),
    ('clock', lambda s, o: hour_old(s.hub), 'clock', 'failed', '60 minutes ahead of', 'Set the clock'),
    ('cert expired', lambda s, o: s.over_tls(days=-2), 'hub_certificate', 'failed', 'has expired', 'Renew it at the hub'),
    ('cert soon', lambda s, o: s.over_tls(days=9), 'hub_certificate', 'warning', 'expires in 9 days', 'Renew the certificate'),
    ('cert name', lambda s, o: s.over_tls(address='10.1.2.3'), 'hub_certificate', 'failed', 'is for another name', 'hub.url'),
    ('cert signer', lambda s, o: (s.over_tls(), s.toml['hub'].pop('certificates')), 'hub_certificate', 'failed', 'signed by nobody', 'hub.certificates'),
    ('no tls', lambda s, o: in_(s, 'hub', url=s.hub.url.replace('http', 'https')), 'hub_certificate', 'failed', 'does not speak TLS', 'hub.url'),
    ('bad source', lambda s, o: set_source(s, currency=['ZAR'], selling_price_decimals=9), 'source_settings', 'failed', 'selling_price_decimals', 'in the hub'),
    ('db port', lambda s, o: in_(s, 'database', port=1), 'database_server', 'failed', 'Nobody answers at 127.0.0.1, port 1', 'start the Firebird service'),
    ('db is another', lambda s, o: in_(s, 'database', port=int(s.omni.url.rpartition(':')[2])), 'database_name', 'failed', 'cannot be opened', 'database.path'),
    ('db name', lambda s, o: in_(s, 'database', path='/nowhere.fdb'), 'database_name', 'failed', '/nowhere.fdb does not exist', 'database.path'),
    ('db password', lambda s, o: in_(s, 'database', password='wrong'), 'database_user', 'failed', 'refuses the user', 'database.password'),
    ('db no password', lambda s, o: in_(s, 'database', password=''), 'database_user', 'failed', 'no password', 'STOCKWIRE_DATABASE_PASSWORD'),
    ('sysdba', lambda s, o: in_(s, 'database', user='SYSDBA', password=s.stock.server.sysdba_password), 'database_read_only', 'warning', 'administrator', 'CREATE USER'),
    ('may write', lambda s, o: s.sql('GRANT INSERT, DELETE ON STOCK TO STOCKWIRE_READER'), 'database_read_only', 'warning', 'delete from STOCK, insert into STOCK', 'GRANT SELECT'),
    ('everybody may', lambda s, o: s.sql('GRANT UPDATE (DESCRIPTION) ON STOCK TO PUBLIC'), 'database_read_only', 'warning', 'update STOCK (as PUBLIC)', 'GRANT SELECT'),
    ('role may write', lambda s, o: role(s), 'database_read_only', 'warning', 'update STOCK (as CLERKS)', 'GRANT SELECT'),
    ('owner', lambda s, o: owner(s), 'database_read_only', 'warning', 'owns NOTES', 'CREATE USER'),
    ('no select', lambda s, o: stranger(s), 'product_query', 'failed', 'STRANGER may not read', 'GRANT SELECT'),
    ('query typo', lambda s, o: s.query('SELEKT * FROM STOCK'), 'product_query', 'failed', 'does not accept', 'stockwire agent inspect'),
    ('no quantity', lambda s, o: s.query('SELECT STOCKCODE, DESCRIPTION, SELLINGPRICE1, EXTRADTLS8, RDB$RECORD_VERSION AS CHANGEMARK FROM STOCK'), 'product_columns', 'failed', 'Missing columns: OAvailable', 'Name OAvailable with AS'),
    ('no mark', lambda s, o: s.query(PLAIN), 'change_mark', 'warning', 'no CHANGEMARK', 'k.RDB$RECORD_VERSION'),
    ('no rows', lambda s, o: s.query(product_query() + ' WHERE 1 = 0'), 'product_rows', 'failed', 'There are no rows', 'another company'),
    ('broken row', lambda s, o: s.query(product_query().replace('s.WEIGHT', '1 / (s.WEIGHT - s.WEIGHT) AS WEIGHT')), 'product_rows', 'failed', 'cannot be read to the end', 'isql'),
    ('word elsewhere', lambda s, o: (s.sql('UPDATE STOCK SET EXTRADTLS5 = EXTRADTLS8, EXTRADTLS8 = NULL'), s.query('SELECT q.*, t.EXTRADTLS5 FROM (' + product_query() + ') q JOIN STOCK t ON t.STOCKCODE = q.STOCKCODE')), 'active_field', 'failed', 'EXTRADTLS5 does on', 'active_column'),
    ('none active', lambda s, o: s.sql("UPDATE STOCK SET EXTRADTLS8 = 'IGNORE'"), 'active_field', 'failed', 'no product would be sent', 'Put ACTIVE into EXTRADTLS8'),
    ('odd words', lambda s, o: s.sql("UPDATE STOCK SET EXTRADTLS8 = 'YES' WHERE STOCKCODE = " + FIRST), 'active_field', 'warning', '"YES" on 1', 'Put ACTIVE, DELETE or IGNORE'),
    ('no code', lambda s, o: s.sql("UPDATE STOCK SET STOCKCODE = ' ' WHERE STOCKCODE = " + FIRST), 'stock_codes', 'warning', '1 rows have no STOCKCODE', 'a code in Omni'),
    ('code twice', lambda s, o: s.sql('INSERT INTO STOCK SELECT * FROM STOCK WHERE STOCKCODE = ' + FIRST), 'sku_collisions', 'failed', '1 stock codes come more than once', 'Rename the other item'),
    ('case', lambda s, o: s.sql("UPDATE STOCK SET STOCKCODE = 'abc-1' WHERE STOCKCODE = " + FIRST, "UPDATE STOCK SET STOCKCODE = 'ABC-1' WHERE STOCKCODE = " + FIRST), 'sku_collisions', 'warning', 'ABC-1 and abc-1', 'the same SKU'),
    ('bad price', lambda s, o: s.sql('UPDATE STOCK SET SELLINGPRICE2 = -1 WHERE STOCKCODE = ' + FIRST), 'product_values', 'warning', 'less than nothing', 'Correct these items'),
    ('no price', lambda s, o: s.sql('UPDATE STOCK SET SELLINGPRICE1 = NULL WHERE STOCKCODE = ' + FIRST), 'price_lists', 'warning', 'have no price in SELLINGPRICE1', 'Fill in this selling price'),
    ('no warehouse', lambda s, o: s.query('SELECT q.*, IIF(q.STOCKCODE = ' + FIRST + ", '', 'EDN') AS WAREHOUSECODE FROM (" + product_query() + ') q'), 'warehouses', 'warning', '1 rows have no WAREHOUSECODE', 'yield their warehouse'),
    ('omni closed', lambda s, o: s.omni.refuse(), 'omni_service', 'failed', 'Nobody answers', 'shell:startup'),
    ('omni is another', lambda s, o: in_(s, 'omni', url=s.hub.url), 'omni_service', 'failed', 'it is not OmniWebServiceREST', 'Another program uses this port'),
    ('omni old', lambda s, o: omni_with(s, o, version='7.13.9.9999'), 'omni_version', 'failed', 'older than 7.13.63.3345', 'upgraded'),
    ('omni password', lambda s, o: in_(s, 'omni', password='wrong'), 'omni_sign_in', 'failed', 'Invalid username or password', 'omni.password'),
    ('two blanks', lambda s, o: in_(s, 'omni', company='Example  Traders (Pty) Ltd'), 'omni_company', 'failed', 'two blanks follow "Example"', 'exactly as Omni shows it'),
    ('hard blank', lambda s, o: in_(s, 'omni', company='Example\xa0Traders (Pty) Ltd'), 'omni_company', 'failed', 'non-breaking blank', 'exactly as Omni shows it'),
    ('trailing blank', lambda s, o: in_(s, 'omni', company='Example Traders (Pty) Ltd '), 'omni_company', 'failed', 'begins or ends with a blank', 'exactly as Omni shows it'),
    ('other company', lambda s, o: in_(s, 'omni', company='Example Traders'), 'omni_company', 'failed', 'does not know the company', 'title bar'),
    ('licence', lambda s, o: omni_with(s, o, licence_full=True), 'omni_licence', 'failed', 'licences are taken', 'Log a user off'),
    ('SF187', lambda s, o: omni_with(s, o, missing_switches=['SF187']), 'switch_sf187', 'failed', 'SF187 (automation) is off', 'Ask Omni to enable SF187'),
    ('SF083', lambda s, o: omni_with(s, o, missing_switches=['SF083']), 'switch_sf083', 'failed', 'SF083 (sales orders) is off', 'Quote'),
    ('unclear', lambda s, o: omni_with(s, o, missing_document_text='Not there'), 'omni_look_up', 'warning', 'is not clear', 'Restart OmniWebServiceREST'),
    ('no customer', lambda s, o: set_source(s, param_default_customer_code=''), 'default_customer', 'warning', 'no default customer', 'param_default_customer_code'),
    ('warehouse', lambda s, o: per_warehouse(s, 'GVS'), 'order_warehouse', 'failed', 'shows only: EDN', 'param_warehouse_code'),
    ('no delivery code', lambda s, o: set_source(s, param_shipping_code=''), 'shipping_code', 'warning', 'no stock code for delivery', 'param_shipping_code'),
    ('delivery code', lambda s, o: set_source(s, param_shipping_code='COURIER'), 'shipping_code', 'failed', 'does not show', 'service item'),
    ('delivery spelt', lambda s, o: set_source(s, param_shipping_code='Ship'), 'shipping_code', 'failed', 'spells it SHIP', 'to SHIP'),
    ('folder', lambda s, o: (s.toml.update(data_folder='agent.toml/data'), in_(s, 'hub', token='the-token-of-this-agent')), 'data_folder', 'failed', 'cannot be written', 'the right to write'),
    ('journal broken', lambda s, o: broken_journal(s), 'journal', 'warning', 'is damaged', 'Restart the agent'),
    ('journal newer', lambda s, o: newer_journal(s), 'journal', 'failed', 'written by a newer agent', 'Do not delete the journal'),
    ('journal folder', lambda s, o: (s.data / 'journal.sqlite').mkdir(), 'journal', 'failed', 'cannot be written', 'rights of the file'),
    ('disk', lambda s, o: s.around.update(least_free_bytes=2 ** 60), 'disk_space', 'failed', 'the agent wants', 'Make room'),
    ('not enabled', lambda s, o: (s.folder / 'units/multi-user.target.wants/stockwire-agent.service').unlink(), 'starts_with_machine', 'warning', 'does not start with this machine', 'systemctl enable --now'),
    ('no service', lambda s, o: s.unit.unlink(), 'starts_with_machine', 'warning', 'No service starts', 'ExecStart'),
    ('not again', lambda s, o: s.unit.write_text(s.unit.read_text().replace('Restart=on-failure', 'Restart=no')), 'starts_with_machine', 'warning', 'not again after a failure', 'Restart=on-failure'),
    ('no such user', lambda s, o: write_unit(s, 'nobody-here'), 'start_right', 'failed', 'no such user', 'User='),
    ('may not', lambda s, o: write_unit(s, 'nobody'), 'start_right', 'failed', 'may not write', 'chown -R nobody'),
    ('may not read', lambda s, o: closed_config(s), 'start_right', 'failed', 'nobody, who may not read', 'chmod 600'),
]
# fmt: on
ALSO = {"SF187": {"omni_look_up"}, "SF083": {"omni_look_up"}}


def bad(findings):
    return {finding.code: finding for finding in findings if finding.state in {"failed", "warning"}}


def test_a_healthy_set_up_passes_and_only_what_nobody_can_see_stays_unknown(site):
    findings = site.findings()
    assert bad(findings) == {}
    assert {f.code for f in findings if f.state == "unknown"} == {"default_customer", "switch_sf109"}
    assert {f.code: f.seen for f in findings}["active_field"].startswith("EXTRADTLS8: 5")


@pytest.mark.parametrize("name, spoil, code, state, seen, fix", SPOILT, ids=[case[0] for case in SPOILT])
def test_a_spoilt_set_up_is_named_with_its_fix_and_nothing_else_is_blamed(
    site, open_omni, name, spoil, code, state, seen, fix
):
    before = {finding.code for finding in site.findings()} if name == "toml" else None
    spoil(site, open_omni)
    findings = site.findings()
    found = bad(findings)
    assert code in found, found
    assert (found[code].state, found[code].code) == (state, code)
    assert seen in found[code].seen
    assert fix in found[code].fix
    assert set(found) == {code} | ALSO.get(name, set())
    if before is not None:
        assert {finding.code for finding in findings} == before
    said = " ".join(f.seen + f.fix for f in findings)
    assert "read-only" not in said
    assert "rehearsal" not in said
    assert "the-token-of" not in said


def test_an_order_raised_before_shows_that_documents_may_be_imported(site):
    with Journal(site.data):
        pass
    with sqlite3.connect(site.data / "journal.sqlite") as db:
        db.execute(
            "INSERT INTO orders VALUES (1, 1, 'Sales Order', 'SW1', 'confirmed', 'x', NULL, '2026-05-04T08:00')"
        )
    db.close()
    found = {finding.code: finding for finding in site.findings()}
    assert found["switch_sf109"].state == "passed"
    assert "2026-05-04" in found["switch_sf109"].seen
    assert found["journal"].seen == "The journal can be written; 0 batches wait for the hub."


def from_reports(site, open_omni, **report):
    """Products out of a saved report with a column that says ACTIVE, instead of the database."""
    rows = [
        {"stock_code": code, "description": code.title(), "level": 5, "price": "10", "on_the_web": word}
        for code, word in (("PUMP-01", "ACTIVE"), ("PUMP-02", "delete"), ("SHIP", ""))
    ]
    columns = ["stock_code", "stock_description", "selling_price_excl", "available", "on_the_web", "bar_code"]
    columns.append("stock_category_description")
    site.toml["omni"]["url"] = open_omni(stock=rows, reports={"Shop": columns}).url
    del site.toml["database"]
    site.toml["report"] = {"names": ["Shop"], "active": "on_the_web", **report}


def test_products_out_of_saved_reports_are_looked_at_in_the_same_way(site, open_omni):
    from_reports(site, open_omni)
    findings = {finding.code: finding for finding in site.findings()}
    assert bad(findings.values()) == {}
    assert findings["database_server"].seen == "Products come from saved reports; the database is not read."
    assert findings["product_rows"].seen.startswith("There are 3 rows")
    assert "1 ACTIVE, 1 DELETE, 0 IGNORE, 1 blank" in findings["active_field"].seen
    assert findings["switch_sf046"].seen == "SF046 works: EXTRADTLS8 is filled on 2 rows."
    assert findings["shipping_code"].state == "passed"


@pytest.mark.parametrize(
    "report, code, seen",
    [
        ({"names": ["Nowhere"]}, "product_query", "Omni does not have this report"),
        ({"active": ""}, "product_query", "does not say which column of the report holds ACTIVE"),
        ({"active": "on_the_shelf"}, "product_query", "has no column on_the_shelf"),
        ({"active_column": "EXTRADTLS3"}, "product_columns", "Missing columns: EXTRADTLS8"),
    ],
)
def test_a_report_that_cannot_serve_is_named(site, open_omni, report, code, seen):
    from_reports(site, open_omni, **report)
    found = bad(site.findings())
    assert set(found) == {code}
    assert seen in found[code].seen
    assert found[code].fix


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up(site):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = load(site.write()).database
        settings.port = silent.getsockname()[1]
        found = {finding.code: finding for finding in DatabaseCheck(settings, within_s=0.3).look()}
        taken, _ = silent.accept()
        taken.close()  # what the probe of the port left behind
        taken, _ = silent.accept()
        taken.close()
    assert found["database_server"].state == "passed"
    assert "does not speak as a database" in found["database_name"].seen
    assert "restart the Firebird service" in found["database_name"].fix
    assert {found["database_user"].state, found["database_read_only"].state} == {"unknown"}
