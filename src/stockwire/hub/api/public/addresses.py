"""Every address of the JSON API."""

from __future__ import annotations

from django.urls import URLPattern, path

from stockwire.hub.api.public.access import new_api, otherwise
from stockwire.hub.api.public.audit import router as audit
from stockwire.hub.api.public.channels import router as channels
from stockwire.hub.api.public.exports import router as exports
from stockwire.hub.api.public.images import router as images
from stockwire.hub.api.public.imports import router as imports
from stockwire.hub.api.public.linked_sources import router as linked_sources
from stockwire.hub.api.public.lists import router as lists
from stockwire.hub.api.public.segments import router as segments
from stockwire.hub.api.public.sources import router as sources
from stockwire.hub.api.public.templates import router as templates

api = new_api()
api.add_router("/channels", channels)
api.add_router("/sources", linked_sources)
api.add_router("/sources", sources)
api.add_router("/images", images)
api.add_router("/imports", imports)
api.add_router("/exports", exports)
api.add_router("/audit", audit)
api.add_router("/templates", templates)
api.add_router("/segments", segments)
api.add_router("", lists)
# The last of all: what no other has taken.
api.add_router("", otherwise)

public_urls: list[URLPattern] = [path("api/v1/", api.urls)]  # type: ignore[list-item]
