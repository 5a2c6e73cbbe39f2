"""Answers that are not the REST API's: HTML pages, the legacy API's refusal, a fatal error."""

from __future__ import annotations

NOT_FOUND = (
    "<!DOCTYPE html><html><head><title>Page not found</title></head><body>Page not found</body></html>"
)
GATEWAY_TIMEOUT = (
    "<html><head><title>504 Gateway Time-out</title></head>"
    "<body><center><h1>504 Gateway Time-out</h1></center></body></html>"
)
LEGACY_API = {
    "errors": {
        "code": "woocommerce_api_disabled",
        "message": "The WooCommerce API is disabled on this site",
    }
}
FATAL = {
    "code": "internal_server_error",
    "message": "<p>There has been a critical error on this website.</p>",
    "data": {"status": 500},
}
