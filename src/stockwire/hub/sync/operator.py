"""What a person does to products on a channel: retry, skip, unlink, pause, resume. Each stands in the audit.

A skip never pretends: who and why are kept, the product stays known to be out of step, and its next change
offers it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone

from stockwire.errors import Refused
from stockwire.hub.models import (
    Audit,
    Channel,
    ChannelLink,
    Known,
    KnownProduct,
    Lane,
    ProductLink,
    Stale,
    StaleState,
    Variant,
)
from stockwire.hub.sync.stale import mark_products, wake_pushes

PAUSED_BY = "Paused by "


@dataclass(frozen=True, slots=True)
class Backlog:
    """One channel in figures: stale products by state, and what its lanes say."""

    channel_id: int
    description: str
    paused: bool
    note: str
    waiting: int
    backing_off: int
    needs_you: int
    skipped: int


def backlogs() -> list[Backlog]:
    """Every channel of the client, inside an open scope."""
    found = []
    for channel in Channel.objects.order_by("id"):
        states = list(Stale.objects.filter(channel=channel).values_list("state", flat=True))
        lanes = list(Lane.objects.filter(channel=channel))
        found.append(
            Backlog(
                channel_id=channel.pk,
                description=channel.description,
                paused=any(lane.paused for lane in lanes),
                note=next((lane.note for lane in lanes if lane.note), ""),
                waiting=states.count(StaleState.WAITING),
                backing_off=states.count(StaleState.BACKING_OFF),
                needs_you=states.count(StaleState.NEEDS_YOU),
                skipped=states.count(StaleState.SKIPPED),
            )
        )
    return found


def retry(channel_id: int, who: str, sku: str = "") -> int:
    """Look again at once at what needs a person, backs off or was skipped; one SKU or all. Their number."""
    channel = _channel(channel_id)
    marks = Stale.objects.filter(channel=channel).exclude(state=StaleState.WAITING)
    if sku:
        marks = marks.filter(product_id=_product_id(channel, sku))
    was = dict(marks.values_list("state").annotate(Count("product_id")))
    again = marks.update(
        state=StaleState.WAITING, attempts=0, next_at=timezone.now(), message="", hint="", detail=""
    )
    if again:
        wake_pushes({channel_id})
    _note(channel, who, "retry", sku or "all products", before=was, after={"waiting": again})
    return again


def skip(channel_id: int, sku: str, who: str, reason: str) -> None:
    """Leave this product for now. Raises Refused without a reason, or when it is not out of step."""
    if not reason.strip():
        raise Refused("A skip needs a reason.", hint="Say in a few words why it may be out of step.")
    channel = _channel(channel_id)
    marks = Stale.objects.filter(channel=channel, product_id=_product_id(channel, sku))
    was = marks.values("state", "message").first()
    marks.update(state=StaleState.SKIPPED, skipped_by=who[:150], skip_reason=reason.strip())
    if was is None:
        raise Refused(
            f"{sku} is in step with {channel.description}: there is nothing to skip.",
            hint="Only a product that waits, backs off or needs you can be skipped.",
        )
    _note(channel, who, "skip", sku, before=was, after={"state": "skipped", "reason": reason.strip()})


def unlink(channel_id: int, sku: str, who: str) -> None:
    """Forget the channel's ids of the product with this SKU, of all its variants; they are then looked up by
    SKU again, or created. Raises Refused."""
    channel = _channel(channel_id)
    product_id = _product_id(channel, sku)
    links = ChannelLink.objects.filter(channel=channel, variant__product_id=product_id)
    whole = ProductLink.objects.filter(channel=channel, product_id=product_id)
    before = [*links.values("product_code", "variant_code"), *whole.values("product_code")]
    if not before:
        raise Refused(f"{sku} is not linked on {channel.description}.", hint="There is nothing to forget.")
    Known.objects.filter(channel=channel, variant__product_id=product_id).delete()
    KnownProduct.objects.filter(channel=channel, product_id=product_id).delete()
    links.delete()
    whole.delete()
    mark_products([product_id], "unlinked")
    _note(channel, who, "unlink", sku, before=before, after=None)


def pause(channel_id: int, who: str, reason: str) -> None:
    """Stop sending products to the channel and taking orders from it until resumed. Nothing is lost."""
    channel = _channel(channel_id)
    note = f"{PAUSED_BY}{who}" + (f": {reason.strip()}" if reason.strip() else ".")
    was = _paused(channel)
    Lane.objects.filter(channel=channel).update(
        paused=True, note=note, hint="Resume the channel to go on.", next_at=None
    )
    _note(channel, who, "pause", before=was, after=_paused(channel))


def resume(channel_id: int, who: str) -> None:
    """Go on with a channel that a person or a missing setting paused. Raises Refused for one that was never
    live: to resume is not to go live."""
    channel = _channel(channel_id)
    if not channel.live:
        raise Refused(
            f"{channel.description} is not live yet, so there is nothing to resume.",
            hint=f"Look at `stockwire plan`, then run `stockwire channel go-live` with its id {channel.pk}.",
        )
    was = _paused(channel)
    Lane.objects.filter(channel=channel).update(
        paused=False, attempts=0, note="", hint="", next_at=timezone.now()
    )
    wake_pushes({channel_id})
    _note(channel, who, "resume", before=was, after=_paused(channel))


def hold_for_preview(channel: Channel) -> None:
    """Nothing is sent to this channel and nothing taken from it until somebody lets it go live."""
    Channel.objects.filter(pk=channel.pk).update(live=False)
    Lane.objects.filter(channel=channel).update(
        paused=True,
        note="Not live yet: everything is planned and nothing is sent.",
        hint="Look at what would be sent (stockwire plan), then let it go live (stockwire channel go-live).",
        next_at=None,
    )


def go_live(channel_id: int, who: str) -> None:
    """From now on what was planned is sent. Raises Refused for a channel that is live already."""
    channel = _channel(channel_id)
    if channel.live:
        raise Refused(f"{channel.description} is live already.", hint="There is nothing to do.")
    Channel.objects.filter(pk=channel.pk).update(live=True)
    _note(channel, who, "go live", before={"live": False}, after={"live": True})
    resume(channel_id, who)


def _channel(channel_id: int) -> Channel:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Refused(f"There is no channel {channel_id}.", hint="`stockwire channel list` shows them.")
    return channel


def _product_id(channel: Channel, sku: str) -> int:
    """By SKU in any case. Raises Refused when the source has none or several."""
    found = list(
        Variant.objects.filter(source_id=channel.source_id, sku_key=sku.strip().upper()).values_list(
            "product_id", flat=True
        )
    )
    if len(found) != 1:
        many = "does not know" if not found else "has more than one product with"
        raise Refused(
            f"The source {many} the SKU {sku}.", hint="Check the spelling of the stock code in Omni."
        )
    return int(found[0])


def _paused(channel: Channel) -> dict[str, object]:
    lanes = list(Lane.objects.filter(channel=channel).order_by("kind"))
    note = next((lane.note for lane in lanes if lane.paused), "")
    return {"paused": any(lane.paused for lane in lanes), "note": note}


def _note(channel: Channel, who: str, action: str, sku: str = "", *, before: Any, after: Any) -> None:
    """`sku` is what was acted on, "" for the channel itself."""
    Audit.objects.create(
        client_id=channel.client_id,
        who=who,
        action=action,
        subject=(f"{sku} on {channel.description}" if sku else channel.description)[:200],
        before=before,
        after=after,
    )
