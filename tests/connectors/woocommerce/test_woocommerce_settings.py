"""What an operator may fill in, and what is refused with words that help."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import SecretStr, ValidationError

from stockwire.connectors.woocommerce import WooCommerceSettings

SITE = "https://shop.example"


@pytest.mark.parametrize(
    "given, site",
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/wp-json", "https://shop.example"),
        ("https://shop.example/wp-json/wc/v3", "https://shop.example"),
        ("https://shop.example/wp-json/wc/v3/", "https://shop.example"),
        ("https://shop.example/wp-json/wc/v2", "https://shop.example"),
        ("https://shop.example/wc-api/v3", "https://shop.example"),
        ("https://shop.example/wc-api/v3/", "https://shop.example"),
        ("https://example.com/winkel/wc-api/v3", "https://example.com/winkel"),
        ("https://example.com/winkel/wp-json/wc/v3", "https://example.com/winkel"),
        (" https://shop.example:8443/wp-json/wc/v3 ", "https://shop.example:8443"),
    ],
)
def test_the_site_the_new_api_and_the_legacy_api_all_lead_to_the_same_shop(settings, given, site):
    made = settings(api_url=given)
    assert made.site_url == site
    assert made.rest_url == f"{site}/wp-json/wc/v3"


def test_a_legacy_address_is_known_as_one(settings):
    assert settings(api_url=f"{SITE}/wc-api/v3").is_legacy_url
    assert not settings(api_url=f"{SITE}/wp-json/wc/v3").is_legacy_url


def test_plain_http_is_refused_unless_it_is_switched_on_or_on_this_machine(settings):
    with pytest.raises(ValidationError, match="must start with https://"):
        settings(api_url="http://shop.example")
    assert settings(api_url="http://shop.example", allow_plain_http="true").rest_url.startswith("http://")
    for host in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        assert settings(api_url=f"http://{host}").site_url == f"http://{host}"


@pytest.mark.parametrize("given", ["shop.example", "ftp://shop.example", "https://", ""])
def test_an_address_that_is_none_is_refused(settings, given):
    with pytest.raises(ValidationError, match="the shop address"):
        settings(api_url=given)


def test_a_user_and_password_in_the_address_are_refused(settings):
    with pytest.raises(ValidationError, match="user name or password"):
        settings(api_url="https://me:secret@shop.example")


def test_swapped_keys_are_noticed_without_being_shown(settings):
    with pytest.raises(ValidationError) as caught:
        settings(consumer_key="cs_fedcba9876543210")
    assert "must start with ck_" in str(caught.value)
    assert "fedcba" not in str(caught.value)


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("true", True),
        (" TRUE ", True),
        ("1", True),
        ("yes", False),
        ("false", False),
        ("0", False),
        ("", False),
    ],
)
def test_switches_are_true_for_true_and_1_only(settings, text, meaning):
    assert settings(create_product_enabled=text).create_product_enabled is meaning


def test_everything_can_be_given_as_text_as_settings_are_stored(settings):
    made = settings(batch_size_max="50", order_from_date="2026-11-01", price_decimals="2", timeout_s="30")
    assert (made.batch_size_max, made.order_from_date, made.timeout_s) == (50, date(2026, 11, 1), 30.0)
    assert settings(order_from_date="").order_from_date is None
    assert settings(hmac_shared_secret=" ").hmac_shared_secret is None


def test_orders_that_were_cancelled_can_never_be_chosen_to_be_raised(settings):
    with pytest.raises(ValidationError, match="cancelled are never raised"):
        settings(add_order_status="processing,cancelled")
    with pytest.raises(ValidationError, match="at least one"):
        settings(add_order_status=" , ")
    assert settings(add_order_status="Processing, completed").raised_statuses == {"processing", "completed"}


def test_a_key_that_nothing_acts_on_is_refused_instead_of_ignored(settings):
    with pytest.raises(ValidationError, match="default_fulfillmentservice_id"):
        settings(default_fulfillmentservice_id="true")


def test_every_setting_tells_the_operator_what_it_is_and_does():
    for name, field in WooCommerceSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["group"] in {"Connection", "Speed", "Products", "Orders"}, name


def test_secrets_are_marked_and_never_shown(settings):
    made = settings()
    for name in ("consumer_key", "consumer_secret", "hmac_shared_secret"):
        assert isinstance(getattr(made, name), SecretStr)
    shown = f"{made!r} {made} {made.model_dump_json()}"
    assert "0123456789abcdef" not in shown
    assert "fedcba9876543210" not in shown
    assert "whsec-test" not in shown
