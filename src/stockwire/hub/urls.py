"""Every address of the hub."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from stockwire.hub.api.agent import agent_urls
from stockwire.hub.api.agent_findings import agent_findings_urls
from stockwire.hub.api.agent_orders import agent_order_urls
from stockwire.hub.api.public.addresses import public_urls
from stockwire.hub.api.webhooks import webhook_urls
from stockwire.hub.console.addresses import console_urls
from stockwire.hub.images.serving import image_urls

urlpatterns: list[URLPattern | URLResolver] = [
    *agent_urls,
    *agent_findings_urls,
    *agent_order_urls,
    *public_urls,
    *webhook_urls,
    *image_urls,
    *console_urls,
]
