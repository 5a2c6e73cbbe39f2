"""The hub's web process."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from stockwire.hub.api.body_bound import bound_bodies
from stockwire.wire import MAX_BATCH_BYTES

WEBHOOK_BYTES = 1_000_000
FORM_BYTES = 100_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockwire.hub.settings")
# Django would spool a body of any size to disk before a view could refuse it.
application = get_asgi_application()
for prefix, most in (("/hooks/", WEBHOOK_BYTES), ("/api/", MAX_BATCH_BYTES), ("/sign-in", FORM_BYTES)):
    application = bound_bodies(application, prefix, most)
