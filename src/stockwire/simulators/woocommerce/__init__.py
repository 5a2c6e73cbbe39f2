"""A stateful stand-in for a WooCommerce 10.0.2 shop (REST wc/v3), built from recorded exchanges.

It ships with the product so that users can rehearse and tests can run without a shop. It never talks to
anything but the webhook addresses that are registered in it.
"""

from __future__ import annotations

from stockwire.simulators.woocommerce.app import WooCommerce
from stockwire.simulators.woocommerce.shop import Key, Options, create

__all__ = ["Key", "Options", "WooCommerce", "create"]
