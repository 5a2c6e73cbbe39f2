"""The way to a shop: keys, clocks, addresses, versions and limits, and what the check says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from tests.connectors.woocommerce.conftest import keys

from stockwire.connectors.woocommerce.channel import WooCommerceChannel
from stockwire.errors import NotSetUp
from stockwire.ports import Done


def test_over_https_the_keys_go_in_a_header_or_in_the_address(simulated, add):
    shop = simulated(treat_as_https=True)
    for authentication in ("basic", "query_params"):
        settings = shop.settings(api_url="https://shop.example", authentication=authentication)
        channel = WooCommerceChannel(settings, transport=httpx2.WSGITransport(app=shop.app))
        (outcome,) = channel.push([add(f"BY-{authentication}")])
        channel.close()
        assert isinstance(outcome, Done)


def test_wrong_keys_over_https_say_what_to_do(simulated):
    shop = simulated(treat_as_https=True)
    for key, words in (("consumer_key", "query_params"), ("consumer_secret", "Read/Write")):
        wrong = {key: {"consumer_key": "ck_", "consumer_secret": "cs_"}[key] + "0" * 40}
        settings = shop.settings(api_url="https://shop.example", **wrong)
        channel = WooCommerceChannel(settings, transport=httpx2.WSGITransport(app=shop.app))
        with pytest.raises(NotSetUp) as caught:
            channel.order("1")
        channel.close()
        assert words in caught.value.hint


def test_a_key_that_may_only_read_is_found_by_the_check_without_writing(simulated):
    shop = simulated(keys=keys(permissions="read"))
    findings = {finding.code: finding for finding in shop.channel().check()}
    assert findings["key_reads"].state == "passed"
    assert findings["key_writes"].state == "failed"
    assert findings["key_writes"].seen == "The key may not read and write."
    assert shop.app.shop.products == {}


def test_a_key_of_a_customer_is_refused_with_the_role_it_needs(simulated):
    shop = simulated(keys=keys(role="customer"))
    (connection,) = [found for found in shop.channel().check() if found.code == "connection"]
    assert connection.state == "failed"
    assert "shop manager" in connection.fix


def test_the_check_tells_versions_currency_vat_decimals_and_limits(simulated):
    found = {finding.code: finding for finding in simulated().channel().check()}
    assert "WooCommerce 10.0.2" in found["version"].seen
    assert "ZAR" in found["currency"].seen
    assert "include VAT" in found["prices_include_tax"].seen
    assert found["decimals"].state == "passed"
    assert found["clock"].state == "passed"
    assert found["key_writes"].state == "passed"


def test_the_check_compares_the_decimals_of_prices(simulated):
    found = {finding.code: finding for finding in simulated().channel(price_decimals="0").check()}
    assert found["decimals"].state == "warning"
    assert "price_decimals" in found["decimals"].fix


def test_the_check_sees_a_clock_that_is_wrong_by_an_hour(simulated):
    ahead = datetime.now(UTC) + timedelta(hours=1)
    shop = simulated(clock=lambda: ahead)
    channel = WooCommerceChannel(shop.settings(), now=lambda: ahead)
    found = {finding.code: finding for finding in channel.check()}
    channel.close()
    assert found["clock"].state == "failed"
    assert "15 minutes" in found["clock"].seen


def test_a_signature_with_a_wrong_clock_is_refused_with_words_about_the_clock(simulated):
    shop = simulated()
    channel = WooCommerceChannel(shop.settings(), now=lambda: datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(NotSetUp, match="disagree about the time"):
        channel.order("1")
    channel.close()


def test_a_legacy_address_works_and_says_that_it_is_old(simulated, add):
    shop = simulated()
    channel = shop.channel(api_url=f"{shop.stand.url}/wc-api/v3")
    found = {finding.code: finding for finding in channel.check()}
    assert found["address"].state == "warning"
    assert "old WooCommerce API" in found["address"].seen
    assert isinstance(channel.push([add("BOLT")])[0], Done)


def test_a_wrong_address_says_to_look_at_address_and_permalinks(simulated):
    shop = simulated()
    (connection,) = [
        found
        for found in shop.channel(api_url=f"{shop.stand.url}/typo").check()
        if found.code == "connection"
    ]
    assert connection.state == "failed"
    assert "Permalinks" in connection.fix
