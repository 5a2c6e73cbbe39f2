"""`stockwire agent check` on every Firebird version that can be run here: named, found read-only, found apt."""

from __future__ import annotations

import pytest

from stockwire.servers.omni_database import product_query


@pytest.fixture(scope="session")
def firebird(firebird_of_each_version):
    return firebird_of_each_version


def found(site):
    return {finding.code: finding for finding in site.findings()}


def test_a_healthy_site_passes_and_the_version_is_said(site, firebird):
    findings = found(site)
    version = firebird.programs.version
    assert f"opens; Firebird {version}." in findings["database_name"].seen
    assert findings["database_read_only"].seen == "The user STOCKWIRE_READER may only read."
    assert findings["change_mark"].seen.startswith(f"Firebird {version}.")
    assert findings["change_mark"].seen.endswith(": only changed rows are read.")
    assert [finding.code for finding in findings.values() if finding.state in {"failed", "warning"}] == []


def test_a_user_that_may_write_and_a_query_without_mark_are_found(site):
    site.sql("GRANT INSERT, DELETE ON STOCK TO STOCKWIRE_READER")
    site.query(product_query(changemark=False))
    findings = found(site)
    assert "delete from STOCK, insert into STOCK" in findings["database_read_only"].seen
    assert findings["change_mark"].state == "warning"


def test_a_wrong_password_and_a_wrong_name_are_told_apart(site):
    site.toml["database"]["password"] = "wrong"
    assert found(site)["database_user"].state == "failed"
    site.toml["database"] |= {"password": site.stock.password, "path": "/nowhere.fdb"}
    assert found(site)["database_name"].state == "failed"
