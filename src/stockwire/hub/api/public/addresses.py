"""Every address of the JSON API."""

from __future__ import annotations

from django.urls import URLPattern, path

from stockwire.hub.api.public.access import new_api
from stockwire.hub.api.public.channels import router as channels
from stockwire.hub.api.public.sources import router as sources

api = new_api()
api.add_router("/channels", channels)
api.add_router("/sources", sources)

public_urls: list[URLPattern] = [path("api/v1/", api.urls)]  # type: ignore[list-item]
