"""Every address of the hub."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from stockwire.hub.api.agent import agent_urls
from stockwire.hub.console.addresses import console_urls

urlpatterns: list[URLPattern | URLResolver] = [*agent_urls, *console_urls]
