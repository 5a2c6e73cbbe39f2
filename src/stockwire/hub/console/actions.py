"""What a person can do from the status page. Each is a plain form, POST only, and leaves an audit row.

The work itself is done by the verbs in sync/; nothing here calls another system.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from stockwire.errors import Refused
from stockwire.hub import jobs
from stockwire.hub.console.causes import (
    DIGEST,
    MARK_CAUSE,
    MARK_FIX,
    PRODUCT_CAUSE,
    PRODUCT_FIX,
    SEEN_PRODUCT,
)
from stockwire.hub.console.scoped import SignedInRequest, administrators_only
from stockwire.hub.console.sight import sight_of
from stockwire.hub.console.wording import things
from stockwire.hub.models import Audit, Channel, Lane, LaneKind
from stockwire.hub.sync import lanes, order_actions
from stockwire.hub.sync.stale import wake_pushes

NOTICE_KEY = "notice"
PRODUCTS_AGAIN = f"""
    update stale t set state = 'waiting', attempts = 0, next_at = now(), message = '', hint = '', detail = ''
    from stale s join products p on p.id = s.product_id
    where t.channel_id = s.channel_id and t.product_id = s.product_id
        and s.channel_id = %(channel)s and s.state = 'needs_you' and {SEEN_PRODUCT}
        and {DIGEST.format(cause=PRODUCT_CAUSE, fix=PRODUCT_FIX)} = %(cause)s
"""  # noqa: S608 - only constants of causes.py are put in
MARKS_AGAIN = f"""
    update order_marks set needs_you = false, attempts = 0, next_at = now(), message = '', hint = ''
    where channel_id = %(channel)s and needs_you and %(order_keys)s::text[] is null
        and {DIGEST.format(cause=MARK_CAUSE, fix=MARK_FIX)} = %(cause)s
"""  # noqa: S608


@require_POST
@administrators_only
def resume_channel(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Go on with a paused channel, or do not wait for the end of its back-off."""
    channel = get_object_or_404(Channel, pk=channel_id)
    before = _lane_states(channel)
    lanes.resume(request.client.pk, channel.pk)
    for lane_id in Lane.objects.filter(channel=channel).values_list("id", flat=True):
        jobs.wake(request.client.pk, lane_id)
    _audit(request, "resume channel", channel.description, before, _lane_states(channel))
    return _done(request, f"{channel.description} goes on.")


@require_POST
@administrators_only
def try_products_again(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Offer the products of one cause again. Posted: `cause`, the digest from the page."""
    channel = get_object_or_404(Channel, pk=channel_id)
    number = _again(PRODUCTS_AGAIN, request, channel)
    wake_pushes({channel.pk})
    return _tried_again(request, channel, number, things(number, "product", "products"))


@require_POST
@administrators_only
def try_marks_again(request: SignedInRequest, channel_id: int) -> HttpResponse:
    """Look again at the orders of one cause that could not be taken over from their channel."""
    channel = get_object_or_404(Channel, pk=channel_id)
    number = _again(MARKS_AGAIN, request, channel)
    orders_lane = Lane.objects.filter(channel=channel, kind=LaneKind.ORDERS, paused=False)
    orders_lane.filter(attempts=0).update(next_at=timezone.now())
    for lane_id in orders_lane.values_list("id", flat=True):
        jobs.wake(request.client.pk, lane_id)
    return _tried_again(request, channel, number, things(number, "order", "orders"))


@require_POST
@administrators_only
def send_order_again(request: SignedInRequest, order_id: int) -> HttpResponse:
    """Send a refused or doubtful order to its source once more; it is looked up there first."""
    return _act(request, order_id, order_actions.send_again, "Order {} is sent to its source again.")


@require_POST
@administrators_only
def release_order(request: SignedInRequest, order_id: int) -> HttpResponse:
    """Let a held order go on as it is."""
    return _act(request, order_id, order_actions.release_hold, "Order {} is released and goes to its source.")


@require_POST
@administrators_only
def settle_order(request: SignedInRequest, order_id: int) -> HttpResponse:
    """The document of a raised order was corrected by hand."""
    return _act(request, order_id, order_actions.settle, "Order {} is settled.")


def _act(
    request: SignedInRequest, order_id: int, verb: Callable[[int, str], None], said: str
) -> HttpResponse:
    """Do it and say so. The verb writes the audit itself."""
    order = get_object_or_404(sight_of(request.user, timezone.now()).orders(), pk=order_id)
    try:
        verb(order_id, request.user.username)
    except Refused as refused:
        return _done(request, f"{refused.message} {refused.hint}".strip(), tone="needs")
    return _done(request, said.format(order.number))


def _again(sql: str, request: SignedInRequest, channel: Channel) -> int:
    with connection.cursor() as cursor:
        cause = request.POST.get("cause", "").replace("\0", "")
        asked = sight_of(request.user, timezone.now()).asked()
        cursor.execute(sql, {**asked, "channel": channel.pk, "cause": cause})
        return int(cursor.rowcount)


def _tried_again(request: SignedInRequest, channel: Channel, number: int, what: str) -> HttpResponse:
    if not number:
        return _done(
            request, "Nothing was left to try again: it has been tried since, or has changed.", "wait"
        )
    _audit(request, "try again", channel.description, {"needs you": number}, {"waiting": number})
    return _done(request, f"{what} of {channel.description} will be tried again now.")


def _lane_states(channel: Channel) -> dict[str, object]:
    return {
        lane.kind: {"paused": lane.paused, "attempts": lane.attempts, "note": lane.note}
        for lane in Lane.objects.filter(channel=channel)
    }


def _audit(request: SignedInRequest, action: str, subject: str, before: object, after: object) -> None:
    Audit.objects.create(
        client=request.client,
        who=request.user.username,
        action=action,
        subject=subject[:200],
        before=before,
        after=after,
    )


def _done(request: SignedInRequest, text: str, tone: str = "good") -> HttpResponse:
    request.session[NOTICE_KEY] = {"text": text, "tone": tone}
    return HttpResponseRedirect("/")
