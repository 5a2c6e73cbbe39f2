"""The hub's web process."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler

from stockwire.hub.api.body_bound import App, Receive, Send, Uploads, bound_bodies
from stockwire.hub.api.public.uploads import UPLOAD_BYTES, UPLOADS, known_token
from stockwire.wire import MAX_BATCH_BYTES

WEBHOOK_BYTES = 1_000_000
FORM_BYTES = 100_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockwire.hub.settings")


def _without_middleware() -> ASGIHandler:
    """Sessions, forms and pages are not for agents, and their middlewares send each request to a thread and
    back many times: 3 to 4 ms of processor time, about as much as reading a batch of a thousand rows takes.
    """
    kept, settings.MIDDLEWARE = settings.MIDDLEWARE, []
    try:
        return ASGIHandler()
    finally:
        settings.MIDDLEWARE = kept


def _apart(prefix: str, below: App, others: App) -> App:
    """Requests below `prefix` to `below`, all others to `others`."""

    async def chosen(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        app = below if scope["type"] == "http" and scope["path"].startswith(prefix) else others
        await app(scope, receive, send)

    return chosen


pages = get_asgi_application()
application: App = _apart("/api/agent/", _without_middleware(), pages)
# Django would spool a body of any size to disk before a view could refuse it.
for prefix, most in (("/hooks/", WEBHOOK_BYTES), ("/sign-in", FORM_BYTES)):
    application = bound_bodies(application, prefix, most)
application = bound_bodies(application, "/api/", MAX_BATCH_BYTES, Uploads(UPLOADS, UPLOAD_BYTES, known_token))
