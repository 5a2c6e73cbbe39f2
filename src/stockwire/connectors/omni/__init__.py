"""Omni Accounts as a source of products and a taker of orders.

The hub uses `connector` (pure translation); the agent uses `api.OmniService` on the client's premises.
"""

from __future__ import annotations

from stockwire.connectors.omni.settings import OmniSettings
from stockwire.connectors.omni.source import OmniSource
from stockwire.ports import SourceConnector

__all__ = ["OmniSettings", "OmniSource", "connector"]

connector = SourceConnector(name="omni", title="Omni Accounts", settings=OmniSettings, open=OmniSource)
