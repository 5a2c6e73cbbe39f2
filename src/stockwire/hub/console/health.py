"""Is the hub able to serve? For load balancers and service managers, unauthenticated, without details."""

from __future__ import annotations

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

ANSWER_WITHIN_S = 3


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok" when the database answers, 503 otherwise."""
    # A connection of its own: a dead pool would let us wait longer than whoever asks does.
    parameters = {**connection.get_connection_params(), "connect_timeout": ANSWER_WITHIN_S}
    try:
        with psycopg.connect(**parameters) as direct:
            direct.execute("select 1")
    except psycopg.Error:
        return HttpResponse("the database does not answer\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
