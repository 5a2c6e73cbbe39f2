"""A shop says that something changed. It is verified, noted as "look at this order", and answered at once.

What the body says is never used as data: the order is read from the shop. A delivery that says nothing new
is answered like any other, for a shop switches off webhooks that are not answered.
"""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from stockwire import dying
from stockwire.errors import NotSetUp, Refused
from stockwire.hub import jobs, tenancy
from stockwire.hub.api.answers import ApiError
from stockwire.hub.models import Channel, Lane, LaneKind
from stockwire.hub.sync.order_marks import first_time, mark_orders, receipt_key
from stockwire.ports import WebhookHint
from stockwire.registry import channel_connector

log = structlog.get_logger("stockwire.webhooks")
MAX_BYTES = 1_000_000


@csrf_exempt
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """POST /hooks/<key>. 200 taken (or known already), 400 empty, 401 forged, 404 nobody, 413 too large."""
    if request.method != "POST":
        return JsonResponse({"message": "Use POST here."}, status=405)
    try:
        body = _body(request)
        found = tenancy.channel_by_webhook_key(key)
        if found is None:
            raise ApiError(404, "There is nothing here.")
        client_id, channel_id = found
        with tenancy.scope(client_id):
            return _take(request, Channel.objects.get(pk=channel_id), body)
    except ApiError as error:
        return JsonResponse(error.body, status=error.status)


def _take(request: HttpRequest, channel: Channel, body: bytes) -> HttpResponse:
    if not channel.active:
        return _thanks()
    connector = channel_connector(channel.type)
    try:
        settings = channel.read_settings(connector.settings)
        hint = connector.read_webhook(settings, dict(request.headers), body)
    except (Refused, NotSetUp) as error:
        log.warning("A webhook was turned away", channel=channel.pk, why=error.message)
        raise ApiError(401, error.message, error.hint) from None
    if hint.orders and not hint.ping and _is_news(channel, hint):
        mark_orders(channel.client_id, channel.pk, [order.channel_order_code for order in hint.orders])
        lanes = Lane.objects.filter(channel=channel, kind=LaneKind.ORDERS, paused=False)
        for lane_id in lanes.values_list("id", flat=True):
            jobs.wake(channel.client_id, lane_id)
        dying.step("web-webhook-marked")
    return _thanks()


def _is_news(channel: Channel, hint: WebhookHint) -> bool:
    """A delivery is known by what it says. One that cannot be told from others is always news."""
    if not hint.dedupe_key:
        return True
    key = receipt_key("hook", hint.dedupe_key)
    return bool(first_time(channel.client_id, channel.pk, [key]))


def _body(request: HttpRequest) -> bytes:
    """The raw body, never more than MAX_BYTES of it in memory."""
    too_large = ApiError(413, "A webhook may have at most 1 MB.")
    stated = request.headers.get("Content-Length", "")
    if stated and (not stated.isdecimal() or int(stated) > MAX_BYTES):
        raise too_large
    body: bytes = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise too_large
    if not body.strip():
        raise ApiError(400, "The webhook is empty.")
    return body


def _thanks() -> HttpResponse:
    return JsonResponse({"message": "Thank you."})


webhook_urls = [path("hooks/<str:key>", hook)]
