"""The system status and the index of the site: what a connection test reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockwire.simulators.woocommerce.rest import Answer, Call, Json
from stockwire.simulators.woocommerce.seed import SYMBOLS
from stockwire.simulators.woocommerce.shop import VERSION, WORDPRESS

if TYPE_CHECKING:
    from stockwire.simulators.woocommerce.shop import Shop

STORE_ID = "a0fa8229-8cad-4342-9e37-c22cdc5280c1"
HPOS = "Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore"
CPT = "WC_Order_Data_Store_CPT"


def status(shop: Shop, call: Call) -> Answer:
    """GET /system_status."""
    body = {
        "environment": _environment(call),
        "database": {"wc_database_version": VERSION, "database_prefix": "wp_"},
        "active_plugins": [_plugin("woocommerce/woocommerce.php", "WooCommerce", VERSION), *shop.plugins],
        "inactive_plugins": [],
        "theme": {"name": "Twenty Twenty-Five", "version": "1.2", "is_child_theme": False},
        "settings": _settings(shop),
        "security": {"secure_connection": call.site.startswith("https"), "hide_errors": True},
        "pages": [],
    }
    return Answer(body)


def _plugin(path: str, name: str, version: str) -> Json:
    return {
        "plugin": path,
        "name": name,
        "version": version,
        "version_latest": version,
        "url": "https://woocommerce.com/",
        "author_name": "Automattic",
        "author_url": "https://woocommerce.com",
        "network_activated": False,
    }


def _environment(call: Call) -> Json:
    return {
        "home_url": call.site,
        "site_url": call.site,
        "store_id": STORE_ID,
        "version": VERSION,
        "log_directory": "",
        "log_directory_writable": False,
        "wp_version": WORDPRESS,
        "wp_multisite": False,
        "wp_memory_limit": 536870912,
        "wp_debug_mode": True,
        "wp_cron": False,
        "language": "en_US",
        "external_object_cache": None,
        "server_info": "",
        "server_architecture": "Linux x86_64",
        "php_version": "8.2.36",
        "php_post_max_size": 8388608,
        "php_max_execution_time": 300,
        "php_max_input_vars": 1000,
        "curl_version": "7.88.1, OpenSSL/3.0.19",
        "suhosin_installed": False,
        "max_upload_size": 2097152,
        "mysql_version": "10.11.19",
        "mysql_version_string": "10.11.19-MariaDB-0+deb12u1",
        "default_timezone": "UTC",
        "fsockopen_or_curl_enabled": True,
        "soapclient_enabled": False,
        "domdocument_enabled": True,
        "gzip_enabled": True,
        "mbstring_enabled": True,
        "remote_post_successful": False,
        "remote_post_response": "",
        "remote_get_successful": False,
        "remote_get_response": "",
    }


def _settings(shop: Shop) -> Json:
    own_tables = shop.options.order_storage == "hpos"
    ratings = [f"rated-{stars}" for stars in range(1, 6)]
    visibility = ["exclude-from-catalog", "exclude-from-search", "featured", "outofstock", *ratings]
    return {
        "api_enabled": False,
        "force_ssl": False,
        "currency": shop.currency,
        "currency_symbol": SYMBOLS.get(shop.currency, shop.currency),
        "currency_position": "left",
        "thousand_separator": ",",
        "decimal_separator": ".",
        "number_of_decimals": 2,
        "geolocation_enabled": False,
        "taxonomies": {name: name for name in ("external", "grouped", "simple", "variable")},
        "product_visibility_terms": {name: name for name in visibility},
        "woocommerce_com_connected": "no",
        "enforce_approved_download_dirs": True,
        "order_datastore": HPOS if own_tables else CPT,
        "HPOS_enabled": own_tables,
        "HPOS_sync_enabled": False,
        "enabled_features": [
            "analytics",
            "marketplace",
            "order_attribution",
            "site_visibility_badge",
            "remote_logging",
            "blueprint",
            "point_of_sale",
            "custom_order_tables",
        ],
    }


def root(shop: Shop, call: Call) -> Answer:
    """GET /wp-json/: where a client learns the namespaces."""
    return Answer(
        {
            "name": "Simulated shop",
            "description": "",
            "url": call.site,
            "home": call.site,
            "timezone_string": shop.options.time_zone,
            "namespaces": ["wc/v3", "wp/v2"],
            "authentication": {},
            "routes": {},
        }
    )
