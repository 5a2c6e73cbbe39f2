"""A stateful stand-in for a Shopify shop that executes the published Admin GraphQL schema.

It ships with the product so that users can rehearse and tests can run without a shop. It never talks to
anything but the webhook addresses that are registered in it.
"""

from __future__ import annotations

from stockwire.simulators.shopify.app import Shopify
from stockwire.simulators.shopify.options import Options, create, simulated_shopify
from stockwire.simulators.shopify.shop import Shop

__all__ = ["Options", "Shop", "Shopify", "create", "simulated_shopify"]
