"""Every connector there is, by name. The only place that imports connectors by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from stockwire.errors import NotSetUp
from stockwire.file_port import FileConnector
from stockwire.ports import ChannelConnector, SourceConnector

CHANNELS = {
    "woocommerce": "stockwire.connectors.woocommerce",
    "shopify": "stockwire.connectors.shopify",
}
SOURCES = {"omni": "stockwire.connectors.omni"}
FILES = {"flatfile": "stockwire.connectors.flatfile"}


@cache
def channel_connector(name: str) -> ChannelConnector:
    """The channel connector of this type. Raises NotSetUp listing those that exist."""
    if name not in CHANNELS:
        raise NotSetUp(f"There is no channel type {name!r}.", hint=f"Known types: {', '.join(CHANNELS)}.")
    found = import_module(CHANNELS[name]).connector
    assert isinstance(found, ChannelConnector)
    return found


@cache
def source_connector(name: str) -> SourceConnector:
    """The source connector of this type. Raises NotSetUp listing those that exist."""
    if name not in SOURCES:
        raise NotSetUp(f"There is no source type {name!r}.", hint=f"Known types: {', '.join(SOURCES)}.")
    found = import_module(SOURCES[name]).connector
    assert isinstance(found, SourceConnector)
    return found


@cache
def file_connector(name: str) -> FileConnector:
    """The connector of linked sources of this type. Raises NotSetUp listing those that exist."""
    if name not in FILES:
        raise NotSetUp(f"{name!r} is no kind of linked source.", hint=f"Known kinds: {', '.join(FILES)}.")
    found = import_module(FILES[name]).connector
    assert isinstance(found, FileConnector)
    return found
