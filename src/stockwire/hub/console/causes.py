"""What needs you? Every trouble of a client, grouped by cause, so that one fix has one button.

Messages and hints name their SKU or order; for grouping that name is taken out, so 41 products with the
same trouble are one cause. Reads only, inside a scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse

from stockwire.hub.console.flows import ChannelRow, SourceRow
from stockwire.hub.console.sales import Act, act
from stockwire.hub.console.sight import EVERYTHING, ORDER_KEY, Sight
from stockwire.hub.console.wording import PAUSED, Moment, count, moment, things

EXAMPLES = 5
SHOWN = 30

# A name is taken out only when it is long enough not to occur by chance.
NAMELESS = "case when length({code}) >= 3 then replace({text}, {code}, '…') else {text} end"
ORDER_CAUSE, ORDER_FIX = (NAMELESS.format(code="number", text=text) for text in ("reason", "hint"))
MARK_CAUSE, MARK_FIX = (NAMELESS.format(code="channel_order_code", text=text) for text in ("message", "hint"))
ROW_CAUSE, ROW_FIX = (NAMELESS.format(code="code", text=text) for text in ("message", "hint"))
PRODUCT_CAUSE, PRODUCT_FIX = (
    NAMELESS.format(code="p.source_product_code", text=text) for text in ("s.message", "s.hint")
)
# Of what is not read yet nobody can tell who may see it: it is shown to those who see everything.
SEEN_ORDER = f"(%(order_keys)s::text[] is null or {ORDER_KEY} = any(%(order_keys)s))"
SEEN_PRODUCT = "(%(product_ids)s::bigint[] is null or p.id = any(%(product_ids)s))"
# What a form sends back to say which cause is meant; the actions compute it by the same text.
DIGEST = "md5({cause} || '|' || {fix})"
GROUPED = f"""
    with trouble (kind, place_id, message, hint, cause, fix, code, subject_id, state, since) as (
        select 'orders', channel_id, reason, hint, {ORDER_CAUSE}, {ORDER_FIX}, number, id, state, stored_at
        from orders
        where source_id in (select id from sources) and state in ('held', 'refused', 'in_doubt')
            and {SEEN_ORDER}
        union all
        select 'raised', channel_id, reason, hint, {ORDER_CAUSE}, {ORDER_FIX}, number, id, state, stored_at
        from orders where state = 'raised' and reason <> '' and {SEEN_ORDER}
        union all
        select 'marks', channel_id, message, hint, {MARK_CAUSE}, {MARK_FIX},
            channel_order_code, null, '', since
        from order_marks where needs_you and %(order_keys)s::text[] is null
        union all
        select 'products', s.channel_id, s.message, s.hint, {PRODUCT_CAUSE}, {PRODUCT_FIX},
            p.source_product_code, p.id, '', s.since
        from stale s join products p on p.id = s.product_id where s.state = 'needs_you' and {SEEN_PRODUCT}
        union all
        select 'rows', source_id, message, hint, {ROW_CAUSE}, {ROW_FIX}, code, null, '', seen_at
        from source_problems where %(product_ids)s::bigint[] is null
    )
    select kind, place_id, case when count(*) = 1 then min(message) else cause end,
        case when count(*) = 1 then min(hint) else fix end, {DIGEST.format(cause="cause", fix="fix")},
        count(*),
        (array_agg(code order by code, subject_id))[1:{EXAMPLES}],
        (array_agg(subject_id order by code, subject_id))[1:{EXAMPLES}],
        (array_agg(state order by code, subject_id))[1:{EXAMPLES}],
        min(since), count(*) over ()
    from trouble group by kind, place_id, cause, fix
    order by array_position(array['orders', 'raised', 'marks', 'products', 'rows'], kind),
        count(*) desc, cause, fix
    limit {SHOWN}
"""  # noqa: S608 - only constants of this file are put in
NOUNS = {
    "orders": ("order", "orders"),
    "raised": ("raised order", "raised orders"),
    "marks": ("order", "orders"),
    "products": ("product", "products"),
    "rows": ("row", "rows"),
}
NO_HINT = {
    "orders": "Look at the order on its channel, put right what is wrong, then send it again.",
    "raised": "Correct the document in Omni.",
    "marks": "Look at the order on its channel, put right what is wrong, then try again.",
    "products": "Put the product right in its source, or try again when the channel has been put right.",
    "rows": "Put the row right in the source. It goes away with the next reading.",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A SKU or order number, and what can be done with this one alone."""

    name: str
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """`address` is where its button posts to, with `digest`; "" when a button cannot help."""

    where: str
    message: str
    fix: str
    how_many: str
    since: Moment | None
    examples: tuple[Example, ...] = ()
    more: str = ""
    icon: str = "alert"
    address: str = ""
    button: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Causes:
    """The shown causes, worst first, and the number of those that did not fit."""

    shown: Sequence[Cause]
    not_shown: int

    @property
    def total(self) -> int:
        return len(self.shown) + self.not_shown


def causes(
    sources: Sequence[SourceRow], channels: Sequence[ChannelRow], now: datetime, sight: Sight = EVERYTHING
) -> Causes:
    """Whatever stops a whole source or channel first, then orders, then products, then rows; of orders and
    products those that may be seen."""
    stopped = [_stopped_source(row) for row in sources if row.message]
    stopped += [cause for row in channels for cause in _stopped_lanes(row)]
    places = {("s", row.id): row.name for row in sources} | {("c", row.id): row.name for row in channels}
    with connection.cursor() as cursor:
        cursor.execute(GROUPED, sight.asked())
        found = cursor.fetchall()
    grouped = [_group(row, places, now) for row in found]
    not_shown = int(found[0][-1]) - len(found) if found else 0
    return Causes(stopped + grouped, not_shown)


def _stopped_source(row: SourceRow) -> Cause:
    return Cause(
        row.name, row.message, row.hint, "Everything from this source", row.seen, icon=row.state.icon
    )


def _stopped_lanes(row: ChannelRow) -> list[Cause]:
    """Paused lanes; the same reason for products and orders is one cause."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for lane in row.lanes:
        if lane.state is PAUSED:
            by_reason.setdefault((lane.note, lane.hint), []).append(lane.word.lower())
    return [
        Cause(
            where=row.name,
            message=note or "This channel is paused.",
            fix=hint or "Put it right, then resume the channel.",
            how_many=f"{' and '.join(words).capitalize()} of this channel wait",
            since=None,
            icon="pause",
            address=reverse("resume-channel", args=[row.id]),
            button="Resume",
        )
        for (note, hint), words in by_reason.items()
    ]


def _group(row: tuple, places: dict[tuple[str, int], str], now: datetime) -> Cause:  # type: ignore[type-arg]
    kind, place_id, message, hint, digest, number, codes, subject_ids, states, since, _ = row
    examples = tuple(
        Example(code or "(blank)", act(subject_id, state, has_reason=True) if state else None)
        for code, subject_id, state in zip(codes, subject_ids, states, strict=True)
    )
    again = kind in {"products", "marks"}
    return Cause(
        where=places.get(("s" if kind == "rows" else "c", place_id), ""),
        message=message or "No reason was given.",
        fix=hint or NO_HINT[kind],
        how_many=things(number, *NOUNS[kind]),
        since=moment(since, now),
        examples=examples,
        more=f"and {count(number - EXAMPLES)} more" if number > EXAMPLES else "",
        address=reverse(f"try-{kind}-again", args=[place_id]) if again else "",
        button=("Try again" if number == 1 else f"Try all {count(number)} again") if again else "",
        digest=digest,
    )
