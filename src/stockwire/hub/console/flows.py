"""Is everything flowing? Sources and channels as the status page shows them. Reads only, inside a scope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q

from stockwire.errors import NotSetUp
from stockwire.hub.console.sight import EVERYTHING, Sight
from stockwire.hub.console.wording import (
    BACKING_OFF,
    NEEDS_YOU,
    NOT_KNOWN,
    PAUSED,
    SWITCHED_OFF,
    UP_TO_DATE,
    WAITING,
    WORKING,
    Moment,
    State,
    count,
    moment,
)
from stockwire.hub.models import (
    Agent,
    Channel,
    ChannelLink,
    DriftReport,
    Lane,
    LaneKind,
    Source,
    SourceProblem,
    Stale,
)
from stockwire.hub.models import StaleState as S
from stockwire.hub.sync.drift_reports import newest_of_all, summary
from stockwire.registry import channel_connector

# The agent's words for how it read.
READ_MODES = {
    "watermark": "Changed rows only",
    "watermark (all rows)": "All rows",
    "hash": "All rows, changed ones sent",
    "hash (all rows)": "All rows, all sent",
}
READ_WELL = State("Flowing", "good", "check")
NOT_RUN = State("Not run yet", "wait", "clock")
ORDER_OF_WORRY = (PAUSED, BACKING_OFF, WORKING, WAITING, UP_TO_DATE)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """`rows` and `took` are of the last reading, a dash before the first."""

    id: int
    name: str
    state: State
    machine: str
    version: str
    seen: Moment | None
    read: Moment | None
    mode: str
    rows: str
    took: str
    unusable_rows: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One direction of a channel. `next` is set while it backs off, None when its turn has come."""

    word: str
    state: State
    note: str
    hint: str
    last_run: Moment | None
    next: Moment | None
    backs_off: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """`waiting` and its neighbours count products; `linked` counts SKUs that the channel knows. `backs_off`
    when it may be asked to try at once. A paused channel has its button where it says what is wrong.
    """

    id: int
    name: str
    type: str
    state: State
    lanes: tuple[LaneRow, ...]
    waiting: str
    backing_off: str
    needs_you: str
    skipped: str
    oldest: Moment | None
    linked: str
    orders_until: Moment | None
    webhooks_note: str
    webhooks_checked: Moment | None
    backs_off: bool
    drift: str = ""
    drift_at: Moment | None = None


def sources(now: datetime) -> list[SourceRow]:
    """Every source with the agent that was heard of last."""
    unusable = dict(SourceProblem.objects.values_list("source_id").annotate(Count("id")))
    agents: dict[int, Agent] = {}
    # Ascending, so that the one heard of last stays; one never heard of comes first.
    in_use = Agent.objects.filter(revoked_at=None).exclude(token_hash="")
    for agent in sorted(
        in_use, key=lambda agent: (agent.last_seen_at is not None, agent.last_seen_at or now)
    ):
        agents[agent.source_id] = agent
    rows = Source.objects.order_by("description", "id")
    return [_source(row, agents.get(row.pk), unusable.get(row.pk, 0), now) for row in rows]


def _source(row: Source, agent: Agent | None, unusable: int, now: datetime) -> SourceRow:
    state, message, hint = _how_is_it(row, agent, now)
    return SourceRow(
        id=row.pk,
        name=row.description,
        state=state,
        machine=agent.machine if agent else "",
        version=agent.version if agent else "",
        seen=moment(agent.last_seen_at, now) if agent else None,
        read=moment(row.stock_read_at, now),
        mode=READ_MODES.get(row.read_mode, row.read_mode),
        rows=count(row.read_rows),
        took=NOT_KNOWN if row.read_seconds is None else f"{row.read_seconds:.1f} s",
        unusable_rows=count(unusable),
        message=message,
        hint=hint,
    )


def _how_is_it(row: Source, agent: Agent | None, now: datetime) -> tuple[State, str, str]:
    if not row.active:
        return SWITCHED_OFF, "", ""
    if agent is None:
        return (
            State("No agent yet", "needs", "plug"),
            f"No agent serves {row.description} yet, so nothing can be read from it.",
            "Install the agent beside it and enrol it with a code from this hub.",
        )
    if agent.silent_since(now, settings.CONFIG.agent_silent_s):
        heard = moment(agent.last_seen_at, now)
        since = f"was last heard of {heard.text}" if heard else "has not been heard of yet"
        return (
            State("Silent", "needs", "alert"),
            f"The agent of {row.description} on {agent.machine or 'its machine'} {since}.",
            "See that the machine is on, that the agent runs, and that it may reach this hub.",
        )
    if row.read_error:
        return NEEDS_YOU, row.read_error, row.read_hint
    if row.stock_read_at is None:
        return State("First reading", "run", "run"), "", ""
    return READ_WELL, "", ""


def channels(now: datetime, sight: Sight = EVERYTHING) -> list[ChannelRow]:
    """Every channel with its lanes and its backlog. Products are not counted for somebody who may not see all
    of them."""
    backlog = {
        row["channel_id"]: row
        for row in Stale.objects.values("channel_id").annotate(
            waiting=Count("product_id", filter=Q(state=S.WAITING)),
            backing_off=Count("product_id", filter=Q(state=S.BACKING_OFF)),
            needs_you=Count("product_id", filter=Q(state=S.NEEDS_YOU)),
            skipped=Count("product_id", filter=Q(state=S.SKIPPED)),
            oldest=Min("since", filter=Q(state__in=[S.WAITING, S.BACKING_OFF])),
        )
    }
    linked = dict(ChannelLink.objects.values_list("channel_id").annotate(Count("id")))
    reports = newest_of_all()
    lanes: dict[int, list[Lane]] = {}
    for lane in Lane.objects.order_by("-kind"):
        lanes.setdefault(lane.channel_id, []).append(lane)
    rows = [
        _channel(row, lanes.get(row.pk, []), backlog.get(row.pk, {}), linked.get(row.pk, 0), now)
        for row in Channel.objects.order_by("description", "id")
    ]
    if sight.product_ids is None:
        return [_with_drift(row, reports.get(row.id), now) for row in rows]
    unsaid = dict.fromkeys(("waiting", "backing_off", "needs_you", "skipped", "linked"), NOT_KNOWN)
    return [replace(row, oldest=None, **unsaid) for row in rows]


def _channel(
    row: Channel, lanes: list[Lane], backlog: dict[str, Any], linked: int, now: datetime
) -> ChannelRow:
    rows = tuple(_lane(lane, bool(backlog.get("waiting")), now) for lane in lanes) if row.active else ()
    state = _worst(rows) if row.active else SWITCHED_OFF
    return ChannelRow(
        id=row.pk,
        name=row.description,
        type=_type(row.type),
        state=state,
        lanes=rows,
        waiting=count(backlog.get("waiting", 0)),
        backing_off=count(backlog.get("backing_off", 0)),
        needs_you=count(backlog.get("needs_you", 0)),
        skipped=count(backlog.get("skipped", 0)),
        oldest=moment(backlog.get("oldest"), now),
        linked=count(linked),
        orders_until=moment(row.orders_seen_until, now),
        webhooks_note=row.webhooks_note,
        webhooks_checked=moment(row.webhooks_checked_at, now),
        backs_off=state is BACKING_OFF,
    )


def _with_drift(row: ChannelRow, report: DriftReport | None, now: datetime) -> ChannelRow:
    if report is None:
        return row
    return replace(row, drift=summary(report), drift_at=moment(report.finished_at, now))


def _type(name: str) -> str:
    try:
        return channel_connector(name).title
    except NotSetUp:  # a connector of another version of the hub must not hide this page
        return name


def _lane(lane: Lane, has_backlog: bool, now: datetime) -> LaneRow:
    if lane.paused:
        state = PAUSED
    elif lane.lease_until is not None and lane.lease_until > now:
        state = WORKING
    elif lane.attempts:
        state = BACKING_OFF
    elif lane.kind == LaneKind.PUSH and has_backlog:
        state = WAITING
    else:
        state = UP_TO_DATE if lane.last_run_at else NOT_RUN
    return LaneRow(
        word="Products" if lane.kind == LaneKind.PUSH else "Orders",
        state=state,
        note=lane.note,
        hint=lane.hint,
        last_run=moment(lane.last_run_at, now),
        next=moment(lane.next_at, now) if lane.next_at and lane.next_at > now else None,
        backs_off=state is BACKING_OFF,
    )


def _worst(lanes: tuple[LaneRow, ...]) -> State:
    found = [lane.state for lane in lanes]
    return next((state for state in ORDER_OF_WORRY if state in found), NOT_RUN)
