"""The hub's web process."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from stockwire.hub.api.body_bound import bound_bodies

WEBHOOK_BYTES = 1_000_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockwire.hub.settings")
# Django would spool a body of any size to disk before a view could refuse it.
application = bound_bodies(get_asgi_application(), "/hooks/", WEBHOOK_BYTES)
